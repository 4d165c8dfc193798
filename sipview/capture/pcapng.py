"""The pcapng format: sections of blocks; interfaces with their own clocks; names, secrets, comments, statistics."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.capture import options
from sipview.capture.chained import PLAUSIBLE_LENGTH, ChainedFile
from sipview.capture.clock import Clock
from sipview.capture.failure import CaptureError, name_of
from sipview.capture.gather import Positions, gather, spread
from sipview.capture.mapping import Mapping
from sipview.capture.records import Comment, RecordBatch
from sipview.capture.walk import Chain, Mark
from sipview.capture.words import followed_by_words, words_among, words_of
from sipview.values import Problem

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _NAMES, _STATISTICS, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 10
_SECTION_BYTES = _SECTION.to_bytes(4, "little")  # the same in both byte orders
_BYTE_ORDER = 0x1A2B3C4D
_BYTE_ORDER_MAGIC = {bytes.fromhex("4d3c2b1a"): "<", bytes.fromhex("1a2b3c4d"): ">"}
_TLS_KEY_LOG = 0x544C534B
_BLOCK_OVERHEAD = 12  # type and two lengths
_PACKET_HEADER, _SIMPLE_HEADER = 28, 12  # bytes before the captured ones
_LONGEST_BLOCK = 1 << 28
MAX_INTERFACES = 4096
MAX_ORDER_CHANGES = 1000  # from section to section; each makes a batch of its own
MAX_COMMENTS = 100_000
MAX_NAMES = 1_000_000
MAX_SECRET_BYTES = 64 << 20

Blocks = dict[str, npt.NDArray[Any]]  # the fields of the dtype `_block`
Numbers = npt.NDArray[np.int64]


def is_pcapng(magic: bytes) -> bool:
    """Whether a file that begins with these four bytes is a pcapng file."""
    return magic == _SECTION_BYTES


class PcapngFile(ChainedFile):
    """A pcapng file (draft-ietf-opsawg-pcapng)."""

    format = "pcapng"

    def __init__(self, path: Path, mapping: Mapping, problems: list[Problem]) -> None:
        super().__init__(path, mapping, problems)
        order = self._order_of_section(0)
        if order is None:
            raise CaptureError(f"{name_of(path)}: byte 0: the first section header is damaged or cut.")
        self._clocks: list[Clock] = []
        self._first_interface = 0  # of this section
        self._last_ns = 0
        self._secret_bytes = 0
        self._order_changes = 0
        self._set_order(order)

    @property
    def _chain(self) -> Chain:
        return Chain(self._order, 4, 0, _BLOCK_OVERHEAD)

    @property
    def _mark(self) -> Mark:
        return Mark(0, _PACKET.to_bytes(4, "little" if self._order == "<" else "big"))

    def _set_order(self, order: str) -> None:
        self._order = order
        self._word = np.dtype([("value", f"{order}u4")])
        names = ("type", "total", "interface", "high", "low", "captured", "length")
        self._head = np.dtype([(name, f"{order}u4") for name in names])
        self._block = followed_by_words(self._head)

    def _order_of_section(self, position: int) -> str | None:
        """The byte order of the section whose header is at ``position``; None where there is no whole one."""
        head = bytes(self.data[position : position + 12])
        return _BYTE_ORDER_MAGIC.get(head[8:]) if head[:4] == _SECTION_BYTES else None

    def _read(self, positions: Positions) -> RecordBatch | None:
        first = int(positions[0])
        order = self._order_of_section(first)
        if order is not None and order != self._order:
            self._set_order(order)  # the walk followed lengths of the wrong byte order: walk again from here
            self._order_changes += 1
            if self._order_changes > MAX_ORDER_CHANGES:
                self._give_up("many-sections", first, self.size, "the byte order changes too often; the rest is not read")
            return None
        blocks = spread(self.data, positions, self._block)
        sections = np.flatnonzero(blocks["type"][1:] == _SECTION) + 1
        other = sections[gather(self.data, positions[sections] + 8, self._word)["value"] != _BYTE_ORDER]
        if other.size:  # its byte order is looked at when it comes first
            positions, blocks = positions[: other[0]], _rows(blocks, slice(other[0]))
        fault = self._first_fault(positions, blocks)
        good = positions.size if fault is None else fault[0]
        if good:
            self._next = int(positions[good - 1]) + int(blocks["total"][good - 1])
        batch = self._take(positions[:good], _rows(blocks, slice(good))) if good else None
        if fault is not None:
            _, text, may_grow = fault
            self._mend(int(positions[good]), text, may_grow=may_grow)
        return batch

    def _first_fault(self, positions: Positions, blocks: Blocks) -> tuple[int, str, bool] | None:
        """The first block that is not whole: which, what is wrong, and whether more bytes could mend it."""
        if blocks["type"][0] == _SECTION and self._order_of_section(int(positions[0])) is None:
            return 0, "a section header has no byte order", False
        total = blocks["total"].astype(np.int64)
        trailing = gather(self.data, positions + np.maximum(total - 4, 0), self._word)["value"]
        bad = (total < _BLOCK_OVERHEAD) | (positions + total > self.size) | (trailing != total)
        if not bad.any():
            return None
        at = int(bad.argmax())
        claim = int(total[at])
        if claim < _BLOCK_OVERHEAD or claim > _LONGEST_BLOCK:
            return at, f"a block claims a length of {claim:,} bytes", False
        if int(positions[at]) + claim > self.size:
            return at, f"a block claims {claim:,} bytes, more than the file has", True
        return at, f"the two lengths of a block differ ({claim} and {int(trailing[at])})", False

    def _take(self, positions: Positions, blocks: Blocks) -> RecordBatch | None:
        kinds = blocks["type"]
        is_packet = (kinds == _PACKET) | (kinds == _SIMPLE_PACKET) | (kinds == _OLD_PACKET)
        if is_packet.all():
            first, known = np.int64(self._first_interface), np.int64(len(self.interfaces))
            return self._packets(positions, blocks, np.full(positions.size, first), np.full(positions.size, known))
        # what held for the packets behind each block that is none: the section's first interface, and how many there were
        others, firsts, counts = [-1], [self._first_interface], [len(self.interfaces)]
        for row in np.flatnonzero(~is_packet).tolist():
            start = int(positions[row])
            self._describe(int(kinds[row]), start, self.data[start + 8 : start + int(blocks["total"][row]) - 4].tobytes())
            others.append(row)
            firsts.append(self._first_interface)
            counts.append(len(self.interfaces))
        rows = np.flatnonzero(is_packet)
        if not rows.size:
            return None
        held = np.searchsorted(others, rows) - 1
        return self._packets(positions[rows], _rows(blocks, rows), np.array(firsts)[held], np.array(counts)[held])

    def _describe(self, kind: int, start: int, body: bytes) -> None:
        """Take in a block that holds no packet."""
        if kind == _SECTION:
            self._first_interface = len(self.interfaces)
            self._comment_all(body[16:])
        elif kind == _INTERFACE:
            self._describe_interface(start, body)
        elif kind == _NAMES:
            for address, name in options.names_of(body, self._order):
                if len(self.names) < MAX_NAMES:
                    self.names.setdefault(address, name)
        elif kind == _STATISTICS:
            lost = options.packets_dropped(body, self._order)
            if lost is not None and lost[0] < len(self.interfaces) - self._first_interface:
                self.drops[self._first_interface + lost[0]] = lost[1]
        elif kind == _SECRETS and len(body) >= 8:
            secret_kind, length = np.frombuffer(body[:8], f"{self._order}u4").tolist()
            secret = body[8 : 8 + length]
            self._secret_bytes += len(secret)
            if secret_kind == _TLS_KEY_LOG and self._secret_bytes <= MAX_SECRET_BYTES:
                self.secrets.append(secret)

    def _describe_interface(self, start: int, body: bytes) -> None:
        found = options.interface_of(body, self._order)
        if found is None:
            self._report("short-block", start, start + len(body) + _BLOCK_OVERHEAD, "an interface description is too short")
            return
        if len(self.interfaces) >= MAX_INTERFACES:
            self._report("many-interfaces", start, start, f"there are more than {MAX_INTERFACES} interfaces")
            return
        interface, clock = found
        self.interfaces.append(interface)
        self._clocks.append(clock)

    def _comment_all(self, body: bytes) -> None:
        for code, value in options.options(body, self._order):
            if code == options.COMMENT and len(self.comments) < MAX_COMMENTS:
                self.comments.append(Comment(None, options.text_of(value)))

    def _packets(self, positions: Positions, blocks: Blocks, first: Numbers, known: Numbers) -> RecordBatch | None:
        """The packet blocks; to each the ``first`` interface of its section, and how many were ``known`` before it."""
        simple, old = blocks["type"] == _SIMPLE_PACKET, blocks["type"] == _OLD_PACKET
        header = np.where(simple, _SIMPLE_HEADER, _PACKET_HEADER)
        room = blocks["total"].astype(np.int64) - header - 4
        number = blocks["interface"].astype(np.int64)
        number = np.where(old, number & 0xFFFF if self._order == "<" else number >> 16, np.where(simple, 0, number))
        interface = number + first
        usable = (room >= 0) & (interface < known)
        if not usable.all():
            self._report_unusable(positions[~usable], room[~usable])
            if not usable.any():
                return None
            positions, simple, header, room, interface = (part[usable] for part in (positions, simple, header, room, interface))
            blocks = _rows(blocks, usable)
        length = np.where(simple, blocks["interface"], blocks["length"]).astype(np.int64)
        captured = np.where(simple, np.minimum(length, room), blocks["captured"]).astype(np.int64)
        if simple.any():
            snap = np.array([one.snap_length or PLAUSIBLE_LENGTH for one in self.interfaces], np.int64)
            captured = np.where(simple, np.minimum(captured, snap[interface]), captured)
        lying = captured > room
        if lying.any():
            at, count = int(positions[lying.argmax()]), int(lying.sum())
            self._report(
                "lying-length",
                at,
                at + _PACKET_HEADER,
                f"{count:,} packet(s) from here on claim more bytes than their block has",
            )
            captured = np.minimum(captured, room)
        offset = positions + header
        self._comment_packets(offset, captured, positions + blocks["total"] - 4, ~simple)
        return RecordBatch(
            offset=offset,
            time_ns=self._times(blocks, interface, simple),
            captured=captured.astype(np.uint32),
            length=length.astype(np.uint32),
            interface=interface.astype(np.uint16),
            bytes_read=self._next,
            words=words_of(self.data, offset) if simple.any() else words_among(blocks),
        )

    def _report_unusable(self, positions: Positions, room: npt.NDArray[np.int64]) -> None:
        start, count = int(positions[0]), positions.size
        if (room < 0).any():
            self._report("short-block", start, start, f"{count:,} packet block(s) from here on are too short and left out")
        else:
            text = f"{count:,} packet(s) from here on name an interface that was not described, and are left out"
            self._report("unknown-interface", start, start, text)

    def _comment_packets(
        self, offset: Positions, captured: npt.NDArray[np.int64], ends: Positions, may: npt.NDArray[np.bool_]
    ) -> None:
        starts = offset + ((captured + 3) & ~3)
        rows = np.flatnonzero(may & (starts + 8 <= ends))
        if not rows.size:
            return
        for row, text in options.packet_comments(self.data, starts[rows], ends[rows], self._order):
            if len(self.comments) < MAX_COMMENTS:
                self.comments.append(Comment(int(offset[rows[row]]), text))

    def _times(self, blocks: Blocks, interface: Positions, simple: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        ticks = (blocks["high"].astype(np.uint64) << np.uint64(32)) | blocks["low"]
        first = int(interface[0])
        if (interface == first).all():
            time_ns = self._clocks[first].nanoseconds(ticks)
        else:
            time_ns = np.zeros(ticks.size, np.int64)
            for number in np.flatnonzero(np.bincount(interface)).tolist():
                of_it = interface == number
                time_ns[of_it] = self._clocks[number].nanoseconds(ticks[of_it])
        if simple.any():  # these have no time: they get that of the packet before them
            timed = np.where(simple, -1, np.arange(simple.size))
            last = np.maximum.accumulate(timed)
            time_ns = np.where(last < 0, np.int64(self._last_ns), time_ns[last])
        self._last_ns = int(time_ns[-1])
        return time_ns

    def _plausible(self, start: int, stop: int) -> Positions:
        positions = np.arange(start, stop, dtype=np.int64)
        blocks = gather(self.data, positions, self._head)
        total = blocks["total"].astype(np.int64)
        fits = np.isin(
            blocks["type"], (_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _NAMES, _STATISTICS, _PACKET, _SECRETS)
        )
        fits &= (total >= _BLOCK_OVERHEAD) & (positions + total <= self.size)
        positions, total = positions[fits], total[fits]
        trailing = gather(self.data, positions + total - 4, self._word)["value"]
        plausible: Positions = positions[trailing == total]
        return plausible

    def _follower(self, position: int) -> int | None:
        if not self._plausible(position, position + 1).size:
            return None
        return position + int(gather(self.data, np.array([position]), self._head)["total"][0])


def _rows(blocks: Blocks, rows: slice | npt.NDArray[Any]) -> Blocks:
    """Some of the blocks."""
    return {name: values[rows] for name, values in blocks.items()}
