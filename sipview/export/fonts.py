"""The fonts of a drawing as data, and their widths without a screen.

Painters choose the family (the system's, or the stacks here); sizes and weights are the same everywhere.
"""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from sipview.ladder import TextStyle

SANS = "'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
"""Families for CSS, best first; each is at most as wide as DejaVu Sans."""
FIXED = "Consolas, 'SF Mono', Menlo, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
"""Families with digits of one width, for CSS."""


class Font(NamedTuple):
    """How a style is set: size in px, weight, and whether all characters have one width."""

    size_px: int
    bold: bool = False
    fixed: bool = False


FONTS: Mapping[TextStyle, Font] = MappingProxyType(
    {
        TextStyle.TITLE: Font(17, bold=True),
        TextStyle.LANE: Font(13, bold=True),
        TextStyle.SMALL: Font(11),
        TextStyle.LABEL: Font(12),
        TextStyle.LABEL_STRONG: Font(12, bold=True),
        TextStyle.TIME: Font(11, fixed=True),
    }
)
"""The font of each style."""

# Advance widths of U+0020 to U+007E in thousandths of the size: those of DejaVu Sans, the widest of the families above.
# fmt: off
_REGULAR = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
)
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995,
    837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716,
    678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712,
    365, 712, 838,
)
# fmt: on
_FIXED_WIDTH = 602
_ALPHABETIC, _ALPHABETIC_BOLD = 800, 900
_FULL_WIDTH = 1050
_LINE_HEIGHT = 1.2


class FontTableMeasure:
    """A `ladder.TextMeasure` that needs no screen: widths from a table, rather too wide than too narrow.

    Exact for ASCII in DejaVu Sans. Accented letters are as wide as without accents; other alphabets are taken as wide,
    East Asian characters, symbols and pictures as full width.
    """

    def width_px(self, text: str, style: TextStyle) -> float:
        """The advance width of the text."""
        font = FONTS[style]
        return sum(_width(character, font.bold, font.fixed) for character in text) * font.size_px / 1000

    def height_px(self, style: TextStyle) -> float:
        """The line height of the style."""
        return FONTS[style].size_px * _LINE_HEIGHT


@lru_cache(maxsize=4096)
def _width(character: str, bold: bool, fixed: bool) -> int:
    category = unicodedata.category(character)
    if category in {"Mn", "Me"}:
        return 0
    if unicodedata.east_asian_width(character) in {"W", "F"}:
        return _FULL_WIDTH
    if fixed:
        return _FIXED_WIDTH
    letter = unicodedata.normalize("NFD", character)[0]
    if " " <= letter <= "~":
        return (_BOLD if bold else _REGULAR)[ord(letter) - ord(" ")]
    if category[0] == "L":
        return _ALPHABETIC_BOLD if bold else _ALPHABETIC
    return _FULL_WIDTH
