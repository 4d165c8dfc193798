"""Panels that are hidden, moved, put back and remembered; and a word on the capture's quality."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from sipview.gui.dialogs import QualityDialog
from sipview.gui.dock_area import Scrolled, screen_class
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme
from tests.support import captures
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
CALL = SAMPLES / "call-through-pbx.pcap"


def toggle(window: MainWindow, title: str) -> None:
    next(action for action in window.page.docks.toggles if action.text() == title).trigger()


def test_a_panel_is_hidden_and_comes_back(opened: Opened) -> None:
    window = opened([CALL])
    toggle(window, "Message")
    assert not window.page.message.isVisible()
    window.actions_["show-text"].trigger()
    assert window.page.message.isVisible(), "whoever asks for the text of the message wants to see it"


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_all_panels_are_put_back(opened: Opened, qtbot: QtBot) -> None:
    window = opened([CALL])
    docks = window.page.docks
    toggle(window, "Lists")
    docks.panels["message"].setFloating(True)
    window.actions_["reset-layout"].trigger()
    assert window.page.tabs.isVisible()
    assert not docks.panels["message"].isFloating()
    assert not docks.panels["graphs"].isVisible()
    lists, ladder = docks.panels["lists"].geometry(), docks.panels["ladder"].geometry()
    assert lists.right() < ladder.left()


def test_panels_have_title_bars_only_while_they_are_to_be_moved(opened: Opened) -> None:
    window = opened([CALL])
    panel = window.page.docks.panels["lists"]
    top = window.page.tabs.mapTo(panel, window.page.tabs.rect().topLeft()).y()
    assert top == 0
    window.actions_["move-panels"].trigger()
    assert panel.titleBarWidget() is None
    window.actions_["move-panels"].trigger()
    assert panel.titleBarWidget() is not None


def test_panels_are_as_they_were_left(
    opened: Opened, theme: Theme, preferences: Preferences, qtbot: QtBot, settled: Settled
) -> None:
    window = opened([CALL])
    toggle(window, "Message")
    window.actions_["traffic"].trigger()
    window.close()
    again = MainWindow(theme, preferences)
    again.show()
    again.open_captures([CALL])
    qtbot.waitUntil(lambda: again.page.analysis is not None and not again.loading.busy and not again.page.jobs.busy)
    assert not again.page.message.isVisible()
    assert again.page.graphs.isVisible()
    again.close()
    again.deleteLater()


@pytest.mark.parametrize(("width", "name"), [(1280, "small"), (1920, "medium"), (3840, "large")])
def test_a_layout_belongs_to_screens_of_a_size(width: int, name: str) -> None:
    assert screen_class(width) == name


def test_the_quality_stands_in_the_status_bar_and_tells_more(opened: Opened, tmp_path: Path) -> None:
    window = opened([CALL])
    assert window.status.quality.text().strip().startswith(("No gaps seen", "Mind", "Capture"))
    QTest.mouseClick(window.status.quality, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(QualityDialog)
    words = [label.text() for label in dialog.findChildren(QWidget) if hasattr(label, "text")]
    assert any(text.startswith("Whether packets were lost") for text in words)
    dialog.close()


def test_a_capture_with_gaps_says_so(opened: Opened, tmp_path: Path) -> None:
    frame = captures.udp("10.0.0.1/5060", "10.0.0.2/5060", captures.sip())
    packets = [captures.Packet(captures.START_NS, frame[:80], len(frame))]
    window = opened([captures.write(tmp_path / "cut.pcap", captures.pcap(packets))])
    assert "1 packet cut short" in window.status.quality.text()
    window.close_capture()
    assert not window.status.quality.isVisible()


def test_the_graphs_stay_in_sight_where_there_is_little_room(opened: Opened, qtbot: QtBot, theme: Theme) -> None:
    window = opened([CALL])
    window.resize(1280, 800)
    window.actions_["traffic"].trigger()
    room, graphs = window.page.docks.panels["graphs"].widget(), window.page.graphs
    assert isinstance(room, Scrolled)
    qtbot.waitUntil(lambda: graphs.plot is not None and not room.missing_px)
    invite = graphs.controls.series["INVITE"]
    assert invite.isVisible()
    theme.choose_text(200)
    qtbot.waitUntil(lambda: room.missing_px > 0 and not invite.isVisible())
    plot = graphs.plot
    assert plot is not None
    qtbot.waitUntil(lambda: plot.isVisible() and plot.height() >= 200)
    qtbot.waitUntil(lambda: not room.verticalScrollBar().maximum())  # nothing has to be scrolled
    assert graphs.controls.zoom_button.text() == ""
    assert graphs.controls.series_button.isVisible()
    graphs.controls.menu.aboutToShow.emit()
    (line,) = [action for action in graphs.controls.menu.actions() if action.text() == "INVITE"]
    assert line.isChecked()
    line.trigger()
    assert "INVITE" not in graphs.controls.shown
    theme.choose_text(100)
    qtbot.waitUntil(lambda: invite.isVisible() and not room.missing_px)
    assert not invite.isChecked()
    assert graphs.controls.zoom_button.text().strip() == "Zoom in"
