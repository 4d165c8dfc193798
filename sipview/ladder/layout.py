"""From events to a picture: lanes from left to right along the call's path, a row an event, pauses that can be seen."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from sipview.ladder.cleaning import clean
from sipview.ladder.columns import MARGIN, Columns
from sipview.ladder.events import LadderEvent
from sipview.ladder.folding import Fold, FoldKind, find_folds
from sipview.ladder.heading import TITLE_LIMIT, Heading
from sipview.ladder.labels import Label, Labels, is_failure
from sipview.ladder.lanes import Lanes, busiest, find_lanes
from sipview.ladder.options import LadderOptions
from sipview.ladder.picture import SERIES, ArrowRows, LadderPicture, Role, Text, TextMeasure, TextStyle
from sipview.ladder.rows import Rows, Shown, media_lines
from sipview.ladder.times import TimeMode, duration_words, find_pauses, longest_time_text, signed_seconds
from sipview.values import NANOSECONDS, CancelToken

_HEADING_WIDTH = 900.0
_TAIL = 14.0  # of the lifelines, below the last row
_LANES_NAMED = 6
_ROWS_BETWEEN_LOOKS = 4096
_OTHER_LANES = "lane:*"


class _Row(NamedTuple):
    """What a row will be: the number of its event, and the fold that it is the pill of, if it is one."""

    number: int
    fold: Fold | None = None


def lay_out(
    events: Sequence[LadderEvent], options: LadderOptions, measure: TextMeasure, cancel: CancelToken | None = None
) -> LadderPicture:
    """Compute all positions; no events give an empty picture with a note that says so.

    Takes the events in the order given, which is that of the rows. Time and memory grow with the number of events; the
    arrows themselves are made when they are asked for, so the picture keeps the events and the measure. Raises
    `values.Cancelled` when ``cancel`` asks for it.
    """
    if not events:
        return _empty(options, measure)
    token = cancel or CancelToken()
    mode = _time_mode(options.time)
    labels = Labels(measure)
    hidden = options.hidden_lanes
    if options.most_lanes:
        hidden |= busiest(events, options.ports_apart, options.most_lanes)
    lanes = find_lanes(events, options.ports_apart, options.lane_names, options.lane_subtitles, options.lane_order, hidden)
    token.check()
    rows, off_stage = _arrange(events, lanes, options)
    shown = [row.number for row in rows if row.fold is None]
    by_leg = options.colours == "leg" or (options.colours == "auto" and any(event.leg != events[0].leg for event in events))
    short = options.details == "short"
    of_events: dict[int, Label] = {}
    labels_between: dict[tuple[int, int], set[Label]] = {}
    for number in shown:
        event = events[number]
        series = SERIES[(event.leg if by_leg else event.transaction) % len(SERIES)]
        label = of_events[number] = labels.label(event, series, details=short)
        source, destination = lanes.ends[number]
        pair = (source, destination) if source <= destination else (destination, source)
        between = labels_between.setdefault(pair, set())
        between.add(label)
        between.update(Label(line, "", "", TextStyle.SMALL, Role.MUTED, Role.MUTED) for line in media_lines(event, options))
    token.check()

    times_ns = [events[row.number].time_ns for row in rows]
    first_ns = events[0].time_ns
    pauses = find_pauses(_steps(rows, events), round(options.pause_s * NANOSECONDS))
    longest = longest_time_text([first_ns, *times_ns], mode, options.zone, options.digits)
    columns = Columns(
        lanes=lanes, labels_between=labels_between, times=[longest, *map(duration_words, set(pauses.values()))], mode=mode,
        options=options, labels=labels, measure=measure,
    )  # fmt: skip
    drawn = Rows(columns, labels, measure, options, mode, first_ns)
    for away in off_stage:
        _draw_pill(drawn, away, events, lanes, first_ns, options)
    before_ns = first_ns
    for place, (number, fold) in enumerate(rows):
        if place % _ROWS_BETWEEN_LOOKS == 0:
            token.check()
        if place in pauses:
            drawn.pause(pauses[place])
        if fold is None:
            drawn.arrow(Shown(events[number], of_events[number], lanes.ends[number], before_ns))
        else:
            _draw_pill(drawn, fold, events, lanes, before_ns, options)
        before_ns = events[number].time_ns
    return _picture(events, options, measure, labels, lanes, columns, drawn, shown)


def _picture(
    events: Sequence[LadderEvent],
    options: LadderOptions,
    measure: TextMeasure,
    labels: Labels,
    lanes: Lanes,
    columns: Columns,
    drawn: Rows,
    shown: Sequence[int],
) -> LadderPicture:
    heading = Heading(options, max(drawn.width, _HEADING_WIDTH), labels, measure)
    row_of: dict[int, int] = {}
    for row, entry in enumerate(drawn.rows):
        if entry >= 0:
            row_of[events[shown[entry]].position] = row
        elif not drawn.pills[-1 - entry].open:
            row_of.update(dict.fromkeys(drawn.pills[-1 - entry].positions, row))
    return LadderPicture(
        width=math.ceil(max(drawn.width, heading.width + 2 * MARGIN)),
        height=math.ceil(drawn.y + _TAIL),
        heading_height=heading.height,
        header_height=columns.header_height,
        heading=heading.texts,
        lanes=columns.lanes,
        arrows=ArrowRows(drawn.tops, drawn.bottoms, drawn.make, drawn.outline),
        gaps=tuple(drawn.gaps),
        notes=(),
        description=_description(events, lanes, options, folded=len(events) - len(shown)),
        header_texts=columns.header_texts,
        pills=tuple(drawn.pills),
        legend=heading.legend,
        hidden_lanes=lanes.hidden,
        rows=drawn.rows,
        row_of=row_of,
        failures=tuple(
            place for place, number in enumerate(shown)
            if is_failure(events[number].status) and not events[number].retransmission
        ),
    )  # fmt: skip


def _time_mode(time: str) -> TimeMode:
    if time == "absolute":
        return "absolute"
    if time == "delta":
        return "delta"
    if time == "start":
        return "start"
    message = f"time is absolute, start or delta, and not {time!r}"
    raise ValueError(message)


def _arrange(events: Sequence[LadderEvent], lanes: Lanes, options: LadderOptions) -> tuple[list[_Row], list[Fold]]:
    """The rows of the drawing, and the pills above them for the messages whose lanes are hidden."""
    away: dict[str, Fold] = {}
    if lanes.hidden:
        staying = []
        for number, (source, destination) in enumerate(lanes.ends):
            if source >= 0 and destination >= 0:
                staying.append(number)
                continue
            end = events[number].source if source < 0 else events[number].destination
            key = str(end) if str(end) in lanes.hidden else end.address
            if key not in options.hidden_lanes:
                key = _OTHER_LANES  # left out as there are so many
            away.setdefault(key, Fold(FoldKind.LANE, f"{FoldKind.LANE}:{key}", lane=key)).members.append(number)
    else:
        staying = list(range(len(events)))
    if not options.fold:
        return [_Row(number) for number in staying], list(away.values())
    there = [events[number] for number in staying]
    begins: dict[int, Fold] = {}
    inside: set[int] = set()
    for fold in find_folds(there, options.fold):
        fold.members = [staying[member] for member in fold.members]
        begins[fold.members[0]] = fold
        if fold.key not in options.unfolded:
            inside.update(fold.members)
    rows: list[_Row] = []
    for number in staying:
        if number in begins:
            _add_pill(rows, number, begins[number], lanes, options)
        if number not in inside:
            rows.append(_Row(number))
    return rows, list(away.values())


def _add_pill(rows: list[_Row], number: int, fold: Fold, lanes: Lanes, options: LadderOptions) -> None:
    """A row for a pill, or its words added to those of the closed pill just before, where that is between the same lanes."""
    former = rows[-1].fold if rows else None
    closed = former is not None and former.key.split(" ")[0] not in options.unfolded and fold.key not in options.unfolded
    if former is not None and closed and _span(former, lanes) == _span(fold, lanes):
        former.key += f" {fold.key}"
        former.also.append(Fold(fold.kind, fold.key, fold.members, status=fold.status))
        former.members = sorted({*former.members, *fold.members})
    else:
        rows.append(_Row(number, fold))


def _span(fold: Fold, lanes: Lanes) -> tuple[int, int]:
    """The outermost lanes of a group of messages."""
    ends = [end for member in fold.members for end in lanes.ends[member] if end >= 0] or [0, len(lanes.names) - 1]
    return min(ends), max(ends)


def _steps(rows: Sequence[_Row], events: Sequence[LadderEvent]) -> list[int]:
    """The time from the end of each row (a closed pill lasts to its last message) to the next one."""
    steps = []
    until = events[rows[0].number].time_ns if rows else 0
    for place, (number, fold) in enumerate(rows):
        now = events[number].time_ns
        if place:
            steps.append(now - until)
        until = max(until, now) if steps and steps[-1] < 0 and fold is not None else now
        if fold is not None and not (place + 1 < len(rows) and rows[place + 1].number == number):
            until = max(until, events[fold.members[-1]].time_ns)
    return steps


def _draw_pill(
    drawn: Rows, fold: Fold, events: Sequence[LadderEvent], lanes: Lanes, before_ns: int, options: LadderOptions
) -> None:
    first = fold.members[0]
    if fold.kind is FoldKind.LANE:
        words = f"{fold.words(events)} {_hidden_in_words(fold.lane, lanes, options)} hidden"
        span = (0, 0)  # at the left, where it is in sight however many lanes there are
    else:
        words, span = fold.words(events), _span(fold, lanes)
    placeholder = Label("", "", "", TextStyle.SMALL, Role.MUTED, Role.MUTED)
    row = Shown(events[first], placeholder, span, before_ns)
    positions = tuple(events[member].position for member in fold.members)
    drawn.pill(fold, words, positions, row, is_open=fold.key.split(" ")[0] in options.unfolded)


def _hidden_in_words(lane: str, lanes: Lanes, options: LadderOptions) -> str:
    if lane != _OTHER_LANES:
        name = lanes.hidden[lane]
        return name if name == lane else f"{name} ({lane})"
    others = sum(key not in options.hidden_lanes for key in lanes.hidden)
    return f"{others:,} other hosts" if others > 1 else "1 other host"


def _description(events: Sequence[LadderEvent], lanes: Lanes, options: LadderOptions, *, folded: int) -> str:
    named = [name.name for name in lanes.names[:_LANES_NAMED]]
    if len(lanes.names) > _LANES_NAMED:
        named.append(f"{len(lanes.names) - _LANES_NAMED} more")
    between = f"between {', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else f"at {named[0]}"
    count = "1 message" if len(events) == 1 else f"{len(events):,} messages"
    title = f"{clean(options.title, TITLE_LIMIT)}: " if options.title else ""
    lasted = signed_seconds(events[-1].time_ns - events[0].time_ns, options.digits)
    hidden = f", {folded:,} of them folded" if folded else ""
    return f"{title}ladder of {count} {between} in {lasted} s{hidden}."


def _empty(options: LadderOptions, measure: TextMeasure) -> LadderPicture:
    sentence = "No messages to draw."
    labels = Labels(measure)
    heading = Heading(options, _HEADING_WIDTH, labels, measure)
    height = measure.height_px(TextStyle.LABEL)
    width = labels.width(sentence, TextStyle.LABEL)
    return LadderPicture(
        width=math.ceil(max(width, heading.width) + 2 * MARGIN),
        height=math.ceil(height + 2 * MARGIN),
        heading_height=heading.height,
        header_height=0.0,
        heading=heading.texts,
        lanes=(),
        arrows=ArrowRows.none(),
        gaps=(),
        notes=(Text(MARGIN, MARGIN + 0.8 * height, sentence, TextStyle.LABEL, Role.MUTED, width),),
        description=sentence,
    )
