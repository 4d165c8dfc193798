"""What is needed to follow files that grow: waiting for them without work, and a pace for snapshots that bounds their cost."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sipview.capture import CaptureError, CaptureFile
from sipview.values import CancelToken

LOOK_EVERY_S = 0.02
"""How often the sizes of followed files are looked at: a packet is shown that much later at most."""

SHRUNK = "shrunk-file"
"""The kind of the problem of a file that has become shorter."""

MOST_SUCCESSORS = 200
"""Files that are read one behind the other under one name: all of them stay open, and a process may open so many only."""

_SHORTEST_CAPTURE = 24  # bytes: a pcap file without a packet


class Pace:
    """When the next snapshot is due: not before ``every_s`` have passed, and later where making the last one took long.

    So no more than a quarter of the time goes into snapshots, however much there is in them.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._due = time.monotonic()
        self._began = 0.0

    @property
    def wait_s(self) -> float:
        """Seconds until the next snapshot is due, 0.0 if it is."""
        return max(0.0, self._due - time.monotonic())

    def begin(self) -> None:
        """A snapshot is being made."""
        self._began = time.monotonic()

    def made(self) -> None:
        """It is made, and shown."""
        now = time.monotonic()
        self._due = now + max(self._every_s, 3 * (now - self._began))


@dataclass(slots=True)
class _Named:
    """The file that was read last under a name; ``missing``: no file has that name now, which was told."""

    file: CaptureFile
    missing: bool = False


class Names:
    """The names of followed files, as `tail -F` watches them: whoever rotates files renames or deletes one, and begins another
    of its name.

    ``open_file`` opens the capture at a path, ``tell`` is told in a sentence what has happened. Files that are read from a copy
    (compressed ones, standard input) are not watched.
    """

    def __init__(
        self, files: Sequence[CaptureFile], open_file: Callable[[Path], CaptureFile], tell: Callable[[str], None]
    ) -> None:
        self._open_file = open_file
        self._tell = tell
        self._named = [_Named(file) for file in files if _file_at(file.path) == _identity(os.fstat(file.descriptor))]
        self._followed_by = 0

    @property
    def changed(self) -> bool:
        """Whether `look` has something to do. Costs next to nothing."""
        return any(self._has_changed(named) for named in self._named)

    def look(self) -> list[CaptureFile]:
        """Tell of files that have gone; give those that have taken their place, open."""
        found = []
        for named in [named for named in self._named if self._has_changed(named)]:
            name = named.file.path.name
            if _file_at(named.file.path) is None:
                named.missing = True
                self._tell(
                    f"{name} was renamed or deleted. What its writer still adds to it is read, and so is the next file of this "
                    "name once there is one."
                )
            elif self._followed_by >= MOST_SUCCESSORS:
                self._named.remove(named)
                self._tell(f"{name} was replaced {MOST_SUCCESSORS} times. Files that take its place now are not read any more.")
            else:
                try:
                    successor = self._open_file(named.file.path)
                except CaptureError as error:
                    self._named.remove(named)
                    self._tell(f"Another file has taken the place of {name}, which cannot be read: {error}")
                    continue
                self._followed_by += 1
                self._named[self._named.index(named)] = _Named(successor)
                self._tell(f"Another file has taken the place of {name}. It is read behind the one before.")
                found.append(successor)
        return found

    @staticmethod
    def _has_changed(named: _Named) -> bool:
        now = _file_at(named.file.path)
        if now is None:
            return not named.missing
        return now != _identity(os.fstat(named.file.descriptor)) and _begun(named.file.path)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _file_at(path: Path) -> tuple[int, int] | None:
    """Which file has this name now; None where there is none, or none that may be looked at."""
    try:
        return _identity(path.stat())
    except OSError:
        return None


def wait_for_growth(
    files: Sequence[CaptureFile], ended: threading.Event, cancel: CancelToken, names: Names | None = None
) -> bool:
    """Wait until one of the files has more than was read of it, or another name; False if ``ended`` was set and none has.

    Raises `values.Cancelled` when asked to stop.
    """
    while not any(file.has_grown() for file in files) and not (names is not None and names.changed):
        cancel.check()
        if ended.wait(LOOK_EVERY_S):
            return any(file.has_grown() for file in files)
    return True


def cut_while_followed(files: Sequence[CaptureFile]) -> list[CaptureFile]:
    """The files that have become shorter, so that nothing more is read of them: their writer has begun them anew, say."""
    return [file for file in files if any(problem.kind == SHRUNK for problem in file.problems)]


def wait_until_begun(paths: Sequence[Path], ended: threading.Event, cancel: CancelToken) -> bool:
    """Wait until each file has the beginning of a capture in it, which its writer may still hold back; False if ``ended``
    was set before.

    Raises `values.Cancelled` when asked to stop.
    """
    while not all(_begun(path) for path in paths):
        cancel.check()
        if ended.wait(LOOK_EVERY_S):
            return all(_begun(path) for path in paths)
    return True


def _begun(path: Path) -> bool:
    try:
        return path.stat().st_size >= _SHORTEST_CAPTURE
    except OSError:
        return False
