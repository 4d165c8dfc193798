"""Filters that are kept between two days: those applied last, and those that the user gave a name."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from PySide6.QtCore import QObject, Signal

from sipview.gui.preferences import Preferences

_MOST_APPLIED = 30
_MOST_SAVED = 200
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A filter with a name."""

    name: str
    text: str


class FilterMemory(QObject):
    """The history and the saved filters. ``changed`` tells that there are others now; rubbish in the store reads as none."""

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences

    def applied(self) -> tuple[str, ...]:
        """The filters applied last, the latest first."""
        return tuple(text for text in self._read("filter/applied") if isinstance(text, str))[:_MOST_APPLIED]

    def remember_applied(self, text: str) -> None:
        """Put a filter on top of the history."""
        if text.strip():
            kept = [text, *(other for other in self.applied() if other != text)][:_MOST_APPLIED]
            self._preferences.remember_text("filter/applied", json.dumps(kept))
            self.changed.emit()

    def forget_applied(self) -> None:
        """Empty the history."""
        self._preferences.remember_text("filter/applied", "[]")
        self.changed.emit()

    def saved(self) -> tuple[SavedFilter, ...]:
        """The saved filters in the order in which they were saved."""
        entries = (entry for entry in self._read("filter/saved") if isinstance(entry, dict))
        return tuple(
            SavedFilter(entry["name"], entry["text"])
            for entry in entries
            if isinstance(entry.get("name"), str) and isinstance(entry.get("text"), str)
        )[:_MOST_SAVED]

    def save(self, name: str, text: str) -> None:
        """Save a filter; one that has the same name or the same text gets this name and this text."""
        new = SavedFilter(name.strip()[:_LONGEST_NAME] or text[:_LONGEST_NAME], text)
        kept = list(self.saved())
        same = [place for place, one in enumerate(kept) if one.name == new.name or one.text == text]
        place = same[0] if same else len(kept)
        kept = [one for at, one in enumerate(kept) if at not in same]
        kept.insert(place, new)
        self._store(kept)

    def delete(self, saved: SavedFilter) -> tuple[SavedFilter, ...]:
        """Take a saved filter away; returns all as they were before, for `restore`."""
        before = self.saved()
        self._store([one for one in before if one != saved])
        return before

    def restore(self, saved: Sequence[SavedFilter]) -> None:
        """Put the saved filters back as they were."""
        self._store(list(saved))

    def name_of(self, text: str) -> str:
        """The name under which a filter is saved, "" where it is not."""
        return next((one.name for one in self.saved() if one.text == text), "")

    def _read(self, name: str) -> list[object]:
        try:
            found = json.loads(self._preferences.text(name) or "[]")
        except ValueError:
            return []
        return found if isinstance(found, list) else []

    def _store(self, saved: list[SavedFilter]) -> None:
        self._preferences.remember_text("filter/saved", json.dumps([asdict(one) for one in saved[:_MOST_SAVED]]))
        self.changed.emit()
