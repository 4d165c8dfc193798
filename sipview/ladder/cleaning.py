"""Text from a packet, made fit to be drawn on one short line: the one place where the ladder does so.

A capture is hostile: a display name may have 60 KB, control characters, marks that turn the writing direction around, or
a hundred accents on one letter that paint over the rows above. The message view shows what was really sent.
"""

import re
import unicodedata

from sipview.values import visible

_MARKS_ON_ONE_LETTER = 2
# Noncharacters (Unicode 23.7): XML forbids them, and no font has them.
_NONCHARACTERS = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)) + "]"
)


def clean(text: str, limit: int) -> str:
    """The text with at most ``limit`` characters, all of them visible, on one line and in its own direction.

    Characters that act on their surroundings become symbols (`values.visible`), noncharacters the replacement character;
    more than two combining marks on one letter go. What was cut off ends in an ellipsis.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    shown = _NONCHARACTERS.sub("\N{REPLACEMENT CHARACTER}", visible(_without_stacked_marks(text[: 4 * limit]), limit))
    if len(shown) > limit or len(text) > 4 * limit:
        shown = shown[: limit - 1].removesuffix("…") + "…"
    return shown


def _without_stacked_marks(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= _MARKS_ON_ONE_LETTER:
            kept.append(character)
    return "".join(kept)
