"""The common shape taken off at once: Ethernet, IPv4 without options, UDP, not fragmented.

Nearly all of a telephony capture looks like that, so these packets do without the passes: one read brings all three headers
and the first bytes of the payload. What this gives is what the steps would give; a packet that is in any way else is left to
them.
"""

import numpy as np

from sipview.capture import gather
from sipview.capture.gather import pick
from sipview.index.content import MEDIA_PORT, surely_rtp
from sipview.index.layers import Layer, Peel, Protocol
from sipview.index.overlays import TUNNEL_PORTS, tunnels

_HEADERS = np.dtype(
    {
        "names": ["type_version", "total", "fragment", "protocol", "pair", "ports", "udp_length", "beginning", "opening"],
        "formats": [">u4", ">u2", ">u2", "u1", "u8", (">u2", 2), ">u2", ">u4", "<u2"],
        "offsets": [12, 16, 20, 23, 26, 34, 38, 42, 42],
        "itemsize": 46,
    }
)
_IPV4, _UDP, _PAYLOAD = 14, 34, 42  # where these begin
_TYPE_AND_VERSION, _BUT_SERVICE = 0x08004500, 0xFFFFFF00
_UDP_NUMBER = 17
_JUST_MEDIA = MEDIA_PORT & (TUNNEL_PORTS == Layer.NONE)


def plain_datagrams(peel: Peel) -> None:
    """Take the layers off all packets of the common shape, and name those among them that are RTP beyond doubt."""
    whole = (peel.layer == Layer.ETHERNET) & (peel.end >= _HEADERS.itemsize)
    heads = gather(peel.data, peel.start, _HEADERS)
    whole &= (heads["type_version"] & np.uint32(_BUT_SERVICE)) == _TYPE_AND_VERSION
    whole &= (heads["protocol"] == _UDP_NUMBER) & ((heads["fragment"] & np.uint16(0x3FFF)) == 0)
    whole &= (heads["total"] >= _HEADERS.itemsize - _IPV4) & (heads["udp_length"] >= _HEADERS.itemsize - _UDP)
    if not whole.any():
        return
    rows: slice | np.ndarray[tuple[int], np.dtype[np.int64]] = slice(None)
    if not whole.all():
        rows = np.flatnonzero(whole)
        heads = pick(heads, rows)
    peel.source[rows], peel.destination[rows] = peel.addresses.ipv4_pairs(heads["pair"])
    source, destination = heads["ports"][:, 0].astype(np.uint16), heads["ports"][:, 1].astype(np.uint16)
    peel.source_port[rows], peel.destination_port[rows] = source, destination
    end = np.minimum(np.minimum(peel.end[rows], heads["total"] + np.int64(_IPV4)), heads["udp_length"] + np.int64(_UDP))
    length = end - _PAYLOAD
    peel.end[rows] = end
    peel.transport[rows] = _UDP_NUMBER
    peel.transport_start[rows] = _UDP
    peel.payload_start[rows] = _PAYLOAD
    peel.payload_length[rows] = length
    media = surely_rtp(heads["opening"], length) & _JUST_MEDIA[source] & _JUST_MEDIA[destination]
    peel.protocol[rows] = np.where(media, np.uint8(Protocol.RTP), np.uint8(Protocol.UDP))
    layer = np.zeros(media.size, np.uint8)
    other = np.flatnonzero(~media)
    layer[other] = tunnels(source[other], destination[other], heads["beginning"][other])
    peel.layer[rows] = layer
    peel.at[rows] = _PAYLOAD
