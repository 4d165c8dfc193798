"""What the actions do by which the user sets sipview up: theme, size and font, where a second file opens."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from sipview.gui.actions import ActionSet
from sipview.gui.appearance_dialog import AppearanceDialog
from sipview.gui.preferences import Preferences, SecondFile
from sipview.gui.theme import Theme, ThemeChoice


class PreferenceActions(QObject):
    """Serves one window; what is chosen is remembered, and holds for all windows."""

    def __init__(self, window: QWidget, theme: Theme, actions: ActionSet, preferences: Preferences) -> None:
        super().__init__(window)
        self._window, self._theme, self._actions, self._preferences = window, theme, actions, preferences

    def doers(self) -> Mapping[str, Callable[[], object]]:
        """What each of the actions does."""
        return {
            "appearance": self._ask_appearance,
            **{f"second-{second.value}": partial(self._choose_second, second) for second in SecondFile},
            **{f"theme-{choice.value}": partial(self._choose_theme, choice) for choice in ThemeChoice},
        }

    def restore(self) -> None:
        """Choose what was chosen before."""
        self._actions[f"theme-{self._theme.choice.value}"].setChecked(True)
        self._actions[f"second-{self._preferences.second_file.value}"].setChecked(True)

    def _ask_appearance(self) -> None:
        dialog = AppearanceDialog(self._window, self._theme, self._preferences)
        dialog.theme_chosen.connect(lambda choice: self._actions[f"theme-{choice.value}"].trigger())
        dialog.open()

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._preferences.theme = choice
        self._theme.choose(choice)

    def _choose_second(self, second: SecondFile) -> None:
        self._preferences.second_file = second
