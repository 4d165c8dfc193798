"""A window of its own for each test: own settings, answers in place of native dialogs, closed at the end."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt, SignalInstance
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot, _WaitWidgetContextManager
from pytestqt.wait_signal import SignalBlocker

from sipview.gui import capture_requests
from sipview.gui.jobs import Jobs
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme, ThemeChoice
from sipview.live import InterfaceList
from tests.support.answered_paths import AnsweredPaths
from tests.support.capturing_user import User, using
from tests.support.network import private_network
from tests.support.patience import PATIENCE_MS


class PatientBot(QtBot):
    """Waits as long as a busy machine may need, where the one of pytest-qt takes five seconds for never."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802 - pytest-qt's name
        """Wait until this is so."""
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: SignalInstance, *, timeout: int = PATIENCE_MS, **how: Any) -> SignalBlocker:  # noqa: N802
        """Wait for this signal, at the end of the block."""
        return super().waitSignal(signal, timeout=timeout, **how)

    def waitExposed(self, widget: QWidget, *, timeout: int = PATIENCE_MS) -> _WaitWidgetContextManager:  # noqa: N802
        """Wait at the end of the block until this is on the screen."""
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(scope="session")
def the_theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeChoice.LIGHT)


@pytest.fixture
def theme(the_theme: Theme) -> Iterator[Theme]:
    the_theme.choose(ThemeChoice.LIGHT)
    yield the_theme
    the_theme.choose(ThemeChoice.LIGHT)
    the_theme.choose_text(100)


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


@pytest.fixture
def chooser() -> AnsweredPaths:
    return AnsweredPaths()


@pytest.fixture
def real_interfaces() -> None:
    """Lets the window ask this system what can be captured on, and watch it."""


@pytest.fixture
def network(real_interfaces: None) -> Iterator[None]:
    """A network of the test's own. Before the window: its threads and processes belong to the network of the thread that makes
    them.
    """
    with private_network():
        yield


@pytest.fixture(autouse=True)
def _interfaces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No interfaces, except where they matter: to ask and to watch takes two processes for each window."""
    if "real_interfaces" not in request.fixturenames:
        none = InterfaceList(problem="Nothing is captured in this test")
        monkeypatch.setattr(capture_requests, "list_interfaces", lambda: none)


@pytest.fixture
def window(qtbot: QtBot, theme: Theme, preferences: Preferences, chooser: AnsweredPaths) -> Iterator[MainWindow]:
    window = MainWindow(theme, preferences, chooser)
    window.resize(1280, 800)
    with qtbot.waitExposed(window):
        window.show()
    # Qt goes on believing that a key is down which was pressed together with another one in the test before.
    QTest.keyRelease(window, Qt.Key.Key_Shift)
    assert QApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier
    yield window
    window.close()
    window.deleteLater()


@pytest.fixture
def settled(qtbot: QtBot, window: MainWindow) -> Callable[[], None]:
    """Waits until nothing is under way off the main thread, and no timer of the window is about to ask again."""

    def wait() -> None:
        def idle() -> bool:
            page = window.page
            busy = window.loading.busy or page.jobs.busy
            return not (busy or page.ladder.settling or page.graphs.settling or page.on_the_way)

        qtbot.waitUntil(idle)

    return wait


@pytest.fixture
def opened(window: MainWindow, settled: Callable[[], None]) -> Callable[[Sequence[Path]], MainWindow]:
    """Opens captures in the window and waits until all is shown."""

    def open_them(paths: Sequence[Path]) -> MainWindow:
        window.open_captures(paths)
        settled()
        return window

    return open_them


@pytest.fixture
def user(network: None, qtbot: QtBot, window: MainWindow, chooser: AnsweredPaths) -> Iterator[User]:
    """Somebody who captures in a network of their own."""
    with using(qtbot, window, chooser) as user:
        yield user
