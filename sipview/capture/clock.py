"""The clock of a pcapng interface (if_tsresol, if_tsoffset): ticks to nanoseconds since the epoch."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sipview.values import NANOSECONDS

_LATEST_NS = (1 << 63) - 1
_EXACT_BITS = 34  # up to here the fraction of a second times 10**9 fits into 64 bits


@dataclass(frozen=True, slots=True)
class Clock:
    """Ticks of ``base ** -exponent`` seconds (``base`` 2 or 10), counted from ``offset_s`` seconds after the epoch."""

    base: int = 10
    exponent: int = 6
    offset_s: int = 0

    @staticmethod
    def of_options(resolution: int, offset_s: int) -> "Clock":
        """From the values of if_tsresol (one byte; the highest bit chooses the base) and if_tsoffset."""
        return Clock(2 if resolution & 0x80 else 10, resolution & 0x7F, offset_s)

    @property
    def digits(self) -> int:
        """How many fractional digits of a second this clock gives, at most 9."""
        return min(9, math.ceil(self.exponent * math.log10(self.base)))

    def nanoseconds(self, ticks: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Ticks as nanoseconds since the epoch; what 64 bits cannot hold becomes the latest (or earliest) moment."""
        offset_ns = max(-_LATEST_NS, min(self.offset_s * NANOSECONDS, _LATEST_NS))
        since = self._since_offset(ticks)
        np.minimum(since, _LATEST_NS - max(offset_ns, 0), out=since)
        since += offset_ns
        return since

    def _since_offset(self, ticks: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        if self.base == 2:
            return self._from_binary(ticks)
        if self.exponent <= 9:
            factor = 10 ** (9 - self.exponent)
            return np.minimum(ticks, np.uint64(_LATEST_NS // factor)).astype(np.int64) * np.int64(factor)
        divisor = 10 ** (self.exponent - 9)
        if divisor >= 1 << 64:
            return np.zeros(ticks.size, np.int64)
        since: npt.NDArray[np.int64] = np.minimum(ticks // np.uint64(divisor), np.uint64(_LATEST_NS)).astype(np.int64)
        return since

    def _from_binary(self, ticks: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        if self.exponent > _EXACT_BITS:
            exact = ((tick * NANOSECONDS) >> self.exponent for tick in ticks.tolist())
            return np.fromiter((min(time_ns, _LATEST_NS) for time_ns in exact), np.int64, ticks.size)
        shift = np.uint64(self.exponent)
        seconds = np.minimum(ticks >> shift, np.uint64(_LATEST_NS // NANOSECONDS - 1)).astype(np.int64)
        fraction = ticks & np.uint64((1 << self.exponent) - 1)
        since: npt.NDArray[np.int64] = seconds * NANOSECONDS + ((fraction * np.uint64(NANOSECONDS)) >> shift).astype(np.int64)
        return since
