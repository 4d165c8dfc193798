"""Reads the captures that the user opens: one reading at a time, given up by the next; says why one cannot be read."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from PySide6.QtCore import QObject, Signal

from sipview.capture import CaptureError
from sipview.gui import wording
from sipview.gui.capture_requests import FollowFiles
from sipview.gui.jobs import Job, Jobs
from sipview.gui.requests import LoadCaptures, Loaded
from sipview.session import Reading
from sipview.session.following import SHRUNK

_PURPOSE = "opening the capture"


class CaptureReader(QObject):
    """``loaded(loaded, complete)``: what was read so far, or all of it; ``ended``: nothing is read any more, and nothing came
    of it; ``failed``: it cannot be read, and ``refused(sentence)`` says why; ``unwanted(loaded)``: a reading was given up and
    came all the same: to be closed; ``news(sentence)``: the file that is followed is another one now, or gone.
    """

    loaded = Signal(object, bool)
    ended = Signal()
    failed = Signal()
    refused = Signal(str)
    news = Signal(str)
    unwanted = Signal(object)

    def __init__(self, parent: QObject, jobs: Jobs) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job[Loaded] | None = None
        self.follows = False
        """Whether another program still writes what was read last."""

    @property
    def under_way(self) -> bool:
        """Whether something is being read."""
        return self._job is not None

    def read(self, paths: Sequence[Path], reading: Reading, *, follow: bool = False) -> None:
        """Read captures; ``follow``: also what another program adds to them, until the user cancels it."""
        self.follows = follow
        self._job = self._jobs.ask(
            _PURPOSE,
            FollowFiles(tuple(paths), Event(), reading=reading, by_name=True)
            if follow
            else LoadCaptures(tuple(paths), reading),
            self._all_read,
            failed=lambda error: self._could_not_read(names_of(paths), error),
            shown=self._some_read,
            cancelled=self._end,
            unwanted=self.unwanted.emit,
        )

    def cancel(self) -> None:
        """Read no further; what was read until then stays."""
        if self._job is not None:
            self._job.cancel()

    def give_up(self) -> None:
        """Nobody wants to see any more of it."""
        if self._job is not None:
            self._jobs.give_up(_PURPOSE)
            self._end()

    def _some_read(self, loaded: Loaded) -> None:
        self.loaded.emit(loaded, False)
        if loaded.remark:
            self.news.emit(loaded.remark)

    def _all_read(self, loaded: Loaded) -> None:
        self._job = None
        self.loaded.emit(loaded, True)
        cut = [one.path for one in loaded.snapshot.problems if one.problem.kind == SHRUNK]
        if self.follows and cut:
            self.refused.emit(
                f"{names_of(cut)} became shorter: whatever writes it has begun it anew, or cut it. It is not followed any "
                "more; what was read before is shown, as far as it is still there. Open it again to see what it has now."
            )

    def _end(self) -> None:
        self._job = None
        self.ended.emit()

    def _could_not_read(self, names: str, error: Exception) -> None:
        self._end()
        self.failed.emit()
        if isinstance(error, CaptureError):
            self.refused.emit(wording.refusal(error))
        elif isinstance(error, OSError):
            self.refused.emit(f"{names} could not be read: {error.strerror or error}.")
        else:
            self._jobs.report(_PURPOSE, error)


def names_of(paths: Sequence[Path]) -> str:
    """The captures' names for a title."""
    return paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"
