"""The windows of the program: several on several captures, and where a file from the desktop opens."""

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication

from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences, SecondFile
from sipview.gui.running_program import Wish
from sipview.gui.theme import Theme
from sipview.gui.warming import warm

_CASCADE_PX = 28
_WINDOW_FIRST_MS = 300


class Windows(QObject):
    """All windows that are open; the program ends with the last of them."""

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        super().__init__(theme)
        self._theme = theme
        self._preferences = preferences
        self._open: list[MainWindow] = []

    @property
    def open_ones(self) -> tuple[MainWindow, ...]:
        """The windows, the latest last."""
        return tuple(self._open)

    @property
    def active(self) -> MainWindow | None:
        """The window in use, else the latest."""
        active = QApplication.activeWindow()
        return active if isinstance(active, MainWindow) and active in self._open else (self._open[-1] if self._open else None)

    def make(self) -> MainWindow:
        """Open one more window, a little beside the one in use."""
        beside = self.active
        window = MainWindow(self._theme, self._preferences)
        window.another_wanted.connect(self.make)
        window.closed.connect(lambda: self._forget(window))
        if beside is not None:
            window.resize(beside.size())
            window.move(beside.pos() + QPoint(_CASCADE_PX, _CASCADE_PX))
        self._open.append(window)
        window.show()
        warm(window.page, window.pages.size())
        if beside is None:
            QTimer.singleShot(_WINDOW_FIRST_MS, window, window.learn_ahead)
        return window

    def fulfil(self, wish: Wish) -> MainWindow:
        """Do what somebody wants who started sipview once more."""
        window = self.active
        if window is None or self._preferences.second_file is not SecondFile.HERE:
            window = self._empty_one() or self.make()
        if wish.paths:
            (window.follow_captures if wish.follow else window.open_captures)(wish.paths)
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()
        return window

    def _empty_one(self) -> MainWindow | None:
        """A window that shows its start page has room for a file."""
        return next((window for window in self._open if window.vacant), None)

    def _forget(self, window: MainWindow) -> None:
        if window in self._open:
            self._open.remove(window)
            window.deleteLater()
