"""Which packets are media: those between the addresses that session descriptions name, and the ports that the user names.

A session description says for certain where its sender wants RTP, so it comes before any judgement by content. What comes from
elsewhere to that place (through a NAT, say) is media all the same.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.index import PacketIndex, Protocol
from sipview.values import CancelToken

_LINE = re.compile(
    rb"^(?:c=IN IP[46] ([0-9A-Fa-f.:]{2,45})|m=(\w{1,16}) (\d{1,5})(?:/\d+)? (\S{1,32})|a=rtcp:(\d{1,5}))", re.MULTILINE
)
_UDP = 17
_ROWS_AT_ONCE = 1 << 17  # bounds the memory, and how long others wait for their turn
_SHORTEST_RTP, _SHORTEST_RTCP = 12, 8
# What a media port may carry besides media, told by its first bytes: STUN, DTLS (RFC 7983 7).
_NEVER_MEDIA = (Protocol.STUN, Protocol.SIP, Protocol.DNS, Protocol.DHCP)

Rows = npt.NDArray[np.int64]


class MediaEnd(NamedTuple):
    """Where somebody wants media: an address (canonical text) and a port, and what comes there."""

    address: str
    port: int
    protocol: Protocol


def media_ends(body: bytes) -> Iterator[MediaEnd]:
    """The ends that the session description in a message names (RFC 8866 5.7 and 5.14, RFC 3605 for a=rtcp)."""
    session = address = ""
    seen_media = False
    pending: list[tuple[int, Protocol]] = []
    for connection, kind, port, profile, rtcp in _LINE.findall(body):
        if connection:
            address = _canonical(connection)
            if not seen_media:
                session = address
        elif rtcp:
            pending.append((int(rtcp), Protocol.RTCP))
        else:
            yield from _at(address, pending)
            pending, address, seen_media = [], session, True
            if b"RTP" in profile:
                pending = [(int(port), Protocol.RTP), (int(port) + 1, Protocol.RTCP)]
            elif kind == b"image" and profile.lower() == b"udptl":
                pending = [(int(port), Protocol.T38)]
    yield from _at(address, pending)


def _at(address: str, ports: Iterable[tuple[int, Protocol]]) -> Iterator[MediaEnd]:
    for port, protocol in ports:
        if address and 1 < port <= 0xFFFF:  # port 0 refuses the media, and 1 would be the RTCP of that
            yield MediaEnd(address, port, protocol)


def _canonical(address: bytes) -> str:
    try:
        return str(ipaddress.ip_address(address.decode()))
    except ValueError:
        return ""


def label_media(
    index: PacketIndex, count: int, ends: Iterable[MediaEnd], rtp_ports: frozenset[int], cancel: CancelToken
) -> None:
    """Mark the packets of the first ``count`` rows that come from or go to these ends, or have a port of ``rtp_ports``.

    Raises `values.Cancelled` when asked to stop; then nothing is marked.
    """
    numbers = {text: number for number, text in enumerate(index.addresses)}
    keys: dict[Protocol, set[int]] = {Protocol.RTP: set(), Protocol.RTCP: set(), Protocol.T38: set()}
    for end in ends:
        number = numbers.get(end.address)
        if number is not None:
            keys[end.protocol].add(number << 16 | end.port)
    if not any(keys.values()) and not rtp_ports:
        return
    found: dict[Protocol, list[Rows]] = {protocol: [] for protocol in keys}
    for first in range(0, count, _ROWS_AT_ONCE):
        cancel.check()
        for protocol, rows in _media(index, first, min(first + _ROWS_AT_ONCE, count), keys, rtp_ports):
            found[protocol].append(rows)
    for protocol, parts in found.items():
        if parts:
            index.relabel(np.concatenate(parts), protocol)


def _media(
    index: PacketIndex, first: int, last: int, keys: dict[Protocol, set[int]], rtp_ports: frozenset[int]
) -> Iterator[tuple[Protocol, Rows]]:
    """What the rows from ``first`` up to ``last`` are; ``keys`` are ends: the number of an address and a port."""
    rows: Rows = np.flatnonzero((index.transport[first:last] == _UDP) & (index.payload_length[first:last] > 0)) + first
    rows = rows[~np.isin(index.protocol[rows], _NEVER_MEDIA)]
    source = index.source[rows].astype(np.int64) << 16 | index.source_port[rows]
    destination = index.destination[rows].astype(np.int64) << 16 | index.destination_port[rows]
    octets = index.payload_bytes(rows, 0, 2)
    length = index.payload_length[rows]
    version_2 = octets[:, 0] >> 6 == 2
    report = (octets[:, 1] >= 200) & (octets[:, 1] <= 207)  # RFC 5761 4: on one port the packet types tell them apart

    def between(wanted: set[int]) -> npt.NDArray[np.bool_]:
        known = np.fromiter(wanted, np.int64, len(wanted))
        return np.isin(source, known) | np.isin(destination, known)

    ports = np.fromiter(rtp_ports, np.uint16, len(rtp_ports))
    named = np.isin(index.source_port[rows], ports) | np.isin(index.destination_port[rows], ports)
    rtp_end = between(keys[Protocol.RTP]) | named
    media = (rtp_end | between(keys[Protocol.RTCP])) & version_2
    for protocol, chosen in (
        (Protocol.RTP, media & ~report & rtp_end & (length >= _SHORTEST_RTP)),
        (Protocol.RTCP, media & report & (length >= _SHORTEST_RTCP)),
        (Protocol.T38, between(keys[Protocol.T38]) & ~media),
    ):
        if chosen.any():
            yield protocol, rows[chosen]
