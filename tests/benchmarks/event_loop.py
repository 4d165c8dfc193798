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


class Wait(NamedTuple):
    """Between two turns of the event loop: on the clock, and what the main thread computed in that time.

    Where the clock says much more, the thread had to wait: for the interpreter, or for a core.
    """

    wall_ms: float
    cpu_ms: float


class Turns(QObject):
    """Asks for a turn of the event loop every millisecond, and keeps the waits: the gap between two turns is what a hand
    would feel.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[Wait] = []
        self._clock = QElapsedTimer()
        self._cpu = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._turn)

    def start(self) -> None:
        """Begin to measure."""
        self.waits = []
        self._clock.start()
        self._cpu = time.thread_time()
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
        cpu = time.thread_time()
        self.waits.append(Wait(self._clock.nsecsElapsed() / 1e6, (cpu - self._cpu) * 1e3))
        self._clock.restart()
        self._cpu = cpu


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
        self._others: Counter[str] = Counter()

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
        """Print the stacks seen most often since the last time, the innermost function first, and what others did."""
        for stack, times in self._seen.most_common(most):
            print(f"{times:10} x {stack}")
        for place, times in self._others.most_common(3):
            print(f"{times:10} x meanwhile {place}")
        self._seen.clear()
        self._others.clear()

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(_SAMPLED_EVERY_S):
            if not self._turns.running or self._turns.late_ms < _LATE_MS:
                continue
            frames = sys._current_frames()
            for thread, frame in frames.items():
                if thread == self._main:
                    stack = traceback.extract_stack(frame)[-_DEPTH:]
                    self._seen[" < ".join(_place(each) for each in reversed(stack))] += 1
                elif thread != threading.get_ident():
                    self._others[_place(traceback.extract_stack(frame)[-1])] += 1


def _place(frame: traceback.FrameSummary) -> str:
    return f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"
