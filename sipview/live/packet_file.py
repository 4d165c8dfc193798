"""A file that packets are appended to from Python, for the sources that libpcap does not write."""

import contextlib
from typing import BinaryIO

from sipview.live.taps import DiskFull


class FileTap:
    """What taps that write from Python have in common: all that `taps.Tap` asks about files."""

    _file: "PacketFile"

    @property
    def bytes(self) -> int:
        """Of the current file."""
        return self._file.bytes

    @property
    def bytes_in_all(self) -> int:
        """Of this file and those before."""
        return self._file.bytes_in_all

    def begin_file(self, name: str) -> None:
        """Go on in another file, with the same header. Raises `DiskFull`."""
        self._file.begin(name)

    def flush(self) -> None:
        """Nothing waits: what is written is with the system."""


class PacketFile:
    """One generation of files after the other, each beginning with ``head``. ``bytes`` is of the current one."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._file: BinaryIO | None = None
        self._bytes_before, self.bytes = 0, 0

    @property
    def bytes_in_all(self) -> int:
        """Of this file and those before."""
        return self._bytes_before + self.bytes

    def begin(self, name: str) -> None:
        """Close the current file, if any, and begin this one. Raises `DiskFull`."""
        self.close()
        try:
            self._file = open(name, "wb", buffering=0)  # noqa: SIM115 - closed by close
        except OSError as error:
            raise DiskFull(str(error)) from error
        self.write(self._head)

    def write(self, records: bytes | bytearray) -> None:
        """Append whole records: all of them, or none. Raises `DiskFull`."""
        assert self._file is not None, "a file is begun before packets are taken"
        try:
            written = self._file.write(records)
        except OSError as error:
            self._cut()
            raise DiskFull(str(error)) from error
        if written != len(records):
            self._cut()
            raise DiskFull("no space left")
        self.bytes += len(records)

    def _cut(self) -> None:
        """Cut off the part of a record; where somebody has mapped it Windows does not, and whoever reads it stops there."""
        assert self._file is not None
        with contextlib.suppress(OSError):
            self._file.truncate(self.bytes)

    def close(self) -> None:
        """Close the current file, if any."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._bytes_before += self.bytes
            self.bytes = 0
