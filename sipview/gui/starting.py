"""Starts Qt, dresses it and opens the window."""

import logging
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from sipview import environment
from sipview.gui import icons
from sipview.gui.dialogs import ErrorDialog
from sipview.gui.garbage import GarbageCollector
from sipview.gui.preferences import Preferences, SecondFile
from sipview.gui.running_program import RunningProgram, Wish, hand_over, meeting_place
from sipview.gui.settings_file import SettingsFile
from sipview.gui.theme import Theme
from sipview.gui.windows import Windows
from sipview.index import standby

_log = logging.getLogger(__name__)
_GIVE_WAY_S = 0.0001
_WINDOW_FIRST_MS = 300


def run(paths: Sequence[Path], *, follow: bool = False, argv: Sequence[str] = ("sipview",)) -> int:
    """Open the window on these captures, and run until it is closed; returns the exit status.

    ``follow``: another program still writes them.
    """
    wish = Wish(tuple(Path(path) for path in paths), follow)
    settings = QSettings(str(environment.config_folder() / "window.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(settings)
    application = make_application(argv)
    shared = preferences.second_file is not SecondFile.OWN_PROGRAM
    if shared and hand_over(meeting_place(), wish):
        return 0
    theme = Theme(application, preferences.theme)
    theme.choose_text(preferences.scale_percent, preferences.font_family)
    windows = Windows(theme, preferences)
    window = windows.make()
    sys.excepthook = _Unexpected(windows)
    share_the_interpreter(application)
    QTimer.singleShot(_WINDOW_FIRST_MS, have_a_reader_wait)
    (window.follow_captures if follow else window.open_captures)(wish.paths)
    window.live.control.recovery.look()
    program = RunningProgram(meeting_place()) if shared else None
    if program is not None:
        program.wished.connect(windows.fulfil)
    file = SettingsFile(settings, preferences)
    try:
        status = application.exec()
        if program is not None:
            program.close()
    finally:
        file.close()
    return status


def have_a_reader_wait() -> None:
    """Start the process that reads the first long capture, on a thread since that takes longer than a frame."""
    threading.Thread(target=standby.prepare, kwargs={"behind": True}, name="sipview-standby", daemon=True).start()


def make_application(argv: Sequence[str] = ("sipview",)) -> QApplication:
    """The running application, or a new one with sipview's name and icon."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        application = running
    else:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        application = QApplication(list(argv))
    application.setApplicationName("sipview")
    application.setApplicationDisplayName("sipview")
    application.setOrganizationName("sipview")
    application.setApplicationVersion(environment.version())
    application.setDesktopFileName("sipview")
    application.setWindowIcon(icons.application_icon())
    return application


def share_the_interpreter(application: QApplication) -> None:
    """Keep the main thread quick while a worker runs Python: it asks for the interpreter at each cell that it paints.

    A worker gives way after 0.1 ms and not after 5, and no worker stops all others to look for garbage.
    """
    sys.setswitchinterval(_GIVE_WAY_S)
    GarbageCollector(application)


class _Unexpected:
    """Takes exceptions that nobody caught on the main thread: logged, and told once at a time."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._telling = False

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.closeAllWindows()
            return
        _log.error("unexpected in the window", exc_info=(kind, error, trace))
        if not self._telling:
            self._telling = True
            dialog = ErrorDialog(self._windows.active, "working in the window", error)
            dialog.finished.connect(self._told)
            dialog.open()

    def _told(self) -> None:
        self._telling = False
