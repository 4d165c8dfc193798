"""What the user knows more than the capture says: the secrets of TLS, and what ports carry."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from sipview.gui.decode_as import DecodeAsDialog, Rule
from sipview.gui.dialogs import QualityDialog
from sipview.gui.key_log import KeyLogDialog
from sipview.gui.list_tabs import PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from tests.support.answered_paths import AnsweredPaths
from tests.support.captures import every_ms, pcap, sip, udp, write
from tests.support.needs import CHECKOUT

TLS = CHECKOUT / "tests" / "data" / "09_tls_keylog"
CAPTURE, KEY_LOG = TLS / "09_tls_keylog.pcap", TLS / "09_tls_keylog.keylog.txt"

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]


def press(qtbot: QtBot, button: QWidget) -> None:
    click: Callable[..., None] = qtbot.mouseClick
    click(button, Qt.MouseButton.LeftButton)


def calls(window: MainWindow) -> int:
    return window.page.calls.model.rowCount()


def protocols(window: MainWindow) -> list[str]:
    page = window.page
    assert page.packets.model.cells is not None
    return [page.packets.model.cells.protocol(row).label for row in range(page.packets.model.rowCount())]


def test_where_tls_cannot_be_read_a_key_log_can_be_chosen(
    opened: Opened, settled: Settled, qtbot: QtBot, chooser: AnsweredPaths, preferences: Preferences
) -> None:
    window = opened([CAPTURE])
    assert calls(window) == 0
    button = window.page.ladder.note.button
    assert button.isVisible()
    chooser.key_log = KEY_LOG
    press(qtbot, button)
    settled()
    assert calls(window) == 1
    assert "taken from 09_tls_keylog.keylog.txt" in window.status.currentMessage()
    assert Path(preferences.text("reading/key-log")) == KEY_LOG


def test_the_quality_of_the_capture_offers_it_too(
    opened: Opened, settled: Settled, qtbot: QtBot, chooser: AnsweredPaths
) -> None:
    window = opened([CAPTURE])
    press(qtbot, window.status.quality)
    (dialog,) = window.findChildren(QualityDialog)
    (button,) = [one for one in dialog.findChildren(QPushButton) if one.text() == "Choose a TLS key log…"]
    chooser.key_log = KEY_LOG
    press(qtbot, button)
    settled()
    assert calls(window) == 1


def test_a_key_log_can_be_looked_at_and_forgotten(
    opened: Opened, settled: Settled, qtbot: QtBot, chooser: AnsweredPaths
) -> None:
    window = opened([CAPTURE])
    window.actions_["key-log"].trigger()
    dialog = window.reading.dialog
    assert isinstance(dialog, KeyLogDialog)
    assert not dialog.forget.isVisible()
    chooser.key_log = KEY_LOG
    press(qtbot, dialog.choose)
    settled()
    assert calls(window) == 1
    window.actions_["key-log"].trigger()
    dialog = window.reading.dialog
    assert isinstance(dialog, KeyLogDialog)
    press(qtbot, dialog.forget)
    settled()
    assert calls(window) == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"this is no key log\n", "There are no TLS secrets in notes.txt"), (None, "notes.txt cannot be read")],
    ids=["none", "missing"],
)
def test_a_file_that_is_no_key_log_is_told_and_not_taken(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path, content: bytes | None, told: str
) -> None:
    window = opened([CAPTURE])
    chooser.key_log = tmp_path / "notes.txt"
    if content is not None:
        chooser.key_log.write_bytes(content)
    window.reading.choose_key_log()
    settled()
    assert told in window.notice.text
    assert window.reading.key_log is None


def test_a_key_log_that_is_gone_is_told_and_the_capture_is_read(
    opened: Opened, preferences: Preferences, tmp_path: Path
) -> None:
    preferences.remember_text("reading/key-log", str(tmp_path / "gone.txt"))
    window = opened([CAPTURE])
    assert "The TLS key log gone.txt cannot be read" in window.notice.text
    assert window.page.packets.model.rowCount() > 0


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Two calls, RTP of a payload type that does not show what it is, and RTP that does."""
    media = bytes([0x80, 0x60]) + bytes(10) + bytes(160)
    odd = bytes([0x80, 0x48]) + bytes(10) + bytes(160)
    frames = [
        udp("10.0.0.1/5060", "10.0.0.2/5060", sip("INVITE", call_id="one@test")),
        udp("10.0.0.1/5060", "10.0.0.2/5060", sip("INVITE", call_id="two@test")),
        *(udp("10.0.0.1/4001", "10.0.0.2/4003", odd) for _ in range(5)),
        udp("10.0.0.1/4010", "10.0.0.2/4012", media),
    ]
    return write(tmp_path / "mixed.pcap", pcap(every_ms(frames)))


def menu_at(window: MainWindow, row: int) -> QMenu:
    page = window.page
    page.packets.table.selectRow(row)
    return page.packets.menu(page.packets.model.index(row, 0))


def submenu(menu: QMenu, title: str) -> QMenu:
    (action,) = [one for one in menu.actions() if one.text().replace("&", "") == title]
    found = action.menu()
    assert isinstance(found, QMenu)
    return found


def test_a_port_is_decoded_as_rtp_from_the_packet_list_and_everything_stays(
    opened: Opened, settled: Settled, mixed: Path
) -> None:
    window = opened([mixed])
    page = window.page
    assert page.calls.model.rowCount() == 2
    assert protocols(window)[2] != "RTP"
    page.show_list(PACKETS)
    page.packets.table.selectRow(4)
    settled()
    window.actions_["mark"].trigger()
    menu = menu_at(window, 4)
    decoding = submenu(menu, "Decode as")
    entry = decoding.actions()[0]
    assert entry.text() == "UDP port 4003 as RTP"
    assert not entry.isChecked()
    entry.trigger()
    settled()
    assert protocols(window)[2:7] == ["RTP"] * 5
    assert page.tabs.currentIndex() == PACKETS
    assert page.packets.table.currentIndex().row() == 4
    assert page.packets.model.is_marked(4)
    window.filter_bar.set_filter("rtp && udp.port == 4003")
    settled()
    assert page.packets.model.rowCount() == 5
    window.filter_bar.clear()
    settled()
    again = submenu(menu_at(window, 4), "Decode as").actions()[0]
    assert again.isChecked()
    again.trigger()
    settled()
    assert protocols(window)[2] != "RTP"


def test_the_table_of_rules(opened: Opened, settled: Settled, qtbot: QtBot, mixed: Path) -> None:
    window = opened([mixed])
    window.page.show_list(PACKETS)
    window.page.packets.table.selectRow(4)
    settled()
    QTest.keyClick(window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    dialog = window.reading.dialog
    assert isinstance(dialog, DecodeAsDialog)
    assert dialog.none.isVisible()
    press(qtbot, dialog.add)
    (row,) = dialog.rows
    assert row.rule == Rule("udp", 4003, "rtp")
    row.protocol.setCurrentText("SIP")
    assert "Needs no rule" in row.remark.text()
    row.protocol.setCurrentText("RTP")
    assert not row.remark.text()
    press(qtbot, dialog.add)
    dialog.rows[1].transport.setCurrentText("TCP")
    press(qtbot, dialog.rows[1].remove)
    press(qtbot, dialog.buttons.button(dialog.buttons.StandardButton.Ok))
    settled()
    assert window.reading.rules == (Rule("udp", 4003, "rtp"),)
    assert protocols(window)[2:7] == ["RTP"] * 5


def test_rules_and_rubbish_in_the_settings(opened: Opened, mixed: Path, preferences: Preferences) -> None:
    preferences.remember_text("reading/decode-as", json.dumps(["udp:4003=rtp", "udp:99999=rtp", 7, "x", "TCP:5070=SIP"]))
    window = opened([mixed])
    assert window.reading.rules == (Rule("udp", 4003, "rtp"), Rule("tcp", 5070, "sip"))
    assert protocols(window)[2] == "RTP"
