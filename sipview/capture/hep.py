"""HEP, in which agents such as heplify, Kamailio, OpenSIPS and Asterisk send copies of messages: versions 1, 2 and 3.

Pure: bytes in, values out. Over UDP a packet of HEP is a datagram; over TCP those of version 3 follow each other.
"""

import ipaddress
import struct
import zlib
from dataclasses import dataclass

UDP, TCP, SCTP = 17, 6, 132
LONGEST_PAYLOAD = 65_000
_MARKS = frozenset({b"HEP3", b"EEP1"})
_HEAD = 6
_NOTHING = zlib.compress(b"")
_LEAST = _HEAD + 6  # with one chunk
# Chunks of the generic vendor (HEP3/EEP, 3.1).
_FAMILY, _PROTOCOL, _SOURCE4, _DESTINATION4, _SOURCE6, _DESTINATION6, _SOURCE_PORT, _DESTINATION_PORT = range(1, 9)
_SECONDS, _MICROSECONDS, _PAYLOAD_KIND, _PAYLOAD, _PACKED_PAYLOAD = 9, 10, 11, 15, 16
_AS_IT_PASSED = {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13}  # SIP, RTP...; not the reports as JSON (5, 34, 50...) and logs (100)
_PLAUSIBLE_TIME = range(946_684_800, 4_102_444_800)  # the years 2000 to 2099


@dataclass(frozen=True, slots=True)
class Copied:
    """A message that an agent copied. ``time_us`` is None where the version of HEP has no time (version 1)."""

    source: str
    destination: str
    source_port: int
    destination_port: int
    protocol: int
    time_us: int | None
    payload: bytes


def begins_hep(data: bytes | bytearray) -> bool:
    """Whether these bytes begin a packet of HEP 3, the one version that can follow another in a stream, or may do so."""
    if bytes(data[:4]) not in _MARKS:
        return False
    if len(data) < _LEAST:
        return len(data) < _HEAD or length_of(data) >= _LEAST
    return _HEAD <= int.from_bytes(data[10:12], "big") <= length_of(data) - _HEAD  # the length of the first chunk


def length_of(data: bytes | bytearray) -> int:
    """How many bytes the packet has that begins here; 0 where too few are there to tell."""
    return int.from_bytes(data[4:6], "big") if len(data) >= _HEAD else 0


def is_packed(payload: bytes) -> bool:
    """Whether these bytes look like a compressed payload: they begin as zlib (RFC 1950 2.2) or gzip (RFC 1952 2.3.1) does."""
    zlib_head = len(payload) > 1 and payload[0] & 0x0F == 8 and payload[0] >> 4 < 8 and (payload[0] << 8 | payload[1]) % 31 == 0
    return zlib_head or payload[:3] == b"\x1f\x8b\x08"


def unpack(packed: bytes) -> bytes | None:
    """A compressed payload as it was: as far as it is there, and no longer than a packet can be. None where it is damaged."""
    try:
        return zlib.decompressobj(47).decompress(packed, LONGEST_PAYLOAD + 1)  # zlib or gzip
    except zlib.error:
        return None


def decode(datagram: bytes) -> Copied | str:
    """What is in one datagram; or a sentence why nothing in it can be written as a packet."""
    copied = _version_3(datagram) if datagram[:4] in _MARKS else _version_1_or_2(datagram)
    if isinstance(copied, str):
        return copied
    if not copied.payload:
        return "it has no payload"
    if len(copied.payload) > LONGEST_PAYLOAD:
        return f"its payload has more than {LONGEST_PAYLOAD:,} bytes"
    return copied


def _version_3(datagram: bytes) -> Copied | str:
    length = length_of(datagram)
    if not _HEAD <= length <= len(datagram):
        return "it is cut"
    found: dict[int, bytes] = {}
    at = _HEAD
    while at + 6 <= length:
        vendor, kind, size = struct.unpack_from(">HHH", datagram, at)
        if size < 6 or at + size > length:
            return f"a chunk of it claims {size} bytes"
        if vendor == 0:
            found[kind] = datagram[at + 6 : at + size]
        at += size
    numbers = {kind: int.from_bytes(value[:4], "big") for kind, value in found.items()}
    if numbers.get(_PAYLOAD_KIND, 1) not in _AS_IT_PASSED:
        return "it is a report of the agent and no copied packet"
    four = _SOURCE4 in found and _DESTINATION4 in found
    source, destination = (found.get(_SOURCE4 if four else _SOURCE6), found.get(_DESTINATION4 if four else _DESTINATION6))
    size = 4 if four else 16
    if source is None or destination is None or len(source) != size or len(destination) != size:
        return "it has no addresses"
    payload = found.get(_PAYLOAD) or unpack(found.get(_PACKED_PAYLOAD, _NOTHING))
    if payload is None:
        return "its compressed payload is damaged"
    time_us = numbers[_SECONDS] * 1_000_000 + numbers.get(_MICROSECONDS, 0) % 1_000_000 if _SECONDS in numbers else None
    return Copied(
        str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)),
        numbers.get(_SOURCE_PORT, 0) & 0xFFFF, numbers.get(_DESTINATION_PORT, 0) & 0xFFFF,
        numbers.get(_PROTOCOL, UDP), time_us, payload,
    )  # fmt: skip


def _version_1_or_2(datagram: bytes) -> Copied | str:
    if len(datagram) < 8 or datagram[0] not in {1, 2}:
        return "it is no HEP"
    version, length, family, protocol, source_port, destination_port = struct.unpack_from(">BBBBHH", datagram)
    size = {2: 4, 10: 16, 30: 16, 28: 16}.get(family)  # AF_INET; AF_INET6 of Linux, macOS, FreeBSD
    if size is None or length != 8 + 2 * size or len(datagram) < length:
        return "its header is damaged"
    source, destination = datagram[8 : 8 + size], datagram[8 + size : length]
    time_us, at = None, length
    if version == 2:
        at += 12  # seconds, microseconds, number of the agent, and two bytes that its C structure is longer
        if len(datagram) < at:
            return "it is cut"
        for order in "<>":  # each agent writes the order of its own processor
            seconds, microseconds = struct.unpack_from(order + "II", datagram, length)
            if seconds in _PLAUSIBLE_TIME:
                time_us = seconds * 1_000_000 + microseconds % 1_000_000
                break
    return Copied(
        str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)), source_port, destination_port, protocol,
        time_us, datagram[at:],
    )  # fmt: skip
