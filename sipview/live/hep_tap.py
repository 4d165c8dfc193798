"""A port, of UDP and TCP, to which agents send copies of messages; they are written as packets."""

import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from sipview.capture.hep import Copied, decode
from sipview.live.hep import Packets
from sipview.live.hep_streams import HepStreams
from sipview.live.orders import Order, Source, TapState
from sipview.live.packet_file import FileTap, PacketFile
from sipview.live.presets import WHOLE
from sipview.live.taps import TapError

_RAW_IP = 101
_FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, WHOLE, _RAW_IP)
_LARGEST_DATAGRAM = 65_535


class HepTap(FileTap):
    """The port. What comes that is no HEP is counted, and told in the notice."""

    def __init__(self, source: Source, order: Order) -> None:
        """Open the port. Raises `TapError` where it is taken, or the address is not of this computer."""
        if order.choice.expression:
            raise TapError(f"{source.title}: a capture filter does not work on HEP; the agent decides what it sends")
        self._title, self.notice = source.title, ""
        self._file = PacketFile(_FILE_HEADER)
        self.packets, self._lost = 0, ""
        self._refused: Counter[str] = Counter()
        self._maker = Packets()
        try:
            self._socket = _bound(source.host, source.port, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            try:
                self._streams = HepStreams(_bound(source.host, source.port, socket.SOCK_STREAM))
            except OSError:
                self._socket.close()
                raise
        except OSError as error:
            raise TapError(f"{source.title}: the port cannot be opened: {error.strerror or error}") from error

    @property
    def refused(self) -> str:
        """What was left out and why, as a sentence; "" where nothing was."""
        if not self._refused:
            return ""
        reason, _ = self._refused.most_common(1)[0]
        return f"{self._title}: {self._refused.total():,} packet(s) were left out, mostly because: {reason}"

    def take(self, most: int) -> int:
        """Write the messages that have come."""
        count = 0
        for packet in islice(chain(self._datagrams(), self._streams.packets()), most):
            copied = decode(packet) if isinstance(packet, bytes) else packet
            if isinstance(copied, str):
                self._refused[copied] += 1
            else:
                self._add(copied)
                count += 1
        self.packets += count
        return count

    def _datagrams(self) -> Iterator[bytes]:
        while True:
            try:
                yield self._socket.recv(_LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                self._lost = f"{self._title}: the port cannot be read any more: {error.strerror or error}"
                raise TapError(self._lost) from error

    def _add(self, copied: Copied) -> None:
        packet = self._maker.packet(copied)
        time_us = time.time_ns() // 1000 if copied.time_us is None else copied.time_us
        self._file.write(struct.pack("<IIII", *divmod(time_us, 1_000_000), len(packet), len(packet)) + packet)

    def state(self) -> TapState:
        """Counters."""
        return TapState(self._title, "hep", _RAW_IP, WHOLE, self.packets, self._file.bytes_in_all, lost=self._lost)

    def finish(self) -> None:
        """Nothing to ask."""

    def close(self) -> None:
        """Close file and port."""
        self._file.close()
        self._streams.close()
        self._socket.close()


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket on this port of one address; without one, of all, IPv4 and IPv6."""
    address: tuple[Any, ...]
    if host:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    elif socket.has_dualstack_ipv6():
        family, address = socket.AF_INET6, ("::", port)
    else:
        family, address = socket.AF_INET, ("0.0.0.0", port)
    made = socket.socket(family, kind)
    try:
        if not host and family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if kind == socket.SOCK_STREAM and sys.platform != "win32":  # there it would let two programs listen
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
