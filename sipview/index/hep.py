"""HEP, in which capture agents (of Asterisk, Kamailio, heplify ...) send copies of messages to a collector.

What such a copy tells becomes the packet: its endpoints, its transport, its payload (a compressed one is opened where messages
are put together). The time stays that of the capture, which
orders all packets; `told_time_ns` gives what the agent says.
"""

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.capture import Positions, gather
from sipview.index.layers import Flag, Layer, Peel, Protocol, Rows, Step

_MAGIC = int.from_bytes(b"HEP3", "big")
_MOST_CHUNKS, _MOST_MARKS = 48, 16
_KINDS = 17  # that have a meaning here
_PROTOCOL, _PORTS, _SECONDS, _MICROSECONDS, _PAYLOAD, _PACKED = 2, (7, 8), 9, 10, 15, 16
_SIZES = np.array([0, 1, 1, 4, 4, 16, 16, 2, 2, 4, 4, 1, 4, 2, 0, 0, 0, 0], np.int64)  # of the chunks' values, by kind
_UDP_NUMBER = 17
_PROTOCOLS = np.full(256, Protocol.UDP, np.uint8)
_PROTOCOLS[[6, 132]] = Protocol.TCP, Protocol.SCTP
_IPV4_FAMILY, _IPV6_FAMILIES = 2, (10, 24, 28, 30)

_HEP_3 = np.dtype([("magic", ">u4"), ("length", ">u2")])
_CHUNK = np.dtype([("vendor", ">u2"), ("kind", ">u2"), ("length", ">u2")])
_HEP = np.dtype(
    [
        ("version", "u1"),
        ("length", "u1"),
        ("family", "u1"),
        ("protocol", "u1"),
        ("source_port", ">u2"),
        ("destination_port", ">u2"),
    ]
)
_IPV4_PAIR = np.dtype([("source", ">u4"), ("destination", ">u4")])
_IPV4 = np.dtype([("value", ">u4")])
_IPV6 = np.dtype([("high", ">u8"), ("low", ">u8")])
_PORT = np.dtype([("value", ">u2")])
_BYTE = np.dtype([("value", "u1")])
_ADDRESSES = {(3, 4): _IPV4, (5, 6): _IPV6}  # the kinds of chunks that hold the two ends
_TIME_SIZES = (10, 12)  # of version 2: without and with what a compiler fills up
_SIZES_WITH_TIME = (26, 28, 50, 52)  # of the whole header, of IPv4 and IPv6


def hep_3(peel: Peel, rows: Rows) -> None:
    """HEP version 3: chunks of vendor, kind, length and value, in any order."""
    begin = peel.at[rows]
    peel.layer[rows] = Layer.NONE
    whole, head = peel.peek(rows, begin, _HEP_3)
    good = whole & (head["magic"] == _MAGIC) & (head["length"] > _HEP_3.itemsize)
    rows, begin = rows[good], begin[good]
    end = np.minimum(begin + head["length"][good], peel.end[rows])
    values, payload_end = _chunks(peel, rows, begin + _HEP_3.itemsize, end)
    payload = np.where(values[_PAYLOAD] != 0, values[_PAYLOAD], values[_PACKED])
    told = payload != 0
    for (source, destination), kind in _ADDRESSES.items():
        chosen = np.flatnonzero(told & (values[source] != 0) & (values[destination] != 0))
        told[chosen] = False
        frames = peel.start[rows[chosen]]
        ends = _addresses(peel, kind, frames + values[source][chosen], frames + values[destination][chosen])
        ports = [_number(peel, frames, values[number][chosen], _PORT) for number in _PORTS]
        protocol = _number(peel, frames, values[_PROTOCOL][chosen], _BYTE)
        _tell(peel, rows[chosen], ends, ports, protocol, payload[chosen], payload_end[chosen])


def hep(peel: Peel, rows: Rows) -> None:
    """HEP versions 1 and 2: a fixed header, which in version 2 ends with a time."""
    at = peel.at[rows]
    peel.layer[rows] = Layer.NONE
    whole, head = peel.peek(rows, at, _HEP)
    ipv4, ipv6 = head["family"] == _IPV4_FAMILY, np.isin(head["family"], _IPV6_FAMILIES)
    fixed = _HEP.itemsize + np.where(ipv4, _IPV4_PAIR.itemsize, 2 * _IPV6.itemsize)
    rest = head["length"].astype(np.int64) - fixed
    good = whole & (ipv4 | ipv6) & np.isin(head["protocol"], (6, 17, 132)) & (at + head["length"] <= peel.end[rows])
    good &= ((head["version"] == 1) & (rest == 0)) | ((head["version"] == 2) & np.isin(rest, _TIME_SIZES))
    for told, kind in ((good & ipv4, _IPV4), (good & ipv6, _IPV6)):
        chosen = np.flatnonzero(told)
        start = peel.start[rows[chosen]] + at[chosen] + _HEP.itemsize
        ends = _addresses(peel, kind, start, start + kind.itemsize)
        ports = [head[name][chosen] for name in ("source_port", "destination_port")]
        payload = at[chosen] + head["length"][chosen]
        _tell(peel, rows[chosen], ends, ports, head["protocol"][chosen], payload, peel.end[rows[chosen]])


def told_time_ns(frame: bytes, payload_start: int) -> int | None:
    """When an agent saw the message that it sent in ``frame``, or None where it does not say that.

    ``payload_start`` is where the message begins: so the header is found behind any layers.
    """
    found = payload_start
    for _ in range(_MOST_MARKS):  # it may stand in a chunk too
        found = frame.rfind(b"HEP3", 0, found)
        if found < 0:
            break
        time_ns, is_header = _time_in_chunks(frame, found, payload_start)
        if is_header:
            return time_ns
    for size in _SIZES_WITH_TIME:
        begin = payload_start - size
        if begin >= 0 and frame[begin : begin + 2] == bytes((2, size)):
            seconds, microseconds = struct.unpack_from("<II", frame, payload_start - _TIME_SIZES[size % 4 == 0])
            return int(seconds * 1_000_000_000 + microseconds * 1000)
    return None


def _time_in_chunks(frame: bytes, at: int, payload_start: int) -> tuple[int | None, bool]:
    """The time in the chunks of a packet at ``at``, and whether its message is the one at ``payload_start``."""
    end = min(at + int.from_bytes(frame[at + 4 : at + 6], "big"), len(frame))
    at += _HEP_3.itemsize
    seconds, microseconds, is_header = None, 0, False
    for _ in range(_MOST_CHUNKS):
        if at + _CHUNK.itemsize > end:
            break
        vendor, kind, length = struct.unpack_from(">HHH", frame, at)
        value = at + _CHUNK.itemsize
        if vendor == 0 and kind == _SECONDS:
            seconds = int.from_bytes(frame[value : value + 4], "big")
        elif vendor == 0 and kind == _MICROSECONDS:
            microseconds = int.from_bytes(frame[value : value + 4], "big")
        is_header |= vendor == 0 and kind in {_PAYLOAD, _PACKED} and value == payload_start
        at += max(length, _CHUNK.itemsize)
    return (None if seconds is None else seconds * 1_000_000_000 + microseconds * 1000), is_header


def _chunks(peel: Peel, rows: Rows, at: Positions, end: Positions) -> tuple[npt.NDArray[np.int64], Positions]:
    """Where the value of each kind of chunk begins (0: there is none), as [kind, row]; and where the payload ends.

    One pass a chunk, over all packets: agents write the same dozen chunks before every message. So in most passes one kind and
    one length are those of all packets.
    """
    values = np.zeros((_KINDS + 1, rows.size), np.int64)  # the last kind is any other
    payload_end = np.zeros(rows.size, np.int64)
    waiting = np.arange(rows.size)
    for _ in range(_MOST_CHUNKS):
        inside = at + _CHUNK.itemsize <= end
        if not inside.all():
            waiting, at, end = waiting[inside], at[inside], end[inside]
        if not waiting.size:
            break
        head = gather(peel.data, peel.start[rows[waiting]] + at, _CHUNK)
        kind, length = _known(head["vendor"], head["kind"]), head["length"].astype(np.int64)
        following, value = at + length, at + _CHUNK.itemsize
        message = (kind == _PAYLOAD) | (kind == _PACKED) & (values[_PAYLOAD, waiting] == 0)
        # the message may be cut short by the capture, all else has to be there
        good = ((following <= end) | message) & (length >= _CHUNK.itemsize + _SIZES[kind])
        if waiting.size == rows.size and good.all() and (kind == kind[0]).all():
            values[kind[0]] = value
        else:
            values[kind[good], waiting[good]] = value[good]
        if message.any():
            message &= good
            payload_end[waiting[message]] = np.minimum(following, end)[message]
        going_on = length >= _CHUNK.itemsize
        if not going_on.all():
            waiting, end, following = waiting[going_on], end[going_on], following[going_on]
        at = following
    return values, payload_end


def _known(vendor: npt.NDArray[np.uint16], kind: npt.NDArray[np.uint16]) -> npt.NDArray[np.intp]:
    """The kinds of chunks, where they are of the common vendor and have a meaning here, else ``_KINDS``."""
    if not vendor.any():
        return np.minimum(kind, _KINDS).astype(np.intp)
    return np.where(vendor == 0, np.minimum(kind, _KINDS), _KINDS).astype(np.intp)


def _number(peel: Peel, frames: Positions, at: Positions, kind: np.dtype[np.void]) -> npt.NDArray[np.unsignedinteger[Any]]:
    """The numbers at these places of the frames; 0 where the place is 0."""
    found: npt.NDArray[np.unsignedinteger[Any]] = gather(peel.data, frames + at, kind)["value"]
    return np.where(at == 0, found.dtype.type(0), found)


def _addresses(peel: Peel, kind: np.dtype[np.void], sources: Positions, destinations: Positions) -> npt.NDArray[np.uint32]:
    """The addresses of one family that stand at these positions in the file: all sources, then all destinations."""
    found = gather(peel.data, np.concatenate((sources, destinations)), kind)
    return peel.addresses.ipv4(found["value"]) if kind is _IPV4 else peel.addresses.ipv6(found["high"], found["low"])


def _tell(
    peel: Peel,
    rows: Rows,
    ends: npt.NDArray[np.uint32],
    ports: list[npt.NDArray[np.unsignedinteger[Any]]],
    protocol: npt.NDArray[np.uint8],
    payload: Positions,
    end: Positions,
) -> None:
    """Write down what the agent says. A transport that is none of ours was that of a log or a report: UDP will do."""
    peel.source[rows], peel.destination[rows] = ends[: rows.size], ends[rows.size :]
    peel.source_port[rows], peel.destination_port[rows] = ports
    peel.protocol[rows] = _PROTOCOLS[protocol]
    peel.transport[rows] = np.where(np.isin(protocol, (6, 132)), protocol, _UDP_NUMBER)
    peel.transport_start[rows] = 0
    peel.flags[rows] |= np.uint16(Flag.HEP)
    peel.carry(rows, payload, end)


STEPS: dict[Layer, Step] = {Layer.HEP: hep, Layer.HEP_3: hep_3}
