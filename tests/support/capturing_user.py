"""Whoever captures in the window: what they do and see, and the calls that are there to be captured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from sipview import environment
from sipview.gui.capture_control import CaptureState
from sipview.gui.main_window import MainWindow
from sipview.gui.save_capture import SaveDialog
from tests.support.answered_paths import AnsweredPaths
from tests.support.network import send_udp
from tests.support.sip_messages import message


def invite(number: int) -> bytes:
    """The first message of call ``number``."""
    return message(
        start="INVITE sip:102@pbx SIP/2.0",
        **{"Call-ID": f"call-{number}@test", "CSeq": "1 INVITE", "From": f"<sip:{100 + number}@pbx>;tag=a{number}",
           "Via": f"SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{number}"},
    )  # fmt: skip


def busy(number: int) -> bytes:
    """Its answer."""
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
        """Wait until this is so."""
        self.qtbot.waitUntil(lambda: bool(condition()))

    def begin(self) -> None:
        """Choose the loopback interface and press Start."""
        self.wait(lambda: self.card.interfaces.rows)
        for row in self.card.interfaces.rows:
            row.box.setChecked(row.interface.name == "lo")
        press(self.qtbot, self.card.start)
        self.wait(lambda: self.control.state is CaptureState.RUNNING)

    def calls(self) -> int:
        """How many calls the list shows."""
        return self.window.page.calls.model.rowCount()

    def send(self, *numbers: int) -> None:
        """Let these calls be made, and refused."""
        send_udp(5060, [part for number in numbers for part in (invite(number), busy(number))])

    def stop(self) -> None:
        """Press Stop."""
        press(self.qtbot, self.bar.stop)
        self.wait(lambda: self.control.state is CaptureState.UNSAVED)
        self.wait(lambda: not self.control.jobs.busy)

    def save(self, path: Path) -> None:
        """Press Save, and save all packets there."""
        self.chooser.to_save = path
        press(self.qtbot, self.bar.save)
        self.wait(lambda: self.window.findChild(SaveDialog) is not None)
        dialog = self.window.findChild(SaveDialog)
        assert isinstance(dialog, SaveDialog)
        dialog.accept()

    def answer(self, button: str) -> None:
        """Press a button of the question that is asked."""
        self.wait(lambda: self.window.live.guard.dialog is not None)
        dialog = self.window.live.guard.dialog
        assert isinstance(dialog, QMessageBox)
        (wanted,) = [one for one in dialog.buttons() if one.text().replace("&", "") == button]
        press(self.qtbot, wanted)


def write(field: QWidget, text: str) -> None:
    """Type into a field."""
    QTest.keyClicks(field, text)


def press(qtbot: QtBot, button: QWidget) -> None:
    """Click a button."""
    click: Callable[..., None] = qtbot.mouseClick
    click(button, Qt.MouseButton.LeftButton)


def folders() -> list[Path]:
    """The working copies that are there."""
    return sorted((environment.spool_folder() / "captures").glob("*/"))


@contextmanager
def using(qtbot: QtBot, window: MainWindow, chooser: AnsweredPaths) -> Iterator[User]:
    """A user of this window; what is captured at the end is thrown away."""
    user = User(qtbot, window, chooser)
    with tidied_up(user):
        yield user


@contextmanager
def tidied_up(user: User) -> Iterator[None]:
    """At the end, what this user captured is thrown away."""
    yield
    live = user.window.live
    if live.there:
        live.control.discard()
        user.wait(lambda: not live.there)
    user.wait(lambda: not live.control.jobs.busy)
