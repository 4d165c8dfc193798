"""ICMP errors that quote a SIP message, tied to the message that they are about (RFC 792, RFC 4443 3; RFC 3261 18.4)."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sipview.calls import Observed
from sipview.index import PacketIndex, Protocol
from sipview.values import Endpoint

# Types that quote the packet they are about: unreachable, source quench, redirect, time exceeded, parameter problem.
_ICMP_ERRORS, _ICMPV6_ERRORS = {3, 4, 5, 11, 12}, {1, 2, 3, 4}
_HEADER = 8  # bytes of ICMP before the quoted packet
_UDP, _TCP = 17, 6


def messages_quoted(
    index: PacketIndex, count: int, messages: Sequence[Observed], data_of: Callable[[int], bytes]
) -> Mapping[int, int]:
    """For each ICMP error among the first ``count`` rows that quotes a message: row to position of the message.

    ``data_of`` gives a message's bytes. The message is the latest one before the error, between the quoted ends, that begins
    as the quotation does; where less than a start line is quoted the ends alone decide.
    """
    rows = np.flatnonzero(np.isin(index.protocol[:count], (Protocol.ICMP, Protocol.ICMPV6))).tolist()
    if not rows or not messages:
        return {}
    between: dict[tuple[Endpoint, Endpoint], list[Observed]] = {}
    for seen in messages:
        between.setdefault((seen.source, seen.destination), []).append(seen)
    found: dict[int, int] = {}
    for row in rows:
        quoted = quotation(index.payload(row), version_6=index.protocol[row] == Protocol.ICMPV6)
        if quoted is None:
            continue
        source, destination, begins = quoted
        for seen in reversed(between.get((source, destination), ())):
            if seen.row < row and data_of(seen.position).startswith(begins[: len(data_of(seen.position))]):
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
