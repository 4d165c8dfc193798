"""Working copies that are saved, or not wanted: deleted once nobody reads them any more."""

from sipview.gui.capture_requests import DeleteCopy
from sipview.gui.jobs import Jobs
from sipview.live import WorkingCopy


class UnwantedCopies:
    """``jobs`` are those that read captures: what is under way there has to end first."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._copies: list[WorkingCopy] = []
        self._closing = False

    def add(self, copy: WorkingCopy) -> None:
        """Delete this, as soon as that can be."""
        self._copies.append(copy)
        self._jobs.when_ended(lambda: self._delete(copy))

    def close(self) -> None:
        """The window closes: begin nothing any more. What is left goes with `delete_left`."""
        self._closing = True

    def delete_left(self) -> None:
        """Nobody reads anything any more: delete what is not deleted yet."""
        for copy in self._copies:
            copy.delete()
        self._copies.clear()

    def _delete(self, copy: WorkingCopy) -> None:
        if not self._closing:
            self._jobs.ask(f"deleting {copy.folder.name}", DeleteCopy(copy), lambda _: self._copies.remove(copy))
