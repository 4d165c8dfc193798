"""What passes on interfaces while nothing is captured: a count of packets and of SIP, for a list that shows where life is.

A process of its own opens each interface twice and reads nothing (but SIP, where the kernel does not count what the filter lets
through): the kernel counts, and throws it away, so this costs next to nothing. It ends when its standard input does.
"""

import contextlib
import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

import msgspec

from sipview.live.library import IF_LOOPBACK, Library, LibraryError, LibraryMissing
from sipview.live.presets import SIP_PORTS
from sipview.live.processes import ACTIVITY, command_of, no_window

_EVERY_S = 0.5
_PIECE = 1 << 16
_SMALLEST_BUFFER = 1 << 16
_MOST_BUFFERS = 8  # read in a row
_PACKET_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class Watched(msgspec.Struct, frozen=True):
    """Which interfaces to watch; the ports of SIP."""

    names: tuple[str, ...]
    ports: tuple[int, ...] = SIP_PORTS


class Passed(msgspec.Struct, frozen=True):
    """What has passed on an interface since it is watched: packets in all, and to or from the ports of SIP."""

    packets: int
    sip: int


class Activity:
    """Watches interfaces until it is closed. What cannot be watched is missing in ``passed``; nothing is raised for it."""

    def __init__(
        self, names: Sequence[str], ports: Sequence[int] = SIP_PORTS, notify: Callable[[], None] | None = None
    ) -> None:
        """``notify`` is called on a thread of this object twice a second, after ``passed`` has changed."""
        self.passed: dict[str, Passed] = {}
        """Interface to what has passed on it so far; another dictionary each time."""
        self._notify = notify
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                command_of(ACTIVITY),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=no_window(),
            )
        except OSError:
            self._process = None
            return
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended already
            self._process.stdin.write(msgspec.json.encode(Watched(tuple(names), tuple(ports))) + b"\n")
            self._process.stdin.flush()
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        decoder = msgspec.json.Decoder(dict[str, Passed])
        with process.stdout:
            for line in process.stdout:
                self.passed = decoder.decode(line)
                notify = self._notify
                if notify is not None:
                    notify()
        process.wait()

    def end(self) -> None:
        """Watch no longer, and do not wait for the process to end: nobody is told any more."""
        self._notify = None
        if self._process is None:
            return
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def close(self) -> None:
        """Watch no longer, and wait until the process has ended."""
        self.end()
        if self._process is not None:
            self._listener.join()


COUNTED_BEHIND_THE_FILTER = sys.platform == "linux"
"""Whether the kernel counts what a filter lets through; those of Windows and macOS count what comes to the filter."""


class Counter:
    """A handle that is never read: its packets are counted by the kernel, and dropped when its buffer is full.

    Where the kernel counts before it filters, a handle with a filter (an ``expression``) is read: what was read and what had no
    room any more is what the filter has let through.
    """

    def __init__(self, library: Library, name: str, expression: str, *, reads: bool = False) -> None:
        """``reads``: read, as the kernel does not count what the filter lets through. Raises `LibraryError`."""
        self._library, self._reads, self._read = library, reads, 0
        self._ignore = _PACKET_HANDLER(lambda _user, _header, _packet: None)
        self._handle = library.open(
            name, snap_length=64, promiscuous=False, buffer_bytes=_SMALLEST_BUFFER, timeout_ms=int(_EVERY_S * 1000)
        )
        self._statistics = library.structures.pcap_stat()
        if expression:
            program = library.compile(self._handle, expression)
            library.pcap_setfilter(self._handle, program.address)
            program.close()

    def count(self) -> int | None:
        """Packets so far; None when the interface is gone."""
        if self._reads and not self._take():
            return None
        if self._library.pcap_stats(self._handle, ctypes.addressof(self._statistics)) != 0:
            return None
        return self._read + int(self._statistics.ps_drop) if self._reads else int(self._statistics.ps_recv)

    def _take(self) -> bool:
        """Read what is there, a buffer at a time; False when the interface is gone."""
        for _ in range(_MOST_BUFFERS):
            taken = self._library.pcap_dispatch(self._handle, -1, ctypes.cast(self._ignore, ctypes.c_void_p), None)
            if taken <= 0:
                return bool(taken == 0)
            self._read += taken
        return True

    def close(self) -> None:
        """Count no more."""
        self._library.pcap_close(self._handle)


def _counters(library: Library, watched: Watched) -> dict[str, tuple[Counter, Counter]]:
    ports = " or ".join(f"port {port}" for port in watched.ports or SIP_PORTS)
    loopbacks = {library.text(one.name) for one in library.interfaces() if one.flags & IF_LOOPBACK}
    made = {}
    for name in watched.names:
        # Linux shows a packet of loopback as it leaves and as it comes; libpcap would leave out one when it reads
        twice = sys.platform == "linux" and name in loopbacks
        with contextlib.suppress(LibraryError):
            every = Counter(library, name, "inbound" if twice else "")
            sip = f"inbound and ({ports})" if twice else ports
            made[name] = (every, Counter(library, name, sip, reads=not COUNTED_BEHIND_THE_FILTER))
    return made


def _wait_for_the_end(gone: threading.Event) -> None:
    with contextlib.suppress(OSError):
        os.read(0, 1)
    gone.set()


def main() -> int:
    """Count on the interfaces that standard input names, until it ends."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, _PIECE)
        if not piece:
            return 2
        line += piece
    try:
        counters = _counters(Library(), msgspec.json.decode(line, type=Watched))
    except (LibraryMissing, LibraryError):
        return 1
    gone = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=(gone,), daemon=True).start()
    while not gone.wait(_EVERY_S):
        counts = {name: (every.count(), sip.count()) for name, (every, sip) in counters.items()}
        passed = {name: Passed(every, sip) for name, (every, sip) in counts.items() if every is not None and sip is not None}
        try:
            os.write(1, msgspec.json.encode(passed) + b"\n")
        except OSError:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
