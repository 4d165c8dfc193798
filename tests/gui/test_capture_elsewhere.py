"""Live capture from elsewhere in the window: a host over SSH (a real server on loopback), and HEP agents."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from sipview.gui.capture_card import CaptureCard
from sipview.gui.capture_control import CaptureState
from sipview.gui.capture_source import RemoteFields, Where
from sipview.gui.jobs import Jobs
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme
from tests.support.answered_paths import AnsweredPaths
from tests.support.capturing_user import User, invite, press, tidied_up
from tests.support.hep import hep3
from tests.support.ssh_server import PORT, Server, ssh_server

pytestmark = pytest.mark.usefixtures("network")


@pytest.fixture
def server(network: None, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "ssh"
    folder.mkdir()
    with ssh_server(folder) as running:
        yield running


class RemoteUser(User):
    """Chooses another place than this computer's interfaces."""

    @property
    def remote(self) -> RemoteFields:
        return self.card.source.remote

    def choose(self, where: Where) -> None:
        self.wait(lambda: self.card.interfaces.rows)
        self.card.source.buttons[where].click()

    def write_host(self, server: Server, port: int = PORT) -> None:
        write(self.remote.host, "127.0.0.1")
        write(self.remote.user, server.user)
        write(self.remote.port, str(port))


def write(field: QComboBox | QLineEdit, text: str) -> None:
    """Type into a field, in place of what is there."""
    line = field.lineEdit() if isinstance(field, QComboBox) else field
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)


@pytest.fixture
def user(network: None, qtbot: QtBot, window: MainWindow, chooser: AnsweredPaths) -> Iterator[RemoteUser]:
    user = RemoteUser(qtbot, window, chooser)
    with tidied_up(user):
        yield user


def test_calls_of_another_host_appear_while_they_happen(
    server: Server, user: RemoteUser, monkeypatch: pytest.MonkeyPatch, theme: Theme, preferences: Preferences, jobs: Jobs
) -> None:
    server.trust(monkeypatch)
    user.choose(Where.SSH)
    assert not user.card.start.isEnabled()
    user.write_host(server)
    press(user.qtbot, user.remote.fetch)
    user.wait(lambda: user.remote.words.text().startswith("Ready. There are "))
    user.remote.interface.setCurrentIndex(user.remote.interface.findText("lo"))
    press(user.qtbot, user.card.start)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    assert user.bar.headline.text() == f"Capturing on {server.address} (lo)"
    user.send(1, 2)
    user.wait(lambda: user.calls() == 2)
    press(user.qtbot, user.bar.stop)
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    later = CaptureCard(theme, preferences, jobs)
    fields = later.source.remote
    assert later.source.where is Where.SSH
    written = (fields.host.currentText(), fields.port.text(), fields.user.text(), fields.interface.currentText())
    assert written == ("127.0.0.1", str(PORT), server.user, "lo")


def test_an_unknown_host_key_is_told_with_the_command_that_helps(
    server: Server, user: RemoteUser, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    server.trust(monkeypatch, known="known_to_nobody")
    user.choose(Where.SSH)
    user.write_host(server)
    press(user.qtbot, user.remote.fetch)
    user.wait(lambda: "The host key of 127.0.0.1 is not known here yet" in user.remote.words.text())
    (copy,) = [one for one in user.remote.commands.findChildren(QPushButton) if one.isVisible()]
    press(user.qtbot, copy)
    assert qapp.clipboard().text() == f"ssh -p {PORT} {server.address}"
    write(user.remote.host, "127.0.0.2")
    assert not user.remote.commands.isVisible()


def test_a_host_that_refuses_ends_in_a_sentence_and_the_start_page_stays(
    server: Server, user: RemoteUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.trust(monkeypatch)
    user.choose(Where.SSH)
    user.write_host(server, PORT + 1)
    press(user.qtbot, user.card.start)
    user.wait(lambda: user.control.state is CaptureState.NONE and not user.control.jobs.busy)
    assert "127.0.0.1 refuses the connection on the SSH port 2223" in user.window.notice.text
    assert user.window.pages.currentWidget() is user.window.start


@pytest.mark.parametrize("name", ["-oProxyCommand=evil", "a b", "pbx;reboot", "$(reboot)"])
def test_what_is_no_host_name_is_not_called(user: RemoteUser, name: str) -> None:
    user.choose(Where.SSH)
    write(user.remote.host, name)
    assert not user.card.start.isEnabled()
    assert not user.remote.fetch.isEnabled()
    assert user.card.state.text() == "Write which computer to capture on"


def test_voice_cannot_be_left_out_by_another_program(user: RemoteUser) -> None:
    packets = user.card.packets
    packets.preset.setCurrentIndex(packets.preset.findData("sip-rtp-headers"))
    user.choose(Where.SSH)
    assert packets.choice.preset == "sip-rtp"


def test_what_agents_copy_is_shown_as_calls(user: RemoteUser, theme: Theme, preferences: Preferences, jobs: Jobs) -> None:
    user.choose(Where.HEP)
    hep = user.card.source.hep
    hep.port.setValue(9061)
    assert "port 9061" in hep.words.text()
    assert not user.card.packets.isVisible()
    press(user.qtbot, user.card.start)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    assert user.bar.headline.text() == "Capturing on HEP port 9061"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.sendto(hep3(invite(1)), ("127.0.0.1", 9061))
    user.wait(lambda: user.calls() == 1)
    user.wait(lambda: "drops not known" in user.bar.counters.text())
    loaded = user.window.page.loaded
    assert loaded is not None
    first = loaded.snapshot.messages[loaded.snapshot.conversations.calls[0].messages[0]]
    assert (str(first.source), str(first.destination)) == ("10.0.0.1:5060", "10.0.0.2:5070")
    later = CaptureCard(theme, preferences, jobs)
    assert (later.source.where, later.source.hep.port.value()) == (Where.HEP, 9061)


def test_an_address_that_is_not_of_this_computer(user: RemoteUser) -> None:
    user.choose(Where.HEP)
    write(user.card.source.hep.address, "192.0.2.99")
    press(user.qtbot, user.card.start)
    user.wait(lambda: user.control.state is CaptureState.NONE and not user.control.jobs.busy)
    assert "HEP port 9060: the port cannot be opened" in user.window.notice.text
