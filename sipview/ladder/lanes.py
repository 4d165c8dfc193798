"""Which lanes a ladder has, in which order from left to right, and what their headers say."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
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

    ``keys`` are their addresses, or ``address:port`` where lanes are so. ``ports_shown`` are the lanes whose ports stand at
    the arrows' ends, because they use more than one. An end on a hidden lane has the number -1; ``hidden`` are those by key
    with their names.
    """

    names: tuple[LaneName, ...]
    ends: list[tuple[int, int]]
    ports_shown: frozenset[int]
    keys: tuple[str, ...] = ()
    hidden: Mapping[str, str] = MappingProxyType({})


def find_lanes(
    events: Sequence[LadderEvent],
    ports_apart: bool,
    names: Mapping[str, str],
    subtitles: Mapping[str, str],
    wanted_order: Sequence[str] = (),
    hidden: Collection[str] = frozenset(),
) -> Lanes:
    """One lane a host, or a host and port with ``ports_apart``; a drawing of one host alone is split by port in any case.

    ``names`` and ``subtitles`` are looked up by ``address:port`` where lanes are so, and by address. A lane that has one
    port says so in its header; the others show their ports at the arrows. ``wanted_order`` are keys in the order that a user
    gave them; the others stay where they are. Lanes whose keys are ``hidden`` are left out, unless none would remain.
    """
    flows: dict[tuple[Endpoint, Endpoint], int] = {}
    of_events = [flows.setdefault((event.source, event.destination), len(flows)) for event in events]
    if not ports_apart:
        ports_apart = len({end.address for flow in flows for end in flow}) == 1
    keyed = [(_key(source, ports_apart), _key(destination, ports_apart)) for source, destination in flows]
    order = _arranged(_order(events, of_events, keyed), wanted_order)
    shown = [key for key in order if key not in hidden] or order
    place = {key: number for number, key in enumerate(shown)}
    used: dict[str, set[Endpoint]] = {key: set() for key in order}
    for (source_key, destination_key), (source, destination) in zip(keyed, flows, strict=True):
        used[source_key].add(source)
        used[destination_key].add(destination)
    of_flows = [(place.get(source, -1), place.get(destination, -1)) for source, destination in keyed]
    return Lanes(
        names=tuple(_name(used[key], ports_apart, names, subtitles) for key in shown),
        ends=[of_flows[flow] for flow in of_events],
        ports_shown=frozenset(number for number, key in enumerate(shown) if len(used[key]) > 1),
        keys=tuple(shown),
        hidden={key: _name(used[key], ports_apart, names, subtitles).name for key in order if key not in place},
    )


def busiest(events: Sequence[LadderEvent], ports_apart: bool, most: int) -> frozenset[str]:
    """The keys of all lanes but the ``most`` with the most messages; of equals those that come first stay."""
    counts: dict[str, int] = {}
    for event in events:
        for end in (event.source, event.destination):
            key = _key(end, ports_apart)
            counts[key] = counts.get(key, 0) + 1
    ranked = sorted(counts, key=lambda key: -counts[key])  # stable: of equals the first
    return frozenset(ranked[most:])


def _arranged(order: list[str], wanted: Sequence[str]) -> list[str]:
    """The lanes that a user put in order stand in that order, in the places that they have together."""
    there = set(order)
    chosen = iter([key for key in dict.fromkeys(wanted) if key in there])
    moved = set(wanted)
    return [next(chosen) if key in moved else key for key in order]


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


def _order(events: Sequence[LadderEvent], of_events: Sequence[int], keyed: Sequence[tuple[str, str]]) -> list[str]:
    """The lanes along the calls' paths: whoever gets an INVITE stands to the right of who sent it.

    INVITEs decide first, as they run from caller to callee; then the other messages place who is left. A response runs
    back, so its source stands right of its destination. Of several receivers of one sender (forking) the first stands
    nearest, each with those that it reached in turn. ``keyed`` are the ends of each flow, ``of_events`` the flows.
    """
    line = _Line()
    # The first message of a kind on a flow gives both ends their places; those after it would change nothing.
    firsts = dict.fromkeys(
        (event.method == "INVITE", event.request, flow) for event, flow in zip(events, of_events, strict=True)
    )
    for first_pass in (True, False):
        for invite, request, flow in firsts:
            if invite is first_pass:
                source, destination = keyed[flow]
                near, far = (source, destination) if request else (destination, source)
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
