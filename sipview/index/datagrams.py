"""IP datagrams that were put together out of fragments: what is in them, and which packets brought them.

The columns have a row for each fragment, and only that of a first one has ports; where a tunnel's packet came in fragments not
even that. Whoever wants all packets of a conversation asks here for the whole datagrams; nothing of them is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture import RecordBatch
from sipview.index.addresses import AddressBook
from sipview.index.columns import PacketIndex
from sipview.index.content import classify
from sipview.index.layers import Flag, Layer, Peel, Step, lookup
from sipview.index.links import LINK_LAYERS
from sipview.index.steps import STEPS
from sipview.streams.fragments import Datagram, Fragments
from sipview.values import CancelToken

MOST_NESTED = 4
"""Fragments of a packet that comes in fragments of a tunnel, and so on."""

_LINK_LAYERS = lookup(1 << 16, LINK_LAYERS)
_ROWS_AT_ONCE = 4096


class Whole(NamedTuple):
    """A datagram that was put together: what its payload is, and its ends (positions in ``PacketIndex.addresses``)."""

    datagram: Datagram
    layer: int
    source: int
    destination: int


class Carried(NamedTuple):
    """What a datagram carries: all ``rows`` that brought it, its ends as in `PacketIndex`, transport and `Protocol`.

    Of one that lacks a fragment only the rows are known; the rest is 0.
    """

    rows: tuple[int, ...]
    source: int = 0
    source_port: int = 0
    destination: int = 0
    destination_port: int = 0
    transport: int = 0
    protocol: int = 0


class _Piece(NamedTuple):
    """A fragment, and which packet it came in."""

    brought_by: int
    key: tuple[int, int, int, int]
    offset: int
    more: bool
    data: bytes


def opened(wholes: Sequence[Whole], addresses: AddressBook, steps: Mapping[Layer, Step] = STEPS) -> Peel:
    """The layers taken off datagrams that were put together, beginning with their transport; a row for each."""
    sizes = np.array([len(whole.datagram.data) for whole in wholes], np.int64)
    data = np.frombuffer(b"".join(whole.datagram.data for whole in wholes), np.uint8)
    batch = RecordBatch(
        offset=np.cumsum(sizes) - sizes,
        time_ns=np.zeros(sizes.size, np.int64),
        captured=sizes.astype(np.uint32),
        length=sizes.astype(np.uint32),
        interface=np.zeros(sizes.size, np.uint16),
        bytes_read=0,
    )
    peel = Peel(data, batch, np.array([whole.layer for whole in wholes], np.uint8), addresses)
    peel.source[:] = [whole.source for whole in wholes]
    peel.destination[:] = [whole.destination for whole in wholes]
    peel.run(steps)
    classify(peel)
    return peel


def carried(index: PacketIndex, count: int, cancel: CancelToken) -> Iterator[Carried]:
    """What came in fragments among the first ``count`` rows. Of a tunnel also what is in it, with the rows of the tunnel.

    Raises `values.Cancelled`.
    """
    parts = np.uint16(Flag.FRAGMENT_FIRST | Flag.FRAGMENT_LATER)
    rows = np.flatnonzero((index.flags[:count] & parts) != 0)
    together = _Together(index)
    for begin in range(0, rows.size, _ROWS_AT_ONCE):
        cancel.check()
        yield from together.take(_pieces_of_rows(index, rows[begin : begin + _ROWS_AT_ONCE]))
    if rows.size:
        yield from together.finish()


class _Together:
    """Puts datagrams together. ``brought_by`` of a piece is a row, or below 0 an outer datagram whose rows are known."""

    def __init__(self, index: PacketIndex) -> None:
        self._index = index
        self._fragments = Fragments()
        self._outer: list[tuple[int, ...]] = []  # the rows of datagrams with fragments in them

    def take(self, pieces: Sequence[_Piece], deeper: int = MOST_NESTED) -> Iterator[Carried]:
        """What is whole with these pieces, or has been given up."""
        wholes = []
        time_ns = self._index.time_ns
        for piece in pieces:
            captured = self._rows((piece.brought_by,))[-1]
            datagram = self._fragments.push(
                piece.key, piece.offset, piece.data, piece.brought_by, time_ns=int(time_ns[captured]), more=piece.more
            )
            if datagram is not None:
                source, destination, layer, _ = piece.key
                wholes.append(Whole(datagram, layer, source, destination))
        yield from self._given_up()
        if not wholes:
            return
        peel = opened(wholes, self._index.address_book)
        for at, whole in enumerate(wholes):
            yield Carried(
                self._rows(whole.datagram.rows), int(peel.source[at]), int(peel.source_port[at]), int(peel.destination[at]),
                int(peel.destination_port[at]), int(peel.transport[at]), int(peel.protocol[at]),
            )  # fmt: skip
        nested = _pieces_in(peel)
        if nested and deeper:
            outer = {at: -1 - len(self._outer) - number for number, at in enumerate(sorted({at for at, *_ in nested}))}
            self._outer += [self._rows(wholes[at].datagram.rows) for at in outer]
            yield from self.take([piece._replace(brought_by=outer[piece.brought_by]) for piece in nested], deeper - 1)

    def finish(self) -> Iterator[Carried]:
        """No more pieces come."""
        self._fragments.finish()
        yield from self._given_up()

    def _given_up(self) -> Iterator[Carried]:
        lost = self._fragments.lost[:]
        self._fragments.lost.clear()
        yield from (Carried(self._rows(one.rows)) for one in lost)

    def _rows(self, brought_by: Sequence[int]) -> tuple[int, ...]:
        found = (self._outer[-1 - one] if one < 0 else (one,) for one in brought_by)
        return tuple(dict.fromkeys(row for rows in found for row in rows))


def _pieces_of_rows(index: PacketIndex, rows: npt.NDArray[np.int64]) -> list[_Piece]:
    """The fragments that these rows are, in their order."""
    found: list[_Piece] = []
    numbers = index.interface[rows]
    links = np.array([interface.link_type for _, interface in index.interfaces], np.uint16)
    for file in index.files:
        of_file = rows[np.isin(numbers, [number for number, (other, _) in enumerate(index.interfaces) if other is file])]
        batch = RecordBatch(
            index.offset[of_file], index.time_ns[of_file], index.captured[of_file], index.length[of_file],
            index.interface[of_file], 0,
        )  # fmt: skip
        peel = Peel(file.data, batch, _LINK_LAYERS[links[batch.interface]], index.address_book)
        peel.run(STEPS)
        found += [piece._replace(brought_by=int(of_file[piece.brought_by])) for piece in _pieces_in(peel)]
    return sorted(found, key=lambda piece: piece.brought_by)


def _pieces_in(peel: Peel) -> list[_Piece]:
    """The fragments that were found while layers were taken off, each with its row of ``peel``."""
    return [
        _Piece(
            row, (int(peel.source[row]), int(peel.destination[row]), layer, identification), offset, more,
            peel.data[peel.start[row] + start : peel.start[row] + end].tobytes(),
        )
        for parts in peel.fragments
        for row, identification, offset, more, layer, start, end in zip(*(part.tolist() for part in parts), strict=True)
    ]  # fmt: skip
