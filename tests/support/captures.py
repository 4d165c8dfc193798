"""A language to build captures, byte by byte as the formats' documents say, and frames by scapy.

write(path, pcap([Packet(0, udp("10.0.0.1:5060", "10.0.0.2:5060", b"..."))], order=">"))
write(path, section("<") + interface("<", 1, resolution=9) + packet("<", 0, ticks, frame))
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.capture import CaptureFile, open_capture

ETHERNET = 1
START_NS = 1_700_000_000_123_456_000


@dataclass(frozen=True, slots=True)
class Packet:
    """One record: when, the captured bytes, and how many bytes there were on the wire (None: just as many)."""

    time_ns: int
    frame: bytes
    length: int | None = None

    @property
    def wire_length(self) -> int:
        return len(self.frame) if self.length is None else self.length


def pcap(
    packets: Iterable[Packet],
    *,
    order: str = "<",
    nanoseconds: bool = False,
    modified: bool = False,
    link_type: int = ETHERNET,
) -> bytes:
    """A pcap file."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2CD34 if modified else 0xA1B2C3D4
    unit = 1 if nanoseconds else 1000
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link_type)]
    for one in packets:
        seconds, rest = divmod(one.time_ns, 1_000_000_000)
        parts.append(struct.pack(order + "IIII", seconds, rest // unit, len(one.frame), one.wire_length))
        if modified:
            parts.append(struct.pack(order + "IHBB", 1, 0, 0, 0))  # interface index, protocol, kind, padding
        parts.append(one.frame)
    return b"".join(parts)


def block(order: str, kind: int, body: bytes) -> bytes:
    """A pcapng block; its body is padded to a multiple of four bytes."""
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total)


def options(order: str, *pairs: tuple[int, bytes]) -> bytes:
    """An option list with its end."""
    parts = [struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in pairs]
    return b"".join(parts) + bytes(4)


def section(order: str, *pairs: tuple[int, bytes]) -> bytes:
    """A Section Header Block of unknown length."""
    tail = options(order, *pairs) if pairs else b""
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + tail)


def interface(
    order: str,
    link_type: int = ETHERNET,
    *,
    resolution: int | None = None,
    offset_s: int | None = None,
    snap_length: int = 0,
    name: str = "",
    description: str = "",
    capture_filter: str = "",
) -> bytes:
    """An Interface Description Block; ``resolution`` is the byte of if_tsresol."""
    pairs = [
        (code, value)
        for code, value in (
            (2, name.encode()),
            (3, description.encode()),
            (9, b"" if resolution is None else bytes([resolution])),
            (11, b"\0" + capture_filter.encode() if capture_filter else b""),
            (14, b"" if offset_s is None else struct.pack(order + "q", offset_s)),
        )
        if value
    ]
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, snap_length) + (options(order, *pairs) if pairs else b""))


def packet(order: str, number: int, ticks: int, frame: bytes, length: int | None = None, comment: str = "") -> bytes:
    """An Enhanced Packet Block."""
    tail = options(order, (2, bytes(4)), (1, comment.encode())) if comment else b""
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), length or len(frame))
    return block(order, 6, head + frame + bytes(-len(frame) % 4) + tail)


def old_packet(order: str, number: int, ticks: int, frame: bytes) -> bytes:
    """An obsolete Packet Block."""
    return block(
        order, 2, struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)) + frame
    )


def simple_packet(order: str, frame: bytes, length: int | None = None) -> bytes:
    """A Simple Packet Block."""
    return block(order, 3, struct.pack(order + "I", length or len(frame)) + frame)


def pcapng(packets: Iterable[Packet], order: str = "<") -> bytes:
    """A pcapng file with one Ethernet interface that counts nanoseconds."""
    return section(order) + interface(order, resolution=9) + b"".join(
        packet(order, 0, one.time_ns, one.frame, one.wire_length) for one in packets
    )  # fmt: skip


def ip(source: str, destination: str) -> Layers:
    """Ethernet and IPv4 or IPv6, by what the addresses are."""
    link = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    return link / (IPv6(src=source, dst=destination) if ":" in source else IP(src=source, dst=destination))


def udp(source: str, destination: str, payload: bytes) -> bytes:
    """An Ethernet frame with a UDP datagram; ends are written ``address/port``."""
    (of, sport), (to, dport) = (end.split("/") for end in (source, destination))
    return bytes(ip(of, to) / UDP(sport=int(sport), dport=int(dport)) / Raw(payload))


def tcp(source: str, destination: str, payload: bytes, sequence: int = 1) -> bytes:
    """An Ethernet frame with a TCP segment; ends are written ``address/port``."""
    (of, sport), (to, dport) = (end.split("/") for end in (source, destination))
    return bytes(ip(of, to) / TCP(sport=int(sport), dport=int(dport), flags="PA", seq=sequence, ack=1) / Raw(payload))


def every_ms(frames: Iterable[bytes]) -> list[Packet]:
    """Packets of these frames, one a millisecond."""
    return [Packet(START_NS + number * 1_000_000, frame) for number, frame in enumerate(frames)]


def sip(method: str = "OPTIONS", call_id: str = "1@test", body: bytes = b"") -> bytes:
    """A small whole request."""
    return (
        f"{method} sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK{call_id}\r\n"
        f"From: <sip:alice@10.0.0.1>;tag=1\r\nTo: <sip:bob@10.0.0.2>\r\nCall-ID: {call_id}\r\nCSeq: 1 {method}\r\n"
        f"Max-Forwards: 70\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def write(path: Path, *parts: bytes) -> Path:
    """Write a file, and give its path back."""
    path.write_bytes(b"".join(parts))
    return path


_open: list[CaptureFile] = []


def open_file(path: Path, spool: Path | None = None, **how: Any) -> CaptureFile:
    """Open a capture that is closed when the test ends (by the fixture `captures_are_closed`)."""
    file = open_capture(path, spool if spool is not None else path.parent / "spool", **how)
    _open.append(file)
    return file


@pytest.fixture(autouse=True)
def captures_are_closed() -> Iterator[None]:
    """Close what `open_file` opened; to be imported by a ``conftest.py``."""
    yield
    while _open:
        _open.pop().close()
