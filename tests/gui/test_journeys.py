"""What people do with the window, on the captures that come with sipview."""

import gzip
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from sipview.calls import Call
from sipview.gui.dialogs import ProblemsDialog
from sipview.gui.list_tabs import CALLS, OTHERS, PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences, RecentCapture
from sipview.gui.theme import Theme
from sipview.gui.tokens import DARK
from sipview.ladder import Arrow
from tests.support.answered_paths import SAMPLES, AnsweredPaths
from tests.support.ether import ETHER

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
CALL = SAMPLES / "call-through-pbx.pcap"
OFFICE = SAMPLES / "small-office.pcap"


def shown_calls(window: MainWindow) -> list[Call]:
    model = window.page.calls.model
    return [model.item(row) for row in range(model.rowCount())]


def test_the_start_page_says_what_to_do(window: MainWindow) -> None:
    assert window.pages.currentWidget() is window.start
    assert window.start.drop_zone.open_button.isVisible()
    assert window.start.drop_zone.sample_button.isVisible()
    assert not window.actions_["close"].isEnabled()
    assert not window.actions_["export-png"].isEnabled()


def test_the_sample_opens_with_one_click(window: MainWindow, settled: Settled, qtbot: QtBot) -> None:
    QTest.mouseClick(window.start.drop_zone.sample_button, Qt.MouseButton.LeftButton)
    settled()
    assert window.pages.currentWidget() is window.page
    assert window.windowTitle() == "small-office.pcap — sipview"
    assert len(shown_calls(window)) >= 6
    assert window.page.ladder.view.picture is not None
    assert window.page.message.line.text().startswith("Frame ")


def test_a_capture_is_opened_by_dialog(window: MainWindow, settled: Settled, chooser: AnsweredPaths) -> None:
    window.actions_["open"].trigger()  # the user thinks better of it
    settled()
    assert window.pages.currentWidget() is window.start
    chooser.to_open = (CALL,)
    window.actions_["open"].trigger()
    settled()
    assert window.windowTitle() == "call-through-pbx.pcap — sipview"
    assert "1,328 packets" in window.status.counts.text()
    assert "31 SIP messages" in window.status.counts.text()


def test_a_capture_is_opened_by_dropping_it(window: MainWindow, settled: Settled) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(CALL))])
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, mime, buttons, modifiers))
    window.dropEvent(QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, mime, buttons, modifiers))
    settled()
    assert window.windowTitle() == "call-through-pbx.pcap — sipview"


def test_a_call_shows_its_ladder_and_its_first_message(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    calls = shown_calls(window)
    busy = next(row for row, call in enumerate(calls) if call.callee == "203")
    window.page.calls.table.selectRow(busy)
    settled()
    ladder = window.page.ladder
    assert ladder.head.title.text() == "201 calls 203"
    assert ladder.head.outcome.text().startswith("busy")
    assert ladder.view.picture is not None
    assert set(ladder.view.picture.row_of) == set(calls[busy].messages)
    first = window.page.loaded.snapshot.messages[calls[busy].messages[0]] if window.page.loaded else None
    assert first is not None
    assert window.page.message.line.text().startswith(f"Frame {first.row + 1:,} · INVITE")
    assert window.page.packets.table.currentIndex().row() == first.row


def test_the_ladder_is_walked_by_keyboard(opened: Opened, settled: Settled, qtbot: QtBot) -> None:
    window = opened([CALL])
    view = window.page.ladder.view
    assert view.picture is not None
    rows = [view.picture.row(number) for number in range(len(view.picture.rows))]
    positions = [row.position if isinstance(row, Arrow) else row.positions[0] for row in rows]
    assert view.selected == positions[0]
    for key, place in (
        (Qt.Key.Key_Down, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Up, 1), (Qt.Key.Key_End, len(positions) - 1),
        (Qt.Key.Key_Down, len(positions) - 1), (Qt.Key.Key_Home, 0),
    ):  # fmt: skip
        QTest.keyClick(view, key)
        settled()
        assert view.selected == positions[place]
        assert window.page.loaded is not None
        row = window.page.loaded.snapshot.messages[positions[place]].row
        assert window.page.message.line.text().startswith(f"Frame {row + 1:,} ·")


def test_an_arrow_is_clicked(opened: Opened, settled: Settled, qtbot: QtBot) -> None:
    window = opened([CALL])
    view = window.page.ladder.view
    assert view.picture is not None
    third = view.picture.arrows[2].position
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.place_of(third))
    settled()
    assert view.selected == third
    assert window.page.message.tree.model_.rowCount() > 5


def test_a_header_of_the_call_marks_its_bytes(opened: Opened) -> None:
    window = opened([CALL])
    pane = window.page.message
    contact = next(i for i in pane.tree.model_.indexes() if pane.tree.model_.node(i).part.field.startswith("Contact"))
    pane.tree.setCurrentIndex(contact)
    assert window.page.analysis is not None
    data = window.page.analysis.message_data(window.page.ladder.view.selected or 0)
    start, end = pane.bytes.marked
    assert data[start:end].startswith(b"Contact: ")
    assert pane.text.marked_text == data[start:end].decode()


def test_a_packet_finds_its_call_and_its_message(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    last = shown_calls(window)[-1]
    assert window.page.loaded is not None
    row = window.page.loaded.snapshot.messages[last.messages[3]].row
    window.page.show_list(PACKETS)
    window.page.packets.table.selectRow(row)
    settled()
    assert window.page.ladder.subject == last
    assert window.page.ladder.view.selected == last.messages[3]
    assert window.page.calls.model.item(window.page.calls.table.currentIndex().row()) == last


def test_a_packet_without_sip_shows_its_bytes(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    assert window.page.loaded is not None
    row = next(row for row in range(1328) if row not in window.page.loaded.cross.by_row)
    window.page.go_to_packet(row)
    settled()
    assert window.page.message.tabs.currentWidget() is window.page.message.bytes
    assert window.page.message.line.text().startswith(f"Frame {row + 1:,} ·")


def test_the_failed_call_is_found_by_typing(opened: Opened, settled: Settled, qtbot: QtBot) -> None:
    window = opened([OFFICE])
    window.actions_["find"].trigger()
    QTest.keyClicks(window.page.calls.search, "299")
    settled()
    assert {call.callee for call in shown_calls(window)} == {"299"}


def test_registrations_are_shown_as_well(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    window.actions_["show-others"].trigger()
    assert window.page.tabs.currentIndex() == OTHERS
    window.page.others.table.selectRow(0)
    settled()
    assert window.page.ladder.view.picture is not None
    assert not window.page.calls.table.selectionModel().hasSelection()


@pytest.mark.parametrize(("action", "suffix"), [("png", ".png"), ("svg", ".svg"), ("pdf", ".pdf"), ("text", ".txt")])
def test_the_ladder_is_exported(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path, action: str, suffix: str
) -> None:
    window = opened([CALL])
    chooser.to_save = tmp_path / "ladder"  # the ending comes by itself
    window.actions_[f"export-{action}"].trigger()
    settled()
    written = tmp_path / f"ladder{suffix}"
    assert chooser.suggested is not None
    assert chooser.suggested.name == f"call-through-pbx-call-1{suffix}"
    assert str(written) in window.status.currentMessage()
    starts = {".png": b"\x89PNG", ".svg": b"<", ".pdf": b"%PDF", ".txt": b""}
    assert written.read_bytes().startswith(starts[suffix])
    if suffix == ".png":
        image = QImage(str(written))
        assert window.page.ladder.view.picture is not None
        assert image.height() >= 2 * window.page.ladder.view.picture.height
    if suffix == ".txt":
        assert "INVITE" in written.read_text()


def test_an_export_that_cannot_be_written_says_so_in_the_page(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path
) -> None:
    window = opened([CALL])
    chooser.to_save = tmp_path / "no such folder" / "ladder.png"
    window.actions_["export-png"].trigger()
    settled()
    assert window.notice.isVisible()
    assert "no such folder" in window.notice.text


def test_the_ladder_is_copied_as_a_picture(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    window.actions_["copy-image"].trigger()
    settled()
    assert QGuiApplication.clipboard().image().width() > 500


def test_the_theme_changes_and_is_remembered(opened: Opened, theme: Theme, preferences: Preferences) -> None:
    window = opened([CALL])
    light = window.grab().toImage().pixelColor(5, window.height() // 2)
    window.actions_["theme-dark"].trigger()
    assert theme.colours is DARK
    assert preferences.theme.value == "dark"
    dark = window.grab().toImage().pixelColor(5, window.height() // 2)
    assert light.lightness() > 200
    assert dark.lightness() < 80


def test_time_and_zoom_change_the_ladder(opened: Opened, settled: Settled, preferences: Preferences) -> None:
    window = opened([CALL])
    view = window.page.ladder.view
    assert view.picture is not None
    before = [arrow.time.text for arrow in view.picture.arrows]
    window.actions_["time-delta"].trigger()
    settled()
    assert [arrow.time.text for arrow in view.picture.arrows] != before
    assert preferences.time_mode == "delta"
    window.actions_["zoom-in"].trigger()
    assert view.zoom > 1
    window.actions_["zoom-reset"].trigger()
    assert view.zoom == 1


def test_a_second_capture_takes_the_place_of_the_first(opened: Opened) -> None:
    window = opened([CALL])
    first = window.page.analysis
    window = opened([OFFICE])
    assert window.page.analysis is not first
    assert window.windowTitle() == "small-office.pcap — sipview"
    assert len(shown_calls(window)) >= 6


def test_two_captures_are_read_together(opened: Opened) -> None:
    window = opened([CALL, OFFICE])
    assert window.windowTitle() == "call-through-pbx.pcap and 1 more — sipview"
    assert len(shown_calls(window)) >= 7


def test_closing_the_capture_leads_back_to_the_start(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    window.actions_["close"].trigger()
    settled()
    assert window.pages.currentWidget() is window.start
    assert window.windowTitle() == "sipview"
    assert window.page.packets.model.rowCount() == 0
    assert [row.name_button.text().strip() for row in window.start.rows] == ["call-through-pbx.pcap"]


def test_a_recent_capture_opens_and_a_missing_one_is_taken_away(
    window: MainWindow, settled: Settled, preferences: Preferences, qtbot: QtBot
) -> None:
    preferences.remember_capture(RecentCapture("/nowhere/gone.pcap", 0.0, 3, 30))
    preferences.remember_capture(RecentCapture(str(CALL), 0.0, 1, 31))
    there, gone = window.start.rows
    assert there.name_button.isEnabled()
    assert not gone.name_button.isEnabled()
    QTest.mouseClick(gone.remove_button, Qt.MouseButton.LeftButton)
    assert [capture.name for capture in preferences.recent()] == ["call-through-pbx.pcap"]
    QTest.mouseClick(window.start.rows[0].name_button, Qt.MouseButton.LeftButton)
    settled()
    assert window.windowTitle() == "call-through-pbx.pcap — sipview"


@pytest.mark.parametrize("content", [b"", b"this is no capture\n" * 40], ids=["empty", "text"])
def test_a_file_that_is_no_capture_is_told_in_the_page(opened: Opened, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    window = opened([path])
    assert window.pages.currentWidget() is window.start
    assert window.notice.isVisible()
    assert "notes.txt" in window.notice.text
    assert not any(isinstance(widget, QDialog) and widget.isVisible() for widget in QApplication.topLevelWidgets())


def test_a_missing_file_is_told_and_what_was_open_stays(opened: Opened, tmp_path: Path) -> None:
    calls = shown_calls(opened([CALL]))
    window = opened([tmp_path / "gone.pcap"])
    assert "gone.pcap" in window.notice.text
    assert window.pages.currentWidget() is window.page
    assert window.windowTitle() == "call-through-pbx.pcap — sipview"
    assert shown_calls(window) == calls


def test_a_capture_without_packets_says_so(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(CALL.read_bytes()[:24])
    window = opened([path])
    assert window.page.ladder.note.headline.text() == "No packets"
    assert window.page.message.note.headline.text() == "Nothing to explain"
    assert not window.actions_["export-png"].isEnabled()


def test_a_capture_without_sip_says_what_it_holds(opened: Opened, tmp_path: Path) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import ARP
    from scapy.utils import wrpcap

    path = tmp_path / "quiet.pcap"
    wrpcap(str(path), [ETHER / ARP()] * 3 + [ETHER / IP(dst="10.0.0.9") / UDP(sport=9, dport=9) / b"x"] * 2)
    window = opened([path])
    assert window.page.ladder.note.headline.text() == "5 packets, no SIP messages"
    assert window.page.message.note.headline.text() == "No packet selected"
    assert "3 ARP" in window.page.ladder.note.sentence.text()
    assert window.page.tabs.currentIndex() == PACKETS


def test_a_cut_capture_shows_what_could_be_read_and_where_it_ends(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(CALL.read_bytes()[:100_001])
    window = opened([path])
    assert shown_calls(window)
    assert window.status.problems.text().strip() == "1 problem in the file"
    qtbot.waitUntil(window.status.quality.isVisible)
    assert window.status.quality.text().strip() == "Capture with gaps"  # what it lacks is told once
    QTest.mouseClick(window.status.problems, Qt.MouseButton.LeftButton)
    dialog = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, ProblemsDialog))
    assert "cut.pcap, byte " in dialog.details.toPlainText()
    dialog.close()


def test_a_gzipped_capture_opens(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "call.pcap.gz"
    with CALL.open("rb") as plain, gzip.open(path, "wb") as packed:
        shutil.copyfileobj(plain, packed)
    window = opened([path])
    assert "31 SIP messages" in window.status.counts.text()


def test_reading_is_stopped_by_the_user(window: MainWindow, settled: Settled) -> None:
    window.open_captures([CALL])
    window.status.stop.click()
    settled()
    assert not window.status.stop.isVisible()
    assert window.pages.currentWidget() in {window.start, window.page}


def test_shortcuts_and_about_open(window: MainWindow) -> None:
    for action in ("shortcuts", "about"):
        window.actions_[action].trigger()
        dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())
        assert not dialog.grab().isNull()
        dialog.close()
        QApplication.processEvents()


def test_everything_has_a_name_for_a_screen_reader(opened: Opened) -> None:
    window = opened([CALL])
    page = window.page
    for widget in (
        page.calls.table, page.calls.search, page.others.table, page.packets.table, page.tabs, page.ladder.view,
        page.ladder.menus.time, page.ladder.menus.export, page.message.tree, page.message.text, page.message.bytes,
        page.message.tabs, page.message.line, window.status.progress,
    ):  # fmt: skip
        assert widget.accessibleName(), widget
    assert page.ladder.view.accessibleDescription()


def test_the_window_is_left_and_found_again_as_it_was(
    opened: Opened, theme: Theme, preferences: Preferences, chooser: AnsweredPaths, qtbot: QtBot
) -> None:
    window = opened([CALL])
    window.page.calls.table.setColumnWidth(1, 177)
    window.close()
    again = MainWindow(theme, preferences, chooser)
    qtbot.addWidget(again)
    assert again.page.calls.table.columnWidth(1) == 177
    assert again.page.tabs.currentIndex() == CALLS
