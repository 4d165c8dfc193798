"""The TCP and SCTP connections that carry SIP, among all others: found by their content, followed, cut into messages.

Most segments of a capture belong to connections that never say SIP. So the segments of a batch are grouped by connection at
once; of each connection that is not decided only the first segments are looked at one by one, and a connection that shows
nothing is left alone from then on, until one of its segments begins with a start line.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture.hep import SCTP, TCP, Copied, begins_hep, decode
from sipview.index.layers import Protocol
from sipview.index.start_line import begins_message as begins_sip
from sipview.index.start_line import skip_line_ends
from sipview.index.undecided import LOOKED_AT, SMALL, SMALL_LOOKED_AT, Segment, Undecided
from sipview.streams import (
    Allowance,
    Assembler,
    Cut,
    Gap,
    HepReader,
    Reader,
    SipCutter,
    WebSocketReader,
    begins_message,
    begins_websocket,
)
from sipview.streams.deflated import TOO_MUCH
from sipview.streams.sctp import SctpReader
from sipview.streams.tls import KeyLog, begins_tls
from sipview.values import Transport

COPIED_TRANSPORTS = {TCP: Transport.TCP, SCTP: Transport.SCTP}
"""How an agent saw a message pass, by the number it tells; any other was UDP."""
_MOST_CONNECTIONS = 1 << 14
MOST_HELD_BYTES = 64 << 20
"""What all connections together may keep of messages that are not whole yet, about; beyond, the idlest ones are ended."""
MOST_GAPS = 1000
"""Gaps that are told of one by one."""
_MARK = b"SIP/2.0"
# of text and binary, whole or with more to come, and all these compressed
_FIRST_OF_FRAME = (b"\x81", b"\x82", b"\x01", b"\x02", b"\xc1", b"\xc2", b"\x41", b"\x42")
_COPY = b"HEP3"
_SCTP_HEADER = 12
_NOT_RANDOM = 0xFFFF  # numbers up to that are somebody's choice

Numbers = npt.NDArray[Any]


class Batch(NamedTuple):
    """TCP segments in order, one element an array each.

    ``flow`` is the same number for both directions of a connection, ``protocol`` what the content was judged to be
    (`layers.Protocol`), ``sip_port`` whether one of the ports is one that carries SIP, ``framed`` whether a WebSocket frame
    with SIP in it begins the payload, ``length`` how long that is.
    """

    row: Numbers
    flow: Numbers
    protocol: Numbers
    sip_port: Numbers
    framed: Numbers
    length: Numbers


class Found(NamedTuple):
    """A SIP message of a connection: the row that completes it, who sent it, its bytes and rows.

    ``told``: the connection is that of a capture agent, which tells between whom it saw the message; ``size``: how many bytes
    its copy has there.
    """

    row: int
    side: int
    cut: Cut
    transport: Transport
    told: Copied | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class UnreadConnection:
    """An encrypted connection that could not be read: its ends as rows show them, why, and what its handshake told."""

    row: int
    reason: str
    handshake: str


class StreamGap(NamedTuple):
    """What could not be read of a stream that carries SIP."""

    transport: Transport
    gap: Gap


class _Plain:
    """A connection whose two directions are read apart: SIP, or SIP in WebSocket frames."""

    carries_sip = copies = False

    def __init__(self, transport: Transport, begins: Callable[[bytes | bytearray], bool], reader: Callable[[], Reader]) -> None:
        self.transport = transport
        self._sides = (Assembler(begins, reader), Assembler(begins, reader))

    @property
    def held(self) -> int:
        return self._sides[0].held + self._sides[1].held

    def push(self, segment: Segment) -> list[tuple[int, Cut]]:
        cuts = self._sides[segment.side].push(segment.sequence, segment.data, segment.row, syn=segment.syn)
        return [(segment.side, cut) for cut in cuts]

    def finish(self) -> list[tuple[int, Cut]]:
        return [(side, cut) for side in (0, 1) for cut in self._sides[side].finish()]

    @property
    def gaps(self) -> list[Gap]:
        return self._sides[0].gaps + self._sides[1].gaps

    @property
    def more_gaps(self) -> int:
        return self._sides[0].more_gaps + self._sides[1].more_gaps


def _websocket(allowance: Allowance) -> _Plain:
    return _Plain(Transport.WS, begins_websocket, partial(WebSocketReader, allowance))


class _Agent(_Plain):
    """A connection by which a capture agent sends copies of messages (HEP)."""

    copies = True

    def __init__(self) -> None:
        super().__init__(Transport.TCP, begins_hep, HepReader)


class _Encrypted:
    """A TLS connection. ``expected``: on a port that carries SIP, so that it is worth a word where it cannot be read."""

    carries_sip = False

    def __init__(self, secrets: KeyLog, allowance: Allowance, row: int, *, expected: bool) -> None:
        self.row = row
        self.expected = expected
        from sipview.streams.tls.connection import TlsConnection  # noqa: PLC0415 - most captures have none

        self.tls = TlsConnection(secrets, partial(_reader_of_plaintext, allowance))

    @property
    def held(self) -> int:
        return self.tls.held

    def push(self, segment: Segment) -> list[tuple[int, Cut]]:
        return self.tls.push(segment.side, segment.sequence, segment.data, segment.row, syn=segment.syn)

    def finish(self) -> list[tuple[int, Cut]]:
        return self.tls.finish()

    @property
    def gaps(self) -> list[Gap]:
        return self.tls.gaps

    @property
    def more_gaps(self) -> int:
        return self.tls.more_gaps

    @property
    def copies(self) -> bool:
        """Whether it is that of a capture agent."""
        return any(isinstance(reader, HepReader) for reader in self.tls.readers)

    @property
    def transport(self) -> Transport:
        framed = any(isinstance(reader, WebSocketReader) for reader in self.tls.readers)
        return Transport.WSS if framed else Transport.TLS


def _reader_of_plaintext(allowance: Allowance, first: bytearray) -> Reader:
    if begins_hep(first):
        return HepReader()
    framed = begins_websocket(first) or first.startswith((b"GET ", b"HTTP/1.1 101"))
    return WebSocketReader(allowance) if framed else SipCutter()


class Connections:
    """Takes segments batch by batch; gives the SIP messages in them.

    ``secrets`` open TLS connections. ``segment_of`` gives the segment of a row: it is asked for those that matter only.
    """

    def __init__(self, secrets: KeyLog, segment_of: Callable[[int], Segment]) -> None:
        self._secrets = secrets
        self._segment_of = segment_of
        self._open: OrderedDict[int, _Plain | _Encrypted] = OrderedDict()
        self._newly_open: list[int] = []
        self._undecided = Undecided()
        self._left_alone: set[int] = set()
        self._sctp: OrderedDict[tuple[int, int], SctpReader] = OrderedDict()
        self._sctp_by_tag: dict[bytes, tuple[int, int]] = {}
        self._held = self._held_by_sctp = 0
        self._allowance = Allowance()
        self.unread: list[UnreadConnection] = []
        self.gaps: list[StreamGap] = []
        self.more_gaps = 0

    def take(self, batch: Batch) -> list[Found]:
        """Take the segments of a batch."""
        found: list[Found] = []
        self._newly_open.clear()
        wanted = self._wanted(batch)
        self._take_those(batch, wanted, found)
        if self._newly_open:  # what they sent later in this batch belongs to them too
            opened = np.array(self._newly_open, np.uint64)
            # Without "sort" numpy 2.0 takes numbers beyond 63 bits for too large.
            self._take_those(batch, np.isin(batch.flow, opened, kind="sort") & ~wanted, found)
        return found

    def _take_those(self, batch: Batch, wanted: npt.NDArray[np.bool_], found: list[Found]) -> None:
        for position in np.flatnonzero(wanted).tolist():
            self._push(
                int(batch.flow[position]), self._segment_of(int(batch.row[position])), int(batch.protocol[position]), found,
                sip_port=bool(batch.sip_port[position]),
            )  # fmt: skip

    def take_one(self, flow: int, segment: Segment, protocol: int, *, sip_port: bool) -> list[Found]:
        """Take a segment that no row holds as it is: its datagram came in fragments."""
        found: list[Found] = []
        self._push(flow, segment, protocol, found, sip_port=sip_port)
        return found

    def take_sctp(self, flow: int, side: int, packet: bytes, row: int) -> list[Found]:
        """Take an SCTP packet, from its common header on."""
        chunks = packet[_SCTP_HEADER:]
        known = (flow, side)
        if known not in self._sctp:
            known = self._other_path(known, packet)
        reader = self._sctp.setdefault(known, SctpReader())
        self._sctp.move_to_end(known)
        held = reader.held
        cuts = reader.push(chunks, row)
        self._held_by_sctp += reader.held - held
        while len(self._sctp) > _MOST_CONNECTIONS or self._held_by_sctp > MOST_HELD_BYTES:
            self._held_by_sctp -= self._sctp[next(iter(self._sctp))].held
            self._close_sctp()
        found = [
            Found(max(cut.rows), side, cut, Transport.SCTP) for cut in cuts if begins_sip(cut.data, skip_line_ends(cut.data))
        ]
        reader.carries_sip |= bool(found)
        return found

    def _other_path(self, new: tuple[int, int], packet: bytes) -> tuple[int, int]:
        """The association that goes on between other addresses of the same hosts (RFC 9260 6.4), or the one that is new.

        It is known by its ports and the number that its receiver chose at random (RFC 9260 5.3.1); as its messages have
        numbers too, writers of captures that choose nothing at random mislead nobody.
        """
        ports_and_tag = packet[:8]
        known = self._sctp_by_tag.setdefault(ports_and_tag, new)
        if known == new or known not in self._sctp:
            self._sctp_by_tag[ports_and_tag] = new
            if len(self._sctp_by_tag) > 2 * _MOST_CONNECTIONS:
                del self._sctp_by_tag[next(iter(self._sctp_by_tag))]
            return new
        random = int.from_bytes(packet[4:8], "big") > _NOT_RANDOM
        return known if random and self._sctp[known].follows(packet[_SCTP_HEADER:]) else new

    def finish(self) -> list[Found]:
        """No more segments come: what is left in the streams is given as far as it goes."""
        found: list[Found] = []
        while self._open:
            number, _ = next(iter(self._open.items()))
            found += self._close(number)
        while self._sctp:
            self._close_sctp()
        return found

    def _close_sctp(self) -> None:
        _, reader = self._sctp.popitem(last=False)
        reader.finish()
        if reader.carries_sip:
            self._tell(Transport.SCTP, reader.gaps, reader.more_gaps)

    def _tell(self, transport: Transport, gaps: Sequence[Gap], more: int) -> None:
        told = gaps[: MOST_GAPS - len(self.gaps)]
        self.gaps += [StreamGap(transport, gap) for gap in told]
        self.more_gaps += len(gaps) - len(told) + more

    def _wanted(self, batch: Batch) -> npt.NDArray[np.bool_]:
        """Which segments have to be looked at: those of open connections, and the first ones of undecided ones."""
        flows, inverse, counts = np.unique(batch.flow, return_inverse=True, return_counts=True)
        numbers = flows.tolist()
        is_open = np.fromiter((number in self._open for number in numbers), np.bool_, len(numbers))
        alone = np.fromiter((number in self._left_alone for number in numbers), np.bool_, len(numbers))
        shows = np.zeros(len(numbers), np.bool_)
        shows[inverse[(batch.protocol == Protocol.SIP) | batch.sip_port | batch.framed]] = True
        order = np.argsort(inverse, kind="stable")
        rank = np.empty(batch.flow.size, np.int64)
        rank[order] = np.arange(batch.flow.size) - np.repeat(np.cumsum(counts) - counts, counts)
        first = ~alone[inverse] & ((rank < LOOKED_AT) | ((batch.length <= SMALL) & (rank < SMALL_LOOKED_AT)))
        chosen: npt.NDArray[np.bool_] = (is_open | shows)[inverse] | first
        return chosen

    def _push(self, flow: int, segment: Segment, protocol: int, found: list[Found], *, sip_port: bool) -> None:
        connection = self._open.get(flow)
        held = connection.held if connection is not None else 0
        if type(connection) is _Plain and connection.transport is Transport.TCP:
            # what looked like SIP in mid-stream may have been inside an agent's copy, or in a frame
            if begins_hep(segment.data):
                connection = self._open[flow] = _Agent()
            elif segment.data[:1] in _FIRST_OF_FRAME and begins_websocket(segment.data):
                connection = self._open[flow] = _websocket(self._allowance)
        if connection is None:
            whole = self._undecided.behind(flow, segment)
            connection = self._framed_as(whole.data, segment.row, sip_port=sip_port)
            if connection is None and whole is not segment:  # what came before may be a ping, say
                connection = self._framed_as(segment.data, segment.row, sip_port=sip_port)
            if connection is None and (protocol == Protocol.SIP or _MARK in whole.data):
                connection = _Plain(Transport.TCP, begins_message, SipCutter)
                connection.carries_sip = begins_sip(whole.data, skip_line_ends(whole.data))
            if connection is None:
                if self._undecided.add(flow, segment):
                    self._left_alone.add(flow)
                return
            self._left_alone.discard(flow)
            self._open[flow] = connection
            self._newly_open.append(flow)
            for row in self._undecided.take(flow):
                found += self._messages(connection, connection.push(self._segment_of(row)))
            if len(self._open) > _MOST_CONNECTIONS:
                found += self._close(next(iter(self._open)))
        found += self._messages(connection, connection.push(segment))
        self._open.move_to_end(flow)
        self._held += connection.held - held
        if isinstance(connection, _Encrypted) and not connection.expected and connection.tls.unreadable:
            self._held -= self._open.pop(flow).held  # one of the many that have nothing to do with SIP
            self._left_alone.add(flow)
        while self._held > MOST_HELD_BYTES and self._open:
            found += self._close(next(iter(self._open)))

    def _framed_as(self, data: bytes, row: int, *, sip_port: bool) -> _Plain | _Encrypted | None:
        """What reads a connection that sends these bytes, where they begin with the header of something that carries SIP."""
        if begins_tls(data):
            matters = len(self._secrets) or sip_port
            return _Encrypted(self._secrets, self._allowance, row, expected=sip_port) if matters else None
        if begins_hep(data) or begins_hep(data[data.find(_COPY) :] if _COPY in data else b""):
            return _Agent()
        if begins_websocket(data):
            return _websocket(self._allowance)
        return None

    def _messages(self, connection: _Plain | _Encrypted, cuts: list[tuple[int, Cut]]) -> list[Found]:
        """The SIP among what a connection gave."""
        if connection.copies:
            copied = [found for side, cut in cuts if (found := _copied(side, cut)) is not None]
            messages = [found for found in copied if self.may_unpack(found.row, found.size, found.cut.data, found.transport)]
        else:
            messages = [
                Found(max(cut.rows), side, cut, connection.transport)
                for side, cut in cuts
                if begins_sip(cut.data, skip_line_ends(cut.data))
            ]
        connection.carries_sip |= bool(messages)
        return messages

    def may_unpack(self, row: int, packed: int, message: bytes, transport: Transport) -> bool:
        """Whether a message that came in so many bytes may be kept as it is; where not, that is told."""
        if len(message) > self._allowance.room(packed):
            self._tell(transport, [Gap(row, None, packed, captured=True, why=TOO_MUCH)], 0)
            return False
        self._allowance.take(packed, len(message))
        return True

    def _close(self, number: int) -> list[Found]:
        connection = self._open.pop(number)
        self._held -= connection.held
        found = self._messages(connection, connection.finish())
        if connection.carries_sip:
            self._tell(connection.transport, connection.gaps, connection.more_gaps)
        else:  # what can be said of it is also why nothing shows whether it carries SIP
            self._tell(connection.transport, [gap for gap in connection.gaps if gap.why], 0)
        if isinstance(connection, _Encrypted) and connection.expected and connection.tls.unreadable:
            self.unread.append(UnreadConnection(connection.row, connection.tls.unreadable, connection.tls.handshake.in_words()))
        return found


def _copied(side: int, cut: Cut) -> Found | None:
    """The SIP message that an agent copied, if this packet of HEP holds one."""
    told = decode(cut.data)
    if isinstance(told, str) or not begins_sip(told.payload, skip_line_ends(told.payload)):
        return None
    message = Cut(told.payload[skip_line_ends(told.payload) :], cut.rows)
    return Found(max(cut.rows), side, message, COPIED_TRANSPORTS.get(told.protocol, Transport.UDP), told, len(cut.data))
