"""Messages out of SCTP packets: DATA chunks, put together where a message is fragmented (RFC 9260 3.3.1, RFC 4168).

The fragments of I-DATA chunks (RFC 8260) may come between those of other messages: each has its message and its place in that.
"""

from collections.abc import Iterator

from sipview.streams.assembly import MOST_GAPS, Cut, Gap

_DATA, _I_DATA = 0, 64
_BEGIN, _END, _UNORDERED = 2, 1, 4
_NUMBERS = 1 << 32  # a TSN is one of so many
_LAST_NUMBER = _NUMBERS - 1
_FARTHEST = 1 << 16  # TSNs of one association are no farther apart while they matter
_MOST_PENDING = 4096
MOST_HELD_BYTES = 4 << 20
_OVERHEAD = 200  # bytes that a fragment takes in memory besides its data, about
_MOST_SEEN = 1 << 16


class SctpReader:
    """One direction of an association. ``held`` is about how many bytes it keeps of messages that are not whole yet, ``gaps``
    tell of the fragments that it gave up; ``carries_sip`` is for whoever looks at the messages.
    """

    __slots__ = ("_latest", "_pending", "_run_of_last", "_runs", "_seen", "carries_sip", "gaps", "held", "more_gaps")

    def __init__(self) -> None:
        # Place to (flags, data, row). That of a DATA chunk is its TSN, that of an I-DATA chunk its place in its message, which
        # stands above those 32 bits.
        self._pending: dict[int, tuple[int, bytes, int]] = {}
        # Neighbours of one message are a run, known by its first place (with the last one) and by its last place (with the
        # first): so a fragment finds what it joins at once, however many wait.
        self._runs: dict[int, int] = {}
        self._run_of_last: dict[int, int] = {}
        self._seen: dict[int, None] = {}
        self._latest = 0  # TSN
        self.held = 0
        self.gaps: list[Gap] = []
        self.more_gaps = 0
        self.carries_sip = False

    def push(self, chunks: bytes, row: int) -> list[Cut]:
        """Take what follows the common header of a packet; returns the user messages that are whole now."""
        cuts: list[Cut] = []
        for flags, tsn, place, data in _data_chunks(chunks):
            if tsn in self._seen or place in self._pending:
                continue  # sent again
            self._seen[tsn] = None
            self._latest = tsn
            if len(self._seen) > _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
            if flags & (_BEGIN | _END) == _BEGIN | _END:
                cuts.append(Cut(data, (row,)))
                continue
            whole = self._join(place, flags, data, row)
            if whole is not None:
                cuts.append(whole)
            while len(self._pending) > _MOST_PENDING or self.held > MOST_HELD_BYTES:
                self._give_up(next(iter(self._runs)))
        return cuts

    def follows(self, chunks: bytes) -> bool:
        """Whether these chunks are of the same association, by the numbers of those with data."""
        distances = [(tsn - self._latest) % _NUMBERS for _, tsn, _, _ in _data_chunks(chunks)]
        return bool(distances) and all(min(distance, _NUMBERS - distance) < _FARTHEST for distance in distances)

    def finish(self) -> None:
        """No more packets come: what waits is given up."""
        while self._runs:
            self._give_up(next(iter(self._runs)))

    def _give_up(self, first: int) -> None:
        parts = self._take(first)
        count = sum(len(data) for _, data, _ in parts)
        if len(self.gaps) < MOST_GAPS:
            number = first if first <= _LAST_NUMBER else None
            self.gaps.append(Gap(min(row for _, _, row in parts), number, count, captured=True))
        else:
            self.more_gaps += 1

    def _join(self, place: int, flags: int, data: bytes, row: int) -> Cut | None:
        """The message that this fragment is part of, if all of it is there: its places follow one another (RFC 9260 6.9)."""
        self._pending[place] = (flags, data, row)
        self.held += len(data) + _OVERHEAD
        first = last = place
        before, behind = _ahead(place, -1), _ahead(place, 1)
        if not flags & _BEGIN and before in self._run_of_last and not self._pending[before][0] & _END:
            first = self._run_of_last.pop(before)
            del self._runs[first]
        if not flags & _END and behind in self._runs and not self._pending[behind][0] & _BEGIN:
            last = self._runs.pop(behind)
            del self._run_of_last[last]
        self._runs[first], self._run_of_last[last] = last, first
        if not self._pending[first][0] & _BEGIN or not self._pending[last][0] & _END:
            return None
        parts = self._take(first)
        return Cut(b"".join(data for _, data, _ in parts), tuple(dict.fromkeys(row for _, _, row in parts)))

    def _take(self, first: int) -> list[tuple[int, bytes, int]]:
        """Remove a run by its first place, and give its fragments."""
        last = self._runs.pop(first)
        del self._run_of_last[last]
        count = (last - first) % _NUMBERS + 1
        parts = [self._pending.pop(_ahead(first, step)) for step in range(count)]
        self.held -= sum(len(data) + _OVERHEAD for _, data, _ in parts)
        return parts


def _ahead(place: int, steps: int) -> int:
    """The place so many further on; only its lower 32 bits count, and begin anew."""
    return place & ~_LAST_NUMBER | (place + steps) & _LAST_NUMBER


def _data_chunks(chunks: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Flags, TSN, place and user data of each DATA and I-DATA chunk; a chunk that lies about its length ends the packet."""
    at = 0
    while at + 4 <= len(chunks):
        kind, flags, length = chunks[at], chunks[at + 1], int.from_bytes(chunks[at + 2 : at + 4], "big")
        if length < 4:
            return
        head = {_DATA: 16, _I_DATA: 20}.get(kind)
        if head is not None and length > head:
            place = tsn = int.from_bytes(chunks[at + 4 : at + 8], "big")
            if kind == _I_DATA:  # its first fragment has another number where the others have theirs
                whose = chunks[at + 8 : at + 10] + bytes((flags & _UNORDERED,)) + chunks[at + 12 : at + 16]
                message = int.from_bytes(whose, "big")
                number = 0 if flags & _BEGIN else int.from_bytes(chunks[at + 16 : at + 20], "big")
                place = (message + 1) << 32 | number
            yield flags, tsn, place, chunks[at + head : at + length]
        at += (length + 3) & ~3
