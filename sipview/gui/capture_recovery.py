"""Captures that a crash left behind: looks for them, takes one over, deletes one."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sipview.gui.capture_requests import ClaimCapture, DeleteCopy, FindRecoverable, Recoverable
from sipview.gui.jobs import Jobs
from sipview.live import InUse, WorkingCopy


class CaptureRecovery(QObject):
    """``found(captures)``: there are some, the oldest first; ``claimed(copy)``: this one is this program's now;
    ``told(sentence)``: why one cannot be.
    """

    found = Signal(object)
    claimed = Signal(object)
    told = Signal(str)

    def __init__(self, parent: QObject, jobs: Jobs) -> None:
        super().__init__(parent)
        self._jobs = jobs

    def look(self) -> None:
        """Look for captures that were left behind."""
        self._jobs.ask("looking for captures that were not saved", FindRecoverable(), self._found)

    def claim(self, folder: Path) -> None:
        """Take one over."""
        self._jobs.ask("recovering the capture", ClaimCapture(folder), self.claimed.emit, failed=self._could_not_claim)

    def delete(self, folder: Path) -> None:
        """Delete one, and look for others."""
        purpose = "deleting a capture"

        def delete(copy: WorkingCopy) -> None:
            self._jobs.ask(purpose, DeleteCopy(copy), lambda _: self.look())

        self._jobs.ask(purpose, ClaimCapture(folder), delete, failed=self._could_not_claim)

    def _found(self, found: tuple[Recoverable, ...]) -> None:
        if found:
            self.found.emit(found)

    def _could_not_claim(self, error: Exception) -> None:
        if isinstance(error, InUse):
            self.told.emit("That capture is in use by another sipview.")
        elif isinstance(error, OSError):
            self.told.emit(f"That capture cannot be recovered: {error.strerror or error}.")
        else:
            self._jobs.report("recovering the capture", error)
