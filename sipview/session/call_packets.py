"""Which packets belong to chosen calls: those that carry their messages, ICMP errors about them, and their media.

Media are the datagrams from and to the ends that the calls' session descriptions name (with RTCP, STUN and DTLS there), from a
moment before the first message to a moment behind the last; of a call whose end was not captured, to the end of the capture. A
message that came encrypted can be read only with the whole connection, so all of that belongs to the call; in a connection in
clear, a packet that carries messages of several calls is there with all of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from sipview.calls import Call, CallState
from sipview.index import PacketIndex, Protocol
from sipview.session.analysis import Analysis
from sipview.session.media_ends import media_ends
from sipview.values import NANOSECONDS, CancelToken, Transport

Mask = npt.NDArray[np.bool_]
Span = tuple[int, int]

_TCP, _UDP = 6, 17
_BEFORE_NS, _BEHIND_NS = NANOSECONDS, 10 * NANOSECONDS
_FOREVER_NS = (1 << 63) - 1
_OPEN_ENDED = frozenset({CallState.ANSWERED, CallState.RINGING, CallState.INCOMPLETE})
_ENCRYPTED = frozenset({Transport.TLS, Transport.WSS})
_OTHERS = (Protocol.SIP, Protocol.DNS, Protocol.DHCP)  # what may come to a port of media, and is something else
# RFC 8839 5.1: foundation, component, transport, priority, address, port
_CANDIDATE = re.compile(rb"^a=candidate:\S{1,64} \d+ udp \d+ ([0-9A-Fa-f.:]{2,45}) (\d{1,5}) ", re.MULTILINE | re.IGNORECASE)
_MESSAGES_BETWEEN_LOOKS = 500


def packets_of_calls(analysis: Analysis, calls: Sequence[Call], cancel: CancelToken) -> Mask:
    """An element for each packet read so far: whether it belongs to one of these calls. Raises `values.Cancelled`."""
    snapshot, index = analysis.snapshot, analysis.snapshot.index
    keep = np.zeros(snapshot.packets, np.bool_)
    if index is None:
        return keep
    analysis.know_packets()
    wanted = {position for call in calls for position in call.messages}
    encrypted = []
    for number, position in enumerate(wanted):
        if number % _MESSAGES_BETWEEN_LOOKS == 0:
            cancel.check()
        rows = analysis.rows_of(position)
        keep[list(rows)] = True
        if snapshot.messages[position].transport in _ENCRYPTED:
            encrypted.append(rows[-1])
    for row, about in analysis.quoted.items():
        if about.position in wanted and row < keep.size:
            keep[row] = True
    cancel.check()
    _keep_connections(keep, index, encrypted)
    cancel.check()
    _keep_media(keep, index, _ends_of(analysis, calls, index, cancel))
    return keep


def _keep_connections(keep: Mask, index: PacketIndex, of_rows: Sequence[int]) -> None:
    """All packets of the connections that these rows are in."""
    if not of_rows:
        return
    rows = np.flatnonzero(index.transport[: keep.size] == _TCP)
    one = index.source[rows].astype(np.int64) << 16 | index.source_port[rows]
    other = index.destination[rows].astype(np.int64) << 16 | index.destination_port[rows]
    pairs = np.stack((np.minimum(one, other), np.maximum(one, other)), axis=1)
    number = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    keep[rows[np.isin(number, np.unique(number[np.isin(rows, of_rows)]))]] = True


def _ends_of(analysis: Analysis, calls: Sequence[Call], index: PacketIndex, cancel: CancelToken) -> dict[int, list[Span]]:
    """Where the calls want their media (a position in ``index.addresses`` and a port, in one number), and when."""
    numbers = {text: number for number, text in enumerate(index.addresses)}
    ends: defaultdict[int, list[Span]] = defaultdict(list)
    for call in calls:
        cancel.check()
        last_ns = _FOREVER_NS if call.state in _OPEN_ENDED else call.end_ns + _BEHIND_NS
        described = (at for at in call.messages if analysis.snapshot.messages[at].facts.sdp)
        named = {end for position in described for end in _ends_in(analysis.message_data(position))}
        for address, port in named:
            number = numbers.get(address)
            if number is not None:
                ends[number << 16 | port].append((call.start_ns - _BEFORE_NS, last_ns))
    return ends


def _ends_in(data: bytes) -> Iterable[tuple[str, int]]:
    yield from ((end.address, end.port) for end in media_ends(data))
    for address, port in _CANDIDATE.findall(data):
        if int(port) <= 0xFFFF:
            yield address.decode().lower(), int(port)


def _keep_media(keep: Mask, index: PacketIndex, ends: dict[int, list[Span]]) -> None:
    if not ends:
        return
    rows = np.flatnonzero(index.transport[: keep.size] == _UDP)
    rows = rows[~np.isin(index.protocol[rows], _OTHERS)]
    keys = np.fromiter(ends, np.int64, len(ends))
    for address, port in ((index.source, index.source_port), (index.destination, index.destination_port)):
        at = address[rows].astype(np.int64) << 16 | port[rows]
        there = np.isin(at, keys)
        found, at = rows[there], at[there]
        order = np.argsort(at, kind="stable")
        found, at = found[order], at[order]
        for key, begin, end in zip(keys.tolist(), np.searchsorted(at, keys), np.searchsorted(at, keys, "right"), strict=True):
            of_end = found[begin:end]
            times = index.time_ns[of_end]
            for first_ns, last_ns in ends[key]:
                keep[of_end[(times >= first_ns) & (times <= last_ns)]] = True
