"""The small dialogs, as a user reads them and gets on with them."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from sipview.gui.actions import ACTIONS
from sipview.gui.appearance_dialog import AppearanceDialog
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.dialogs import AboutDialog, ProblemsDialog, QualityDialog
from sipview.gui.key_log import KeyLogDialog
from sipview.gui.main_window import MainWindow
from sipview.gui.notes import EmptyNote, OneLine
from sipview.gui.preferences import Preferences, RecentCapture
from sipview.gui.shortcuts_dialog import ShortcutsDialog
from sipview.gui.theme import Theme, ThemeChoice
from sipview.gui.tokens import SPACE_S, SPACE_XL
from sipview.session.quality import Quality, Remark, Weight
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
OFFICE = SAMPLES / "small-office.pcap"


def shown(table: QTableWidget, column: int = 0) -> list[str]:
    items = (table.item(row, column) for row in range(table.rowCount()))
    return [item.text() for item in items if item is not None]


@pytest.fixture
def keys(window: MainWindow) -> ShortcutsDialog:
    window.actions_["shortcuts"].trigger()
    (dialog,) = window.findChildren(ShortcutsDialog)
    return dialog


def test_every_action_with_keys_is_among_the_shortcuts(keys: ShortcutsDialog) -> None:
    there = shown(keys.table)
    for row in ACTIONS:
        if row.keys:
            assert there.count(row.text.replace("&", "").rstrip("…")) >= 1, row.id
    assert [one for one in there if one in {"File", "Edit", "View", "Go", "Help"}] == ["File", "Edit", "View", "Go", "Help"]


def test_a_key_is_found_by_what_it_does(keys: ShortcutsDialog) -> None:
    QTest.keyClicks(keys.search, "next message")
    assert shown(keys.table) == ["Go", "Next message"]
    QTest.keyClick(keys.search, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(keys.search, "ctrl+shift+e")
    assert shown(keys.table) == ["File", "Export ladder"]
    QTest.mouseClick(keys.search.clear_button, Qt.MouseButton.LeftButton)
    assert keys.search.text() == ""
    assert len(shown(keys.table)) > len(ACTIONS) // 3


@pytest.mark.parametrize("percent", [100, 200])
def test_short_dialogs_leave_no_empty_room(window: MainWindow, theme: Theme, preferences: Preferences, percent: int) -> None:
    theme.choose_text(percent)
    quality = Quality((Remark("drops", Weight.GOOD, "nothing dropped", "Nothing was lost."),))
    dialogs = (
        AboutDialog(window), KeyLogDialog(window, None), QualityDialog(window, theme, quality),
        AppearanceDialog(window, theme, preferences),
    )  # fmt: skip
    for dialog in dialogs:
        dialog.show()
        needed = (
            dialog.body.totalHeightForWidth(dialog.width()) if dialog.body.hasHeightForWidth() else dialog.sizeHint().height()
        )
        assert needed <= dialog.height() <= 1.3 * needed, type(dialog).__name__
        dialog.close()


def test_the_place_of_a_problem_is_told_once(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(OFFICE.read_bytes()[:100_001])
    window = opened([path])
    assert window.page.loaded is not None
    dialog = ProblemsDialog(window, window.page.loaded.snapshot.problems)
    (line,) = dialog.details.toPlainText().splitlines()
    assert line.startswith("cut.pcap, byte ")
    assert line.count("cut.pcap") == 1
    assert "the file ends inside a record" in line
    dialog.close()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"these are notes\n" * 40, "notes.txt is a text file; pcap and pcapng are read, "),
        ("nothing.pcap", b"", "nothing.pcap: the file is empty."),
        ("gone.pcap", None, "gone.pcap cannot be read: no such file or directory."),
    ],
)
def test_what_cannot_be_opened_is_told_in_a_sentence(
    window: MainWindow, tmp_path: Path, settled: Callable[[], None], name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    window.open_captures([path])
    settled()
    assert window.notice.isVisible()
    assert window.notice.text.startswith(said)


def test_a_search_that_finds_nothing_is_cleared_where_that_is_said(opened: Opened, settled: Callable[[], None]) -> None:
    window = opened([OFFICE])
    pane = window.page.calls
    QTest.keyClicks(pane.search, "nobody has this")
    settled()
    assert pane.note.isVisible()
    assert pane.note.button.text() == "Clear the search"
    QTest.mouseClick(pane.note.button, Qt.MouseButton.LeftButton)
    settled()
    assert pane.search.text() == ""
    assert pane.table.isVisible()
    assert pane.model.rowCount() > 0


@pytest.mark.parametrize("percent", [100, 200])
def test_icons_in_the_search_field_have_the_size_of_everything(opened: Opened, theme: Theme, percent: int) -> None:
    field = opened([OFFICE]).page.calls.search
    theme.choose_text(percent)
    field.setText("1001")
    assert field.clear_button.iconSize().height() == 16 * percent // 100
    assert field.rect().contains(field.clear_button.geometry())


def test_lists_of_choices_come_below_their_box_and_mark_what_is_chosen(window: MainWindow) -> None:
    window.actions_["appearance"].trigger()
    (dialog,) = window.findChildren(AppearanceDialog)
    for box in dialog.findChildren(ChoiceBox):
        assert not box.style().styleHint(QStyle.StyleHint.SH_ComboBox_Popup, QStyleOptionComboBox(), box)
        assert isinstance(box.itemDelegate(), QStyledItemDelegate)
    assert dialog.font_choice.itemText(0) == "As the system"
    assert dialog.font_choice.itemData(1, Qt.ItemDataRole.FontRole).family() == dialog.font_choice.itemText(1)
    assert [button.text() for button in dialog.findChildren(QPushButton)] == ["Close"]


def test_other_colours_and_lengths_reach_windows_that_are_there_and_that_come(
    window: MainWindow, theme: Theme, preferences: Preferences, qtbot: QtBot
) -> None:
    for choice, percent in ((ThemeChoice.DARK, 200), (ThemeChoice.LIGHT, 100)):
        theme.choose(choice)
        theme.choose_text(percent)
        later = MainWindow(theme, preferences)
        qtbot.addWidget(later)
        for one in (window, later):
            assert one.palette().color(QPalette.ColorRole.Window).name() == theme.colours.panel
            assert f"background: {theme.colours.panel}" in one.styleSheet()
            extent = one.style().pixelMetric(QStyle.PixelMetric.PM_DockWidgetSeparatorExtent, None, one.page.docks)
            assert extent == percent // 100
            field = one.start.drop_zone.sample_button
            assert field.palette().color(QPalette.ColorRole.ButtonText).name() == theme.colours.text


@pytest.mark.parametrize("percent", [100, 200])
def test_the_start_page_needs_no_scrolling_sideways(
    window: MainWindow, theme: Theme, preferences: Preferences, percent: int
) -> None:
    preferences.remember_capture(RecentCapture("/there/trunk-outage-of-a-customer-in-the-north.pcapng", time.time(), 310, 4000))
    theme.choose_text(percent)
    window.resize(1280, 800)
    window.live.card.unfolding.button.setChecked(True)
    window.start.refresh()
    content = window.start.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= window.start.viewport().width()


def test_an_empty_place_keeps_words_and_button_whole_where_there_is_little_room(theme: Theme, qtbot: QtBot) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    around.resize(400, 500)
    around.show()
    note = EmptyNote(theme)
    note.setParent(around)
    note.tell("search", "No calls with these words", "9 are there without the search.", "Clear the search")
    note.show()
    pictures = [one for one in note.findChildren(QLabel) if not one.pixmap().isNull()]
    headline, sentence = (part.heightForWidth(260 - 2 * SPACE_XL) + SPACE_S for part in (note.headline, note.sentence))
    least = headline + note.button.sizeHint().height() + 3 * SPACE_S
    for height, expected in ((400, (True, True)), (least + sentence, (False, True)), (least, (False, False))):
        note.setGeometry(0, 0, 260, height)
        QApplication.sendPostedEvents()
        assert (pictures[0].isVisible(), note.sentence.isVisible()) == expected
        assert note.button.height() >= note.button.sizeHint().height()
        assert note.headline.height() >= note.headline.heightForWidth(note.headline.width())


def test_a_line_without_room_keeps_its_text_and_tells_it_in_a_tip(qtbot: QtBot) -> None:
    line = OneLine()
    qtbot.addWidget(line)
    line.setText("Reproduce the fault now, then press Stop.")
    line.resize(line.sizeHint())
    line.grab()
    assert line.toolTip() == ""
    line.resize(60, line.height())
    line.grab()
    assert "Reproduce the fault now, then press Stop." in line.toolTip()
    assert line.text() == "Reproduce the fault now, then press Stop."
    assert line.minimumSizeHint().width() == 0
