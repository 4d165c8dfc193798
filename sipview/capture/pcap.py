"""The pcap format: one link type, one clock; a header of 16 bytes (24 in the "modified" kind) before each packet."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.capture.chained import PLAUSIBLE_LENGTH, ChainedFile
from sipview.capture.failure import CaptureError, name_of
from sipview.capture.gather import Positions, gather, spread
from sipview.capture.mapping import Mapping
from sipview.capture.records import Interface, RecordBatch
from sipview.capture.walk import Chain, Mark
from sipview.capture.words import followed_by_words, words_among
from sipview.values import Problem

Fields = dict[str, npt.NDArray[Any]]

_FILE_HEADER = 24
_DAY_S = 86_400
# magic number in the byte order of the file: (fractional digits, bytes of a record header, name)
_KINDS = {
    0xA1B2C3D4: (6, 16, "pcap"),
    0xA1B23C4D: (9, 16, "pcap (nanoseconds)"),
    0xA1B2CD34: (6, 24, "pcap (modified)"),
}


def is_pcap(magic: bytes) -> bool:
    """Whether a file that begins with these four bytes is a pcap file."""
    return any(int.from_bytes(magic, order) in _KINDS for order in ("little", "big"))


class PcapFile(ChainedFile):
    """A pcap file of any byte order and resolution."""

    def __init__(self, path: Path, mapping: Mapping, problems: list[Problem]) -> None:
        super().__init__(path, mapping, problems)
        if self.size < _FILE_HEADER:
            raise CaptureError(f"{name_of(path)}: byte 0: the file ends inside the pcap file header, after {self.size} bytes.")
        magic = bytes(self.data[:4])
        order = "<" if int.from_bytes(magic, "little") in _KINDS else ">"
        digits, header, self.format = _KINDS[int.from_bytes(magic, "little" if order == "<" else "big")]
        words = self.data[:_FILE_HEADER].view(f"{order}u4")
        snap_length, link_type = int(words[4]), int(words[5]) & 0xFFFF  # the upper half tells about check sums (FCS)
        self.interfaces.append(Interface(link_type, digits, snap_length))
        self._unit = 1000 if digits == 6 else 1
        self._ticks = 10**digits  # in a second
        self._longest = max(PLAUSIBLE_LENGTH, min(snap_length, 1 << 27))
        self._links = Chain(order, 8, header, header)
        self._header = np.dtype(
            {
                "names": ["seconds", "fraction", "captured", "length"],
                "formats": [f"{order}u4"] * 4,
                "offsets": [0, 4, 8, 12],
                "itemsize": header,
            }
        )
        self._record = followed_by_words(self._header)
        self._last_second: int | None = None
        self._next = _FILE_HEADER

    @property
    def _chain(self) -> Chain:
        return self._links

    @property
    def _mark(self) -> Mark:
        # the upper half of the seconds, which stays for 18 hours
        at = 2 if self._links.order == "<" else 0
        return Mark(at, self.data[self._next + at : self._next + at + 2].tobytes())

    def _read(self, positions: Positions) -> RecordBatch | None:
        heads = spread(self.data, positions, self._record)
        captured = heads["captured"]
        starts = positions + self._links.overhead
        good = self._good(heads, captured, starts)
        if good:
            self._next = int(starts[good - 1]) + int(captured[good - 1])
            self._last_second = int(heads["seconds"][good - 1])
        if good < positions.size:
            at, claim = int(positions[good]), int(captured[good])
            whole = claim <= self._longest and at + self._links.overhead + claim <= self.size
            room = "a packet" if claim > self._longest else "the file"
            lie = f"a record claims {claim:,} captured bytes, more than {room} has"
            if whole:
                lie = "there is no record where the one before it ends"
            self._mend(at, lie, may_grow=claim <= self._longest and not whole)
        if not good:
            return None
        time_ns = heads["seconds"][:good].astype(np.int64)
        time_ns *= 1_000_000_000
        time_ns += heads["fraction"][:good].astype(np.int64) * self._unit
        return RecordBatch(
            offset=starts[:good],
            time_ns=time_ns,
            captured=captured[:good],
            length=heads["length"][:good],
            interface=np.zeros(good, np.uint16),
            bytes_read=self._next,
            words=tuple(word[:good] for word in words_among(heads)),
        )

    def _good(self, heads: Fields, captured: npt.NDArray[np.uint32], starts: Positions) -> int:
        """How many records there are before the first that cannot be one."""
        possible = int(captured.max()) <= self._longest and int(starts[-1]) + int(captured[-1]) <= self.size
        usual = int(heads["fraction"].max()) < self._ticks and bool(heads["length"].all())
        if possible and usual:
            return captured.size
        bad = (captured > self._longest) | (starts + captured > self.size)
        if not usual:
            bad |= self._phantoms(heads, captured)
        return int(bad.argmax()) if bad.any() else captured.size

    def _phantoms(self, heads: Fields, captured: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Which records are none: a length that lay too short led into a packet.

        One impossible thing alone is a careless writer's. These have a fraction of a second that is more than one, or no byte
        on the wire, and besides more bytes than were on the wire, or a time of another day. A header of nothing but zeros is
        what a file has where nothing was ever written.
        """
        seconds = heads["seconds"].astype(np.int64)
        before = seconds[0] if self._last_second is None else self._last_second
        found: npt.NDArray[np.bool_] = (heads["fraction"] >= self._ticks) | (heads["length"] == 0)
        found &= (captured > heads["length"]) | (np.abs(seconds - before) > _DAY_S)
        found |= (seconds == 0) & (heads["fraction"] == 0) & (captured == 0) & (heads["length"] == 0)
        return found

    def _plausible(self, start: int, stop: int) -> Positions:
        positions = np.arange(start, stop, dtype=np.int64)
        heads = gather(self.data, positions, self._header)
        captured, length = heads["captured"].astype(np.int64), heads["length"].astype(np.int64)
        fits = (captured > 0) & (captured <= length) & (length <= PLAUSIBLE_LENGTH)
        fits &= positions + self._links.overhead + captured <= self.size
        fits &= heads["fraction"] < self._ticks
        if self._last_second is not None:
            fits &= np.abs(heads["seconds"].astype(np.int64) - self._last_second) <= _DAY_S
        return positions[fits]

    def _follower(self, position: int) -> int | None:
        if not self._plausible(position, position + 1).size:
            return None
        captured = gather(self.data, np.array([position]), self._header)["captured"][0]
        return position + self._links.overhead + int(captured)
