"""The packet list: a block of packets at a time, because there may be millions of them."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sipview.calls import Observed
from sipview.cli.table import GAP, Column, pipe_blocks, print_list
from sipview.index import PacketIndex
from sipview.index.texts import LATER, Choice, beside, decimal, decimal_seconds, lengths, right_aligned, written
from sipview.session.call_object import json_line
from sipview.session.packet_block import PacketBlock, packet_block
from sipview.session.packets import packet_line
from sipview.values import epoch_text, visible

if TYPE_CHECKING:
    from sipview.filter import BooleanArray

Rows = npt.NDArray[np.int64]

_COLUMNS = (
    Column("No.", right=True), Column("Time", right=True), Column("Source", least=15), Column("Destination", least=15),
    Column("Protocol"), Column("Length", right=True, spare=1), Column("Info", least=24),
)  # fmt: skip
_BLOCK = 10_000
_TIME_DIGITS = 6
_GAP = GAP.encode()


@dataclass(frozen=True, slots=True)
class Packets:
    """What the lines are made of: the packets that are read, and the messages by row as `session.packet_line` takes them."""

    index: PacketIndex
    messages: Mapping[int, Observed]
    quoted: Mapping[int, Observed]

    def rows(self, mask: "BooleanArray | None") -> Rows:
        """The rows that a filter lets through; all where there is none."""
        return np.arange(self.index.count) if mask is None else np.flatnonzero(mask)

    def block(self, rows: Rows) -> PacketBlock:
        """The texts of some rows."""
        return packet_block(self.index, rows, self.messages, self.quoted)


def print_packets(packets: Packets, rows: Rows) -> None:
    """Print the lines of these rows for people, in bounded memory."""
    empty = "No packets to show."
    if sys.stdout.isatty():
        last = next(_texts(packets, rows[-1:]), None)
        print_list(_COLUMNS, chain.from_iterable(_texts(packets, some) for some in _blocks(rows)), empty, last)
    else:
        pipe_blocks(_COLUMNS, (_Lines(packets, some) for some in _blocks(rows)), empty, _Lines(packets, rows[-1:]))


def print_packets_as_json(packets: Packets, rows: Rows) -> None:
    """Print these rows as JSON Lines, in bounded memory."""
    sys.stdout.flush()
    for some in _blocks(rows):
        sys.stdout.buffer.write(json_lines(packets, some))
        sys.stdout.buffer.flush()


def _blocks(rows: Rows) -> Iterator[Rows]:
    return (rows[begin : begin + _BLOCK] for begin in range(0, rows.size, _BLOCK))


def _texts(packets: Packets, rows: Rows) -> Iterator[tuple[str, ...]]:
    index = packets.index
    times_ns = index.time_ns
    first_ns = int(times_ns[0])
    for row in rows.tolist():
        source, destination, protocol, length, info = packet_line(index, row, packets.messages, packets.quoted)
        time = epoch_text(int(times_ns[row]) - first_ns, _TIME_DIGITS)
        yield str(row + 1), time, source, destination, protocol, str(length), info


class _Lines:
    """The lines of some rows, for a pipe."""

    def __init__(self, packets: Packets, rows: Rows) -> None:
        index = packets.index
        self._block = block = packets.block(rows)
        self._number = decimal(_frames(rows))
        self._time = decimal_seconds(index.time_ns[rows], int(index.time_ns[0]) if rows.size else 0, _TIME_DIGITS)
        self._source = Choice(block.sources, index.addresses.__getitem__)
        self._destination = Choice(block.destinations, index.addresses.__getitem__)
        self._protocol = Choice(block.protocols, str)
        self._length = decimal(block.lengths)

    @property
    def widths(self) -> list[int]:
        number, time, length = (
            int(lengths(texts).max(initial=0)) for texts in (self._number, self._time, self._length)
        )  # fmt: skip
        return [number, time, self._source.width, self._destination.width, self._protocol.width, length]

    def lines(self, widths: list[int]) -> bytes:
        number, time, source, destination, protocol, length = widths
        block = self._block
        gap = np.where(block.info[:, :1] == LATER, np.uint8(0), np.frombuffer(_GAP, np.uint8))
        lines = beside(
            block.rows.size,
            right_aligned(self._number, number), _GAP, right_aligned(self._time, time), _GAP,
            self._source.texts(source, b" "), _GAP, self._destination.texts(destination, b" "), _GAP,
            self._protocol.texts(protocol, b" "), _GAP, right_aligned(self._length, length), gap, block.info, b"\n",
        )  # fmt: skip
        return written(lines, (f"{GAP}{visible(word)}".rstrip().encode() for word in block.words))


def json_lines(packets: Packets, rows: Rows) -> bytes:
    """The lines of some rows in JSON, with the keys of the command line's contract."""
    index, block = packets.index, packets.block(rows)
    digits = np.array([interface.time_digits for _, interface in index.interfaces])
    lines = beside(
        rows.size,
        b'{"frame":', decimal(_frames(rows)),
        b',"time":"', decimal_seconds(index.time_ns[rows], 0, digits[index.interface[rows]]),
        b'","source":', Choice(block.sources, lambda number: _json(index.addresses[number])).texts(),
        b',"destination":', Choice(block.destinations, lambda number: _json(index.addresses[number])).texts(),
        b',"protocol":', Choice(block.protocols, _json).texts(),
        b',"length":', decimal(block.lengths),
        b',"info":"', block.info, b'"}\n',
    )  # fmt: skip
    return written(lines, (json_line(word)[1:-2] for word in block.words))


def _json(text: str) -> str:
    return json_line(text)[:-1].decode()


def _frames(rows: Rows) -> npt.NDArray[np.uint64]:
    return rows.astype(np.uint64) + np.uint64(1)
