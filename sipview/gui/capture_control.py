"""A live capture from Start to saved: runs the engine, and keeps what is not saved from getting lost.

The one object that knows in which state a capture is. It shows nothing: bar, page and window listen to it.
"""

import contextlib
import time
from enum import Enum
from pathlib import Path

from msgspec import structs
from PySide6.QtCore import QObject, Qt, Signal

from sipview.capture import CaptureError
from sipview.gui import wording
from sipview.gui.capture_following import CaptureFollowing
from sipview.gui.capture_hunt import CaptureHunt
from sipview.gui.capture_recovery import CaptureRecovery
from sipview.gui.capture_requests import BeginCapture, CaptureWish, EndCapture, GoOn, Running, SaveCapture
from sipview.gui.jobs import Jobs
from sipview.gui.unwanted_copies import UnwantedCopies
from sipview.live import ENDED_AS_ORDERED, Ended, FileOpened, Notice, Progress, Started, WorkingCopy
from sipview.live.orders import STOPPED_AS_ASKED
from sipview.values import visible


class CaptureState(Enum):
    """Where a capture stands."""

    NONE = "none"
    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"
    UNSAVED = "unsaved"
    SAVING = "saving"


UNDER_WAY = frozenset({CaptureState.STARTING, CaptureState.RUNNING, CaptureState.ENDING})


class CaptureControl(QObject):
    """``changed``: another state; ``progressed(progress)``: the counters, of a capture that went on with those before;
    ``told(sentence)``: something to be read by the user; ``saved(path, written)``: all of it is in that file, and nobody
    needs the working copy any more: `forget` deletes it. What was captured is read by ``following``; what a crash left behind
    is found by ``recovery``.
    """

    changed = Signal()
    progressed = Signal(object)
    told = Signal(str)
    saved = Signal(object, object)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = CaptureState.NONE
        self.wish: CaptureWish | None = None
        self.progress: Progress | None = None
        self.ended: Ended | None = None
        self.recovered = False
        self.before: Progress | None = None
        """The counters of the parts before, where the capture went on."""
        self._running: Running | None = None
        self._copy: WorkingCopy | None = None
        self._lost = 0
        self._restarting = self._discarding = False
        self.jobs = Jobs(self, workers=4)
        self.hunt = CaptureHunt(self.jobs, self)
        self.following = CaptureFollowing(self, self.jobs)
        self.following.told.connect(self.told)
        self.recovery = CaptureRecovery(self, self.jobs)
        self.recovery.claimed.connect(self._claimed)
        self.recovery.told.connect(self.told)
        self._unwanted = UnwantedCopies(self.jobs)
        self._woken.connect(self._take_events, Qt.ConnectionType.QueuedConnection)

    @property
    def under_way(self) -> bool:
        """Whether packets are being captured."""
        return self.state in UNDER_WAY

    @property
    def engine(self) -> int | None:
        """The number of the engine's process, while there is one."""
        return None if self._running is None else self._running.capture.process

    @property
    def copy(self) -> WorkingCopy | None:
        """The working copy, while there is one."""
        return self._copy

    @property
    def unsaved(self) -> bool:
        """Whether there are packets that would be lost."""
        return self.state in {CaptureState.UNSAVED, CaptureState.SAVING} or (
            self.under_way and self._copy is not None and self._copy.has_packets
        )

    # Start and stop

    def start(self, wish: CaptureWish) -> None:
        """Begin a capture. There must be none that is under way or unsaved."""
        self._clear()
        self.wish = wish
        self._set(CaptureState.STARTING)
        self.jobs.ask(
            "starting the capture",
            BeginCapture(wish, self._woken.emit),
            self._begun,
            failed=self._could_not_begin,
            unwanted=lambda running: running.capture.close(),
        )

    @property
    def can_go_on(self) -> bool:
        """Whether it was stopped, or left behind, and can be continued."""
        return self.state is CaptureState.UNSAVED and self.wish is not None

    def go_on(self) -> None:
        """Continue a capture that was stopped: what comes is added to what there is, and saved with it."""
        if not self.can_go_on or self.wish is None or self._copy is None:
            return
        self._set(CaptureState.STARTING)
        self.jobs.ask(
            "starting the capture",
            GoOn(self.wish, self._copy, self.progress, self._woken.emit),
            self._begun,
            failed=self._could_not_go_on,
            unwanted=lambda running: running.capture.close(),
        )

    def stop(self) -> None:
        """End it; what was captured stays."""
        if self.state in {CaptureState.STARTING, CaptureState.RUNNING}:
            self._set(CaptureState.ENDING)
            if self._running is not None:
                self._running.capture.stop()

    def discard(self) -> None:
        """Throw away what was captured; ends a capture that is under way."""
        if self.under_way:
            self._discarding = True
            self.stop()
        else:
            self.forget()

    def restart(self) -> None:
        """Throw away what was captured, and begin the same capture again."""
        wish = self.wish
        if wish is None:
            return
        if self.under_way:
            self._restarting = True
            self.stop()
        else:
            self.forget()
            self.start(wish)

    def _begun(self, running: Running) -> None:
        self._running, self._copy, self.ended = running, running.copy, None
        self.before, self.recovered = running.before, False
        if self.state is CaptureState.ENDING:
            running.capture.stop()
        self._take_events()

    def _could_not_begin(self, error: Exception) -> None:
        self._set(CaptureState.NONE)
        self._tell_not_begun("begin", error)

    def _could_not_go_on(self, error: Exception) -> None:
        if self._discarding:  # the user wanted none of it while it was about to go on
            self.forget()
        else:
            self._restarting = False
            self._set(CaptureState.UNSAVED)
        self._tell_not_begun("go on", error)

    def _tell_not_begun(self, what: str, error: Exception) -> None:
        if isinstance(error, OSError):
            where = f"{visible(str(error.filename), 300)}: " if error.filename else ""
            self.told.emit(f"The capture cannot {what}: {where}{error.strerror or error}.")
        else:
            self.jobs.report("starting the capture", error)

    def _take_events(self) -> None:
        running = self._running
        if running is None:
            return
        for event in running.capture.events():
            if isinstance(event, FileOpened):
                self.following.follow_newest(running)
            elif isinstance(event, Started):
                if running.wish.trigger is not None:
                    self.hunt.begin(running.capture, running.wish.trigger)
                if self.state is CaptureState.STARTING:
                    self._set(CaptureState.RUNNING)
            elif isinstance(event, Progress):
                self.progress = self._in_all(event)
                self.progressed.emit(self.progress)
                if self._lost != (lost := sum(bool(tap.lost) for tap in event.taps)):
                    self._lost = lost
                    self.changed.emit()
                self.following.follow_newest(running)
            elif isinstance(event, Notice):
                self.told.emit(visible(event.sentence, 1000))
            elif isinstance(event, Ended):
                self._engine_ended(running, event)

    def _engine_ended(self, running: Running, ended: Ended) -> None:
        self.ended = ended
        self.hunt.end()
        self.progress = self._in_all(running.capture.progress)
        with contextlib.suppress(OSError):  # the folder is the user's to delete
            running.copy.ended(structs.replace(ended, progress=self.progress))
        self._running = None
        self.jobs.ask("ending the capture", EndCapture(running), lambda _: self._files_whole(running))
        if ended.reason not in ENDED_AS_ORDERED:
            self.told.emit(visible(ended.sentence, 1000))

    def _files_whole(self, running: Running) -> None:
        """The engine is gone: nothing will be written any more."""
        self.following.files_ended()
        if self._restarting:
            self.forget()
            self.start(running.wish)
        elif running.copy.has_packets and not self._discarding:
            self.following.take_whole(running.copy)
            self._set(CaptureState.UNSAVED)
        else:
            if not self._discarding and self.ended is not None and self.ended.reason in ENDED_AS_ORDERED:
                why = "" if self.ended.sentence == STOPPED_AS_ASKED else f"{visible(self.ended.sentence, 1000)} "
                self.told.emit(f"{why}Nothing was captured: no packet came that was wanted.")
            self.forget()

    # What was captured

    def _in_all(self, progress: Progress) -> Progress:
        return progress if self.before is None else progress.behind(self.before)

    # Save, discard, recover

    def save(self, path: Path) -> None:
        """Save all to a file; its name says the format."""
        if self._copy is None or self.state is not CaptureState.UNSAVED:
            return
        self._set(CaptureState.SAVING)
        self.jobs.ask(
            "saving the capture",
            SaveCapture(self._copy, path),
            lambda written: self.saved.emit(path, written),
            failed=lambda error: self._could_not_save(path, error),
            cancelled=lambda: self._set(CaptureState.UNSAVED),
        )

    def _could_not_save(self, path: Path, error: Exception) -> None:
        self._set(CaptureState.UNSAVED)
        if isinstance(error, OSError):
            why = error.strerror or str(error)
        elif isinstance(error, CaptureError):
            why = str(error)
        else:
            self.jobs.report("saving the capture", error)
            return
        self.told.emit(f"{visible(str(path), 300)} could not be written: {visible(why, 500)}. The capture is still there.")

    def not_forgotten(self) -> None:
        """The file that it was saved to does not open: it counts as unsaved."""
        self._set(CaptureState.UNSAVED)

    def forget(self) -> None:
        """Delete the working copy: it is saved, or not wanted."""
        copy = self._copy
        self._clear()
        if copy is not None:
            self._unwanted.add(copy)
        self._set(CaptureState.NONE)

    def recover(self, folder: Path) -> None:
        """Show a capture that a crash left behind, as one that is not saved yet."""
        self._clear()
        self.recovery.claim(folder)

    def _claimed(self, copy: WorkingCopy) -> None:
        self._copy = copy
        self.recovered = True
        self.wish = None if copy.manifest is None else CaptureWish.of(copy.manifest)
        self.progress = None if copy.manifest is None else copy.manifest.last
        self._set(CaptureState.UNSAVED)
        self.following.read_recovered(copy)

    # The end

    def close(self) -> None:
        """The window closes, after the user was asked: end the engine, and whatever reads."""
        running = self._running
        self._unwanted.close()
        self.hunt.end()
        self.following.files_ended()
        if running is not None:
            running.capture.close()
        self.jobs.close()
        self._running = None

    def delete_unsaved(self) -> None:
        """After `close`, once nobody reads it any more: delete what is not saved, and what is not deleted yet."""
        if self._copy is not None:
            self._unwanted.add(self._copy)
        self._copy = None
        self._unwanted.delete_left()

    def _clear(self) -> None:
        self.following.stop()
        self.hunt.end()
        self._running = self._copy = None
        self.progress = self.before = self.ended = None
        self._lost = 0
        self.recovered = self._restarting = self._discarding = False

    def _set(self, state: CaptureState) -> None:
        self.state = state
        self.changed.emit()

    @property
    def where(self) -> str:
        """Where is captured, in a word or two, and of how many places that were wanted."""
        if self.wish is None:
            return ""
        states = self._running.capture.states if self._running is not None else ()
        titles = [state.title for state in states if not state.lost]
        if not titles or len(titles) == len(states):
            return self.wish.title
        return f"{titles[0] if len(titles) == 1 else len(titles)} of {self.wish.title}"

    @property
    def begun_words(self) -> str:
        """When it began, as a part of a file's name."""
        manifest = self._copy.manifest if self._copy is not None else None
        moment = time.localtime(manifest.begun_ns / 1e9) if manifest is not None else time.localtime()
        return time.strftime("%Y-%m-%d-%H%M%S", moment)

    @property
    def story(self) -> str:
        """What there is of an ended capture, in one line."""
        if self.progress is None:
            return f"{wording.size(self._copy.bytes)}, captured before and not saved" if self._copy is not None else ""
        told = [wording.counted(self.progress.packets, "packet"), wording.drops(self.progress)]
        return " · ".join((*told, wording.size(self.progress.kept_bytes)))
