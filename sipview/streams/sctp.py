"""Messages out of SCTP packets: DATA chunks, put together where a message is fragmented (RFC 9260 3.3.1, RFC 4168)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sipview.streams.assembly import Cut

_DATA, _I_DATA = 0, 64
_BEGIN, _END, _UNORDERED = 2, 1, 4
_MOST_PENDING = 4096
_MOST_SEEN = 1 << 16


@dataclass(slots=True)
class SctpReader:
    """One direction of an association."""

    _pending: dict[int, tuple[int, bytes, int]] = field(default_factory=dict)  # TSN to (flags, data, row)
    _seen: dict[int, None] = field(default_factory=dict)

    def push(self, chunks: bytes, row: int) -> list[Cut]:
        """Take what follows the common header of a packet; returns the user messages that are whole now."""
        cuts: list[Cut] = []
        for flags, tsn, data in _data_chunks(chunks):
            if tsn in self._seen:
                continue  # sent again
            self._seen[tsn] = None
            if len(self._seen) > _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
            if flags & (_BEGIN | _END) == _BEGIN | _END:
                cuts.append(Cut(data, (row,)))
                continue
            self._pending[tsn] = (flags, data, row)
            if len(self._pending) > _MOST_PENDING:
                del self._pending[next(iter(self._pending))]
            whole = self._join(tsn)
            if whole is not None:
                cuts.append(whole)
        return cuts

    def _join(self, tsn: int) -> Cut | None:
        """The message that this fragment is part of, if all of it is there: its TSNs follow one another (RFC 9260 6.9)."""
        first = tsn
        while not self._pending[first][0] & _BEGIN:
            first = (first - 1) % (1 << 32)
            if first not in self._pending:
                return None
        last = tsn
        while not self._pending[last][0] & _END:
            last = (last + 1) % (1 << 32)
            if last not in self._pending:
                return None
        parts = []
        at = first
        while True:
            parts.append(self._pending.pop(at))
            if at == last:
                break
            at = (at + 1) % (1 << 32)
        return Cut(b"".join(data for _, data, _ in parts), tuple(dict.fromkeys(row for _, _, row in parts)))


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
