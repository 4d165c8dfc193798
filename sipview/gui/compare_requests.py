"""The comparison of two messages as a question for the door of `jobs`, with what else could be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sipview.calls import Call, Conversation
from sipview.gui import wording
from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Report
from sipview.session import Analysis
from sipview.session.comparison import Comparison, compare
from sipview.session.counterparts import Counterpart, counterparts

_MOST_OFFERED = 400  # messages of a long conversation

Offers = tuple[tuple[str, int], ...]
"""Words for a message, and its position."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two messages (None where there is none), what may stand in place of each, and what is different."""

    left: int | None
    right: int | None
    left_offers: Offers
    right_offers: Offers
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class CompareMessages:
    """Compare two messages; with ``find``, one with the best of its call, the earlier on the left."""

    analysis: Analysis
    cross: CrossReference
    left: int
    right: int | None
    find: bool

    def run(self, report: Report) -> Compared:
        """What is different."""
        left, right = self.left, self.right
        if self.find:
            best = next(iter(self._counterparts(left)), None)
            right = None if best is None else best.position
            if right is not None and right < left:
                left, right = right, left
        report.cancel.check()
        entries = self._titles([position for position in (left, right) if position is not None])
        report.cancel.check()
        if right is None:
            return Compared(
                left, None, _offers(entries, None, ()), _offers(entries, left, self._counterparts(left)), Comparison(())
            )
        comparison = compare(self.analysis.message(left), self.analysis.message(right))
        left_offers = _offers(entries, right, self._counterparts(right))
        return Compared(left, right, left_offers, _offers(entries, left, self._counterparts(left)), comparison)

    def _counterparts(self, position: int) -> tuple[Counterpart, ...]:
        snapshot = self.cross.snapshot
        return counterparts(position, self.cross.owner(position), snapshot.messages, snapshot.conversations)

    def _titles(self, positions: Sequence[int]) -> dict[int, str]:
        """The messages of the calls that these belong to, of very long ones those around them, by position."""
        titles: dict[int, str] = {}
        for position in positions:
            for other in (*_near(self.cross.owner(position), position), position):
                titles[other] = message_title(self.cross, other)
        return dict(sorted(titles.items()))


def message_title(cross: CrossReference, position: int) -> str:
    """A message in a line: its frame, what it is, and its way."""
    observed = cross.snapshot.messages[position]
    way = f"{cross.hosts.of(observed.source.address)} → {cross.hosts.of(observed.destination.address)}"
    return f"Frame {observed.row + 1:,} · {wording.spoken(observed)} · {way}"


def _offers(titles: Mapping[int, str], opposite: int | None, related: Sequence[Counterpart]) -> Offers:
    """What may stand opposite of a message, with a word on what it is to that."""
    relations = {each.position: each.relation for each in related}
    return tuple(
        (f"{words} ({relations[position]})" if position in relations else words, position)
        for position, words in titles.items()
        if position != opposite
    )


def _near(owner: Call | Conversation | None, position: int) -> tuple[int, ...]:
    """The messages of a conversation, of a very long one those around ``position``."""
    if owner is None:
        return ()
    messages = owner.messages
    if len(messages) <= _MOST_OFFERED:
        return messages
    at = next((at for at, other in enumerate(messages) if other >= position), 0)
    begin = max(0, min(at - _MOST_OFFERED // 2, len(messages) - _MOST_OFFERED))
    return messages[begin : begin + _MOST_OFFERED]
