"""Live capture from elsewhere in the window: a host over SSH (a real server on loopback), and HEP agents."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from sipview.gui.capture_card import CaptureCard
from sipview.gui.capture_control import CaptureState
from sipview.gui.capture_source import Where
from sipview.gui.jobs import Jobs
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme
from tests.support.captures import sip
from tests.support.hep import hep3
from tests.support.network import private_network, send_udp
from tests.support.ssh_server import PORT, Server, ssh_server

_PATIENCE_MS = 20_000


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    """Before the window: its threads and processes belong to the network of the thread that makes them."""
    with private_network():
        yield


@pytest.fixture
def server(network: None, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "ssh"
    folder.mkdir()
    with ssh_server(folder) as running:
        yield running


class User:
    """What a user does and sees."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window = qtbot, window
        self.card, self.bar, self.control = window.live.card, window.live.bar, window.live.control
        self.remote = self.card.source.remote

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=_PATIENCE_MS)

    def press(self, button: QWidget) -> None:
        click: Callable[..., None] = self.qtbot.mouseClick
        click(button, Qt.MouseButton.LeftButton)

    def choose(self, where: Where) -> None:
        self.wait(lambda: self.card.interfaces.rows)
        self.card.source.buttons[where].click()

    def write_host(self, server: Server, port: int = PORT) -> None:
        write(self.remote.host, "127.0.0.1")
        write(self.remote.user, server.user)
        write(self.remote.port, str(port))

    def calls(self) -> int:
        return self.window.page.calls.model.rowCount()


def write(field: QComboBox | QLineEdit, text: str) -> None:
    """Type into a field, in place of what is there."""
    line = field.lineEdit() if isinstance(field, QComboBox) else field
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)


def invite(number: int) -> bytes:
    return sip("INVITE", call_id=f"call-{number}@test")


@pytest.fixture
def user(network: None, qtbot: QtBot, window: MainWindow) -> Iterator[User]:
    yield User(qtbot, window)
    if window.live.there:
        window.live.control.discard()
        qtbot.waitUntil(lambda: not window.live.there, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: not window.live.control.jobs.busy, timeout=_PATIENCE_MS)


def test_calls_of_another_host_appear_while_they_happen(
    server: Server, user: User, monkeypatch: pytest.MonkeyPatch, theme: Theme, preferences: Preferences, jobs: Jobs
) -> None:
    server.trust(monkeypatch)
    user.choose(Where.SSH)
    assert not user.card.start.isEnabled()
    user.write_host(server)
    user.press(user.remote.fetch)
    user.wait(lambda: user.remote.words.text().startswith("Ready. There are "))
    user.remote.interface.setCurrentIndex(user.remote.interface.findText("lo"))
    user.press(user.card.start)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    assert user.bar.headline.text() == f"Capturing on {server.address} (lo)"
    send_udp(5060, [invite(1), invite(2)])
    user.wait(lambda: user.calls() == 2)
    user.press(user.bar.stop)
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    later = CaptureCard(theme, preferences, jobs)
    fields = later.source.remote
    assert later.source.where is Where.SSH
    written = (fields.host.currentText(), fields.port.text(), fields.user.text(), fields.interface.currentText())
    assert written == ("127.0.0.1", str(PORT), server.user, "lo")


def test_an_unknown_host_key_is_told_with_the_command_that_helps(
    server: Server, user: User, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    server.trust(monkeypatch, known="known_to_nobody")
    user.choose(Where.SSH)
    user.write_host(server)
    user.press(user.remote.fetch)
    user.wait(lambda: "The host key of 127.0.0.1 is not known here yet" in user.remote.words.text())
    (copy,) = [one for one in user.remote.commands.findChildren(QPushButton) if one.isVisible()]
    user.press(copy)
    assert qapp.clipboard().text() == f"ssh -p {PORT} {server.address}"
    write(user.remote.host, "127.0.0.2")
    assert not user.remote.commands.isVisible()


def test_a_host_that_refuses_ends_in_a_sentence_and_the_start_page_stays(
    server: Server, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.trust(monkeypatch)
    user.choose(Where.SSH)
    user.write_host(server, PORT + 1)
    user.press(user.card.start)
    user.wait(lambda: user.control.state is CaptureState.NONE and not user.control.jobs.busy)
    assert "127.0.0.1 refuses the connection on the SSH port 2223" in user.window.notice.text
    assert user.window.pages.currentWidget() is user.window.start


@pytest.mark.parametrize("name", ["-oProxyCommand=evil", "a b", "pbx;reboot", "$(reboot)"])
def test_what_is_no_host_name_is_not_called(user: User, name: str) -> None:
    user.choose(Where.SSH)
    write(user.remote.host, name)
    assert not user.card.start.isEnabled()
    assert not user.remote.fetch.isEnabled()
    assert user.card.state.text() == "Write which computer to capture on"


def test_voice_cannot_be_left_out_by_another_program(user: User) -> None:
    packets = user.card.packets
    packets.preset.setCurrentIndex(packets.preset.findData("sip-rtp-headers"))
    user.choose(Where.SSH)
    assert packets.choice.preset == "sip-rtp"


def test_what_agents_copy_is_shown_as_calls(user: User, theme: Theme, preferences: Preferences, jobs: Jobs) -> None:
    user.choose(Where.HEP)
    hep = user.card.source.hep
    hep.port.setValue(9061)
    assert "port 9061" in hep.words.text()
    assert not user.card.packets.isVisible()
    user.press(user.card.start)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    assert user.bar.headline.text() == "Capturing on HEP port 9061"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.sendto(hep3(invite(1)), ("127.0.0.1", 9061))
    user.wait(lambda: user.calls() == 1)
    loaded = user.window.page.loaded
    assert loaded is not None
    first = loaded.snapshot.messages[loaded.snapshot.conversations.calls[0].messages[0]]
    assert (str(first.source), str(first.destination)) == ("10.0.0.1:5060", "10.0.0.2:5070")
    later = CaptureCard(theme, preferences, jobs)
    assert (later.source.where, later.source.hep.port.value()) == (Where.HEP, 9061)


def test_an_address_that_is_not_of_this_computer(user: User) -> None:
    user.choose(Where.HEP)
    write(user.card.source.hep.address, "192.0.2.99")
    user.press(user.card.start)
    user.wait(lambda: user.control.state is CaptureState.NONE and not user.control.jobs.busy)
    assert "HEP port 9060 cannot be opened" in user.window.notice.text
