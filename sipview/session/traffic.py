"""Traffic over time, as numbers: packets, media, SIP messages by class, retransmissions, and how many calls are up.

A graph has as many points as a screen has; a capture may last days. So a point of a rate tells the highest count of one
second (or of one finer step) in its span, and a point of a level the highest level in its span: a short peak is a peak at
every zoom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from sipview.calls import Call, Observed
from sipview.index import Protocol
from sipview.session.snapshot import Snapshot
from sipview.values import NANOSECONDS

Values = npt.NDArray[np.int64]

_STEPS_NS = tuple(round(factor * 10**power) for power in range(5, 13) for factor in (1, 2, 5))
_MOST_STEPS = 2_000_000  # of the finest division; a capture that claims to last for years has coarser ones

PACKETS, MEDIA, RETRANSMISSIONS, CALLS_UP = "packets", "media", "retransmissions", "calls-up"
SIP_CLASSES = (
    "INVITE", "ACK and PRACK", "BYE and CANCEL", "REGISTER", "OPTIONS", "other requests",
    "1xx", "2xx", "3xx", "4xx", "5xx", "6xx",
)  # fmt: skip
"""SIP messages by what they are for; the first digit of a status is its class (RFC 3261 7.2)."""

_REQUEST_CLASSES = {"INVITE": 0, "ACK": 1, "PRACK": 1, "BYE": 2, "CANCEL": 2, "REGISTER": 3, "OPTIONS": 4}
_OTHER_REQUEST, _FIRST_RESPONSE = 5, 6


@dataclass(frozen=True, slots=True)
class Traffic:
    """Points over a span of time: point n covers ``width_ns`` from ``begin_ns + n * width_ns`` (since the first packet).

    A rate counts what came within ``step_ns`` (at most ``width_ns``), the highest of those in the point's span.
    """

    begin_ns: int
    width_ns: int
    step_ns: int
    series: Mapping[str, Values]

    @property
    def count(self) -> int:
        """How many points."""
        return len(self.series[PACKETS])


class TrafficSource:
    """The moments of a snapshot, ready to be counted. Making it looks at each message once.

    All times are in nanoseconds since the first packet of the capture, as in the filter field ``frame.time_relative``.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        index = snapshot.index
        assert index is not None, "a snapshot with packets has an index"
        self._index = index
        self._count = snapshot.packets
        self.origin_ns = int(index.time_ns[0]) if self._count else 0
        messages = snapshot.messages
        self._messages = np.fromiter((seen.time_ns for seen in messages), np.int64, len(messages)) - self.origin_ns
        self._classes = np.fromiter((_class_of(seen) for seen in messages), np.int8, len(messages))
        again = np.array(snapshot.conversations.retransmission_of, np.int64) >= 0
        self._again = self._messages[: again.size][again]
        self._changes, self._levels = _levels(snapshot.conversations.calls, self.origin_ns)

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last moment of the capture."""
        if not self._count:
            return 0, 0
        times = self._index.time_ns[: self._count]
        return int(times.min()) - self.origin_ns, int(times.max()) - self.origin_ns

    def between(self, begin_ns: int, end_ns: int, most: int) -> Traffic:
        """The traffic from one moment to another in at most ``most`` points, or one more where it begins within one."""
        most = max(1, most)
        wanted = max(1, -(-(end_ns - begin_ns + 1) // most))
        width = next((step for step in _STEPS_NS if step >= wanted), wanted)
        step = min(width, max(NANOSECONDS, _finest(end_ns - begin_ns)))
        width = -(-width // step) * step
        begin = begin_ns - begin_ns % width
        count = (end_ns - begin) // width + 1
        grid = _Grid(begin, width, step, count)
        times = self._index.time_ns[: self._count]
        protocol = self._index.protocol[: self._count]
        series: dict[str, Values] = {
            PACKETS: grid.rate(times, self.origin_ns),
            MEDIA: grid.rate(times[protocol == Protocol.RTP], self.origin_ns),
            RETRANSMISSIONS: grid.rate(self._again),
            CALLS_UP: grid.level(self._changes, self._levels),
        }
        for number, name in enumerate(SIP_CLASSES):
            series[name] = grid.rate(self._messages[self._classes == number])
        return Traffic(begin, width, step, MappingProxyType(series))


@dataclass(frozen=True, slots=True)
class _Grid:
    begin: int
    width: int
    step: int
    count: int

    def rate(self, times: Values, origin: int = 0) -> Values:
        """The highest count of a step in each point's span."""
        steps_per_point = self.width // self.step
        at = (times - (origin + self.begin)) // self.step
        inside = (at >= 0) & (at < self.count * steps_per_point)
        counts = np.bincount(at[inside], minlength=self.count * steps_per_point)
        highest: Values = counts.reshape(self.count, steps_per_point).max(axis=1).astype(np.int64)
        return highest

    def level(self, changes: Values, levels: Values) -> Values:
        """The highest level in each point's span; ``levels[n]`` holds from ``changes[n]`` on."""
        if not changes.size:
            return np.zeros(self.count, np.int64)
        edges = self.begin + np.arange(self.count) * self.width
        before = np.searchsorted(changes, edges, side="right") - 1
        result: Values = np.where(before >= 0, levels[np.maximum(before, 0)], 0)
        at = (changes - self.begin) // self.width
        inside = (at >= 0) & (at < self.count)
        np.maximum.at(result, at[inside], levels[inside])
        return result


def filter_between(begin_ns: int, end_ns: int) -> str:
    """The display filter for the packets from one moment to another, both since the first packet."""
    return f"frame.time_relative >= {_seconds(begin_ns)} && frame.time_relative <= {_seconds(end_ns)}"


def _seconds(time_ns: int) -> str:
    sign, time_ns = ("-", -time_ns) if time_ns < 0 else ("", time_ns)
    text = f"{time_ns // NANOSECONDS}.{time_ns % NANOSECONDS:09d}".rstrip("0").rstrip(".")
    return sign + text


def _finest(span: int) -> int:
    """The finest step for a span, so that there are not too many of them."""
    wanted = span // _MOST_STEPS
    return next((step for step in _STEPS_NS if step >= wanted), wanted)


def _class_of(seen: Observed) -> int:
    facts = seen.facts
    if facts.method is not None:
        return _REQUEST_CLASSES.get(facts.method, _OTHER_REQUEST)
    return _FIRST_RESPONSE - 1 + min(max((facts.status or 100) // 100, 1), 6)


def _levels(calls: Sequence[Call], origin_ns: int) -> tuple[Values, Values]:
    """When the number of calls that are up changes, and what it is from then on."""
    starts = np.fromiter((call.start_ns for call in calls), np.int64, len(calls)) - origin_ns
    ends = np.fromiter((call.end_ns for call in calls), np.int64, len(calls)) - origin_ns + 1  # up to and with its last message
    moments = np.concatenate((starts, ends))
    by = np.concatenate((np.ones(len(calls), np.int64), -np.ones(len(calls), np.int64)))
    order = np.argsort(moments, kind="stable")  # of one moment, calls that begin stand before those that end
    return moments[order], np.cumsum(by[order])
