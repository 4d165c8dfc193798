"""The window as on Windows, where a file that anybody has open stays: a ring, a saved capture, an unwanted one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from sipview import environment
from sipview.gui.capture_control import CaptureState
from sipview.gui.capture_requests import CaptureWish
from sipview.gui.main_window import MainWindow
from sipview.live import Choice, Ring, recoverable
from sipview.live.orders import SMALLEST_RING_FILE
from tests.support.answered_paths import AnsweredPaths
from tests.support.capturing_user import User, using
from tests.support.network import send_udp
from tests.support.windows_files import as_on_windows

pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    with as_on_windows(tmp_path) as told:
        yield told


@pytest.fixture
def user(
    network: None, refused: Callable[[], list[str]], qtbot: QtBot, window: MainWindow, chooser: AnsweredPaths
) -> Iterator[User]:
    with using(qtbot, window, chooser) as user:
        yield user


def files(user: User) -> list[str]:
    assert user.control.copy is not None
    return sorted(path.name for path in user.control.copy.folder.glob("*.pcap"))


def test_a_ring_stays_within_its_bound_while_the_window_shows_it(user: User, refused: Callable[[], list[str]]) -> None:
    user.control.start(CaptureWish(("lo",), ("lo",), Choice("sip"), ring=Ring(2, size=SMALLEST_RING_FILE)))
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    for number in range(2, 6):
        while f"00-{number:06}.pcap" not in {path.name for path in user.control.following.paths}:
            send_udp(5060, [bytes(1400)] * 40)
            user.qtbot.wait(25)
    user.wait(lambda: files(user) == ["00-000004.pcap", "00-000005.pcap"])
    assert any(line.startswith("remove ") for line in refused()), "the window had no file open that was to be deleted"
    user.stop()


def test_a_capture_that_is_saved_leaves_nothing_behind(user: User, tmp_path: Path) -> None:
    user.begin()
    user.send(1, 2)
    user.wait(lambda: user.calls() == 2)
    user.stop()
    assert user.control.copy is not None
    folder = user.control.copy.folder
    user.save(tmp_path / "saved.pcapng")
    user.wait(lambda: not folder.exists())
    assert user.calls() == 2


@pytest.mark.parametrize("shown", [True, False])
def test_a_capture_that_is_not_wanted_leaves_nothing_behind_when_the_window_is_closed(user: User, shown: bool) -> None:
    user.begin()
    user.send(1)
    if shown:
        user.wait(lambda: user.calls() == 1)
    assert user.control.copy is not None
    folder = user.control.copy.folder
    user.wait(lambda: user.control.unsaved)
    user.window.close()
    discard = next(button for button in _question(user).buttons() if button.text() == "Discard")
    assert isinstance(discard, QPushButton)
    QTest.mouseClick(discard, Qt.MouseButton.LeftButton)
    user.wait(lambda: not user.window.isVisible())
    user.wait(lambda: not folder.exists())
    assert recoverable(environment.spool_folder()) == []


def _question(user: User) -> QMessageBox:
    user.wait(lambda: user.window.live.guard.dialog is not None)
    assert user.window.live.guard.dialog is not None
    return user.window.live.guard.dialog
