"""The columns of the packet list, as data: what a cell says, what it sorts by, and the filter that it stands for."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sipview.calls import Call, Observed
from sipview.gui import wording
from sipview.gui.cross_reference import CrossReference
from sipview.gui.filter_words import call_term, comparison
from sipview.gui.info_order import info_keys
from sipview.index import PacketIndex, Protocol
from sipview.session import PacketLine, packet_line
from sipview.values import NANOSECONDS, CancelToken

_UDP, _TCP, _SCTP = 17, 6, 132
_TRANSPORTS = {_UDP: "udp", _TCP: "tcp", _SCTP: "sctp"}
_PROTOCOL_FIELDS = {
    Protocol.ARP: "arp", Protocol.IPV4: "ip", Protocol.IPV6: "ipv6", Protocol.ICMP: "icmp", Protocol.ICMPV6: "icmpv6",
    Protocol.UDP: "udp", Protocol.TCP: "tcp", Protocol.SCTP: "sctp", Protocol.SIP: "sip", Protocol.RTP: "rtp",
    Protocol.RTCP: "rtcp", Protocol.STUN: "stun", Protocol.DNS: "dns", Protocol.DHCP: "dhcp", Protocol.TLS: "tls",
}  # fmt: skip
_LINES_KEPT = 1024
_CHECKED_EVERY = 1024
Keys = npt.NDArray[Any]
KeysOf: TypeAlias = "Callable[[CrossReference, npt.NDArray[np.int64], CancelToken], Keys]"


class TimeMode(StrEnum):
    """What the Time column says."""

    START = "start"
    DELTA = "delta"
    SHOWN = "shown"
    DAY = "day"
    EPOCH = "epoch"


class PacketCells:
    """What the columns ask about the packets of one snapshot; the latest lines are kept.

    ``before`` gives the row that stands before a row in the list, or None; ``references`` are the rows that the user took
    as references of time, ascending.
    """

    def __init__(
        self, cross: CrossReference, mode: TimeMode, references: list[int], before: Callable[[int], int | None]
    ) -> None:
        index = cross.snapshot.index
        assert index is not None, "cells come from an index"
        self.cross = cross
        self.index: PacketIndex = index
        self.mode = mode
        self.references = references
        self._times = index.time_ns
        self._before = before
        self.line = lru_cache(maxsize=_LINES_KEPT)(self._line)
        self.protocol = lru_cache(maxsize=_LINES_KEPT)(self._protocol)

    def _line(self, row: int) -> PacketLine:
        return packet_line(self.index, row, self.cross.by_row)

    def message(self, row: int) -> Observed | None:
        """The message that a packet completes."""
        return self.cross.message_of_row(row)

    def _protocol(self, row: int) -> Protocol:
        """What the packet is."""
        return Protocol.SIP if row in self.cross.by_row else Protocol(int(self.index.protocol[row]))

    def time(self, row: int) -> str:
        """The Time column."""
        now = int(self._times[row])
        match self.mode:
            case TimeMode.DAY:
                return day_time(now)
            case TimeMode.EPOCH:
                return span(now)
            case TimeMode.DELTA:
                return span(now - int(self._times[row - 1]) if row else 0)
            case TimeMode.SHOWN:
                before = self._before(row)
                return span(now - int(self._times[before]) if before is not None else 0)
        return self.since_start(row)

    def since_start(self, row: int) -> str:
        """Seconds since the first packet, or since the last reference of time before it; a reference says so."""
        place = np.searchsorted(self.references, row, side="right") if self.references else 0
        start = self.references[int(place) - 1] if place else 0
        if place and start == row:
            return "*REF*"
        return span(int(self._times[row]) - int(self._times[start]))

    def since_before(self, row: int) -> str:
        """Seconds since the packet before it in the capture."""
        return span(int(self._times[row]) - int(self._times[row - 1]) if row else 0)

    def epoch_ns(self, row: int) -> int:
        """When it was captured."""
        return int(self._times[row])

    def call(self, row: int) -> Call | None:
        """The call that the packet's message belongs to."""
        message = self.message(row)
        owner = self.cross.owner(message.position) if message is not None else None
        return owner if isinstance(owner, Call) else None


def span(duration_ns: int) -> str:
    """Seconds to the microsecond."""
    sign, duration_ns = ("-", -duration_ns) if duration_ns < 0 else ("", duration_ns)
    return f"{sign}{duration_ns // NANOSECONDS}.{duration_ns % NANOSECONDS // 1000:06d}"


def day_time(time_ns: int) -> str:
    """Time of day on this computer's clock, to the microsecond."""
    return f"{wording.clock(time_ns)}.{time_ns % NANOSECONDS // 1000:06d}"


@dataclass(frozen=True, slots=True)
class PacketColumn:
    """One column. ``width`` is in characters; ``shown`` whether it is there until the user says otherwise.

    ``keys`` gives an array that sorts rows; ``term`` the filter that a cell stands for, "" for none; ``gives_way`` when it is
    hidden for want of room: 1 for the first that is, 0 for never.
    """

    id: str
    title: str
    hint: str
    width: int
    text: Callable[[PacketCells, int], str]
    keys: KeysOf
    term: Callable[[PacketCells, int], str] | None = None
    numeric: bool = False
    shown: bool = True
    gives_way: int = 0


def _index(cross: CrossReference) -> PacketIndex:
    assert cross.snapshot.index is not None, "rows come from an index"
    return cross.snapshot.index


def _number_keys(values_of: Callable[[PacketIndex], Keys]) -> KeysOf:
    return lambda cross, rows, _: values_of(_index(cross))[rows]


def _address_keys(end: str) -> KeysOf:
    """Addresses in order of their numbers, IPv4 before IPv6, and packets without one first."""

    def keys(cross: CrossReference, rows: npt.NDArray[np.int64], _cancel: CancelToken) -> Keys:
        index = _index(cross)
        texts = list(index.addresses)
        order = sorted(range(len(texts)), key=lambda code: _address_order(texts[code]))
        rank = np.empty(len(texts), np.int64)
        rank[order] = np.arange(len(texts))
        return rank[(index.source if end == "source" else index.destination)[rows]]

    return keys


def _address_order(text: str) -> tuple[int, bytes]:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return (0 if not text else 9, text.encode())
    return (address.version, address.packed)


def _message_keys(value_of: Callable[[Observed], str]) -> KeysOf:
    """Texts of messages in order of their characters whatever the case; packets without a message first."""

    def keys(cross: CrossReference, rows: npt.NDArray[np.int64], cancel: CancelToken) -> Keys:
        texts: dict[int, str] = {}
        for place, seen in enumerate(cross.snapshot.messages):
            if place % _CHECKED_EVERY == 0:
                cancel.check()
            texts.setdefault(seen.row, value_of(seen).casefold())
        rank = {text: number + 1 for number, text in enumerate(sorted(set(texts.values())))}
        return _by_row(cross, {row: rank[text] for row, text in texts.items()})[rows]

    return keys


def _by_row(cross: CrossReference, values: dict[int, int]) -> npt.NDArray[np.int64]:
    """Numbers of some rows as a column, 0 for all others; rows that came later are left out."""
    column = np.zeros(cross.snapshot.packets, np.int64)
    for row, value in values.items():
        if row < len(column):
            column[row] = value
    return column


def _protocol_keys(cross: CrossReference, rows: npt.NDArray[np.int64], _cancel: CancelToken) -> Keys:
    """Labels in order of their characters; a packet that completes a message is what the message came by."""
    of_message = {seen.row: f"SIP/{seen.transport}" for seen in cross.snapshot.messages}
    labels = sorted({protocol.label for protocol in Protocol} | set(of_message.values()), key=str.casefold)
    rank = {label: number + 1 for number, label in enumerate(labels)}
    of_protocol = np.zeros(256, np.int64)
    for protocol in Protocol:
        of_protocol[protocol] = rank[protocol.label]
    column = _by_row(cross, {row: rank[label] for row, label in of_message.items()})[rows]
    return np.where(column > 0, column, of_protocol[_index(cross).protocol[rows]])


def _of_message(value_of: Callable[[Observed], str]) -> Callable[[PacketCells, int], str]:
    def text(cells: PacketCells, row: int) -> str:
        message = cells.message(row)
        return "" if message is None else value_of(message)

    return text


def _port(end: str) -> Callable[[PacketCells, int], str]:
    def text(cells: PacketCells, row: int) -> str:
        port = int((cells.index.source_port if end == "source" else cells.index.destination_port)[row])
        return str(port) if port else ""

    return text


def _port_term(end: str) -> Callable[[PacketCells, int], str]:
    def term(cells: PacketCells, row: int) -> str:
        transport = _TRANSPORTS.get(int(cells.index.transport[row]))
        value = _port(end)(cells, row)
        return comparison(f"{transport}.{'srcport' if end == 'source' else 'dstport'}", value) if transport and value else ""

    return term


def _address_term(end: str) -> Callable[[PacketCells, int], str]:
    def term(cells: PacketCells, row: int) -> str:
        line = cells.line(row)
        address = line.source if end == "source" else line.destination
        family = "ipv6" if ":" in address else "ip"
        return comparison(f"{family}.{'src' if end == 'source' else 'dst'}", address) if address else ""

    return term


def _protocol_term(cells: PacketCells, row: int) -> str:
    """The protocol; of a packet with a part of a message only what carries it, as no message is in it for the filter."""
    protocol = cells.protocol(row)
    if protocol is Protocol.SIP and cells.message(row) is None:
        return _TRANSPORTS.get(int(cells.index.transport[row]), "")
    return _PROTOCOL_FIELDS.get(protocol, "")


def _info_term(cells: PacketCells, row: int) -> str:
    message = cells.message(row)
    if message is None:
        return ""
    if message.facts.method is not None:
        return comparison("sip.Method", message.facts.method)
    return comparison("sip.Status-Code", str(message.facts.status)) if message.facts.status is not None else ""


def _call_number(cells: PacketCells, row: int) -> str:
    call = cells.call(row)
    return "" if call is None else str(call.number)


def _call_keys(cross: CrossReference, rows: npt.NDArray[np.int64], _cancel: CancelToken) -> Keys:
    messages = cross.snapshot.messages
    numbers: dict[int, int] = {}
    for call in cross.snapshot.conversations.calls:
        for position in call.messages:
            numbers.setdefault(messages[position].row, call.number)
    return _by_row(cross, numbers)[rows]


def _delta_keys(cross: CrossReference, rows: npt.NDArray[np.int64], _cancel: CancelToken) -> Keys:
    times = _index(cross).time_ns
    keys: Keys = times[rows] - times[np.maximum(rows - 1, 0)]
    return keys


def _cseq(seen: Observed) -> str:
    return f"{seen.facts.cseq_number} {seen.facts.cseq_method}" if seen.facts.cseq_method else ""


def _fact_term(cells: PacketCells, row: int, field: str, value_of: Callable[[Observed], str]) -> str:
    value = _of_message(value_of)(cells, row)
    return comparison(field, value) if value else ""


def _agent_term(cells: PacketCells, row: int) -> str:
    message = cells.message(row)
    if message is None or not message.facts.user_agent:
        return ""
    return comparison("sip.User-Agent" if message.facts.method is not None else "sip.Server", message.facts.user_agent)


PACKET_COLUMNS: tuple[PacketColumn, ...] = (
    PacketColumn(
        "number", "No.", "The number of the packet in the capture, from 1", 6,
        lambda _, row: str(row + 1), lambda _cross, rows, _cancel: rows,
        lambda _, row: comparison("frame.number", str(row + 1)), numeric=True, gives_way=3,
    ),
    PacketColumn(
        "time", "Time", "When it was captured; View, Time display says how that is told", 10,
        lambda cells, row: cells.time(row), _number_keys(lambda index: index.time_ns), numeric=True, gives_way=2,
    ),
    PacketColumn(
        "source", "Source", "The address that sent it", 13,
        lambda cells, row: cells.line(row).source, _address_keys("source"), _address_term("source"),
    ),
    PacketColumn(
        "destination", "Destination", "The address that it was sent to", 13,
        lambda cells, row: cells.line(row).destination, _address_keys("destination"), _address_term("destination"),
    ),
    PacketColumn(
        "protocol", "Protocol", "What it is, by its content", 9,
        lambda cells, row: cells.line(row).protocol, _protocol_keys,
        _protocol_term, gives_way=4,
    ),
    PacketColumn(
        "length", "Length", "Bytes on the wire", 7,
        lambda cells, row: str(cells.line(row).length), _number_keys(lambda index: index.length),
        lambda cells, row: comparison("frame.len", str(cells.line(row).length)), numeric=True, gives_way=1,
    ),
    PacketColumn(
        "info", "Info", "What it says, in short", 40,
        lambda cells, row: wording.cell(cells.line(row).info), info_keys, _info_term,
    ),
    PacketColumn(
        "delta", "Delta", "Seconds since the packet before it in the capture", 10,
        lambda cells, row: cells.since_before(row), _delta_keys, numeric=True, shown=False,
    ),
    PacketColumn(
        "day", "Time of day", "When it was captured, on this computer's clock", 15,
        lambda cells, row: day_time(cells.epoch_ns(row)), _number_keys(lambda index: index.time_ns), numeric=True, shown=False,
    ),
    PacketColumn(
        "source-port", "Src port", "The port that sent it", 8, _port("source"),
        _number_keys(lambda index: index.source_port), _port_term("source"), numeric=True, shown=False,
    ),
    PacketColumn(
        "destination-port", "Dst port", "The port that it was sent to", 8, _port("destination"),
        _number_keys(lambda index: index.destination_port), _port_term("destination"), numeric=True, shown=False,
    ),
    PacketColumn(
        "call", "Call", "The number of the call that its message belongs to", 6, _call_number, _call_keys,
        lambda cells, row: comparison("call.id", number) if (number := _call_number(cells, row)) else "",
        numeric=True, shown=False,
    ),
    PacketColumn(
        "call-id", "Call-ID", "The Call-ID of its message", 24,
        lambda cells, row: wording.cell(_of_message(lambda seen: seen.facts.call_id)(cells, row)),
        _message_keys(lambda seen: seen.facts.call_id),
        lambda cells, row: _fact_term(cells, row, "sip.Call-ID", lambda seen: seen.facts.call_id), shown=False,
    ),
    PacketColumn(
        "cseq", "CSeq", "Number and method of its message's transaction", 13,
        lambda cells, row: wording.cell(_of_message(_cseq)(cells, row)), _message_keys(_cseq),
        lambda cells, row: _fact_term(cells, row, "sip.CSeq", _cseq), shown=False,
    ),
    PacketColumn(
        "agent", "User agent", "User-Agent of its message, or Server", 20,
        lambda cells, row: wording.cell(_of_message(lambda seen: seen.facts.user_agent)(cells, row)),
        _message_keys(lambda seen: seen.facts.user_agent),
        _agent_term, shown=False,
    ),
)  # fmt: skip


def conversation_term(cells: PacketCells, row: int) -> str:
    """The filter on all that belongs to the same conversation: the call's or conversation's messages, else both endpoints."""
    message = cells.message(row)
    owner = cells.cross.owner(message.position) if message is not None else None
    if owner is not None:
        return call_term([owner])
    ends = cells.index.endpoints(row)
    if ends is None:
        return ""
    family = "ipv6" if ":" in ends[0].address else "ip"
    terms = [comparison(f"{family}.addr", end.address) for end in ends]
    transport = _TRANSPORTS.get(int(cells.index.transport[row]))
    if transport:
        terms += [comparison(f"{transport}.port", str(end.port)) for end in ends]
    return " && ".join(dict.fromkeys(term for term in terms if term))
