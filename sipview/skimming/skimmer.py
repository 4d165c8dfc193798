"""Whoever asks the process that skims."""

import marshal
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import BinaryIO

from sipview.sip import Facts, skim
from sipview.skimming.process import command, no_window, read_frame, write_frame
from sipview.values import CancelToken

_FEWEST, _MOST = 32, 2048  # messages in a request: it is worth it, and does not fill the memory
_MESSAGES_IN_A_ROW = 64  # skimmed here between two looks whether that is still wanted
_LOOK_EVERY_S = 0.1
_END_S = 2.0


class Skimming:
    """Messages that are being skimmed; ``beside`` tells whether in the other process, or here as soon as they are asked for."""

    def __init__(self, messages: Sequence[bytes], answer: "Callable[[CancelToken], list[Facts] | None] | None") -> None:
        self.beside = answer is not None
        self._messages = messages
        self._answer = answer

    def facts(self, cancel: CancelToken) -> list[Facts]:
        """The facts of each message; waits for them. Raises `values.Cancelled` when asked to stop.

        To be asked in the order in which the messages were given, and once.
        """
        found = self._answer(cancel) if self._answer is not None else None
        return found if found is not None else skim_all(self._messages, cancel)


class Skimmer:
    """Skims messages in a process beside this one, as soon as that is there and as long as it lives, else here.

    ``processors`` is how many this process may use; with one there is no other process. None: ask the system.
    A context manager, for one thread. The messages given to `begin` are in memory until they are asked for.
    """

    def __init__(self, *, processors: int | None = None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = threading.Event()
        self._gone = False
        self._unanswered = 0
        self._threads: list[threading.Thread] = []
        self._requests: SimpleQueue[bytes | None] = SimpleQueue()
        self._replies: SimpleQueue[bytes | None] = SimpleQueue()
        if (_processors() if processors is None else processors) > 1:
            self._start()

    def __enter__(self) -> "Skimmer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_number(self) -> int | None:
        """The number of the other process, if there is one."""
        return None if self._process is None else self._process.pid

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Wait until the other process is there; whether it is. Nobody needs to: until then messages are skimmed here."""
        return self._ready.wait(timeout_s)

    def begin(self, messages: Sequence[bytes]) -> Skimming:
        """Have these messages skimmed."""
        if self._gone or not self._ready.is_set() or len(messages) < _FEWEST:
            return Skimming(messages, None)
        parts = range(0, len(messages), _MOST)
        for start in parts:
            self._requests.put(marshal.dumps(list(messages[start : start + _MOST])))
        self._unanswered += len(parts)
        return Skimming(messages, partial(self._wait, len(parts)))

    def close(self) -> None:
        """End the process."""
        self._gone = True
        process = self._process
        if process is None:
            return
        self._process = None
        self._requests.put(None)
        try:
            process.wait(0 if self._unanswered else _END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=no_window()
            )
        except OSError:  # no more processes: then everything is skimmed here
            return
        ends = (self._write, self._process.stdin), (self._read, self._process.stdout)
        self._threads = [threading.Thread(target=work, args=(stream,), daemon=True) for work, stream in ends]
        for thread in self._threads:
            thread.start()

    def _write(self, stream: BinaryIO) -> None:
        """Hand out requests; runs on a thread of its own, as a pipe takes no more than the process has read."""
        try:
            with stream:
                while (request := self._requests.get()) is not None:
                    write_frame(stream, request)
        except OSError:  # the process is gone, which the other thread tells
            pass

    def _read(self, stream: BinaryIO) -> None:
        """Take replies in; runs on a thread of its own."""
        with stream:
            if read_frame(stream) is not None:
                self._ready.set()
                while (reply := read_frame(stream)) is not None:
                    self._replies.put(reply)
        self._replies.put(None)

    def _wait(self, replies: int, cancel: CancelToken) -> list[Facts] | None:
        """What the next replies say; None where they will not come."""
        found: list[Facts] = []
        while replies and not self._gone:
            cancel.check()
            try:
                reply = self._replies.get(timeout=_LOOK_EVERY_S)
            except Empty:
                continue
            if reply is None:
                self._gone = True
                break
            found += [tuple.__new__(Facts, values) for values in marshal.loads(reply)]
            replies -= 1
            self._unanswered -= 1
        return None if replies else found


def skim_all(messages: Sequence[bytes], cancel: CancelToken) -> list[Facts]:
    """The facts of each message, skimmed here. Raises `values.Cancelled` when asked to stop."""
    found: list[Facts] = []
    for start in range(0, len(messages), _MESSAGES_IN_A_ROW):
        cancel.check()
        found += map(skim, messages[start : start + _MESSAGES_IN_A_ROW])
    return found


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # it stands for fewer than there are in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
