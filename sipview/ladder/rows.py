"""Everything of a ladder with a y: a row for each arrow, each pill and each pause; arrows are made when they are asked for."""

import math
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from sipview.ladder.cleaning import clean
from sipview.ladder.columns import LABEL_LIMIT, LABEL_PADDING, LOOP_WIDTH, MARGIN, Columns
from sipview.ladder.events import LadderEvent
from sipview.ladder.folding import Fold
from sipview.ladder.labels import Label, Labels
from sipview.ladder.options import LadderOptions
from sipview.ladder.picture import Anchor, Arrow, Gap, Outline, Pill, Role, Text, TextMeasure, TextStyle
from sipview.ladder.times import TimeMode, date_and_time, duration_words, signed_seconds, time_text
from sipview.values import NANOSECONDS

_LOOP_HEIGHT, _LOOP_SPACE, _LOOP_BELOW = 14.0, 12.0, 8.0
_ABOVE_LABEL, _BELOW_LABEL, _BELOW_ARROW = 4.0, 3.0, 8.0
_PORT_SPACE = 6.0
_LEAST_PAUSE, _LARGEST_PAUSE, _PAUSE_PER_DECADE = 26.0, 90.0, 20.0
_PILL_PADDING = 10.0
_PILL_ROOM = 420.0  # that a pill may take, however near the lanes are to each other
_PILL_SPACE = 4.0
_LINE_LIMIT = 160
_MOST_LINES = 8
_FOLDED, _UNFOLDED = "▸ ", "▾ "


class Shown(NamedTuple):
    """What a row of an arrow shows: the event, its label, its lanes, and the time of the row before."""

    event: LadderEvent
    label: Label
    ends: tuple[int, int]
    before_ns: int


def media_lines(event: LadderEvent, options: LadderOptions) -> tuple[str, ...]:
    """What stands below the arrow of a message: its SDP stream by stream, where that is wanted."""
    if options.details != "sdp" or not event.media:
        return ()
    shown = event.media[:_MOST_LINES]
    if len(event.media) > _MOST_LINES:
        shown = (*shown[:-1], f"and {len(event.media) - _MOST_LINES + 1} more")
    return tuple(clean(line, _LINE_LIMIT) for line in shown)


class Rows:
    """Puts row below row. Lay the columns out first; then `pause`, `arrow` and `pill` in the order of the drawing."""

    def __init__(
        self, columns: Columns, labels: Labels, measure: TextMeasure, options: LadderOptions, mode: TimeMode, first_ns: int
    ) -> None:
        self.gaps: list[Gap] = []
        self.pills: list[Pill] = []
        self.rows = array("q")
        self.tops, self.bottoms = array("d"), array("d")
        self.y = columns.header_height + 2.0
        self.width = columns.width
        self._columns = columns
        self._labels = labels
        self._options = options
        self._mode = mode
        self._first_ns = first_ns
        self._shown: list[Shown] = []
        self._label_height = max(
            measure.height_px(TextStyle.LABEL), measure.height_px(TextStyle.LABEL_STRONG), measure.height_px(TextStyle.SMALL)
        )
        self._small_height = measure.height_px(TextStyle.SMALL)
        self._time_drop = 0.34 * measure.height_px(TextStyle.TIME)  # from the middle of a digit to its base line
        self._port_drop = 0.34 * self._small_height
        # All tops are whole numbers, so that these are the same in each row.
        self._arrow_y = math.floor(_ABOVE_LABEL + self._label_height + _BELOW_LABEL) + 0.5
        self._arrow_height = math.ceil(self._arrow_y + _BELOW_ARROW)
        self._loop_y = math.floor(_LOOP_SPACE) + 0.5
        self._loop_height = math.ceil(self._loop_y + _LOOP_HEIGHT + _LOOP_BELOW)
        self._pill_height = math.ceil(self._small_height + 8.0 + 2 * _PILL_SPACE)

    def pause(self, duration_ns: int) -> None:
        """A row for a pause, the taller the longer it is, by its order of magnitude."""
        decades = math.log10(max(1.0, duration_ns / NANOSECONDS))
        top = self.y
        bottom = top + math.ceil(min(_LARGEST_PAUSE, _LEAST_PAUSE + _PAUSE_PER_DECADE * decades))
        y = math.floor((top + bottom) / 2) + 0.5
        self.gaps.append(Gap(y, top, bottom, self._time(duration_words(duration_ns), y, Role.GAP)))
        self.y = bottom

    def arrow(self, shown: Shown) -> None:
        """A row for a message."""
        source, destination = shown.ends
        height = self._loop_height if source == destination else self._arrow_height
        lines = media_lines(shown.event, self._options)
        if lines:
            height += math.ceil(len(lines) * self._small_height)
        self.rows.append(len(self._shown))
        self._shown.append(shown)
        self.tops.append(self.y)
        self.y += height
        self.bottoms.append(self.y)

    def pill(self, fold: Fold, words: str, positions: tuple[int, ...], row: Shown, *, is_open: bool) -> None:
        """A row for a group of messages; ``row`` is its first message, with the outermost lanes of all."""
        lanes = self._columns.lanes
        left, right = lanes[row.ends[0]].x, lanes[row.ends[1]].x
        top, bottom = self.y, self.y + self._pill_height
        y = math.floor((top + bottom) / 2) + 0.5
        span = lanes[-1].right - lanes[0].left
        room = max(_PILL_ROOM, span) - 2 * _PILL_PADDING
        text = self._labels.shorten((_UNFOLDED if is_open else _FOLDED) + clean(words, _LINE_LIMIT), TextStyle.SMALL, room)
        width = self._labels.width(text, TextStyle.SMALL)
        middle = (left + right) / 2
        half = width / 2 + _PILL_PADDING
        middle = max(lanes[0].left + half, min(lanes[-1].right - half, middle))
        self.width = max(self.width, middle + half + MARGIN)
        x = middle - width / 2
        time = "" if fold.lane else self._time_text(row)
        self.pills.append(
            Pill(
                fold.key, top, bottom, middle - half, middle + half, y,
                Text(x, y + self._port_drop, text, TextStyle.SMALL, Role.MUTED, width, Anchor.MIDDLE),
                self._time(time, y, Role.MUTED), is_open, positions, fold.lane,
            )
        )  # fmt: skip
        self.rows.append(-len(self.pills))
        self.y = bottom

    def outline(self, number: int) -> Outline:
        """What an overview needs of an arrow."""
        shown = self._shown[number]
        lanes = self._columns.lanes
        loop = shown.ends[0] == shown.ends[1]
        y = self.tops[number] + (self._loop_y if loop else self._arrow_y)
        x1 = lanes[shown.ends[0]].x
        return Outline(y, x1, x1 + LOOP_WIDTH if loop else lanes[shown.ends[1]].x, shown.label.role)

    def make(self, number: int) -> Arrow:
        """An arrow with all its texts."""
        event, label, (source, destination), _ = shown = self._shown[number]
        lanes = self._columns.lanes
        x1, x2 = lanes[source].x, lanes[destination].x
        top = self.tops[number]
        if source == destination:
            y, loop_height = top + self._loop_y, _LOOP_HEIGHT
            left = x1 + LOOP_WIDTH + LABEL_PADDING / 2
            right = lanes[source + 1].x - LABEL_PADDING if source + 1 < len(lanes) else left + self._columns.beyond
            texts = self._labels.set(label, left, right, y + loop_height / 2 + 0.28 * self._label_height, Anchor.START)
            below, anchor = y + loop_height + 8.0, Anchor.START
            right = max(right, left + LABEL_LIMIT) if source + 1 == len(lanes) else right
            right = min(right, self.width - MARGIN)
        else:
            y, loop_height = top + self._arrow_y, 0.0
            left, right = min(x1, x2) + LABEL_PADDING, max(x1, x2) - LABEL_PADDING
            baseline = top + _ABOVE_LABEL + 0.8 * self._label_height
            texts = self._labels.set(label, left, right, baseline, Anchor.MIDDLE)
            below, anchor = y + 2.0, Anchor.MIDDLE
        since_start = signed_seconds(event.time_ns - self._first_ns, 6)
        when = f"{date_and_time(event.time_ns, self._options.zone)}, {since_start} s from the start"
        return Arrow(
            position=event.position,
            x1=x1,
            x2=x2,
            y=y,
            loop_height=loop_height,
            top=top,
            bottom=self.bottoms[number],
            dashed=not event.request,
            thin=event.retransmission,
            role=label.role,
            texts=texts,
            time=self._time(self._time_text(shown), y, Role.MUTED),
            tooltip=_tooltip(event, label, when),
            ports=self._ports(event, (source, destination), y, loop_height),
            source_lane=source,
            destination_lane=destination,
            title=label.title,
            detail=label.detail,
            marker=label.marker,
            lines=self._set_lines(media_lines(event, self._options), left, right, below, anchor),
        )

    def _set_lines(self, lines: Sequence[str], left: float, right: float, top: float, anchor: Anchor) -> tuple[Text, ...]:
        texts = []
        for number, line in enumerate(lines):
            text = self._labels.shorten(line, TextStyle.SMALL, right - left)
            width = self._labels.width(text, TextStyle.SMALL)
            x = left if anchor is Anchor.START else (left + right - width) / 2
            baseline = top + (number + 0.8) * self._small_height
            texts.append(Text(x, baseline, text, TextStyle.SMALL, Role.MUTED, width, anchor))
        return tuple(texts)

    def _time_text(self, row: Shown) -> str:
        return time_text(row.event.time_ns, self._first_ns, row.before_ns, self._mode, self._options.zone, self._options.digits)

    def _time(self, text: str, y: float, role: Role) -> Text:
        width = self._labels.width(text, TextStyle.TIME)
        return Text(self._columns.time_right - width, y + self._time_drop, text, TextStyle.TIME, role, width, Anchor.END)

    def _ports(self, event: LadderEvent, ends: tuple[int, int], y: float, loop_height: float) -> tuple[Text, ...]:
        """The ports beyond the arrow's ends; of a loop both stand left of the lifeline."""
        source, destination = ends
        texts = []
        for lane, port, to_left, line in (
            (source, event.source.port, source <= destination, y),
            (destination, event.destination.port, destination <= source, y + loop_height),
        ):
            if lane in self._columns.ports_shown and port:
                text = str(port)
                width = self._labels.width(text, TextStyle.SMALL)
                x = self._columns.lanes[lane].x
                left = x - _PORT_SPACE - width if to_left else x + _PORT_SPACE
                anchor = Anchor.END if to_left else Anchor.START
                texts.append(Text(left, line + self._port_drop, text, TextStyle.SMALL, Role.MUTED, width, anchor))
        return tuple(texts)


def _tooltip(event: LadderEvent, label: Label, when: str) -> str:
    lines = [f"{label.title} ({label.marker})" if label.marker else label.title]
    if event.detail:
        lines.append(clean(event.detail, 240))
    lines.append(f"{event.source} → {event.destination}")
    lines.append(when)
    if event.cseq:
        lines.append(f"CSeq {clean(event.cseq, 60)}")
    return "\n".join(lines)
