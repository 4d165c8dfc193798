"""Light or dark, larger, another font: chosen in one place."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from sipview.gui.appearance_dialog import AppearanceDialog
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.starting import scale
from sipview.gui.theme import Theme, ThemeChoice


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


def test_a_size_is_remembered_for_the_next_start(dialog: AppearanceDialog, preferences: Preferences) -> None:
    pick(dialog.scale, "200 %")
    assert preferences.scale_percent == 200
    assert "started again" in dialog.later.text()


def test_a_font_is_remembered_and_forgotten(dialog: AppearanceDialog, preferences: Preferences) -> None:
    dialog.font_choice.activated.emit(0)
    assert preferences.font_family == dialog.font_choice.currentFont().family()
    QTest.mouseClick(dialog.plain, Qt.MouseButton.LeftButton)
    assert preferences.font_family == ""


@pytest.mark.parametrize(
    ("before", "percent", "after"), [(None, 100, None), (None, 150, "1.5"), ("2", 150, "3"), ("x", 200, "2"), ("2", 100, "2")]
)
def test_the_size_reaches_qt(monkeypatch: pytest.MonkeyPatch, before: str | None, percent: int, after: str | None) -> None:
    import os

    monkeypatch.delenv("QT_SCALE_FACTOR", raising=False)
    if before is not None:
        monkeypatch.setenv("QT_SCALE_FACTOR", before)
    scale(percent)
    assert os.environ.get("QT_SCALE_FACTOR") == after
    monkeypatch.setenv("QT_SCALE_FACTOR", "1")  # so that it is put back at the end


def test_rubbish_in_the_settings_is_the_ordinary_size(preferences: Preferences) -> None:
    preferences.scale_percent = 12345
    assert preferences.scale_percent == 100
