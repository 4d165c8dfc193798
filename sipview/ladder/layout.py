"""From events to a picture: lanes from left to right along the call's path, a row an event, pauses that can be seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from sipview.ladder.cleaning import clean
from sipview.ladder.events import LadderEvent
from sipview.ladder.labels import Label, Labels
from sipview.ladder.lanes import Lanes, find_lanes
from sipview.ladder.picture import SERIES, Anchor, Arrow, Gap, LadderPicture, Lane, Role, Text, TextMeasure, TextStyle
from sipview.ladder.times import TimeMode, date_and_time, find_pauses, signed_seconds, time_texts
from sipview.values import NANOSECONDS

_MARGIN = 14.0
_BOX_PADDING_X, _BOX_PADDING_Y = 14.0, 6.0
_MIN_BOX, _MAX_BOX = 132.0, 264.0
_BOX_SPACE = 20.0  # between two lane boxes, at least
_LABEL_PADDING = 14.0  # between a label and the ends of its arrow: room for the head
# To this width a label pushes lanes apart, beyond it is shortened: the less, the more lanes there are to be looked over.
_LABEL_LIMIT = 560.0
_SMALLEST_DISTANCE = 80.0
_LOOP_WIDTH, _LOOP_HEIGHT, _LOOP_SPACE = 30.0, 14.0, 12.0
_PORT_SPACE = 6.0
_PAUSE_HEIGHT = 26.0
_HEADING_WIDTH = 900.0
_HEADING_LIMIT = 240
_TAIL = 14.0  # of the lifelines, below the last row
_LANES_NAMED = 6
_TIME_HEADINGS = {"absolute": "time", "start": "s from start", "delta": "s since last"}


@dataclass(frozen=True, slots=True)
class LadderOptions:
    """What the drawing shows. ``lane_names`` are names by address; ``time`` is ``absolute``, ``start`` or ``delta``.

    ``title`` and ``subtitle`` (of several lines, if it holds line ends) head an export. A lane is a host; with
    ``ports_apart`` it is a host and port, and names are looked up by ``address:port`` first. ``colours`` tells what has
    a colour of its own: each ``transaction``, or each ``leg``; ``auto`` is by leg where there are several. Absolute times
    are those of ``zone`` (None: this machine's), all times have ``digits`` fractional digits. ``pause_s`` is the
    shortest pause that is drawn as one; shorter than four times the usual step of the drawing it is not either. Labels push
    the lanes apart until the drawing is about ``width_to_look_over_px`` wide, and are shortened then, but not to less than
    ``least_label_px``.
    """

    title: str = ""
    subtitle: str = ""
    time: str = "start"
    ports_apart: bool = False
    lane_names: Mapping[str, str] = field(default_factory=dict)
    lane_subtitles: Mapping[str, str] = field(default_factory=dict)
    min_lane_distance_px: float = 220.0
    colours: Literal["auto", "transaction", "leg"] = "auto"
    zone: tzinfo | None = None
    digits: int = 3
    pause_s: float = 1.0
    width_to_look_over_px: float = 1400.0
    least_label_px: float = 320.0


def lay_out(events: Sequence[LadderEvent], options: LadderOptions, measure: TextMeasure) -> LadderPicture:
    """Compute all positions; no events give an empty picture with a note that says so.

    Takes the events in the order given, which is that of the rows. Time and memory grow with the number of events.
    """
    if not events:
        return _empty(options, measure)
    labels = Labels(measure)
    by_leg = options.colours == "leg" or (options.colours == "auto" and any(event.leg != events[0].leg for event in events))
    of_events = [labels.label(event, SERIES[(event.leg if by_leg else event.transaction) % len(SERIES)]) for event in events]
    times_ns = [event.time_ns for event in events]
    mode = _time_mode(options.time)
    times = time_texts(times_ns, mode, options.zone, options.digits)
    pauses = find_pauses(times_ns, round(options.pause_s * NANOSECONDS))
    lanes = find_lanes(events, options.ports_apart, options.lane_names, options.lane_subtitles)

    in_time_column = [*times, *pauses.values()]
    columns = _Columns(
        lanes=lanes, of_events=of_events, times=in_time_column, mode=mode, options=options, labels=labels, measure=measure
    )
    rows = _Rows(columns, labels, measure)
    for number, (event, label) in enumerate(zip(events, of_events, strict=True)):
        if number in pauses:
            rows.pause(pauses[number])
        since_start = signed_seconds(event.time_ns - times_ns[0], 6)
        when = f"{date_and_time(event.time_ns, options.zone)}, {since_start} s from the start"
        rows.arrow(event, label, times[number], when, lanes.ends[number])

    heading, heading_height, heading_width = _heading(options, max(rows.width, _HEADING_WIDTH), labels, measure)
    return LadderPicture(
        width=math.ceil(max(rows.width, heading_width + 2 * _MARGIN)),
        height=math.ceil(rows.y + _TAIL),
        heading_height=heading_height,
        header_height=columns.header_height,
        heading=heading,
        lanes=columns.lanes,
        arrows=tuple(rows.arrows),
        gaps=tuple(rows.gaps),
        notes=(),
        description=_description(events, lanes, options),
        header_texts=columns.header_texts,
    )


def _time_mode(time: str) -> TimeMode:
    if time == "absolute":
        return "absolute"
    if time == "delta":
        return "delta"
    if time == "start":
        return "start"
    message = f"time is absolute, start or delta, and not {time!r}"
    raise ValueError(message)


class _Columns:
    """Everything with an x: the time column and the lanes with their headers."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        of_events: Sequence[Label],
        times: Sequence[str],
        mode: TimeMode,
        options: LadderOptions,
        labels: Labels,
        measure: TextMeasure,
    ) -> None:
        self.ports_shown = lanes.ports_shown
        column_heading = _TIME_HEADINGS[mode]
        # The digits are of one width, so the longest text is the widest.
        time_width = max(labels.width(max(times, key=len), TextStyle.TIME), labels.width(column_heading, TextStyle.SMALL))
        self.time_right = math.ceil(_MARGIN + time_width)

        box = max(
            max(labels.width(name.name, TextStyle.LANE), labels.width(name.subtitle, TextStyle.SMALL)) for name in lanes.names
        )
        box = min(max(math.ceil(box) + 2 * _BOX_PADDING_X, _MIN_BOX), _MAX_BOX)
        smallest = max(options.min_lane_distance_px, box + _BOX_SPACE, _SMALLEST_DISTANCE)
        self.distances = _distances(
            lanes, of_events, smallest, width=options.width_to_look_over_px, least=options.least_label_px
        )

        name_height = measure.height_px(TextStyle.LANE)
        small_height = measure.height_px(TextStyle.SMALL)
        subtitles = any(name.subtitle for name in lanes.names)
        box_height = name_height + (small_height if subtitles else 0.0) + 2 * _BOX_PADDING_Y
        self.header_height = math.ceil(box_height + 2 * 8.0)
        self.box_height = box_height
        name_baseline = 8.0 + _BOX_PADDING_Y + 0.8 * name_height
        middle = 8.0 + box_height / 2 + 0.3 * name_height
        subtitle_baseline = 8.0 + _BOX_PADDING_Y + name_height + 0.78 * small_height

        def fit(text: str, place: tuple[float, float], style: TextStyle, role: Role) -> Text:
            fitting = labels.shorten(text, style, box - 2 * _BOX_PADDING_Y)
            width = labels.width(fitting, style)
            return Text(place[0] - width / 2, place[1], fitting, style, role, width, Anchor.MIDDLE)

        x = math.ceil(self.time_right + _MARGIN + box / 2) + 0.5  # a line of 1 px is crisp on half a pixel
        placed = []
        for number, name in enumerate(lanes.names):
            placed.append(
                Lane(
                    x=x,
                    left=x - box / 2,
                    right=x + box / 2,
                    name=fit(name.name, (x, name_baseline if name.subtitle else middle), TextStyle.LANE, Role.TEXT),
                    subtitle=fit(name.subtitle, (x, subtitle_baseline), TextStyle.SMALL, Role.MUTED),
                    full_name=f"{name.name}\n{name.subtitle}" if name.subtitle else name.name,
                )
            )
            x += self.distances[number] if number < len(self.distances) else 0.0
        self.lanes = tuple(placed)
        self.width = self.lanes[-1].right + _MARGIN
        width = labels.width(column_heading, TextStyle.SMALL)
        self.header_texts = (
            Text(
                self.time_right - width, subtitle_baseline if subtitles else name_baseline, column_heading,
                TextStyle.SMALL, Role.MUTED, width, Anchor.END,
            ),
        )  # fmt: skip


def _distances(lanes: Lanes, of_events: Sequence[Label], smallest: float, *, width: float, least: float) -> list[float]:
    """The distances between neighbouring lanes: as small as the labels between them allow.

    A label across several lanes has their sum. Where the distances come out nearly the same they are made the same,
    which is calmer to look at.
    """
    limit = max(least, min(_LABEL_LIMIT, width / max(1, len(lanes.names) - 1)))
    needed: dict[tuple[int, int], float] = {}
    for (source, destination), label in zip(lanes.ends, of_events, strict=True):
        pair = (min(source, destination), max(source, destination))
        if source == destination:
            pair = (source, source + 1)
            room = label.width + _LOOP_WIDTH + 2 * _LABEL_PADDING
        else:
            room = label.width + 2 * _LABEL_PADDING
        needed[pair] = max(needed.get(pair, 0.0), min(room, limit))
    distances = [smallest] * (len(lanes.names) - 1)
    for (left, right), room in sorted(needed.items(), key=lambda item: (item[0][1] - item[0][0], item[0])):
        # A span that is wide enough at the smallest distance needs no look; that keeps this linear with many lanes.
        if right >= len(lanes.names) or (right - left) * smallest >= room:
            continue
        missing = room - sum(distances[left:right])
        if missing > 0:
            for number in range(left, right):
                distances[number] += missing / (right - left)
    distances = [math.ceil(distance / 10) * 10.0 for distance in distances]
    if distances and max(distances) <= 1.5 * min(distances):
        distances = [max(distances)] * len(distances)
    return distances


class _Rows:
    """Everything with a y: puts row below row."""

    def __init__(self, columns: _Columns, labels: Labels, measure: TextMeasure) -> None:
        self.arrows: list[Arrow] = []
        self.gaps: list[Gap] = []
        self.y = columns.header_height + 2.0
        self.width = columns.width
        self._columns = columns
        self._labels = labels
        self._label_height = max(
            measure.height_px(TextStyle.LABEL), measure.height_px(TextStyle.LABEL_STRONG), measure.height_px(TextStyle.SMALL)
        )
        self._time_drop = 0.34 * measure.height_px(TextStyle.TIME)  # from the middle of a digit to its base line
        self._port_drop = 0.34 * measure.height_px(TextStyle.SMALL)

    def pause(self, words: str) -> None:
        """A row for a pause."""
        top, bottom = self.y, self.y + _PAUSE_HEIGHT
        y = math.floor((top + bottom) / 2) + 0.5
        self.gaps.append(Gap(y, top, bottom, self._time(words, y, Role.GAP)))
        self.y = bottom

    def arrow(self, event: LadderEvent, label: Label, time: str, when: str, ends: tuple[int, int]) -> None:
        """A row for a message."""
        lanes = self._columns.lanes
        source, destination = ends
        x1, x2 = lanes[source].x, lanes[destination].x
        top = self.y
        if source == destination:
            y = math.floor(top + _LOOP_SPACE) + 0.5
            loop_height = _LOOP_HEIGHT
            bottom = math.ceil(y + loop_height + 8.0)
            left = x1 + _LOOP_WIDTH + _LABEL_PADDING / 2
            right = lanes[source + 1].x - _LABEL_PADDING if source + 1 < len(lanes) else left + _LABEL_LIMIT
            baseline = y + loop_height / 2 + 0.28 * self._label_height
            texts = self._labels.set(label, left, right, baseline, Anchor.START)
            if source + 1 == len(lanes) and texts:
                self.width = max(self.width, texts[-1].x + texts[-1].width + _MARGIN)
        else:
            y = math.floor(top + 4.0 + self._label_height + 3.0) + 0.5
            loop_height = 0.0
            bottom = math.ceil(y + 8.0)
            left, right = min(x1, x2) + _LABEL_PADDING, max(x1, x2) - _LABEL_PADDING
            texts = self._labels.set(label, left, right, top + 4.0 + 0.8 * self._label_height, Anchor.MIDDLE)
        self.arrows.append(
            Arrow(
                position=event.position,
                x1=x1,
                x2=x2,
                y=y,
                loop_height=loop_height,
                top=top,
                bottom=bottom,
                dashed=not event.request,
                thin=event.retransmission,
                role=label.role,
                texts=texts,
                time=self._time(time, y, Role.MUTED),
                tooltip=_tooltip(event, label, when),
                ports=self._ports(event, ends, y, loop_height),
                source_lane=source,
                destination_lane=destination,
                title=label.title,
                detail=label.detail,
                marker=label.marker,
            )
        )
        self.y = bottom

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
    if label.detail:
        lines.append(label.detail)
    lines.append(f"{event.source} → {event.destination}")
    lines.append(when)
    if event.cseq:
        lines.append(f"CSeq {clean(event.cseq, 60)}")
    return "\n".join(lines)


def _heading(
    options: LadderOptions, room: float, labels: Labels, measure: TextMeasure
) -> tuple[tuple[Text, ...], float, float]:
    """The heading's texts, its height and the width of the widest; nothing and 0 where there is no heading."""
    lines = [(options.title, TextStyle.TITLE, Role.TEXT)] if options.title else []
    lines += [(line, TextStyle.SMALL, Role.MUTED) for line in options.subtitle.splitlines() if line.strip()]
    texts = []
    y = _MARGIN
    for line, style, role in lines:
        text = labels.shorten(clean(line, _HEADING_LIMIT), style, room - 2 * _MARGIN)
        height = measure.height_px(style)
        texts.append(Text(_MARGIN, y + 0.8 * height, text, style, role, labels.width(text, style)))
        y += height + 3.0
    if not texts:
        return (), 0.0, 0.0
    return tuple(texts), math.ceil(y + 5.0), max(text.width for text in texts)


def _description(events: Sequence[LadderEvent], lanes: Lanes, options: LadderOptions) -> str:
    named = [name.name for name in lanes.names[:_LANES_NAMED]]
    if len(lanes.names) > _LANES_NAMED:
        named.append(f"{len(lanes.names) - _LANES_NAMED} more")
    between = f"between {', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else f"at {named[0]}"
    count = "1 message" if len(events) == 1 else f"{len(events):,} messages"
    title = f"{clean(options.title, _HEADING_LIMIT)}: " if options.title else ""
    lasted = signed_seconds(events[-1].time_ns - events[0].time_ns, options.digits)
    return f"{title}ladder of {count} {between} in {lasted} s."


def _empty(options: LadderOptions, measure: TextMeasure) -> LadderPicture:
    sentence = "No messages to draw."
    labels = Labels(measure)
    heading, heading_height, heading_width = _heading(options, _HEADING_WIDTH, labels, measure)
    height = measure.height_px(TextStyle.LABEL)
    width = labels.width(sentence, TextStyle.LABEL)
    return LadderPicture(
        width=math.ceil(max(width, heading_width) + 2 * _MARGIN),
        height=math.ceil(height + 2 * _MARGIN),
        heading_height=heading_height,
        header_height=0.0,
        heading=heading,
        lanes=(),
        arrows=(),
        gaps=(),
        notes=(Text(_MARGIN, _MARGIN + 0.8 * height, sentence, TextStyle.LABEL, Role.MUTED, width),),
        description=sentence,
    )
