"""A list of calls that has little room: who called whom and how it went stays in sight, the numbers come back with the room."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sipview.gui.main_window import MainWindow
from sipview.gui.theme import Theme
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
MakeList = Callable[[int], None]
OFFICE = SAMPLES / "small-office.pcap"
NARROW = 380
ALL = ["start", "from", "to", "result", "talk", "ring"]


def columns(window: MainWindow) -> list[str]:
    pane = window.page.calls
    return [pane.model.columns[section].id for section in pane.columns.visible_sections()]


def scrolls_sideways(window: MainWindow) -> bool:
    return window.page.calls.table.horizontalScrollBar().maximum() > 0


@pytest.fixture
def make_list(qtbot: QtBot, window: MainWindow) -> Callable[[int], None]:
    """Gives the list so many px of the window's width."""

    def make(width: int) -> None:
        docks, panels = window.page.docks, window.page.docks.panels
        docks.resizeDocks([panels["lists"], panels["ladder"]], [width, window.width() - width], Qt.Orientation.Horizontal)
        qtbot.waitUntil(lambda: abs(window.page.calls.width() - width) < 8)

    return make


def test_numbers_give_way_in_a_narrow_list_and_come_back(opened: Opened, make_list: MakeList) -> None:
    window = opened([OFFICE])
    assert columns(window) == ALL
    assert not scrolls_sideways(window)
    make_list(NARROW)
    assert columns(window) == ["start", "from", "to", "result"]
    assert not scrolls_sideways(window)
    make_list(330)
    assert columns(window) == ["from", "to", "result"]
    make_list(700)
    assert columns(window) == ALL


@pytest.mark.parametrize("percent", [150, 200])
def test_a_small_window_at_a_large_size_keeps_the_result_in_sight(
    opened: Opened, qtbot: QtBot, theme: Theme, percent: int
) -> None:
    window = opened([OFFICE])
    theme.choose_text(percent)
    qtbot.waitUntil(lambda: not scrolls_sideways(window))
    assert {"from", "to", "result"} <= set(columns(window))


def test_what_gave_way_is_not_taken_for_hidden_by_the_user(opened: Opened, make_list: MakeList) -> None:
    window = opened([OFFICE])
    make_list(NARROW)
    pane = window.page.calls
    pane.columns.show_column(0, shown=False)
    assert columns(window) == ["from", "to", "result"]
    state = pane.columns_state()
    make_list(700)
    assert columns(window) == ALL[1:]
    assert window.page.others.columns_state().isEmpty()
    pane.columns.restore_initial()
    assert columns(window) == ALL
    pane.restore_columns(state)
    assert columns(window) == ALL[1:]


def test_a_number_that_gave_way_is_shown_when_the_user_asks_for_it(opened: Opened, make_list: MakeList) -> None:
    window = opened([OFFICE])
    make_list(NARROW)
    menu = window.page.calls.columns.menu()
    talk = next(action for action in menu.actions() if action.text() == "Talk")
    assert not talk.isChecked()
    talk.trigger()
    menu.deleteLater()
    assert columns(window) == ["start", "from", "to", "result", "talk"]
