"""Several files in one ZIP archive, with a manifest of their SHA-256 sums: whole, or not at all.

In: parts, each of which writes itself. What a part is called is its maker's choice and never text from a packet. The archive
has the parts in the order given and nothing of this computer but the moment, so the same parts give the same bytes. No part is
ever in memory as a whole.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from sipview.export.saving import ExportError, write_whole
from sipview.values import CancelToken

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MANIFEST = "SHA256SUMS.txt"
"""The last part, as ``sha256sum -c`` reads it."""

_PIECE = 1 << 20
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16
_LARGE = 1 << 30  # beyond, the archive is made so that the part may have more than 4 GiB
_EARLIEST = 1980


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the archive.

    ``what`` says what it is, ``personal`` which personal data it holds ("" for none), in words for people. ``write`` puts its
    bytes into a stream and raises `values.Cancelled` when asked to stop. ``size`` is about how many bytes that will be, where
    it is known without doing it.
    """

    name: str
    what: str
    personal: str
    write: Callable[[BinaryIO, CancelToken], object]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """A part that was written: how many bytes it has, and their SHA-256 sum in hexadecimal."""

    name: str
    size: int
    sha256: str


def size_of(part: Part, cancel: CancelToken) -> int:
    """How many bytes a part has; found out by writing it to nowhere where it does not know. Raises `values.Cancelled`."""
    if part.size is not None:
        return part.size
    nowhere = _Stream(None, cancel, None)
    part.write(nowhere.as_file(), cancel)
    return nowhere.size


def write_package(
    path: Path,
    parts: Sequence[Part],
    moment: datetime,
    cancel: CancelToken,
    advanced: Callable[[int], None] | None = None,
) -> tuple[Packed, ...]:
    """Write the archive; replaces a file that is there. ``moment`` is the date of all parts, for who unpacks it.

    ``advanced`` is told now and then how many bytes have been packed. Raises `ExportError` for what the system refuses, and
    `values.Cancelled`; then nothing has changed.
    """
    packed: list[Packed] = []

    def write(target: Path) -> None:
        packed.clear()
        with target.open("wb") as file, zipfile.ZipFile(file, "w") as archive:
            before = 0
            for part in parts:
                tell = None if advanced is None else _beyond(before, advanced)
                with _member(archive, part.name, moment, part.size or 0) as member:
                    stream = _Stream(member, cancel, tell)
                    part.write(stream.as_file(), cancel)
                packed.append(Packed(part.name, stream.size, stream.sha256))
                before += stream.size
            with _member(archive, MANIFEST, moment, 0) as member:
                member.write(manifest(packed))

    write_whole(path, write)
    return tuple(packed)


def manifest(packed: Sequence[Packed]) -> bytes:
    """The sums, a line a part."""
    return "".join(f"{one.sha256}  {one.name}\n" for one in packed).encode()


def manifest_size(parts: Sequence[Part]) -> int:
    """How many bytes the manifest of these parts will have."""
    return len(manifest([Packed(part.name, 0, hashlib.sha256().hexdigest()) for part in parts]))


def refuse_to_replace(path: Path, sources: Sequence[Path]) -> None:
    """Raises `ExportError` where the archive would be written over one of the files that it is made of."""
    for source in sources:
        if path.exists() and source.exists() and path.samefile(source):
            message = f"{path.name} is the capture itself: choose another name for the package."
            raise ExportError(message)


def _beyond(before: int, advanced: Callable[[int], None]) -> Callable[[int], None]:
    return lambda size: advanced(before + size)


@contextmanager
def _member(archive: zipfile.ZipFile, name: str, moment: datetime, size: int) -> Iterator[BinaryIO]:
    about = zipfile.ZipInfo(name, (max(moment.year, _EARLIEST), *moment.timetuple()[1:6]))
    about.compress_type = zipfile.ZIP_DEFLATED
    about.create_system, about.external_attr = _UNIX, _PLAIN_FILE
    with archive.open(about, "w", force_zip64=size > _LARGE) as member:
        yield cast("BinaryIO", member)


class _Stream(io.RawIOBase):
    """Passes bytes on in pieces, counts and sums them, and looks in between whether they are still wanted."""

    def __init__(self, target: BinaryIO | None, cancel: CancelToken, advanced: Callable[[int], None] | None) -> None:
        super().__init__()
        self._target, self._cancel, self._advanced = target, cancel, advanced
        self._sum = hashlib.sha256()
        self.size = 0

    def as_file(self) -> BinaryIO:
        """The same, for whoever wants a binary file to write to."""
        return cast("BinaryIO", self)

    @property
    def sha256(self) -> str:
        """The sum of what has passed."""
        return self._sum.hexdigest()

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def tell(self) -> int:
        """How many bytes have passed."""
        return self.size

    def write(self, data: "ReadableBuffer", /) -> int:
        """Pass on all of it."""
        whole = memoryview(data).cast("B")
        for start in range(0, whole.nbytes, _PIECE):
            piece = whole[start : start + _PIECE]
            self._cancel.check()
            if self._target is not None:
                self._target.write(piece)
                self._sum.update(piece)
            self.size += piece.nbytes
            if self._advanced is not None:
                self._advanced(self.size)
        return whole.nbytes
