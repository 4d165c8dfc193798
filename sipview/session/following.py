"""What is needed to follow files that grow: waiting for them without work, and a pace for snapshots that bounds their cost."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sipview.capture import CaptureFile
from sipview.values import CancelToken

LOOK_EVERY_S = 0.02
"""How often the sizes of followed files are looked at: a packet is shown that much later at most."""

SHRUNK = "shrunk-file"
"""The kind of the problem of a file that has become shorter."""

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


def wait_for_growth(files: Sequence[CaptureFile], ended: threading.Event, cancel: CancelToken) -> bool:
    """Wait until one of the files has more than was read of it; False if ``ended`` was set and none has.

    Raises `values.Cancelled` when asked to stop.
    """
    while not any(file.has_grown() for file in files):
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
