"""How the user has arranged the ladder: names, order and hiding of lanes, what is folded, how much stands on an arrow.

Names, folding and details are remembered; order and hiding hold while the window is open. What was done to lanes can be
undone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from sipview.gui.preferences import Preferences
from sipview.ladder import FOLDABLE, Details, FoldKind, LadderOptions
from sipview.session.naming import HostNames

MOST_LANES = 60
"""Of more lanes than that in one drawing those with the fewest messages are left out, and a pill says so."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The lanes as the user wants them: given names by key, keys in order, keys of hidden ones; all of very many."""

    names: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    all_lanes: bool = False


class LadderState(QObject):
    """The arrangement of one window's ladders. ``changed`` tells that they are to be drawn again."""

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.undo = QUndoStack(self)
        self._lanes = Arrangement(names=preferences.lane_names)
        self.unfolded: frozenset[str] = frozenset()

    @property
    def lanes(self) -> Arrangement:
        """The lanes as they are wanted now."""
        return self._lanes

    @property
    def refused(self) -> Mapping[str, bool]:
        """Actions that make no sense now, as there is nothing to undo or to do again."""
        return {
            name: False for name, can in (("undo-lanes", self.undo.canUndo()), ("redo-lanes", self.undo.canRedo())) if not can
        }

    @property
    def fold(self) -> frozenset[FoldKind]:
        """What is folded."""
        known = {kind.value: kind for kind in FOLDABLE}
        return frozenset(known[name] for name in self._preferences.ladder_fold if name in known)

    @property
    def details(self) -> Details:
        """How much stands on an arrow."""
        match self._preferences.ladder_details:
            case "none":
                return "none"
            case "sdp":
                return "sdp"
            case _:
                return "short"

    def apply(self, options: LadderOptions, hosts: HostNames) -> LadderOptions:
        """These options, arranged as the user wants it."""
        lanes = self._lanes
        return replace(
            options,
            lane_names={**hosts.names, **lanes.names},
            # A name that the user gave needs its address below it, and not the product that was guessed.
            lane_subtitles={**hosts.subtitles, **dict.fromkeys(lanes.names, "")},
            lane_order=lanes.order,
            hidden_lanes=lanes.hidden,
            most_lanes=0 if lanes.all_lanes else MOST_LANES,
            fold=self.fold,
            unfolded=self.unfolded,
            details=self.details,
        )

    # Folding and details

    def set_fold(self, kind: FoldKind, folded: bool) -> None:
        """Fold messages of a kind, or no longer."""
        kinds = self.fold | {kind} if folded else self.fold - {kind}
        self._preferences.ladder_fold = [one.value for one in FOLDABLE if one in kinds]
        self.unfolded = frozenset(key for key in self.unfolded if not key.startswith(f"{kind}:"))
        self.changed.emit()

    def toggle(self, keys: Iterable[str]) -> None:
        """Unfold the pills of these keys, or fold them again."""
        wanted = frozenset(keys)
        self.unfolded = self.unfolded - wanted if wanted <= self.unfolded else self.unfolded | wanted
        self.changed.emit()

    def fold_again(self) -> None:
        """Fold every pill that was unfolded."""
        self.unfolded = frozenset()
        self.changed.emit()

    def set_details(self, details: Details) -> None:
        """Say more or less on the arrows."""
        self._preferences.ladder_details = details
        self.changed.emit()

    # Lanes

    def rename(self, key: str, name: str) -> None:
        """Give a lane a name that is remembered by its address; "" takes it back."""
        names = {other: text for other, text in self._lanes.names.items() if other != key}
        if name:
            names[key] = name
        self._do(f"Rename {key}", replace(self._lanes, names=names))

    def hide(self, key: str) -> None:
        """Leave a lane out."""
        self._do(f"Hide {key}", replace(self._lanes, hidden=self._lanes.hidden | {key}))

    def show(self, key: str) -> None:
        """Bring a hidden lane back; those left out for their number all come at once."""
        if key in self._lanes.hidden:
            self._do(f"Show {key}", replace(self._lanes, hidden=self._lanes.hidden - {key}))
        else:
            self._do("Show all lanes", replace(self._lanes, all_lanes=True))

    def show_all(self, *, very_many: bool = False) -> None:
        """Bring all hidden lanes back; with ``very_many`` also those that are left out for their number."""
        self._do("Show all lanes", replace(self._lanes, hidden=frozenset(), all_lanes=very_many or self._lanes.all_lanes))

    def order(self, keys: Iterable[str]) -> None:
        """Put lanes in this order; lanes of other calls keep theirs."""
        wanted = tuple(keys)
        others = tuple(key for key in self._lanes.order if key not in wanted)
        self._do("Move a lane", replace(self._lanes, order=(*wanted, *others)))

    def reset(self) -> None:
        """No order, nothing hidden, no names but those that sipview finds."""
        self._do("Reset the lanes", Arrangement())

    def _do(self, words: str, wanted: Arrangement) -> None:
        if wanted != self._lanes:
            self.undo.push(_Rearrange(words, self._lanes, wanted, self._set))

    def _set(self, lanes: Arrangement) -> None:
        if lanes.names != self._lanes.names:
            self._preferences.lane_names = lanes.names
        self._lanes = lanes
        self.changed.emit()


class _Rearrange(QUndoCommand):
    """From one arrangement to another, and back."""

    def __init__(self, words: str, former: Arrangement, wanted: Arrangement, put: Callable[[Arrangement], None]) -> None:
        super().__init__(words)
        self._former = former
        self._wanted = wanted
        self._put = put

    def redo(self) -> None:
        self._put(self._wanted)

    def undo(self) -> None:
        self._put(self._former)
