"""The common shape taken off at once: Ethernet, IPv4 without options, UDP, not fragmented.

Nearly all of a telephony capture looks like that, so these packets do without the passes: one read brings all three headers
and the first bytes of the payload. What this gives is what the steps would give; a packet that is in any way else is left to
them.
"""

import numpy as np
import numpy.typing as npt

from sipview.capture.words import words_of
from sipview.index.content import MEDIA_PORT, surely_rtp
from sipview.index.layers import Layer, Peel, Protocol
from sipview.index.overlays import TUNNEL_PORTS, tunnels

_IPV4, _UDP, _PAYLOAD = 14, 34, 42  # where these begin
_LEAST = _PAYLOAD + 4  # bytes of a frame


def _word(octets: str) -> np.uint64:
    return np.uint64(int.from_bytes(bytes.fromhex(octets), "little"))


# The type of the frame is IPv4, version and header length are 4 and 5; the service and the length may be any.
_LINK, _LINK_BITS = _word("0000 0800 45 00 0000"), _word("0000 ffff ff 00 0000")
# No fragment, and UDP in it; identification, the bit "don't fragment", time to live and check sum may be any.
_KIND, _KIND_BITS = _word("0000 0000 00 11 0000"), _word("0000 3fff 00 ff 0000")
_UDP_NUMBER = 17
_JUST_MEDIA = MEDIA_PORT & (TUNNEL_PORTS == Layer.NONE)


def plain_datagrams(peel: Peel) -> None:
    """Take the layers off all packets of the common shape, and name those among them that are RTP beyond doubt."""
    link, kind, pair, ports, opening = words_of(peel.data, peel.start) if peel.words is None else peel.words
    other = (link.view("<u8") ^ _LINK) & _LINK_BITS
    other |= (kind.view("<u8") ^ _KIND) & _KIND_BITS
    total, udp_length = _field(link, 3), _field(ports, 2)
    captured = peel.end.astype(np.uint32)
    whole = (other == 0) & (peel.layer == Layer.ETHERNET) & (captured >= _LEAST)
    whole &= (total >= _LEAST - _IPV4) & (udp_length >= _LEAST - _UDP)
    rows: slice | np.ndarray[tuple[int], np.dtype[np.int64]] = slice(None)
    if not whole.all():
        rows = np.flatnonzero(whole)
        if not rows.size:
            return
        pair, ports, opening = pair[rows], ports[rows], opening[rows]
        total, udp_length, captured = total[rows], udp_length[rows], captured[rows]
    peel.source[rows], peel.destination[rows] = peel.addresses.ipv4_pairs(pair)
    source, destination = _field(ports, 0), _field(ports, 1)
    peel.source_port[rows], peel.destination_port[rows] = source, destination
    end = np.minimum(np.minimum(total + np.uint32(_IPV4), udp_length + np.uint32(_UDP)), captured)
    length = end - np.uint32(_PAYLOAD)
    peel.end[rows] = end
    peel.transport[rows] = _UDP_NUMBER
    peel.transport_start[rows] = _UDP
    peel.payload_start[rows] = _PAYLOAD
    peel.payload_length[rows] = length
    media = surely_rtp(opening.view("<u2")[::4], length) & _JUST_MEDIA.take(source) & _JUST_MEDIA.take(destination)
    peel.protocol[rows] = np.where(media, np.uint8(Protocol.RTP), np.uint8(Protocol.UDP))
    layer = np.zeros(media.size, np.uint8)
    open_rows = np.flatnonzero(~media)
    layer[open_rows] = tunnels(source[open_rows], destination[open_rows], opening.view(">u4")[::2][open_rows])
    peel.layer[rows] = layer
    peel.at[rows] = _PAYLOAD


def _field(words: npt.NDArray[np.uint64], number: int) -> npt.NDArray[np.uint16]:
    """One of the four fields of two octets in each word."""
    return words.view(">u2")[number::4].astype(np.uint16)
