"""Finds calls whose sound goes one way only, while a capture grows: both sides said where they want RTP, and one gets none,
or gets no more, while the other's goes on.

A side that falls silent because nobody speaks there is no failure: after comfort noise nothing is expected of it, and where
silence suppression was agreed it may pause for long. What is kept is bounded: a few thousand calls, with the ends that their
session descriptions name and a few counters each.
"""

from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from sipview.calls import Observed
from sipview.calls.joining import user_or_uri
from sipview.index import PacketIndex, Protocol
from sipview.session.wanted_sound import MOST_ENDS, WantedSound, is_comfort_noise, may_pause, wanted_sound
from sipview.values import NANOSECONDS

SILENCE_S = 10.0
"""How long a side hears nothing before that is a failure, unless the user wants it otherwise."""

SHORTEST_SILENCE_S = 3.0
"""What a user may want at the least: any shorter, packets that are read late would be missed."""

PAUSE_S = 60.0
"""The same where silence suppression was agreed, so that a side may say nothing while it only listens."""

_LEAST_PACKETS = 200  # of the way that RTP goes: some seconds of sound, and no tone or stray packet
_LEAST_BEHIND = 75  # of it, behind the last one of the other way: nothing but a stopped clock brings so many in no time
_LATE_NS = 5 * NANOSECONDS  # packets of other sources may be read that much later than the BYE
_SET_BACK_NS = 5 * NANOSECONDS  # a clock that goes back further has been set
_MOST_CALLS = 4_000
_MOST_SIDES = 2 * _MOST_CALLS
_ROWS_AT_ONCE = 1 << 15
_UDP, _SHORTEST_RTP, _LOOKED_AT = 17, 12, 2
_NEVER_MEDIA = (Protocol.STUN, Protocol.SIP, Protocol.DNS, Protocol.DHCP)
_NOT_YET = np.iinfo(np.int64).max
_NEVER = np.iinfo(np.int64).min
_DESCRIBING = frozenset({"INVITE", "ACK", "PRACK", "UPDATE"})  # whose bodies offer and answer (RFC 6337 2)

_Integers = npt.NDArray[np.int64]


class OneWay(NamedTuple):
    """A call with RTP one way only: nothing came from ``silent`` to ``unhearing``. ``at_ns`` is when that was known.

    ``caller`` and ``callee`` are whom the INVITE that was answered came from and went to: one of them is silent.
    ``stopped_ns`` is when the last packet came from ``silent``; None where none ever did.
    """

    call_id: str
    caller: str
    callee: str
    silent: str
    unhearing: str
    at_ns: int
    stopped_ns: int | None = None


@dataclass(slots=True)
class _Dialog:
    """A call that was answered; what was heard of it is in the ``slot`` of `_Heard`.

    ``crowded``: too many calls name one of its ends. ``offered``: which side has offered something else than before, in which
    exchange, and what it had wanted until then: that holds again where the offer is refused (RFC 3261 14.1).
    """

    call_id: str
    tags: tuple[str, str]
    parties: tuple[str, str]
    sounds: list[WantedSound | None]
    slot: int
    crowded: bool = False
    offered: tuple[int, WantedSound, tuple[str, int | None]] | None = None

    @property
    def wants_sound(self) -> bool:
        """Whether both sides want RTP to come, and have said where."""
        return all(sound is not None and sound.ends and not sound.held for sound in self.sounds)


class _Heard:
    """The RTP of dialogs, each in a slot. Way 0 is from the caller, 1 from the callee.

    ``seen[slot, way, by]`` counts packets since ``since_ns[slot]``; by 0 are packets told by their source, by 1 those by their
    destination. ``behind`` counts those of them that came after the last packet of the other way. That one came at ``last_ns``,
    had ``last_type`` as its payload type, and ``last_size`` bytes.
    """

    def __init__(self, slots: int) -> None:
        self.since_ns = np.zeros(slots, np.int64)
        self.until_ns = np.zeros(slots, np.int64)
        self.seen = np.zeros((slots, 2, 2), np.int64)
        self.behind = np.zeros((slots, 2, 2), np.int64)
        self.last_ns = np.full((slots, 2), _NEVER)
        self.last_type = np.zeros((slots, 2), np.int64)
        self.last_size = np.zeros((slots, 2), np.int64)
        self._free = list(range(slots))

    def begin(self, time_ns: int) -> int:
        """A free slot, for a dialog that is answered now."""
        slot = self._free.pop()
        self.until_ns[slot] = _NOT_YET
        self.begin_anew(slot, time_ns)
        return slot

    def begin_anew(self, slot: int, time_ns: int) -> None:
        """What was heard before counts no more."""
        self.since_ns[slot] = time_ns
        self.seen[slot] = self.behind[slot] = 0
        self.last_ns[slot] = _NEVER

    def free(self, slot: int) -> None:
        """A dialog is forgotten."""
        self._free.append(slot)

    def add(self, ways: _Integers, by: _Integers, time_ns: _Integers, types: _Integers, sizes: _Integers) -> None:
        """Take packets, in any order; ``ways`` are twice the slot and the way."""
        if not ways.size:
            return
        order = np.lexsort((time_ns, ways))
        latest = order[np.flatnonzero(np.diff(ways[order], append=-1))]
        latest = latest[time_ns[latest] >= self.last_ns.reshape(-1)[ways[latest]]]
        way = ways[latest]
        self.last_ns.reshape(-1)[way] = time_ns[latest]
        self.last_type.reshape(-1)[way], self.last_size.reshape(-1)[way] = types[latest], sizes[latest]
        self.behind.reshape(-1, 2)[way ^ 1] = 0
        np.add.at(self.seen.reshape(-1, 2), (ways, by), 1)
        behind = time_ns > self.last_ns.reshape(-1)[ways ^ 1]
        np.add.at(self.behind.reshape(-1, 2), (ways[behind], by[behind]), 1)


_Key = tuple[str, frozenset[str]]


class OneWayWatch:
    """Takes messages and rows as they come, of one index or of several, and says which calls have sound one way only.

    ``silence_s``: how long a side hears nothing before that is a failure.
    """

    def __init__(self, silence_s: float = SILENCE_S) -> None:
        self._silence_ns = round(silence_s * NANOSECONDS)
        self._pause_ns = max(self._silence_ns, round(PAUSE_S * NANOSECONDS))
        self._sides: dict[tuple[str, str], WantedSound] = {}  # of calls that are not answered yet: Call-ID and tag
        self._dialogs: dict[_Key, _Dialog] = {}
        self._heard = _Heard(_MOST_CALLS + 1)
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
            if dialog is not None and self._heard.until_ns[dialog.slot] == _NOT_YET:
                self._heard.until_ns[dialog.slot] = observed.time_ns
            for tag in key[1]:
                self._sides.pop((facts.call_id, tag), None)
            return
        if facts.sdp and facts.cseq_method in _DESCRIBING and (facts.status or 0) < 300:
            self._take_sound(observed, dialog, data)
        if dialog is not None and (facts.status or 0) >= 200:
            self._take_final(dialog, observed)
        if dialog is None and facts.cseq_method == "INVITE" and facts.to_tag and 200 <= (facts.status or 0) < 300:
            tags = (facts.from_tag, facts.to_tag)
            sounds = [self._sides.get((facts.call_id, tag)) for tag in tags]
            parties = (user_or_uri(facts.from_uri), user_or_uri(facts.to_uri))
            slot = self._heard.begin(observed.time_ns)
            self._dialogs[key] = _Dialog(facts.call_id, tags, parties, sounds, slot)
            while len(self._dialogs) > _MOST_CALLS:
                self._forget(next(iter(self._dialogs)))
            self._tables.clear()

    def _take_sound(self, observed: Observed, dialog: _Dialog | None, data: bytes) -> None:
        facts = observed.facts
        tag = facts.to_tag if facts.method is None else facts.from_tag
        if not tag:
            return
        side = None if dialog is None else dialog.tags.index(tag)
        before = self._sides.get((facts.call_id, tag)) if dialog is None or side is None else dialog.sounds[side]
        sound = wanted_sound((facts.from_tag, facts.cseq_number), data)
        if before is not None and before.exchange == sound.exchange:
            sound = before.beside(sound)
        if dialog is not None and side is not None:
            if before is not None and before.exchange != sound.exchange and facts.method in {"INVITE", "UPDATE"}:
                dialog.offered = (side, before, sound.exchange)
            self._hear(dialog, side, sound, observed.time_ns)
        else:
            self._sides.pop((facts.call_id, tag), None)
            self._sides[facts.call_id, tag] = sound
            while len(self._sides) > _MOST_SIDES:
                del self._sides[next(iter(self._sides))]

    def _take_final(self, dialog: _Dialog, observed: Observed) -> None:
        """Where an offer is refused, all stays as it was; a fax that is not wanted (488), for one."""
        facts = observed.facts
        if dialog.offered is None or dialog.offered[2] != (facts.from_tag, facts.cseq_number):
            return
        side, before, _ = dialog.offered
        dialog.offered = None
        if (facts.status or 0) >= 300:
            self._hear(dialog, side, before, observed.time_ns)

    def _hear(self, dialog: _Dialog, side: int, sound: WantedSound, time_ns: int) -> None:
        """A side has said what it wants; where that is another thing than before, all begins anew."""
        before, dialog.sounds[side] = dialog.sounds[side], sound
        if before is None or (before.ends, before.held) != (sound.ends, sound.held):
            self._heard.begin_anew(dialog.slot, time_ns)
            dialog.crowded = False
        self._tables.clear()

    def _forget(self, key: _Key) -> None:
        self._heard.free(self._dialogs.pop(key).slot)

    def take_rows(self, index: PacketIndex, first: int, last: int) -> None:
        """Take the rows from ``first`` up to ``last`` of an index; each row once."""
        if first >= last:
            return
        places = self._places.setdefault(index, _Places())
        latest_ns = int(index.time_ns[first:last].max())
        if latest_ns < places.latest_ns - _SET_BACK_NS:
            self._begin_anew(int(index.time_ns[first:last].min()))
        places.latest_ns = latest_ns
        self._now_ns = max(self._now_ns, latest_ns)
        new = places.learn(index)
        table = self._tables.get(index)
        if table is None or not table.missing.isdisjoint(new):
            table = self._tables[index] = _Table(places.numbers, self._dialogs)
        for begin in range(first, last, _ROWS_AT_ONCE):
            table.count(index, begin, min(begin + _ROWS_AT_ONCE, last), self._heard)

    def _begin_anew(self, time_ns: int) -> None:
        """The clock was set back: no time that was told before can be compared with those that come."""
        self._now_ns = 0
        for dialog in self._dialogs.values():
            self._heard.begin_anew(dialog.slot, time_ns)

    def found(self) -> list[OneWay]:
        """The calls that have RTP one way only, for as long as it takes in the capture's time, by their age."""
        found, over = [], []
        suspects = self._suspects()
        late = self._now_ns - self._heard.until_ns > _LATE_NS
        for key, dialog in self._dialogs.items():
            one_way = None if dialog.slot not in suspects else self._judged(dialog, suspects[dialog.slot])
            if one_way is not None:
                found.append(one_way)
            elif late[dialog.slot]:
                over.append(key)
        for key in over:
            self._forget(key)
        if over:
            self._tables.clear()
        return found

    def _suspects(self) -> dict[int, int]:
        """The slots of calls that have RTP one way only, as far as numbers tell, with that way."""
        heard = self._heard
        # A packet may count by its source and by its destination, so the larger number is sure.
        seen, behind = heard.seen.max(axis=2), heard.behind.max(axis=2)
        long = np.minimum(self._now_ns, heard.until_ns) - heard.since_ns >= self._silence_ns
        suspects: dict[int, int] = {}
        for way in (0, 1):
            never = long & (seen[:, way] >= _LEAST_PACKETS) & (seen[:, 1 - way] == 0)
            both = (seen[:, way] > 0) & (seen[:, 1 - way] > 0)
            gap = np.where(both, heard.last_ns[:, way] - np.where(both, heard.last_ns[:, 1 - way], 0), 0)
            stopped = (gap >= self._silence_ns) & (behind[:, way] >= _LEAST_BEHIND)
            suspects |= dict.fromkeys(np.flatnonzero(never | stopped).tolist(), way)
        return suspects

    def _judged(self, dialog: _Dialog, way: int) -> OneWay | None:
        if not dialog.wants_sound or dialog.crowded:
            return None
        heard, slot = self._heard, dialog.slot
        unhearing, silent = dialog.parties[way], dialog.parties[1 - way]
        if not heard.seen[slot, 1 - way].any():
            at_ns = int(min(self._now_ns, heard.until_ns[slot]))
            return OneWay(dialog.call_id, *dialog.parties, silent, unhearing, at_ns)
        stopped_ns, at_ns = int(heard.last_ns[slot, 1 - way]), int(heard.last_ns[slot, way])
        sender, receiver = dialog.sounds[1 - way], dialog.sounds[way]
        payload_type, size = int(heard.last_type[slot, 1 - way]), int(heard.last_size[slot, 1 - way])
        if sender is None or receiver is None or is_comfort_noise(payload_type, size, receiver):
            return None
        if at_ns - stopped_ns < self._pause_ns and may_pause(payload_type, sender, receiver):
            return None
        return OneWay(dialog.call_id, *dialog.parties, silent, unhearing, at_ns, stopped_ns)


class _Places:
    """The addresses of an index by their texts; what it knows grows with the index. ``latest_ns``: of the rows taken last."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.latest_ns = 0

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
        wanting = [dialog for dialog in dialogs.values() if dialog.wants_sound]
        ends = [
            (address, port, 2 * position + side)
            for position, dialog in enumerate(wanting)
            for side, sound in enumerate(dialog.sounds)
            if sound is not None
            for address, port in sound.ends
        ]
        self.missing = {address for address, _, _ in ends} - numbers.keys()
        entries = sorted((numbers[address] << 16 | port, side) for address, port, side in ends if address in numbers)
        table = np.array(entries, np.int64).reshape(-1, 2)
        keys, sides = table[:, 0], table[:, 1]
        _, place, times = np.unique(keys, return_inverse=True, return_counts=True)
        crowded = times[place] > MOST_ENDS
        for side in sides[crowded].tolist():
            wanting[side >> 1].crowded = True
        self._keys = keys[~crowded]
        slots = np.array([dialog.slot for dialog in wanting], np.int64)
        sides = sides[~crowded]
        self._ways = slots[sides >> 1] << 1 | sides & 1

    def count(self, index: PacketIndex, first: int, last: int, heard: _Heard) -> None:
        """Count the RTP among these rows for the calls that it belongs to."""
        if not self._keys.size:
            return
        rows = _datagrams(index, first, last)
        source = index.source[rows].astype(np.int64) << 16 | index.source_port[rows]
        destination = index.destination[rows].astype(np.int64) << 16 | index.destination_port[rows]
        near = np.isin(source, self._keys) | np.isin(destination, self._keys)
        rows, source, destination = rows[near], source[near], destination[near]
        octets = index.payload_bytes(rows, 0, _LOOKED_AT)
        # RFC 3550 5.1 for the version, RFC 5761 4 for what is RTCP
        rtp = (octets[:, 0] >> 6 == 2) & ((octets[:, 1] < 192) | (octets[:, 1] > 223))
        rows, types = rows[rtp], octets[rtp, 1].astype(np.int64) & 0x7F
        # what comes from a side goes its way, what comes to it the other one's
        from_source, source_ways = self._found(source[rtp])
        to_destination, destination_ways = self._found(destination[rtp])
        which = np.concatenate((from_source, to_destination))
        ways = np.concatenate((source_ways, destination_ways ^ 1))
        by = np.repeat(np.array([0, 1]), (from_source.size, to_destination.size))
        time_ns = index.time_ns[rows[which]]
        counts = (time_ns >= heard.since_ns[ways >> 1]) & (time_ns < heard.until_ns[ways >> 1])
        which, ways, by, time_ns = which[counts], ways[counts], by[counts], time_ns[counts]
        heard.add(ways, by, time_ns, types[which], _sizes(index, rows[which]))

    def _found(self, keys: _Integers) -> tuple[_Integers, _Integers]:
        """The positions of those keys that are ends here, and the slot and side of each: as often as there are such ends."""
        begin = np.searchsorted(self._keys, keys, "left")
        times = np.searchsorted(self._keys, keys, "right") - begin
        entries = np.repeat(begin - (np.cumsum(times) - times), times) + np.arange(times.sum())
        return np.repeat(np.arange(keys.size), times), self._ways[entries]


def _datagrams(index: PacketIndex, first: int, last: int) -> _Integers:
    """The rows that may be RTP. What a session description tells comes before the label, which is by content."""
    udp = (index.transport[first:last] == _UDP) & (index.payload_length[first:last] >= _LOOKED_AT)
    rows: _Integers = np.flatnonzero(udp & ~np.isin(index.protocol[first:last], _NEVER_MEDIA)) + first
    return rows[_sizes(index, rows) >= _SHORTEST_RTP]


def _sizes(index: PacketIndex, rows: _Integers) -> _Integers:
    """The bytes of payload of each packet on the wire: a capture may keep no more of sound than its headers."""
    cut = index.length[rows].astype(np.int64) - index.captured[rows]
    sizes: _Integers = index.payload_length[rows].astype(np.int64) + np.maximum(cut, 0)
    return sizes
