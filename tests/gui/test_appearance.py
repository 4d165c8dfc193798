"""Light or dark, larger, another font: chosen in one place."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QComboBox, QToolBar
from pytestqt.qtbot import QtBot

from sipview.gui.appearance_dialog import AppearanceDialog
from sipview.gui.dialogs import AboutDialog
from sipview.gui.ladder_head import ButtonLook
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme, ThemeChoice
from sipview.gui.tokens import SPACE_L
from sipview.ladder import TextStyle
from tests.support.answered_paths import SAMPLES

pytestmark = pytest.mark.usefixtures("real_interfaces")

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


@pytest.fixture
def dialog(window: MainWindow) -> AppearanceDialog:
    window.actions_["appearance"].trigger()
    (dialog,) = window.findChildren(AppearanceDialog)
    return dialog


def pick(choice: QComboBox, words: str) -> None:
    choice.setCurrentText(words)
    choice.activated.emit(choice.currentIndex())


def test_dark_is_chosen_and_seen_at_once(dialog: AppearanceDialog, window: MainWindow, theme: Theme) -> None:
    pick(dialog.theme, "Dark")
    assert theme.choice is ThemeChoice.DARK
    assert theme.colours.dark
    assert window.actions_["theme-dark"].isChecked()


def test_a_size_is_seen_at_once_everywhere_and_remembered(
    dialog: AppearanceDialog, opened: Opened, settled: Settled, preferences: Preferences
) -> None:
    window = opened([OFFICE])
    page = window.page
    page.show_message_tab(2)
    view, head = page.ladder.view, page.ladder.head
    before = sizes(window)
    pick(dialog.scale, "200 %")
    settled()
    assert preferences.scale_percent == 200
    for name, size in sizes(window).items():
        assert size == pytest.approx(2 * before[name], rel=0.12), name
    assert head.title.fontMetrics().height() == pytest.approx(2 * before["headline"], rel=0.12)
    window.actions_["zoom-in"].trigger()
    window.actions_["zoom-reset"].trigger()
    assert view.zoom == 2.0
    assert head.look is not ButtonLook.WORDS
    for smaller in ("150 %", "100 %"):
        pick(dialog.scale, smaller)
        settled()
    assert sizes(window) == pytest.approx(before, abs=1)
    assert head.look.value == ButtonLook.WORDS


def sizes(window: MainWindow) -> dict[str, float]:
    page = window.page
    layout, toolbar = page.ladder.head.layout(), window.findChild(QToolBar)
    assert layout is not None
    assert toolbar is not None
    return {
        "menu": window.menuBar().fontMetrics().height(),
        "row of a list": page.calls.table.rowHeight(0),
        "row of a packet": page.packets.table.rowHeight(0),
        "headline": page.ladder.head.title.fontMetrics().height(),
        "margin": layout.contentsMargins().left(),
        "icon": toolbar.iconSize().width(),
        "ladder": page.ladder.view.zoom,
        "bytes": page.message.bytes.fontMetrics().height(),
        "text": page.message.text.fontMetrics().height(),
    }


def test_a_dialog_comes_in_the_size_of_everything(window: MainWindow, theme: Theme, qtbot: QtBot) -> None:
    theme.choose_text(150)
    window.actions_["about"].trigger()
    (about,) = window.findChildren(AboutDialog)
    assert about.body.contentsMargins().left() == round(SPACE_L * 1.5)
    assert about.width() == 660
    qtbot.waitUntil(about.isVisible)


def test_a_font_is_seen_at_once_also_in_the_ladder_and_forgotten(
    dialog: AppearanceDialog, opened: Opened, settled: Settled, preferences: Preferences
) -> None:
    window = opened([OFFICE])
    plain = window.font().family()
    family = next(one for one in QFontDatabase.families() if one != plain and "Mono" in one)
    measured = window.page.ladder.measure
    pick(dialog.font_choice, family)
    settled()
    assert preferences.font_family == family
    assert window.menuBar().font().families()[0] == family
    assert window.page.ladder.fonts[TextStyle.LABEL].families()[0] == family
    assert window.page.ladder.measure is not measured
    pick(dialog.font_choice, "As the system")
    settled()
    assert preferences.font_family == ""
    assert family not in window.page.ladder.fonts[TextStyle.LABEL].families()


def test_own_widths_of_columns_grow_along(opened: Opened, theme: Theme) -> None:
    window = opened([OFFICE])
    table = window.page.packets.table
    table.horizontalHeader().resizeSection(2, 111)
    theme.choose_text(200)
    assert table.columnWidth(2) == 222
    theme.choose_text(100)
    assert table.columnWidth(2) == 111


def test_rubbish_in_the_settings_is_the_ordinary_size(preferences: Preferences) -> None:
    preferences.scale_percent = 12345
    assert preferences.scale_percent == 100
