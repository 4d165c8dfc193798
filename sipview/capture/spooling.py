"""What cannot be mapped as it lies (compressed files, pipes) is copied into a file that can."""

import errno
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol

from sipview.capture.failure import CaptureError
from sipview.values import CancelToken, Problem

UNPACK_LIMIT = 16 << 30
"""Bytes of a copy. A compressed file can unpack to anything, so of a small one less is unpacked: `unpack_limit`."""
_ALWAYS_UNPACKED = 1 << 30
_MOST_TIMES_LARGER = 100  # telephony becomes 2 to 30 times as large
_PIECE = 1 << 16
_PACKED_PIECE = 1 << 10  # zstd can make 32 MB of that many bytes, and they are in memory at once
_WRITTEN_AT_ONCE = 1 << 20
_MAGIC_SIZE = 4
_SKIPPED = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)  # how a frame without data begins; its length follows
_MOST_SKIPPED = 1000
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class Decompressor(Protocol):
    """What `zlib`, `zstandard` and `lz4` have in common: one per compressed frame."""

    @property
    def eof(self) -> bool:
        """Whether the frame is complete."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the end of the frame."""
        ...

    def decompress(self, data: bytes, /) -> bytes:
        """What these further bytes unpack to."""
        ...


@dataclass(frozen=True, slots=True)
class Compression:
    """A compressed format: its first bytes, and what makes its decompressor (imports its library only then)."""

    name: str
    magic: bytes
    decompressor: Callable[[], Decompressor]


def _zstd() -> Decompressor:
    made: Decompressor = import_module("zstandard").ZstdDecompressor().decompressobj()
    return made


def _lz4() -> Decompressor:
    made: Decompressor = import_module("lz4.frame").LZ4FrameDecompressor()
    return made


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", lambda: zlib.decompressobj(31)),  # 31: with the gzip header
    Compression("zstd", b"\x28\xb5\x2f\xfd", _zstd),
    Compression("lz4", b"\x04\x22\x4d\x18", _lz4),
)


def unpack_limit(packed_bytes: int, most: int = UNPACK_LIMIT) -> int:
    """How many bytes are unpacked of a compressed file of that size: 1 GiB, or 100 times the size, but at most ``most``."""
    return min(most, max(_ALWAYS_UNPACKED, _MOST_TIMES_LARGER * packed_bytes))


def compression_of(packed: BinaryIO) -> Compression | None:
    """How a file is compressed, or None. It stands at its first frame then, or at its beginning."""
    packed.seek(0)
    _skip(packed)
    magic = packed.read(_MAGIC_SIZE)
    found = next((known for known in COMPRESSIONS if magic.startswith(known.magic)), None)
    packed.seek(0 if found is None else -len(magic), os.SEEK_SET if found is None else os.SEEK_CUR)
    return found


def _skip(packed: BinaryIO) -> None:
    """Go behind frames that hold no data but, say, where the others are (RFC 8878 3.1.2): zstd and lz4 have the same ones."""
    for _ in range(_MOST_SKIPPED):
        head = packed.read(8)
        if len(head) < 8 or not _SKIPPED.match(head):
            packed.seek(-len(head), os.SEEK_CUR)
            return
        packed.seek(int.from_bytes(head[4:], "little"), os.SEEK_CUR)


@dataclass(frozen=True, slots=True)
class Spooling:
    """How to copy: ``name`` and ``folder`` (of the copy) for sentences, at most ``limit`` bytes, ``problems`` to be added to.

    What is written to has to be unbuffered: what does not fit on the disk would else wait in memory, and fail again later.
    """

    name: str
    folder: Path
    limit: int
    cancel: CancelToken
    problems: list[Problem]

    def copy(self, source: BinaryIO, target: BinaryIO) -> None:
        """Copy all that ``source`` gives. Raises `CaptureError` if there is no room for any of it."""
        self._write(iter(lambda: source.read(_PIECE), b""), target, self.limit)
        if not target.tell() and self.problems:
            raise CaptureError(self.problems[0].text)

    def unpack(self, packed: BinaryIO, compression: Compression, target: BinaryIO) -> None:
        """Unpack ``packed``, from where it stands, into ``target``.

        What is damaged, cut or too much becomes a problem; what came before stays. Offsets in problems count in the compressed
        file, but that of a limit in what was unpacked. Raises `CaptureError` if nothing could be unpacked.
        """
        limit = unpack_limit(os.fstat(packed.fileno()).st_size, self.limit)
        self._write(self._unpacked(packed, compression), target, limit)
        if not target.tell():
            faults = [problem.text for problem in self.problems]
            raise CaptureError(faults[0] if faults else f"{self.name}: byte 0: the {compression.name} data is empty.")

    def _write(self, pieces: Iterator[bytes], target: BinaryIO, limit: int) -> None:
        room, waiting, count = limit, list[bytes](), 0
        try:
            for piece in pieces:
                self.cancel.check()
                waiting.append(piece if len(piece) <= room else piece[:room])
                room -= len(piece)
                count += len(piece)
                if count >= _WRITTEN_AT_ONCE:
                    _write_all(target, waiting)
                    count = 0
                if room < 0:
                    self._report("unpack-limit", limit, f"what comes after the limit of {limit:,} bytes is not read")
                    break
            _write_all(target, waiting)
        except OSError as error:
            if error.errno not in _DISK_FULL:
                raise
            full = f"there is no more room in {self.folder} for the copy that is read; what is in it is read"
            self._report("disk-full", target.tell(), full)

    def _unpacked(self, packed: BinaryIO, compression: Compression) -> Iterator[bytes]:
        frame = compression.decompressor()
        while piece := packed.read(_PACKED_PIECE):
            try:
                unpacked = frame.decompress(piece)
            except MemoryError:
                raise
            except Exception as error:  # each library has its own, down to plain RuntimeError
                self._report("damaged-compression", packed.tell() - len(piece), _reason(compression, error))
                return
            yield unpacked
            if frame.eof:  # another frame may follow, and so may padding
                packed.seek(-len(frame.unused_data or b""), os.SEEK_CUR)
                _pass_zeros(packed)
                _skip(packed)
                magic = packed.read(len(compression.magic))
                packed.seek(-len(magic), os.SEEK_CUR)
                if not magic:
                    return
                if magic != compression.magic:
                    text = f"what follows the {compression.name} data is not read"
                    self._report("data-behind-compression", packed.tell(), text)
                    return
                frame = compression.decompressor()
        self._report("cut-compression", packed.tell(), f"the {compression.name} data ends too early")

    def _report(self, kind: str, position: int, text: str) -> None:
        self.problems.append(Problem(kind, position, position, f"{self.name}: byte {position}: {text}."))


def _reason(compression: Compression, error: Exception) -> str:
    if "too much memory" in str(error):
        return f"the {compression.name} data asks for a window of more than 128 MiB; unpack it first"
    return f"the {compression.name} data is damaged ({error})"


def _pass_zeros(packed: BinaryIO) -> None:
    while piece := packed.read(_PIECE):
        rest = piece.lstrip(b"\0")
        if rest:
            packed.seek(-len(rest), os.SEEK_CUR)
            return


def _write_all(target: BinaryIO, waiting: list[bytes]) -> None:
    """Write what waits, and let it wait no longer. Raises `OSError`."""
    rest = memoryview(b"".join(waiting) if len(waiting) > 1 else waiting[0] if waiting else b"")
    waiting.clear()
    while rest:
        rest = rest[target.write(rest) :]
