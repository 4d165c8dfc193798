"""One thing a turn of the event loop, and never two, whoever asks for them."""

from functools import partial

from PySide6.QtCore import QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sipview.gui.turns import in_a_turn_of_its_own


def test_things_are_done_one_a_turn_in_their_order(qtbot: QtBot) -> None:
    whose, another = QObject(), QObject()
    done: list[int] = []
    for number in range(6):
        in_a_turn_of_its_own(another if number % 2 else whose, partial(done.append, number))
    assert done == []
    at_a_time: list[int] = []
    while len(done) < 6:
        before = len(done)
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        at_a_time.append(len(done) - before)
    assert done == [0, 1, 2, 3, 4, 5]
    assert max(at_a_time) == 1


def test_nothing_is_done_for_whom_is_gone(qtbot: QtBot) -> None:
    whose, gone = QObject(), QObject()
    done: list[str] = []
    in_a_turn_of_its_own(gone, lambda: done.append("gone"))
    in_a_turn_of_its_own(whose, lambda: done.append("there"))
    gone.deleteLater()
    qtbot.waitUntil(lambda: bool(done))
    assert done == ["there"]


def test_an_event_loop_within_a_turn_gives_turns_as_well(qtbot: QtBot) -> None:
    whose = QObject()
    loop = QEventLoop()
    waited: list[bool] = []

    def wait() -> None:
        tired = QTimer(whose)
        tired.setSingleShot(True)
        tired.timeout.connect(lambda: loop.exit(1))
        tired.start(20_000)
        waited.append(loop.exec() == 0)
        tired.stop()

    in_a_turn_of_its_own(whose, wait)
    in_a_turn_of_its_own(whose, loop.quit)
    qtbot.waitUntil(lambda: bool(waited))
    assert waited == [True]
