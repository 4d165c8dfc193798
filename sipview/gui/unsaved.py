"""Before a capture that is not saved goes: asks, and does what the answer says."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from sipview.gui.capture_control import CaptureControl, CaptureState
from sipview.gui.question import Question
from sipview.gui.theme import Theme
from sipview.gui.tokens import Tone


class UnsavedGuard(QObject):
    """Lets something happen that would lose a capture only after the user said so. ``save_wanted``: ask where to save.

    `saved_instead` has to be asked when a capture was saved: then what was held up goes on.
    """

    save_wanted = Signal()

    def __init__(self, window: QWidget, theme: Theme, control: CaptureControl) -> None:
        super().__init__(window)
        self._window, self._theme = window, theme
        self._control = control
        self._then: Callable[[], object] | None = None
        self._on_state: dict[CaptureState, Callable[[], object]] = {}
        self.dialog: Question | None = None
        control.changed.connect(self._state_changed)

    def before(self, then: Callable[[], object]) -> None:
        """Do ``then`` at once where nothing is lost by it, else when the user has saved or given up what would be."""
        if not self.holds_back(then):
            then()

    def holds_back(self, then: Callable[[], object]) -> bool:
        """Whether something would be lost, so that ``then`` happens later or never; False: the caller can go on."""
        control = self._control
        if not control.under_way and not control.unsaved:
            return False
        if self.dialog is not None:
            self.dialog.raise_()
            return True
        self._then = then
        if not control.unsaved:  # it runs, and nothing has come
            self._on_state = {CaptureState.NONE: self._go_on}
            control.discard()
            return True
        headline = "A capture is running" if control.under_way else "The capture is not saved"
        story = control.story or "Nothing was captured yet"
        dialog = self.dialog = Question(
            self._window, self._theme, "warning", Tone.WARNING, headline, f"{story}.\nWhat you do not save is deleted."
        )
        save = dialog.offer("Stop and save…" if control.under_way else "Save…", Question.ButtonRole.AcceptRole, first=True)
        discard = dialog.offer("Discard", Question.ButtonRole.DestructiveRole)
        dialog.offer("Cancel", Question.ButtonRole.RejectRole)
        dialog.finished.connect(lambda _: self._answered(dialog.clickedButton(), save, discard))
        dialog.open()
        return True

    @property
    def pending(self) -> bool:
        """Whether something waits for the capture to be saved."""
        return self._then is not None

    def saved_instead(self) -> bool:
        """The capture is saved: whether that was for something that was held up, which then happens."""
        then, self._then = self._then, None
        if then is None:
            return False
        self._control.forget()
        then()
        return True

    def give_up(self) -> None:
        """The user thought better of it."""
        self._then = None
        self._on_state.clear()

    def _answered(self, clicked: object, save: object, discard: object) -> None:
        self.dialog = None
        if clicked is save:
            self._on_state = {CaptureState.UNSAVED: self.save_wanted.emit, CaptureState.NONE: self._go_on}
        elif clicked is discard:
            self._on_state = {CaptureState.NONE: self._go_on}
            self._control.discard()
            return
        else:
            self.give_up()
            return
        if self._control.under_way:
            self._control.stop()
        else:
            self._state_changed()

    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    def _state_changed(self) -> None:
        then = self._on_state.get(self._control.state)
        if then is not None:
            self._on_state = {}
            QTimer.singleShot(0, self, then)  # once all others know of the state as well
