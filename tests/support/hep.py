"""HEP as capture agents send it: chunk by chunk, as its description says."""

import socket
import struct
import zlib

SECONDS, MICROSECONDS = 1_700_000_000, 123_456


def chunk(kind: int, value: bytes, vendor: int = 0) -> bytes:
    """One chunk of HEP 3."""
    return struct.pack(">HHH", vendor, kind, 6 + len(value)) + value


def hep3(
    payload: bytes,
    source: str = "10.0.0.1",
    destination: str = "10.0.0.2",
    *,
    protocol: int = 17,
    kind: int = 1,
    packed: bool = False,
) -> bytes:
    """A message of ``kind`` (1: SIP) in HEP 3; ``packed``: compressed."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    addresses = (5, 6) if family == socket.AF_INET6 else (3, 4)
    chunks = [
        chunk(1, bytes([10 if family == socket.AF_INET6 else 2])),
        chunk(2, bytes([protocol])),
        chunk(addresses[0], socket.inet_pton(family, source)),
        chunk(addresses[1], socket.inet_pton(family, destination)),
        chunk(7, struct.pack(">H", 5060)),
        chunk(8, struct.pack(">H", 5070)),
        chunk(9, struct.pack(">I", SECONDS)),
        chunk(10, struct.pack(">I", MICROSECONDS)),
        chunk(11, bytes([kind])),
        chunk(12, struct.pack(">I", 2001)),
        chunk(1, b"unknown", vendor=7),
        chunk(16, zlib.compress(payload)) if packed else chunk(15, payload),
    ]
    body = b"".join(chunks)
    return b"HEP3" + struct.pack(">H", 6 + len(body)) + body


def hep2(payload: bytes, version: int = 2, order: str = "<") -> bytes:
    """A message in HEP 2, or 1; ``order`` is that of the agent's processor."""
    head = struct.pack(">BBBBHH", version, 16, 2, 17, 5060, 5070) + socket.inet_aton("10.0.0.1") + socket.inet_aton("10.0.0.2")
    return head + (struct.pack(order + "IIHH", SECONDS, MICROSECONDS, 2001, 0) if version == 2 else b"") + payload
