"""The common shape taken off at once: Ethernet, IPv4 without options, UDP, not fragmented.

Nearly all of a telephony capture looks like that, so these packets do without the passes: one read brings all three headers
and the first bytes of the payload. What this gives is what the steps would give; a packet that is in any way else is left to
them.
"""

import numpy as np

from sipview.capture import gather
from sipview.capture.gather import pick
from sipview.index.layers import Layer, Peel, Protocol
from sipview.index.overlays import tunnels

_HEADERS = np.dtype(
    {
        "names": ["type_version", "total", "fragment", "protocol", "source", "destination", "ports", "udp_length", "beginning"],
        "formats": [">u4", ">u2", ">u2", "u1", ">u4", ">u4", (">u2", 2), ">u2", ">u4"],
        "offsets": [12, 16, 20, 23, 26, 30, 34, 38, 42],
        "itemsize": 46,
    }
)
_IPV4, _UDP, _PAYLOAD = 14, 34, 42  # where these begin
_TYPE_AND_VERSION, _BUT_SERVICE = 0x08004500, 0xFFFFFF00
_UDP_NUMBER = 17


def plain_datagrams(peel: Peel) -> None:
    """Take the layers off all packets of the common shape."""
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
    addresses = peel.addresses.ipv4(np.concatenate((heads["source"], heads["destination"])))
    peel.source[rows], peel.destination[rows] = addresses[: heads.size], addresses[heads.size :]
    peel.source_port[rows], peel.destination_port[rows] = heads["ports"][:, 0], heads["ports"][:, 1]
    end = np.minimum(np.minimum(peel.end[rows], heads["total"] + np.int64(_IPV4)), heads["udp_length"] + np.int64(_UDP))
    peel.end[rows] = end
    peel.transport[rows] = _UDP_NUMBER
    peel.transport_start[rows] = _UDP
    peel.protocol[rows] = Protocol.UDP
    peel.payload_start[rows] = _PAYLOAD
    peel.payload_length[rows] = end - _PAYLOAD
    peel.layer[rows] = tunnels(heads["ports"][:, 0], heads["ports"][:, 1], heads["beginning"])
    peel.at[rows] = _PAYLOAD
