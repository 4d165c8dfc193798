"""The process that reads capture files: it takes the layers off all packets beside this one, and sends the columns.

The request is one frame: which files. The first frame of the reply means that these are the files that are found there. Then
comes for each batch a frame that holds `Told`. Its columns stand in `shared_columns`, if there are such, in the room that its
number stands for, and an octet of the request gives that room back; or they follow, one after the other in the order of
`peeling.KINDS`. At last comes a `Told` without rows, with what was left to be told.
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
from sipview.index.shared_columns import ROWS, SLOTS, SharedColumns
from sipview.index.standby import NO_MEMORY, WORD
from sipview.processes import begin_work, read_frame, write_frame
from sipview.values import CancelToken


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

    ``shared``: its columns stand in the memory that both processes see. ``learned`` are the addresses that are new, in the
    order of their numbers; ``news`` is what else the files have told, by their positions.
    """

    rows: int
    shared: bool
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
                _send_all(files, sys.stdin.buffer, sys.stdout.buffer)
    except (OSError, CaptureError):  # nobody wants it any more, or the files have changed: whoever asked reads them
        pass
    os._exit(0)  # at once: who asked waits for the end


def _opened(wanted: Sequence[Wanted]) -> list[CaptureFile]:
    """The files, or none if they are not those that are wanted."""
    files = [open_capture(Path(one.path), Path(), unpack_limit=0) for one in wanted]
    return files if [Wanted.of(file) for file in files] == list(wanted) else []


def _send_all(files: Sequence[CaptureFile], requests: IO[bytes], replies: IO[bytes]) -> None:
    addresses, known = AddressBook(keep_learned=True), [Known(file) for file in files]
    shared = _shared_columns()
    write_frame(replies, b"")
    lent = 0
    for peeled in peeled_batches(files, addresses, Interfaces(files), CancelToken()):
        rows = peeled.columns["offset"].size
        told = _told(peeled, addresses, known)
        if shared is None or rows > ROWS:
            write_frame(replies, pickle.dumps(told))
            for name in KINDS:
                replies.write(np.ascontiguousarray(peeled.columns[name]).data)
            continue
        if lent >= SLOTS and not requests.read(1):
            return
        for name, values in shared.columns(lent % SLOTS, rows).items():
            values[:] = peeled.columns[name]
        write_frame(replies, pickle.dumps(told._replace(shared=True)))
        lent += 1
    nothing = np.empty(0, np.int64)
    columns = {name: np.empty(0, kind) for name, kind in KINDS.items()}
    end = Peeled(columns, MessageRows(nothing, nothing, nothing), [], ())
    write_frame(replies, pickle.dumps(_told(end, addresses, known)))


def _shared_columns() -> SharedColumns | None:
    memory = sys.argv[sys.argv.index(WORD) + 1]
    if memory == NO_MEMORY:
        return None
    try:
        return SharedColumns(int(memory))
    except OSError:
        return None


def _told(peeled: Peeled, addresses: AddressBook, known: Sequence[Known]) -> Told:
    news = tuple((position, new) for position, one in enumerate(known) if (new := one.news()) is not None)
    rows = peeled.columns["offset"].size
    return Told(rows, False, peeled.messages, peeled.fragments, peeled.bytes_read, addresses.learned(), news)
