"""Turns of the event loop: what takes a few milliseconds each is done one thing a turn, not one right behind the other.

In between, what the user does is heard, and what changed is painted.
"""

from collections import deque
from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QTimer


class _Turns(QObject):
    """Gives out the turns of an application's main thread."""

    def __init__(self, application: QCoreApplication) -> None:
        super().__init__(application)
        self._waiting: deque[tuple[QObject, Callable[[], object]]] = deque()
        # With an interval of 0 Qt gave every fourth thing its turn right behind the one before.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._turn)

    def add(self, whose: QObject, do: Callable[[], object]) -> None:
        self._waiting.append((whose, do))
        if not self._timer.isActive():
            self._timer.start()

    def _turn(self) -> None:
        whose, do = self._waiting.popleft()
        if self._waiting:
            self._timer.start()  # before it is done, which may be to run an event loop of its own
        if shiboken6.isValid(whose):
            do()


def in_a_turn_of_its_own(whose: QObject, do: Callable[[], object]) -> None:
    """Do this soon, on the main thread, behind all else that waits for its turn; unless the one whose doing it is was deleted
    by then.
    """
    application = QCoreApplication.instance()
    assert application is not None, "there is an event loop to take turns in"
    (application.findChild(_Turns) or _Turns(application)).add(whose, do)
