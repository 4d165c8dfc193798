"""Several windows, and a second start that finds the first."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences, SecondFile
from sipview.gui.running_program import RunningProgram, Wish, hand_over
from sipview.gui.theme import Theme
from sipview.gui.windows import Windows
from tests.support.answered_paths import SAMPLES

pytestmark = pytest.mark.usefixtures("real_interfaces")

CALL, OFFICE = SAMPLES / "call-through-pbx.pcap", SAMPLES / "small-office.pcap"


@pytest.fixture
def windows(theme: Theme, preferences: Preferences) -> Iterator[Windows]:
    windows = Windows(theme, preferences)
    yield windows
    for window in windows.open_ones:
        window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def shows(window: MainWindow, path: Path) -> Callable[[], bool]:
    return lambda: window.page.analysis is not None and window.page.analysis.paths == (path,) and not window.loading.busy


def test_one_more_window_stands_beside_the_first(windows: Windows) -> None:
    first = windows.make()
    first.actions_["new-window"].trigger()
    assert len(windows.open_ones) == 2
    assert windows.open_ones[1].size() == first.size()


def test_a_closed_window_is_forgotten(windows: Windows, qtbot: QtBot) -> None:
    first, second = windows.make(), windows.make()
    second.close()
    qtbot.waitUntil(lambda: windows.open_ones == (first,))
    assert windows.active is first


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
@pytest.mark.parametrize(("choice", "count"), [(SecondFile.NEW_WINDOW, 2), (SecondFile.HERE, 1)])
def test_a_second_file_opens_where_the_user_wants_it(
    windows: Windows, preferences: Preferences, qtbot: QtBot, choice: SecondFile, count: int
) -> None:
    preferences.second_file = choice
    first = windows.make()
    assert windows.fulfil(Wish((CALL,))) is first, "a window that shows nothing has room"
    qtbot.waitUntil(shows(first, CALL))
    window = windows.fulfil(Wish((OFFICE,)))
    qtbot.waitUntil(shows(window, OFFICE))
    assert len(windows.open_ones) == count
    assert (window is first) is (choice is SecondFile.HERE)


def test_the_choice_is_in_the_menu_and_remembered(window: MainWindow, preferences: Preferences) -> None:
    assert window.actions_["second-new-window"].isChecked()
    window.actions_["second-here"].trigger()
    assert preferences.second_file is SecondFile.HERE


def test_a_second_start_hands_its_files_over(qtbot: QtBot, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    assert not hand_over(place, Wish((CALL,))), "nobody is there"
    program = RunningProgram(place)
    assert program.listening
    asker = QLocalSocket()
    asker.connectToServer(place)
    with qtbot.waitSignal(program.wished) as came:
        asker.write(Wish((CALL, OFFICE), follow=True).line())
    assert came.args == [Wish((CALL, OFFICE), follow=True)]
    qtbot.waitUntil(lambda: bytes(asker.readAll().data()) == b"taken\n")
    asker.close()
    program.close()


@pytest.mark.parametrize(
    "line", [b"hello\n", b"{}\n", b'{"paths": 3, "follow": false}\n', b'{"paths": [3], "follow": false}\n', b"[" * 9000 + b"\n"]
)
def test_rubbish_from_the_socket_is_thrown_away(qtbot: QtBot, tmp_path: Path, line: bytes) -> None:
    program = RunningProgram(str(tmp_path / "place"))
    came: list[Wish] = []
    program.wished.connect(came.append)
    asker = QLocalSocket()
    asker.connectToServer(str(tmp_path / "place"))
    asker.write(line)
    qtbot.waitUntil(lambda: asker.state() is QLocalSocket.LocalSocketState.UnconnectedState)
    assert came == []
    program.close()


def test_a_socket_that_a_crash_left_is_in_nobodys_way(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "place").write_bytes(b"")
    program = RunningProgram(str(tmp_path / "place"))
    assert program.listening
    program.close()
