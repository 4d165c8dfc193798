"""The packet list in the hands of its user: sorted, marked, timed, copied; its columns chosen."""

import csv
import io
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QByteArray, QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from sipview.gui.column_layout import Sorting
from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Report
from sipview.gui.list_tabs import PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.packet_arranging import ArrangePackets
from sipview.gui.packet_columns import PACKET_COLUMNS, PacketColumn, TimeMode
from sipview.gui.packet_pane import PacketPane
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme
from sipview.session import Analysis
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.answered_paths import SAMPLES, AnsweredPaths
from tests.support.needs import require_tool

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
CALL = SAMPLES / "call-through-pbx.pcap"
SECTIONS = {column.id: section for section, column in enumerate(PACKET_COLUMNS)}


@pytest.fixture
def packets(opened: Opened) -> PacketPane:
    window = opened([CALL])
    window.page.show_list(PACKETS)
    return window.page.packets


def texts(pane: PacketPane, column: str) -> list[str]:
    return [str(pane.model.index(line, SECTIONS[column]).data()) for line in range(pane.model.rowCount())]


def click_title(pane: PacketPane, column: str) -> None:
    header = pane.table.horizontalHeader()
    place = header.viewport().rect().topLeft()
    place.setX(header.sectionViewportPosition(SECTIONS[column]) + 12)
    place.setY(header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_click_on_a_title_sorts_then_turns_then_restores(packets: PacketPane, settled: Settled) -> None:
    numbers = texts(packets, "number")
    keys: dict[str, Callable[[str], Any]] = {
        "length": int,
        "source": lambda text: [int(part) if part else -1 for part in text.split(".")],
        "protocol": str.casefold,
        "info": str.casefold,
    }
    for column, key in keys.items():
        before = texts(packets, column)
        for expected in (sorted(before, key=key), sorted(before, key=key, reverse=True), before):
            click_title(packets, column)
            settled()
            assert texts(packets, column) == expected
    assert texts(packets, "number") == numbers


def test_the_chosen_packet_stays_chosen_when_sorted_and_filtered(
    packets: PacketPane, window: MainWindow, settled: Settled
) -> None:
    line = texts(packets, "info").index("180 Ringing")
    packets.table.selectRow(line)
    settled()
    click_title(packets, "length")
    settled()
    assert packets.selected_rows.tolist() == [line]
    window.filter_bar.set_filter("sip")
    settled()
    assert packets.selected_rows.tolist() == [line]
    window.filter_bar.set_filter("rtp")
    settled()
    assert packets.selected_rows.tolist() == []


def test_packets_are_marked_and_walked(packets: PacketPane, window: MainWindow, settled: Settled) -> None:
    for line in (40, 7, 100):
        packets.table.selectRow(line)
        window.actions_["mark"].trigger()
    assert packets.model.marked_rows.tolist() == [7, 40, 100]
    assert not packets.model.index(7, 0).data(Qt.ItemDataRole.DecorationRole).isNull()
    assert packets.model.index(8, 0).data(Qt.ItemDataRole.DecorationRole) is None
    walked = []
    for action in ("next-mark", "next-mark", "next-mark", "previous-mark"):
        window.actions_[action].trigger()
        walked.append(packets.table.currentIndex().row())
    assert walked == [7, 40, 100, 40]
    window.actions_["mark"].trigger()
    assert packets.model.marked_rows.tolist() == [7, 100]
    window.actions_["unmark-all"].trigger()
    assert not len(packets.model.marked_rows)


def test_marks_belong_to_packets_and_not_to_lines(packets: PacketPane, window: MainWindow, settled: Settled) -> None:
    packets.table.selectRow(15)
    window.actions_["mark"].trigger()
    packets.columns.sort(Sorting(SECTIONS["number"], descending=True))
    settled()
    line = packets.model.line_of(15)
    assert line == 1328 - 16
    assert packets.model.is_marked(packets.model.row_of(line))
    packets.table.selectRow(0)
    window.actions_["next-mark"].trigger()
    assert packets.selected_rows.tolist() == [15]


def test_all_are_marked_at_once(packets: PacketPane, window: MainWindow) -> None:
    packets.table.selectAll()
    assert len(packets.selected_rows) == 1328
    window.actions_["mark"].trigger()
    assert len(packets.model.marked_rows) == 1328


@pytest.mark.needs_tshark
def test_time_is_told_as_tshark_tells_it(packets: PacketPane, window: MainWindow) -> None:
    names = {"start": "frame.time_relative", "delta": "frame.time_delta", "epoch": "frame.time_epoch"}
    found = zip(*tshark.fields(CALL, *names.values()), strict=True)
    for mode, told in zip(names, found, strict=True):
        window.actions_[f"packet-time-{mode}"].trigger()
        assert [float(text) for text in texts(packets, "time")] == pytest.approx([float(text) for text in told], abs=1.1e-6)


@pytest.mark.needs_tshark
def test_time_since_the_packet_before_in_the_list(packets: PacketPane, window: MainWindow, settled: Settled) -> None:
    window.filter_bar.set_filter("sip")
    settled()
    window.actions_["packet-time-shown"].trigger()
    found = tshark.fields(CALL, "frame.time_delta_displayed", display_filter="sip")
    assert [float(text) for text in texts(packets, "time")] == pytest.approx([float(text) for (text,) in found], abs=1.1e-6)


def test_time_counts_from_a_reference(packets: PacketPane, window: MainWindow) -> None:
    before = [float(text) for text in texts(packets, "time")]
    packets.table.selectRow(20)
    window.actions_["time-reference"].trigger()
    after = texts(packets, "time")
    assert after[20] == "*REF*"
    assert [float(text) for text in after[:20]] == before[:20]
    assert float(after[30]) == pytest.approx(before[30] - before[20], abs=2e-6)
    window.actions_["unset-references"].trigger()
    assert [float(text) for text in texts(packets, "time")] == before


def test_the_way_of_telling_time_is_remembered(packets: PacketPane, window: MainWindow, preferences: Preferences) -> None:
    window.actions_["packet-time-day"].trigger()
    assert preferences.text("packets/time") == TimeMode.DAY.value
    assert texts(packets, "time")[0].count(":") == 2


def test_packets_are_walked_by_keys(packets: PacketPane, window: MainWindow) -> None:
    packets.table.selectRow(5)
    window.actions_["next-packet"].trigger()
    window.actions_["next-packet"].trigger()
    assert packets.table.currentIndex().row() == 7
    window.actions_["previous-packet"].trigger()
    assert packets.table.currentIndex().row() == 6


def test_the_messages_of_a_call_are_walked_from_the_packet_list(
    packets: PacketPane, window: MainWindow, settled: Settled
) -> None:
    call = window.page.calls.model.item(0)
    assert window.page.loaded is not None
    rows = [window.page.loaded.snapshot.messages[position].row for position in call.messages]
    packets.table.selectRow(rows[0])
    settled()
    walked = [rows[0]]
    for _ in range(3):
        window.actions_["next-message"].trigger()
        settled()
        walked += packets.selected_rows.tolist()
    assert len(walked) == 4
    assert walked == [row for row in rows if row in walked], "in the order of the call"


def test_packets_are_copied_as_text_and_for_a_spreadsheet(packets: PacketPane, window: MainWindow, settled: Settled) -> None:
    packets.table.selectRow(2)
    packets.table.selectionModel().select(
        packets.model.index(4, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    )
    QTest.keyClick(packets.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    settled()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split()[0] for line in lines] == ["No.", "3", "5"]
    window.actions_["copy-packets-csv"].trigger()
    settled()
    rows = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text())))
    visible = packets.columns.visible_sections()
    assert rows[0] == [PACKET_COLUMNS[section].title for section in visible]
    assert rows[2] == [str(packets.model.index(4, section).data()) for section in visible]


@pytest.mark.needs_tshark
def test_bytes_are_copied_so_that_text2pcap_reads_them(
    packets: PacketPane, window: MainWindow, settled: Settled, tmp_path: Path
) -> None:
    packets.go_to(texts(packets, "info").index("180 Ringing"))
    frame = packets.table.currentIndex().row() + 1
    window.actions_["copy-packets-hex"].trigger()
    settled()
    written, read = tmp_path / "one.txt", tmp_path / "one.pcap"
    written.write_text(QGuiApplication.clipboard().text() + "\n")
    subprocess.run([require_tool("text2pcap"), "-q", str(written), str(read)], check=True, capture_output=True)
    assert tshark.fields(read, "sip.Call-ID") == tshark.fields(CALL, "sip.Call-ID", display_filter=f"frame.number == {frame}")


def test_columns_are_chosen_and_found_again(
    packets: PacketPane, window: MainWindow, theme: Theme, preferences: Preferences, chooser: AnsweredPaths, qtbot: QtBot
) -> None:
    menu = packets.columns.menu(SECTIONS["length"])
    next(action for action in menu.actions() if action.text() == "Call-ID").trigger()
    next(action for action in menu.actions() if action.text() == "&Hide Length").trigger()
    packets.table.horizontalHeader().moveSection(packets.table.horizontalHeader().visualIndex(SECTIONS["call-id"]), 1)
    packets.columns.sort(Sorting(SECTIONS["source"], descending=True))
    shown = packets.columns.visible_sections()
    assert SECTIONS["length"] not in shown
    assert shown[1] == SECTIONS["call-id"]
    window.close()
    again = MainWindow(theme, preferences, chooser)
    qtbot.addWidget(again)
    assert again.page.packets.columns.visible_sections() == shown
    assert again.page.packets.columns.sorting == Sorting(SECTIONS["source"], descending=True)
    again.page.packets.columns.restore_initial()
    assert again.page.packets.columns.wanted_sections() == [SECTIONS[c.id] for c in PACKET_COLUMNS if c.shown]
    assert again.page.packets.columns.sorting is None


def test_a_layout_that_is_rubbish_changes_nothing(packets: PacketPane) -> None:
    before = packets.columns.visible_sections()
    for rubbish in (b"", b"[]", b"{", b"\xff\xfe", b'{"columns": [{"id": 3}]}', b'{"columns": 1, "sort": 2}'):
        packets.columns.restore(QByteArray(rubbish))
        assert packets.columns.visible_sections() == before


def test_the_last_column_stays(packets: PacketPane) -> None:
    for section in range(len(PACKET_COLUMNS)):
        packets.columns.show_column(section, shown=False)
    assert len(packets.columns.visible_sections()) == 1


def test_every_column_has_a_text_for_every_packet_and_its_filter_lets_it_pass(
    packets: PacketPane, window: MainWindow, settled: Settled
) -> None:
    from sipview.filter import parse

    cells = packets.model.cells
    assert cells is not None
    assert window.page.analysis is not None
    fields = window.page.analysis.fields()
    for column in PACKET_COLUMNS:
        for row in (0, 15, 20, 30, 700, 1327):
            assert isinstance(column.text(cells, row), str)
            term = column.term(cells, row) if column.term is not None else ""
            assert not term or parse(term).evaluate(fields)[row], (column.id, row, term)


def test_sorting_and_filtering_keep_qts_rules(packets: PacketPane, window: MainWindow, settled: Settled) -> None:
    QAbstractItemModelTester(packets.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for text in ("sip", "rtp", "sip || rtcp", 'sip.Method == "NONE"', ""):
        window.filter_bar.set_filter(text)
        settled()
        packets.columns.sort(Sorting(SECTIONS["length"], descending=False))
        settled()
    packets.columns.sort(None)
    assert packets.model.rowCount() == 1328


def test_columns_of_calls_are_looked_up_in_their_messages(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    pane = window.page.calls
    sections = {column.id: section for section, column in enumerate(pane.model.columns)}
    for name in ("agents", "codec", "call-id", "legs", "duration"):
        assert pane.table.isColumnHidden(sections[name])
        pane.columns.show_column(sections[name], shown=True)
        pane.columns.sort(Sorting(sections[name], descending=True))
        settled()
    assert "PJSUA" in str(pane.model.index(0, sections["agents"]).data())
    assert "PCMU" in str(pane.model.index(0, sections["codec"]).data())


def test_the_order_of_calls_is_found_again(
    opened: Opened, settled: Settled, theme: Theme, preferences: Preferences, chooser: AnsweredPaths, qtbot: QtBot
) -> None:
    window = opened([SAMPLES / "small-office.pcap"])
    pane = window.page.calls
    section = [column.id for column in pane.model.columns].index("to")
    pane.columns.sort(Sorting(section, descending=True))
    settled()
    window.close()
    again = MainWindow(theme, preferences, chooser)
    qtbot.addWidget(again)
    again.open_captures([SAMPLES / "small-office.pcap"])
    qtbot.waitUntil(lambda: not (again.loading.busy or again.page.jobs.busy))
    shown = [again.page.calls.model.item(row).callee for row in range(again.page.calls.model.rowCount())]
    assert shown == sorted(shown, reverse=True)


def test_a_shortcut_with_ctrl_selects_one_packet_and_no_more(packets: PacketPane, window: MainWindow, settled: Settled) -> None:
    packets.table.selectRow(5)
    window.activateWindow()
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    settled()
    assert packets.selected_rows.tolist() == [8]


@pytest.mark.parametrize("column", PACKET_COLUMNS, ids=lambda column: column.id)
def test_a_capture_of_which_nothing_is_read_yet_is_sorted_by_any_column(column: PacketColumn) -> None:
    analysis = Analysis([SAMPLES / "small-office.pcap"])
    assert analysis.snapshot.index is None
    request = ArrangePackets(CrossReference(analysis.snapshot), None, column, descending=True)
    rows = request.run(Report(CancelToken(), lambda _: None))
    assert rows is not None
    assert len(rows) == 0
    analysis.close()
