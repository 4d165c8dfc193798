"""What packets come out of: an interface by libpcap (here), the output of another program (`piped`), HEP (`hep`)."""

import contextlib
import ctypes
import mmap
import os
import shutil
import struct
from typing import Protocol

from sipview.live.library import Library, LibraryError, Program
from sipview.live.orders import Order, Source, TapState
from sipview.live.presets import passes

FILE_HEADER, RECORD_HEADER = 24, 16
"""Bytes of a pcap file before its first record, and of a record before the packet."""
_TIGHT = 1 << 20  # with less of the disk free than this, part of a record may be missing
READ_TIMEOUT_MS = 40
"""How long the kernel may gather packets before it hands them over."""


class TapError(Exception):
    """A source cannot be opened, or has ended; the text is a sentence for people."""


class DiskFull(Exception):
    """A file could not be written; what was flushed before is whole."""


class Tap(Protocol):
    """A source of packets that writes them to a file, a generation of files after the other."""

    notice: str
    """What a user should know about how it was opened; "" where nothing."""

    @property
    def refused(self) -> str:
        """What came and was left out, and why, as a sentence; "" where nothing was."""
        ...

    @property
    def packets(self) -> int:
        """Written in all."""
        ...

    @property
    def bytes(self) -> int:
        """Of the current file, its header included."""
        ...

    @property
    def bytes_in_all(self) -> int:
        """Of this file and those before."""
        ...

    def take(self, most: int) -> int:
        """Write what is there, at most so many packets; how many it were. Raises `TapError` when the source has ended."""
        ...

    def begin_file(self, name: str) -> None:
        """Close the current file, if any, and go on in this one. Raises `DiskFull`."""
        ...

    def flush(self) -> None:
        """Make what was written visible to readers. Raises `DiskFull`."""
        ...

    def state(self) -> TapState:
        """Counters."""
        ...

    def finish(self) -> None:
        """No more packets are wanted: ask a program that captures for us to end. Those on their way can still be taken."""
        ...

    def close(self) -> None:
        """Close the file and the source."""
        ...


class PcapTap:
    """An interface of this computer, by libpcap, which writes the packets itself."""

    refused = ""

    def __init__(self, library: Library, source: Source, order: Order) -> None:
        """Open it. Raises `LibraryError` where that is refused, or the filter does not compile (`FilterRefused`)."""
        self._library, self._title = library, source.title
        self._handle: int | None = library.open(
            source.name,
            snap_length=order.snap_length,
            promiscuous=order.promiscuous,
            buffer_bytes=order.buffer_bytes,
            timeout_ms=READ_TIMEOUT_MS,
        )
        self._dump: int | None = None
        self.packets, self._packets_before = 0, 0
        self.bytes, self._bytes_before = 0, 0
        self._flushed_bytes, self._damaged = 0, False
        self._name = ""
        self._statistics = library.structures.pcap_stat()
        self._lost = ""
        self.notice = ""
        self._link_type = int(library.pcap_datalink(self._handle))
        self._snap_length = int(library.pcap_snapshot(self._handle))
        try:
            self._set_filter(order)
        except LibraryError:
            library.pcap_close(self._handle)
            raise

    def _set_filter(self, order: Order) -> None:
        program = self._program(order)
        if program is None:
            return
        status = self._library.pcap_setfilter(self._handle, program.address)
        program.close()
        if status != 0:
            raise FilterRefused(self._library.text(self._library.pcap_geterr(self._handle)))

    def _program(self, order: Order) -> Program | None:
        if order.choice.expression:
            assert self._handle is not None
            try:
                return self._library.compile(self._handle, order.choice.expression)
            except LibraryError as error:
                raise FilterRefused(str(error)) from error
        classes = passes(order.choice.preset, order.choice.ports, self._link_type, order.snap_length)
        if classes[0].expression == "":
            return None
        try:
            return self._library.link(self._link_type, [(one.expression, one.snap_length) for one in classes])
        except LibraryError as error:
            # rather everything than nothing
            self.notice = f"{self._title}: the preset does not fit this kind of interface ({error}); everything is captured"
            return None

    @property
    def bytes_in_all(self) -> int:
        """Of this file and those before."""
        return self._bytes_before + self.bytes

    def take(self, most: int) -> int:
        """Let libpcap write what is there."""
        count = int(self._library.pcap_dispatch(self._handle, most, self._library.dump_callback, self._dump))
        if count < 0:
            said = self._library.text(self._library.pcap_geterr(self._handle))
            self._lost = f"{self._title}: the interface cannot be captured on any more ({said})"
            raise TapError(self._lost)
        if count:
            before, self.bytes = self.bytes, self._library.written(self._dump)
            self.packets += count
            if self.bytes < before + count * RECORD_HEADER:  # pcap_dump tells nobody that it could not write
                self._damaged = True
                raise DiskFull(f"{self._name} cannot be written")
        return count

    def begin_file(self, name: str) -> None:
        """Go on in another file; its name is plain ASCII, in the current folder."""
        self._close_file()
        self._dump = self._library.pcap_dump_open(self._handle, name.encode("ascii"))
        if not self._dump:
            raise DiskFull(self._library.text(self._library.pcap_geterr(self._handle)))
        self._name, self.bytes = name, self._library.written(self._dump)
        self._flushed_bytes, self._packets_before = 0, self.packets
        self.flush()

    def flush(self) -> None:
        """Hand libpcap's buffer to the system."""
        if self._dump and self._flushed_bytes != self.bytes:
            if self._library.pcap_dump_flush(self._dump) != 0:
                self._damaged = True
                raise DiskFull(f"{self._name} cannot be written")
            self._flushed_bytes = self.bytes

    def state(self) -> TapState:
        """Counters of libpcap and the kernel."""
        if self._handle is not None and not self._lost:
            self._library.pcap_stats(self._handle, ctypes.addressof(self._statistics))
        counters = self._statistics
        return TapState(
            self._title, "libpcap", self._link_type, self._snap_length, self.packets, self.bytes_in_all,
            int(counters.ps_drop), int(counters.ps_ifdrop), self._lost,
        )  # fmt: skip

    def finish(self) -> None:
        """Nothing to ask: the kernel hands over what it has within the read timeout."""

    def _close_file(self) -> None:
        if not self._dump:
            return
        flushed = self._library.pcap_dump_flush(self._dump) == 0
        self._library.pcap_dump_close(self._dump)
        self._dump = None
        if self._damaged or not flushed or shutil.disk_usage(".").free < _TIGHT:
            packets, self.bytes = cut_to_whole_records(self._name)
            self.packets, self._damaged = self._packets_before + packets, False
        self._bytes_before += self.bytes
        self.bytes = 0

    def close(self) -> None:
        """Close file and interface; counters stay."""
        if self._handle is None:
            return
        self.state()
        self._close_file()
        self._library.pcap_close(self._handle)
        self._handle = None


def cut_to_whole_records(name: str) -> tuple[int, int]:
    """Cut off the part of a record that a full disk took; how many packets and bytes the file has then.

    For files of this computer's byte order, as `PcapTap` writes them.
    """
    lengths = struct.Struct("=8xI4x")
    packets, size = 0, os.stat(name).st_size
    if size < FILE_HEADER:
        return 0, size
    with open(name, "r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, size = FILE_HEADER, len(data)
        while at + RECORD_HEADER <= size:
            end = at + RECORD_HEADER + lengths.unpack_from(data, at)[0]
            if end > size:
                break
            at, packets = end, packets + 1
    if at < size:
        with contextlib.suppress(OSError):  # Windows does not cut what somebody has mapped; whoever reads it stops there
            os.truncate(name, at)
    return packets, at


class FilterRefused(LibraryError):
    """The filter of the user does not compile, or the system does not take it."""
