"""The wish to stop, passed down into slow work."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

ItemT = TypeVar("ItemT")

_IN_A_ROW = 256


class Cancelled(Exception):
    """Raised by slow work that was asked to stop, once it has put everything in order."""


class CancelToken:
    """Set by the one who waits, looked at by the one who works; both may be different threads."""

    __slots__ = ("cancelled",)

    def __init__(self) -> None:
        self.cancelled = False  # one flag that is only ever set needs no lock

    def cancel(self) -> None:
        """Ask the work to stop; may be called from any thread, and more than once."""
        self.cancelled = True

    def check(self) -> None:
        """Raise `Cancelled` if somebody asked to stop."""
        if self.cancelled:
            raise Cancelled

    def each(self, items: Iterable[ItemT]) -> Iterator[ItemT]:
        """The ``items``, with a `check` after every few hundred of them. Raises `Cancelled` if somebody asked to stop."""
        rest = iter(items)
        while some := tuple(islice(rest, _IN_A_ROW)):
            self.check()
            yield from some
