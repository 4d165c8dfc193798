"""A whole journey: a support engineer works on a ticket about a call that failed, goes home, and finds all as it was left."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme
from tests.support.answered_paths import SAMPLES, AnsweredPaths

Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


def drop(window: MainWindow, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, mime, buttons, modifiers))
    window.dropEvent(QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, mime, buttons, modifiers))


def test_a_ticket_about_a_call_that_failed(
    window: MainWindow,
    settled: Settled,
    qtbot: QtBot,
    theme: Theme,
    preferences: Preferences,
    chooser: AnsweredPaths,
    tmp_path: Path,
) -> None:
    page = window.page
    drop(window, OFFICE)
    settled()

    # The caller says: I dialled something with 29.
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    page.find_in_list()
    QTest.keyClicks(page.calls.search, "299")
    settled()
    assert page.calls.model.rowCount() == 1
    page.calls.table.setFocus()
    page.calls.step(1)
    settled()
    assert page.ladder.head.outcome.text() == "failed: 404 Not Found"

    # Down the ladder, arrow by arrow, to the answer that says no.
    read = []
    for _ in range(len(page.ladder.view.picture.rows) if page.ladder.view.picture is not None else 0):
        QTest.keyClick(page.ladder.view, Qt.Key.Key_Down)
        settled()
        read.append(page.message.line.accessibleName())
    assert any("404 Not Found" in words for words in read)
    assert "ACK" in read[-1]

    # What changed between the INVITE and its repetition with the password?
    QTest.keyClick(page.ladder.view, Qt.Key.Key_Home)
    window.actions_["show-compare"].trigger()
    settled()
    assert "only right" in page.compare.summary.text()
    assert "INVITE" in page.compare.left_choice.currentText()
    assert "INVITE" in page.compare.right_choice.currentText()

    # The picture goes into the ticket.
    chooser.to_save = tmp_path / "ticket-4711.png"
    window.actions_["export-png"].trigger()
    settled()
    assert QImage(str(tmp_path / "ticket-4711.png")).width() > 600

    # Does that happen to others? Only what failed, and the list a little wider.
    page.calls.search.clear()
    window.actions_["filter"].trigger()
    QTest.keyClicks(window.filter_bar.field, "sip.Status-Code == 404")
    QTest.keyClick(window.filter_bar.field, Qt.Key.Key_Return)
    settled()
    assert page.calls.model.rowCount() == 1
    page.calls.table.setColumnWidth(1, 133)
    page.ladder.state.rename(page.ladder.view.picture.lanes[0].key if page.ladder.view.picture is not None else "", "Reception")
    settled()
    window.resize(1180, 760)
    window.close()

    # The next morning.
    again = MainWindow(theme, preferences, chooser)
    qtbot.addWidget(again)
    again.show()
    assert again.height() == 760
    assert [recent.path for recent in preferences.recent()] == [str(OFFICE)]
    again.open_captures([OFFICE])
    qtbot.waitUntil(lambda: again.page.calls.model.rowCount() > 1 and not again.page.jobs.busy and not again.loading.busy)
    assert again.page.calls.table.columnWidth(1) == 133
    again.page.calls.search.setText("299")
    qtbot.waitUntil(lambda: again.page.calls.model.rowCount() == 1)
    again.page.calls.step(1)
    qtbot.waitUntil(lambda: again.page.ladder.view.picture is not None and not again.page.jobs.busy)
    picture = again.page.ladder.view.picture
    assert picture is not None
    assert "Reception" in [lane.name.text for lane in picture.lanes]
    QTest.keyClick(again.filter_bar.field, Qt.Key.Key_Down)  # filters used before
    qtbot.waitUntil(again.filter_bar.panel.isVisible)
    again.close()
