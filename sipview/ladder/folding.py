"""What of a ladder is folded: groups of messages that stand in the drawing as one pill, and say what is in it.

Only the drawing folds: nothing is taken out of the capture, and each pill unfolds by its key.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sipview.ladder.events import LadderEvent
from sipview.ladder.times import duration_words
from sipview.values import NANOSECONDS


class FoldKind(StrEnum):
    """What can be folded. ``LANE`` is not chosen as such: it is what happens to the messages of a hidden lane."""

    RETRANSMISSION = "retransmissions"
    PROVISIONAL = "provisional"
    LOGIN = "login"
    KEEPALIVE = "keepalive"
    LANE = "lane"


FOLDABLE = (FoldKind.LOGIN, FoldKind.PROVISIONAL, FoldKind.RETRANSMISSION, FoldKind.KEEPALIVE)
"""The kinds that a user chooses from, in the order of a menu."""

_CHALLENGES = frozenset({401, 407})
_LONGEST_TITLE = 60


@dataclass(slots=True)
class Fold:
    """One group: ``members`` are numbers of events in the drawing, in order; ``status`` is that of a challenge.

    ``lane`` is the key of the hidden lane, "" for other kinds. ``also`` are groups that share the pill with this one; their
    members are among this one's, and their keys follow its own, with a space between.
    """

    kind: FoldKind
    key: str
    members: list[int] = field(default_factory=list)
    lane: str = ""
    status: int | None = None
    also: list["Fold"] = field(default_factory=list)

    def words(self, events: Sequence[LadderEvent]) -> str:
        """What the pill says."""
        return " · ".join((self._own_words(events), *(fold.words(events) for fold in self.also)))

    def _own_words(self, events: Sequence[LadderEvent]) -> str:
        count = len(self.members) - sum(len(fold.members) for fold in self.also)
        first = events[self.members[0]]
        match self.kind:
            case FoldKind.LOGIN:
                return f"login asked and given ({self.status}, {_messages(count)})"
            case FoldKind.KEEPALIVE:
                return f"keep-alive (OPTIONS, {_messages(count)})"
            case FoldKind.PROVISIONAL:
                return first.title if count == 1 else f"{first.title}, {count:,} times"
            case FoldKind.RETRANSMISSION:
                if any(events[member].title != first.title for member in self.members[:count]):
                    return f"{count:,} repetitions"
                title = first.title if len(first.title) <= _LONGEST_TITLE else first.title[: _LONGEST_TITLE - 1] + "…"
                lasted_ns = events[self.members[count - 1]].time_ns - first.time_ns
                within = f" in {duration_words(lasted_ns)}" if lasted_ns >= NANOSECONDS else ""
                return f"{title} repeated " + ("once" if count == 1 else f"{count:,} times{within}")
            case FoldKind.LANE:
                return f"{_messages(count)} with"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def find_folds(events: Sequence[LadderEvent], kinds: Collection[FoldKind]) -> list[Fold]:
    """The groups of these kinds, each message in one at most, in the order of their first messages.

    Repetitions, 100s and keep-alives make one group as long as nothing that is shown comes between them and they run between
    the same two ends. A login is a challenge, its ACK and the request that answers it (RFC 3261 22.2, 22.3); a challenge
    that nobody answers is not folded, as it is where the trouble is.
    """
    kind_of: dict[int, FoldKind] = {}
    folds: list[Fold] = []
    if FoldKind.RETRANSMISSION in kinds:
        kind_of.update((number, FoldKind.RETRANSMISSION) for number, event in enumerate(events) if event.retransmission)
    if FoldKind.LOGIN in kinds:
        for fold in _logins(events, kind_of):
            folds.append(fold)
            kind_of.update(dict.fromkeys(fold.members, FoldKind.LOGIN))
    if FoldKind.KEEPALIVE in kinds:
        busy = {event.leg for event in events if event.method not in {"OPTIONS", ""}}
        for number, event in enumerate(events):
            if event.method == "OPTIONS" and event.leg in busy:
                kind_of.setdefault(number, FoldKind.KEEPALIVE)
    if FoldKind.PROVISIONAL in kinds:
        for number, event in enumerate(events):
            if event.status == 100:
                kind_of.setdefault(number, FoldKind.PROVISIONAL)
    folds += _runs(events, kind_of)
    folds.sort(key=lambda fold: fold.members[0])
    return folds


def count_foldable(events: Sequence[LadderEvent]) -> Mapping[FoldKind, int]:
    """How many messages each kind would fold, for a menu."""
    return {kind: sum(len(fold.members) for fold in find_folds(events, {kind})) for kind in FOLDABLE}


def _runs(events: Sequence[LadderEvent], kind_of: Mapping[int, FoldKind]) -> list[Fold]:
    folds: list[Fold] = []
    running: dict[tuple[FoldKind, frozenset[str]], Fold] = {}
    last = -1
    for number in sorted(kind_of):
        if any(between not in kind_of for between in range(last + 1, number)):
            running.clear()
        last = number
        kind, event = kind_of[number], events[number]
        if kind is FoldKind.LOGIN:
            continue
        between_ends = (kind, frozenset((event.source.address, event.destination.address)))
        fold = running.get(between_ends)
        if fold is None:
            fold = running[between_ends] = Fold(kind, f"{kind}:{event.position}")
            folds.append(fold)
        fold.members.append(number)
    return folds


def _logins(events: Sequence[LadderEvent], taken: Collection[int]) -> list[Fold]:
    folds = []
    waiting: dict[tuple[int, str, str, str], Fold] = {}  # by leg, method, who asked, who was asked
    for number, event in enumerate(events):
        if number in taken:
            continue
        asked, asking = event.source.address, event.destination.address
        if event.status in _CHALLENGES:
            login = Fold(FoldKind.LOGIN, f"{FoldKind.LOGIN}:{event.position}", [number], status=event.status)
            waiting[event.leg, event.method, asking, asked] = login
        elif event.request:
            method = "INVITE" if event.method == "ACK" else event.method
            found = waiting.get((event.leg, method, asked, asking))
            if found is None:
                continue
            if event.method == "ACK":
                found.members.append(number)
            elif event.credentials:
                found.members.append(number)
                folds.append(waiting.pop((event.leg, method, asked, asking)))
    return folds
