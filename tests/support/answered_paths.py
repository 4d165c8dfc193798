"""Stands in for the native file dialogs, which no test can click: answers as the user would."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from sipview.gui.path_chooser import PathChooser
from tests.support.needs import CHECKOUT

SAMPLES = CHECKOUT / "resources" / "samples"
"""The captures that come with sipview."""


class AnsweredPaths(PathChooser):
    """Answers as the user would in a file dialog."""

    def __init__(self) -> None:
        self.to_open: tuple[Path, ...] = ()
        self.key_log: Path | None = None
        self.to_save: Path | None = None
        self.suggested: Path | None = None

    def open_captures(self, parent: QWidget, folder: str) -> tuple[Path, ...]:
        return self.to_open

    def open_key_log(self, parent: QWidget, folder: str) -> Path | None:
        return self.key_log

    def save_as(self, parent: QWidget, title: str, suggestion: Path, kinds: str) -> Path | None:
        self.suggested = suggestion
        return self.to_save
