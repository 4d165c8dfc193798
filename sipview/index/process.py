"""The process that reads capture files: it takes the layers off all packets beside this one, and sends the columns.

The request is one frame: which files. The first frame of the reply means that these are the files that are found there; it is
`SHARED` where the columns go into memory that both see. Then comes for each batch a frame that holds `Told`, and, if not there,
the columns, one after the other in the order of `peeling.KINDS`; and at last a `Told` without rows, with what was left.
"""

import os
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

import numpy as np

from sipview.capture import CaptureError, CaptureFile, open_capture
from sipview.index.addresses import AddressBook, Learned
from sipview.index.file_news import FileNews, Known
from sipview.index.interfaces import Interfaces
from sipview.index.layers import FragmentRows
from sipview.index.peeling import KINDS, MessageRows, Peeled, peeled_batches
from sipview.index.shared_columns import SharedColumns
from sipview.index.standby import WORD
from sipview.processes import begin_work, read_frame, write_frame
from sipview.values import CancelToken

SHARED = b"shared"


class Wanted(NamedTuple):
    """A file to be read, and what tells that it is still the same: its device, its number there, and its size in bytes."""

    path: str
    device: int
    number: int
    size: int

    @classmethod
    def of(cls, file: CaptureFile) -> "Wanted":
        """An open file as what is wanted."""
        known = os.fstat(file.descriptor)
        return cls(str(file.path), known.st_dev, known.st_ino, file.size)


class Told(NamedTuple):
    """What goes before the columns of a batch.

    ``learned`` are the addresses that are new, in the order of their numbers; ``news`` what else the files have told, by their
    positions.
    """

    rows: int
    messages: MessageRows
    fragments: list[FragmentRows]
    bytes_read: tuple[tuple[int, int], ...]
    learned: list[Learned]
    news: tuple[tuple[int, FileNews], ...]


def main() -> NoReturn:
    """Read what is asked for on standard input, and end the process."""
    begin_work()
    try:
        request = read_frame(sys.stdin.buffer)
        if request is not None:
            files = _opened(pickle.loads(request))
            if files:
                memory = sys.argv[sys.argv.index(WORD) + 1]
                _send_all(files, sys.stdout.buffer, None if memory == "None" else int(memory))
    except (OSError, CaptureError):  # nobody wants it any more, or the files have changed: whoever asked reads them
        pass
    os._exit(0)  # at once: who asked waits for the end


def _opened(wanted: Sequence[Wanted]) -> list[CaptureFile]:
    """The files, or none if they are not those that are wanted."""
    files = [open_capture(Path(one.path), Path(), unpack_limit=0) for one in wanted]
    return files if [Wanted.of(file) for file in files] == list(wanted) else []


def _send_all(files: Sequence[CaptureFile], replies: IO[bytes], memory: int | None) -> None:
    addresses, known = AddressBook(keep_learned=True), [Known(file) for file in files]
    shared = None if memory is None else _shared(memory, files)
    write_frame(replies, SHARED if shared is not None else b"")
    first = 0
    for peeled in peeled_batches(files, addresses, Interfaces(files), CancelToken()):
        rows = peeled.columns["offset"].size
        if shared is not None:
            for name, values in shared.part(first, rows).items():
                values[:] = peeled.columns[name]
        write_frame(replies, pickle.dumps(_told(peeled, rows, addresses, known)))
        if shared is None:
            for name, kind in KINDS.items():
                replies.write(np.ascontiguousarray(peeled.columns[name], kind).data)
        first += rows
    nothing = np.empty(0, np.int64)
    end = Peeled({}, MessageRows(nothing, nothing, nothing), [], ())
    write_frame(replies, pickle.dumps(_told(end, 0, addresses, known)))


def _shared(memory: int, files: Sequence[CaptureFile]) -> SharedColumns | None:
    try:
        return SharedColumns(memory, [file.size for file in files])
    except OSError:
        return None


def _told(peeled: Peeled, rows: int, addresses: AddressBook, known: Sequence[Known]) -> Told:
    news = tuple((position, new) for position, one in enumerate(known) if (new := one.news()) is not None)
    return Told(rows, peeled.messages, peeled.fragments, peeled.bytes_read, addresses.learned(), news)
