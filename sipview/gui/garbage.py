"""When Python looks for garbage: never in the middle of something, and never through all that a capture is made of.

A collection stops every thread for as long as it takes. Left to itself it comes when a worker has made many values, and walks
through all of them: a ladder of 50,000 arrows stops the window for a tenth of a second. Values of a capture are in no cycles,
though, so they go when nobody holds them; what needs a collection is what widgets leave behind, which is little. So the
window collects itself: the youngest values every now and then, and what is left is not looked at again. All are looked at
when nobody looks at the window. On the main thread, as what a collection frees may be a widget.
"""

import gc

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

_EVERY_MS = 5_000
_ASIDE_AFTER_MS = 30_000  # without a window of ours in front
_WORTH_IT = 2_000  # new values
_TOO_MANY = 50_000  # those are a capture's, and would take some 10 ms


class GarbageCollector(QObject):
    """Takes the place of Python's own timing for as long as it lives."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        gc.disable()
        gc.collect()
        gc.freeze()
        self._young = QTimer(self)
        self._young.setInterval(_EVERY_MS)
        self._young.timeout.connect(self.collect_young)
        self._young.start()
        self._aside = QTimer(self)
        self._aside.setSingleShot(True)
        self._aside.setInterval(_ASIDE_AFTER_MS)
        self._aside.timeout.connect(self.collect_all)
        application.applicationStateChanged.connect(self._state_changed)

    def collect_young(self) -> None:
        """Look through what is new, if it is not much; what stays is not looked at again before `collect_all`."""
        # Python's own count is too low, as it also counts what has gone of the old. But to list the values of a capture that
        # is being read takes 5 ms for 33,000 messages.
        new = gc.get_count()[0]
        if new < _TOO_MANY:
            new = len(gc.get_objects(0))
        if new < _WORTH_IT:
            return
        if new < _TOO_MANY:
            gc.collect(0)
        gc.freeze()

    def collect_all(self) -> None:
        """Look through everything."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive:
            self._aside.stop()
        else:
            self._aside.start()
