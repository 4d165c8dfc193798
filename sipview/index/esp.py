"""ESP without encryption (RFC 2410), as the IPsec of IMS phones often is: nothing says so, the content has to show it."""

import numpy as np

from sipview.index.believable import believable
from sipview.index.layers import Layer, Peel, Rows, Step, lookup

_PROTOCOLS = lookup(256, {4: Layer.IPV4, 6: Layer.TCP, 17: Layer.UDP, 41: Layer.IPV6})
_CHECK_SIZES = (12, 16, 24, 32, 0)  # bytes of the integrity check behind the trailer, the usual ones first

_HEADER = np.dtype([("index", ">u4"), ("sequence", ">u4")])
_TRAILER = np.dtype([("padding", "u1"), ("next", "u1")])
_BYTE = np.dtype([("value", "u1")])
_INNER = np.dtype(
    {
        "names": ["total", "length", "offset", "flags", "urgent", "ip_version", "ipv6_length"],
        "formats": [">u2", ">u2", "u1", "u1", ">u2", "u1", ">u2"],
        "offsets": [2, 4, 12, 13, 18, 0, 4],
        "itemsize": 20,
    }
)
_UDP_SIZE, _TCP_SIZE, _IPV6_SIZE = 8, 20, 40
_SYN_FIN_RST, _URG = 0x07, 0x20


def esp(peel: Peel, rows: Rows) -> None:
    """ESP (RFC 4303): opened where, for one size of the integrity check, everything fits together.

    That is: the trailer names a protocol, the padding counts 1, 2, 3 ..., and the length that the inner header gives (TCP
    has none: its flags) is that of the bytes before the padding. In UDP through NAT (RFC 3948) an index of 0 marks IKE.
    """
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _HEADER)
    peel.layer[rows] = Layer.NONE
    rows, at = rows[whole & (head["index"] != 0)], at[whole & (head["index"] != 0)] + _HEADER.itemsize
    for check in _CHECK_SIZES:
        trailer = peel.end[rows] - check - _TRAILER.itemsize
        rows, at, trailer = (array[trailer >= at] for array in (rows, at, trailer))
        _, tail = peel.peek(rows, trailer, _TRAILER)
        padding = tail["padding"].astype(np.int64)
        end = trailer - padding
        good = (_PROTOCOLS[tail["next"]] != Layer.NONE) & (end >= at + _UDP_SIZE)
        chosen = np.flatnonzero(good)
        fits = _fits(peel, rows[chosen], at[chosen], end[chosen], padding[chosen], _PROTOCOLS[tail["next"]][chosen])
        found = chosen[fits]
        peel.end[rows[found]] = end[found]
        peel.pass_on(rows[found], _PROTOCOLS[tail["next"][found]], at[found])
        left = np.ones(rows.size, np.bool_)
        left[found] = False
        rows, at = rows[left], at[left]
        if not rows.size:
            return


def _fits(
    peel: Peel,
    rows: Rows,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
    end: np.ndarray[tuple[int], np.dtype[np.int64]],
    padding: np.ndarray[tuple[int], np.dtype[np.int64]],
    layers: np.ndarray[tuple[int], np.dtype[np.uint8]],
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether the bytes from ``at`` to ``end`` are one packet of the protocol named, and the padding counts."""
    _, first = peel.peek(rows, end, _BYTE)
    _, last = peel.peek(rows, np.maximum(end + padding - 1, 0), _BYTE)
    counts = (padding == 0) | ((first["value"] == 1) & (last["value"] == padding))
    size = end - at
    _, head = peel.peek(rows, at, _INNER)
    udp = (layers == Layer.UDP) & (head["length"] == size)
    header = (head["offset"] >> 4).astype(np.int64) * 4
    flags = head["flags"]
    begins_or_ends = flags & _SYN_FIN_RST
    tcp = (layers == Layer.TCP) & (header >= _TCP_SIZE) & (header <= size) & (head["offset"] & 15 == 0)
    tcp &= (begins_or_ends & (begins_or_ends - np.uint8(1)) == 0) & ((head["urgent"] == 0) | (flags & _URG != 0))
    internet = np.where((layers == Layer.IPV4) | (layers == Layer.IPV6), layers, np.uint8(Layer.NONE))
    total = np.where(layers == Layer.IPV4, head["total"], head["ipv6_length"] + np.int64(_IPV6_SIZE))
    inner = (internet != Layer.NONE) & (total == size) & (believable(peel, rows, internet, at) != Layer.NONE)
    fits: np.ndarray[tuple[int], np.dtype[np.bool_]] = counts & (udp | tcp | inner)
    return fits


STEPS: dict[Layer, Step] = {Layer.ESP: esp, Layer.UDP_ESP: esp}
