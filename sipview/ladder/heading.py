"""What stands above a ladder in a file: title, lines below it, and what the colours stand for."""

import math
from collections.abc import Mapping

from sipview.ladder.cleaning import clean
from sipview.ladder.columns import MARGIN
from sipview.ladder.labels import Labels
from sipview.ladder.options import LadderOptions
from sipview.ladder.picture import SERIES, LegendEntry, Role, Text, TextMeasure, TextStyle

TITLE_LIMIT = 240
LEGEND_MARK_PX = 16.0
"""Room before a text of the legend, for its mark."""
_LEGEND_SPACE = 18.0
_LEGEND_LIMIT = 60
_MOST_IN_LEGEND = 24


def legend_words(legend: Mapping[int, str]) -> list[tuple[Role, str]]:
    """What each leg's colour stands for, in the order of the legs."""
    return [(SERIES[leg % len(SERIES)], clean(text, _LEGEND_LIMIT)) for leg, text in sorted(legend.items())]


class Heading:
    """Texts with places in the band above the lane boxes; ``height`` is 0 where there is nothing to say."""

    def __init__(self, options: LadderOptions, room: float, labels: Labels, measure: TextMeasure) -> None:
        self.texts: tuple[Text, ...] = ()
        self.legend: tuple[LegendEntry, ...] = ()
        self.width = 0.0
        self.height = 0.0
        lines = [(options.title, TextStyle.TITLE, Role.TEXT)] if options.title else []
        lines += [(line, TextStyle.SMALL, Role.MUTED) for line in options.subtitle.splitlines() if line.strip()]
        texts = []
        y = MARGIN
        for line, style, role in lines:
            text = labels.shorten(clean(line, TITLE_LIMIT), style, room - 2 * MARGIN)
            height = measure.height_px(style)
            texts.append(Text(MARGIN, y + 0.8 * height, text, style, role, labels.width(text, style)))
            y += height + 3.0
        self.texts = tuple(texts)
        self.width = max((text.width for text in texts), default=0.0)
        if options.legend:
            y = self._set_legend(options.legend, y + 2.0, room, labels, measure.height_px(TextStyle.SMALL))
        if self.texts or self.legend:
            self.height = math.ceil(y + 5.0)

    def _set_legend(self, legend: Mapping[int, str], y: float, room: float, labels: Labels, height: float) -> float:
        """Entries in lines that are as long as there is room; gives where the next line would begin."""
        words = legend_words(legend)
        if len(words) > _MOST_IN_LEGEND:
            words = [*words[: _MOST_IN_LEGEND - 1], (Role.MUTED, f"and {len(words) - _MOST_IN_LEGEND + 1} more legs")]
        entries = []
        x = MARGIN
        for role, text in words:
            width = labels.width(text, TextStyle.SMALL)
            if x > MARGIN and x + LEGEND_MARK_PX + width > room - MARGIN:
                x, y = MARGIN, y + height + 3.0
            place = Text(x + LEGEND_MARK_PX, y + 0.8 * height, text, TextStyle.SMALL, Role.TEXT, width)
            entries.append(LegendEntry(role, place))
            x += LEGEND_MARK_PX + width + _LEGEND_SPACE
            self.width = max(self.width, place.x + width - MARGIN)
        self.legend = tuple(entries)
        return y + height + 3.0
