"""Where there is little room, or a text is very long, what matters stays in sight and the rest gives way."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from sipview.gui.compare_view import MessageChoice
from sipview.gui.explained_tree import VALUE
from sipview.gui.list_tabs import OTHERS
from sipview.gui.main_window import MainWindow
from sipview.gui.theme import Theme
from tests.support import captures
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
CALL = SAMPLES / "call-through-pbx.pcap"


def test_the_filter_bar_stays_in_the_toolbar_at_every_size(opened: Opened, qtbot: QtBot, theme: Theme) -> None:
    window = opened([CALL])
    toolbar = window.bars.toolbar
    zoom = window.actions_["zoom-fit"]

    def whole() -> bool:
        bar = window.filter_bar
        return bar.isVisible() and bar.width() >= bar.minimumWidth() and bar.geometry().right() < toolbar.width()

    assert whole()
    assert zoom in toolbar.actions()
    for percent in (150, 200):
        theme.choose_text(percent)
        qtbot.waitUntil(lambda: toolbar.iconSize().width() == 18 * percent / 100 and whole())  # noqa: B023 - asked at once
    qtbot.waitUntil(lambda: zoom not in toolbar.actions())
    assert window.actions_["open"] in toolbar.actions()
    theme.choose_text(100)
    qtbot.waitUntil(lambda: zoom in toolbar.actions())
    order = [action.text() for action in toolbar.actions() if action.text()]
    assert order.index(window.actions_["next-message"].text()) < order.index(window.actions_["zoom-out"].text())


def test_a_very_long_name_leaves_the_tabs_of_the_message_their_room(opened: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    message = captures.sip().replace(b"From: <sip:", b"From: <sip:" + b"x" * 5000, 1)
    assert b"x" * 5000 in message
    frame = captures.udp("10.0.0.1/5060", "10.0.0.2/5060", message)
    window = opened(
        [captures.write(tmp_path / "long.pcap", captures.pcap([captures.Packet(captures.START_NS, frame, len(frame))]))]
    )
    bar = window.page.message.tabs.tabBar()
    qtbot.waitUntil(lambda: bar.width() >= bar.sizeHint().width())
    assert window.page.message.line.text().startswith("Frame 1")


def test_the_line_of_a_message_gives_way_to_its_tabs_at_a_large_size(opened: Opened, qtbot: QtBot, theme: Theme) -> None:
    window = opened([CALL])
    line, bar = window.page.message.line, window.page.message.tabs.tabBar()
    whole = line.accessibleName()
    assert line.text() == whole
    theme.choose_text(200)
    qtbot.waitUntil(lambda: bar.width() >= bar.sizeHint().width() and line.text().endswith("…"))
    assert line.accessibleName() == whole
    theme.choose_text(100)
    qtbot.waitUntil(lambda: line.text() == whole)


def test_a_choice_that_finds_no_room_ends_with_an_ellipsis(qtbot: QtBot, theme: Theme) -> None:
    choice = MessageChoice("left")
    qtbot.addWidget(choice)
    choice.offer([("Frame 16 · INVITE · 1001 → Asterisk (the one of its kind before)", 3)], 3)
    choice.resize(180, choice.sizeHint().height())
    option = QStyleOptionComboBox()
    choice.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = choice.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, choice).width()
    assert option.currentText.endswith("…")
    assert choice.fontMetrics().horizontalAdvance(option.currentText) <= room
    assert choice.currentText().endswith("before)")


def test_a_body_of_many_lines_is_shown_in_one(opened: Opened) -> None:
    window = opened([CALL])
    model = window.page.message.tree.model_
    values = [str(index.siblingAtColumn(VALUE).data()) for index in model.indexes()]
    (body,) = [value for value in values if value.startswith("v=0") and len(value) > 3]
    assert body.startswith("v=0 · o=")


def test_the_buttons_of_the_toolbar_stand_off_its_edges(opened: Opened) -> None:
    window = opened([CALL])
    toolbar = window.bars.toolbar
    assert window.filter_bar.geometry().top() >= 4
    assert window.filter_bar.geometry().right() < toolbar.width() - 4


def test_the_lists_have_shorter_titles_where_there_is_little_room(opened: Opened, qtbot: QtBot, theme: Theme) -> None:
    window = opened([CALL])
    tabs = window.page.tabs
    assert tabs.tabText(OTHERS) == "Registrations && others 2"
    theme.choose_text(150)
    qtbot.waitUntil(lambda: tabs.tabText(OTHERS) == "Others 2")
    assert tabs.tabBar().sizeHint().width() <= tabs.width()
    assert tabs.tabToolTip(OTHERS) == "Registrations and others"
    docks, panels = window.page.docks, window.page.docks.panels
    docks.resizeDocks([panels["lists"], panels["ladder"]], [250, window.width() - 250], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: tabs.tabText(OTHERS) == "Others")  # how many, the status bar says
    theme.choose_text(100)
    docks.resizeDocks([panels["lists"], panels["ladder"]], [500, window.width() - 500], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: tabs.tabText(OTHERS) == "Registrations && others 2")


def test_panels_do_not_overlap_in_a_small_window_at_a_large_size(opened: Opened, qtbot: QtBot, theme: Theme) -> None:
    window = opened([CALL])
    theme.choose_text(200)
    docks = window.page.docks
    qtbot.waitUntil(lambda: docks.minimumSizeHint().height() <= 534)  # what 1280x800 leaves while packets are captured
