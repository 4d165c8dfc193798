"""Which packets belong to chosen calls: those that carry their messages, their media, and ICMP errors about either.

Media are the datagrams from and to the ends that the calls' session descriptions name (with RTCP, STUN and DTLS there), from a
moment before the first message to a moment behind the last; of a call whose end was not captured, to the end of the capture. Of
what came in IP fragments all of them belong to the call, also where it was a tunnel's packet that did. A message that came
encrypted can be read only with the whole connection, and one that came over WebSocket by many programs only with the handshake,
so all of such a connection belongs to the call; of any other, a packet that carries messages of several calls is there with all
of them.
"""

import contextlib
import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from sipview.calls import Call, CallState, Conversation, Observed
from sipview.index import PacketIndex, Protocol
from sipview.index.datagrams import carried
from sipview.session.analysis import Analysis
from sipview.session.media_ends import media_ends
from sipview.session.quoted import quotation
from sipview.values import NANOSECONDS, CancelToken, Endpoint, Transport

Mask = npt.NDArray[np.bool_]
Span = tuple[int, int]

_TCP, _UDP = 6, 17
_BEFORE_NS, _BEHIND_NS = NANOSECONDS, 10 * NANOSECONDS
_FOREVER_NS = (1 << 63) - 1
_OPEN_ENDED = frozenset({CallState.ANSWERED, CallState.RINGING, CallState.INCOMPLETE})
_WHOLE_CONNECTIONS = frozenset({Transport.TLS, Transport.WSS, Transport.WS})
_OTHERS = (Protocol.SIP, Protocol.DNS, Protocol.DHCP)  # what may come to a port of media, and is something else
# RFC 8839 5.1: foundation, component, transport, priority, address, port
_CANDIDATE = re.compile(rb"^a=candidate:\S{1,64} \d+ udp \d+ ([0-9A-Fa-f.:]{2,45}) (\d{1,5}) ", re.MULTILINE | re.IGNORECASE)
_MESSAGES_BETWEEN_LOOKS = 500


def packets_of_calls(analysis: Analysis, calls: Sequence[Call | Conversation], cancel: CancelToken) -> Mask:
    """An element for each packet read so far: whether it belongs to one of these calls. Raises `values.Cancelled`."""
    snapshot, index = analysis.snapshot, analysis.snapshot.index
    keep = np.zeros(snapshot.packets, np.bool_)
    if index is None:
        return keep
    analysis.know_packets()
    wanted = {position for call in calls for position in call.messages}
    connected = []
    for number, position in enumerate(wanted):
        if number % _MESSAGES_BETWEEN_LOOKS == 0:
            cancel.check()
        rows = analysis.rows_of(position)
        keep[list(rows)] = True
        if snapshot.messages[position].transport in _WHOLE_CONNECTIONS:
            connected.append(snapshot.messages[position])
    for row, about in analysis.quoted.items():
        if about.position in wanted and row < keep.size:
            keep[row] = True
    cancel.check()
    connections = _connections(index, connected)
    _keep_connections(keep, index, connections)
    cancel.check()
    ends = _ends_of(analysis, calls, cancel)
    spans = _spans(index, ends)
    _keep_media(keep, index, spans)
    cancel.check()
    _keep_errors(keep, index, ends)
    _keep_fragments(keep, index, spans, connections, cancel)
    return keep


def _connections(index: PacketIndex, messages: Iterable[Observed]) -> set[tuple[int, int]]:
    """The connections that these messages came over, each with its lower end first."""
    numbers = {text: number for number, text in enumerate(index.addresses)}
    found = set()
    for ends in {(message.source, message.destination) for message in messages}:
        if all(end.address in numbers for end in ends):
            one, other = sorted(numbers[end.address] << 16 | end.port for end in ends)
            found.add((one, other))
    return found


def _keep_connections(keep: Mask, index: PacketIndex, connections: set[tuple[int, int]]) -> None:
    """All packets of these connections."""
    if not connections:
        return
    rows = np.flatnonzero(index.transport[: keep.size] == _TCP)
    one = index.source[rows].astype(np.int64) << 16 | index.source_port[rows]
    other = index.destination[rows].astype(np.int64) << 16 | index.destination_port[rows]
    low, high = np.minimum(one, other), np.maximum(one, other)
    near = np.isin(low, [pair[0] for pair in connections])
    rows, low, high = rows[near], low[near], high[near]
    there = [pair in connections for pair in zip(low.tolist(), high.tolist(), strict=True)]
    keep[rows[np.array(there, np.bool_)]] = True


def _ends_of(analysis: Analysis, calls: Sequence[Call | Conversation], cancel: CancelToken) -> dict[Endpoint, list[Span]]:
    """Where the calls want their media, and when."""
    ends: defaultdict[Endpoint, list[Span]] = defaultdict(list)
    for call in calls:
        cancel.check()
        open_ended = isinstance(call, Call) and call.state in _OPEN_ENDED
        last_ns = _FOREVER_NS if open_ended else call.end_ns + _BEHIND_NS
        described = (at for at in call.messages if analysis.snapshot.messages[at].facts.sdp)
        named = {end for position in described for end in _ends_in(analysis.message_data(position))}
        for end in named:
            ends[end].append((call.start_ns - _BEFORE_NS, last_ns))
    return ends


def _ends_in(data: bytes) -> Iterable[Endpoint]:
    yield from (Endpoint(end.address, end.port) for end in media_ends(data))
    for address, port in _CANDIDATE.findall(data):
        with contextlib.suppress(ValueError):
            if int(port) <= 0xFFFF:
                yield Endpoint(str(ipaddress.ip_address(address.decode())), int(port))


def _spans(index: PacketIndex, ends: dict[Endpoint, list[Span]]) -> dict[int, list[Span]]:
    """The same with numbers: that of the address, and the port."""
    numbers = {text: number for number, text in enumerate(index.addresses)}
    return {numbers[end.address] << 16 | end.port: when for end, when in ends.items() if end.address in numbers}


def _keep_media(keep: Mask, index: PacketIndex, spans: dict[int, list[Span]]) -> None:
    if not spans:
        return
    rows = np.flatnonzero(index.transport[: keep.size] == _UDP)
    rows = rows[~np.isin(index.protocol[rows], _OTHERS)]
    keys = np.fromiter(spans, np.int64, len(spans))
    for address, port in ((index.source, index.source_port), (index.destination, index.destination_port)):
        at = address[rows].astype(np.int64) << 16 | port[rows]
        there = np.isin(at, keys)
        found, at = rows[there], at[there]
        order = np.argsort(at, kind="stable")
        found, at = found[order], at[order]
        for key, begin, end in zip(keys.tolist(), np.searchsorted(at, keys), np.searchsorted(at, keys, "right"), strict=True):
            of_end = found[begin:end]
            times = index.time_ns[of_end]
            for first_ns, last_ns in spans[key]:
                keep[of_end[(times >= first_ns) & (times <= last_ns)]] = True


def _keep_errors(keep: Mask, index: PacketIndex, ends: dict[Endpoint, list[Span]]) -> None:
    """ICMP errors about media: nobody listens at a port, a host cannot be reached."""
    for row in np.flatnonzero(np.isin(index.protocol[: keep.size], (Protocol.ICMP, Protocol.ICMPV6))).tolist():
        quoted = quotation(index.payload(row), version_6=index.protocol[row] == Protocol.ICMPV6)
        if quoted is not None:
            time_ns = int(index.time_ns[row])
            spans = (*ends.get(quoted[0], ()), *ends.get(quoted[1], ()))
            keep[row] |= any(first_ns <= time_ns <= last_ns for first_ns, last_ns in spans)


def _keep_fragments(
    keep: Mask, index: PacketIndex, spans: dict[int, list[Span]], connections: set[tuple[int, int]], cancel: CancelToken
) -> None:
    """All fragments of the datagrams of which some are kept, and of those that prove to be of the calls once put together."""
    for datagram in carried(index, keep.size, cancel):
        rows = list(datagram.rows)
        source = datagram.source << 16 | datagram.source_port
        destination = datagram.destination << 16 | datagram.destination_port
        wanted = bool(keep[rows].any())
        if not wanted and datagram.transport == _UDP and datagram.protocol not in _OTHERS:
            time_ns = int(index.time_ns[rows].min())
            when = (*spans.get(source, ()), *spans.get(destination, ()))
            wanted = any(first_ns <= time_ns <= last_ns for first_ns, last_ns in when)
        elif datagram.transport == _TCP:
            wanted = wanted or (min(source, destination), max(source, destination)) in connections
        if wanted:
            keep[rows] = True
