"""Whoever asks the process that reads capture files (`process`): its batches, as if they had been made here."""

import io
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import IO

import numpy as np

from sipview.capture import CaptureFile
from sipview.index import standby
from sipview.index.addresses import AddressBook
from sipview.index.interfaces import Interfaces
from sipview.index.peeling import KINDS, Columns, Peeled
from sipview.index.process import SHARED, Told, Wanted
from sipview.index.shared_columns import SharedColumns
from sipview.processes import read_frame, write_frame

_PIPE = 1 << 20  # bytes that wait in the pipe: the other process goes on meanwhile
_SIZES = [np.dtype(kind).itemsize for kind in KINDS.values()]
_ROW = sum(_SIZES)
_BEGINS = [0, *accumulate(_SIZES)][:-1]


class LostError(Exception):
    """The other process is gone before it had sent everything."""


class Beside:
    """Files that another process reads. A context manager: at the end the process is gone."""

    def __init__(
        self, files: Sequence[CaptureFile], addresses: AddressBook, interfaces: Interfaces, *, behind: bool = False
    ) -> None:
        """``behind``: others come first where processors are few."""
        self._files = files
        self._addresses = addresses
        self._interfaces = interfaces
        self._numbers = np.zeros(1, np.uint32)  # of the other process's addresses, here
        self._same_numbers = True
        self._reader = standby.take(behind=behind)
        self._read = 0
        self.shared: SharedColumns | None = None
        """What the other process writes into, once the first batch is there, and if there is such memory."""
        if self._reader is not None:
            _widen(self._reader.process.stdout)

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.end()

    def batches(self) -> Iterator[Peeled]:
        """All batches, in order. Raises `LostError` where the process ends before."""
        if self._reader is None:
            raise LostError
        requests, replies = self._reader.process.stdin, self._reader.process.stdout
        assert requests is not None
        assert isinstance(replies, io.BufferedReader), "which reads as much as it is asked for"
        try:
            write_frame(requests, pickle.dumps([Wanted.of(file) for file in self._files]))
            how = read_frame(replies)
            if how is None:
                raise LostError
            if how == SHARED and self._reader.memory is not None:
                self.shared = SharedColumns(self._reader.memory, [file.size for file in self._files])
            while (told := self._told(replies)).rows:
                yield Peeled(self._columns(replies, told.rows), told.messages, told.fragments, told.bytes_read)
                self._read += told.rows
        except OSError as error:
            raise LostError from error

    def _told(self, stream: IO[bytes]) -> Told:
        frame = read_frame(stream)
        if frame is None:
            raise LostError
        told: Told = pickle.loads(frame)
        for position, news in told.news:
            news.tell(self._files[position])
        for position, _ in told.bytes_read:  # they get their numbers in the same order as there
            self._interfaces.numbers(position)
        for learned in told.learned:
            self._learn(self._addresses.know(learned))
        return told

    def _learn(self, numbers: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> None:
        first = self._numbers.size
        self._same_numbers = self._same_numbers and bool((numbers == np.arange(first, first + numbers.size)).all())
        self._numbers = np.append(self._numbers, numbers)

    def _columns(self, stream: io.BufferedReader, rows: int) -> Columns:
        columns = _received(stream, rows) if self.shared is None else self.shared.part(self._read, rows)
        if not self._same_numbers:  # fragments put together here have brought addresses in between
            for name in ("source", "destination"):
                columns[name][:] = self._numbers[columns[name]]
        return columns


def _received(stream: io.BufferedReader, rows: int) -> Columns:
    room = np.empty(rows * _ROW, np.uint8)
    if stream.readinto(room.data) < room.size:
        raise LostError
    return {
        name: room[rows * begin : rows * (begin + size)].view(kind)
        for (name, kind), begin, size in zip(KINDS.items(), _BEGINS, _SIZES, strict=True)
    }


def _widen(pipe: IO[bytes] | None) -> None:
    """Let more wait in a pipe, where the system allows it."""
    if pipe is not None and sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - there is none on Windows

        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
