"""Steps of the links between two ends: PPP, PPPoE and Cisco HDLC."""

import numpy as np

from sipview.capture import Positions
from sipview.index.layers import Layer, Layers, Peel, Rows, Step, lookup
from sipview.index.links import ETHERTYPES

PPP_PROTOCOLS = lookup(1 << 16, {0x0021: Layer.IPV4, 0x0057: Layer.IPV6, 0x0281: Layer.MPLS, 0x0283: Layer.MPLS})

_ADDRESS_CONTROL = 0xFF03  # of PPP in frames like those of HDLC (RFC 1662 3.1)
_CISCO_ADDRESSES = (0x0F00, 0x8F00)  # unicast and broadcast
_SESSION = 0  # the code of PPPoE packets with data (RFC 2516 4)
_SHORTEST_TYPE = 1536
_PPP = np.dtype([("first", ">u2")])
_PROTOCOL = np.dtype([("first", "u1"), ("second", "u1")])
_PPPOE = np.dtype([("version_type", "u1"), ("code", "u1"), ("session", ">u2"), ("length", ">u2")])
_CISCO = np.dtype([("address", ">u2"), ("type", ">u2")])


def ppp(peel: Peel, rows: Rows) -> None:
    """PPP (RFC 1661), with or without the address and control bytes; the link type of PPP holds Cisco HDLC too."""
    rows, at, head = peel.open(rows, _PPP)
    cisco = np.isin(head["first"], _CISCO_ADDRESSES)
    layers, start = behind_ppp(peel, rows, at)
    peel.pass_on(rows, np.where(cisco, np.uint8(Layer.CISCO_HDLC), layers), np.where(cisco, at, start))


def behind_ppp(peel: Peel, rows: Rows, at: Positions) -> tuple[Layers, Positions]:
    """What the PPP header at ``at`` names, and where that begins. The protocol may be one (odd) byte (RFC 1661 2)."""
    whole, head = peel.peek(rows, at, _PPP)
    at = np.where(whole & (head["first"] == _ADDRESS_CONTROL), at + _PPP.itemsize, at)
    whole, protocol = peel.peek(rows, at, _PROTOCOL)
    first, second = protocol["first"].astype(np.uint16), protocol["second"]
    short = first & 1 == 1
    layers = PPP_PROTOCOLS[np.where(short, first, first << 8 | second)]
    return np.where(whole, layers, np.uint8(Layer.NONE)), at + np.where(short, 1, 2)


def pppoe(peel: Peel, rows: Rows) -> None:
    """PPPoE (RFC 2516): the packets of a session hold PPP."""
    rows, at, head = peel.open(rows, _PPPOE)
    start = at + _PPPOE.itemsize
    session = (head["version_type"] == 0x11) & (head["code"] == _SESSION)
    peel.end[rows] = np.minimum(peel.end[rows], start + head["length"])
    peel.pass_on(rows, np.where(session, np.uint8(Layer.PPP), np.uint8(Layer.NONE)), start)


def cisco_hdlc(peel: Peel, rows: Rows) -> None:
    """Cisco HDLC (RFC 1547 4.3.1): an EtherType, or PPP by its address."""
    rows, at, head = peel.open(rows, _CISCO)
    typed = np.isin(head["address"], _CISCO_ADDRESSES) & (head["type"] >= _SHORTEST_TYPE)
    framed = head["address"] == _ADDRESS_CONTROL
    layers = np.where(typed, ETHERTYPES[head["type"]], np.where(framed, np.uint8(Layer.PPP), np.uint8(Layer.NONE)))
    peel.pass_on(rows, layers, np.where(framed, at, at + _CISCO.itemsize))


def behind_direction(peel: Peel, rows: Rows) -> None:
    """A byte that tells which side sent, before PPP or Cisco HDLC."""
    following = np.where(peel.layer[rows] == Layer.PPP_DIRECTION, np.uint8(Layer.PPP), np.uint8(Layer.CISCO_HDLC))
    peel.pass_on(rows, following, peel.at[rows] + 1)


STEPS: dict[Layer, Step] = {
    Layer.PPP: ppp,
    Layer.PPPOE: pppoe,
    Layer.CISCO_HDLC: cisco_hdlc,
    Layer.PPP_DIRECTION: behind_direction,
    Layer.CISCO_DIRECTION: behind_direction,
}
