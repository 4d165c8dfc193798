"""The front end's end of a capture: starts the engine, tells it to stop, keeps what it reports."""

import contextlib
import queue
import subprocess
import threading
from collections.abc import Callable

import msgspec

from sipview.live.orders import (
    NO_PROGRESS,
    STOPPED_BEFORE_IT_BEGAN,
    Ended,
    Event,
    FileDeleted,
    FileOpened,
    Order,
    Progress,
    Started,
    Stop,
    TapState,
)
from sipview.live.processes import ENGINE, command_of, interrupts_held_back, no_window

_PIECE = 1 << 16
_ENDING_S = 10.0


class Capture:
    """A capture that runs in an engine of its own. Never raises for what happens to it: `ended` tells, in a sentence.

    ``notify`` is called on a thread of this object after each event; a window passes a function that wakes its own thread,
    which then calls `events`. Without it, wait by `next_event`.
    """

    def __init__(self, order: Order, notify: Callable[[], None] | None = None) -> None:
        """Start the engine; `Started` or `Ended` is the first event of note."""
        self.order = order
        self.progress: Progress = NO_PROGRESS
        """The latest counters."""
        self.started: Started | None = None
        self.ended: Ended | None = None
        self.files: dict[str, int] = {}
        """The files that belong to the capture now, by name: the position of their source in the order."""
        self.forgotten: frozenset[str] = frozenset()
        """The names of files that a ring has forgotten; on Windows they are there as long as somebody reads them."""
        self._notify = notify
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._words = b""
        self._stopped = False
        try:
            with interrupts_held_back():
                self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                    command_of(ENGINE),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    creationflags=no_window(),
                )
        except OSError as error:
            self._process = None
            self._take(Ended("failed", f"The capture engine cannot be started: {error.strerror or error}.", NO_PROGRESS))
            return
        self._send(order)
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()

    @property
    def states(self) -> tuple[TapState, ...]:
        """How each source of the order stands, as was told last; nothing before it has begun."""
        return self.progress.taps or (self.started.taps if self.started is not None else ())

    @property
    def process(self) -> int | None:
        """The engine's process number, while it has one."""
        return None if self._process is None else self._process.pid

    def events(self) -> list[Event]:
        """What has been reported since the last call, in order."""
        found = []
        while not self._events.empty():
            found.append(self._events.get())
        return found

    def next_event(self, timeout_s: float) -> Event | None:
        """The next event, waited for at most this long."""
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def stop(self, after_s: float = 0.0, why: str = "") -> None:
        """End it now, or that many seconds from now (a trigger: what follows a failure is wanted too); earlier wishes stand.

        ``why`` becomes the sentence of `Ended`. The end itself is an event.
        """
        self._stopped = True
        self._send(Stop(after_s, why))

    def close(self) -> None:
        """End it now and wait until its files are whole; an engine that does not answer is killed."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()

    def _send(self, message: Order | Stop) -> None:
        assert self._process is None or self._process.stdin is not None
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(OSError):  # it has ended, and that is told by the other pipe
                self._process.stdin.write(msgspec.json.encode(message) + b"\n")
                self._process.stdin.flush()

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        words = threading.Thread(target=self._keep_words, args=(process,), daemon=True)
        words.start()
        decoder = msgspec.json.Decoder(Event)
        for line in process.stdout:
            self._take(decoder.decode(line))
        words.join()
        status = process.wait()
        for pipe in (process.stdout, process.stderr):
            pipe.close()
        if self.ended is None and self.started is None and self._stopped:
            self._take(Ended("asked", STOPPED_BEFORE_IT_BEGAN, NO_PROGRESS))
        elif self.ended is None:
            self._take(Ended("failed", self._how_it_died(status), self.progress))

    def _keep_words(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self._words = line

    def _how_it_died(self, status: int) -> str:
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        said = self._words.decode("utf-8", "replace").strip()
        return f"The capture engine was ended {how}{f' ({said})' if said else ''}; what it had written is on the disk."

    def _take(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, Started):
            self.started = event
        elif isinstance(event, FileOpened):
            self.files = {**self.files, event.name: event.source}
        elif isinstance(event, FileDeleted):
            self.files = {name: source for name, source in self.files.items() if name != event.name}
            self.forgotten |= {event.name}
        elif isinstance(event, Ended):
            if event.progress.taps:
                self.progress = event.progress
            self.ended = event
        self._events.put(event)
        if self._notify is not None:
            self._notify()
