"""Which calls count as failed for whoever waits for one: by the final status of the INVITE, as the user chooses."""

import re
from dataclasses import dataclass

from sipview.calls.model import Call, CallState
from sipview.calls.states import CHALLENGES

_PIECE = re.compile(r"(?P<but>not\s+|!)?(?:(?P<of>[3-6])xx|(?P<first>\d{3})(?:\s*-\s*(?P<last>\d{3}))?)", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,]*")
_LEAST, _MOST = 400, 699
_TIMEOUT = 408


@dataclass(frozen=True, slots=True)
class Statuses:
    """Final statuses that are a failure. `parse` makes it; 401 and 407 never are: they only ask for a password."""

    text: str
    numbers: frozenset[int]

    @staticmethod
    def parse(text: str) -> "Statuses":
        """From what a user writes: ``4xx, 5xx, 6xx``, ``486``, ``500-599``, and what is none: ``4xx, not 487``.

        With exceptions alone, all else from 400 on is a failure. Raises `ValueError` with a sentence.
        """
        wanted: set[int] = set()
        excepted: set[int] = set()
        at = _end_of_gap(text, 0)
        while at < len(text):
            found = _PIECE.match(text, at)
            if found is None or not _is_end(text, found.end()):
                raise ValueError(f"{text[at : at + 20]!r} is no status; write them like: 4xx, 5xx, 486, 500-503, not 487")
            (excepted if found["but"] else wanted).update(_numbers(found))
            at = _end_of_gap(text, found.end())
        if not wanted and not excepted:
            raise ValueError("write which statuses are a failure, such as: 4xx, 5xx, 6xx")
        numbers = (wanted or set(range(_LEAST, _MOST + 1))) - excepted - CHALLENGES
        if not numbers:
            raise ValueError("none of these is a failure: 401 and 407 only ask for a password")
        return Statuses(text.strip(), frozenset(numbers))

    def __contains__(self, status: object) -> bool:
        return status in self.numbers

    def __str__(self) -> str:
        return self.text


def _end_of_gap(text: str, at: int) -> int:
    gap = _BETWEEN.match(text, at)
    return at if gap is None else gap.end()


def _is_end(text: str, at: int) -> bool:
    return at == len(text) or text[at] in ", \t"


def _numbers(found: re.Match[str]) -> range:
    if found["of"]:
        first, last = int(found["of"]) * 100, int(found["of"]) * 100 + 99
    else:
        first = int(found["first"])
        last = int(found["last"] or first)
    if not _LEAST <= first <= last <= _MOST:
        raise ValueError(f"{found[0]!r}: a call fails with a status from {_LEAST} to {_MOST}")
    return range(first, last + 1)


ANY_FAILURE = Statuses.parse("4xx, 5xx, 6xx")
"""Every final status that is no success, no redirection and no challenge."""

NO_FAILURE = Statuses("", frozenset())
"""None at all: for whoever waits for something else."""


def failure_of(call: Call) -> int | None:
    """The status with which a call has failed, None where it has not.

    A call that nobody answered in time has failed with 408, although no message says so (RFC 3261 8.1.3.1).
    """
    if call.status is None:
        return _TIMEOUT if call.state is CallState.NO_ANSWER else None
    return call.status if call.status >= _LEAST and call.status not in CHALLENGES else None


def failed_calls(calls: tuple[Call, ...], statuses: Statuses) -> list[Call]:
    """The calls that failed with one of these statuses, the one whose last message is the oldest first."""
    return sorted((call for call in calls if failure_of(call) in statuses), key=lambda call: call.end_ns)
