"""Steps of what IP and Ethernet carry besides transports: GRE and ERSPAN, MPLS, L2TPv3, service headers, provider tags."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.capture import Positions
from sipview.index.believable import believable, offer
from sipview.index.layers import Flag, Layer, Peel, Rows, Step, lookup
from sipview.index.links import ETHERTYPES

_SHORTEST_TYPE = 1536
_PPTP = 0x880B
_ERSPAN_2, _ERSPAN_3 = 0x88BE, 0x22EB
GRE_PROTOCOLS = ETHERTYPES.copy()
GRE_PROTOCOLS[:_SHORTEST_TYPE] = Layer.NONE
GRE_PROTOCOLS[_PPTP] = Layer.PPP
GRE_PROTOCOLS[_ERSPAN_2] = GRE_PROTOCOLS[_ERSPAN_3] = Layer.ERSPAN
GRE_PROTOCOLS[0x883E] = Layer.RAW_IP  # WCCP
_NSH_PROTOCOLS = lookup(256, {1: Layer.IPV4, 2: Layer.IPV6, 3: Layer.ETHERNET, 4: Layer.NSH, 5: Layer.MPLS})
_CHECKSUM, _ROUTING, _KEY, _SEQUENCE, _ACKNOWLEDGED = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080
_ERSPAN_SIZES = np.array([0, 8, 12], np.int64)  # by the version in the header: that of type II is 1
_ERSPAN_FRAMES = lookup(32, {0: Layer.ETHERNET, 2: Layer.RAW_IP})
_COOKIES = (0, 4, 8, 12)  # bytes of cookie and sublayer of L2TPv3, agreed upon where nobody sees it (RFC 3931 4.1)

_GRE = np.dtype([("flags", ">u2"), ("protocol", ">u2")])
_WORD = np.dtype([("word", ">u4")])
_ERSPAN = np.dtype([("version", "u1"), ("rest", "V9"), ("frame", "u1"), ("options", "u1")])
_NSH = np.dtype([("version", "u1"), ("length", "u1"), ("kind", "u1"), ("next", "u1"), ("path", "V4")])
_VN_TAG = np.dtype([("tag", ">u4"), ("type", ">u2")])
_ETHER_IP = np.dtype([("version", ">u2")])


def gre(peel: Peel, rows: Rows) -> None:
    """GRE with checksum, key and sequence number (RFC 2784, 2890), and its version 1 with PPP (RFC 2637)."""
    rows, at, head = _open(peel, rows, _GRE)
    flags, protocol = head["flags"], head["protocol"]
    version = flags & 7
    size = np.full(rows.size, _GRE.itemsize, np.int64)
    for bit in (_CHECKSUM, _KEY, _SEQUENCE, _ACKNOWLEDGED):
        present = (flags & np.uint16(bit)) != 0
        size += np.where(present & ((version == 1) | (bit != _ACKNOWLEDGED)), 4, 0)
    readable = (flags & np.uint16(_ROUTING) == 0) & ((version == 0) | ((version == 1) & (protocol == _PPTP)))
    layers = np.where(readable, GRE_PROTOCOLS[protocol], np.uint8(Layer.NONE))
    without_header = (protocol == _ERSPAN_2) & (flags & np.uint16(_SEQUENCE) == 0)
    layers = np.where(without_header & readable, np.uint8(Layer.ERSPAN_1), layers)
    start = at + size
    by_port = peel.transport[rows] != 0  # GRE in UDP (RFC 8086): then it is a guess
    if by_port.any():
        layers = np.where(by_port, believable(peel, rows, layers, start), layers)
    peel.pass_on(rows, layers, start)


def erspan(peel: Peel, rows: Rows) -> None:
    """ERSPAN types II and III: a mirrored frame behind a header of 8 or 12 bytes, and a subheader if the last bit says so."""
    whole, head = peel.peek(rows, peel.at[rows], _ERSPAN)
    peel.cut(rows[~whole])
    rows, head = rows[whole], head[whole]
    version = head["version"] >> 4
    third = version == 2
    subheader = third & (head["options"] & 1 == 1)
    size = _ERSPAN_SIZES[np.minimum(version, 2)] + np.where(subheader, 8, 0)
    layers = np.where(third, _ERSPAN_FRAMES[head["frame"] >> 2 & 31], np.uint8(Layer.ETHERNET))
    peel.pass_on(rows, np.where((version == 1) | third, layers, np.uint8(Layer.NONE)), peel.at[rows] + size)


def erspan_1(peel: Peel, rows: Rows) -> None:
    """ERSPAN type I: the frame alone. Some send type II without a sequence number, so the frame has to look like one."""
    at = peel.at[rows]
    frame = believable(peel, rows, Layer.ETHERNET, at)
    peel.pass_on(rows, np.where(frame == Layer.NONE, np.uint8(Layer.ERSPAN), frame), at)


def mpls(peel: Peel, rows: Rows) -> None:
    """One label of MPLS (RFC 3032). What is behind the last one nobody says: IP, or Ethernet with a control word or without."""
    rows, at, head = _open(peel, rows, _WORD)
    start = at + _WORD.itemsize
    last = (head["word"] >> np.uint32(8)) & np.uint32(1) == 1
    peel.pass_on(rows, Layer.MPLS, start)
    rows, start = rows[last], start[last]
    layers = believable(peel, rows, Layer.RAW_IP, start)
    for control_word in (_WORD.itemsize, 0):
        open_ = np.flatnonzero(layers == Layer.NONE)
        if not open_.size:
            break
        frames = believable(peel, rows[open_], Layer.ETHERNET, start[open_] + control_word)
        layers[open_] = frames
        start[open_] += np.where(frames == Layer.NONE, 0, control_word)
    peel.pass_on(rows, layers, start)


def nsh(peel: Peel, rows: Rows) -> None:
    """The Network Service Header (RFC 8300)."""
    rows, at, head = peel.open(rows, _NSH)
    size = (head["length"] & 63).astype(np.int64) * 4
    good = (head["version"] >> 6 == 0) & (size >= _NSH.itemsize)
    peel.pass_on(rows, np.where(good, _NSH_PROTOCOLS[head["next"]], np.uint8(Layer.NONE)), at + size)


def backbone_tag(peel: Peel, rows: Rows) -> None:
    """The I-TAG of provider backbone bridges (IEEE 802.1ah): the customer's frame follows."""
    rows, at, _ = peel.open(rows, _WORD)
    peel.pass_on(rows, Layer.ETHERNET, at + _WORD.itemsize)


def vn_tag(peel: Peel, rows: Rows) -> None:
    """The VN-Tag between a switch and its interface cards."""
    rows, at, head = peel.open(rows, _VN_TAG)
    peel.pass_on(rows, ETHERTYPES[head["type"]], at + _VN_TAG.itemsize)


def ether_ip(peel: Peel, rows: Rows) -> None:
    """EtherIP (RFC 3378), version 3."""
    rows, at, head = peel.open(rows, _ETHER_IP)
    known = head["version"] == 0x3000
    peel.pass_on(rows, np.where(known, np.uint8(Layer.ETHERNET), np.uint8(Layer.NONE)), at + _ETHER_IP.itemsize)


def l2tp_3(peel: Peel, rows: Rows) -> None:
    """L2TPv3 over IP (RFC 3931 4.1.1): a session, a cookie of unknown size, and Ethernet, IP or PPP."""
    rows, at, head = peel.open(rows, _WORD)
    data = head["word"] != 0  # else it is a control message
    peel.layer[rows] = Layer.NONE
    rows, at = rows[data], at[data] + _WORD.itemsize
    for cookie in _COOKIES:
        for layer in (Layer.ETHERNET, Layer.RAW_IP):
            waiting = peel.layer[rows] == Layer.NONE
            rows, at = rows[waiting], at[waiting]
            offer(peel, rows, layer, at + cookie)


def _open(peel: Peel, rows: Rows, header: np.dtype[Any]) -> tuple[Rows, Positions, npt.NDArray[Any]]:
    """Like `Peel.open`; but a datagram that only its port made a tunnel is then no damaged tunnel: it is none."""
    by_port = rows[peel.transport[rows] != 0]
    opened = peel.open(rows, header)
    peel.flags[by_port] &= np.uint16(~Flag.CUT & 0xFFFF)
    return opened


STEPS: dict[Layer, Step] = {
    Layer.GRE: gre,
    Layer.ERSPAN: erspan,
    Layer.ERSPAN_1: erspan_1,
    Layer.MPLS: mpls,
    Layer.NSH: nsh,
    Layer.BACKBONE_TAG: backbone_tag,
    Layer.VN_TAG: vn_tag,
    Layer.ETHER_IP: ether_ip,
    Layer.L2TP_3: l2tp_3,
}
