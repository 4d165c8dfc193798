"""Connections of which nothing has shown yet whether they carry SIP: their first segments, remembered for that moment."""

from collections import OrderedDict
from typing import NamedTuple

LOOKED_AT = 24
"""Segments that a connection has for showing what it is; those that are `SMALL` have more."""
SMALL = 16
"""Bytes of a segment that is too short to show anything itself."""
SMALL_LOOKED_AT = 512
_KEPT = 512  # bytes of one direction: whatever begins there can be told by then
_MARK_ENDS = 6  # bytes at the end that may begin what is looked for anywhere
_MOST_CONNECTIONS = 1 << 15
_MOST_ROWS = 1 << 20


class Segment(NamedTuple):
    """One TCP segment. ``side`` is 0 where the end with the lower number sent it."""

    row: int
    side: int
    sequence: int
    syn: bool
    data: bytes


class _Beginning:
    """What one connection sent so far: the rows, and of each side the latest bytes that follow one another."""

    __slots__ = ("_ends", "_kept", "large", "rows")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.large = 0
        self._kept = [b"", b""]
        self._ends = [-1, -1]

    def behind(self, segment: Segment) -> Segment:
        """The segment with the bytes before it."""
        kept = self._kept[segment.side]
        if not kept or segment.sequence != self._ends[segment.side]:
            return segment
        return segment._replace(sequence=(segment.sequence - len(kept)) & 0xFFFF_FFFF, data=kept + segment.data)

    def add(self, segment: Segment) -> None:
        """Remember a segment."""
        data = self.behind(segment).data
        self._kept[segment.side] = data if len(data) <= _KEPT else data[-_MARK_ENDS:]
        self._ends[segment.side] = (segment.sequence + len(segment.data) + segment.syn) & 0xFFFF_FFFF
        self.rows.append(segment.row)
        self.large += len(segment.data) > SMALL


class Undecided:
    """The connections that are not decided, by their number; the oldest are forgotten where there are too many."""

    def __init__(self) -> None:
        self._beginnings: OrderedDict[int, _Beginning] = OrderedDict()
        self._rows = 0

    def behind(self, flow: int, segment: Segment) -> Segment:
        """The segment, behind the bytes of its side that came right before it: together they may show something."""
        beginning = self._beginnings.get(flow)
        return segment if beginning is None else beginning.behind(segment)

    def add(self, flow: int, segment: Segment) -> bool:
        """Remember a segment that shows nothing; whether it was the last one that the connection had for that."""
        beginning = self._beginnings.get(flow)
        if beginning is None:
            beginning = self._beginnings[flow] = _Beginning()
        beginning.add(segment)
        self._rows += 1
        if beginning.large >= LOOKED_AT or len(beginning.rows) >= SMALL_LOOKED_AT:
            self.take(flow)
            return True
        while len(self._beginnings) > _MOST_CONNECTIONS or self._rows > _MOST_ROWS:
            self.take(next(iter(self._beginnings)))
        return False

    def take(self, flow: int) -> list[int]:
        """The rows of a connection, which is decided now."""
        beginning = self._beginnings.pop(flow, None)
        if beginning is None:
            return []
        self._rows -= len(beginning.rows)
        return beginning.rows
