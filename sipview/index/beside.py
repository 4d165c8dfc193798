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
from sipview.index.process import Told, Wanted
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
        self._process = standby.take(behind=behind)
        if self._process is not None:
            _widen(self._process.stdout)

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is not None:
            standby.end(process)

    def batches(self) -> Iterator[Peeled]:
        """All batches, in order. Raises `LostError` where the process ends before."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise LostError
        try:
            write_frame(process.stdin, pickle.dumps([Wanted.of(file) for file in self._files]))
            if read_frame(process.stdout) is None:
                raise LostError
            while (told := self._told(process.stdout)).rows:
                columns = self._columns(process.stdout, told.rows)
                yield Peeled(columns, told.messages, told.fragments, told.bytes_read)
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

    def _columns(self, stream: IO[bytes], rows: int) -> Columns:
        room = np.empty(rows * _ROW, np.uint8)
        assert isinstance(stream, io.BufferedReader), "which reads until the room is full"
        if stream.readinto(room.data) < room.size:
            raise LostError
        columns: Columns = {
            name: room[rows * begin : rows * (begin + size)].view(kind)
            for (name, kind), begin, size in zip(KINDS.items(), _BEGINS, _SIZES, strict=True)
        }
        if not self._same_numbers:  # fragments put together here have brought addresses in between
            for name in ("source", "destination"):
                columns[name] = self._numbers[columns[name]]
        return columns


def _widen(pipe: IO[bytes] | None) -> None:
    """Let more wait in a pipe, where the system allows it."""
    if pipe is not None and sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - there is none on Windows

        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
