"""The columns that a display filter asks for: packets, messages and calls of a snapshot, by Wireshark's field names."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy

import numpy as np
import numpy.typing as npt

from sipview.calls import Call, Observed
from sipview.filter import Column, Field, FieldType, NumberPart, Origin, PresencePart, RowArray, TextPart
from sipview.index import Flag, PacketIndex, Protocol
from sipview.index.headers import Headers, all_headers
from sipview.index.tags import vlan_ids
from sipview.session.message_values import BODY_FIELDS, VALUES_OF, header_values
from sipview.sip import Message
from sipview.sip.picking import HeaderPicker
from sipview.values import CancelToken, Transport

Numbers = npt.NDArray[np.integer]
_UDP, _TCP, _SCTP = 17, 6, 132
_ADDRESS_OF_RECORD = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:([^@]*)@)?(\[[^\]]*\]|[^:;?]*)")


def user_of(uri: str) -> str:
    """The user part of an address-of-record, "" where it has none; a telephone number is one."""
    if uri[:4].lower() == "tel:":
        return uri[4:].partition(";")[0]
    found = _ADDRESS_OF_RECORD.match(uri)
    return (found.group(1) or "").partition(":")[0] if found else ""


def host_of(uri: str) -> str:
    """The host part of an address-of-record, without its port."""
    if uri[:4].lower() == "tel:":
        return ""
    found = _ADDRESS_OF_RECORD.match(uri)
    return found.group(2) if found else ""


Texts = Callable[[Observed], str]
_MESSAGE_TEXTS: dict[str, Texts] = {
    "sip.Method": lambda seen: seen.facts.method or "",
    "sip.Call-ID": lambda seen: seen.facts.call_id,
    "sip.CSeq": lambda seen: f"{seen.facts.cseq_number} {seen.facts.cseq_method}" if seen.facts.cseq_method else "",
    "sip.CSeq.method": lambda seen: seen.facts.cseq_method,
    "sip.from.user": lambda seen: user_of(seen.facts.from_uri),
    "sip.from.host": lambda seen: host_of(seen.facts.from_uri),
    "sip.from.tag": lambda seen: seen.facts.from_tag,
    "sip.to.user": lambda seen: user_of(seen.facts.to_uri),
    "sip.to.host": lambda seen: host_of(seen.facts.to_uri),
    "sip.to.tag": lambda seen: seen.facts.to_tag,
    "sip.r-uri": lambda seen: seen.facts.request_uri,
    "sip.r-uri.user": lambda seen: user_of(seen.facts.request_uri),
    "sip.r-uri.host": lambda seen: host_of(seen.facts.request_uri),
}
_MESSAGE_NUMBERS: dict[str, Callable[[Observed], int | None]] = {
    "sip.Status-Code": lambda seen: seen.facts.status,
    "sip.CSeq.seq": lambda seen: seen.facts.cseq_number,
}
_CALL_TEXTS: dict[str, Callable[[Call], str]] = {
    "call.state": lambda call: call.state,
    "call.from": lambda call: call.caller,
    "call.to": lambda call: call.callee,
}
_CALL_NUMBERS: dict[str, Callable[[Call], int | None]] = {
    "call.status": lambda call: call.status,
    "call.duration": lambda call: call.end_ns - call.start_ns,
    "call.talk": lambda call: call.talk_time_ns,
    "call.id": lambda call: call.number,
    "call.legs": lambda call: len(call.legs),
}


class PacketFields:
    """A `filter.Source` with a row for each packet; columns are made when they are asked for, and kept.

    ``parse`` gives a message in full by its position: only header and body fields need it. ``data_of`` gives its bytes
    where that is cheaper.
    """

    def __init__(
        self,
        index: PacketIndex,
        count: int,
        messages: Sequence[Observed],
        calls: Sequence[Call],
        parse: Callable[[int], Message],
        data_of: Callable[[int], bytes] | None = None,
    ) -> None:
        self._index = index
        self._count = count
        # In order of rows: a message that a late segment completed stands behind younger ones.
        self._messages = sorted(messages, key=lambda seen: seen.row)
        self._rows = np.fromiter((seen.row for seen in self._messages), np.int64, len(self._messages))
        self._calls = calls
        self._parse = parse
        self._data_of = data_of or (lambda position: parse(position).data)
        self._made: dict[str, Column] = {}
        self._several: tuple[Headers, Headers] | None = None

    @property
    def count(self) -> int:
        """How many packets there are."""
        return self._count

    @property
    def message_rows(self) -> RowArray:
        """The rows that complete a message, ascending; a row that completes several is there as often."""
        return self._rows

    def stoppable(self, cancel: CancelToken) -> "PacketFields":
        """The same columns, but reading messages in full raises `values.Cancelled` once ``cancel`` asks for it."""
        fields = copy(self)
        parse, data_of = self._parse, self._data_of

        def parse_unless_cancelled(position: int) -> Message:
            cancel.check()
            return parse(position)

        def data_unless_cancelled(position: int) -> bytes:
            cancel.check()
            return data_of(position)

        fields._parse, fields._data_of = parse_unless_cancelled, data_unless_cancelled
        return fields

    def column(self, wanted: Field, rows: RowArray | None) -> Column:
        """The values of a field; see `filter.Source`."""
        if wanted.origin in {Origin.HEADER, Origin.BODY}:
            return self._parsed(wanted, rows)
        if wanted.name in {"sip", "sdp"}:
            return self._content(wanted, rows)
        column = self._made.get(wanted.name)
        if column is None:
            column = self._made[wanted.name] = self._make(wanted.name)
        return column

    def _make(self, name: str) -> Column:
        if name in _MESSAGE_TEXTS:
            return self._message_texts(_MESSAGE_TEXTS[name])
        if name in _MESSAGE_NUMBERS:
            return self._numbers((seen.row, _MESSAGE_NUMBERS[name](seen)) for seen in self._messages)
        if name in _CALL_TEXTS:
            return self._call_column(_CALL_TEXTS[name])
        if name in _CALL_NUMBERS:
            return self._call_column(_CALL_NUMBERS[name])
        return self._packet_column(name)

    # messages

    def _message_texts(self, text_of: Texts) -> Column:
        texts = [text_of(seen) for seen in self._messages]
        keep = np.fromiter((bool(text) for text in texts), np.bool_, len(texts))
        return (TextPart.of((text for text in texts if text), self._rows[keep]),)

    def _numbers(self, numbers: Iterable[tuple[int, int | None]]) -> Column:
        known = [(row, number) for row, number in numbers if number is not None]
        rows = np.fromiter((row for row, _ in known), np.int64, len(known))
        values = np.fromiter((min(max(number, -(1 << 63)), (1 << 63) - 1) for _, number in known), np.int64, len(known))
        return (NumberPart(values, rows),)

    def _among(self, rows: RowArray | None) -> Iterator[Observed]:
        if rows is None:
            yield from self._messages
            return
        for at in np.flatnonzero(np.isin(self._rows, rows)).tolist():
            yield self._messages[at]

    def _parsed(self, wanted: Field, rows: RowArray | None) -> Column:
        """Values that only the full message has."""
        values_of = self._reader(wanted)
        found = [(seen.row, value) for seen in self._among(rows) for value in values_of(seen.position)]
        at = np.fromiter((row for row, _ in found), np.int64, len(found))
        if wanted.type is FieldType.UNSIGNED:  # also where nothing was found
            return self._numbers((row, value if isinstance(value, int) else None) for row, value in found)
        return (TextPart.of((str(value) for _, value in found), at),)

    def _reader(self, wanted: Field) -> Callable[[int], Iterable[str | int]]:
        """What reads the values of a field from a message, by its position; of the message no more than it needs."""
        parse, data_of = self._parse, self._data_of
        reader = VALUES_OF.get(wanted.name)
        if reader is None:
            of_header = header_values(wanted)
            return lambda position: of_header(data_of(position))
        values_of = reader.values
        if reader.needs is None:
            return lambda position: values_of(parse(position))
        pick = HeaderPicker(reader.needs, start_line=reader.start_line).pick
        return lambda position: values_of(pick(data_of(position)))

    def _content(self, wanted: Field, rows: RowArray | None) -> Column:
        """A protocol that can be searched as text: the text is made only when it is looked at."""
        sdp = wanted.name == "sdp"
        chosen = [seen for seen in self._among(rows) if not sdp or seen.facts.sdp]
        at = np.fromiter((seen.row for seen in chosen), np.int64, len(chosen))
        pick, data_of = HeaderPicker(BODY_FIELDS).pick, self._data_of
        bytes_of = (lambda position: pick(data_of(position)).body) if sdp else data_of
        texts = _LazyTexts([seen.position for seen in chosen], bytes_of)
        return (TextPart(np.arange(len(chosen)), texts, at),)

    # calls

    def _call_column(self, value_of: Callable[[Call], str] | Callable[[Call], int | None]) -> Column:
        row_of = {seen.position: seen.row for seen in self._messages}
        pairs = sorted(
            (row_of[position], number)
            for number, call in enumerate(self._calls)
            for position in call.messages
            if position in row_of
        )
        values = [value_of(call) for call in self._calls]
        if any(isinstance(value, str) for value in values):
            codes = np.fromiter((number for _, number in pairs), np.int64, len(pairs))
            rows = np.fromiter((row for row, _ in pairs), np.int64, len(pairs))
            return (TextPart(codes, tuple(str(value) for value in values), rows),)
        return self._numbers((row, value if isinstance(value := values[number], int) else None) for row, number in pairs)

    # packets

    def _packet_column(self, name: str) -> Column:
        index, count = self._index, self._count
        if name in _TRANSPORTS:
            number = _TRANSPORTS[name]
            further = self._headers[1]
            return (
                PresencePart(present=self._transports()[0] == number),
                PresencePart(np.unique(further.rows[further.number == number])),
            )
        if name in {"ip", "ipv6"}:
            colon = name == "ipv6"
            return (PresencePart(present=_family(index, count, colon=colon)), PresencePart(self._further_rows(colon=colon)))
        if name in _PROTOCOLS_OF:
            return (PresencePart(present=_PROTOCOLS_OF[name](index, count)),)
        if name in _PACKET_COLUMNS:
            return _PACKET_COLUMNS[name](index, count)
        if name in _ADDRESSES:
            ends = [(index.source if end == "source" else index.destination)[:count] for end in _ADDRESSES[name]]
            further = self._headers[0]
            more = [(further.source if end == "source" else further.destination) for end in _ADDRESSES[name]]
            return (
                *(TextPart(codes, index.addresses) for codes in ends),
                *(TextPart(codes, further.texts, further.rows) for codes in more),
            )
        if name in _PORTS:
            wanted, port_ends = _PORTS[name]
            transport, *ports = self._transports()
            further = self._headers[1]
            those = further.number == wanted
            more = [(further.source if end == "source" else further.destination)[those] for end in port_ends]
            return (
                *(NumberPart(ports[end == "destination"], present=transport == wanted) for end in port_ends),
                *(NumberPart(numbers, further.rows[those]) for numbers in more),
            )
        if name == "vlan.id":
            rows, ids = vlan_ids(index, count)
            return (NumberPart(ids, rows),)
        if name in _RTP_FIELDS:
            return self._rtp_column(name)
        return ()

    @property
    def _headers(self) -> tuple[Headers, Headers]:
        """The IP and the transport headers of packets that have several: those around tunnels, and those in ICMP errors."""
        if self._several is None:
            self._several = all_headers(self._index, self._count)
        return self._several

    def _further_rows(self, *, colon: bool) -> RowArray:
        further = self._headers[0]
        of_family = np.fromiter((bool(text) and (":" in text) == colon for text in further.texts), np.bool_, len(further.texts))
        return np.unique(further.rows[of_family[further.source]])

    def _transports(self) -> tuple[Numbers, Numbers, Numbers]:
        """The transport's number, source and destination port of each packet. Where a message came in IP fragments they are
        those of the packet that completes it, as in Wireshark, and the other fragments have none.
        """
        index, count = self._index, self._count
        transport, *ports = index.transport[:count], index.source_port[:count], index.destination_port[:count]
        parts = (index.flags[:count] & np.uint16(Flag.FRAGMENT_FIRST | Flag.FRAGMENT_LATER)) != 0
        if parts.any():
            transport, ports = np.where(parts, np.uint8(0), transport), [each.copy() for each in ports]
            for at in np.flatnonzero(parts[self._rows]).tolist():
                seen = self._messages[at]
                transport[seen.row] = _TRANSPORT_OF.get(seen.transport, _TCP)
                ports[0][seen.row], ports[1][seen.row] = seen.source.port, seen.destination.port
        return transport, ports[0], ports[1]

    def _rtp_column(self, name: str) -> Column:
        index, count = self._index, self._count
        rows = np.flatnonzero(index.protocol[:count] == Protocol.RTP)
        if not len(rows):
            return ()
        at, size, shift, mask = _RTP_FIELDS[name]
        values = np.zeros(len(rows), np.int64)
        for byte in index.payload_bytes(rows, at, size).T:
            values = (values << 8) | byte
        return (NumberPart((values >> shift) & mask, rows.astype(np.int64)),)


class _LazyTexts(Sequence[str]):
    """Texts of messages (or their bodies) by position, decoded when asked for."""

    def __init__(self, positions: list[int], bytes_of: Callable[[int], bytes]) -> None:
        self._positions = positions
        self._bytes_of = bytes_of

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, at: int) -> str:  # type: ignore[override]  # slices are never asked for
        return self._bytes_of(self._positions[at]).decode("utf-8", "replace")


Mask = npt.NDArray[np.bool_]


def _is(*protocols: Protocol) -> Callable[[PacketIndex, int], Mask]:
    def mask(index: PacketIndex, count: int) -> Mask:
        found: Mask = np.isin(index.protocol[:count], [int(protocol) for protocol in protocols])
        return found

    return mask


def _flagged(flag: Flag) -> Callable[[PacketIndex, int], Mask]:
    def mask(index: PacketIndex, count: int) -> Mask:
        found: Mask = (index.flags[:count] & flag) != 0
        return found

    return mask


def _family(index: PacketIndex, count: int, *, colon: bool) -> Mask:
    texts = index.addresses
    of_family = np.fromiter((bool(text) and (":" in text) == colon for text in texts), np.bool_, len(texts))
    found: Mask = of_family[index.source[:count]]
    return found


_PROTOCOLS_OF: dict[str, Callable[[PacketIndex, int], Mask]] = {
    "arp": _is(Protocol.ARP),
    "icmp": _is(Protocol.ICMP),
    "icmpv6": _is(Protocol.ICMPV6),
    "tls": _is(Protocol.TLS),
    "dns": _is(Protocol.DNS),
    "dhcp": _is(Protocol.DHCP),
    "stun": _is(Protocol.STUN),
    "rtp": _is(Protocol.RTP),
    "rtcp": _is(Protocol.RTCP),
    "vlan": _flagged(Flag.VLAN),
}
_TRANSPORTS = {"udp": _UDP, "tcp": _TCP, "sctp": _SCTP}
_TRANSPORT_OF = {Transport.UDP: _UDP, Transport.SCTP: _SCTP}  # all others are in TCP
_BOTH = ("source", "destination")
_ADDRESSES = {
    f"{family}.{name}": ends
    for family in ("ip", "ipv6")
    for name, ends in (("addr", _BOTH), ("src", ("source",)), ("dst", ("destination",)))
}
_PORTS = {
    f"{name}.{port}": (number, ends)
    for name, number in _TRANSPORTS.items()
    for port, ends in (("port", _BOTH), ("srcport", ("source",)), ("dstport", ("destination",)))
}
# Offset in the RTP header, bytes, shift and mask (RFC 3550 5.1).
_RTP_FIELDS = {
    "rtp.ssrc": (8, 4, 0, 0xFFFFFFFF),
    "rtp.p_type": (1, 1, 0, 0x7F),
    "rtp.seq": (2, 2, 0, 0xFFFF),
    "rtp.timestamp": (4, 4, 0, 0xFFFFFFFF),
    "rtp.marker": (1, 1, 7, 1),
}


def _number(values_of: Callable[[PacketIndex, int], npt.NDArray[np.integer]]) -> Callable[[PacketIndex, int], Column]:
    return lambda index, count: (NumberPart(values_of(index, count)),)


def _interface_names(index: PacketIndex, count: int) -> Column:
    names = [interface.name or "unknown" for _, interface in index.interfaces]
    return (TextPart(index.interface[:count], names, present=_described_interfaces(index, count)),)


def _interface_ids(index: PacketIndex, count: int) -> Column:
    return (NumberPart(index.interface[:count], present=_described_interfaces(index, count)),)


def _described_interfaces(index: PacketIndex, count: int) -> Mask:
    """Which packets are from a file that tells of interfaces: pcap has one, without number and name."""
    described: Mask = np.array([file.format == "pcapng" for file, _ in index.interfaces], np.bool_)[index.interface[:count]]
    return described


_PACKET_COLUMNS: dict[str, Callable[[PacketIndex, int], Column]] = {
    "frame.number": _number(lambda _, count: np.arange(1, count + 1)),
    "frame.time": _number(lambda index, count: index.time_ns[:count]),
    "frame.time_epoch": _number(lambda index, count: index.time_ns[:count]),
    "frame.time_relative": _number(lambda index, count: index.time_ns[:count] - (index.time_ns[0] if count else 0)),
    "frame.len": _number(lambda index, count: index.length[:count]),
    "frame.cap_len": _number(lambda index, count: index.captured[:count]),
    "frame.interface_id": _interface_ids,
    "frame.interface_name": _interface_names,
}
