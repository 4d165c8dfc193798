"""Where captures are: asks for them in the folder in which the user was last, and remembers folder and captures."""

import time
from pathlib import Path

from PySide6.QtWidgets import QWidget

from sipview.gui.path_chooser import PathChooser
from sipview.gui.preferences import Preferences, RecentCapture
from sipview.gui.requests import Loaded


class CapturePlaces:
    """Serves one window."""

    def __init__(self, window: QWidget, chooser: PathChooser, preferences: Preferences) -> None:
        self._window, self._chooser, self._preferences = window, chooser, preferences

    def choose(self) -> tuple[Path, ...]:
        """Ask for captures to open; none if the user thinks better of it."""
        paths = self._chooser.open_captures(self._window, self._preferences.last_folder)
        if paths:
            self._preferences.last_folder = str(paths[0].parent)
        return paths

    def choose_saved(self, title: str, name: Path, kinds: str) -> Path | None:
        """Ask where to save a capture."""
        folder = Path(self._preferences.last_folder or Path.home())
        path = self._chooser.save_as(self._window, title, folder / name, kinds)
        if path is not None:
            self._preferences.last_folder = str(path.parent)
        return path

    def remember(self, loaded: Loaded) -> None:
        """These captures are open: put them on top of the recent ones."""
        snapshot = loaded.snapshot
        for path in loaded.analysis.paths:
            self._preferences.remember_capture(
                RecentCapture(str(path.absolute()), time.time(), len(snapshot.conversations.calls), len(snapshot.messages))
            )
