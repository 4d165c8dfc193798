"""With which other message a message is worth comparing: the same on another hop or leg, sent again, or sent before."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from sipview.calls import Call, Conversation, Conversations, Observed

_MOST_OF_A_KIND = 12


class Relation(StrEnum):
    """What another message is to this one, in words."""

    ORIGINAL = "the original of this retransmission"
    RETRANSMISSION = "sent again"
    OTHER_HOP = "the same on the next hop"
    OTHER_LEG = "the same on the other leg"
    BEFORE = "the one of its kind before"
    AFTER = "the one of its kind after"


class Counterpart(NamedTuple):
    """Another message, by its position, and what it is to the one that was asked about."""

    position: int
    relation: Relation


def counterparts(
    position: int, owner: Call | Conversation | None, messages: Sequence[Observed], conversations: Conversations
) -> tuple[Counterpart, ...]:
    """The messages of its call or conversation that a message is best compared with, the best first."""
    if owner is None:
        return ()
    known = len(conversations.retransmission_of)
    this = messages[position]
    originals = conversations.retransmission_of
    found: list[Counterpart] = []
    if position < known and originals[position] >= 0:
        found.append(Counterpart(originals[position], Relation.ORIGINAL))
    alike = [messages[other] for other in owner.messages if other != position and _kind(messages[other]) == _kind(this)]
    first_ones = [other for other in alike if other.position >= known or originals[other.position] < 0]
    hops = [other for other in first_ones if _same_message(this, other)]
    legs = [other for other in first_ones if other.facts.call_id != this.facts.call_id]
    before = [other for other in first_ones if _same_way(this, other) and other.position < position]
    after = [other for other in first_ones if _same_way(this, other) and other.position > position]
    again = [other for other in alike if other.position < known and originals[other.position] == position]
    found += [Counterpart(other.position, Relation.OTHER_HOP) for other in _nearest(this, hops)]
    found += [Counterpart(other.position, Relation.OTHER_LEG) for other in _nearest(this, legs)]
    found += [Counterpart(other.position, Relation.RETRANSMISSION) for other in again]
    found += [Counterpart(other.position, Relation.BEFORE) for other in before[-1:]]
    found += [Counterpart(other.position, Relation.AFTER) for other in after[:1]]
    seen: set[int] = {position}
    result = []
    for counterpart in found:
        if counterpart.position not in seen:
            seen.add(counterpart.position)
            result.append(counterpart)
    return tuple(result[:_MOST_OF_A_KIND])


def _kind(observed: Observed) -> tuple[str, int | None]:
    """INVITEs are of a kind, and so are the 180 to INVITEs."""
    facts = observed.facts
    return facts.method or facts.cseq_method, facts.status


def _same_message(one: Observed, other: Observed) -> bool:
    """Whether a proxy may have passed one on as the other (RFC 3261 16): all but the hop is the same."""
    return (
        one.facts.call_id == other.facts.call_id
        and one.facts.cseq_number == other.facts.cseq_number
        and one.facts.from_tag == other.facts.from_tag
        and (one.source, one.destination) != (other.source, other.destination)
    )


def _same_way(one: Observed, other: Observed) -> bool:
    """Whether both went from one host to one other, in one Call-ID."""
    return (
        one.facts.call_id == other.facts.call_id
        and one.source.address == other.source.address
        and one.destination.address == other.destination.address
    )


def _nearest(this: Observed, others: Sequence[Observed]) -> list[Observed]:
    """The others, those that are near in time first."""
    return sorted(others, key=lambda other: (abs(other.time_ns - this.time_ns), other.position))
