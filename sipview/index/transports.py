"""Steps of the transport layer: ports, and where the payload lies."""

import numpy as np

from sipview.capture import Positions
from sipview.index.layers import Flag, Layer, Peel, Protocol, Rows, Step
from sipview.index.overlays import tunnels

_UDP = np.dtype([("source", ">u2"), ("destination", ">u2"), ("length", ">u2"), ("checksum", ">u2")])
_BEGINNING = np.dtype([("word", ">u4")])  # of the payload
_TCP = np.dtype(
    [
        ("source", ">u2"),
        ("destination", ">u2"),
        ("sequence", ">u4"),
        ("acknowledged", ">u4"),
        ("length", "u1"),
        ("flags", "u1"),
        ("window", ">u2"),
        ("checksum", ">u2"),
        ("urgent", ">u2"),
    ]
)
_SCTP = np.dtype([("source", ">u2"), ("destination", ">u2"), ("tag", ">u4"), ("checksum", ">u4")])
_CHUNK = np.dtype([("type", "u1"), ("flags", "u1"), ("length", ">u2")])
_NUMBERS = {Protocol.ICMP: 1, Protocol.TCP: 6, Protocol.UDP: 17, Protocol.ICMPV6: 58, Protocol.SCTP: 132}  # of IANA
_DATA, _DATA_HEADER, _WHOLE_MESSAGE = 0, 16, 3  # SCTP (RFC 9260 3.3.1): type, bytes before the data, flags B and E


def udp(peel: Peel, rows: Rows) -> None:
    """UDP (RFC 768), and on to what may be a tunnel. A length below 8 says nothing (jumbograms, offloading)."""
    rows, at, head = peel.open(rows, _UDP)
    _ports(peel, rows, at, head, Protocol.UDP)
    length, start = head["length"].astype(np.int64), at + _UDP.itemsize
    peel.end[rows] = np.where(length >= _UDP.itemsize, np.minimum(at + length, peel.end[rows]), peel.end[rows])
    peel.carry(rows, start)
    whole, beginning = peel.peek(rows, start, _BEGINNING)
    part = peel.flags[rows] & np.uint16(Flag.FRAGMENT_FIRST) != 0
    layers = tunnels(head["source"], head["destination"], beginning["word"])
    peel.pass_on(rows, np.where(whole & ~part, layers, np.uint8(Layer.NONE)), start)


def tcp(peel: Peel, rows: Rows) -> None:
    """TCP (RFC 9293)."""
    rows, at, head = peel.open(rows, _TCP)
    _ports(peel, rows, at, head, Protocol.TCP)
    start, end = at + (head["length"] >> 4).astype(np.int64) * 4, peel.end[rows]
    good = (start >= at + _TCP.itemsize) & (start <= end)
    peel.carry(rows, np.where(good, start, end))
    peel.layer[rows] = Layer.NONE
    peel.keep(rows, good)


def sctp(peel: Peel, rows: Rows) -> None:
    """SCTP (RFC 9260): the common header."""
    rows, at, head = peel.open(rows, _SCTP)
    _ports(peel, rows, at, head, Protocol.SCTP)
    peel.carry(rows, at + _SCTP.itemsize)
    peel.pass_on(rows, Layer.SCTP_CHUNK, at + _SCTP.itemsize)


def sctp_chunk(peel: Peel, rows: Rows) -> None:
    """One chunk; the first one that holds a whole user message is the packet's payload."""
    rows, at, head = peel.open(rows, _CHUNK)
    length = head["length"].astype(np.int64)
    data = (head["type"] == _DATA) & (head["flags"] & _WHOLE_MESSAGE == _WHOLE_MESSAGE) & (length > _DATA_HEADER)
    peel.carry(rows[data], (at + _DATA_HEADER)[data], (at + length)[data])
    following = at + ((length + 3) & ~3)
    more = ~data & (length >= _CHUNK.itemsize) & (following < peel.end[rows])
    peel.pass_on(rows, np.where(more, np.uint8(Layer.SCTP_CHUNK), np.uint8(Layer.NONE)), following)


def icmp(peel: Peel, rows: Rows) -> None:
    """ICMP (RFC 792); the packet that an error quotes is not opened: it is no packet of this moment."""
    _icmp(peel, rows, Protocol.ICMP)


def icmpv6(peel: Peel, rows: Rows) -> None:
    """ICMPv6 (RFC 4443)."""
    _icmp(peel, rows, Protocol.ICMPV6)


def _icmp(peel: Peel, rows: Rows, protocol: Protocol) -> None:
    first = (peel.flags[rows] & np.uint16(Flag.FRAGMENT_FIRST)) == 0
    peel.protocol[rows[first]] = protocol
    peel.transport[rows] = _NUMBERS[protocol]
    peel.transport_start[rows] = peel.at[rows]
    peel.carry(rows, peel.at[rows])
    peel.layer[rows] = Layer.NONE


def _ports(peel: Peel, rows: Rows, at: Positions, head: np.ndarray[tuple[int], np.dtype[np.void]], protocol: Protocol) -> None:
    peel.protocol[rows] = protocol
    peel.transport[rows] = _NUMBERS[protocol]
    peel.source_port[rows] = head["source"]
    peel.destination_port[rows] = head["destination"]
    peel.transport_start[rows] = at


STEPS: dict[Layer, Step] = {
    Layer.UDP: udp,
    Layer.TCP: tcp,
    Layer.SCTP: sctp,
    Layer.SCTP_CHUNK: sctp_chunk,
    Layer.ICMP: icmp,
    Layer.ICMPV6: icmpv6,
}
