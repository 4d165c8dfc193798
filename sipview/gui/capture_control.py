"""A live capture from Start to saved: runs the engine, follows its files, keeps what is not saved from getting lost.

The one object that knows in which state a capture is. It shows nothing: bar, page and window listen to it.
"""

import contextlib
import threading
import time
from enum import Enum
from pathlib import Path

from msgspec import structs
from PySide6.QtCore import QObject, Qt, Signal

from sipview.capture import CaptureError
from sipview.gui import wording
from sipview.gui.capture_hunt import CaptureHunt
from sipview.gui.capture_requests import (
    BeginCapture,
    CaptureWish,
    ClaimCapture,
    DeleteCopy,
    EndCapture,
    FindRecoverable,
    FollowFiles,
    GoOn,
    Recoverable,
    Running,
    SaveCapture,
)
from sipview.gui.jobs import Jobs
from sipview.gui.requests import LoadCaptures, Loaded
from sipview.live import ENDED_AS_ORDERED, Ended, FileOpened, InUse, Notice, Progress, Started, WorkingCopy
from sipview.live.orders import STOPPED_AS_ASKED, generation_of
from sipview.session import Reading
from sipview.values import visible

_FOLLOWING = "following the capture"


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
    ``loaded(loaded, complete)``: what was captured, as far as it was read; ``told(sentence)``: something to be read by the
    user; ``saved(path, written)``: all of it is in that file, and nobody needs the working copy any more: `forget` deletes it;
    ``abandoned(loaded)``: nobody reads this any more.
    """

    changed = Signal()
    progressed = Signal(object)
    loaded = Signal(object, bool)
    told = Signal(str)
    saved = Signal(object, object)
    found_recoverable = Signal(object)
    abandoned = Signal(object)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = CaptureState.NONE
        self.wish: CaptureWish | None = None
        self.progress: Progress | None = None
        self.ended: Ended | None = None
        self.paths: tuple[Path, ...] = ()
        self.recovered = False
        self.reading = Reading()
        """How what is captured is read, where the user knows more than it says."""
        self.before: Progress | None = None
        """The counters of the parts before, where the capture went on."""
        self._running: Running | None = None
        self._copy: WorkingCopy | None = None
        self._unwanted: list[WorkingCopy] = []  # and not deleted yet
        self._files_ended = threading.Event()
        self._followed_generation = self._lost = 0
        self._restarting = self._discarding = self._closing = False
        self.jobs = Jobs(self, workers=4)
        self.hunt = CaptureHunt(self.jobs, self)
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
                self._follow_newest(running)
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
                self._follow_newest(running)
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
        self._files_ended.set()
        if self._restarting:
            self._restarting = False
            self.forget()
            self.start(running.wish)
        elif running.copy.has_packets and not self._discarding:
            self.paths = _paths_of(running.copy)
            self._set(CaptureState.UNSAVED)
        else:
            if not self._discarding and self.ended is not None and self.ended.reason in ENDED_AS_ORDERED:
                why = "" if self.ended.sentence == STOPPED_AS_ASKED else f"{visible(self.ended.sentence, 1000)} "
                self.told.emit(f"{why}Nothing was captured: no packet came that was wanted.")
            self._discarding = False
            self.forget()

    # What was captured

    def _in_all(self, progress: Progress) -> Progress:
        return progress if self.before is None else progress.behind(self.before)

    def _follow_newest(self, running: Running) -> None:
        """Once each source has a file, follow them; when a ring begins another file, those that are there then, anew.

        So what the ring has forgotten is let go, and does not take room on the disk any more. What was shown before stays until
        all of that is read.
        """
        files = running.capture.files
        newest = max(map(generation_of, files), default=0)
        if newest <= self._followed_generation:
            return
        taps = running.capture.progress.taps
        alive = sum(not tap.lost for tap in taps) if taps else len(running.wish.names)
        if sum(generation_of(name) == newest for name in files) < alive:
            return
        self._followed_generation = newest
        again = bool(self.paths)
        self.paths = tuple(path for path in _paths_of(running.copy) if path.name not in running.capture.forgotten)
        self._follow(again=again)

    def _follow(self, *, again: bool) -> None:
        """Follow the files that there are, in place of those that are followed now."""
        self._files_ended.set()
        self._files_ended = threading.Event()
        self.jobs.ask(
            _FOLLOWING,
            FollowFiles(self.paths, self._files_ended, catch_up=again, reading=self.reading),
            self._followed,
            failed=self._could_not_read,
            shown=lambda loaded: self.loaded.emit(loaded, False),
            unwanted=self.abandoned.emit,
        )

    def _followed(self, loaded: Loaded) -> None:
        """All of the files that were followed is read; if there are more, or several to be merged, read all anew, in order."""
        damaged = bool(loaded.snapshot.problems)  # on a full disk, say, the last record was cut off while it was read
        if self.paths != loaded.analysis.paths or len(self.paths) > 1 or damaged:
            self._read_whole()
        else:
            self.loaded.emit(loaded, True)

    def _read_whole(self) -> None:
        """Read all that was captured, which does not grow any more, in order; what is shown now stays until then."""
        self.jobs.ask(
            _FOLLOWING,
            LoadCaptures(self.paths, self.reading),
            lambda ordered: self.loaded.emit(ordered, True),
            failed=self._could_not_read,
            unwanted=self.abandoned.emit,
        )

    def read_otherwise(self, reading: Reading) -> None:
        """The user knows more of what is captured than before: what there is, and what comes, is read so."""
        self.reading = reading
        if not self.paths:
            return
        if self.under_way and not self._files_ended.is_set():
            self._follow(again=True)
        else:
            self._read_whole()

    def _could_not_read(self, error: Exception) -> None:
        if isinstance(error, CaptureError | OSError):
            self.told.emit(f"What is captured cannot be shown: {visible(str(error), 500)}")
        else:
            self.jobs.report(_FOLLOWING, error)

    def owns(self, paths: tuple[Path, ...]) -> bool:
        """Whether these files are the working copy of this capture."""
        return self._copy is not None and all(path.parent == self._copy.folder for path in paths)

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
            self._unwanted.append(copy)
            self.jobs.when_ended(lambda: self._delete(copy))
        self._set(CaptureState.NONE)

    def _delete(self, copy: WorkingCopy) -> None:
        if not self._closing:
            self.jobs.ask(f"deleting {copy.folder.name}", DeleteCopy(copy), lambda _: self._unwanted.remove(copy))

    def find_recoverable(self) -> None:
        """Look for captures that a crash left behind."""
        self.jobs.ask("looking for captures that were not saved", FindRecoverable(), self._found)

    def _found(self, found: tuple[Recoverable, ...]) -> None:
        if found:
            self.found_recoverable.emit(found)

    def recover(self, folder: Path) -> None:
        """Show a capture that a crash left behind, as one that is not saved yet."""
        self._clear()
        self.jobs.ask("recovering the capture", ClaimCapture(folder), self._claimed, failed=self._could_not_claim)

    def _claimed(self, copy: WorkingCopy) -> None:
        self._copy = copy
        self.paths = _paths_of(copy)
        self.recovered = True
        self.wish = None if copy.manifest is None else CaptureWish.of(copy.manifest)
        self.progress = None if copy.manifest is None else copy.manifest.last
        self._set(CaptureState.UNSAVED)
        self.jobs.ask(
            _FOLLOWING,
            LoadCaptures(self.paths, self.reading),
            lambda loaded: self.loaded.emit(loaded, True),
            failed=self._could_not_read,
            shown=lambda loaded: self.loaded.emit(loaded, False),
            unwanted=self.abandoned.emit,
        )

    def delete_left(self, folder: Path) -> None:
        """Delete a capture that a crash left behind, and look for others."""
        purpose = "deleting a capture"

        def delete(copy: WorkingCopy) -> None:
            self.jobs.ask(purpose, DeleteCopy(copy), lambda _: self.find_recoverable())

        self.jobs.ask(purpose, ClaimCapture(folder), delete, failed=self._could_not_claim)

    def _could_not_claim(self, error: Exception) -> None:
        if isinstance(error, InUse):
            self.told.emit("That capture is in use by another sipview.")
        elif isinstance(error, OSError):
            self.told.emit(f"That capture cannot be recovered: {error.strerror or error}.")
        else:
            self.jobs.report("recovering the capture", error)

    # The end

    def close(self) -> None:
        """The window closes, after the user was asked: end the engine, and whatever reads."""
        running = self._running
        self._closing = True
        self.hunt.end()
        self._files_ended.set()
        if running is not None:
            running.capture.close()
        self.jobs.close()
        self._running = None

    def delete_unsaved(self) -> None:
        """After `close`, once nobody reads it any more: delete what is not saved, and what is not deleted yet."""
        if self._copy is not None:
            self._unwanted.append(self._copy)
        for copy in self._unwanted:
            copy.delete()
        self._copy = None
        self._unwanted.clear()

    def stop_following(self) -> None:
        """What was captured is not shown any more."""
        self._files_ended.set()
        self.jobs.give_up(_FOLLOWING)

    def _clear(self) -> None:
        self.stop_following()
        self.hunt.end()
        self._running = self._copy = None
        self.progress = self.before = self.ended = None
        self.paths = ()
        self._followed_generation = self._lost = 0
        self.recovered = False

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


def _paths_of(copy: WorkingCopy) -> tuple[Path, ...]:
    return tuple(path for paths in copy.files.values() for path in paths)
