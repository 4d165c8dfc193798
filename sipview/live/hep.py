"""HEP, in which agents such as heplify, Kamailio, OpenSIPS and Asterisk send copies of messages: versions 1, 2 and 3.

A copied message has lost its packet. It is written as a packet again (raw IP): addresses, ports, time and payload are those
that the agent told; TTL, TCP flags and the like are made up.
"""

import ipaddress
import struct
import zlib
from dataclasses import dataclass, replace

UDP, TCP, SCTP = 17, 6, 132
# Chunks of the generic vendor (HEP3/EEP, 3.1).
_FAMILY, _PROTOCOL, _SOURCE4, _DESTINATION4, _SOURCE6, _DESTINATION6, _SOURCE_PORT, _DESTINATION_PORT = range(1, 9)
_SECONDS, _MICROSECONDS, _PAYLOAD_KIND, _PAYLOAD, _PACKED_PAYLOAD = 9, 10, 11, 15, 16
_AS_IT_PASSED = {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13}  # SIP, RTP...; not the reports as JSON (5, 34, 50...) and logs (100)
_LONGEST_PAYLOAD = 65_000
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


def decode(datagram: bytes) -> Copied | str:
    """What is in one datagram; or a sentence why nothing in it can be written as a packet."""
    copied = _version_3(datagram) if datagram[:4] in {b"HEP3", b"EEP1"} else _version_1_or_2(datagram)
    if isinstance(copied, str):
        return copied
    if not copied.payload:
        return "it has no payload"
    if len(copied.payload) > _LONGEST_PAYLOAD:
        return f"its payload has more than {_LONGEST_PAYLOAD:,} bytes"
    if copied.protocol not in {UDP, TCP}:
        return replace(copied, protocol=UDP)  # SCTP chunks, and agents that leave the protocol out
    return copied


def _version_3(datagram: bytes) -> Copied | str:
    length = int.from_bytes(datagram[4:6], "big")
    if not 6 <= length <= len(datagram):
        return "it is cut"
    found: dict[int, bytes] = {}
    at = 6
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
    payload = found.get(_PAYLOAD, b"")
    if _PACKED_PAYLOAD in found:
        try:
            payload = zlib.decompressobj(47).decompress(found[_PACKED_PAYLOAD], _LONGEST_PAYLOAD + 1)  # zlib or gzip
        except zlib.error:
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


class Packets:
    """Makes packets of copied messages; TCP messages of one direction follow each other as one stream."""

    _MOST_STREAMS = 100_000

    def __init__(self) -> None:
        self._next: dict[tuple[str, str, int, int], int] = {}

    def packet(self, copied: Copied) -> bytes:
        """The message as an IP packet."""
        source, destination = (ipaddress.ip_address(text) for text in (copied.source, copied.destination))
        ports = struct.pack(">HH", copied.source_port, copied.destination_port)
        if copied.protocol == TCP:
            key = (copied.source, copied.destination, copied.source_port, copied.destination_port)
            sequence = self._next.pop(key, 1)
            self._next[key] = (sequence + len(copied.payload)) & 0xFFFFFFFF
            if len(self._next) > self._MOST_STREAMS:
                del self._next[next(iter(self._next))]  # the one unused for longest
            segment = ports + struct.pack(">IIBBHHH", sequence, 1, 5 << 4, 0x18, 65535, 0, 0) + copied.payload
            checksum_at = 16
        else:
            segment = ports + struct.pack(">HH", 8 + len(copied.payload), 0) + copied.payload
            checksum_at = 6
        pseudo = source.packed + destination.packed + struct.pack(">II", len(segment), copied.protocol)
        checksum = _checksum(pseudo + segment) or 0xFFFF
        segment = segment[:checksum_at] + checksum.to_bytes(2, "big") + segment[checksum_at + 2 :]
        if source.version == 6:
            return struct.pack(">IHBB", 6 << 28, len(segment), copied.protocol, 64) + pseudo[:32] + segment
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, copied.protocol, 0) + pseudo[:8]
        return header[:10] + _checksum(header).to_bytes(2, "big") + header[12:] + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words = data + b"\0" * (len(data) % 2)
    total = int.from_bytes(words, "big") % 0xFFFF  # the sum of its 16-bit digits, with the carries brought back
    return 0xFFFF - total
