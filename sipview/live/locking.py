"""Locks on files that the operating system lets go of when their process ends, in whatever way."""

import os
import sys
from pathlib import Path

ENGINE_LOCK, OWNER_LOCK = "engine.lock", "owner.lock"


class InUse(Exception):
    """Another process holds the lock."""


class Lock:
    """A lock held from birth until `release`, or until the process ends.

    Raises `InUse`, and `OSError` where the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise InUse(str(path)) from error

    def release(self) -> None:
        """Let go of it."""
        if self._descriptor >= 0:
            _unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)  # closing would do, but some time later
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
