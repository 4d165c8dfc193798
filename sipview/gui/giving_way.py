"""Workers give way to the main thread: while it has something to paint or to answer, they wait a moment.

Python runs one thread at a time, and Qt's functions give that turn away at every call: a page of a list that is painted
while a worker computes would lose its turn a thousand times. So slow work, which asks now and then whether it is still
wanted (`values.CancelToken.check`), waits there as long as the main thread is awake. And where there are fewer processors
than threads, the system lets the main thread and the display have one first (`work_behind`).
"""

import ctypes
import os
import sys
import threading
import time
from contextlib import suppress

from PySide6.QtCore import QAbstractEventDispatcher, QObject

from sipview.values import CancelToken

_LONGEST_S = 0.1
"""Then the work goes on for a moment, whatever the main thread does."""
_CREDIT_S = 0.4
"""How long work may wait in all before it has worked as long again: a main thread that never sleeps takes half of the time."""


_NICER = 5
_BELOW_NORMAL, _THIS_THREAD = -1, -2  # as Windows counts them


def work_behind() -> None:
    """Let this thread, and threads and processes that it starts, have a processor after others that want it.

    Where the system does not let it, it works as before.
    """
    with suppress(OSError, AttributeError):
        if sys.platform == "win32":
            ctypes.windll.kernel32.SetThreadPriority(ctypes.c_void_p(_THIS_THREAD), _BELOW_NORMAL)
        elif sys.platform == "linux":  # elsewhere the priority is that of the whole process
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, thread) + _NICER, 19))


class _MainThread(QObject):
    """Knows whether the main thread's event loop is asleep."""

    def __init__(self, dispatcher: QAbstractEventDispatcher) -> None:
        super().__init__(dispatcher)
        self.asleep = threading.Event()
        self.asleep.set()
        dispatcher.awake.connect(self.asleep.clear)
        dispatcher.aboutToBlock.connect(self.asleep.set)


def _watched() -> threading.Event:
    dispatcher = QAbstractEventDispatcher.instance()
    watcher = dispatcher.findChild(_MainThread)
    return (watcher or _MainThread(dispatcher)).asleep


class _Patience(threading.local):
    """How long a thread may still wait, and since when it works. A request may work on several threads."""

    def __init__(self) -> None:
        self.credit = _CREDIT_S
        self.worked_from = time.perf_counter()


class GivingWayToken(CancelToken):
    """A wish to stop whose `check` also gives way. Made on the main thread."""

    __slots__ = ("_asleep", "_patience")

    def __init__(self) -> None:
        super().__init__()
        self._asleep = _watched()
        self._patience = _Patience()

    def check(self) -> None:
        """Raise `values.Cancelled` if somebody asked to stop; else wait a little for the main thread to have nothing to do."""
        super().check()
        if self._asleep.is_set():
            return
        patience, now = self._patience, time.perf_counter()
        credit = min(_CREDIT_S, patience.credit + now - patience.worked_from)
        self._asleep.wait(min(credit, _LONGEST_S))
        patience.worked_from = time.perf_counter()
        patience.credit = max(0.0, credit - (patience.worked_from - now))
