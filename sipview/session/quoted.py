"""ICMP errors that quote a SIP message, tied to the message that they are about (RFC 792, RFC 4443 3; RFC 3261 18.4)."""

import ipaddress
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

import numpy as np

from sipview.calls import Observed
from sipview.index import PacketIndex, Protocol
from sipview.values import Endpoint

# Types that quote the packet they are about: unreachable, source quench, redirect, time exceeded, parameter problem.
_ICMP_ERRORS, _ICMPV6_ERRORS = {3, 4, 5, 11, 12}, {1, 2, 3, 4}
_DELIVERED_ALL_THE_SAME = {4, 5}  # of ICMP: source quench, redirect
_MOST_LOOKED_AT = 10_000
_MOST_COMPARED = 1_000_000  # messages, for all errors: mostly the first is it, but errors may quote what is not there
_HEADER = 8  # bytes of ICMP before the quoted packet
_UDP, _TCP = 17, 6
_row = attrgetter("row")


def messages_quoted(
    index: PacketIndex, count: int, messages: Sequence[Observed], data_of: Callable[[int], bytes]
) -> Mapping[int, int]:
    """For each ICMP error among the first ``count`` rows that quotes a message: row to position of the message.

    ``data_of`` gives a message's bytes. The message is the latest one before the error, between the quoted ends, that begins
    as the quotation does; where less than a start line is quoted the ends alone decide.
    """
    rows = np.flatnonzero(np.isin(index.protocol[:count], (Protocol.ICMP, Protocol.ICMPV6))).tolist()
    return _quoted_in(rows, index, messages, data_of) if rows and messages else {}


def undelivered(
    index: PacketIndex, count: int, messages: Sequence[Observed], data_of: Callable[[int], bytes]
) -> Mapping[int, str]:
    """Which of these messages did not arrive, as errors among the first ``count`` rows tell: position to what the error says.

    Of the ICMP packets since the first message so many are looked at that a flood of pings does not stop the drawing.
    """
    if not messages:
        return {}
    first = min(map(_row, messages))
    protocol = index.protocol[first:count]
    rows = np.flatnonzero((protocol == Protocol.ICMP) | (protocol == Protocol.ICMPV6))[:_MOST_LOOKED_AT] + first
    found: dict[int, str] = {}
    for row, position in _quoted_in(rows.tolist(), index, sorted(messages, key=_row), data_of).items():
        if index.protocol[row] == Protocol.ICMPV6 or index.payload(row)[0] not in _DELIVERED_ALL_THE_SAME:
            found.setdefault(position, index.info(row).rpartition(": ")[2].lower())
    return found


def _quoted_in(
    rows: Sequence[int], index: PacketIndex, messages: Sequence[Observed], data_of: Callable[[int], bytes]
) -> dict[int, int]:
    """What `messages_quoted` gives, of these rows; ``messages`` in order of their rows."""
    between: dict[tuple[Endpoint, Endpoint], list[Observed]] = {}
    for seen in messages:
        between.setdefault((seen.source, seen.destination), []).append(seen)
    found: dict[int, int] = {}
    left = _MOST_COMPARED
    for row in rows:
        quoted = quotation(index.payload(row), version_6=index.protocol[row] == Protocol.ICMPV6)
        if quoted is None:
            continue
        source, destination, begins = quoted
        candidates = between.get((source, destination), [])
        last = bisect_left(candidates, row, key=_row)
        for number in range(last - 1, max(-1, last - 1 - left), -1):
            left -= 1
            seen = candidates[number]
            data = data_of(seen.position)
            if data.startswith(begins[: len(data)]):
                found[row] = seen.position
                break
    return found


def quotation(data: bytes, *, version_6: bool) -> tuple[Endpoint, Endpoint, bytes] | None:
    """Who sent the quoted packet to whom, and the bytes of its payload that are quoted; None where ``data`` quotes none."""
    if len(data) < _HEADER or data[0] not in (_ICMPV6_ERRORS if version_6 else _ICMP_ERRORS):
        return None
    packet = data[_HEADER:]
    if version_6:
        if len(packet) < 48 or packet[0] >> 4 != 6:
            return None
        protocol, header = packet[6], 40
        addresses = packet[8:24], packet[24:40]
    else:
        if len(packet) < 28 or packet[0] >> 4 != 4:
            return None
        protocol, header = packet[9], (packet[0] & 15) * 4
        addresses = packet[12:16], packet[16:20]
    if protocol not in {_UDP, _TCP} or len(packet) < header + 8:
        return None
    ports = int.from_bytes(packet[header : header + 2], "big"), int.from_bytes(packet[header + 2 : header + 4], "big")
    skipped = 8 if protocol == _UDP else (packet[header + 12] >> 4) * 4 if len(packet) > header + 12 else len(packet)
    ends = [Endpoint(str(ipaddress.ip_address(address)), port) for address, port in zip(addresses, ports, strict=True)]
    return ends[0], ends[1], packet[header + skipped :]
