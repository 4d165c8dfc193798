"""Where there is little room, what matters stays readable; and what is hidden is one click away."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from sipview.gui.ladder_head import ButtonLook
from sipview.gui.list_tabs import CALLS, PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences, RecentCapture
from sipview.gui.theme import Theme
from tests.support.answered_paths import SAMPLES

pytestmark = pytest.mark.usefixtures("real_interfaces")

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


def test_the_headline_stays_whole_beside_the_packet_list(opened: Opened, settled: Settled, qtbot: QtBot) -> None:
    window = opened([OFFICE])
    page = window.page
    head = page.ladder.head
    qtbot.waitUntil(lambda: head.look is ButtonLook.WORDS)
    page.show_list(PACKETS)
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: head.look is ButtonLook.ICONS)
    settled()
    assert head.title.text() == "201 calls 202"
    assert all(button.toolTip() and button.accessibleName() for button in page.ladder.menus.buttons)
    page.tabs.setCurrentIndex(0)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: head.look is ButtonLook.WORDS)


def test_one_button_takes_the_place_of_four_where_the_title_has_no_room(
    opened: Opened, settled: Settled, qtbot: QtBot, theme: Theme
) -> None:
    window = opened([OFFICE])
    window.resize(1280, 800)
    page = window.page
    head, menus = page.ladder.head, page.ladder.menus
    theme.choose_text(200)
    page.show_list(PACKETS)
    qtbot.waitUntil(lambda: head.look is ButtonLook.ONE)
    assert page.docks.panels["ladder"].geometry().right() < page.docks.width() == window.width()
    settled()
    assert head.title.text() == "201 calls 202"
    assert menus.more.isVisible()
    assert not menus.lanes.isVisible()
    assert [action.text() for action in menus.more.menu().actions()] == ["Time", "Lanes", "Fold", "Export"]
    (lanes,) = [action.menu() for action in menus.more.menu().actions() if action.text() == "Lanes"]
    assert isinstance(lanes, QMenu)
    lanes.aboutToShow.emit()
    assert "Hide" in {action.text().replace("&", "") for lane in lanes.findChildren(QMenu) for action in lane.actions()}
    theme.choose_text(100)
    page.show_list(CALLS)
    qtbot.waitUntil(lambda: head.look is ButtonLook.WORDS)
    assert not menus.more.isVisible()


def test_titles_of_compared_messages_are_whole(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    page = window.page
    window.resize(1000, 700)
    page.show_message_tab(3)
    settled()
    compare = page.compare
    below = compare.summary.mapTo(compare, QPoint(0, 0)).y()
    assert below > compare.left_choice.geometry().bottom()
    for choice in (compare.left_choice, compare.right_choice):
        assert choice.fontMetrics().horizontalAdvance(choice.currentText()) < choice.width()


def test_the_status_bar_tells_how_many_packets_are_shown(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    assert "shown" not in window.status.counts.text()
    window.filter_bar.set_filter('sip.Method == "BYE"')
    settled()
    assert window.status.counts.text() == "1,852 packets · 4 shown (0.2 %) · 99 SIP messages · 9 calls"
    window.actions_["clear-filter"].trigger()
    settled()
    assert "shown" not in window.status.counts.text()


@pytest.mark.parametrize("count", [3, 9])
def test_recent_captures_stand_above_the_live_capture(
    window: MainWindow, preferences: Preferences, count: int, qtbot: QtBot
) -> None:
    for number in range(count):
        preferences.remember_capture(RecentCapture(str(OFFICE.with_name(f"{number}.pcap")), 0.0, 1, 1))
    start, card = window.start, window.live.card
    assert len(start.rows) == min(4, count)
    assert start.all_of_them.isVisible() is (count > 4)
    qtbot.waitUntil(lambda: start.rows[-1].mapTo(start, QPoint(0, 0)).y() < card.mapTo(start, QPoint(0, 0)).y())
    if count > 4:
        QTest.mouseClick(start.all_of_them, Qt.MouseButton.LeftButton)
        assert len(start.rows) == count
        QTest.mouseClick(start.all_of_them, Qt.MouseButton.LeftButton)
        assert len(start.rows) == 4


def test_a_long_name_leaves_result_and_times_in_sight(opened: Opened, settled: Settled, tmp_path: Path) -> None:
    name = b"x" * 17
    path = tmp_path / "long.pcap"
    path.write_bytes(OFFICE.read_bytes().replace(b"sip:201@10.160.0.1", name + b"@"))
    window = opened([path])
    settled()
    table = window.page.calls.table
    assert table.horizontalHeader().length() <= table.viewport().width()
