"""Which lanes a ladder has, in which order from left to right, and what their headers say."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sipview.ladder.cleaning import clean
from sipview.ladder.events import LadderEvent
from sipview.values import Endpoint

_NAME_LIMIT = 120
_WALK_LIMIT = 64
_PORTS_NAMED = 3


class LaneName(NamedTuple):
    """What stands in a lane's header, not yet shortened to the width of its box."""

    name: str
    subtitle: str


class Lanes(NamedTuple):
    """The lanes from left to right and, for each event, where its ends are: (source lane, destination lane).

    ``ports_shown`` are the lanes whose ports stand at the arrows' ends, because they use more than one.
    """

    names: tuple[LaneName, ...]
    ends: list[tuple[int, int]]
    ports_shown: frozenset[int]


def find_lanes(
    events: Sequence[LadderEvent], ports_apart: bool, names: Mapping[str, str], subtitles: Mapping[str, str]
) -> Lanes:
    """One lane a host, or a host and port with ``ports_apart``; a drawing of one host alone is split by port in any case.

    ``names`` and ``subtitles`` are looked up by ``address:port`` where lanes are so, and by address. A lane that has one
    port says so in its header; the others show their ports at the arrows.
    """
    if not ports_apart:
        ports_apart = len({end.address for event in events for end in (event.source, event.destination)}) == 1
    keyed = [(_key(event.source, ports_apart), _key(event.destination, ports_apart)) for event in events]
    order = _order(events, keyed)
    place = {key: number for number, key in enumerate(order)}
    ends = [(place[source], place[destination]) for source, destination in keyed]
    used: list[set[Endpoint]] = [set() for _ in order]
    for event, (source, destination) in zip(events, ends, strict=True):
        used[source].add(event.source)
        used[destination].add(event.destination)
    return Lanes(
        names=tuple(_name(endpoints, ports_apart, names, subtitles) for endpoints in used),
        ends=ends,
        ports_shown=frozenset(number for number, endpoints in enumerate(used) if len(endpoints) > 1),
    )


def _key(end: Endpoint, ports_apart: bool) -> str:
    return str(end) if ports_apart else end.address


def _name(endpoints: set[Endpoint], ports_apart: bool, names: Mapping[str, str], subtitles: Mapping[str, str]) -> LaneName:
    first = min(endpoints)
    ports = sorted(end.port for end in endpoints if end.port)
    alone = len(ports) == 1
    given = names.get(str(first)) or names.get(first.address) if ports_apart else names.get(first.address)
    written = str(first) if alone else first.address
    subtitle = subtitles.get(str(first)) or subtitles.get(first.address) if ports_apart else subtitles.get(first.address)
    if subtitle and alone:
        subtitle = f"{subtitle} · port {first.port}"
    elif not subtitle:
        subtitle = written if given else _ports_in_words(ports)
    return LaneName(clean(given or first.address, _NAME_LIMIT), clean(subtitle, _NAME_LIMIT))


def _ports_in_words(ports: Sequence[int]) -> str:
    if len(ports) > _PORTS_NAMED:
        return f"{len(ports)} ports"
    return f"port{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))}" if ports else ""


def _order(events: Sequence[LadderEvent], keyed: Sequence[tuple[str, str]]) -> list[str]:
    """The lanes along the calls' paths: whoever gets an INVITE stands to the right of who sent it.

    INVITEs decide first, as they run from caller to callee; then the other messages place who is left. A response runs
    back, so its source stands right of its destination. Of several receivers of one sender (forking) the first stands
    nearest, each with those that it reached in turn.
    """
    line = _Line()
    for first_pass in (True, False):
        for event, (source, destination) in zip(events, keyed, strict=True):
            if (event.method == "INVITE") is first_pass:
                near, far = (source, destination) if event.request else (destination, source)
                line.place(near, far)
    return line.keys()


class _Line:
    """Lanes in a row, as a linked list, so that putting one in between costs the same however many there are."""

    def __init__(self) -> None:
        self._next: dict[str, str | None] = {}
        self._previous: dict[str, str | None] = {}
        self._last_reached: dict[str, str] = {}
        self._first: str | None = None
        self._last: str | None = None

    def place(self, near: str, far: str) -> None:
        """Give both a place, ``near`` left of ``far``, where they have none yet."""
        if near not in self._next and far in self._next:
            self._insert_after(self._previous[far], near)
            return
        if near not in self._next:
            self._insert_after(self._last, near)
        if far not in self._next:
            self._insert_after(self._end_of_path(near), far)
            self._last_reached[near] = far

    def keys(self) -> list[str]:
        """All lanes from left to right."""
        keys = []
        key = self._first
        while key is not None:
            keys.append(key)
            key = self._next[key]
        return keys

    def _end_of_path(self, key: str) -> str:
        for _ in range(_WALK_LIMIT):
            if key not in self._last_reached:
                break
            key = self._last_reached[key]
        return key

    def _insert_after(self, left: str | None, key: str) -> None:
        right = self._first if left is None else self._next[left]
        self._previous[key], self._next[key] = left, right
        if left is None:
            self._first = key
        else:
            self._next[left] = key
        if right is None:
            self._last = key
        else:
            self._previous[right] = key
