"""What a filter text amounts to while it is typed: a judgement, and what could come next.

The filter room is imported when it is first needed: a window that opens a capture is there a tenth of a second earlier.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sipview.gui.jobs import Report

if TYPE_CHECKING:
    from sipview.filter import Completion, Field, Filter

_LIKELY = ("sip.", "sip", "call.", "ip.", "udp.", "sdp", "rtp", "frame.")
_MOST_SHOWN = 60


class Verdict(StrEnum):
    """How a filter text stands."""

    EMPTY = "empty"
    GOOD = "good"
    UNFINISHED = "unfinished"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict; where it is not good, what was found, what was expected, and where.

    ``suggestion`` is a text that could stand in [``start``, ``end``) instead, or None.
    """

    verdict: Verdict
    sentence: str = ""
    start: int = 0
    end: int = 0
    suggestion: str | None = None

    @property
    def usable(self) -> bool:
        """Whether the text can be applied."""
        return self.verdict in {Verdict.EMPTY, Verdict.GOOD}

    def mended(self, text: str) -> str:
        """The text with the suggestion in its place."""
        return text if self.suggestion is None else text[: self.start] + self.suggestion + text[self.end :]


def judge(text: str) -> Judgement:
    """Read a filter text as far as it goes."""
    if not text.strip():
        return Judgement(Verdict.EMPTY)
    from sipview.filter import FilterError, parse  # noqa: PLC0415

    try:
        parse(text)
    except FilterError as error:
        verdict = Verdict.UNFINISHED if _may_go_on(text, error.start, error.end) else Verdict.WRONG
        if verdict is Verdict.UNFINISHED and text.endswith("."):
            return Judgement(verdict, "Something is missing after the dot.", len(text), len(text))
        return Judgement(verdict, error.sentence, error.start, error.end, error.suggestion)
    return Judgement(Verdict.GOOD)


def _may_go_on(text: str, start: int, end: int) -> bool:
    """Whether what is wrong is only that the text ends: what follows is missing, or its last word is the beginning of one."""
    if start >= len(text.rstrip()):
        return True
    from sipview.filter import complete  # noqa: PLC0415

    if end < len(text):
        return text.endswith(".") and end == len(text) - 1
    return any(one.start <= start and len(one.text) > len(text) - one.start for one in complete(text, len(text)))


def parsed(text: str) -> "Filter":
    """The filter of a text that was judged usable. Raises `filter.FilterError` otherwise."""
    from sipview.filter import parse  # noqa: PLC0415

    return parse(text)


def completions(text: str, cursor: int, known_values: "Callable[[Field], Iterable[str]]") -> "Sequence[Completion]":
    """What could come next, the likeliest first; fields of SIP come before those of what carries it."""
    from sipview.filter import CompletionKind, complete  # noqa: PLC0415

    found = complete(text, cursor, known_values)
    word = text[found[0].start : cursor] if found else ""
    if found and found[0].kind is CompletionKind.FIELD:
        found = sorted(found, key=lambda one: (not one.text.casefold().startswith(word.casefold()), _rank(one.text)))
    # A word that is whole already needs no help; what could follow it is offered after a space.
    if len(found) == 1 and found[0].text == word:
        return ()
    return found[:_MOST_SHOWN]


def _rank(name: str) -> int:
    return next((place for place, start in enumerate(_LIKELY) if name.startswith(start)), len(_LIKELY))


@dataclass(frozen=True, slots=True)
class LearnLanguage:
    """Read the grammar before the first letter is typed: it takes longer than a frame."""

    def run(self, report: Report) -> None:
        """Parse and complete something."""
        from sipview.filter import complete, parse  # noqa: PLC0415

        report.cancel.check()
        parse('sip.Method == "INVITE"')
        complete("sip", 3)
