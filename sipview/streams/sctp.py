"""Messages out of SCTP packets: DATA chunks, put together where a message is fragmented (RFC 9260 3.3.1, RFC 4168)."""

from collections.abc import Iterator

from sipview.streams.assembly import MOST_GAPS, Cut, Gap

_DATA, _I_DATA = 0, 64
_BEGIN, _END, _UNORDERED = 2, 1, 4
_NUMBERS = 1 << 32  # a TSN is one of so many
_MOST_PENDING = 4096
MOST_HELD_BYTES = 4 << 20
_OVERHEAD = 200  # bytes that a fragment takes in memory besides its data, about
_MOST_SEEN = 1 << 16


class SctpReader:
    """One direction of an association. ``held`` is about how many bytes it keeps of messages that are not whole yet, ``gaps``
    tell of the fragments that it gave up; ``carries_sip`` is for whoever looks at the messages.
    """

    __slots__ = ("_pending", "_run_of_last", "_runs", "_seen", "carries_sip", "gaps", "held", "more_gaps")

    def __init__(self) -> None:
        self._pending: dict[int, tuple[int, bytes, int]] = {}  # TSN to (flags, data, row)
        # Neighbours of one message are a run, known by its first TSN (with the last one) and by its last TSN (with the
        # first): so a fragment finds what it joins at once, however many wait.
        self._runs: dict[int, int] = {}
        self._run_of_last: dict[int, int] = {}
        self._seen: dict[int, None] = {}
        self.held = 0
        self.gaps: list[Gap] = []
        self.more_gaps = 0
        self.carries_sip = False

    def push(self, chunks: bytes, row: int) -> list[Cut]:
        """Take what follows the common header of a packet; returns the user messages that are whole now."""
        cuts: list[Cut] = []
        for flags, tsn, data in _data_chunks(chunks):
            if tsn in self._seen or tsn in self._pending:
                continue  # sent again
            self._seen[tsn] = None
            if len(self._seen) > _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
            if flags & (_BEGIN | _END) == _BEGIN | _END:
                cuts.append(Cut(data, (row,)))
                continue
            whole = self._join(tsn, flags, data, row)
            if whole is not None:
                cuts.append(whole)
            while len(self._pending) > _MOST_PENDING or self.held > MOST_HELD_BYTES:
                self._give_up(next(iter(self._runs)))
        return cuts

    def finish(self) -> None:
        """No more packets come: what waits is given up."""
        while self._runs:
            self._give_up(next(iter(self._runs)))

    def _give_up(self, first: int) -> None:
        parts = self._take(first)
        count = sum(len(data) for _, data, _ in parts)
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append(Gap(min(row for _, _, row in parts), first, count, captured=True))
        else:
            self.more_gaps += 1

    def _join(self, tsn: int, flags: int, data: bytes, row: int) -> Cut | None:
        """The message that this fragment is part of, if all of it is there: its TSNs follow one another (RFC 9260 6.9)."""
        self._pending[tsn] = (flags, data, row)
        self.held += len(data) + _OVERHEAD
        first = last = tsn
        before, behind = (tsn - 1) % _NUMBERS, (tsn + 1) % _NUMBERS
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
        """Remove a run by its first number, and give its fragments."""
        last = self._runs.pop(first)
        del self._run_of_last[last]
        count = (last - first) % _NUMBERS + 1
        parts = [self._pending.pop((first + step) % _NUMBERS) for step in range(count)]
        self.held -= sum(len(data) + _OVERHEAD for _, data, _ in parts)
        return parts


def _data_chunks(chunks: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Flags, TSN and user data of each DATA chunk; a chunk that lies about its length ends the packet."""
    at = 0
    while at + 4 <= len(chunks):
        kind, flags, length = chunks[at], chunks[at + 1], int.from_bytes(chunks[at + 2 : at + 4], "big")
        if length < 4:
            return
        head = {_DATA: 16, _I_DATA: 20}.get(kind)
        if head is not None and length > head:
            yield flags, int.from_bytes(chunks[at + 4 : at + 8], "big"), chunks[at + head : at + length]
        at += (length + 3) & ~3
