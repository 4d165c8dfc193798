"""Network addresses as small numbers: a packet row holds a position, the text stands once."""

import ipaddress
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_SLOTS_BITS = 14
_MIX_HIGH, _MIX_LOW = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)  # odd, with well spread bits
_LOW_HALF = (1 << 64) - 1


class AddressBook:
    """Gives each address a position in ``texts``, in order of appearance; position 0 is "" for packets without one."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._ipv4 = _Known(self.texts, lambda value: str(ipaddress.IPv4Address(value)))
        self._ipv6 = _Known(self.texts, _ipv6_text)

    def ipv4(self, values: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
        """The positions of IPv4 addresses, given as numbers."""
        return self._ipv4.positions(np.zeros(values.size, np.uint64), values.astype(np.uint64))

    def ipv6(self, high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
        """The positions of IPv6 addresses, given as the numbers of their upper and lower 64 bits."""
        return self._ipv6.positions(high.astype(np.uint64), low.astype(np.uint64))


def _ipv6_text(value: int) -> str:
    address = ipaddress.IPv6Address(value)
    return f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped is not None else str(address)  # RFC 5952 5


class _Known:
    """The addresses of one family.

    A table with one slot a hash answers for the addresses that a capture consists of, many at once. What it does not hold is
    looked up in a dictionary, one *different* address at a time, and takes over the slot.
    """

    def __init__(self, texts: list[str], text_of: Callable[[int], str]) -> None:
        self._texts = texts
        self._text_of = text_of
        self._all: dict[int, int] = {}
        self._high = np.zeros(1 << _SLOTS_BITS, np.uint64)
        self._low = np.zeros(1 << _SLOTS_BITS, np.uint64)
        self._position = np.zeros(1 << _SLOTS_BITS, np.uint32)  # 0: the slot is free

    def positions(self, high: npt.NDArray[np.uint64], low: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
        slots = ((high * _MIX_HIGH) ^ (low * _MIX_LOW)) >> np.uint64(64 - _SLOTS_BITS)
        found: npt.NDArray[np.uint32] = self._position[slots]
        missed = np.flatnonzero((found == 0) | (self._low[slots] != low) | (self._high[slots] != high))
        if missed.size:
            pairs = np.stack((high[missed], low[missed]), axis=1)
            different, first, inverse = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
            learned = np.array([self._position_of((upper << 64) | lower) for upper, lower in different.tolist()], np.uint32)
            found[missed] = learned[inverse.reshape(-1)]
            taken = slots[missed[first]]
            self._high[taken], self._low[taken], self._position[taken] = different[:, 0], different[:, 1], learned
        return found

    def _position_of(self, value: int) -> int:
        position = self._all.get(value)
        if position is None:
            position = self._all[value] = len(self._texts)
            self._texts.append(self._text_of(value))
        return position
