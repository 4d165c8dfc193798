"""Finds calls whose sound goes one way only, while a capture grows: both sides said where they want RTP, and one gets none.

What is kept is bounded: a few thousand calls, with the ends that their session descriptions name and a few counters each.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from sipview.calls import Observed
from sipview.calls.joining import user_or_uri
from sipview.index import PacketIndex, Protocol
from sipview.session.media_ends import media_ends

SILENCE_NS = 10_000_000_000
"""How long a side hears nothing before that is a failure."""

_LEAST_PACKETS = 200  # of the way that RTP goes: some seconds of sound, and no tone or stray packet
_LATE_NS = 5_000_000_000  # packets of other sources may be read that much later than the BYE
_MOST_CALLS = 4_000
_MOST_SIDES = 2 * _MOST_CALLS
_MOST_ENDS = 8  # of one side; and as many calls may name the same end: of one that more name, packets tell nothing
_ROWS_AT_ONCE = 1 << 15
_UDP, _SHORTEST_RTP = 17, 12
_NEVER_MEDIA = (Protocol.STUN, Protocol.SIP, Protocol.DNS, Protocol.DHCP)
_NOT_YET = np.iinfo(np.int64).max
_DESCRIBING = frozenset({"INVITE", "ACK", "PRACK", "UPDATE"})  # whose bodies offer and answer (RFC 6337 2)
_HEADER_END = re.compile(rb"\n\r?\n")
_SECTION = re.compile(rb"\r?\n(?=m=)")
_DIRECTION = re.compile(rb"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)
_ANYWHERE = ("0.0.0.0", "::")  # which means "on hold" in old descriptions (RFC 3264 8.4)

_Integers = npt.NDArray[np.int64]


class OneWay(NamedTuple):
    """A call with RTP one way only: nothing came from ``silent`` to ``unhearing``. ``at_ns`` is when that was known.

    ``caller`` and ``callee`` are whom the INVITE that was answered came from and went to: one of them is silent.
    """

    call_id: str
    caller: str
    callee: str
    silent: str
    unhearing: str
    at_ns: int


class _Sound(NamedTuple):
    """What one side wants: ``ends`` are addresses (canonical text) and ports; ``exchange`` tells offers from one another."""

    exchange: tuple[str, int | None]
    ends: frozenset[tuple[str, int]]
    held: bool


@dataclass(slots=True)
class _Dialog:
    """A call that was answered. ``seen[way][by]`` counts RTP since ``since_ns``.

    Way 0 is from the caller, 1 from the callee; by 0 are packets told by their source, by 1 those by their destination.
    ``crowded``: too many calls name one of its ends.
    """

    call_id: str
    tags: tuple[str, str]
    parties: tuple[str, str]
    sounds: list[_Sound | None]
    since_ns: int
    until_ns: int = _NOT_YET
    seen: list[list[int]] = field(default_factory=lambda: [[0, 0], [0, 0]])
    crowded: bool = False

    def hear(self, side: int, sound: _Sound, time_ns: int) -> None:
        """A side has said what it wants; where that is another thing than before, all begins anew."""
        before, self.sounds[side] = self.sounds[side], sound
        if before is None or (before.ends, before.held) != (sound.ends, sound.held):
            self.since_ns = time_ns
            self.seen = [[0, 0], [0, 0]]
            self.crowded = False

    @property
    def wants_sound(self) -> bool:
        """Whether both sides want RTP to come, and have said where."""
        return all(sound is not None and sound.ends and not sound.held for sound in self.sounds)


_Key = tuple[str, frozenset[str]]


class OneWayWatch:
    """Takes messages and rows as they come, of one index or of several, and says which calls have sound one way only."""

    def __init__(self) -> None:
        self._sides: dict[tuple[str, str], _Sound] = {}  # of calls that are not answered yet: Call-ID and tag
        self._dialogs: dict[_Key, _Dialog] = {}
        self._places: WeakKeyDictionary[PacketIndex, _Places] = WeakKeyDictionary()
        self._tables: WeakKeyDictionary[PacketIndex, _Table] = WeakKeyDictionary()
        self._now_ns = 0

    def take_message(self, observed: Observed, data: bytes) -> None:
        """Take a message, ``data`` are its bytes; before the rows that come with it."""
        facts = observed.facts
        if not facts.call_id or not facts.from_tag or facts.from_tag == facts.to_tag:
            return
        key = (facts.call_id, frozenset((facts.from_tag, facts.to_tag)))
        dialog = self._dialogs.get(key)
        if facts.cseq_method == "BYE":
            if dialog is not None and dialog.until_ns == _NOT_YET:
                dialog.until_ns = observed.time_ns
                self._tables.clear()
            for tag in key[1]:
                self._sides.pop((facts.call_id, tag), None)
            return
        if facts.sdp and facts.cseq_method in _DESCRIBING and (facts.status or 0) < 300:
            self._take_sound(observed, dialog, data)
        if dialog is None and facts.cseq_method == "INVITE" and facts.to_tag and 200 <= (facts.status or 0) < 300:
            tags = (facts.from_tag, facts.to_tag)
            self._dialogs[key] = _Dialog(
                facts.call_id, tags, (user_or_uri(facts.from_uri), user_or_uri(facts.to_uri)),
                [self._sides.get((facts.call_id, tag)) for tag in tags], observed.time_ns,
            )  # fmt: skip
            _bound(self._dialogs, _MOST_CALLS)
            self._tables.clear()

    def _take_sound(self, observed: Observed, dialog: _Dialog | None, data: bytes) -> None:
        facts = observed.facts
        tag = facts.to_tag if facts.method is None else facts.from_tag
        if not tag:
            return
        side = None if dialog is None else dialog.tags.index(tag)
        before = self._sides.get((facts.call_id, tag)) if dialog is None or side is None else dialog.sounds[side]
        sound = _sound((facts.from_tag, facts.cseq_number), data)
        if before is not None and before.exchange == sound.exchange:
            # a proxy on the way may put itself in the place of a side, and the capture see both
            ends = before.ends | sound.ends
            sound = _Sound(sound.exchange, ends, before.held or sound.held or len(ends) > _MOST_ENDS)
        if dialog is not None and side is not None:
            dialog.hear(side, sound, observed.time_ns)
            self._tables.clear()
        else:
            self._sides.pop((facts.call_id, tag), None)
            self._sides[facts.call_id, tag] = sound
            _bound(self._sides, _MOST_SIDES)

    def take_rows(self, index: PacketIndex, first: int, last: int) -> None:
        """Take the rows from ``first`` up to ``last`` of an index; each row once."""
        if first >= last:
            return
        self._now_ns = max(self._now_ns, int(index.time_ns[first:last].max()))
        new = self._places.setdefault(index, _Places()).learn(index)
        table = self._tables.get(index)
        if table is None or not table.missing.isdisjoint(new):
            table = self._tables[index] = _Table(self._places[index].numbers, self._dialogs)
        for begin in range(first, last, _ROWS_AT_ONCE):
            table.count(index, begin, min(begin + _ROWS_AT_ONCE, last))

    def found(self) -> list[OneWay]:
        """The calls that have had RTP one way only, for `SILENCE_NS` of the capture's time or longer, by their age."""
        found, over = [], []
        for key, dialog in self._dialogs.items():
            one_way = self._judged(dialog)
            if one_way is not None:
                found.append(one_way)
            elif self._now_ns - dialog.until_ns > _LATE_NS:
                over.append(key)
        for key in over:
            del self._dialogs[key]
        if over:
            self._tables.clear()
        return found

    def _judged(self, dialog: _Dialog) -> OneWay | None:
        if min(self._now_ns, dialog.until_ns) - dialog.since_ns < SILENCE_NS or not dialog.wants_sound or dialog.crowded:
            return None
        # A packet may count by its source and by its destination, so the larger number is sure.
        for way in (0, 1):
            if max(dialog.seen[way]) >= _LEAST_PACKETS and not any(dialog.seen[1 - way]):
                unhearing, silent = dialog.parties[way], dialog.parties[1 - way]
                return OneWay(dialog.call_id, *dialog.parties, silent, unhearing, min(self._now_ns, dialog.until_ns))
        return None


class _Places:
    """The addresses of an index by their texts; what it knows grows with the index."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def learn(self, index: PacketIndex) -> list[str]:
        """Take in the addresses that have come since the last time; which these are."""
        known = len(self.numbers)
        new = index.addresses[known:]
        self.numbers.update((text, number) for number, text in enumerate(new, known))
        return new


class _Table:
    """The ends of calls as numbers of one index, made to be found by many packets at once.

    An entry is an end of a call, in the order of their ``keys``: the number of the address, and the port. ``missing`` are
    addresses that the index has not seen yet.
    """

    def __init__(self, numbers: dict[str, int], dialogs: dict[_Key, _Dialog]) -> None:
        self._dialogs = [dialog for dialog in dialogs.values() if dialog.wants_sound]
        ends = [
            (address, port, 2 * position + side)
            for position, dialog in enumerate(self._dialogs)
            for side, sound in enumerate(dialog.sounds)
            if sound is not None
            for address, port in sound.ends
        ]
        self.missing = {address for address, _, _ in ends} - numbers.keys()
        entries = sorted((numbers[address] << 16 | port, side) for address, port, side in ends if address in numbers)
        table = np.array(entries, np.int64).reshape(-1, 2)
        keys, sides = table[:, 0], table[:, 1]
        _, place, times = np.unique(keys, return_inverse=True, return_counts=True)
        crowded = times[place] > _MOST_ENDS
        for side in sides[crowded].tolist():
            self._dialogs[side >> 1].crowded = True
        self._keys, self._sides = keys[~crowded], sides[~crowded]
        of = [self._dialogs[side >> 1] for side in self._sides.tolist()]
        self._since_ns = np.array([dialog.since_ns for dialog in of], np.int64)
        self._until_ns = np.array([dialog.until_ns for dialog in of], np.int64)

    def count(self, index: PacketIndex, first: int, last: int) -> None:
        """Count the RTP among these rows for the calls that it belongs to."""
        if not self._keys.size:
            return
        rows = _datagrams(index, first, last)
        source = index.source[rows].astype(np.int64) << 16 | index.source_port[rows]
        destination = index.destination[rows].astype(np.int64) << 16 | index.destination_port[rows]
        near = np.isin(source, self._keys) | np.isin(destination, self._keys)
        rows, source, destination = rows[near], source[near], destination[near]
        octets = index.payload_bytes(rows, 0, 2)
        # RFC 3550 5.1 for the version, RFC 5761 4 for what is RTCP
        rtp = (octets[:, 0] >> 6 == 2) & ((octets[:, 1] < 192) | (octets[:, 1] > 223))
        time_ns = index.time_ns[rows[rtp]]
        for by, keys in ((0, source[rtp]), (1, destination[rtp])):
            self._add(by, keys, time_ns)

    def _add(self, by: int, keys: _Integers, time_ns: _Integers) -> None:
        begin = np.searchsorted(self._keys, keys, "left")
        times = np.searchsorted(self._keys, keys, "right") - begin
        entries = np.repeat(begin - (np.cumsum(times) - times), times) + np.arange(times.sum())
        time_ns = np.repeat(time_ns, times)
        entries = entries[(time_ns >= self._since_ns[entries]) & (time_ns < self._until_ns[entries])]
        sides, counts = np.unique(self._sides[entries], return_counts=True)
        for side, count in zip(sides.tolist(), counts.tolist(), strict=True):
            # what comes from a side goes its way, what comes to it the other one's
            self._dialogs[side >> 1].seen[(side & 1) ^ by][by] += count


def _datagrams(index: PacketIndex, first: int, last: int) -> _Integers:
    """The rows that may be RTP. What a session description tells comes before the label, which is by content."""
    large = (index.transport[first:last] == _UDP) & (index.payload_length[first:last] >= _SHORTEST_RTP)
    rows: _Integers = np.flatnonzero(large & ~np.isin(index.protocol[first:last], _NEVER_MEDIA)) + first
    return rows


def _sound(exchange: tuple[str, int | None], data: bytes) -> _Sound:
    """What the session description in a message says of sound (RFC 8866 5.14, RFC 3264 8.4 for hold)."""
    session, *sections = _SECTION.split(_HEADER_END.split(data, 1)[-1])
    audio = [section for section in sections if section.startswith(b"m=audio ")]
    if not audio or len(audio) > _MOST_ENDS:
        return _Sound(exchange, frozenset(), held=True)
    ends = frozenset(end for section in audio for end in _rtp_ends(session + b"\r\n" + section))
    usual = _direction(session, b"sendrecv")
    held = any(
        _direction(section, usual) != b"sendrecv" or section.startswith((b"m=audio 0 ", b"m=audio 0/")) for section in audio
    )
    return _Sound(exchange, ends, held or any(address in _ANYWHERE for address, _ in ends))


def _rtp_ends(description: bytes) -> Iterator[tuple[str, int]]:
    return ((end.address, end.port) for end in media_ends(description) if end.protocol is Protocol.RTP)


def _direction(section: bytes, otherwise: bytes) -> bytes:
    found = _DIRECTION.search(section)
    return otherwise if found is None else found[1]


def _bound(known: dict[Any, Any], most: int) -> None:
    """Forget the oldest beyond ``most``."""
    while len(known) > most:
        del known[next(iter(known))]
