"""IP datagrams out of fragments (RFC 791 3.2, RFC 8200 4.5), in any order, bounded in time, number and bytes."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from heapq import heappop, heappush

MOST_BYTES = 16 << 20
MOST_DATAGRAMS = 4096
TIMEOUT_NS = 60_000_000_000
"""How long after the first of its fragments to come a datagram may take (RFC 8200 4.5, RFC 1122 3.3.2)."""
_LONGEST_DATAGRAM = 65_535
# IPv4 hosts take 576 bytes at once (RFC 791), so a datagram has 114 fragments at most; more than this is an attack.
_MOST_PIECES = 1024
_MOST_COPIES = 8


@dataclass(frozen=True, slots=True)
class Datagram:
    """A whole payload of IP; ``rows`` are those that brought it, in order of their offset."""

    data: bytes
    rows: tuple[int, ...]


@dataclass(slots=True)
class _Pieces:
    """Fragments of one datagram so far: offset to (bytes, row)."""

    began_ns: int
    repeated: bool  # another copy of the datagram became whole, so nothing is lost with this one
    by_offset: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    total: int | None = None
    size: int = 0
    reach: int = 0  # there is no hole before this offset
    behind_hole: list[tuple[int, int]] = field(default_factory=list)  # (offset, end) of the others, as a heap

    def in_time(self, time_ns: int) -> bool:
        return abs(time_ns - self.began_ns) <= TIMEOUT_NS

    def add(self, offset: int, data: bytes, row: int) -> None:
        self.by_offset[offset] = (data, row)
        self.size += len(data)
        heappush(self.behind_hole, (offset, offset + len(data)))
        while self.behind_hole and self.behind_hole[0][0] <= self.reach:
            self.reach = max(self.reach, heappop(self.behind_hole)[1])

    def whole(self) -> Datagram | None:
        if self.total is None or self.reach < self.total:
            return None
        data, rows = self.beginning()
        return Datagram(data[: self.total], rows)

    def beginning(self) -> tuple[bytes, tuple[int, ...]]:
        """The bytes up to the first hole, and the rows that brought them."""
        data, rows = bytearray(), []
        for offset in sorted(self.by_offset):
            piece, row = self.by_offset[offset]
            if offset > len(data):
                break
            if offset + len(piece) > len(data):  # the first copy of a byte wins
                data += piece[len(data) - offset :]
                rows.append(row)
        return bytes(data), tuple(rows)


@dataclass(frozen=True, slots=True)
class LostFragments:
    """Fragments that never became a datagram. ``first`` tells whether the first one, with the ports, is among them.

    ``data`` is what there is of the payload, from its start up to the first hole (or nothing, where so many are lost that they
    would take more than ``MOST_BYTES``); ``rows`` are in order of capture.
    """

    rows: tuple[int, ...]
    first: bool
    data: bytes = b""


class Fragments:
    """Takes fragments as they were captured; gives each datagram when its last part is there.

    A key names the datagram: addresses, protocol and identification. The identification is used again before long, so a
    fragment joins only those that came within ``TIMEOUT_NS`` of it, before or after: the time of a capture may be set back, and
    its interfaces may have clocks of their own. What does not become whole in that time and within the bounds is given up,
    oldest first, and told in ``lost``, as far as there is room; ``lost_count`` counts all of it, ``headless_count`` what lacks
    its first fragment.
    """

    def __init__(self) -> None:
        self._pending: dict[tuple[Hashable, int], _Pieces] = {}
        self._whole: dict[Hashable, int] = {}  # keys of the latest datagrams that became whole, and when
        self._bytes = 0
        self._lost_bytes = 0
        self.lost: list[LostFragments] = []
        self.lost_count = self.headless_count = 0

    def push(self, key: Hashable, offset: int, data: bytes, row: int, *, time_ns: int, more: bool) -> Datagram | None:
        """Take one fragment; ``offset`` in bytes, ``time_ns`` is when it was captured, ``more`` is the more-fragments bit."""
        if not data or offset + len(data) > _LONGEST_DATAGRAM:
            return None
        copy = self._copy_for(key, offset, time_ns)
        if copy is None:
            return None
        pieces = self._pending.get((key, copy))
        if pieces is None:
            whole_ns = self._whole.get(key)
            repeated = whole_ns is not None and abs(time_ns - whole_ns) <= TIMEOUT_NS
            pieces = self._pending[key, copy] = _Pieces(time_ns, repeated)
        if len(pieces.by_offset) >= _MOST_PIECES:
            self._give_up((key, copy))
            return None
        pieces.add(offset, data, row)
        self._bytes += len(data)
        if not more:
            pieces.total = offset + len(data)
        whole = pieces.whole()
        if whole is not None:
            self._became_whole(key, copy, time_ns)
        while self._bytes > MOST_BYTES or len(self._pending) > MOST_DATAGRAMS:
            self._give_up(next(iter(self._pending)))
        return whole

    def _copy_for(self, key: Hashable, offset: int, time_ns: int) -> int | None:
        """Which copy of a datagram a fragment belongs to: the first in time that lacks it, else a new one; None: too many.

        A datagram that was captured more than once (on several interfaces, say) is put together as often.
        """
        free = late = None
        for copy in range(_MOST_COPIES):
            pieces = self._pending.get((key, copy))
            if pieces is None:
                free = copy if free is None else free
            elif not pieces.in_time(time_ns):
                late = copy if late is None or pieces.began_ns < self._pending[key, late].began_ns else late
            elif offset not in pieces.by_offset:
                return copy
        if free is None and late is not None:
            self._give_up((key, late))
            return late
        return free

    def _became_whole(self, key: Hashable, copy: int, time_ns: int) -> None:
        self._forget((key, copy))
        self._whole.pop(key, None)
        self._whole[key] = time_ns
        if len(self._whole) > MOST_DATAGRAMS:
            del self._whole[next(iter(self._whole))]
        for other in range(_MOST_COPIES):
            pieces = self._pending.get((key, other))
            if pieces is not None and pieces.in_time(time_ns):
                pieces.repeated = True

    def finish(self) -> None:
        """No more fragments come: what is pending is lost."""
        for key in list(self._pending):
            self._give_up(key)

    def _give_up(self, key: tuple[Hashable, int]) -> None:
        pieces = self._pending[key]
        if not pieces.repeated:
            self.lost_count += 1
            self.headless_count += 0 not in pieces.by_offset
        if len(self.lost) < MOST_DATAGRAMS and not pieces.repeated:
            rows = tuple(sorted(row for _, row in pieces.by_offset.values()))
            data = pieces.beginning()[0] if self._lost_bytes < MOST_BYTES else b""
            self._lost_bytes += len(data)
            self.lost.append(LostFragments(rows, 0 in pieces.by_offset, data))
        self._forget(key)

    def _forget(self, key: tuple[Hashable, int]) -> None:
        self._bytes -= self._pending.pop(key).size
