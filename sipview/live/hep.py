"""Packets made of the messages that HEP agents copy.

A copied message has lost its packet. It is written as a packet again (raw IP): addresses, ports, time and payload are those
that the agent told; TTL, TCP flags and the like are made up.
"""

import ipaddress
import struct

from sipview.capture.hep import TCP, UDP, Copied


class Packets:
    """Makes packets of copied messages; TCP messages of one direction follow each other as one stream."""

    _MOST_STREAMS = 100_000

    def __init__(self) -> None:
        self._next: dict[tuple[str, str, int, int], int] = {}

    def packet(self, copied: Copied) -> bytes:
        """The message as an IP packet."""
        source, destination = (ipaddress.ip_address(text) for text in (copied.source, copied.destination))
        ports = struct.pack(">HH", copied.source_port, copied.destination_port)
        protocol = TCP if copied.protocol == TCP else UDP  # also SCTP chunks, and of agents that leave the protocol out
        if protocol == TCP:
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
        pseudo = source.packed + destination.packed + struct.pack(">II", len(segment), protocol)
        checksum = _checksum(pseudo + segment) or 0xFFFF
        segment = segment[:checksum_at] + checksum.to_bytes(2, "big") + segment[checksum_at + 2 :]
        if source.version == 6:
            return struct.pack(">IHBB", 6 << 28, len(segment), protocol, 64) + pseudo[:32] + segment
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, protocol, 0) + pseudo[:8]
        return header[:10] + _checksum(header).to_bytes(2, "big") + header[12:] + segment


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words = data + b"\0" * (len(data) % 2)
    total = int.from_bytes(words, "big") % 0xFFFF  # the sum of its 16-bit digits, with the carries brought back
    return 0xFFFF - total
