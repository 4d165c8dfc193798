"""Taking the layers off many packets at once.

A batch of packets goes through passes. In each pass every packet has a current `Layer` and the offset where that begins; the
packets that stand at the same kind of layer go together through that layer's *step*, one function that reads all their
headers at once, writes what it learned into the rows of the `Peel`, and hands each packet on to its next layer or leaves it. So
a capture of plain UDP takes three passes, and one of tunnels a few more, each over just the packets that need it.

A new encapsulation is a `Layer`, a step, and a line where an outer layer names its inner ones (`EtherType`, IP protocol,
UDP port).
"""

from collections.abc import Callable, Mapping
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture import Bytes, Positions, RecordBatch, gather
from sipview.capture.gather import pick
from sipview.index.addresses import AddressBook

Rows = npt.NDArray[np.int64]
Layers = npt.NDArray[np.uint8]
_MOST_LAYERS = 64
_ROWS = 1 << 13  # that go through the passes together: what is made of them on the way stays in the processor's cache


class Layer(IntEnum):
    """What the bytes at a packet's current offset are. ``NONE``: this packet is done."""

    NONE = 0
    ETHERNET = 1
    VLAN = 2
    LLC = 3
    LINUX_SLL = 4
    LINUX_SLL2 = 5
    LOOPBACK = 6
    RAW_IP = 7
    ARP = 8
    IPV4 = 9
    IPV6 = 10
    IPV6_OPTIONS = 11
    IPV6_FRAGMENT = 12
    AUTHENTICATION = 13
    UDP = 14
    TCP = 15
    SCTP = 16
    SCTP_CHUNK = 17
    ICMP = 18
    ICMPV6 = 19
    PPP = 20
    PPPOE = 21
    CISCO_HDLC = 22
    MPLS = 23
    BACKBONE_TAG = 24
    VN_TAG = 25
    WIRELESS = 26
    RADIOTAP = 27
    PRISM = 28
    AVS = 29
    PPI = 30
    ENC = 31
    PFLOG = 32
    IPNET = 33
    GRE = 34
    ERSPAN = 35
    ERSPAN_1 = 36
    ETHER_IP = 37
    L2TP_3 = 38
    NSH = 39
    ESP = 40
    UDP_ESP = 41
    VXLAN = 42
    VXLAN_GPE = 43
    GENEVE = 44
    GTP_U = 45
    L2TP = 46
    TEREDO = 47
    TZSP = 48
    HEP = 49
    HEP_3 = 50
    UDP_SCTP = 51
    NFLOG = 52
    PPP_DIRECTION = 53
    CISCO_DIRECTION = 54
    EXPORTED = 55


class Protocol(IntEnum):
    """What a packet is, as far as the index can tell without state; ``label`` is what the packet list shows."""

    OTHER = 0
    ARP = 1
    IPV4 = 2
    IPV6 = 3
    ICMP = 4
    ICMPV6 = 5
    UDP = 6
    TCP = 7
    SCTP = 8
    SIP = 9
    RTP = 10
    RTCP = 11
    STUN = 12
    DNS = 13
    DHCP = 14
    TLS = 15
    FRAGMENT = 16
    T38 = 17

    @property
    def label(self) -> str:
        """The name in a packet list."""
        return _LABELS[self]


_LABELS = {protocol: protocol.name for protocol in Protocol} | {
    Protocol.OTHER: "Other", Protocol.IPV4: "IPv4", Protocol.IPV6: "IPv6", Protocol.ICMPV6: "ICMPv6",
    Protocol.FRAGMENT: "IP fragment", Protocol.T38: "T.38",
}  # fmt: skip


class Flag(IntFlag):
    """What else is to be known of a packet.

    ``TRUNCATED``: fewer bytes were captured than were on the wire. ``CUT``: a header goes on behind the captured bytes, or
    claims a length that cannot be. ``FRAGMENT_FIRST``, ``FRAGMENT_LATER``: a part of an IP packet. ``HEP``: a capture agent's
    copy of a message, or one that Wireshark exported. The endpoints and the transport are those that are told with it; a
    transport header is not there.
    ``TUNNEL``: there are more IP headers, or a header of UDP, around the one that was read last.
    """

    TRUNCATED = 1
    CUT = 2
    VLAN = 4
    FRAGMENT_FIRST = 8
    FRAGMENT_LATER = 16
    HEP = 32
    TUNNEL = 64


_LEARNED = (
    "protocol", "flags", "source", "destination", "source_port", "destination_port", "transport", "transport_start",
    "payload_start", "payload_length",
)  # fmt: skip


class FragmentRows(NamedTuple):
    """Parts of IP packets among the rows of a `Peel`, and frames that lie behind another in one row; one element each.

    ``offset`` is that of the part in its packet, in bytes; ``layer`` what the whole packet's payload is; ``start`` and
    ``end`` are where the part lies in the frame.
    """

    rows: Rows
    identification: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    more: npt.NDArray[np.bool_]
    layer: Layers
    start: Positions
    end: Positions


class Peel:
    """Packets of one file while their layers are taken off; one element a packet in each array.

    ``start`` is where a frame lies in ``data``. The other offsets count from there: ``at``, of the current ``layer``; ``end``,
    behind the last byte that counts (of the captured ones, and of those that the layers above claim). The rest is what
    `PacketIndex` keeps.
    """

    def __init__(self, data: Bytes, batch: RecordBatch, layer: Layers, addresses: AddressBook) -> None:
        count = batch.offset.size
        self.data = data
        self.addresses = addresses
        self.start: Positions = batch.offset
        self.words = batch.words
        self.layer = layer
        self.at = np.zeros(count, np.int64)
        self.end = batch.captured.astype(np.int64)
        self.protocol = np.zeros(count, np.uint8)
        self.flags = (batch.captured < batch.length) * np.uint16(Flag.TRUNCATED)
        self.source = np.zeros(count, np.uint32)
        self.destination = np.zeros(count, np.uint32)
        self.source_port = np.zeros(count, np.uint16)
        self.destination_port = np.zeros(count, np.uint16)
        self.transport = np.zeros(count, np.uint8)
        self.transport_start = np.zeros(count, np.uint32)
        self.payload_start = np.zeros(count, np.uint32)
        self.payload_length = np.zeros(count, np.uint32)
        self.fragments: list[FragmentRows] = []

    def run(self, steps: Mapping[Layer, "Step"]) -> None:
        """Take off all layers that ``steps`` know. Packets with more layers than anybody needs stay where they are."""
        rows = np.flatnonzero(self.layer)
        for begin in range(0, rows.size, _ROWS):
            self._run(rows[begin : begin + _ROWS], steps)

    def _run(self, rows: Rows, steps: Mapping[Layer, "Step"]) -> None:
        for _ in range(_MOST_LAYERS):
            layers = self.layer[rows]
            present = np.flatnonzero(np.bincount(layers, minlength=1))
            for layer in present.tolist():
                steps[Layer(layer)](self, rows if present.size == 1 else rows[layers == layer])
            rows = rows[self.layer[rows] != Layer.NONE]
            if not rows.size:
                return
        self.layer[rows] = Layer.NONE

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, by the names of the columns of `PacketIndex`."""
        return {name: getattr(self, name) for name in _LEARNED}

    def open(self, rows: Rows, header: np.dtype[Any]) -> tuple[Rows, Positions, npt.NDArray[Any]]:
        """The rows whose ``header`` is wholly there, its offsets, and the headers; the others are done, flagged ``CUT``."""
        at = self.at[rows]
        whole = at + header.itemsize <= self.end[rows]
        if not whole.all():
            self.cut(rows[~whole])
            rows, at = rows[whole], at[whole]
        return rows, at, gather(self.data, self.start[rows] + at, header)

    def peek(self, rows: Rows, at: Positions, header: np.dtype[Any]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[Any]]:
        """Whether a ``header`` is wholly there at ``at``, and what stands there, to be used only where it is."""
        return at + header.itemsize <= self.end[rows], gather(self.data, self.start[rows] + at, header)

    def cut(self, rows: Rows) -> None:
        """These rows have a header that cannot be read."""
        self.flags[rows] |= np.uint16(Flag.CUT)
        self.layer[rows] = Layer.NONE

    def keep(self, rows: Rows, good: npt.NDArray[np.bool_], *arrays: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        """``rows`` and ``arrays`` where ``good``; the other rows are cut."""
        if good.all():
            return rows, *arrays
        self.cut(rows[~good])
        where = np.flatnonzero(good)
        return rows[where], *(pick(array, where) for array in arrays)

    def pass_on(self, rows: Rows, layer: Layers | Layer, at: Positions) -> None:
        """The next layer of ``rows`` and where it begins."""
        self.layer[rows] = layer
        self.at[rows] = at

    def carry(self, rows: Rows, start: Positions, end: Positions | None = None) -> None:
        """The payload of ``rows`` begins at ``start``, and ends where the packet does or before that at ``end``."""
        stop = self.end[rows] if end is None else np.minimum(self.end[rows], end)
        self.payload_start[rows] = np.minimum(start, self.end[rows])
        self.payload_length[rows] = np.maximum(stop - start, 0)


Step = Callable[[Peel, Rows], None]


def lookup(size: int, layers: Mapping[int, Layer]) -> Layers:
    """A table that answers for whole arrays of numbers which layer they name."""
    table = np.zeros(size, np.uint8)
    for number, layer in layers.items():
        table[number] = layer
    return table
