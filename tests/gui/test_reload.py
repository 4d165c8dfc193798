"""Reading the same file again: everything is as it was."""

from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copyfile

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView

from sipview.gui.list_tabs import PACKETS
from sipview.gui.main_window import MainWindow
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


def pick(table: QTableView, row: int) -> None:
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(row, 0)).center())


def reload(window: MainWindow, settled: Settled) -> None:
    former = window.page.analysis
    window.actions_["reload"].trigger()
    settled()
    assert window.page.analysis is not former


def shown(window: MainWindow) -> dict[str, object]:
    page = window.page
    tree = page.message.tree
    return {
        "title": page.ladder.head.title.text(), "arrow": page.ladder.view.selected, "line": page.message.line.text(),
        "field": tree.model_.node(tree.currentIndex()).part, "zoom": page.ladder.view.zoom,
        "ladder": page.ladder.view.verticalScrollBar().value(), "bytes": page.message.bytes.verticalScrollBar().value(),
        "tab": page.message.tabs.currentIndex(), "marked": page.message.bytes.marked,
        "row": page.calls.table.currentIndex().row(), "packet": page.packets.table.currentIndex().row(),
    }  # fmt: skip


def test_call_message_field_and_scrolling_stay(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    window.resize(1000, 620)
    page = window.page
    pick(page.calls.table, 2)
    settled()
    for _ in range(3):
        QTest.keyClick(page.ladder.view, Qt.Key.Key_Down)
    settled()
    page.show_message_tab(0)
    tree = page.message.tree
    via = next(index for index in tree.model_.indexes() if tree.model_.node(index).part.field == "Via")
    tree.setCurrentIndex(via)
    tree.expand(via)
    tree.setCurrentIndex(tree.model_.index(1, 0, via))
    page.show_message_tab(2)
    page.ladder.view.zoom_step(1)
    settled()
    page.ladder.view.verticalScrollBar().setValue(20)
    page.message.bytes.verticalScrollBar().setValue(5)
    before = shown(window)
    assert before["ladder"] == 20
    reload(window, settled)
    assert shown(window) == before


def test_a_packet_without_a_message_its_marks_and_references_stay(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    page = window.page
    page.show_list(PACKETS)
    rtp = next(row for row in range(page.packets.model.rowCount()) if page.loaded and row not in page.loaded.cross.by_row)
    pick(page.packets.table, rtp)
    settled()
    window.actions_["mark"].trigger()
    window.actions_["time-reference"].trigger()
    assert page.packets.model.is_marked(rtp)
    line = page.message.line.text()
    reload(window, settled)
    assert page.tabs.currentIndex() == PACKETS
    assert page.packets.table.currentIndex().row() == rtp
    assert page.packets.model.is_marked(rtp)
    assert page.packets.model.references == [rtp]
    assert page.message.line.text() == line


def test_of_a_file_that_lost_its_calls_what_is_there_is_shown(opened: Opened, settled: Settled, tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    copyfile(OFFICE, path)
    window = opened([path])
    pick(window.page.calls.table, 2)
    settled()
    path.write_bytes(OFFICE.read_bytes()[:24])
    reload(window, settled)
    assert window.page.ladder.note.headline.text() == "No packets"
    copyfile(SAMPLES / "call-through-pbx.pcap", path)
    reload(window, settled)
    assert window.page.ladder.head.title.text() == "1001 calls 1002"


def test_another_file_begins_at_its_beginning(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    pick(window.page.calls.table, 2)
    settled()
    opened([SAMPLES / "call-through-pbx.pcap"])
    assert window.page.ladder.head.title.text() == "1001 calls 1002"


def test_several_calls_and_the_words_of_the_search_stay(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    page = window.page
    page.calls.search.setText("201")
    settled()
    count = page.calls.model.rowCount()
    pick(page.calls.table, 0)
    QTest.keyClick(page.calls.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    settled()
    assert len(page.ladder.subjects) == 2
    title = page.ladder.head.title.text()
    reload(window, settled)
    assert page.calls.search.text() == "201"
    assert page.calls.model.rowCount() == count
    assert len(page.ladder.subjects) == 2
    assert page.ladder.head.title.text() == title
    assert len(page.calls.table.selectionModel().selectedRows()) == 2


def test_calls_of_a_capture_that_is_gone_cannot_be_chosen(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    page = window.page
    page.calls.search.setText("20")
    settled()
    assert page.calls.model.rowCount() > 1
    gone = page.loaded
    assert gone is not None
    page.clear()  # another one is about to be shown
    assert page.calls.model.rowCount() == page.others.model.rowCount() == 0
    page.step_call(1)
    assert page.ladder.subjects == ()
    assert page.calls.search.text() == ""
    gone.analysis.close()
