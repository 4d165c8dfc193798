"""Whoever asks the process that skims."""

import marshal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from itertools import starmap
from typing import IO

from sipview import processes
from sipview.processes import creation_flags, read_frame, write_frame
from sipview.sip import Facts, skim
from sipview.skimming.process import command, request_for
from sipview.values import CancelToken

Octets = bytes | memoryview

_FEWEST, _MOST = 32, 512  # messages in a request: it is worth it, and leaves others for whoever would wait
_UNDER_WAY = 2  # requests: one that is being skimmed, and the next
_MESSAGES_IN_A_ROW = 64  # skimmed here between two looks whether that is still wanted
_LOOK_EVERY_S = 0.1


class _Part:
    """Some messages, and what is known of them: the ``reply`` of the process, or the ``facts`` that were skimmed here."""

    __slots__ = ("facts", "messages", "places", "reply")

    def __init__(self, messages: Sequence[Octets], places: Sequence[int | None] | None) -> None:
        self.messages = messages
        self.places = places
        self.reply: bytes | None = None
        self.facts: list[Facts] | None = None


class Skimming:
    """Messages that are being skimmed; ``beside`` tells whether in the other process, or here as soon as they are asked for."""

    def __init__(self, messages: Sequence[Octets], skimmer: "Skimmer | None" = None, parts: Sequence[_Part] = ()) -> None:
        self.beside = skimmer is not None
        self._messages = messages
        self._skimmer = skimmer
        self._parts = parts

    def facts(self, cancel: CancelToken) -> list[Facts]:
        """The facts of each message; waits for them. Raises `values.Cancelled` when asked to stop.

        To be asked in the order in which the messages were given, and once.
        """
        if self._skimmer is None:
            return skim_all(self._messages, cancel)
        found: list[Facts] = []
        for part in self._parts:
            found += self._skimmer.facts_of(part, cancel)
        return found


class Skimmer:
    """Skims messages in a process beside this one, as soon as that is there and as long as it lives, and here.

    Whoever asks for facts that are not there yet skims later messages meanwhile. ``processors`` is how many this process may
    use; with one there is no other process. None: ask the system. ``file`` is the descriptor of a file that does not change:
    the other process reads messages from there (where the system lets it inherit descriptors, which Windows does not).
    ``behind``: others that want a processor have it before that process, and whoever asks waits for it, so that others have the
    interpreter too.
    A context manager, for one thread. The messages given to `begin` are in memory until they are asked for.
    """

    def __init__(self, file: int | None = None, *, processors: int | None = None, behind: bool = False) -> None:
        self._file = None if sys.platform == "win32" else file
        self._behind = behind
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = threading.Event()
        self._threads: list[threading.Thread] = []
        # What follows is for the thread that asks and the two at the pipes.
        self._change = threading.Condition()
        self._waiting: deque[_Part] = deque()
        self._sent: deque[_Part] = deque()
        self._gone = False
        if (processes.processors() if processors is None else processors) > 1:
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

    def begin(self, messages: Sequence[Octets], places: Sequence[int | None] | None = None) -> Skimming:
        """Have these messages skimmed. ``places`` are the offsets in the file at which they begin, None for one not in it."""
        if self._gone or self._process is None or len(messages) < _FEWEST:
            return Skimming(messages)
        parts = [
            _Part(messages[start : start + _MOST], None if places is None else places[start : start + _MOST])
            for start in range(0, len(messages), _MOST)
        ]
        with self._change:
            self._waiting += parts
            self._change.notify_all()
        return Skimming(messages, self, parts)

    def facts_of(self, part: _Part, cancel: CancelToken) -> list[Facts]:
        """The facts of one part, for `Skimming`."""
        while part.reply is None and part.facts is None:
            cancel.check()
            mine = self._part_to_skim(part)
            if mine is not None:
                mine.facts = skim_all(mine.messages, cancel)
        if part.facts is not None:
            return part.facts
        assert part.reply is not None, "the loop ends with one of the two"
        return list(starmap(Facts, marshal.loads(part.reply)))

    def _part_to_skim(self, wanted: _Part) -> _Part | None:
        """What to skim here while ``wanted`` is not there: the last that nobody has begun. None: wait no longer, look again."""
        with self._change:
            if self._gone:
                return wanted
            if self._waiting and not (self._behind and self._ready.is_set()):
                return self._waiting.pop()
            if wanted.reply is None:
                self._change.wait(_LOOK_EVERY_S)
            return None

    def close(self) -> None:
        """End the process, without waiting until it is gone (`join` does)."""
        with self._change:
            self._gone = True
            self._change.notify_all()
        if self._process is not None:
            self._process.kill()  # it has nothing to finish, and taking down what it remembers may take long

    def join(self) -> None:
        """Wait until the process and the threads at its pipes are gone."""
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        inherited = () if self._file is None else (self._file,)
        try:
            process = self._process = subprocess.Popen(
                command(self._file, behind=self._behind),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=creation_flags(behind=self._behind),
                pass_fds=inherited,
            )
        except OSError:  # no more processes: then everything is skimmed here
            return
        self._threads = [
            threading.Thread(target=self._write, args=(process.stdin,), daemon=True),
            threading.Thread(target=self._read, args=(process, process.stdout), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _write(self, stream: IO[bytes]) -> None:
        """Hand out requests; runs on a thread of its own, as a pipe takes no more than the process has read."""
        try:
            with stream:
                while (part := self._next_to_send()) is not None:
                    write_frame(stream, request_for(part.messages, None if self._file is None else part.places))
        except OSError:  # the process is gone, which the other thread tells
            pass

    def _next_to_send(self) -> _Part | None:
        with self._change:
            while not self._gone and not (self._ready.is_set() and self._waiting and len(self._sent) < _UNDER_WAY):
                self._change.wait()
            if self._gone:
                return None
            part = self._waiting.popleft()
            self._sent.append(part)
            return part

    def _read(self, process: subprocess.Popen[bytes], stream: IO[bytes]) -> None:
        """Take replies in until the process is gone; runs on a thread of its own."""
        with stream:
            if read_frame(stream) is not None:
                with self._change:
                    self._ready.set()
                    self._change.notify_all()
                while (reply := read_frame(stream)) is not None:
                    with self._change:
                        self._sent.popleft().reply = reply
                        self._change.notify_all()
        with self._change:
            self._gone = True
            self._change.notify_all()
        process.wait()


def skim_all(messages: Sequence[Octets], cancel: CancelToken) -> list[Facts]:
    """The facts of each message, skimmed here. Raises `values.Cancelled` when asked to stop."""
    found: list[Facts] = []
    for start in range(0, len(messages), _MESSAGES_IN_A_ROW):
        cancel.check()
        found += map(skim, map(bytes, messages[start : start + _MESSAGES_IN_A_ROW]))
    return found
