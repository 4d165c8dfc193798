"""What is remembered between two days: recent captures, theme, places of windows and columns (QSettings)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from sipview.gui.theme import ThemeChoice

_MOST_RECENT = 12


SCALES = (100, 110, 125, 150, 175, 200, 250, 300)
"""Sizes of everything, in percent of what the desktop says."""


class SecondFile(StrEnum):
    """Where a file opens that is opened from the desktop while sipview runs."""

    NEW_WINDOW = "new-window"
    HERE = "here"
    OWN_PROGRAM = "own-program"


@dataclass(frozen=True, slots=True)
class RecentCapture:
    """A capture that was opened: where it lies, when it was opened (seconds since the epoch), what it held."""

    path: str
    opened_s: float
    calls: int
    messages: int

    @property
    def name(self) -> str:
        """The file's name."""
        return Path(self.path).name


class Preferences(QObject):
    """Typed access to the settings; every reader has a default, and rubbish in the store reads as that default.

    ``remembered``: something is to be written to the store's file.
    """

    recent_changed = Signal()
    remembered = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._known: dict[str, object] = {}

    def _value(self, name: str, default: object = None) -> object:
        """What the store has, asked for once: it makes everybody wait who asks while its file is written. Only the recent
        captures are asked for each time, as other programs of sipview add to them.
        """
        if name not in self._known:
            self._known[name] = self._settings.value(name, default)
        return self._known[name]

    def _remember(self, name: str, value: object) -> None:
        self._known[name] = value
        self._settings.setValue(name, value)
        self.remembered.emit()

    @property
    def theme(self) -> ThemeChoice:
        """The chosen theme."""
        try:
            return ThemeChoice(str(self._value("theme", ThemeChoice.SYSTEM.value)))
        except ValueError:
            return ThemeChoice.SYSTEM

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._remember("theme", choice.value)

    @property
    def time_mode(self) -> str:
        """How the ladder shows time: ``absolute``, ``start`` or ``delta``."""
        value = str(self._value("ladder/time", "start"))
        return value if value in {"absolute", "start", "delta"} else "start"

    @time_mode.setter
    def time_mode(self, mode: str) -> None:
        self._remember("ladder/time", mode)

    @property
    def ports_apart(self) -> bool:
        """Whether the ladder has a lane for each port of a host."""
        return str(self._value("ladder/ports-apart", "false")).lower() == "true"

    @ports_apart.setter
    def ports_apart(self, apart: bool) -> None:
        self._remember("ladder/ports-apart", "true" if apart else "false")

    @property
    def lane_names(self) -> Mapping[str, str]:
        """The names that the user gave to lanes of the ladder, by address (or ``address:port``)."""
        try:
            names = json.loads(str(self._value("ladder/names", "{}")))
            return {str(key): str(name) for key, name in names.items()}
        except (ValueError, AttributeError):
            return {}

    @lane_names.setter
    def lane_names(self, names: Mapping[str, str]) -> None:
        self._remember("ladder/names", json.dumps(dict(names)))

    @property
    def ladder_fold(self) -> Sequence[str]:
        """The kinds of messages that the ladder folds."""
        return tuple(filter(None, str(self._value("ladder/fold", "login")).split(" ")))

    @ladder_fold.setter
    def ladder_fold(self, kinds: Sequence[str]) -> None:
        self._remember("ladder/fold", " ".join(kinds))

    @property
    def ladder_details(self) -> str:
        """How much stands on the arrows of the ladder: ``none``, ``short`` or ``sdp``."""
        return str(self._value("ladder/details", "short"))

    @ladder_details.setter
    def ladder_details(self, details: str) -> None:
        self._remember("ladder/details", details)

    @property
    def export_choice(self) -> Mapping[str, str]:
        """What was chosen last when a ladder was exported, by name of the field."""
        try:
            chosen = json.loads(str(self._value("ladder/export", "{}")))
            return {str(name): str(value) for name, value in chosen.items()}
        except (ValueError, AttributeError):
            return {}

    @export_choice.setter
    def export_choice(self, chosen: Mapping[str, str]) -> None:
        self._remember("ladder/export", json.dumps(dict(chosen)))

    @property
    def second_file(self) -> SecondFile:
        """Where a file opens that is opened from the desktop while sipview runs."""
        try:
            return SecondFile(str(self._value("second-file", SecondFile.NEW_WINDOW.value)))
        except ValueError:
            return SecondFile.NEW_WINDOW

    @second_file.setter
    def second_file(self, choice: SecondFile) -> None:
        self._remember("second-file", choice.value)

    @property
    def scale_percent(self) -> int:
        """The size of everything, one of `SCALES`."""
        value = str(self._value("scale", "100"))
        return int(value) if value in {str(percent) for percent in SCALES} else 100

    @scale_percent.setter
    def scale_percent(self, percent: int) -> None:
        self._remember("scale", str(percent))

    @property
    def font_family(self) -> str:
        """The font of the window; "" is the system's."""
        return str(self._value("font", ""))

    @font_family.setter
    def font_family(self, family: str) -> None:
        self._remember("font", family)

    @property
    def last_folder(self) -> str:
        """The folder of the last file dialog."""
        return str(self._value("folder", ""))

    @last_folder.setter
    def last_folder(self, folder: str) -> None:
        self._remember("folder", folder)

    def state(self, name: str) -> QByteArray:
        """A remembered geometry or state of that name; empty where there is none."""
        value = self._value(f"state/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def remember_state(self, name: str, state: QByteArray) -> None:
        """Remember a geometry or state."""
        self._remember(f"state/{name}", state)

    def text(self, name: str) -> str:
        """A remembered text of that name; "" where there is none."""
        value = self._value(name, "")
        return value if isinstance(value, str) else ""

    def remember_text(self, name: str, text: str) -> None:
        """Remember a text."""
        self._remember(name, text)

    def recent(self) -> tuple[RecentCapture, ...]:
        """The captures opened last, the latest first."""
        try:
            entries = json.loads(str(self._settings.value("recent", "[]")))
            return tuple(
                RecentCapture(str(e["path"]), float(e["opened_s"]), int(e["calls"]), int(e["messages"])) for e in entries
            )[:_MOST_RECENT]
        except (ValueError, KeyError, TypeError):
            return ()

    def remember_capture(self, capture: RecentCapture) -> None:
        """Put a capture on top of the recent ones."""
        self._store([capture, *(other for other in self.recent() if other.path != capture.path)])

    def forget_capture(self, path: str) -> None:
        """Take one capture off the recent ones."""
        self._store([other for other in self.recent() if other.path != path])

    def forget_captures(self) -> None:
        """Take all captures off."""
        self._store([])

    def _store(self, captures: Sequence[RecentCapture]) -> None:
        self._remember("recent", json.dumps([asdict(capture) for capture in captures[:_MOST_RECENT]]))
        self.recent_changed.emit()
