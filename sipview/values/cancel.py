"""The wish to stop, passed down into slow work."""

import threading


class Cancelled(Exception):
    """Raised by slow work that was asked to stop, once it has put everything in order."""


class CancelToken:
    """Set by the one who waits, looked at by the one who works."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop; may be called from any thread, and more than once."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if somebody asked to stop."""
        if self._event.is_set():
            raise Cancelled
