"""Which format a file has, and the reader for it."""

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from sipview.capture.failure import CaptureError, name_of
from sipview.capture.mapping import Mapping
from sipview.capture.pcap import PcapFile, is_pcap
from sipview.capture.pcapng import PcapngFile, is_pcapng
from sipview.capture.records import CaptureFile
from sipview.capture.spooling import UNPACK_LIMIT, Spooling, compression_of
from sipview.values import CancelToken, Problem

# what else people have, by its first bytes
_FOREIGN = (
    (b"snoop\0\0\0", "a snoop capture; convert it with 'editcap -F pcapng' first"),
    (b"GMBU", "a Microsoft Network Monitor 2 capture; convert it with 'editcap -F pcapng' first"),
    (b"RTSS", "a Microsoft Network Monitor 1 capture; convert it with 'editcap -F pcapng' first"),
    (b"PK\x03\x04", "a ZIP archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"\xfd7zXZ\0", "compressed with xz; unpack it first"),
    (b"BZh", "compressed with bzip2; unpack it first"),
)


def open_capture(
    path: Path,
    spool_folder: Path | Callable[[], Path],
    cancel: CancelToken | None = None,
    unpack_limit: int = UNPACK_LIMIT,
) -> CaptureFile:
    """Open a capture file, of whatever format its first bytes show; the path ``-`` is standard input.

    A compressed file, and what comes through a pipe, is written into ``spool_folder`` first (a function is asked only then), up
    to ``unpack_limit`` bytes (of a small compressed file less, see `spooling.unpack_limit`), or as far as there is room. The
    copy has no name where the operating system allows that, so it is gone when the process is, and in any case on ``close``.
    Raises `CaptureError` where it cannot be read at all, `values.Cancelled` when asked to stop while unpacking.
    """
    name = name_of(path)
    problems: list[Problem] = []

    def spooling() -> Spooling:
        folder = spool_folder() if callable(spool_folder) else spool_folder
        return Spooling(name, folder, unpack_limit, cancel if cancel is not None else CancelToken(), problems)

    try:
        file = _seekable(path, name, spooling)
        try:
            compression = compression_of(file)
            if compression is not None:
                copying = spooling()
                packed, file = file, _nameless(copying.folder)
                with packed:
                    copying.unpack(packed, compression, file)
            return _reader(path, name, _beginning(file), file, problems)
        except BaseException:
            file.close()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise CaptureError(f"{name}: byte 0: cannot be read: {reason[:1].lower()}{reason[1:]}.") from error


def _seekable(path: Path, name: str, spooling: Callable[[], Spooling]) -> BinaryIO:
    """The file, open; of what comes through a pipe, a copy."""
    if path == Path("-"):
        return _copy(sys.stdin.buffer, spooling())
    kind = path.stat().st_mode
    if stat.S_ISDIR(kind):
        raise CaptureError(f"{name}: byte 0: is a folder and not a capture file.")
    if stat.S_ISFIFO(kind):
        with path.open("rb") as pipe:
            return _copy(pipe, spooling())
    if not stat.S_ISREG(kind):
        raise CaptureError(f"{name}: byte 0: is a device and not a capture file.")
    return path.open("rb")


def _copy(source: BinaryIO, spooling: Spooling) -> BinaryIO:
    target = _nameless(spooling.folder)
    try:
        spooling.copy(source, target)
    except BaseException:
        target.close()
        raise
    return target


def _nameless(folder: Path) -> BinaryIO:
    """A file that is gone as soon as nobody has it open."""
    import tempfile  # noqa: PLC0415 - brings along what packs archives, and most captures are read where they are

    folder.mkdir(parents=True, exist_ok=True)
    return cast("BinaryIO", tempfile.TemporaryFile(dir=folder, buffering=0))


def _beginning(file: BinaryIO) -> bytes:
    file.seek(0)
    magic = file.read(8)
    file.seek(0)
    return magic


def _reader(path: Path, name: str, magic: bytes, file: BinaryIO, problems: list[Problem]) -> CaptureFile:
    if not magic:
        raise CaptureError(f"{name}: byte 0: the file is empty.")
    if is_pcap(magic[:4]):
        return PcapFile(path, _mapped(name, file), problems)
    if is_pcapng(magic[:4]):
        return PcapngFile(path, _mapped(name, file), problems)
    for beginning, what in _FOREIGN:
        if magic.startswith(beginning):
            raise CaptureError(f"{name}: byte 0: is {what}.")
    what = "a text file" if _is_text(magic) else f"not a capture file (it begins with {magic[:4].hex(' ')})"
    raise CaptureError(f"{name}: byte 0: is {what}; pcap and pcapng are read, plain or compressed with gzip, zstd or lz4.")


def _mapped(name: str, file: BinaryIO) -> Mapping:
    try:
        return Mapping(file)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        size = os.fstat(file.fileno()).st_size
        raise CaptureError(
            f"{name}: byte 0: has {size:,} bytes unpacked, for which this process has not enough memory."
        ) from error


def _is_text(beginning: bytes) -> bool:
    return all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in beginning)
