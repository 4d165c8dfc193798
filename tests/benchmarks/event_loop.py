"""Measuring a window from inside: how long its event loop is away, what a frame takes, and who is to blame."""

import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

_SAMPLED_EVERY_S = 0.004
_LATE_MS = 25.0
_DEPTH = 14
_SCHEDULED = Path("/proc/thread-self/schedstat")
_IDLE = ("_worker (thread.py", "wait (threading.py", "_listen (activity.py")


class Wait(NamedTuple):
    """Between two turns of the event loop: on the clock, what the main thread computed in that time, and how long it was
    ready but had no core (0 where the system does not tell).

    Where the clock says more than both together, the thread waited for the interpreter, which a worker had.
    """

    wall_ms: float
    cpu_ms: float
    queued_ms: float


class Turns(QObject):
    """Asks for a turn of the event loop every millisecond, and keeps the waits: the gap between two turns is what a hand
    would feel.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[Wait] = []
        self._clock = QElapsedTimer()
        self._cpu = self._queued = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._turn)

    def start(self) -> None:
        """Begin to measure."""
        self.waits = []
        self._clock.start()
        self._cpu, self._queued = time.thread_time(), _queued_s()
        self._timer.start()

    def stop(self) -> list[Wait]:
        """End, and give all waits."""
        self._turn()
        self._timer.stop()
        return self.waits

    @property
    def running(self) -> bool:
        """Whether it measures now."""
        return self._timer.isActive()

    @property
    def late_ms(self) -> float:
        """How long the loop has been away by now; for another thread's eyes."""
        return self._clock.nsecsElapsed() / 1e6 if self._clock.isValid() else 0.0

    def _turn(self) -> None:
        cpu, queued = time.thread_time(), _queued_s()
        self.waits.append(Wait(self._clock.nsecsElapsed() / 1e6, (cpu - self._cpu) * 1e3, (queued - self._queued) * 1e3))
        self._clock.restart()
        self._cpu, self._queued = cpu, queued


def _queued_s() -> float:
    """How long this thread has waited for a core in its life."""
    try:
        return int(_SCHEDULED.read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


class Frames(QObject):
    """Measures what a widget's paint events take."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.took_ms: list[float] = []
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Send a paint event again, and take the time."""
        if event.type() == QEvent.Type.Paint and watched is self._widget:
            self._widget.removeEventFilter(self)
            began = time.perf_counter()
            QApplication.sendEvent(self._widget, event)
            self.took_ms.append((time.perf_counter() - began) * 1000)
            self._widget.installEventFilter(self)
            return True
        return False


class Blame:
    """Looks at the main thread's stack whenever the event loop is late; what it finds most often is what to mend.

    Looking costs time as well: figures taken meanwhile are somewhat too high.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._main = threading.main_thread().ident
        self._seen: Counter[str] = Counter()
        self._held: list[tuple[float, str]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look, until the block ends."""
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def tell(self, most: int = 6) -> None:
        """Print the stacks seen most often since the last time, the innermost function first, and who held the interpreter."""
        for stack, times in self._seen.most_common(most):
            print(f"{times:10} x {stack}")
        for held_ms, stack in sorted(self._held, reverse=True)[:most]:
            print(f"{held_ms:7.0f} ms without the interpreter, just before: {stack}")
        self._seen.clear()
        self._held.clear()

    def _watch(self, ended: threading.Event) -> None:
        slept = time.perf_counter()
        while not ended.wait(_SAMPLED_EVERY_S):
            now = time.perf_counter()
            overslept_ms = (now - slept - _SAMPLED_EVERY_S) * 1e3
            if self._turns.running and max(overslept_ms, self._turns.late_ms) >= _LATE_MS:
                self._look(overslept_ms)
            slept = time.perf_counter()

    def _look(self, overslept_ms: float) -> None:
        """Who overslept could not get the interpreter: whoever had it gave it away only just now, and stands where it was."""
        for thread, frame in sys._current_frames().items():
            stack = " < ".join(_place(each) for each in reversed(traceback.extract_stack(frame)[-_DEPTH:]))
            if thread == self._main and self._turns.late_ms >= _LATE_MS:
                self._seen[stack] += 1
            if thread != threading.get_ident() and overslept_ms >= _LATE_MS and not stack.startswith(_IDLE):
                self._held.append((overslept_ms, stack))


def _place(frame: traceback.FrameSummary) -> str:
    return f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"
