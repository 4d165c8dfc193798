"""Whether bytes are what a port or a guess makes them: the check before a packet is taken for a tunnel.

Any program may use the port of VXLAN or GTP. So what such a datagram is said to hold is read only where it looks like it: an
IP header of the right version which claims no more bytes than there are.
"""

import numpy as np
import numpy.typing as npt

from sipview.capture import Positions
from sipview.index.layers import Flag, Layer, Layers, Peel, Rows
from sipview.index.links import ETHERTYPES

_MOST_TAGS = 3
_TYPES_READ = np.zeros(256, np.bool_)  # the layers that an EtherType alone makes believable
_TYPES_READ[[Layer.ARP, Layer.MPLS, Layer.PPPOE, Layer.NSH, Layer.BACKBONE_TAG, Layer.VN_TAG]] = True

_TYPE = np.dtype([("addresses", "V12"), ("type", ">u2")])
_TAGGED = np.dtype([("tag", ">u2"), ("type", ">u2")])
_IP = np.dtype(
    {
        "names": ["version_length", "total", "length", "fragment", "hop_limit", "time_to_live"],
        "formats": ["u1", ">u2", ">u2", ">u2", "u1", "u1"],
        "offsets": [0, 2, 4, 6, 7, 8],
        "itemsize": 20,
    }
)
_IPV6_SIZE = 40


def offer(peel: Peel, rows: Rows, layers: Layers | Layer, at: Positions) -> None:
    """Hand the rows on to ``layers`` where they are believable; the others are done, as what they are known to be."""
    peel.pass_on(rows, believable(peel, rows, layers, at), at)


def believable(peel: Peel, rows: Rows, layers: Layers | Layer, at: Positions) -> Layers:
    """``layers`` where they are believable at ``at``, else ``NONE``. ``RAW_IP`` becomes the version that is there.

    An Ethernet frame is believable if its type, behind VLAN tags or not, is one that we read; where that is IP, the IP has to
    be. Of other layers than IP and Ethernet nothing is known here: they are ``NONE``.
    """
    wanted = np.broadcast_to(np.asarray(layers, np.uint8), rows.shape)
    framed = wanted == Layer.ETHERNET
    inner, start = wanted, at
    if framed.any():
        held, behind = _held(peel, rows, at)
        inner, start = np.where(framed, held, wanted), np.where(framed, behind, at)
    version = _internet(peel, rows, start)
    fits = (version != Layer.NONE) & ((inner == version) | (inner == Layer.RAW_IP))
    return np.where(framed & (fits | _TYPES_READ[inner]), wanted, np.where(fits & ~framed, version, np.uint8(Layer.NONE)))


def _held(peel: Peel, rows: Rows, at: Positions) -> tuple[Layers, Positions]:
    """What stands in an Ethernet frame, and where: of tags, what is behind them."""
    whole, head = peel.peek(rows, at, _TYPE)
    layers, start = np.where(whole, ETHERTYPES[head["type"]], np.uint8(Layer.NONE)), at + _TYPE.itemsize
    for _ in range(_MOST_TAGS):
        tagged = np.flatnonzero(layers == Layer.VLAN)
        if not tagged.size:
            break
        whole, tag = peel.peek(rows[tagged], start[tagged], _TAGGED)
        layers[tagged] = np.where(whole, ETHERTYPES[tag["type"]], np.uint8(Layer.NONE))
        start[tagged] += _TAGGED.itemsize
    return layers, start


def _internet(peel: Peel, rows: Rows, at: Positions) -> Layers:
    """Which version of IP stands at ``at``, if any."""
    whole, head = peel.peek(rows, at, _IP)
    room = peel.end[rows] - at
    endless = (peel.flags[rows] & np.uint16(Flag.TRUNCATED)) != 0  # what is claimed may have been there
    first, total = head["version_length"], head["total"]
    header = (first & 15).astype(np.uint16) * np.uint16(4)
    ipv4 = whole & (first >> 4 == 4) & (header >= 20) & (total >= header) & (header <= room) & ((total <= room) | endless)
    ipv4 &= (head["time_to_live"] != 0) & (head["fragment"] & np.uint16(0x8000) == 0)  # the bit that nobody sets
    ipv6: npt.NDArray[np.bool_] = whole & (first >> 4 == 6) & (room >= _IPV6_SIZE)
    ipv6 &= (head["length"] + np.int64(_IPV6_SIZE) <= room) | endless
    return np.where(ipv4, np.uint8(Layer.IPV4), np.where(ipv6, np.uint8(Layer.IPV6), np.uint8(Layer.NONE)))
