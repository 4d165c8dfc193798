"""What is remembered gets to the disk without the window waiting for it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sipview.gui.preferences import Preferences, RecentCapture
from sipview.gui.settings_file import SettingsFile

INI = QSettings.Format.IniFormat


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "window.ini"


@pytest.fixture
def settings(path: Path) -> QSettings:
    return QSettings(str(path), INI)


@pytest.fixture
def preferences(settings: QSettings) -> Preferences:
    return Preferences(settings)


@pytest.fixture
def file(qtbot: QtBot, settings: QSettings, preferences: Preferences) -> Iterator[SettingsFile]:
    file = SettingsFile(settings, preferences)
    yield file
    file.close()


def test_the_event_loop_writes_nothing_and_another_thread_does(
    qtbot: QtBot, path: Path, file: SettingsFile, preferences: Preferences
) -> None:
    def written(word: str) -> bool:
        return path.exists() and word in path.read_text()

    for word in ("first", "second", "third"):  # Qt tells settings to write once, and again only after they did
        preferences.remember_text("note", word)
        QApplication.processEvents()
        assert not written(word)
        qtbot.waitUntil(partial(written, word))


def test_what_is_not_written_yet_is_written_at_the_end(path: Path, file: SettingsFile, preferences: Preferences) -> None:
    preferences.remember_capture(RecentCapture("/captures/one.pcap", 1.0, 2, 3))
    file.close()
    assert "one.pcap" in path.read_text()


def test_what_is_remembered_is_known_at_once_and_the_next_time(
    path: Path, file: SettingsFile, preferences: Preferences
) -> None:
    assert preferences.ladder_details == "short"
    preferences.ladder_details = "sdp"
    assert preferences.ladder_details == "sdp"
    file.close()
    assert Preferences(QSettings(str(path), INI)).ladder_details == "sdp"
