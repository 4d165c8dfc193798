"""A live capture in the window: the real engine on a loopback interface of the test's own, with SIP that the test sends."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from sipview import environment
from sipview.capture import open_capture
from sipview.gui.capture_control import CaptureState
from sipview.gui.main_window import MainWindow
from sipview.live import recoverable
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.answered_paths import AnsweredPaths
from tests.support.network import private_network, send_udp
from tests.support.sip_messages import message

_PATIENCE_MS = 20_000


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    """Before the window: its threads and processes belong to the network of the thread that makes them."""
    with private_network():
        yield


def invite(number: int) -> bytes:
    return message(
        start="INVITE sip:102@pbx SIP/2.0",
        **{"Call-ID": f"call-{number}@test", "CSeq": "1 INVITE", "From": f"<sip:{100 + number}@pbx>;tag=a{number}",
           "Via": f"SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{number}"},
    )  # fmt: skip


def busy(number: int) -> bytes:
    return message(
        start="SIP/2.0 486 Busy Here",
        **{"Call-ID": f"call-{number}@test", "CSeq": "1 INVITE", "From": f"<sip:{100 + number}@pbx>;tag=a{number}",
           "To": "<sip:102@pbx>;tag=b", "Via": f"SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{number}"},
    )  # fmt: skip


class User:
    """What a user does and sees."""

    def __init__(self, qtbot: QtBot, window: MainWindow, chooser: AnsweredPaths) -> None:
        self.qtbot, self.window, self.chooser = qtbot, window, chooser
        self.control, self.bar, self.card = window.live.control, window.live.bar, window.live.card

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=_PATIENCE_MS)

    def begin(self) -> None:
        """Choose the loopback interface and press Start."""
        self.wait(lambda: self.card.interfaces.rows)
        for row in self.card.interfaces.rows:
            row.box.setChecked(row.interface.name == "lo")
        self.qtbot.mouseClick(self.card.start, Qt.MouseButton.LeftButton)
        self.wait(lambda: self.control.state is CaptureState.RUNNING)

    def calls(self) -> int:
        return self.window.page.calls.model.rowCount()

    def send(self, *numbers: int) -> None:
        send_udp(5060, [part for number in numbers for part in (invite(number), busy(number))])

    def stop(self) -> None:
        self.qtbot.mouseClick(self.bar.stop, Qt.MouseButton.LeftButton)
        self.wait(lambda: self.control.state is CaptureState.UNSAVED)
        self.wait(lambda: not self.control.jobs.busy)

    def answer(self, button: str) -> None:
        """Press a button of the question that is asked."""
        self.wait(lambda: self.window.live.guard.dialog is not None)
        dialog = self.window.live.guard.dialog
        assert isinstance(dialog, QMessageBox)
        (wanted,) = [one for one in dialog.buttons() if one.text().replace("&", "") == button]
        self.qtbot.mouseClick(wanted, Qt.MouseButton.LeftButton)


@pytest.fixture
def user(network: None, qtbot: QtBot, window: MainWindow, chooser: AnsweredPaths) -> Iterator[User]:
    yield User(qtbot, window, chooser)
    if window.live.there:
        window.live.control.discard()
        qtbot.waitUntil(lambda: not window.live.there, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.live.control.jobs.busy, timeout=_PATIENCE_MS)


def folders() -> list[Path]:
    return sorted((environment.spool_folder() / "captures").glob("*/"))


def test_calls_appear_while_the_capture_runs_and_are_saved_at_the_end(user: User, tmp_path: Path) -> None:
    user.begin()
    assert user.bar.isVisible()
    assert "Capturing on lo" in user.bar.headline.text()
    user.send(1, 2)
    user.wait(lambda: user.calls() == 2)
    user.wait(lambda: user.window.page.ladder.view.picture is not None)
    assert user.control.state is CaptureState.RUNNING
    user.send(3)
    user.wait(lambda: user.calls() == 3)
    user.stop()
    assert "Not saved" in user.bar.headline.text()
    (folder,) = folders()
    user.chooser.to_save = tmp_path / "fault.pcapng"
    user.window.page.ladder.show_note("ladder", "", "")
    user.window.actions_["save-capture"].trigger()
    user.wait(lambda: not user.window.live.there)
    user.wait(lambda: not folder.exists())
    assert "The working copy is deleted" in user.window.status.currentMessage()
    assert not user.bar.isVisible()
    assert user.calls() == 3
    assert user.window.windowTitle().startswith("fault.pcapng")
    ids = [
        row[0]
        for row in tshark.fields(tmp_path / "fault.pcapng", "sip.Call-ID", display_filter="sip.Method == INVITE && !icmp")
    ]
    assert ids == ["call-1@test", "call-2@test", "call-3@test"]


def test_a_capture_that_is_not_saved_is_asked_about(user: User, qtbot: QtBot) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.window.close()
    user.answer("Cancel")
    assert user.window.isVisible()
    assert user.control.state is CaptureState.RUNNING
    user.stop()
    user.window.open_captures([Path(environment.resource_path("samples/small-office.pcap"))])
    user.answer("Cancel")
    assert user.calls() == 1
    user.window.open_captures([Path(environment.resource_path("samples/small-office.pcap"))])
    user.answer("Discard")
    user.wait(lambda: user.calls() > 1)
    user.wait(lambda: not folders())


def test_the_engine_is_killed_and_what_was_captured_is_there(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    running = user.control._running
    assert running is not None
    process = running.capture.process
    assert process is not None
    import os
    import signal

    os.kill(process, signal.SIGKILL)
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    assert "was ended by signal 9" in user.window.notice.text
    assert user.calls() == 1


def test_a_paused_view_stands_still_while_packets_are_captured(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.qtbot.mouseClick(user.bar.pause, Qt.MouseButton.LeftButton)
    user.send(2)
    user.wait(lambda: user.control.progress is not None and user.control.progress.packets >= 4)
    user.wait(lambda: user.window.live._held_back is not None)
    assert user.calls() == 1
    user.qtbot.mouseClick(user.bar.pause, Qt.MouseButton.LeftButton)
    user.wait(lambda: user.calls() == 2)
    user.stop()


def test_restarting_throws_away_and_begins_again(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.window.actions_["reload"].trigger()
    user.wait(lambda: user.control.state is CaptureState.RUNNING and user.calls() == 0)
    user.send(7)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    assert len(folders()) == 1
