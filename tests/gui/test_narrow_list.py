"""Lists that have little room: what matters stays in sight (who called whom and how it went; what a packet says), the rest
comes back with the room.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from sipview.gui.list_tabs import PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.packet_columns import PACKET_COLUMNS
from sipview.gui.packet_pane import CopyKind
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
        qtbot.waitUntil(lambda: abs(window.page.tabs.width() - width) < 8)

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


def packet_columns(window: MainWindow) -> list[str]:
    return [PACKET_COLUMNS[section].id for section in window.page.packets.columns.visible_sections()]


@pytest.mark.parametrize("percent", [150, 200])
def test_what_packets_say_stays_in_sight_at_a_large_size(
    opened: Opened, qtbot: QtBot, theme: Theme, percent: int, make_list: MakeList
) -> None:
    window = opened([OFFICE])
    window.page.show_list(PACKETS)
    pane, sideways = window.page.packets, window.page.packets.table.horizontalScrollBar()
    make_list(720)
    all_columns = packet_columns(window)
    assert all_columns[:2] == ["number", "time"]
    theme.choose_text(percent)
    qtbot.waitUntil(lambda: not sideways.maximum() and len(packet_columns(window)) < len(all_columns))
    assert {"source", "destination", "info"} <= set(packet_columns(window))
    pane.table.selectRow(0)
    pane.copy(CopyKind.CSV)
    qtbot.waitUntil(lambda: "Time" in QGuiApplication.clipboard().text())  # all that is wanted is copied
    theme.choose_text(100)
    make_list(720)
    qtbot.waitUntil(lambda: packet_columns(window) == all_columns)
