"""How far a capture can be trusted: what is missing, cut, out of order or unreadable in it, and what nobody can know.

A call that failed and a capture that missed half of it look alike, so this is said before anything is made of the calls.
Whether packets were lost while capturing only pcapng can say, and only where its writer did: "nothing dropped" is said of no
other file.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sipview.calls import Observed
from sipview.index import Flag, PacketIndex, StreamGap, UnreadConnection
from sipview.index.links import LINK_LAYERS
from sipview.session.snapshot import Snapshot
from sipview.session.wording import counted, duration_words
from sipview.values import CancelToken, Transport

_COPY_NS = 2_000_000  # the same message again so soon is a second copy of the packet, no retransmission (T1 is 500 ms)
_DISORDER_NS = 1_000_000  # packets of several CPUs or interfaces are often written a little out of order
_MOST_PAIRS_NAMED = 3
_MOST_CONNECTIONS_NAMED = 3
_MOST_GAPS_NAMED = 3


class Weight(StrEnum):
    """What a remark means for who reads the calls: fine, not known, mind it, do not rely on it."""

    GOOD = "good"
    UNKNOWN = "unknown"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at. ``kind`` is a stable name, ``short`` a few words, ``sentence`` says it in full."""

    kind: str
    weight: Weight
    short: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Quality:
    """All that was looked at, the worst first."""

    remarks: tuple[Remark, ...]

    @property
    def weight(self) -> Weight:
        """That of the worst remark; what is not known counts as good here, and is said in `verdict`."""
        weights = {remark.weight for remark in self.remarks}
        return Weight.BAD if Weight.BAD in weights else Weight.NOTE if Weight.NOTE in weights else Weight.GOOD

    @property
    def verdict(self) -> str:
        """One line."""
        return self.verdict_beside()

    def verdict_beside(self, *told: str) -> str:
        """One line beside another place where remarks of these kinds are told: it does not say them again."""
        doubted = [remark for remark in self.remarks if remark.weight in {Weight.BAD, Weight.NOTE}]
        if doubted:
            found = ", ".join(remark.short for remark in doubted if remark.kind not in told)
            judgement = "Capture with gaps" if self.weight is Weight.BAD else "Mind"
            return f"{judgement}: {found}" if found else judgement
        known = {remark.kind: remark.weight for remark in self.remarks}
        directions = "both directions" if known.get("directions") is Weight.GOOD else ""
        if known.get("drops") is Weight.GOOD:
            return "Capture complete: " + ", ".join(filter(None, (directions, "nothing dropped")))
        return "No gaps seen: " + ", ".join(filter(None, (directions, "nothing cut")))


def assess(snapshot: Snapshot, cancel: CancelToken | None = None) -> Quality | None:
    """What can be said of a capture that was read; None where there are no packets. Raises `values.Cancelled`."""
    token = cancel if cancel is not None else CancelToken()
    index = snapshot.index
    if index is None or not snapshot.packets:
        return None
    remarks = [
        *_drops(index),
        *_directions(snapshot.messages, token),
        *_requests(snapshot, token),
        *_truncation(index, snapshot.packets),
        *_order(index, snapshot.packets),
        *_fragments(index),
        *_streams(index),
        *_encrypted(index),
        *_links(index),
        *_copies(snapshot, token),
        *_file_problems(snapshot),
    ]
    if not snapshot.complete:
        remarks.append(
            Remark(
                "unread", Weight.BAD, "not read to its end",
                f"Only {snapshot.done * 100:.0f} % of the capture was read: what comes later is not in these lists.",
            )
        )  # fmt: skip
    return in_order(remarks)


def in_order(remarks: Sequence[Remark]) -> Quality:
    """These remarks, the worst first."""
    rank = (Weight.BAD, Weight.NOTE, Weight.UNKNOWN, Weight.GOOD)
    return Quality(tuple(sorted(remarks, key=lambda remark: rank.index(remark.weight))))


def _drops(index: PacketIndex) -> list[Remark]:
    return [drops_remark([file.drops.get(position) for file in index.files for position in range(len(file.interfaces))])]


def drops_remark(known: Sequence[int | None]) -> Remark:
    """What there is to say where each interface lost so many packets while capturing (None: it is not known)."""
    lost = sum(count or 0 for count in known)
    if lost:
        return Remark(
            "drops", Weight.BAD, f"{counted(lost, 'packet')} dropped",
            f"The program that captured lost {counted(lost, 'packet')}, it wrote into the file: what seems not to have "
            "been answered may have been.",
        )  # fmt: skip
    if known and all(count is not None for count in known):
        return Remark(
            "drops", Weight.GOOD, "nothing dropped", "The program that captured wrote into the file that it lost nothing."
        )
    return Remark(
        "drops", Weight.UNKNOWN, "drops not known",
        "Whether packets were lost while capturing is not known: the file does not say.",
    )  # fmt: skip


def _directions(messages: Sequence[Observed], token: CancelToken) -> list[Remark]:
    """Between which hosts SIP was seen one way only."""
    seen = Counter((message.source.address, message.destination.address) for message in token.each(messages))
    if not seen:
        return []
    # An ACK wants no answer, nor does the response to anything.
    asked = Counter(
        (message.source.address, message.destination.address)
        for message in token.each(messages)
        if message.facts.method is not None and message.facts.method != "ACK"
    )
    answers_only = [(one, other) for one, other in seen if (other, one) not in seen and (one, other) not in asked]
    silent = [(one, other) for one, other in asked if (other, one) not in seen]
    if not silent and not answers_only:
        pairs = len({frozenset(pair) for pair in seen})
        return [
            Remark(
                "directions", Weight.GOOD, "both directions",
                f"SIP was seen in both directions between {'both hosts' if pairs == 1 else f'all {pairs:,} pairs of hosts'}.",
            )
        ]  # fmt: skip
    remarks = []
    if silent:
        named = ", ".join(f"{one} → {other} ({asked[one, other]:,})" for one, other in silent[:_MOST_PAIRS_NAMED])
        more = f" and {len(silent) - _MOST_PAIRS_NAMED:,} more" if len(silent) > _MOST_PAIRS_NAMED else ""
        remarks.append(
            Remark(
                "one-way", Weight.NOTE, f"no answers from {counted(len({other for _, other in silent}), 'host')}",
                f"Requests, and nothing that came back: {named}{more}. The receiver did not answer, or the capture was taken "
                "where its answers do not pass.",
            )
        )  # fmt: skip
    if answers_only:
        named = ", ".join(f"{one} → {other}" for one, other in answers_only[:_MOST_PAIRS_NAMED])
        remarks.append(
            Remark(
                "answers-only", Weight.BAD, "answers without requests",
                f"Answers were seen, but no request that they answer: {named}. The capture lacks one direction.",
            )
        )  # fmt: skip
    return remarks


def _requests(snapshot: Snapshot, token: CancelToken) -> list[Remark]:
    """Transactions of which only answers were seen."""
    conversations = snapshot.conversations
    begun: set[int] = set()
    answered: dict[int, int] = {}
    for message, number in token.each(zip(snapshot.messages, conversations.transactions, strict=False)):
        if message.facts.method is not None:
            begun.add(number)
        else:
            answered.setdefault(number, message.row)
    orphans = sorted(row for number, row in answered.items() if number not in begun)
    if not orphans:
        return []
    return [
        Remark(
            "orphans", Weight.NOTE, f"{counted(len(orphans), 'answer')} without request",
            f"{counted(len(orphans), 'answer')} to requests that are not in the capture, the first in frame "
            f"{orphans[0] + 1:,}: it began later, or lost them.",
        )
    ]  # fmt: skip


def _truncation(index: PacketIndex, count: int) -> list[Remark]:
    cut = np.flatnonzero(index.flags[:count] & np.uint16(Flag.TRUNCATED))
    if not cut.size:
        return [Remark("cut", Weight.GOOD, "nothing cut", "Every packet is in the file from its first byte to its last.")]
    longest = int(index.captured[cut].max())
    return [
        Remark(
            "cut", Weight.BAD, f"{counted(cut.size, 'packet')} cut short",
            f"{counted(cut.size, 'packet')} of {count:,} are in the file in part only, the first is frame "
            f"{int(cut[0]) + 1:,}: at most {longest:,} bytes of a packet were kept. Capture with a larger snapshot length "
            "(-s 0).",
        )
    ]  # fmt: skip


def _order(index: PacketIndex, count: int) -> list[Remark]:
    steps = np.diff(index.time_ns[:count])
    back = np.flatnonzero(steps < -_DISORDER_NS)
    if not back.size:
        return []
    return [
        Remark(
            "clock", Weight.NOTE, "time goes backwards",
            f"The time goes backwards {counted(back.size, 'time')}, by up to {duration_words(-int(steps.min()))}, first at "
            f"frame {int(back[0]) + 2:,}: a clock was set, or captures were put one behind the other. Durations across it are "
            "wrong.",
        )
    ]  # fmt: skip


def _fragments(index: PacketIndex) -> list[Remark]:
    if not index.lost_fragments:
        return []
    return [
        Remark(
            "fragments", Weight.BAD, f"{counted(index.lost_fragments, 'datagram')} in pieces",
            f"{lost_fragment_words(index)} A capture filter by port lets only first fragments through.",
        )
    ]  # fmt: skip


def lost_fragment_words(index: PacketIndex) -> str:
    """A sentence about datagrams of which a part is missing: how many, of how many the first, and where they begin."""
    headless = f"; of {index.headless_fragments:,} the first is missing" if index.headless_fragments else ""
    return (
        f"Of {counted(index.lost_fragments, 'datagram')} not all IP fragments are in the capture, from packet "
        f"{index.first_lost_fragment + 1:,} on{headless}."
    )


def _streams(index: PacketIndex) -> list[Remark]:
    """Bytes that are missing or of no use in streams that carry SIP."""
    gaps = index.stream_gaps
    if not gaps:
        return []
    count = len(gaps) + index.more_stream_gaps
    told = " ".join(gap_words(index, each) for each in gaps[:_MOST_GAPS_NAMED])
    more = f" There are {count - _MOST_GAPS_NAMED:,} more." if count > _MOST_GAPS_NAMED else ""
    missing = any(not each.gap.captured for each in gaps)
    return [
        Remark(
            "streams", Weight.BAD if missing else Weight.NOTE, f"{counted(count, 'gap')} in streams",
            f"Connections that carry SIP could not be read without gaps: messages may be missing or cut there. {told}{more}",
        )
    ]  # fmt: skip


def gap_words(index: PacketIndex, gap: StreamGap) -> str:
    """A sentence about a gap of a stream: whose it is, what is missing or of no use, and where."""
    row, sequence, size, captured, why = gap.gap
    ends = index.endpoints(row)
    between = f"From {ends[0]} to {ends[1]}" if ends is not None else "Between two unknown ends"
    number = "TSN" if gap.transport is Transport.SCTP else "sequence number"
    where = f" ({number} {sequence})" if sequence is not None else ""
    if captured:
        what = f"{counted(size, 'byte')} from packet {row + 1:,} on{where} belong to no message that could be read"
        what += f": {why}" if why else ""
    else:
        what = f"{counted(size, 'byte')} before packet {row + 1:,}{where} are not in the capture"
    return f"{between} over {gap.transport}: {what}."


def _encrypted(index: PacketIndex) -> list[Remark]:
    unread = index.unread_connections
    if not unread:
        return []
    told = " ".join(unread_words(index, each) for each in unread[:_MOST_CONNECTIONS_NAMED])
    return [
        Remark(
            "encrypted", Weight.NOTE, f"{counted(len(unread), 'encrypted connection')}",
            f"{counted(len(unread), 'connection')} on SIP ports could not be decrypted: the messages in them are not in these "
            f"lists. A key log (SSLKEYLOGFILE) of either side opens them. {told}",
        )
    ]  # fmt: skip


def unread_words(index: PacketIndex, unread: UnreadConnection) -> str:
    """A sentence about an encrypted connection: whose it is, why it could not be read, and what its handshake told."""
    ends = index.endpoints(unread.row)
    between = f"{ends[0]} and {ends[1]}" if ends is not None else "two unknown ends"
    told = f" Its handshake tells: {unread.handshake}." if unread.handshake else ""
    return f"Between {between} (from packet {unread.row + 1:,} on): {unread.reason}.{told}"


def _links(index: PacketIndex) -> list[Remark]:
    """Packets of links that we do not know."""
    unknown = unread_links(index)
    if not unknown:
        return []
    count = sum(count for _, count in unknown)
    return [Remark("links", Weight.BAD, f"{counted(count, 'packet')} of an unknown kind", unread_link_words(index))]


def unread_links(index: PacketIndex) -> list[tuple[int, int]]:
    """Link types (by their numbers in the list of tcpdump.org) that are not read, and how many packets have each."""
    found: Counter[int] = Counter()
    if all(interface.link_type in LINK_LAYERS for _, interface in index.interfaces):
        return []
    for number, count in enumerate(np.bincount(index.interface).tolist()):
        link_type = index.interfaces[number][1].link_type
        if count and link_type not in LINK_LAYERS:
            found[link_type] += count
    return sorted(found.items())


def unread_link_words(index: PacketIndex) -> str:
    """A sentence about packets of link types that are not read."""
    told = ", ".join(f"{counted(count, 'packet')} of link type {link_type}" for link_type, count in unread_links(index))
    return f"What is in these packets is not read, since sipview does not know their kind of network: {told}."


def _copies(snapshot: Snapshot, token: CancelToken) -> list[Remark]:
    """Messages that were captured twice."""
    messages = snapshot.messages
    copies = sum(
        original >= 0 and 0 <= messages[position].time_ns - messages[original].time_ns < _COPY_NS
        for position, original in token.each(enumerate(snapshot.conversations.retransmission_of))
    )
    if not copies:
        return []
    return [
        Remark(
            "copies", Weight.NOTE, f"{counted(copies, 'message')} captured twice",
            f"{counted(copies, 'message')} came again within {_COPY_NS // 1_000_000} ms: they were captured twice, on two "
            "interfaces or on a mirror port, and are no retransmissions of the devices.",
        )
    ]  # fmt: skip


def _file_problems(snapshot: Snapshot) -> list[Remark]:
    if not snapshot.problems:
        return []
    first = snapshot.problems[0]
    return [
        Remark(
            "file", Weight.BAD, f"{counted(len(snapshot.problems), 'problem')} in the file",
            f"{first.path.name}: {first.problem.text}" + (" And more." if len(snapshot.problems) > 1 else ""),
        )
    ]  # fmt: skip
