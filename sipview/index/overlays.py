"""Steps of the tunnels in UDP datagrams, found by their ports.

A port is only a hint: each step looks whether the bytes are such a tunnel with a packet in it. Where they are not, the
datagram stays what it is without the tunnel.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.index.believable import believable, offer
from sipview.index.layers import Flag, Layer, Layers, Peel, Rows, Step, lookup
from sipview.index.links import ETHERTYPES
from sipview.index.serial_links import behind_ppp

TUNNEL_PORTS = lookup(
    1 << 16,
    {
        1701: Layer.L2TP,
        2152: Layer.GTP_U,
        3544: Layer.TEREDO,
        4500: Layer.UDP_ESP,
        4754: Layer.GRE,
        4789: Layer.VXLAN,
        4790: Layer.VXLAN_GPE,
        6081: Layer.GENEVE,
        6635: Layer.MPLS,
        8472: Layer.VXLAN,  # of Linux before there was a number
        9060: Layer.HEP,
        9061: Layer.HEP,
        9899: Layer.UDP_SCTP,
        37008: Layer.TZSP,
    },
)
# payloads that tell what they are by their first four bytes, on any port
_HEP_3, _VXLAN_FLAGS = int.from_bytes(b"HEP3", "big"), 0x08000000
# the versions of HEP before that, with the length of their header, the address family and the transport
_HEP_1_2 = np.array(
    [
        int.from_bytes((version, length, family, transport), "big")
        for version, lengths in ((1, (16, 40)), (2, (26, 28, 50, 52)))
        for length in lengths
        for family in ((2,) if length < 40 else (10, 24, 28, 30))
        for transport in (6, 17, 132)
    ],
    np.uint32,
)
_BEHIND_HEP_2 = 0x03000000
_TUNNELLED_PACKET = 255  # GTP-U's G-PDU
_MOST_EXTENSIONS, _MOST_TAGS = 8, 16
_VXLAN_PROTOCOLS = lookup(256, {1: Layer.IPV4, 2: Layer.IPV6, 3: Layer.ETHERNET})
_TZSP_PROTOCOLS = lookup(1 << 16, {1: Layer.ETHERNET})
_WIRELESS_IN_TZSP = 18
_L2TP_OPTIONAL = ((0x4000, 2), (0x0800, 4))  # bits for the length and for the sequence numbers, and their bytes
_L2TP_OFFSET, _L2TP_FIXED, _L2TP_DATA = 0x0200, 0xB4FF, 0x0002
_AUTHENTICATION, _ORIGIN = 1, 0  # what may precede the packet in Teredo (RFC 4380 5.1.1)
_IPV6_SIZE = 40
_SCTP_HEADER, _MOST_CHUNKS = 12, 64
_SCTP_CHUNKS = np.zeros(256, np.bool_)  # the types that there are (the registry that RFC 9260 15.1 set up)
_SCTP_CHUNKS[[*range(16), 64, 128, 130, 132, 192, 193, 194]] = True

_VXLAN = np.dtype([("flags", "u1"), ("group", "V2"), ("next", "u1"), ("network", "V3"), ("reserved", "u1")])
_GENEVE = np.dtype([("options", "u1"), ("flags", "u1"), ("type", ">u2"), ("network", "V3"), ("reserved", "u1")])
_GTP = np.dtype([("flags", "u1"), ("kind", "u1"), ("length", ">u2"), ("tunnel", ">u4")])
_GTP_OPTIONAL = np.dtype([("sequence", ">u2"), ("number", "u1"), ("next", "u1")])
_BYTE = np.dtype([("value", "u1")])
_L2TP = np.dtype([("flags", ">u2")])
_SHORT = np.dtype([("value", ">u2")])
_TEREDO = np.dtype([("kind", ">u2"), ("name", "u1"), ("secret", "u1")])
_IPV6_LENGTH = np.dtype([("version", ">u4"), ("length", ">u2")])
_TZSP = np.dtype([("version", "u1"), ("kind", "u1"), ("protocol", ">u2")])
_TAG = np.dtype([("kind", "u1"), ("length", "u1")])
_CHUNK = np.dtype([("kind", "u1"), ("flags", "u1"), ("length", ">u2")])


def tunnels(
    source: npt.NDArray[np.unsignedinteger[Any]],
    destination: npt.NDArray[np.unsignedinteger[Any]],
    beginning: npt.NDArray[np.unsignedinteger[Any]],
) -> Layers:
    """Which tunnel datagrams may be, by their ports and the first four bytes of the payload; ``NONE``: no tunnel."""
    layers: Layers = np.maximum(TUNNEL_PORTS[destination], TUNNEL_PORTS[source])
    layers[beginning == _HEP_3] = Layer.HEP_3
    layers[beginning == _VXLAN_FLAGS] = Layer.VXLAN
    small = np.flatnonzero(beginning < _BEHIND_HEP_2)  # hardly any: RTP and SIP are none
    if small.size:
        layers[small[np.isin(beginning[small], _HEP_1_2)]] = Layer.HEP
    return layers


def vxlan(peel: Peel, rows: Rows) -> None:
    """VXLAN (RFC 7348), with a group policy or not."""
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _VXLAN)
    good = whole & (head["flags"] & 0x08 != 0) & (head["reserved"] == 0)
    offer(peel, rows, np.where(good, np.uint8(Layer.ETHERNET), np.uint8(Layer.NONE)), at + _VXLAN.itemsize)


def vxlan_gpe(peel: Peel, rows: Rows) -> None:
    """VXLAN's Generic Protocol Extension, which names what follows."""
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _VXLAN)
    named = head["flags"] & 0x04 != 0
    layers = np.where(named, _VXLAN_PROTOCOLS[head["next"]], np.uint8(Layer.ETHERNET))
    good = whole & (head["flags"] & 0x38 == 0x08) & (head["reserved"] == 0)
    offer(peel, rows, np.where(good, layers, np.uint8(Layer.NONE)), at + _VXLAN.itemsize)


def geneve(peel: Peel, rows: Rows) -> None:
    """Geneve (RFC 8926); its options are skipped."""
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _GENEVE)
    good = whole & (head["options"] >> 6 == 0) & (head["flags"] & 0x3F == 0) & (head["reserved"] == 0)
    start = at + _GENEVE.itemsize + (head["options"] & 63).astype(np.int64) * 4
    offer(peel, rows, np.where(good, ETHERTYPES[head["type"]], np.uint8(Layer.NONE)), start)


def gtp_u(peel: Peel, rows: Rows) -> None:
    """GTP-U (3GPP TS 29.281 5), with extension headers: IP, or Ethernet, that a terminal sends or gets."""
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _GTP)
    good = whole & (head["flags"] & 0xF8 == 0x30) & (head["kind"] == _TUNNELLED_PACKET)
    start = at + _GTP.itemsize
    claimed = start + head["length"]
    optional = good & (head["flags"] & 7 != 0)
    following = np.zeros(rows.size, np.uint8)
    if optional.any():
        there, words = peel.peek(rows, start, _GTP_OPTIONAL)
        good &= ~optional | there
        following = np.where(optional & (head["flags"] & 4 != 0), words["next"], following)
        start = np.where(optional, start + _GTP_OPTIONAL.itemsize, start)
    for _ in range(_MOST_EXTENSIONS):
        extended = np.flatnonzero(good & (following != 0))
        if not extended.size:
            break
        there, size = peel.peek(rows[extended], start[extended], _BYTE)
        good[extended] = there & (size["value"] != 0)
        start[extended] += size["value"].astype(np.int64) * 4
        there, kind = peel.peek(rows[extended], start[extended] - 1, _BYTE)
        good[extended] &= there
        following[extended] = kind["value"]
    good &= (following == 0) & (claimed >= start)
    peel.end[rows[good]] = np.minimum(peel.end[rows], claimed)[good]
    wanted = np.where(good, np.uint8(Layer.RAW_IP), np.uint8(Layer.NONE))
    layers = believable(peel, rows, wanted, start)
    other = good & (layers == Layer.NONE)
    if other.any():
        layers[other] = believable(peel, rows[other], Layer.ETHERNET, start[other])
    peel.pass_on(rows, layers, start)


def l2tp(peel: Peel, rows: Rows) -> None:
    """Data messages of L2TP version 2 (RFC 2661 3.1), which hold PPP."""
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _L2TP)
    flags = head["flags"]
    good = whole & (flags & np.uint16(_L2TP_FIXED) == _L2TP_DATA)
    start = at + _L2TP.itemsize + 4  # behind the tunnel and the session
    for bit, width in _L2TP_OPTIONAL:
        start += np.where(flags & np.uint16(bit) != 0, width, 0)
    padded = flags & np.uint16(_L2TP_OFFSET) != 0
    if padded.any():
        there, size = peel.peek(rows, start, _SHORT)
        good &= there | ~padded
        start = np.where(padded, start + _SHORT.itemsize + size["value"], start)
    layers, start = behind_ppp(peel, rows, start)
    offer(peel, rows, np.where(good, layers, np.uint8(Layer.NONE)), start)


def teredo(peel: Peel, rows: Rows) -> None:
    """Teredo (RFC 4380 5.1.1): IPv6 behind an authentication and an origin indication. The packet fills the datagram."""
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _TEREDO)
    proven = whole & (head["kind"] == _AUTHENTICATION)
    at = np.where(proven, at + 13 + head["name"].astype(np.int64) + head["secret"], at)
    whole, head = peel.peek(rows, at, _TEREDO)
    at = np.where(whole & (head["kind"] == _ORIGIN), at + 8, at)
    whole, inner = peel.peek(rows, at, _IPV6_LENGTH)
    fills = whole & (at + inner["length"] + np.int64(_IPV6_SIZE) >= peel.end[rows])
    offer(peel, rows, np.where(fills, np.uint8(Layer.IPV6), np.uint8(Layer.NONE)), at)


def tzsp(peel: Peel, rows: Rows) -> None:
    """TZSP: a frame that an access point or a router mirrors, behind tagged fields."""
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _TZSP)
    open_ = whole & (head["version"] == 1) & (head["kind"] <= 1)
    start, ended = at + _TZSP.itemsize, np.zeros(rows.size, np.bool_)
    for _ in range(_MOST_TAGS):
        tagged = np.flatnonzero(open_ & ~ended)
        if not tagged.size:
            break
        there, tag = peel.peek(rows[tagged], start[tagged], _TAG)
        single = tag["kind"] <= 1  # padding, and the end
        open_[tagged] = there
        ended[tagged] = there & (tag["kind"] == 1)
        start[tagged] += np.where(single, 1, 2 + tag["length"].astype(np.int64))
    layers = believable(peel, rows, np.where(ended, _TZSP_PROTOCOLS[head["protocol"]], np.uint8(Layer.NONE)), start)
    wireless = ended & (head["protocol"] == _WIRELESS_IN_TZSP)
    peel.pass_on(rows, np.where(wireless, np.uint8(Layer.WIRELESS), layers), start)


def udp_sctp(peel: Peel, rows: Rows) -> None:
    """SCTP in UDP (RFC 6951), for which UDP's length tells where its chunks end: they have to fill it."""
    at, end = peel.at[rows], peel.end[rows]
    endless = (peel.flags[rows] & np.uint16(Flag.TRUNCATED)) != 0
    chunk = at + _SCTP_HEADER
    good = chunk + _CHUNK.itemsize <= end
    for _ in range(_MOST_CHUNKS):
        waiting = np.flatnonzero(good & (chunk < end))
        if not waiting.size:
            break
        there, head = peel.peek(rows[waiting], chunk[waiting], _CHUNK)
        length = head["length"].astype(np.int64)
        good[waiting] = (there | endless[waiting]) & _SCTP_CHUNKS[head["kind"]] & (length >= _CHUNK.itemsize)
        good[waiting] &= (chunk[waiting] + length <= end[waiting]) | endless[waiting]
        chunk[waiting] += (length + 3) & ~3
    peel.flags[rows[good]] |= np.uint16(Flag.TUNNEL)
    peel.pass_on(rows, np.where(good, np.uint8(Layer.SCTP), np.uint8(Layer.NONE)), at)


STEPS: dict[Layer, Step] = {
    Layer.VXLAN: vxlan,
    Layer.VXLAN_GPE: vxlan_gpe,
    Layer.GENEVE: geneve,
    Layer.GTP_U: gtp_u,
    Layer.L2TP: l2tp,
    Layer.TEREDO: teredo,
    Layer.TZSP: tzsp,
    Layer.UDP_SCTP: udp_sctp,
}
