"""A page that is not in sight yet is made ready, without being in the way."""

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from sipview.gui.main_window import MainWindow
from sipview.gui.warming import warm
from tests.support.answered_paths import SAMPLES

_SIZE = QSize(1200, 700)


class Painted(QObject):
    """Which widgets are painted."""

    def __init__(self, widgets: list[QWidget]) -> None:
        super().__init__()
        self.widgets: list[QWidget] = []
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self.widgets.append(watched)
        return False


def test_each_panel_has_its_own_turn_and_all_stand_where_they_will(qtbot: QtBot, window: MainWindow) -> None:
    page = window.page
    panes: list[QWidget] = [page.tabs, page.ladder, page.message, page.message.tree, page.ladder.view]
    painted = Painted(panes)
    stacks = {stack: stack.currentIndex() for stack in page.findChildren(QStackedWidget)}
    warm(page, _SIZE)
    turns: list[list[QWidget]] = []

    while not all(any(pane in turn for turn in turns) for pane in panes):  # also what is shown in place of a note only
        assert len(turns) < 1000
        painted.widgets.clear()
        QApplication.processEvents()
        turns.append(painted.widgets[:])
    assert not any(page.tabs in turn and page.ladder in turn for turn in turns)
    assert not any(page.ladder in turn and page.message in turn for turn in turns)
    assert {stack: stack.currentIndex() for stack in page.findChildren(QStackedWidget)} == stacks
    assert page.size() == _SIZE


def test_a_page_that_is_shown_meanwhile_is_left_alone(qtbot: QtBot, window: MainWindow) -> None:
    warm(window.page, _SIZE)
    window.open_captures([SAMPLES / "small-office.pcap"])
    qtbot.waitUntil(lambda: window.page.isVisible() and not window.reader.under_way)
    size = window.page.size()
    for _ in range(30):
        QApplication.processEvents()
    assert window.page.size() == size
