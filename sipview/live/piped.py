"""Another program captures and writes pcap to its standard output: dumpcap here, it or tcpdump on the other end of ssh.

The stream is copied as it is; only the lengths in the record headers are looked at, to count and to cut between records.
"""

import os
import queue
import re
import shlex
import signal
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from sipview.live.orders import Order, Source, TapState
from sipview.live.packet_file import FileTap, PacketFile
from sipview.live.presets import ETHERNET, passes
from sipview.live.processes import no_window
from sipview.live.remote import REQUIRE_PROGRAM, SEARCH_PATH, Host, not_started, refusal, ssh_command
from sipview.live.taps import FILE_HEADER, RECORD_HEADER, TapError

_MAGICS = {0xA1B2C3D4, 0xA1B23C4D}
_LONGEST = 1 << 20  # a record that claims more is no record
_PIECE = 1 << 16
_PIECES_WAITING = 256
_ENDING_S = 3.0
_CONNECT_TIMEOUT_S = 60.0
_LOOK_UP_S = 0.1
_COUNTS = (
    re.compile(rb"received/dropped on interface .*: \d+/(\d+)"),  # dumpcap
    re.compile(rb"(\d+) packets? dropped by kernel"),  # tcpdump
)
_DROPPED_BY_INTERFACE = re.compile(rb"(\d+) packets? dropped by interface")


def expression_for_others(order: Order) -> str:
    """The filter as another program compiles it, for Ethernet unless it is the user's own. Raises `TapError`."""
    if order.choice.expression:
        return order.choice.expression
    if order.choice.preset == "sip-rtp-headers":
        raise TapError(
            'Only the engine of sipview itself can leave out voice; choose the preset "sip-rtp", or permit this user to capture'
        )
    return passes(order.choice.preset, order.choice.ports, ETHERNET)[0].expression


def dumpcap_command(path: str, source: Source, order: Order) -> list[str]:
    """dumpcap as the engine: pcap to standard output."""
    expression = expression_for_others(order)
    if source.name == "any" and not order.choice.expression:
        expression = passes(order.choice.preset, order.choice.ports, 113)[0].expression
    command = [
        path,
        "-q",
        "-P",
        "-w",
        "-",
        "-i",
        source.name,
        "-s",
        str(order.snap_length),
        "-B",
        str(order.buffer_bytes >> 20),
    ]
    if not order.promiscuous:
        command.append("-p")
    return [*command, "-f", expression] if expression else command


def remote_command(source: Source, order: Order) -> list[str]:
    """tcpdump or dumpcap on another computer, whichever may capture there, by ssh.

    The remote shell ends it when the connection ends, in whatever way; and the connection itself is not captured, which would
    never come to rest.
    """
    interface, snap_length = source.name, str(order.snap_length)
    tcpdump = ["tcpdump", "-U", "-n", "-w", "-", "-i", interface, "-s", snap_length, "-B", str(order.buffer_bytes >> 10)]
    dumpcap = ["dumpcap", "-q", "-P", "-w", "-", "-i", interface, "-s", snap_length, "-B", str(order.buffer_bytes >> 20)]
    if not order.promiscuous:
        tcpdump.append("-p")
        dumpcap.append("-p")
    expression = expression_for_others(order)
    wanted = shlex.quote(f"({expression})") if expression else ""
    # of an address with a zone (fe80::1%eth0) the filter takes the address only
    apart = '"${2:+not (tcp port $2 and host ${1%%%*})' + (" and " if expression else "") + '}"' + wanted
    may = f"tcpdump -d -i {shlex.quote(interface)}"
    script = (
        f"{SEARCH_PATH}; {REQUIRE_PROGRAM}; exec 3<&0; set -- $SSH_CONNECTION; "
        f"if has dumpcap && ! {{ has tcpdump && {may}; }} >/dev/null 2>&1; "
        f"then {shlex.join(dumpcap)} -f {apart} & else {shlex.join(tcpdump)} {apart} & fi; t=$!; "
        "{ cat <&3; kill $t; } >/dev/null 2>&1 & wait $t"
    )
    return ssh_command(Host(source.host, source.port), script, attended=source.attended)


class GivenUp(TapError):
    """Nobody wants this source any more, before it was open."""


class PipedTap(FileTap):
    """A source that a command captures. Opening it waits for the header of its stream."""

    refused = ""

    def __init__(self, source: Source, command: Sequence[str], by: str, unwanted: Callable[[], bool] = lambda: False) -> None:
        """Start the command. Raises `TapError` with its own last words where it does not begin a capture.

        ``unwanted`` is asked while it has not begun; `GivenUp` where it says yes.
        """
        self._source, self._unwanted = source, unwanted
        self._title, self._by, self.notice = source.title, by, ""
        self._pending, self.packets = bytearray(), 0
        self._lost, self._ended, self._finishing = "", False, False
        self._dropped: int | None = None
        self._dropped_by_interface: int | None = None
        self._words = bytearray()
        self._pieces: queue.Queue[bytes] = queue.Queue(_PIECES_WAITING)
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for us: we ask it to end when we are ready
        try:
            self._process = subprocess.Popen(
                list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, creationflags=no_window()
            )
        except OSError as error:
            said = not_started(error).sentence if by == "ssh" else f"{command[0]} cannot be started: {error.strerror or error}"
            raise TapError(f"{self._title}: {said}") from error
        finally:
            signal.signal(signal.SIGINT, interrupt)
        threading.Thread(target=self._read, daemon=True).start()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        head = self._header()
        self._file = PacketFile(head)
        order_of_bytes = "<" if int.from_bytes(head[:4], "little") in _MAGICS else ">"
        self._record = struct.Struct(order_of_bytes + "8xI4x")
        self._snap_length, self._link_type = struct.unpack_from(order_of_bytes + "II", head, 16)

    def _read(self) -> None:
        assert self._process.stdout is not None
        stream = self._process.stdout.fileno()
        while piece := os.read(stream, _PIECE):
            self._pieces.put(piece)
        self._pieces.put(b"")

    def _listen(self) -> None:
        """Keep what the command says, the end of it."""
        assert self._process.stderr is not None
        stream = self._process.stderr.fileno()
        while piece := os.read(stream, _PIECE):
            self._words += piece
            del self._words[:-_PIECE]

    def _header(self) -> bytes:
        until = time.monotonic() + _CONNECT_TIMEOUT_S
        while len(self._pending) < FILE_HEADER and not self._ended:
            try:
                self._receive(self._pieces.get(timeout=_LOOK_UP_S))
            except queue.Empty:
                if not (given_up := self._unwanted()) and time.monotonic() < until:
                    continue
                self._end()
                if given_up:
                    raise GivenUp(f"{self._title}: given up before it had begun") from None
                raise TapError(f"{self._title}: {self._by} has not begun within {_CONNECT_TIMEOUT_S:.0f} seconds") from None
        head = bytes(self._pending[:FILE_HEADER])
        if self._ended or not _MAGICS & {int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")}:
            self._end()
            said = self._last_words()
            why = said if said and self._by == "ssh" else f"{self._by} cannot capture: {said or 'it sends no capture'}"
            raise TapError(f"{self._title}: {why}")
        del self._pending[:FILE_HEADER]
        return head

    def _receive(self, piece: bytes) -> None:
        self._pending += piece
        self._ended = not piece

    def _last_words(self) -> str:
        self._listener.join(_ENDING_S)
        if self._by == "ssh":
            told = refusal(self._words.decode("utf-8", "replace"), Host(self._source.host, self._source.port))
            return told.sentence + (f": {told.command}" if told.command else "")
        lines = [line.strip() for line in self._words.decode("utf-8", "replace").splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith(("Capturing on", "File:", "tcpdump: listening"))]
        return " ".join(telling[:2])

    def take(self, most: int) -> int:
        """Copy the whole records that have come."""
        while not self._ended and len(self._pending) < _PIECE:
            try:
                self._receive(self._pieces.get_nowait())
            except queue.Empty:
                break
        at, count, size = 0, 0, len(self._pending)
        while count < most and at + RECORD_HEADER <= size:
            (captured,) = self._record.unpack_from(self._pending, at)
            if captured > _LONGEST:
                self._lost = f"{self._title}: what {self._by} sends is no capture (a packet of {captured:,} bytes)"
                raise TapError(self._lost)
            if at + RECORD_HEADER + captured > size:
                break
            at += RECORD_HEADER + captured
            count += 1
        if count:
            self._file.write(self._pending[:at])
            del self._pending[:at]
            self.packets += count
        elif self._ended and not self._finishing:
            self._lost = f"{self._title}: {self._by} has ended: {self._last_words() or 'the connection is closed'}"
            raise TapError(self._lost)
        return count

    def state(self) -> TapState:
        """Counters; what was dropped is known when the command has ended."""
        return TapState(
            self._title, self._by, self._link_type, self._snap_length, self.packets, self._file.bytes_in_all,
            self._dropped, self._dropped_by_interface, self._lost,
        )  # fmt: skip

    def finish(self) -> None:
        """Ask the command to end: dumpcap by a signal, the other end of ssh by the end of its input."""
        self._finishing = True
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._by != "ssh":
            self._process.terminate()

    def close(self) -> None:
        """Close the file, end the command, and read what it says at its end."""
        self._file.close()
        self._end()

    def _end(self) -> None:
        try:
            self._process.wait(_ENDING_S if self._finishing or self._ended else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(_ENDING_S)
        for pattern in _COUNTS:
            if said := pattern.search(self._words):
                self._dropped = int(said.group(1))
        if said := _DROPPED_BY_INTERFACE.search(self._words):
            self._dropped_by_interface = int(said.group(1))
