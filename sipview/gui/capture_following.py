"""Reads what a capture has written: its files as they grow, those that a ring goes on with, all of it once it is whole."""

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sipview.capture import CaptureError
from sipview.gui.capture_requests import FollowFiles, Running
from sipview.gui.jobs import Jobs
from sipview.gui.requests import LoadCaptures, Loaded
from sipview.live import WorkingCopy
from sipview.live.orders import generation_of
from sipview.session import Reading
from sipview.values import visible

_PURPOSE = "following the capture"


class CaptureFollowing(QObject):
    """``loaded(loaded, complete)``: what was captured, as far as it was read; ``told(sentence)``: why it cannot be;
    ``abandoned(loaded)``: nobody reads this any more.
    """

    loaded = Signal(object, bool)
    told = Signal(str)
    abandoned = Signal(object)

    def __init__(self, parent: QObject, jobs: Jobs) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.reading = Reading()
        """How what is captured is read, where the user knows more than it says."""
        self._paths: tuple[Path, ...] = ()
        self._files_ended = threading.Event()
        self._generation = 0

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that are read."""
        return self._paths

    def follow_newest(self, running: Running) -> None:
        """Once each source has a file, follow them; when a ring begins another file, those that are there then, anew.

        So what the ring has forgotten is let go, and does not take room on the disk any more. What was shown before stays until
        all of that is read.
        """
        files = running.capture.files
        newest = max(map(generation_of, files), default=0)
        if newest <= self._generation:
            return
        taps = running.capture.progress.taps
        alive = sum(not tap.lost for tap in taps) if taps else len(running.wish.names)
        if sum(generation_of(name) == newest for name in files) < alive:
            return
        self._generation = newest
        again = bool(self._paths)
        self._paths = tuple(path for path in _paths_of(running.copy) if path.name not in running.capture.forgotten)
        self._follow(again=again)

    def files_ended(self) -> None:
        """Nothing will be written to the files any more."""
        self._files_ended.set()

    def take_whole(self, copy: WorkingCopy) -> None:
        """The capture has ended: what is followed is read to its end, and the rest of its files then."""
        self._paths = _paths_of(copy)

    def read_recovered(self, copy: WorkingCopy) -> None:
        """Read a capture that a crash left behind, of which nothing is shown yet."""
        self._paths = _paths_of(copy)
        self._read_whole(shown_on_the_way=True)

    def read_otherwise(self, reading: Reading) -> None:
        """The user knows more of what is captured than before: what there is, and what comes, is read so."""
        self.reading = reading
        if not self._paths:
            return
        if self._files_ended.is_set():
            self._read_whole()
        else:
            self._follow(again=True)

    def stop(self) -> None:
        """What was captured is not shown any more."""
        self._files_ended.set()
        self._jobs.give_up(_PURPOSE)
        self._paths = ()
        self._generation = 0

    def _follow(self, *, again: bool) -> None:
        """Follow the files that there are, in place of those that are followed now."""
        self._files_ended.set()
        self._files_ended = threading.Event()
        self._jobs.ask(
            _PURPOSE,
            FollowFiles(self._paths, self._files_ended, catch_up=again, reading=self.reading),
            self._followed,
            failed=self._could_not_read,
            shown=lambda loaded: self.loaded.emit(loaded, False),
            unwanted=self.abandoned.emit,
        )

    def _followed(self, loaded: Loaded) -> None:
        """All of the files that were followed is read; if there are more, or several to be merged, read all anew, in order."""
        damaged = bool(loaded.snapshot.problems)  # on a full disk, say, the last record was cut off while it was read
        if self._paths != loaded.analysis.paths or len(self._paths) > 1 or damaged:
            self._read_whole()
        else:
            self.loaded.emit(loaded, True)

    def _read_whole(self, *, shown_on_the_way: bool = False) -> None:
        """Read all that was captured, which does not grow any more, in order; what is shown now stays until then, unless it is
        to be shown on the way.
        """
        self._jobs.ask(
            _PURPOSE,
            LoadCaptures(self._paths, self.reading),
            lambda ordered: self.loaded.emit(ordered, True),
            failed=self._could_not_read,
            shown=(lambda loaded: self.loaded.emit(loaded, False)) if shown_on_the_way else None,
            unwanted=self.abandoned.emit,
        )

    def _could_not_read(self, error: Exception) -> None:
        if isinstance(error, CaptureError | OSError):
            self.told.emit(f"What is captured cannot be shown: {visible(str(error), 500)}")
        else:
            self._jobs.report(_PURPOSE, error)


def _paths_of(copy: WorkingCopy) -> tuple[Path, ...]:
    return tuple(path for paths in copy.files.values() for path in paths)
