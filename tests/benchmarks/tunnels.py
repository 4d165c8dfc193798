"""How fast a capture is read that is made wholly of one tunnel or link layer, against the same packets without it.

    python -m tests.benchmarks.tunnels [--packets N] [--rounds N]

Each packet of a generated capture is put into the tunnel; both files are read into columns in one process, and the best round
counts.
"""

import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sipview.capture import open_capture
from sipview.index import read
from sipview.values import CancelToken
from tests.benchmarks.measured_capture import parser_of
from tests.support import traffic

Wrap = Callable[[bytes], bytes]

_MACS = bytes.fromhex("020000000009 02000000000a")
_ETHERNET, _PPP, _WIFI, _SLL = 1, 9, 127, 113
_IPV4_AT, _UDP_AT, _PAYLOAD_AT = 14, 34, 42
_SIP_SHARE = 60


def _ethernet(kind: int, payload: bytes) -> bytes:
    return _MACS + struct.pack(">H", kind) + payload


def _ipv4(protocol: int, payload: bytes) -> bytes:
    head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, 0xC0000201, 0xC0000202)
    return _ethernet(0x0800, head + payload)


def _ipv6(protocol: int, payload: bytes) -> bytes:
    ends = bytes(15) + b"\1" + bytes(15) + b"\2"
    return _ethernet(0x86DD, struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + ends + payload)


def _udp(port: int, payload: bytes) -> bytes:
    return _ipv4(17, struct.pack(">HHHH", 55555, port, 8 + len(payload), 0) + payload)


def _chunk(kind: int, value: bytes) -> bytes:
    return struct.pack(">HHH", 0, kind, 6 + len(value)) + value


def _hep_3(frame: bytes) -> bytes:
    fields = {
        1: b"\2", 2: b"\x11", 3: frame[26:30], 4: frame[30:34], 7: frame[34:36], 8: frame[36:38], 9: bytes(4), 10: bytes(4),
        11: b"\1", 12: bytes(4), 15: frame[_PAYLOAD_AT:],
    }  # fmt: skip
    chunks = b"".join(_chunk(kind, value) for kind, value in fields.items())
    return _udp(9060, b"HEP3" + struct.pack(">H", 6 + len(chunks)) + chunks)


def _esp(frame: bytes) -> bytes:
    inner = frame[_UDP_AT:]
    padding = -(len(inner) + 2) % 4
    return _ipv4(50, struct.pack(">II", 5, 6) + inner + bytes(range(1, 1 + padding)) + bytes([padding, 17]) + bytes(12))


def _vxlan(frame: bytes) -> bytes:
    return _udp(4789, struct.pack(">II", 0x08000000, 7 << 8) + frame)


TUNNELS: dict[str, tuple[int, Wrap]] = {
    "QinQ": (_ETHERNET, lambda frame: frame[:12] + struct.pack(">HHHH", 0x88A8, 5, 0x8100, 6) + frame[12:]),
    "PPPoE": (
        _ETHERNET, lambda frame: _ethernet(0x8864, struct.pack(">BBHHH", 0x11, 0, 1, len(frame) - 12, 0x21) + frame[_IPV4_AT:]),
    ),
    "MPLS": (_ETHERNET, lambda frame: _ethernet(0x8847, struct.pack(">II", 16 << 12, 17 << 12 | 0x140) + frame[_IPV4_AT:])),
    "IP in IP": (_ETHERNET, lambda frame: _ipv4(4, frame[_IPV4_AT:])),
    "IPv4 in IPv6": (_ETHERNET, lambda frame: _ipv6(4, frame[_IPV4_AT:])),
    "GRE": (_ETHERNET, lambda frame: _ipv4(47, struct.pack(">HHII", 0x3000, 0x0800, 1, 2) + frame[_IPV4_AT:])),
    "ERSPAN II": (_ETHERNET, lambda frame: _ipv4(47, struct.pack(">HHIII", 0x1000, 0x88BE, 2, 0x10000000, 0) + frame)),
    "ERSPAN III": (_ETHERNET, lambda frame: _ipv4(47, struct.pack(">HHIIII", 0x1000, 0x22EB, 2, 0x20000000, 0, 0) + frame)),
    "VXLAN": (_ETHERNET, _vxlan),
    "VXLAN in a VLAN": (_ETHERNET, lambda frame: _MACS + struct.pack(">HH", 0x8100, 5) + _vxlan(frame)[12:]),
    "Geneve": (_ETHERNET, lambda frame: _udp(6081, struct.pack(">BBHII", 1, 0, 0x6558, 7 << 8, 0) + frame)),
    "GTP-U": (_ETHERNET, lambda frame: _udp(2152, struct.pack(">BBHI", 48, 255, len(frame) - _IPV4_AT, 1) + frame[_IPV4_AT:])),
    "L2TP": (_ETHERNET, lambda frame: _udp(1701, struct.pack(">HHHHH", 2, 1, 1, 0xFF03, 0x21) + frame[_IPV4_AT:])),
    "TZSP": (_ETHERNET, lambda frame: _udp(37008, b"\1\0\0\1\1" + frame)),
    "ESP, not encrypted": (_ETHERNET, _esp),
    "HEP 3": (_ETHERNET, _hep_3),
    "802.11": (
        _WIFI,
        lambda frame: bytes.fromhex("0000080000000000 88010000") + bytes(22) + bytes.fromhex("aaaa03000000") + frame[12:],
    ),
    "PPP": (_PPP, lambda frame: b"\xff\3\0\x21" + frame[_IPV4_AT:]),
    "Linux cooked": (_SLL, lambda frame: bytes(2) + b"\0\1" + bytes(10) + frame[12:]),
}  # fmt: skip


def main() -> None:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--packets", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        plain, wrapped = Path(scratch, "plain.pcap"), Path(scratch, "wrapped.pcap")
        traffic.write(plain, chosen.packets, chosen.packets // _SIP_SHARE)
        usual_s, messages = best(plain, chosen.rounds)
        print(f"{'':20} {'us a packet':>12} {'speed':>6}  {messages:,} messages")
        print(f"{'without':20} {usual_s / chosen.packets * 1e6:12.2f} {1:6.2f}", flush=True)
        for name, (link_type, wrap) in TUNNELS.items():
            put_into(plain, wrapped, link_type, wrap)
            taken_s, found = best(wrapped, chosen.rounds)
            lost = "" if found == messages else f"  {found:,} messages!"
            print(f"{name:20} {taken_s / chosen.packets * 1e6:12.2f} {usual_s / taken_s:6.2f}{lost}", flush=True)


def put_into(plain: Path, wrapped: Path, link_type: int, wrap: Wrap) -> None:
    """Write the packets of one capture into another, each in the tunnel."""
    data, at = plain.read_bytes(), 24
    with wrapped.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type))
        while at < len(data):
            second, fraction, size, _ = struct.unpack_from("<IIII", data, at)
            frame = wrap(data[at + 16 : at + 16 + size])
            out.write(struct.pack("<IIII", second, fraction, len(frame), len(frame)) + frame)
            at += 16 + size


def best(capture: Path, rounds: int) -> tuple[float, int]:
    """Seconds of the quickest pass over a capture, and the SIP messages in it."""
    quickest, messages = float("inf"), 0
    for _ in range(rounds):
        file = open_capture(capture, capture.parent)
        began = time.perf_counter()
        messages = sum(len(step.candidates) for step in read([file], CancelToken()))
        quickest = min(quickest, time.perf_counter() - began)
        file.close()
    return quickest, messages


if __name__ == "__main__":
    main()
