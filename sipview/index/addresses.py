"""Network addresses as small numbers: a packet row holds a position, the text stands once."""

import ipaddress
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

_FIRST_BITS = 12
_ROOM = 4  # slots for each address: most stand in their own

Keys = tuple[npt.NDArray[np.unsignedinteger[Any]], ...]
AddressNumbers = npt.NDArray[np.uint32]
Learned = tuple[bool, Keys]
"""Whether these are IPv6 addresses, and the keys of new ones in the order of their positions."""
_PAIR_BITS = 14
_MIX = np.uint64(0x9E3779B97F4A7C15)


class AddressBook:
    """Gives each address a position in ``texts``; position 0 is "", for packets without one.

    May be asked by several threads: batches have their layers taken off while fragments of the one before are put together.
    """

    def __init__(self, *, keep_learned: bool = False) -> None:
        """``keep_learned``: the book is asked for what it has `learned` instead of texts, which are all empty then."""
        self._lock = threading.RLock()
        self.texts: list[str] = [""]
        self._learned: list[Learned] = []
        if keep_learned:
            self._ipv4 = _Family(self.texts, (np.uint32,), _no_text, lambda keys: self._learned.append((False, keys)))
            self._ipv6 = _Family(self.texts, (np.uint64, np.uint64), _no_text, lambda keys: self._learned.append((True, keys)))
        else:
            self._ipv4 = _Family(self.texts, (np.uint32,), _ipv4_text)
            self._ipv6 = _Family(self.texts, (np.uint64, np.uint64), _ipv6_text)
        # the pairs of addresses that were asked for last: the octets, the positions of both, and who asks just now
        self._asking = np.zeros(1 << _PAIR_BITS, np.int64)
        self._pairs = np.zeros(1 << _PAIR_BITS, np.uint64)
        self._pairs[0] = 1  # no pair that belongs there, as in all other slots: two zero addresses would
        self._numbers = np.zeros(1 << _PAIR_BITS, np.uint64)

    def learned(self) -> list[Learned]:
        """The addresses that got positions since the last call, in the order of these."""
        with self._lock:
            found = self._learned[:]
            self._learned.clear()
        return found

    def know(self, learned: Learned) -> AddressNumbers:
        """The positions, here, of addresses that another book has learned."""
        is_ipv6, keys = learned
        with self._lock:
            return (self._ipv6 if is_ipv6 else self._ipv4).positions(keys)

    def ipv4(self, values: npt.NDArray[np.uint32]) -> AddressNumbers:
        """The positions of IPv4 addresses, given as numbers."""
        with self._lock:
            return self._ipv4.positions((values.astype(np.uint32),))

    def ipv4_pairs(self, pairs: npt.NDArray[np.uint64]) -> tuple[AddressNumbers, AddressNumbers]:
        """The positions of source and destination addresses, given as the eight octets of an IPv4 header (RFC 791 3.1).

        Few pairs talk in a capture, and mostly those that just did, so the last ones are remembered as pairs.
        """
        with self._lock:
            both = self._of_pairs(np.ascontiguousarray(pairs)).view(np.uint32).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def _of_pairs(self, pairs: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """The positions of both, each pair of them as one element."""
        slots = _slots_of(pairs)
        numbers = self._numbers.take(slots)
        new = np.flatnonzero(self._pairs.take(slots) != pairs)
        if new.size:
            # one packet of each pair stands for all; of pairs that want the same slot the last one gets it
            wanted = slots[new]
            self._asking[wanted] = new
            asking = new[self._asking[wanted] == new]
            numbers[asking] = self._number(pairs[asking])
            self._pairs[slots[asking]], self._numbers[slots[asking]] = pairs[asking], numbers[asking]
            numbers[new] = self._numbers[wanted]
            without = new[self._pairs[wanted] != pairs[new]]
            if without.size:
                numbers[without] = self._number(pairs[without])
        return numbers

    def _number(self, pairs: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        return self.ipv4(pairs.view(">u4")).view(np.uint64)

    def ipv6(self, high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> AddressNumbers:
        """The positions of IPv6 addresses, given as the numbers of their upper and lower 64 bits."""
        with self._lock:
            return self._ipv6.positions((high.astype(np.uint64), low.astype(np.uint64)))


def _slots_of(pairs: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    slots = pairs * _MIX
    slots >>= np.uint64(64 - _PAIR_BITS)
    return slots.view(np.int64)


def _no_text(*_: int) -> str:
    return ""


def _ipv4_text(value: int) -> str:
    return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"


def _ipv6_text(high: int, low: int) -> str:
    address = ipaddress.IPv6Address(high << 64 | low)
    return f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped is not None else str(address)  # RFC 5952 5


class _Family:
    """The addresses of one family: a hash table with open addressing that is asked for many at once.

    An address is one number or several (``kinds``), and so a key is one array or several.
    """

    def __init__(
        self,
        texts: list[str],
        kinds: tuple[type[np.unsignedinteger[Any]], ...],
        text_of: Callable[..., str],
        tell: Callable[[Keys], None] | None = None,
    ) -> None:
        """``tell`` is called with the keys of new addresses."""
        self._texts = texts
        self._kinds = kinds
        self._text_of = text_of
        self._tell = tell
        self._used = 0
        # odd, and unknown to whoever wrote the capture: nobody can choose addresses which all fall into one slot
        self._factors = tuple(np.frombuffer(os.urandom(kind().itemsize), kind)[0] | kind(1) for kind in kinds)
        self._make_table(_FIRST_BITS)

    def positions(self, keys: Keys) -> AddressNumbers:
        slots = self._slots(keys)
        found: AddressNumbers = self._position[slots]
        other = np.flatnonzero(~self._equal(slots, keys) | (found == 0))
        if other.size:
            found[other] = self._search(tuple(key[other] for key in keys))
        return found

    def _search(self, keys: Keys) -> AddressNumbers:
        """The positions of addresses that may be new, or stand behind their own slots."""
        found = np.zeros(keys[0].size, np.uint32)
        rows, slots = np.arange(found.size), self._slots(keys)
        while rows.size:
            at = self._position[slots]
            waiting = tuple(key[rows] for key in keys)
            same = (at != 0) & self._equal(slots, waiting)
            found[rows[same]] = at[same]
            free = at == 0
            if free.any():
                self._learn(slots[free], tuple(key[free] for key in waiting))
            # who found another address there goes on to the next slot; who may just have been learned looks again
            slots = np.where(free, slots, (slots + 1) & (self._position.size - 1))[~same]
            rows = rows[~same]
            if _ROOM * self._used > self._position.size:
                self._grow()
                slots = self._slots(tuple(key[rows] for key in keys))
        return found

    def _slots(self, keys: Keys) -> npt.NDArray[np.int64]:
        mixed = keys[0] * self._factors[0]
        for key, factor in zip(keys[1:], self._factors[1:], strict=True):
            mixed ^= key * factor
        slots: npt.NDArray[np.int64] = (mixed >> mixed.dtype.type(8 * mixed.itemsize - self._bits)).astype(np.int64)
        return slots

    def _equal(self, slots: npt.NDArray[np.int64], keys: Keys) -> npt.NDArray[np.bool_]:
        equal: npt.NDArray[np.bool_] = self._keys[0][slots] == keys[0]
        for known, key in zip(self._keys[1:], keys[1:], strict=True):
            equal &= known[slots] == key
        return equal

    def _make_table(self, bits: int) -> None:
        self._bits = bits
        self._keys = tuple(np.zeros(1 << bits, kind) for kind in self._kinds)
        self._position = np.zeros(1 << bits, np.uint32)  # in the texts; 0: the slot is free

    def _learn(self, slots: npt.NDArray[np.int64], keys: Keys) -> None:
        """Take new addresses in: of those that want the same free slot, one."""
        chosen = self._settle(slots, np.arange(1, slots.size + 1, dtype=np.uint32), keys)
        first = len(self._texts)
        self._position[slots[chosen]] = np.arange(first, first + chosen.size)
        self._used += chosen.size
        new = tuple(key[chosen] for key in keys)
        self._texts.extend(map(self._text_of, *(key.tolist() for key in new)))
        if self._tell is not None:
            self._tell(new)

    def _settle(self, slots: npt.NDArray[np.int64], positions: AddressNumbers, keys: Keys) -> npt.NDArray[np.int64]:
        """Put keys into free slots; which of them got one."""
        self._position[slots] = positions
        chosen = np.flatnonzero(self._position[slots] == positions)
        for known, key in zip(self._keys, keys, strict=True):
            known[slots[chosen]] = key[chosen]
        return chosen

    def _grow(self) -> None:
        """A larger table; the texts stay where they are, and so do all positions given out."""
        taken = np.flatnonzero(self._position)
        position, keys = self._position[taken], tuple(known[taken] for known in self._keys)
        needed = (_ROOM * self._used).bit_length() + 1
        self._make_table(needed)
        waiting, slots = np.arange(taken.size), self._slots(keys)
        while waiting.size:
            free = np.flatnonzero(self._position[slots] == 0)
            got = free[self._settle(slots[free], position[waiting[free]], tuple(key[waiting[free]] for key in keys))]
            left = np.ones(waiting.size, np.bool_)
            left[got] = False
            waiting, slots = waiting[left], ((slots + 1) & (self._position.size - 1))[left]
