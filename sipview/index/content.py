"""What the transport carries, judged by its content, for many packets at once.

A packet is SIP where its payload begins with a start line, on any port. RTP has no mark of its own, so the rest is a
judgement by plausible values, and no more than a label in the packet list: what a stream is, SDP decides later.
"""

import numpy as np
import numpy.typing as npt

from sipview.capture import gather
from sipview.capture.gather import pick
from sipview.index.layers import Peel, Protocol, Rows
from sipview.index.start_line import (
    BEGINS_TOKEN_OR_LINE_END,
    SHORTEST,
    TEXT,
    begins_message,
    prefix_patterns,
    skip_line_ends,
)

_HEAD = np.dtype(
    {
        "names": ["first", "second", "third", "length", "cookie", "low", "high"],
        "formats": ["u1", "u1", "u1", ">u2", ">u4", "<u8", "<u8"],
        "offsets": [0, 1, 2, 2, 4, 0, 8],
        "itemsize": 16,
    }
)
_LOOK = 1 << 16  # bytes of a payload that are looked at for the end of its first line
_STATUS_PREFIX = np.uint64(int.from_bytes(b"SIP/2.0 ", "little"))
_PATTERNS = prefix_patterns()
_STUN_COOKIE = 0x2112A442
_CARRIES = np.zeros(256, np.bool_)
_CARRIES[[Protocol.UDP, Protocol.TCP, Protocol.SCTP]] = True
_PORTS = np.zeros(1 << 16, np.uint8)  # which protocol a UDP port number stands for
_PORTS[[53, 5353]] = Protocol.DNS
_PORTS[[67, 68, 546, 547]] = Protocol.DHCP
_DNS_PORT, _FIRST_RTP_PORT = 53, 1024
MEDIA_PORT = _PORTS == Protocol.OTHER
"""Whether a UDP port number may carry RTP, and stands for nothing else."""
MEDIA_PORT[:_FIRST_RTP_PORT] = False

Mask = npt.NDArray[np.bool_]
Heads = np.ndarray[tuple[int], np.dtype[np.void]]


def _least_rtp() -> npt.NDArray[np.uint32]:
    """The least size of an RTP packet by its first two octets, as a little-endian number; beyond any where it may be none.

    Payload types that RFC 3551 assigns to nothing, and those that would collide with RTCP, need a closer look.
    """
    first, second = np.arange(1 << 16) & 0xFF, np.arange(1 << 16) >> 8
    payload_type = second & 0x7F
    clear = (first >> 6 == 2) & ((payload_type <= 34) | (payload_type >= 96))
    return np.where(clear, 12 + 4 * (first & 15), (1 << 32) - 1).astype(np.uint32)


_LEAST_RTP = _least_rtp()


def surely_rtp(opening: npt.NDArray[np.uint16], length: npt.NDArray[np.uint32]) -> Mask:
    """Which payloads are labelled RTP by their first two octets and their length alone, if their ports are `MEDIA_PORT`."""
    sure: Mask = length >= _LEAST_RTP.take(opening)
    return sure


def classify(peel: Peel) -> None:
    """Refine ``protocol`` of the packets that have a transport and a payload."""
    rows = np.flatnonzero(_CARRIES.take(peel.protocol))
    rows = rows[peel.payload_length[rows] > 0]
    heads = gather(peel.data, peel.start[rows] + peel.payload_start[rows], _HEAD)
    length = peel.payload_length[rows]
    transport = peel.protocol[rows]
    sip = _sip(peel, rows, heads, length, transport == Protocol.UDP)
    peel.protocol[rows[sip]] = Protocol.SIP
    for carrier, label in ((Protocol.UDP, _label_datagrams), (Protocol.TCP, _label_segments)):
        rest = np.flatnonzero((transport == carrier) & ~sip)
        if rest.size:
            label(peel, rows[rest], pick(heads, rest), length[rest])


def _sip(peel: Peel, rows: Rows, heads: Heads, length: npt.NDArray[np.uint32], datagram: Mask) -> Mask:
    """Which of the rows begin with a SIP start line.

    In a datagram a known method with a SIP URI, or a status line's beginning, is enough. All else that begins like text is
    read up to the end of its first line.
    """
    sip = np.zeros(rows.size, np.bool_)
    maybe = np.flatnonzero(BEGINS_TOKEN_OR_LINE_END[heads["first"]] & (length >= SHORTEST))
    if not maybe.size:
        return sip
    beginnings = pick(heads, maybe)
    text = np.flatnonzero(TEXT[beginnings["low"].copy().view(np.uint8).reshape(-1, 8)].all(axis=1))
    maybe, beginnings = maybe[text], pick(beginnings, text)
    low, high = beginnings["low"], beginnings["high"]
    digit = (high & np.uint64(0xFF)) - np.uint64(ord("0")) <= np.uint64(9)
    plain = (low == _STATUS_PREFIX) & digit
    for low_value, low_mask, high_value, high_mask in _PATTERNS:
        plain |= ((low & low_mask) == low_value) & ((high & high_mask) == high_value)
    plain &= datagram[maybe]
    sip[maybe[plain]] = True
    doubtful = maybe[~plain]
    starts = (peel.start[rows[doubtful]] + peel.payload_start[rows[doubtful]]).tolist()
    ends = np.minimum(length[doubtful], _LOOK).tolist()
    view = peel.data.data
    for position, start, size in zip(doubtful.tolist(), starts, ends, strict=True):
        data = view[start : start + size].tobytes()
        sip[position] = begins_message(data, skip_line_ends(data))
    return sip


def _label_datagrams(peel: Peel, rows: Rows, heads: Heads, length: npt.NDArray[np.uint32]) -> None:
    first, second = heads["first"], heads["second"]
    source, destination = peel.source_port[rows], peel.destination_port[rows]
    version_2 = first >> 6 == 2
    rtcp = version_2 & (second >= 200) & (second <= 207) & (length >= 8)
    rtcp &= (heads["length"].astype(np.int64) + 1) * 4 <= length
    payload_type = second & 0x7F
    rtp = version_2 & ~rtcp & (length >= 12 + 4 * (first & 15).astype(np.uint32))
    rtp &= (payload_type <= 34) | (payload_type >= 96) | ((payload_type < 64) & (destination % 2 == 0))
    rtp &= (source >= _FIRST_RTP_PORT) & (destination >= _FIRST_RTP_PORT)
    stun = (first < 4) & (heads["cookie"] == _STUN_COOKIE) & (length >= 20)
    one, other = _PORTS[source], _PORTS[destination]
    dns = ((one == Protocol.DNS) | (other == Protocol.DNS)) & (length >= 12)
    dns &= ~(rtp | rtcp) | (source == _DNS_PORT) | (destination == _DNS_PORT)  # that of mDNS is a port for media as well
    dhcp = (one == Protocol.DHCP) & (other == Protocol.DHCP)
    labels = np.full(rows.size, Protocol.UDP, np.uint8)
    for found, label in (
        (rtp, Protocol.RTP),
        (rtcp, Protocol.RTCP),
        (stun, Protocol.STUN),
        (dhcp, Protocol.DHCP),
        (dns, Protocol.DNS),
    ):
        labels[found] = label  # the last one counts
    peel.protocol[rows] = labels


def _label_segments(peel: Peel, rows: Rows, heads: Heads, length: npt.NDArray[np.uint32]) -> None:
    record = (heads["first"] >= 20) & (heads["first"] <= 23) & (heads["second"] == 3) & (heads["third"] <= 4) & (length >= 5)
    dns = (peel.source_port[rows] == 53) | (peel.destination_port[rows] == 53)
    peel.protocol[rows] = np.select((record, dns), (Protocol.TLS, Protocol.DNS), Protocol.TCP)
