"""The later part of a big capture, read by a process of its own at the same time: this process's end of it.

The other process finds a record somewhere in mid-file and reads from there. Where it began is only a guess that many records in
a row speak for, so this process, which follows the chain from the start, believes it only once it arrives at that very byte.
Batches come through a pipe as they are made; a process that says nothing more, or nonsense, costs no more than its help.
"""

import marshal
import queue
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from sipview.index.layers import FragmentRows
from sipview.values import CancelToken, Problem

_HEAD = 8  # bytes of the length before each message
_LARGEST = 1 << 31
_POLL_S = 0.1
_MOST_WAITING = 12  # batches that were read and not yet asked for: they are what the help costs in memory


@dataclass(frozen=True, slots=True)
class FarBatch:
    """Consecutive packets: the columns, and what datagrams among them hold (``rows``, where, how long, and the digest).

    Addresses in the columns are positions in ``addresses``; ``end`` is where the next record begins in the file.
    """

    columns: dict[str, npt.NDArray[Any]]
    addresses: list[str]
    rows: npt.NDArray[np.int64]
    offsets: list[int]
    sizes: list[int]
    digests: list[tuple[Any, ...]]
    fragments: list[FragmentRows]
    end: int
    done: float


class FarHalf:
    """The other process. ``command`` is what starts it: a program that calls `far_reader.serve`.

    ``start`` is where it began to read, once that is known; ``problems`` are those of its part, when it has ended.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.start: int | None = None
        self.problems: list[Problem] = []
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue(_MOST_WAITING)
        self._closed = False
        self._process = subprocess.Popen(
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        self._receiver = threading.Thread(
            target=self._receive, args=(self._process.stdout,), name="sipview-far-half", daemon=True
        )
        self._receiver.start()

    def batches(self, cancel: CancelToken) -> Iterator[FarBatch]:
        """Its batches in order, as they come; ends early where the process does. Raises `values.Cancelled`."""
        addresses: list[str] = []
        while True:
            try:
                message = self._messages.get(timeout=_POLL_S)
            except queue.Empty:
                cancel.check()
                continue
            if message is None:
                return
            if "problems" in message:
                self.problems = [Problem(*problem) for problem in message["problems"]]
                continue
            addresses += message["addresses"]
            yield FarBatch(
                {name: np.frombuffer(data, kind) for name, (kind, data) in message["columns"].items()},
                addresses,
                np.frombuffer(message["rows"], np.int64),
                message["offsets"],
                message["sizes"],
                message["digests"],
                [FragmentRows(*(np.frombuffer(data, kind) for kind, data in parts)) for parts in message["fragments"]],
                message["end"],
                message["done"],
            )

    def close(self) -> None:
        """End the process, whatever it does."""
        self._closed = True
        self._process.kill()
        self._process.wait()
        self._receiver.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _receive(self, stream: IO[bytes]) -> None:
        """Take messages from the pipe as they come, so that the other process hardly waits; runs on a thread of its own."""
        while (message := read_message(stream)) is not None:
            if "start" in message:
                self.start = message["start"]
            else:
                self._hand_over(message)
        self._hand_over(None)

    def _hand_over(self, message: dict[str, Any] | None) -> None:
        while not self._closed:
            try:
                self._messages.put(message, timeout=_POLL_S)
            except queue.Full:
                continue
            return


def write_message(stream: IO[bytes], message: dict[str, Any]) -> None:
    """One message into the pipe."""
    data = marshal.dumps(message)
    stream.write(len(data).to_bytes(_HEAD, "little"))
    stream.write(data)
    stream.flush()


def read_message(stream: IO[bytes]) -> dict[str, Any] | None:
    """The next message, or None at the end of the pipe, also where it ends inside a message."""
    head = stream.read(_HEAD)
    size = int.from_bytes(head, "little")
    if len(head) < _HEAD or size > _LARGEST:
        return None
    data = stream.read(size)
    if len(data) < size:
        return None
    message: dict[str, Any] = marshal.loads(data)
    return message
