"""A ladder as text, for terminals, tickets and mails: lines of box drawing characters, or of ASCII."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from sipview.ladder import Arrow, Gap, LadderPicture, Pill
from sipview.values import cells, cut_to_cells

_SMALLEST_DISTANCE = 18
_LARGEST_DISTANCE = 48
_LABEL_SPACE = 8  # around a label in its arrow: line, spaces and head
_LOOP = 4


@dataclass(frozen=True, slots=True)
class _Strokes:
    lifeline: str
    solid: str
    dashed: str
    crossing: str
    pause: str
    loop_down: str
    loop_back: str
    ellipsis: str


_BOXES = _Strokes("│", "─", "┄", "┼", "┊", "╮", "╯", "…")
_ASCII_FOR = {"·": "-", "…": "...", "→": "->", "▸": ">", "▾": "v"}
_ASCII = _Strokes("|", "-", ".", "+", ":", "\\", "/", "...")


def text_ladder(picture: LadderPicture, *, ascii_only: bool = False) -> str:
    """The whole picture as lines of text, lanes aligned, with a line end after each.

    A label that is longer than its arrow stands below it, in several lines. Characters of double width (East Asian)
    count two columns. With ``ascii_only`` the lines are made of ASCII, and what
    else is in a label becomes ``?``.
    """
    lines = _Sheet(picture, _ASCII if ascii_only else _BOXES, ascii_only).lines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


class _Sheet:
    """Columns of characters for one picture."""

    def __init__(self, picture: LadderPicture, strokes: _Strokes, ascii_only: bool) -> None:
        self._picture = picture
        self._strokes = strokes
        self._ascii_only = ascii_only
        times = [arrow.time.text for arrow in picture.arrows] + [gap.text.text for gap in picture.gaps]
        self._time_width = max((cells(self._plain(time)) for time in times), default=0)
        self._columns = self._place_lanes() if picture.lanes else []

    def lines(self) -> Iterator[str]:
        picture = self._picture
        for text in picture.heading:
            yield self._plain(text.text)
        if picture.legend:
            yield self._plain(" · ".join(entry.text.text for entry in picture.legend))
        if picture.heading or picture.legend:
            yield ""
        for note in picture.notes:
            yield self._plain(note.text)
        if not picture.lanes:
            return
        names = [lane.full_name.split("\n") for lane in picture.lanes]
        for number in range(max(len(name) for name in names)):
            yield self._header([name[number] if number < len(name) else "" for name in names])
        gaps = list(picture.gaps)
        tops = [gap.top for gap in gaps]
        shown = 0
        yield self._row("", {})
        for number in range(len(picture.rows)):
            row = picture.row(number)
            until = bisect_left(tops, row.top)
            yield from (self._pause(gap) for gap in gaps[shown:until])
            shown = until
            yield from self._arrow(row) if isinstance(row, Arrow) else self._pill(row)
        yield self._row("", {})

    def _label(self, arrow: Arrow) -> tuple[str, str]:
        """The title with its marker, and the detail."""
        return self._plain(f"{arrow.title} ({arrow.marker})" if arrow.marker else arrow.title), self._plain(arrow.detail)

    def _plain(self, text: str) -> str:
        if not self._ascii_only:
            return text
        return "".join(_ASCII_FOR.get(character, character) for character in text).encode("ascii", "replace").decode()

    def _cut(self, text: str, columns: int) -> str:
        return cut_to_cells(text, columns, self._strokes.ellipsis)

    def _place_lanes(self) -> list[int]:
        """The column of each lifeline: as near as labels and names allow."""
        lanes = self._picture.lanes
        widest = min(max(cells(part) for lane in lanes for part in lane.full_name.split("\n")), _LARGEST_DISTANCE)
        smallest = max(_SMALLEST_DISTANCE, widest + 2)
        distances = [smallest] * (len(lanes) - 1)
        needed: dict[tuple[int, int], int] = {}
        for arrow in self._picture.arrows:
            left, right = sorted((arrow.source_lane, arrow.destination_lane))
            right = max(right, left + 1)
            room = min(cells("  ".join(part for part in self._label(arrow) if part)) + _LABEL_SPACE, _LARGEST_DISTANCE)
            needed[left, right] = max(needed.get((left, right), 0), room)
        for (left, right), room in sorted(needed.items(), key=lambda item: (item[0][1] - item[0][0], item[0])):
            if right < len(lanes) and (right - left) * smallest < room:
                missing = room - sum(distances[left:right])
                for number in range(left, right):
                    distances[number] += max(0, -(-missing // (right - left)))
        columns = [self._time_width + 2 + max(2, widest // 2)]
        for distance in distances:
            columns.append(columns[-1] + distance)
        return columns

    def _header(self, names: list[str]) -> str:
        line = ""
        for column, name in zip(self._columns, names, strict=True):
            text = self._cut(self._plain(name), _LARGEST_DISTANCE)
            line += " " * (column - cells(text) // 2 - cells(line)) + text
        return line

    def _row(self, time: str, between: dict[int, str], line: str | None = None) -> str:
        """A row of lifelines; ``between`` puts a text over the columns from its key on."""
        row = f"{time:>{self._time_width}}"
        starts = sorted(between)
        covered = len(row)
        parts = [row]
        lifelines = iter(self._columns)
        column = next(lifelines, None)
        for start in [*starts, None]:
            while column is not None and (start is None or column < start):
                if column >= covered:
                    parts.append(" " * (column - covered) + (line or self._strokes.lifeline))
                    covered = column + 1
                column = next(lifelines, None)
            if start is not None:
                parts.append(" " * (start - covered) + between[start])
                covered = start + cells(between[start])
        return "".join(parts)

    def _pause(self, gap: Gap) -> str:
        return self._row(self._plain(gap.text.text), {}, self._strokes.pause)

    def _pill(self, pill: Pill) -> Iterator[str]:
        """The words of a folded group in brackets, in the middle of where it stands in the picture."""
        lanes = self._picture.lanes
        middle = (pill.left + pill.right) / 2
        nearest = [column for lane, column in zip(lanes, self._columns, strict=True) if pill.left <= lane.x <= pill.right]
        if nearest:
            column = (nearest[0] + nearest[-1]) // 2
        else:
            after = next((number for number, lane in enumerate(lanes) if lane.x > middle), len(lanes) - 1)
            column = (self._columns[max(0, after - 1)] + self._columns[after]) // 2
        words = f"[{self._plain(pill.text.text)}]"
        start = max(self._time_width + 1, column - cells(words) // 2)
        yield self._row(self._plain(pill.time.text), {start: words})

    def _arrow(self, arrow: Arrow) -> Iterator[str]:
        yield from self._message(arrow)
        source, destination = sorted((self._columns[arrow.source_lane], self._columns[arrow.destination_lane]))
        room = destination - source - 2 if destination > source else _LARGEST_DISTANCE
        for text in arrow.lines:
            for part in wrap(self._plain(text.text), room, break_on_hyphens=False):
                line = self._cut(part, room)
                start = source + 2 if source == destination else (source + destination + 1 - cells(line)) // 2
                yield self._row("", {start: line})

    def _message(self, arrow: Arrow) -> Iterator[str]:
        time = self._plain(arrow.time.text)
        source, destination = self._columns[arrow.source_lane], self._columns[arrow.destination_lane]
        stroke = self._strokes.dashed if arrow.dashed else self._strokes.solid
        title, detail = self._label(arrow)
        if source == destination:
            label = f"{title}  {detail}" if detail else title
            yield self._row(time, {source + 1: f"{stroke * (_LOOP - 2)}{self._strokes.loop_down} {label}"})
            yield self._row("", {source + 1: f"<{stroke * (_LOOP - 3)}{self._strokes.loop_back}"})
            return
        left, right = min(source, destination), max(source, destination)
        room = right - left - 1
        line = [stroke] * room
        first, last = sorted((arrow.source_lane, arrow.destination_lane))
        for column in self._columns[first + 1 : last]:
            line[column - left - 1] = self._strokes.crossing
        line[-1 if destination > source else 0] = ">" if destination > source else "<"
        label = f"{title}  {detail}" if detail else title
        below: list[str] = []
        if cells(label) > room - 6:
            label = self._cut(title, room - 6)
            words = f"{title} {detail}" if label != title else detail
            below = [self._cut(part, room - 2) for part in wrap(words, room - 2, break_on_hyphens=False)]
        text = f" {label} "
        before = (room - cells(text)) // 2
        yield self._row(time, {left + 1: "".join([*line[:before], text, *line[before + cells(text) :]])})
        for part in below:
            yield self._row("", {left + 1 + (room - cells(part)) // 2: part})
