"""Sends datagrams on loopback at a steady rate, for as little of a processor as can be: so that two cores are enough for it
and for whoever captures.

    python -m tests.benchmarks.sender RATE SECONDS

The frames (G.711 with its headers, to a port whose owner does not read) lie ready in a ring that is shared with the kernel
(PACKET_TX_RING, packet(7)), and one system call has hundreds of them sent. On their way they pass all that those of a socket
pass from the driver on, and whoever captures sees each twice, as it leaves and as it comes, like any packet on loopback.
"""

import mmap
import os
import socket
import struct
import sys
import time
from contextlib import closing
from typing import NamedTuple

import numpy as np

PORT, _FROM, _PAYLOAD = 16000, 16001, 172
_LOOPBACK = "lo"
_BLOCK, _FRAME, _FRAMES = 4096, 512, 512
# <linux/if_packet.h>
_SOL_PACKET, _PACKET_VERSION, _PACKET_TX_RING, _TPACKET_V2 = 263, 10, 13, 1
_SEND_REQUEST, _LENGTHS_AT, _DATA_AT = 1, 4, 32
_NAP_S, _NICE = 0.0005, 5
_MOST_TIME = 3  # times the seconds that were asked for; then the machine cannot do more


class Sent(NamedTuple):
    """How many packets, in how many seconds, and how many seconds of a processor that took the sender and the kernel in it."""

    packets: int
    took_s: float
    cpu_s: float


def frame() -> bytes:
    """An Ethernet frame with a datagram from loopback to itself; without a checksum of UDP, which IPv4 allows (RFC 768)."""
    host = socket.inet_aton("127.0.0.1")
    head = bytearray(struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + _PAYLOAD, 0, 0x4000, 64, 17, 0, host, host))
    total = sum(struct.unpack(">10H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    head[10:12] = struct.pack(">H", total ^ 0xFFFF)
    rtp = struct.pack(">BBHII", 0x80, 8, 1, 160, 7)
    datagram = struct.pack(">HHHH", _FROM, PORT, 8 + _PAYLOAD, 0) + rtp + bytes(_PAYLOAD - len(rtp))
    return bytes(12) + b"\x08\x00" + bytes(head) + datagram


class Ring:
    """Copies of a frame in memory that is the kernel's as well. Root may open it."""

    def __init__(self, interface: str, frame: bytes) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # 0: nothing is received
        self._socket.setsockopt(_SOL_PACKET, _PACKET_VERSION, struct.pack("i", _TPACKET_V2))
        blocks = _FRAMES * _FRAME // _BLOCK
        self._socket.setsockopt(_SOL_PACKET, _PACKET_TX_RING, struct.pack("IIII", _BLOCK, blocks, _FRAME, _FRAMES))
        self._socket.bind((interface, 0))
        self._memory = mmap.mmap(self._socket.fileno(), _FRAMES * _FRAME)
        for at in range(0, _FRAMES * _FRAME, _FRAME):
            struct.pack_into("II", self._memory, at + _LENGTHS_AT, len(frame), len(frame))
            self._memory[at + _DATA_AT : at + _DATA_AT + len(frame)] = frame
        self._states = np.ndarray((_FRAMES,), np.uint32, self._memory, strides=(_FRAME,))
        self._next = 0

    def send(self, most: int) -> int:
        """Have the next frames sent, as many as lie in a row, and wait until they are; how many it were."""
        count = min(most, _FRAMES - self._next)
        self._states[self._next : self._next + count] = _SEND_REQUEST
        self._socket.send(b"")
        self._next = (self._next + count) % _FRAMES
        return count

    def close(self) -> None:
        """Let go of the memory, and of the interface."""
        del self._states
        self._memory.close()
        self._socket.close()


def send(rate: int, seconds: float) -> Sent:
    """Send so many packets a second, as far as the machine can."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, closing(Ring(_LOOPBACK, frame())) as ring:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        receiver.bind(("127.0.0.1", PORT))
        sent, wanted = 0, int(rate * seconds)
        begun, cpu_begun = time.monotonic(), time.process_time()
        while sent < wanted:
            due = min(wanted, int((time.monotonic() - begun) * rate))
            if sent >= due:
                time.sleep(_NAP_S)
            while sent < due:
                sent += ring.send(due - sent)
            if time.monotonic() - begun > _MOST_TIME * seconds:
                break
        return Sent(sent, time.monotonic() - begun, time.process_time() - cpu_begun)


if __name__ == "__main__":
    os.nice(_NICE)  # whoever captures goes before
    print(*send(int(sys.argv[1]), float(sys.argv[2])))
