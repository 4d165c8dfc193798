"""Writes what is remembered, on a thread of its own: the window does not wait for a disk.

Qt writes settings when the event loop has its next turn, and waits until the disk has them. That may take a tenth of a second,
and comes when a capture was read, since it is one of the recent ones then. So Qt is held back, and writes some time later,
elsewhere. Objects on one file share what is not written yet; the one that lives there writes what this one was told. All of it
is done in C++: Qt called from Python keeps the interpreter while it writes.
"""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QThread, QTimer

from sipview.gui.preferences import Preferences

_AFTER_MS = 1000


class SettingsFile(QObject):
    """The file of some preferences, which their settings do not write themselves any more. `close` it at the end."""

    def __init__(self, settings: QSettings, preferences: Preferences) -> None:
        super().__init__(preferences)
        self._settings = settings
        self._thread = QThread(self)
        self._writer = QSettings(settings.fileName(), settings.format())
        self._writer.moveToThread(self._thread)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_AFTER_MS)
        self._soon.timeout.connect(self._write)
        settings.installEventFilter(self)
        preferences.remembered.connect(self._soon.start)
        self._thread.start(QThread.Priority.LowPriority)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """With this event settings tell themselves to write."""
        return watched is self._settings and event.type() == QEvent.Type.UpdateRequest

    def close(self) -> None:
        """Write what is not written yet."""
        self._soon.stop()
        self._thread.quit()
        self._thread.wait()
        self._settings.removeEventFilter(self)
        self._settings.sync()

    def _write(self) -> None:
        QCoreApplication.postEvent(self._writer, QEvent(QEvent.Type.UpdateRequest))
