"""Whoever asks the process that reads capture files (`process`): its batches, as if they had been made here."""

import io
import pickle
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import numpy as np

from sipview.index import standby
from sipview.index.columns import PacketIndex
from sipview.index.peeling import KINDS, Columns, Peeled
from sipview.index.process import Told, Wanted
from sipview.index.shared_columns import SLOTS, SharedColumns
from sipview.processes import read_frame, write_frame

_PIPE = 1 << 20  # bytes that wait in the pipe: the other process goes on meanwhile


class LostError(Exception):
    """The other process is gone before it had sent everything."""


class Beside:
    """Files that another process reads into an index. A context manager: at the end the process is gone."""

    def __init__(self, index: PacketIndex, *, behind: bool = False) -> None:
        """``behind``: others come first where processors are few."""
        self._index = index
        self._numbers = np.zeros(1, np.uint32)  # of the other process's addresses, here
        self._same_numbers = True
        self._reader = standby.take(behind=behind)
        self._shared: SharedColumns | None = None
        self._lent = 0
        if self._reader is not None:
            _widen(self._reader.process.stdout)

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.end()

    def batches(self) -> Iterator[Peeled]:
        """All batches, in order; their columns stand where the index has room for them. Raises `LostError` where the process
        ends before.
        """
        if self._reader is None:
            raise LostError
        requests, replies = self._reader.process.stdin, self._reader.process.stdout
        assert requests is not None
        assert isinstance(replies, io.BufferedReader), "which reads as much as it is asked for"
        try:
            write_frame(requests, pickle.dumps([Wanted.of(file) for file in self._index.files]))
            if read_frame(replies) is None:
                raise LostError
            while (told := self._told(replies)).rows:
                if not self._index.count:
                    self._index.expect(told.rows, told.bytes_read)
                columns = self._index.room(told.rows)
                if told.shared:
                    self._copy(columns, told.rows)
                    with suppress(OSError):  # it needs no room any more, and is gone
                        requests.write(b"\0")
                        requests.flush()
                else:
                    _receive(columns, replies)
                self._translate(columns)
                yield Peeled(columns, told.messages, told.fragments, told.bytes_read)
        except OSError as error:
            raise LostError from error

    def _told(self, stream: IO[bytes]) -> Told:
        frame = read_frame(stream)
        if frame is None:
            raise LostError
        told: Told = pickle.loads(frame)
        index = self._index
        for position, news in told.news:
            news.tell(index.files[position])
        for position, _ in told.bytes_read:  # they get their numbers in the same order as there
            index.interface_numbers(position)
        for learned in told.learned:
            self._learn(index.address_book.know(learned))
        return told

    def _learn(self, numbers: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> None:
        first = self._numbers.size
        self._same_numbers = self._same_numbers and bool((numbers == np.arange(first, first + numbers.size)).all())
        self._numbers = np.append(self._numbers, numbers)

    def _copy(self, columns: Columns, rows: int) -> None:
        """What the other process has written into the memory that both see."""
        assert self._reader is not None
        assert self._reader.memory is not None
        if self._shared is None:
            self._shared = SharedColumns(self._reader.memory)
        for name, values in self._shared.columns(self._lent % SLOTS, rows).items():
            columns[name][:] = values
        self._lent += 1

    def _translate(self, columns: Columns) -> None:
        if not self._same_numbers:  # addresses that are new together are numbered by chance, and fragments bring some, too
            for name in ("source", "destination"):
                columns[name][:] = self._numbers[columns[name]]


def _receive(columns: Columns, stream: io.BufferedReader) -> None:
    """What the other process has sent behind its `Told`."""
    for name in KINDS:
        octets = columns[name].view(np.uint8)
        if stream.readinto(octets.data) < octets.size:
            raise LostError


def _widen(pipe: IO[bytes] | None) -> None:
    """Let more wait in a pipe, where the system allows it."""
    if pipe is not None and sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - there is none on Windows

        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
