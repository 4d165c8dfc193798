"""Live capture as the window has it: card, bar, dialogs and the capture itself, tied together."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from sipview.capture.writing import Written
from sipview.gui import wording
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.auto_scroll import AutoScroll
from sipview.gui.capture_card import CaptureCard
from sipview.gui.capture_control import CaptureControl, CaptureState
from sipview.gui.capture_requests import CaptureWish, Recoverable
from sipview.gui.preferences import Preferences
from sipview.gui.question import Question
from sipview.gui.recording_bar import RecordingBar
from sipview.gui.requests import Loaded
from sipview.gui.save_capture import KINDS, SaveDialog, What, named
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_L, Tone
from sipview.gui.unsaved import UnsavedGuard
from sipview.live import WorkingCopy
from sipview.session import Analysis, Reading
from sipview.values import visible

_CAN_RESTART = {CaptureState.RUNNING, CaptureState.UNSAVED}


class LiveCapture(QObject):
    """Belongs to one window. ``loaded(loaded, complete)``: show this; ``told``: say this; ``open_wanted(path)``: a capture is
    saved there, show that; ``said(sentence)``: a word in the status bar; ``changed``: other actions make sense;
    ``gone``: what is shown was deleted; ``abandoned(loaded)``: close this, if it is not shown;
    ``part_wanted(what)``: the user wants to save some packets of it; ``begun``: a capture begins, goes on, or
    is recovered; ``discarded``: the user wants none of it: what was told of a former one does not matter any more.
    """

    loaded = Signal(object, bool)
    told = Signal(str)
    said = Signal(str)
    open_wanted = Signal(object)
    changed = Signal()
    gone = Signal()
    abandoned = Signal(object)
    part_wanted = Signal(object)
    begun = Signal()
    discarded = Signal()

    def __init__(
        self,
        window: QWidget,
        page: AnalysisPage,
        theme: Theme,
        preferences: Preferences,
        choose_path: Callable[[str, Path, str], Path | None],
    ) -> None:
        super().__init__(window)
        self._window, self._page = window, page
        self._theme, self._preferences = theme, preferences
        self.control = CaptureControl(self)
        self.card = CaptureCard(theme, preferences, self.control.jobs)
        self.bar = RecordingBar(theme, self.control)
        self.guard = UnsavedGuard(window, theme, self.control)
        self._choose_path = choose_path
        self._shown: Analysis | None = None
        self._held_back: tuple[Loaded, bool] | None = None
        self._paused = False
        self.recovery: Question | None = None
        self._saved_words = ""
        self._scrolls = []
        for table, chosen in (
            (page.calls.table, page.calls.chosen),
            (page.others.table, page.others.chosen),
            (page.packets.table, page.packets.chosen),
        ):
            scroll = AutoScroll(table)
            chosen.connect(lambda _, scroll=scroll: scroll.stop())
            self._scrolls.append(scroll)
        control, bar = self.control, self.bar
        control.following.loaded.connect(self._loaded)
        control.changed.connect(self._state_changed)
        control.told.connect(self.told)
        control.following.abandoned.connect(self.abandoned)
        control.saved.connect(self._saved)
        control.recovery.found.connect(self._offer_recovery)
        bar.paused.connect(self._pause)
        bar.stop_wanted.connect(control.stop)
        bar.restart_wanted.connect(self.restart)
        bar.continue_wanted.connect(control.go_on)
        bar.discard_wanted.connect(self._discard)
        bar.save_wanted.connect(self.save)
        self.card.wanted.connect(self.start)
        self.guard.save_wanted.connect(self.save)

    @property
    def there(self) -> bool:
        """Whether there is a capture that runs, or is not saved."""
        return self.control.state is not CaptureState.NONE

    @property
    def title(self) -> str:
        """What stands in the window's title; "" where there is no capture."""
        if self.control.under_way:
            return "Capturing"
        return "Capture, not saved" if self.there else ""

    def shows(self, loaded: Loaded) -> bool:
        """Whether this is the working copy of the capture."""
        return self._shown is loaded.analysis

    def unsaved_copy(self, loaded: Loaded) -> WorkingCopy | None:
        """The working copy that this was read from, once the capture has ended and while it is not saved."""
        return self.control.copy if self.shows(loaded) and self.control.state is CaptureState.UNSAVED else None

    def packed(self) -> None:
        """All of the capture is in a support package: its working copy can go, and is shown no more."""
        self.control.forget()

    @property
    def allowed(self) -> Mapping[str, bool]:
        """Actions of which it is known here whether they make sense, whatever is on the page."""
        state = self.control.state
        restartable = self.control.wish is not None and not self.control.recovered
        allowed = {
            "capture-restart": restartable and state in _CAN_RESTART,
            "capture-continue": self.control.can_go_on,
        }
        if self.control.under_way or state is CaptureState.SAVING:
            allowed["package"] = False
        if self.there:
            allowed["reload"] = state in _CAN_RESTART
        return allowed

    def close(self) -> None:
        """The window closes, after the user was asked."""
        self.card.interfaces.end_watch()
        self.control.close()

    def delete_unsaved(self) -> None:
        """Delete what is not saved, once all is closed and what was shown is let go."""
        self.control.delete_unsaved()

    # What the user does

    def start(self, wish: CaptureWish) -> None:
        """Begin, after what is not saved is seen to."""
        self.guard.before(lambda: self.control.start(wish))

    def turn(self) -> None:
        """Ctrl+E: stop the capture that runs, else begin one as the card says."""
        if self.control.under_way:
            self.control.stop()
        else:
            wish = self.card.wish or self.control.wish
            if wish is not None:
                self.start(wish)
            else:
                self.options()

    def restart(self) -> None:
        """Throw away what was captured so far, and begin again; asks where it was stopped before, and so may be of use."""
        wish = self.control.wish
        if wish is None:
            return
        if self.control.under_way and self.control.before is None:
            self.control.restart()
        else:
            self.guard.before(lambda: self.control.start(wish))

    def options(self) -> None:
        """Ctrl+K: the card in a dialog, from wherever one is."""
        dialog = QDialog(self._window)
        dialog.setObjectName("capture-options")
        dialog.setWindowTitle("Capture")
        dialog.setMinimumWidth(px(760))
        card = CaptureCard(self._theme, self._preferences, self.control.jobs)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(dialog.reject)
        layout = QVBoxLayout(dialog)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.addWidget(card)
        layout.addWidget(buttons)

        def begin(wish: CaptureWish) -> None:
            dialog.accept()
            self.start(wish)

        card.wanted.connect(begin)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def read_otherwise(self, reading: Reading) -> None:
        """Read what is captured with what the user knows of it; the page shows it as before then."""
        if self._shown is not None and self._page.analysis is self._shown and not self.control.under_way:
            self._page.keep_place()
        self.control.following.read_otherwise(reading)

    def _discard(self) -> None:
        def gone() -> None:
            self.discarded.emit()
            self.gone.emit()

        self.guard.before(gone)

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        if not paused and self._held_back is not None:
            loaded, complete = self._held_back
            self._held_back = None
            self._show(loaded, complete=complete)

    # What comes

    def _loaded(self, loaded: Loaded, complete: bool) -> None:
        if self._paused and not complete:
            self._held_back = (loaded, complete)
            return
        self._held_back = None
        self._show(loaded, complete=complete)
        for scroll in self._scrolls:
            scroll.enabled = not complete
        if not complete and self._page.ladder.subject is None and not loaded.snapshot.conversations.calls:
            self._page.ladder.show_note(
                "ladder", "Waiting for the first call", "Reproduce the fault now; what is said is drawn here as it happens."
            )

    def _show(self, loaded: Loaded, *, complete: bool) -> None:
        former, self._shown = self._shown, loaded.analysis
        if former is not None and former is not loaded.analysis and self._page.analysis is former:
            self._page.keep_place(at_once=True)  # a ring has forgotten a file, or the capture went on in another one
        self.loaded.emit(loaded, complete)

    def scroll_with_it(self) -> None:
        """Keep the ends of the lists in sight: what is shown grows."""
        for scroll in self._scrolls:
            scroll.begin()

    def _state_changed(self) -> None:
        state = self.control.state
        if state is CaptureState.STARTING or (state is CaptureState.UNSAVED and self.control.recovered):
            self.begun.emit()
        if state is CaptureState.STARTING:
            self._paused, self._held_back = False, None
            self.scroll_with_it()
        if state is CaptureState.NONE and not self.guard.pending:
            shown, self._shown = self._shown, None
            if shown is not None and self._page.analysis is shown:
                self.gone.emit()
        self.changed.emit()

    # Saving

    @property
    def ended(self) -> bool:
        """Whether there is a capture that has ended and is not saved."""
        return self.control.state is CaptureState.UNSAVED

    def save(self) -> None:
        """Ask what to save of a capture that has ended, and where."""
        if not self.ended:
            return
        if self.guard.pending or (self._page.filter.passing is None and not self._page.selected):
            self._save(What.ALL)
            return
        note = "The working copy is deleted once all packets are saved."
        dialog = SaveDialog(self._window, self._page, everything=True, note=note)
        dialog.chosen.connect(self._save)
        dialog.open()

    def _save(self, what: What) -> None:
        if what is not What.ALL:
            self.part_wanted.emit(what)
            return
        path = named(self._choose_path("Save the capture", Path(f"sipview-{self.control.begun_words}.pcapng"), KINDS))
        if path is None:
            self.guard.give_up()
        else:
            self.control.save(path)

    def _saved(self, path: Path, written: Written) -> None:
        words = f"Saved {wording.counted(written.packets, 'packet')} to {visible(str(path), 300)}"
        if self.guard.saved_instead():
            self.said.emit(f"{words}. The working copy is deleted.")
        else:
            self._saved_words = words
            self.open_wanted.emit(path)

    def shown_instead(self, *, another: bool) -> None:
        """Something else than the working copy is shown now (``another``), or could not be: after saving, it can go."""
        if self.control.state is not CaptureState.SAVING or not self._saved_words:
            return
        words, self._saved_words = self._saved_words, ""
        if another:
            self._shown = None
            self.control.forget()
            self.said.emit(f"{words}. The working copy is deleted.")
        else:
            self.control.not_forgotten()

    # After a crash

    def _offer_recovery(self, found: tuple[Recoverable, ...]) -> None:
        """Offer the newest of what was left behind; the others are offered the next time."""
        if self.control.state is not CaptureState.NONE:
            return
        newest = found[-1]
        begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest.begun_s))
        where = f" on {visible(newest.where, 100)}" if newest.where else ""
        story = f"It began {begun}{where} and holds {wording.size(newest.bytes)}."
        if len(found) > 1:
            story += f"\n{wording.counted(len(found) - 1, 'older one')} will be offered after it."
        dialog = self.recovery = Question(
            self._window, self._theme, "info", Tone.ACTIVE, "A capture was left behind unsaved", story
        )
        recover = dialog.offer("Recover", Question.ButtonRole.AcceptRole, first=True)
        delete = dialog.offer("Delete", Question.ButtonRole.DestructiveRole)
        dialog.offer("Later", Question.ButtonRole.RejectRole)

        def answered() -> None:
            self.recovery = None
            if dialog.clickedButton() is recover:
                self.guard.before(lambda: self.control.recover(newest.folder))
            elif dialog.clickedButton() is delete:
                self.control.recovery.delete(newest.folder)

        dialog.finished.connect(lambda _: answered())
        dialog.open()
