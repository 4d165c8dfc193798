"""Looking for a text through all messages of a capture: where it stands, message by message.

Patterns are RE2's, over the bytes as they were sent: the time is linear in the bytes, whatever the pattern.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Protocol, cast

import re2  # type: ignore[import-untyped]  # google-re2 comes without type information

from sipview.session.analysis import Analysis
from sipview.session.snapshot import Snapshot
from sipview.sip.parser import read_message
from sipview.values import CancelToken

MOST_HITS = 100_000
"""Where looking ends; the hits found until then are given."""

_MEMORY = 1 << 20  # bytes for a compiled pattern; a larger one is refused


class SearchError(ValueError):
    """A text is no pattern; the exception's text is a sentence that says why."""


class SearchKind(StrEnum):
    """In what is looked: anywhere in a message, in the values of its header fields, or for a pattern."""

    TEXT = "text"
    HEADERS = "headers"
    PATTERN = "pattern"


class Hit(NamedTuple):
    """A place: the message's position, and from which to which byte of the message."""

    position: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for. Raises `SearchError` where it is empty, or no pattern."""

    text: str
    kind: SearchKind = SearchKind.TEXT
    case_sensitive: bool = False

    def __post_init__(self) -> None:
        if not self.text:
            raise SearchError("Type what to look for.")
        self._finder()

    def hits_in(self, data: bytes) -> Iterator[tuple[int, int]]:
        """The places in one message, from and to; an empty one is none."""
        finder = self._finder()
        found = [found.span() for found in finder.finditer(data) if found.end() > found.start()]
        if found and self.kind is SearchKind.HEADERS:
            values = [(field.value_start, field.value_end) for field in read_message(data).fields]
            found = [(start, end) for start, end in found if any(first <= start and end <= last for first, last in values)]
        yield from found

    def _finder(self) -> "_Finder":
        return _compiled(self.text, self.kind is SearchKind.PATTERN, self.case_sensitive)


def search_messages(analysis: Analysis, snapshot: Snapshot, search: Search, cancel: CancelToken) -> list[Hit]:
    """All hits in the snapshot's messages, in the order of the messages. Raises `values.Cancelled` when asked to stop."""
    hits: list[Hit] = []
    for position in range(len(snapshot.messages)):
        cancel.check()
        hits.extend(Hit(position, start, end) for start, end in search.hits_in(analysis.message_data(position)))
        if len(hits) >= MOST_HITS:
            return hits[:MOST_HITS]
    return hits


class _Found(Protocol):
    def span(self) -> tuple[int, int]: ...
    def start(self) -> int: ...
    def end(self) -> int: ...


class _Finder(Protocol):
    def finditer(self, text: bytes) -> Iterator[_Found]: ...


@lru_cache(maxsize=8)
def _compiled(text: str, is_pattern: bool, case_sensitive: bool) -> _Finder:
    options = re2.Options()
    options.case_sensitive = case_sensitive
    options.literal = not is_pattern
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return cast("_Finder", re2.compile(text.encode("utf-8", "surrogatepass"), options))
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if error.args else "it cannot be compiled"
        raise SearchError(f"This is no regular expression: {said}.") from None
