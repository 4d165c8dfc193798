"""One direction of a TCP connection: segments in any order to islands of contiguous bytes (RFC 9293 3.4).

A capture starts in mid-stream, loses segments and shows them out of order. So the bytes known so far form islands in the
sequence space. Each island can be read at once, without waiting for the hole before it; islands grow together when the hole
is filled.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

_SEQUENCE_SPACE = 1 << 32
_HALF_SPACE = 1 << 31
# Two ranges of sequence numbers farther apart than any window (RFC 7323 2.3: 1 GiB) are islands of their own all the same;
# what bounds memory is this: unread bytes of a direction, and islands of a direction.
MOST_UNREAD_BYTES = 5 << 20
_MARK_BYTES, _ISLAND_BYTES = 130, 300  # that a mark and an island take in memory
MOST_ISLANDS = 512
_COUNTED_WITH_EACH = 8  # islands that are counted anew with each push
# So many segments later, a hole is taken for lost: TCP repeats within a window what was lost on the way.
MOST_PUSHES_WAITING = 64
MOST_GAPS = 64
"""That are kept of one direction; those beyond are only counted."""
_LONGEST_HOLE = 1 << 30


class Gap(NamedTuple):
    """Bytes of a stream in which no message could be read.

    ``captured``: they came with the packet of ``row`` (and later ones, where they are many); else they are missing before it.
    ``sequence`` is the number of the first of them (of SCTP, that of its chunk), or None where they have none. ``why`` goes on
    with a sentence about captured ones, where there is more to say than that they are no message.
    """

    row: int
    sequence: int | None
    size: int
    captured: bool
    why: str = ""


class Reader(Protocol):
    """Reads one island as it grows: takes what it understands from its front."""

    @property
    def held(self) -> int:
        """How many bytes it keeps itself, about."""
        ...

    def read(self, island: "Island", *, ended: bool) -> "list[Cut]":
        """The messages that are whole now; their bytes are consumed. ``ended``: no more bytes will come."""
        ...


class Island:
    """Contiguous bytes of a stream. Bytes before ``cursor`` were read and forgotten; ``data`` holds those from ``cursor`` on.

    ``start`` and ``cursor`` are unwrapped sequence numbers. ``marks`` are (offset in the stream, row) in order: from that
    offset on, the bytes came with that row. An island without ``reader`` waits: it does not begin where a message begins, so
    perhaps the hole before it will be filled. ``unread`` tells of the bytes that were captured, but read by nobody.
    """

    __slots__ = ("cursor", "data", "first_row", "marks", "reader", "start", "unread")

    def __init__(self, start: int) -> None:
        self.start = start
        self.cursor = start
        self.data = bytearray()
        self.marks: list[tuple[int, int]] = []
        self.reader: Reader | None = None
        self.first_row = -1
        self.unread: Gap | None = None

    @property
    def end(self) -> int:
        """The sequence number after the last byte."""
        return self.cursor + len(self.data)

    @property
    def held(self) -> int:
        """How many bytes it takes in memory, about."""
        read = self.reader.held if self.reader is not None else 0
        return len(self.data) + _MARK_BYTES * len(self.marks) + _ISLAND_BYTES + read

    def consume(self, count: int) -> None:
        """Forget that many bytes: they were read."""
        del self.data[:count]
        self.cursor += count
        keep = bisect_right(self.marks, (self.cursor, _SEQUENCE_SPACE << 32)) - 1
        if keep > 0:
            del self.marks[:keep]

    def pass_over(self, count: int) -> None:
        """Forget that many bytes, though nobody could read them."""
        if count:
            self.lose(count, self.rows(0, 1)[0])
            self.consume(count)

    def lose(self, count: int, row: int, why: str = "") -> None:
        """So many bytes, which came with that row, were of no use. The first reason that is given is kept."""
        if self.unread is None:
            self.unread = Gap(row, self.cursor % _SEQUENCE_SPACE, 0, captured=True)
        self.unread = self.unread._replace(size=self.unread.size + count, why=self.unread.why or why)

    def rows(self, offset: int, length: int) -> tuple[int, ...]:
        """The rows that brought the bytes ``offset`` .. ``offset + length`` after the cursor, in stream order."""
        begin, end = self.cursor + offset, self.cursor + offset + length
        first = max(bisect_right(self.marks, (begin, _SEQUENCE_SPACE << 32)) - 1, 0)
        found: dict[int, None] = {}
        for at, row in self.marks[first:]:
            if at >= end:
                break
            found[row] = None
        return tuple(found)

    def append(self, data: bytes, row: int) -> None:
        """Bytes that came with a row follow the last ones."""
        if self.first_row < 0:
            self.first_row = row
        self.marks.append((self.end, row))
        self.data += data


@dataclass(frozen=True, slots=True)
class Cut:
    """One message out of a stream. ``rows`` are those that carry it in stream order; ``data`` its bytes.

    ``complete`` is False for what was left when a stream ended in the middle of a message.
    """

    data: bytes
    rows: tuple[int, ...]
    complete: bool = True


class Assembler:
    """Takes the segments of one direction as they were captured, and gives the messages as they become whole.

    ``begins`` tells whether bytes are the start of something that ``make_reader``'s readers understand.
    """

    def __init__(self, begins: Callable[[bytearray | bytes], bool], make_reader: Callable[[], Reader]) -> None:
        self._begins = begins
        self._make_reader = make_reader
        self._islands: list[Island] = []  # in order of start; they touch only where the later one begins a message
        self._reference: int | None = None  # unwrapped sequence number of the latest segment
        self._stream_start: int | None = None
        self._pushes_while_waiting = 0
        self._pushes_until_count = 0
        self.held = 0  # bytes kept for messages that are not whole yet, and for what is known of their order, about
        self.gaps: list[Gap] = []  # of what was forgotten so far; `finish` adds the rest
        self.more_gaps = 0

    def push(self, sequence: int, data: bytes, row: int, *, syn: bool = False) -> list[Cut]:
        """Take a segment; returns the messages that are whole now (none for a repetition).

        ``sequence`` is the 32-bit number of the header; a SYN takes one number itself, and starts the stream anew if its
        number is not the one known.
        """
        cuts: list[Cut] = []
        at = self._unwrap(sequence)
        if syn:
            at += 1
            if self._stream_start != at:
                cuts += self.finish()
                self._stream_start = at
        if not data:
            return cuts
        waiting = False
        for offset, piece in list(self._new_pieces(at, data)):
            island = self._place(offset, piece, row)
            if island.reader is None and (island.start == self._stream_start or self._begins(island.data)):
                island.reader = self._make_reader()
            if island.reader is not None:
                cuts += island.reader.read(island, ended=False)
        waiting = any(island.reader is None for island in self._islands)
        self._pushes_while_waiting = self._pushes_while_waiting + 1 if waiting else 0
        if self._pushes_while_waiting > MOST_PUSHES_WAITING:
            cuts += self._stop_waiting()
        self.held += len(data) + _MARK_BYTES + _ISLAND_BYTES
        self._bound()
        return cuts

    def finish(self) -> list[Cut]:
        """No more segments come: what is left is read as far as it goes, and forgotten."""
        cuts = self._stop_waiting()
        for island in self._islands:
            if island.reader is not None:
                cuts += island.reader.read(island, ended=True)
        self._tell(self._islands, last=True)
        self._islands.clear()
        self.held = 0
        return cuts

    def _tell(self, islands: Sequence[Island], *, last: bool) -> None:
        """Note what could not be read of islands that are forgotten (the ``last`` of these too?), and the holes between."""
        for island, following in pairwise((*islands, None)):
            assert island is not None
            if not last and following is None:
                break
            island.pass_over(len(island.data))
            if island.unread is not None:
                self._note(island.unread)
            hole = following.start - island.end if following is not None else 0
            if following is not None and 0 < hole < _LONGEST_HOLE:  # else it is another connection between the same ports
                self._note(Gap(following.first_row, island.end % _SEQUENCE_SPACE, hole, captured=False))

    def _note(self, gap: Gap) -> None:
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append(gap)
        else:
            self.more_gaps += 1

    def _stop_waiting(self) -> list[Cut]:
        """The holes before the waiting islands will not be filled: read on behind them."""
        cuts: list[Cut] = []
        for island in self._islands:
            if island.reader is None:
                island.reader = self._make_reader()
                cuts += island.reader.read(island, ended=False)
        self._pushes_while_waiting = 0
        return cuts

    def _unwrap(self, sequence: int) -> int:
        """The 32-bit number as an ever growing one: the one nearest to the latest."""
        if self._reference is None:
            self._reference = sequence + _SEQUENCE_SPACE  # room below, for what comes late
            return self._reference
        ahead = (sequence - self._reference) % _SEQUENCE_SPACE
        if ahead >= _HALF_SPACE:
            ahead -= _SEQUENCE_SPACE
        self._reference += ahead
        return self._reference

    def _new_pieces(self, at: int, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The parts of a segment that no island has yet: the first copy of a byte wins (RFC 9293 3.10.7.4)."""
        end = at + len(data)
        position = at
        first = max(bisect_right(self._islands, at, key=_start) - 1, 0)
        for island in self._islands[first:]:
            if island.start >= end:
                break
            if island.end <= position:
                continue
            if island.start > position:
                yield position, data[position - at : island.start - at]
            position = max(position, island.end)
            if position >= end:
                return
        if position < end:
            yield position, data[position - at :]

    def _place(self, at: int, data: bytes, row: int) -> Island:
        """Put new bytes where they belong; returns the island that has them now."""
        index = bisect_right(self._islands, at, key=_start)
        before = self._islands[index - 1] if index and self._islands[index - 1].end == at else None
        if before is None or (before.reader is None and self._begins(data)):
            before = Island(at)
            self._islands.insert(index, before)
            index += 1
        before.append(data, row)
        after = self._islands[index] if index < len(self._islands) else None
        if after is not None and after.start == after.cursor == before.end and after.reader is None:
            # The hole is filled, and nobody has read from the island behind it: one island now.
            before.marks += after.marks
            before.data += after.data
            del self._islands[index]
        return before

    def _bound(self) -> None:
        while len(self._islands) > MOST_ISLANDS:
            self._tell(self._islands[:2], last=False)
            del self._islands[0]
        # Counting all of many islands at each push would take long: meanwhile what comes is added to the last count.
        self._pushes_until_count -= 1
        if self._pushes_until_count > 0 and self.held <= MOST_UNREAD_BYTES:
            return
        self._pushes_until_count = len(self._islands) // _COUNTED_WITH_EACH
        self.held = sum(island.held for island in self._islands)
        if self.held > MOST_UNREAD_BYTES:
            for island in self._islands:
                island.pass_over(len(island.data))
            self.held = sum(island.held for island in self._islands)


def _start(island: Island) -> int:
    return island.start
