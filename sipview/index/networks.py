"""Steps of the network layer: IPv4, IPv6 and the extension headers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.capture import Positions
from sipview.index.layers import Flag, FragmentRows, Layer, Layers, Peel, Protocol, Rows, Step, lookup

_TRANSPORTS = {1: Layer.ICMP, 6: Layer.TCP, 17: Layer.UDP, 58: Layer.ICMPV6, 132: Layer.SCTP, 51: Layer.AUTHENTICATION}
_TUNNELS = {
    4: Layer.IPV4,
    41: Layer.IPV6,
    47: Layer.GRE,
    50: Layer.ESP,
    97: Layer.ETHER_IP,
    115: Layer.L2TP_3,
    137: Layer.MPLS,
    143: Layer.ETHERNET,
}
IPV4_PROTOCOLS = lookup(256, {**_TRANSPORTS, **_TUNNELS})
IPV6_PROTOCOLS = lookup(
    256,
    {
        **_TRANSPORTS,
        **_TUNNELS,
        **dict.fromkeys((0, 43, 60, 135, 139, 140), Layer.IPV6_OPTIONS),  # all begin alike (RFC 6564)
        44: Layer.IPV6_FRAGMENT,
    },
)
_OPENED_IN_PARTS = np.zeros(256, np.bool_)  # layers that are read of a first fragment: a tunnel's packet waits for the rest
_OPENED_IN_PARTS[[*_TRANSPORTS.values(), Layer.IPV6_OPTIONS]] = True

_IPV4 = np.dtype(
    [
        ("version_length", "u1"),
        ("service", "u1"),
        ("total", ">u2"),
        ("identification", ">u2"),
        ("fragment", ">u2"),
        ("time_to_live", "u1"),
        ("protocol", "u1"),
        ("checksum", ">u2"),
        ("source", ">u4"),
        ("destination", ">u4"),
    ]
)
_IPV6 = np.dtype(
    [
        ("version", "u1"),
        ("flow", "V3"),
        ("length", ">u2"),
        ("next", "u1"),
        ("hop_limit", "u1"),
        ("source_high", ">u8"),
        ("source_low", ">u8"),
        ("destination_high", ">u8"),
        ("destination_low", ">u8"),
    ]
)
_EXTENSION = np.dtype([("next", "u1"), ("length", "u1"), ("rest", "V6")])
_FRAGMENT = np.dtype([("next", "u1"), ("reserved", "u1"), ("offset", ">u2"), ("identification", ">u4")])


def ipv4(peel: Peel, rows: Rows) -> None:
    """IPv4 (RFC 791), with options. A total length of 0 is that of a packet which the network card was to cut up."""
    rows, at, head = peel.open(rows, _IPV4)
    header = (head["version_length"] & 15).astype(np.int64) * 4
    good = (head["version_length"] >> 4 == 4) & (header >= 20) & (at + header <= peel.end[rows])
    rows, at, head, header = peel.keep(rows, good, at, head, header)
    _tunnelled(peel, rows)
    ends = peel.addresses.ipv4(np.concatenate((head["source"], head["destination"])))
    peel.source[rows], peel.destination[rows] = ends[: rows.size], ends[rows.size :]
    total = head["total"].astype(np.int64)
    _limit(peel, rows, at + total, total >= header)
    _network(peel, rows, Protocol.IPV4, at + header)
    _hand_over(peel, rows, IPV4_PROTOCOLS[head["protocol"]], at + header, head["fragment"] & 0x3FFF, head["identification"])


def ipv6(peel: Peel, rows: Rows) -> None:
    """IPv6 (RFC 8200). A payload length of 0 is that of a jumbogram, or of a packet which the network card was to cut up."""
    rows, at, head = peel.open(rows, _IPV6)
    rows, at, head = peel.keep(rows, head["version"] >> 4 == 6, at, head)
    count = rows.size
    _tunnelled(peel, rows)
    ends = peel.addresses.ipv6(
        np.concatenate((head["source_high"], head["destination_high"])),
        np.concatenate((head["source_low"], head["destination_low"])),
    )
    peel.source[rows], peel.destination[rows] = ends[:count], ends[count:]
    start, length = at + _IPV6.itemsize, head["length"].astype(np.int64)
    _limit(peel, rows, start + length, length > 0)
    _network(peel, rows, Protocol.IPV6, start)
    peel.pass_on(rows, IPV6_PROTOCOLS[head["next"]], start)


def ipv6_options(peel: Peel, rows: Rows) -> None:
    """Extension headers that count their length in units of 8 bytes, without the first 8."""
    rows, at, head = peel.open(rows, _EXTENSION)
    _extension(peel, rows, head["next"], at + (head["length"].astype(np.int64) + 1) * 8)


def authentication(peel: Peel, rows: Rows) -> None:
    """The Authentication Header (RFC 4302), which counts in units of 4 bytes, without the first two."""
    rows, at, head = peel.open(rows, _EXTENSION)
    _extension(peel, rows, head["next"], at + (head["length"].astype(np.int64) + 2) * 4)


def ipv6_fragment(peel: Peel, rows: Rows) -> None:
    """The Fragment header; the offset stands 3 bits higher than in IPv4, and one of 0 without more is a whole packet."""
    rows, at, head = peel.open(rows, _FRAGMENT)
    start = at + _FRAGMENT.itemsize
    offset = head["offset"]
    peel.carry(rows, start)
    fragment = (offset >> 3) | ((offset & 1) << 13)
    _hand_over(peel, rows, IPV6_PROTOCOLS[head["next"]], start, fragment, head["identification"])


def _tunnelled(peel: Peel, rows: Rows) -> None:
    """Mark the rows of which an IP header was read before."""
    again = peel.source[rows] != 0
    if again.any():
        peel.flags[rows[again]] |= np.uint16(Flag.TUNNEL)


def _limit(peel: Peel, rows: Rows, end: Positions, known: npt.NDArray[np.bool_]) -> None:
    """What lies behind the network layer's own end is padding of the link layer."""
    peel.end[rows] = np.where(known, np.minimum(peel.end[rows], end), peel.end[rows])


def _network(peel: Peel, rows: Rows, protocol: Protocol, start: Positions) -> None:
    peel.protocol[rows] = protocol
    peel.source_port[rows] = 0
    peel.destination_port[rows] = 0
    peel.transport[rows] = 0
    peel.transport_start[rows] = 0
    peel.carry(rows, start)


def _extension(peel: Peel, rows: Rows, following: npt.NDArray[np.uint8], start: Positions) -> None:
    layers = IPV6_PROTOCOLS[following]
    part = (peel.flags[rows] & np.uint16(Flag.FRAGMENT_FIRST)) != 0
    peel.carry(rows, start)
    peel.pass_on(rows, np.where(part & ~_OPENED_IN_PARTS[layers], np.uint8(Layer.NONE), layers), start)


def _hand_over(
    peel: Peel,
    rows: Rows,
    layer: Layers,
    start: Positions,
    fragment: npt.NDArray[np.integer[Any]],
    identification: npt.NDArray[np.integer[Any]],
) -> None:
    """Go on to the transport. Of a fragmented packet (``fragment``: offset, and 0x2000 for "more") only the first part can."""
    if fragment.any():
        later = (fragment & 0x1FFF) != 0
        parts = fragment != 0
        peel.protocol[rows[parts]] = Protocol.FRAGMENT
        peel.flags[rows[parts]] |= np.where(later[parts], np.uint16(Flag.FRAGMENT_LATER), np.uint16(Flag.FRAGMENT_FIRST))
        peel.fragments.append(FragmentRows(
            rows[parts], identification[parts].astype(np.int64), (fragment[parts] & 0x1FFF).astype(np.int64) * 8,
            (fragment[parts] & 0x2000) != 0, layer[parts], start[parts], peel.end[rows[parts]],
        ))  # fmt: skip
        layer = np.where(later | (parts & ~_OPENED_IN_PARTS[layer]), np.uint8(Layer.NONE), layer)
    peel.pass_on(rows, layer, start)


STEPS: dict[Layer, Step] = {
    Layer.IPV4: ipv4,
    Layer.IPV6: ipv6,
    Layer.IPV6_OPTIONS: ipv6_options,
    Layer.IPV6_FRAGMENT: ipv6_fragment,
    Layer.AUTHENTICATION: authentication,
}
