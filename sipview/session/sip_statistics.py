"""Counts over the SIP messages of a snapshot: by method, by status, by host; and how many were sent again."""

from collections import Counter
from dataclasses import dataclass

from sipview.session.snapshot import Snapshot

STATUS_CLASSES = {
    1: "1xx Provisional",
    2: "2xx Success",
    3: "3xx Redirection",
    4: "4xx Client error",
    5: "5xx Server error",
    6: "6xx Global failure",
}
"""The classes of status codes (RFC 3261 7.2)."""

OTHER_CLASS = "Other"


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages of one kind there are, and how many of those are retransmissions."""

    name: str
    messages: int
    retransmissions: int


@dataclass(frozen=True, slots=True)
class HostCount:
    """One address: messages that it sent and got, and how many of the sent ones are retransmissions."""

    address: str
    sent: int
    received: int
    retransmissions: int


@dataclass(frozen=True, slots=True)
class SipStatistics:
    """The counts, each list with its largest number first; ``statuses`` is in order of the codes."""

    messages: int
    requests: int
    responses: int
    retransmissions: int
    calls: int
    others: int
    methods: tuple[Count, ...]
    classes: tuple[Count, ...]
    statuses: tuple[Count, ...]
    hosts: tuple[HostCount, ...]
    call_states: tuple[Count, ...]


def sip_statistics(snapshot: Snapshot) -> SipStatistics:
    """Count. Messages that came after the conversations of the snapshot were made count as no retransmissions."""
    again_of = snapshot.conversations.retransmission_of
    methods, classes, statuses, sent, received = Counter[str](), Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    methods_again, classes_again, statuses_again, sent_again = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for seen in snapshot.messages:
        again = seen.position < len(again_of) and again_of[seen.position] >= 0
        facts = seen.facts
        if facts.method is not None:
            methods[facts.method] += 1
            methods_again[facts.method] += again
        else:
            status_class = STATUS_CLASSES.get((facts.status or 0) // 100, OTHER_CLASS)
            classes[status_class] += 1
            classes_again[status_class] += again
            words = f"{facts.status or 0:03d} {facts.reason or ''}".rstrip()
            statuses[words] += 1
            statuses_again[words] += again
        sent[seen.source.address] += 1
        sent_again[seen.source.address] += again
        received[seen.destination.address] += 1
    hosts = sorted(sent | received, key=lambda address: (-sent[address] - received[address], address))
    states = Counter(call.state.value for call in snapshot.conversations.calls)
    return SipStatistics(
        messages=len(snapshot.messages),
        requests=methods.total(),
        responses=classes.total(),
        retransmissions=sent_again.total(),
        calls=len(snapshot.conversations.calls),
        others=len(snapshot.conversations.others),
        methods=_counts(methods, methods_again),
        classes=tuple(sorted(_counts(classes, classes_again), key=lambda count: count.name)),
        statuses=tuple(sorted(_counts(statuses, statuses_again), key=lambda count: count.name)),
        hosts=tuple(HostCount(address, sent[address], received[address], sent_again[address]) for address in hosts),
        call_states=_counts(states, Counter()),
    )


def _counts(messages: Counter[str], again: Counter[str]) -> tuple[Count, ...]:
    return tuple(Count(name, count, again[name]) for name, count in messages.most_common())
