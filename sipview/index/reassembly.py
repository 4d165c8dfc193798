"""Messages that no packet holds whole: out of IP fragments, TCP connections and SCTP associations.

Runs behind the columns, batch by batch, on the rows that need it. A datagram put together out of fragments goes through the
same steps as a captured one, from its transport layer on.
"""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from ipaddress import IPv4Address, ip_address
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture.hep import Copied, is_packed, unpack
from sipview.index.columns import PacketIndex
from sipview.index.connections import COPIED_TRANSPORTS, Batch, Connections, Found, StreamGap, UnreadConnection
from sipview.index.datagrams import MOST_NESTED, Whole, opened
from sipview.index.frames import begin_framed
from sipview.index.layers import Flag, FragmentRows, Layer, Peel, Protocol, Step
from sipview.index.peeling import Columns
from sipview.index.start_line import begins_message, skip_line_ends
from sipview.index.undecided import Segment
from sipview.streams.fragments import Datagram, Fragments, LostFragments
from sipview.streams.tls import KeyLog
from sipview.values import Transport

_TCP, _UDP, _SCTP = 6, 17, 132
_TRANSPORTS = {_TCP: Transport.TCP, _UDP: Transport.UDP, _SCTP: Transport.SCTP}
# Of SIP (RFC 3261 18.1.1 and 26.2.2) and, by custom, of the collectors that capture agents send copies to.
_USUAL_PORTS = (5060, 5061, 9060, 9061)
_SYN = 0x02
# unknown to whoever wrote the capture, so that nobody can choose connections that get one number
_MIX_LOW, _MIX_HIGH = (np.uint64(int.from_bytes(os.urandom(8)) | 1) for _ in range(2))


class Gathered(NamedTuple):
    """A SIP message put together: the row that completes it and all that carry it; ``source`` and ``destination`` are
    positions in ``PacketIndex.addresses``.
    """

    row: int
    rows: tuple[int, ...]
    source: int
    source_port: int
    destination: int
    destination_port: int
    transport: Transport
    data: bytes


class Reassembly:
    """Follows fragments and connections through the rows of an index."""

    def __init__(
        self, index: PacketIndex, steps: Mapping[Layer, Step], key_log: KeyLog, sip_ports: frozenset[int] = frozenset()
    ) -> None:
        self._index = index
        self._steps = steps
        self._ports = np.array(sorted({*_USUAL_PORTS, *sip_ports}), np.uint16)
        self._fragments = Fragments()
        self._connections = Connections(key_log, partial(_segment_of, index))

    @property
    def lost_fragments(self) -> list[LostFragments]:
        """Fragments that never became a datagram."""
        return self._fragments.lost

    @property
    def lost_counts(self) -> tuple[int, int]:
        """How many datagrams were lost, also beyond those that are listed, and of how many the first fragment."""
        return self._fragments.lost_count, self._fragments.headless_count

    @property
    def unread_connections(self) -> list[UnreadConnection]:
        """Encrypted connections on SIP ports that could not be read."""
        return self._connections.unread

    @property
    def stream_gaps(self) -> tuple[list[StreamGap], int]:
        """What could not be read of streams that carry SIP, and how many more such gaps there are than are listed."""
        return self._connections.gaps, self._connections.more_gaps

    def take(self, first: int, columns: Columns, fragments: Sequence[FragmentRows]) -> list[Gathered]:
        """Take the rows of the index from ``first`` on, which have these ``columns``; ``fragments`` count from there, too."""
        gathered: list[Gathered] = []
        for part in fragments:
            gathered += self._defragment(first, part)
        index = self._index
        transport, flags = columns["transport"], columns["flags"]
        apart = Flag.FRAGMENT_FIRST | Flag.FRAGMENT_LATER | Flag.HEP  # a capture agent's copy has no transport header
        whole = (flags & np.uint16(apart)) == 0
        segments = np.flatnonzero((transport == _TCP) & whole) + first
        if segments.size:
            gathered += self._segments(segments)
        for row in (np.flatnonzero((transport == _SCTP) & whole) + first).tolist():
            gathered += self._sctp(row)
        copied = np.flatnonzero(flags & np.uint16(Flag.HEP)) + first
        if copied.size:
            for row in copied[_may_be_packed(index, copied)].tolist():
                gathered += self._unpacked(index.payload(row), row, (row,), _ends(index, row), int(transport[row - first]))
        return gathered

    def finish(self) -> list[Gathered]:
        """No more rows come: what is left in streams and fragments is given as far as it goes."""
        self._fragments.finish()
        gathered = [self._located(found) for found in self._connections.finish()]
        index = self._index
        for lost in self._fragments.lost:
            row = lost.rows[0]
            start = 8 if lost.first and index.transport[row] == _UDP else 0  # behind the UDP header
            if start and begins_message(lost.data, start + skip_line_ends(lost.data[start:])):
                message = Gathered(lost.rows[-1], lost.rows, *_ends(index, row), Transport.UDP, lost.data[start:])
                gathered.append(message)
        return gathered

    # fragments

    def _defragment(self, first: int, parts: FragmentRows) -> list[Gathered]:
        index = self._index
        whole: list[Whole] = []
        rows = parts.rows + first
        for row, time_ns, identification, offset, more, layer, start, end in zip(
            rows.tolist(), index.time_ns[rows].tolist(), *(column.tolist() for column in parts[1:]), strict=True
        ):
            ends = int(index.source[row]), int(index.destination[row])
            data = index.frame(row)[start:end]
            datagram = self._fragments.push((*ends, layer, identification), offset, data, row, time_ns=time_ns, more=more)
            if datagram is not None:
                whole.append(Whole(datagram, layer, *ends))
        return self._open(whole, MOST_NESTED) if whole else []

    def _open(self, wholes: Sequence[Whole], deeper: int) -> list[Gathered]:
        """Take the layers off datagrams that were put together, beginning with their transport."""
        last = [max(whole.datagram.rows) for whole in wholes]
        index = self._index
        peel = opened(wholes, index.address_book, self._steps)
        gathered: list[Gathered] = []
        for at, whole in enumerate(wholes):
            gathered += self._opened(peel, at, whole.datagram)
        nested: list[Whole] = []
        for parts in peel.fragments:
            for at, identification, offset, more, layer, start, end in zip(*(column.tolist() for column in parts), strict=True):
                ends = int(peel.source[at]), int(peel.destination[at])
                piece = peel.data[peel.start[at] + start : peel.start[at] + end].tobytes()
                inner = self._fragments.push(
                    (*ends, layer, identification), offset, piece, last[at], time_ns=int(index.time_ns[last[at]]), more=more
                )
                if inner is not None:
                    nested.append(Whole(inner, layer, *ends))
        if nested and deeper:
            gathered += self._open(nested, deeper - 1)
        return gathered

    def _opened(self, peel: Peel, at: int, datagram: Datagram) -> list[Gathered]:
        if peel.flags[at] & (Flag.FRAGMENT_FIRST | Flag.FRAGMENT_LATER):
            return []
        begin = int(peel.start[at]) + int(peel.payload_start[at])
        payload = peel.data[begin : begin + int(peel.payload_length[at])].tobytes()
        ends = (
            int(peel.source[at]), int(peel.source_port[at]), int(peel.destination[at]), int(peel.destination_port[at])
        )  # fmt: skip
        row, transport = max(datagram.rows), int(peel.transport[at])
        told = bool(peel.flags[at] & Flag.HEP)
        if (told or transport == _UDP) and peel.protocol[at] == Protocol.SIP:
            return [Gathered(row, datagram.rows, *ends, _TRANSPORTS[transport], payload[skip_line_ends(payload) :])]
        if told:
            return self._unpacked(payload, row, datagram.rows, ends, transport)
        if transport == _SCTP:
            header = int(peel.start[at]) + int(peel.transport_start[at])
            packet = peel.data[header : int(peel.start[at]) + int(peel.end[at])].tobytes()
            flow, side = _flow_of(*ends)
            return [self._located(each, ends, side) for each in self._connections.take_sctp(flow, side, packet, row)]
        if transport == _TCP:
            header = int(peel.start[at]) + int(peel.transport_start[at])
            sequence = int.from_bytes(peel.data[header + 4 : header + 8].tobytes(), "big")
            syn = bool(peel.data[header + 13] & _SYN)
            flow, side = _flow_of(*ends)
            segment = Segment(row, side, sequence, syn, payload)
            sip_port = bool(np.isin(ends[1::2], self._ports).any())
            found = self._connections.take_one(flow, segment, int(peel.protocol[at]), sip_port=sip_port)
            return [self._located(each, ends, side) for each in found]
        return []

    def _unpacked(
        self, payload: bytes, row: int, rows: tuple[int, ...], ends: tuple[int, int, int, int], transport: int
    ) -> list[Gathered]:
        """The SIP message in what an agent sent compressed; none where that is not compressed, or something else."""
        message = unpack(payload) if is_packed(payload) else None
        if message is None or not begins_message(message, skip_line_ends(message)):
            return []
        told = COPIED_TRANSPORTS.get(transport, Transport.UDP)
        if not self._connections.may_unpack(row, len(payload), message, told):
            return []
        return [Gathered(row, rows, *ends, told, message[skip_line_ends(message) :])]

    # connections

    def _segments(self, rows: npt.NDArray[np.int64]) -> list[Gathered]:
        index = self._index
        flags = index.frame_bytes(rows, index.transport_start[rows].astype(np.int64) + 13, 1)[:, 0]
        rows = rows[(index.payload_length[rows] > 0) | ((flags & _SYN) != 0)]
        if not rows.size:
            return []
        ports = index.source_port[rows], index.destination_port[rows]
        low = index.source[rows].astype(np.uint64) << np.uint64(16) | ports[0]
        high = index.destination[rows].astype(np.uint64) << np.uint64(16) | ports[1]
        flow = np.minimum(low, high) * _MIX_LOW + np.maximum(low, high) * _MIX_HIGH
        sip_port = np.isin(ports[0], self._ports) | np.isin(ports[1], self._ports)
        batch = Batch(rows, flow, index.protocol[rows], sip_port, begin_framed(index, rows), index.payload_length[rows])
        found = self._connections.take(batch)
        return [self._located(each) for each in found]

    def _sctp(self, row: int) -> list[Gathered]:
        index = self._index
        packet = index.frame(row)[int(index.transport_start[row]) :]
        flow, side = _flow_of(*_ends(index, row))
        return [self._located(found) for found in self._connections.take_sctp(flow, side, packet, row)]

    def _located(self, found: Found, ends: tuple[int, int, int, int] | None = None, side: int = 0) -> Gathered:
        """A message of a connection with its ends: those of the row that completes it, turned round where that row went
        the other way (a segment of one side can complete what the other's records waited for).
        """
        if found.told is not None:
            ends = self._told_ends(found.told)
            return Gathered(found.row, found.cut.rows, *ends, found.transport, found.cut.data)
        if ends is None:
            ends = _ends(self._index, found.row)
            _, side = _flow_of(*ends)
        if side != found.side:
            ends = (ends[2], ends[3], ends[0], ends[1])
        return Gathered(found.row, found.cut.rows, *ends, found.transport, found.cut.data)

    def _told_ends(self, told: Copied) -> tuple[int, int, int, int]:
        """The ends that an agent told, among the addresses of the index."""
        book, ends = self._index.address_book, []
        for text, port in ((told.source, told.source_port), (told.destination, told.destination_port)):
            address = ip_address(text)
            if isinstance(address, IPv4Address):
                number = book.ipv4(np.array([int(address)], np.uint32))
            else:
                high, low = divmod(int(address), 1 << 64)
                number = book.ipv6(np.array([high], np.uint64), np.array([low], np.uint64))
            ends += [int(number[0]), port]
        return ends[0], ends[1], ends[2], ends[3]


def _may_be_packed(index: PacketIndex, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which payloads begin as those that `is_packed` then looks at; of a busy agent's copies hardly any."""
    first = index.payload_bytes(rows, 0, 1)[:, 0]
    begins: npt.NDArray[np.bool_] = ((first & 0x0F) == 0x08) | (first == 0x1F)
    return begins


def _flow_of(source: int, source_port: int, destination: int, destination_port: int) -> tuple[int, int]:
    """The number of a connection, and which side sent: 0 for the end with the lower number."""
    sender, receiver = source << 16 | source_port, destination << 16 | destination_port
    low, high = min(sender, receiver), max(sender, receiver)
    flow = (low * int(_MIX_LOW) + high * int(_MIX_HIGH)) & 0xFFFF_FFFF_FFFF_FFFF
    return flow, int(sender > receiver)


def _segment_of(index: PacketIndex, row: int) -> Segment:
    """The segment that a row holds. No method: a reading that is done with must be free without a garbage collector.

    One look at the frame: a capture may be nothing but TCP, and asking the columns for its parts took twice as long.
    """
    frame, header, start = index.frame(row), int(index.transport_start[row]), int(index.payload_start[row])
    _, side = _flow_of(*_ends(index, row))
    sequence, syn = int.from_bytes(frame[header + 4 : header + 8], "big"), bool(frame[header + 13] & _SYN)
    return Segment(row, side, sequence, syn, frame[start : start + int(index.payload_length[row])])


def _ends(index: PacketIndex, row: int) -> tuple[int, int, int, int]:
    return (
        int(index.source[row]), int(index.source_port[row]), int(index.destination[row]), int(index.destination_port[row])
    )  # fmt: skip
