"""Every IP header of packets that have more than one, read again when somebody asks: those around a tunnel, and those that an
ICMP error quotes. The columns hold the innermost one, and of an error its own.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture import RecordBatch
from sipview.index.addresses import AddressBook
from sipview.index.columns import PacketIndex
from sipview.index.layers import Flag, Layer, Peel, Protocol, Rows, Step, lookup
from sipview.index.links import LINK_LAYERS
from sipview.index.steps import STEPS

_AT_ONCE = 1 << 16  # rows
_QUOTED = 8  # bytes of an ICMP error before the packet that it is about
_ERRORS = {Layer.ICMP: (Layer.IPV4, (3, 4, 5, 11, 12)), Layer.ICMPV6: (Layer.IPV6, (1, 2, 3, 4))}
# the numbers of the transports, and how much of their header has to be there: a quotation may end behind the ports
_TRANSPORTS = {Layer.TCP: (6, 4), Layer.UDP: (17, 4), Layer.SCTP: (132, 12)}
_PORTS = np.dtype([("source", ">u2"), ("destination", ">u2")])
_TYPE = np.dtype([("kind", "u1")])
_LINK_LAYERS = lookup(1 << 16, LINK_LAYERS)


class Headers(NamedTuple):
    """Headers in the order of their rows: ``rows``, and for each one a number and its two ends.

    Of IP headers the number is nothing and the ends are positions in ``texts``; of transport headers it is that of the
    protocol, the ends are ports, and there are no ``texts``.
    """

    rows: Rows
    number: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    destination: npt.NDArray[np.int64]
    texts: list[str]


def all_headers(index: PacketIndex, count: int) -> tuple[Headers, Headers]:
    """The IP headers, and the transport headers, of those rows below ``count`` that may have more than one."""
    several = (index.flags[:count] & np.uint16(Flag.TUNNEL | Flag.HEP)) != 0
    protocol = index.protocol[:count]
    several |= (protocol == Protocol.ICMP) | (protocol == Protocol.ICMPV6)
    chosen, reader = np.flatnonzero(several), _Reader()
    numbers = index.interface[chosen]
    for number in np.unique(numbers).tolist():
        of_interface = chosen[numbers == number]
        for start in range(0, of_interface.size, _AT_ONCE):
            reader.read(index, number, of_interface[start : start + _AT_ONCE])
    return _sorted(reader.networks, reader.book.texts), _sorted(reader.transports, [])


class _Reader:
    """Notes the headers that are met while layers are taken off once more."""

    def __init__(self) -> None:
        self.book = AddressBook()
        self.networks: list[tuple[npt.NDArray[np.int64], ...]] = []
        self.transports: list[tuple[npt.NDArray[np.int64], ...]] = []
        self._rows: Rows = np.empty(0, np.int64)
        self._steps: dict[Layer, Step] = {
            **STEPS,
            **{layer: self._network(layer) for layer in (Layer.IPV4, Layer.IPV6)},
            **{layer: self._transport(layer) for layer in _TRANSPORTS},
            **{layer: self._error(layer) for layer in _ERRORS},
        }

    def read(self, index: PacketIndex, interface: int, rows: Rows) -> None:
        file, described = index.interfaces[interface]
        self._rows = rows
        batch = RecordBatch(
            index.offset[rows], index.time_ns[rows], index.captured[rows], index.length[rows],
            np.zeros(rows.size, np.uint16), 0,
        )  # fmt: skip
        layers = np.full(rows.size, _LINK_LAYERS[described.link_type], np.uint8)
        Peel(file.data, batch, layers, self.book).run(self._steps)

    def _network(self, layer: Layer) -> Step:
        def step(peel: Peel, rows: Rows) -> None:
            STEPS[layer](peel, rows)
            rows = rows[(peel.flags[rows] & np.uint16(Flag.CUT)) == 0]
            ends = (peel.source[rows].astype(np.int64), peel.destination[rows].astype(np.int64))
            self.networks.append((self._rows[rows], np.zeros(rows.size, np.int64), *ends))

        return step

    def _transport(self, layer: Layer) -> Step:
        number, least = _TRANSPORTS[layer]

        def step(peel: Peel, rows: Rows) -> None:
            _, ports = peel.peek(rows, peel.at[rows], _PORTS)
            whole = peel.at[rows] + least <= peel.end[rows]
            ends = (ports[end][whole].astype(np.int64) for end in ("source", "destination"))
            self.transports.append((self._rows[rows[whole]], np.full(np.count_nonzero(whole), number, np.int64), *ends))
            STEPS[layer](peel, rows)

        return step

    def _error(self, layer: Layer) -> Step:
        quoted, kinds = _ERRORS[layer]

        def step(peel: Peel, rows: Rows) -> None:
            at = peel.at[rows]
            whole, head = peel.peek(rows, at, _TYPE)
            STEPS[layer](peel, rows)
            errors = whole & np.isin(head["kind"], kinds)
            peel.pass_on(rows[errors], quoted, at[errors] + _QUOTED)

        return step


def _sorted(found: list[tuple[npt.NDArray[np.int64], ...]], texts: list[str]) -> Headers:
    nothing = np.empty(0, np.int64)
    rows, number, source, destination = (np.concatenate(parts) for parts in zip((nothing,) * 4, *found, strict=True))
    order = np.argsort(rows, kind="stable")
    return Headers(rows[order], number[order], source[order], destination[order], texts)
