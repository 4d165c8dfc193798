"""A UDP port to which agents send copies of messages; they are written as packets."""

import socket
import struct
import time
from collections import Counter

from sipview.live.hep import Copied, Packets, decode
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
            self._socket = _bound(source.host, source.port)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        except OSError as error:
            raise TapError(f"{source.title} cannot be opened: {error.strerror or error}") from error

    @property
    def refused(self) -> str:
        """What was left out and why, as a sentence; "" where nothing was."""
        if not self._refused:
            return ""
        reason, _ = self._refused.most_common(1)[0]
        return f"{self._title}: {self._refused.total():,} datagram(s) were left out, mostly because: {reason}"

    def take(self, most: int) -> int:
        """Write the messages that have come."""
        count = 0
        for _ in range(most):
            try:
                datagram = self._socket.recv(_LARGEST_DATAGRAM)
            except BlockingIOError:
                break
            except OSError as error:
                self._lost = f"{self._title}: the port cannot be read any more: {error.strerror or error}"
                raise TapError(self._lost) from error
            copied = decode(datagram)
            if isinstance(copied, str):
                self._refused[copied] += 1
            else:
                self._add(copied)
                count += 1
        self.packets += count
        return count

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
        self._socket.close()


def _bound(host: str, port: int) -> socket.socket:
    """A UDP socket on this port of one address; without one, of all, IPv4 and IPv6."""
    if host:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        made = socket.socket(family, kind, protocol)
    elif socket.has_dualstack_ipv6():
        made, address = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM), ("::", port)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    else:
        made, address = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), ("0.0.0.0", port)
    try:
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
