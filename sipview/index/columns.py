"""The columns: one row a packet, in file order (of several files: in time order)."""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.capture import CaptureFile, Interface, gather
from sipview.index.addresses import AddressBook
from sipview.index.connections import StreamGap, UnreadConnection
from sipview.index.hep import told_time_ns
from sipview.index.info import describe
from sipview.index.interfaces import Interfaces
from sipview.index.layers import Flag, Protocol
from sipview.index.peeling import KINDS, Columns
from sipview.values import Endpoint

__all__ = ["Flag", "PacketIndex", "Protocol"]

_FIRST_ROWS = 1 << 16
_SHORTER = 1.3
_MOST_EXPECTED = 100_000_000


class _Endpoints(dict[int, Endpoint]):
    """The one object for each end, by address and port in one number: made when it is first asked for.

    Looking one up is one step of C, and there are two for each message.
    """

    def __init__(self, book: AddressBook) -> None:
        super().__init__()
        self._book = book

    def __missing__(self, key: int) -> Endpoint:
        found = self[key] = Endpoint(self._book.texts[key >> 16], key & 0xFFFF)
        return found


class PacketIndex:
    """Columns over all packets read so far; each array has ``count`` elements. Rows count from 0, frames from 1.

    ``source``/``destination`` (uint32) are positions in ``addresses``; ports (uint16) are 0 where there are none.
    ``payload_start`` (uint32, from the start of the captured bytes) and ``payload_length`` (uint32, captured part) are
    what the transport carries; ``transport`` (uint8) is the transport's IP protocol number and ``transport_start`` (uint32)
    where its header begins, both 0 where there is none.
    ``interface`` (uint16) is a position in ``interfaces``. ``protocol`` (uint8) holds `Protocol`, ``flags`` (uint16) `Flag`.

    ``lost_fragments`` counts datagrams of which not all fragments were there; ``headless_fragments`` of them lack the first,
    and ``first_lost_fragment`` is the row where they begin. ``unread_connections`` are encrypted connections on SIP ports that
    could not be read; ``stream_gaps``, in order of their rows, are what is missing or of no use in streams that carry SIP, and
    ``more_stream_gaps`` how many there are beyond those. All this is known at the end of the reading.

    One thread writes; others may read at the same time: an array once given out keeps its length and its values.
    """

    def __init__(self, files: Sequence[CaptureFile]) -> None:
        self.files = tuple(files)
        self.interface_book = Interfaces(files)
        self.address_book = AddressBook()
        self.count = 0
        self.lost_fragments = self.headless_fragments = 0
        self.first_lost_fragment = -1
        self.unread_connections: tuple[UnreadConnection, ...] = ()
        self.stream_gaps: tuple[StreamGap, ...] = ()
        self.more_stream_gaps = 0
        self._columns: dict[str, npt.NDArray[Any]] = {name: np.empty(0, kind) for name, kind in KINDS.items()}
        self._changing = threading.Lock()  # who fills rows and who adds them may be two threads
        self._given = 0  # rows that somebody got room for
        self._expected = _FIRST_ROWS
        self._endpoints = _Endpoints(self.address_book)

    def add_file(self, file: CaptureFile) -> None:
        """Read from another file, too: what has taken the place of one that was followed."""
        self.interface_book.add_file(file)
        self.files = (*self.files, file)

    @property
    def interfaces(self) -> list[tuple[CaptureFile, Interface]]:
        """All interfaces of all files, each with its file."""
        return self.interface_book.known

    @property
    def addresses(self) -> list[str]:
        """The texts of all addresses seen; the first is "", for packets without one."""
        return self.address_book.texts

    @property
    def time_ns(self) -> npt.NDArray[np.int64]:
        """When each packet was captured, since the epoch."""
        return self._column("time_ns")

    @property
    def offset(self) -> npt.NDArray[np.int64]:
        """Where the captured bytes begin in the ``data`` of the packet's file."""
        return self._column("offset")

    @property
    def captured(self) -> npt.NDArray[np.uint32]:
        """How many bytes of each packet are in the file."""
        return self._column("captured")

    @property
    def length(self) -> npt.NDArray[np.uint32]:
        """How many bytes each packet had on the wire."""
        return self._column("length")

    @property
    def interface(self) -> npt.NDArray[np.uint16]:
        """Positions in ``interfaces``."""
        return self._column("interface")

    @property
    def protocol(self) -> npt.NDArray[np.uint8]:
        """A `Protocol` each."""
        return self._column("protocol")

    @property
    def flags(self) -> npt.NDArray[np.uint16]:
        """A `Flag` each."""
        return self._column("flags")

    @property
    def source(self) -> npt.NDArray[np.uint32]:
        """Positions in ``addresses``."""
        return self._column("source")

    @property
    def destination(self) -> npt.NDArray[np.uint32]:
        """Positions in ``addresses``."""
        return self._column("destination")

    @property
    def source_port(self) -> npt.NDArray[np.uint16]:
        """The sender's port, 0 where there is none."""
        return self._column("source_port")

    @property
    def destination_port(self) -> npt.NDArray[np.uint16]:
        """The receiver's port, 0 where there is none."""
        return self._column("destination_port")

    @property
    def transport(self) -> npt.NDArray[np.uint8]:
        """The number of the transport protocol (6 is TCP, 17 UDP), 0 where there is none."""
        return self._column("transport")

    @property
    def transport_start(self) -> npt.NDArray[np.uint32]:
        """Where the transport header begins in the captured bytes, 0 where there is none."""
        return self._column("transport_start")

    @property
    def payload_start(self) -> npt.NDArray[np.uint32]:
        """Where the payload begins in the captured bytes."""
        return self._column("payload_start")

    @property
    def payload_length(self) -> npt.NDArray[np.uint32]:
        """How many bytes of payload were captured."""
        return self._column("payload_length")

    def endpoints(self, row: int) -> tuple[Endpoint, Endpoint] | None:
        """Source and destination of a packet, or None where it has no network layer that we read."""
        source, destination = int(self.source[row]), int(self.destination[row])
        if not source and not destination:
            return None
        return (
            self.endpoint(source, int(self.source_port[row])),
            self.endpoint(destination, int(self.destination_port[row])),
        )

    def endpoint(self, address: int, port: int) -> Endpoint:
        """The one `Endpoint` object for an address (a position in ``addresses``) and a port."""
        return self._endpoints[address << 16 | port]

    def all_endpoints(self, addresses: npt.NDArray[np.uint32], ports: npt.NDArray[np.uint16]) -> list[Endpoint]:
        """`endpoint` of many."""
        keys = (addresses.astype(np.int64) << 16 | ports).tolist()
        return list(map(self._endpoints.__getitem__, keys))

    def frame(self, row: int) -> bytes:
        """The captured bytes of a packet, from its link layer on."""
        return self._bytes(row, 0, int(self.captured[row]))

    def payload(self, row: int) -> bytes:
        """What the transport carries in that packet."""
        return self._bytes(row, int(self.payload_start[row]), int(self.payload_length[row]))

    def payload_bytes(self, rows: npt.NDArray[np.int64], start: int, size: int) -> npt.NDArray[np.uint8]:
        """``size`` bytes from byte ``start`` of the payload of each of these rows: one line of the array a row.

        What lies behind a payload's end reads as whatever follows in the file; compare with ``payload_length``.
        """
        return self.frame_bytes(rows, self.payload_start[rows] + np.int64(start), size)

    def frame_bytes(self, rows: npt.NDArray[np.int64], start: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.uint8]:
        """``size`` bytes of each of these rows' frames from its ``start`` on: one line of the array a row."""
        positions = self.offset[rows] + start
        interfaces = self.interface[rows]
        found = np.zeros((rows.size, size), np.uint8)
        for number in np.flatnonzero(np.bincount(interfaces)).tolist():
            chosen = interfaces == number
            pieces = gather(self.interfaces[number][0].data, positions[chosen], np.dtype((np.void, size)))
            found[chosen] = pieces.view(np.uint8).reshape(-1, size)
        return found

    def time_digits(self, row: int) -> int:
        """How many fractional digits of a second the packet's file gives."""
        if len(self.interfaces) == 1:
            return self.interfaces[0][1].time_digits
        return self.interfaces[int(self.interface[row])][1].time_digits

    def info(self, row: int) -> str:
        """What the packet list says about a packet: the start line of SIP, ports, flags, the numbers of RTP."""
        start = int(self.transport_start[row])
        return describe(
            Protocol(int(self.protocol[row])),
            Flag(int(self.flags[row])),
            (int(self.source_port[row]), int(self.destination_port[row])),
            self._bytes(row, start, min(64, int(self.captured[row]) - start)) if start else b"",
            self.payload(row),
        )

    def told_time_ns(self, row: int) -> int | None:
        """When a capture agent saw the message whose copy this packet is (HEP); None where nobody says that."""
        if not int(self.flags[row]) & Flag.HEP:
            return None
        return told_time_ns(self.frame(row), int(self.payload_start[row]))

    def relabel(self, rows: npt.NDArray[np.int64], protocol: Protocol) -> None:
        """These rows are ``protocol``: somebody knows more than their content shows. Arrays given out stay as they are."""
        with self._changing:
            column = self._columns["protocol"].copy()
            column[rows] = protocol
            self._columns["protocol"] = column

    def expect(self, rows: int, bytes_read: Iterable[tuple[int, int]]) -> None:
        """The first ``rows`` came out of so many bytes of these files (by position); they may go on as they begin.

        Then the columns need not be copied on the way to the end. They may also go on with shorter packets; room that is never
        used takes no memory.
        """
        done = sum(read for _, read in bytes_read) / max(sum(file.size for file in self.files), 1)
        if done:
            self._expected = max(int(min(rows / done * _SHORTER, _MOST_EXPECTED)), _FIRST_ROWS)

    def room(self, rows: int) -> Columns:
        """Where the rows behind those that got room before can be written by one thread, for another to `append` them."""
        with self._changing:
            first = max(self._given, self.count)
            self._given = first + rows
            self._reserve(self._given, first)
            return {name: column[first : self._given] for name, column in self._columns.items()}

    def append(self, rows: Columns) -> None:
        """Add rows: an array for each column. What stands in its `room` already is not copied."""
        with self._changing:
            count = self.count + rows["offset"].size
            self._reserve(count, max(self._given, self.count))
            for name, column in self._columns.items():
                there = column[self.count : count]
                if there.__array_interface__["data"] != rows[name].__array_interface__["data"]:
                    there[:] = rows[name]
            self.count = count

    def _reserve(self, rows: int, used: int) -> None:
        """Let the columns have at least so many ``rows``; ``used`` of those that there are have to be kept."""
        for name, column in self._columns.items():
            if column.size < rows:
                grown = _room_for(max(rows, self._expected, column.size * 3 // 2), rows, column.dtype)
                grown[:used] = column[:used]
                self._columns[name] = grown

    def interface_numbers(self, file: int) -> npt.NDArray[np.uint16]:
        """The positions in ``interfaces`` of those that the file at that position of ``files`` has described so far."""
        return self.interface_book.numbers(file)

    def _column(self, name: str) -> npt.NDArray[Any]:
        count = self.count  # before the array: the array may be replaced by a longer one, never by a shorter one
        return self._columns[name][:count]

    def _bytes(self, row: int, start: int, size: int) -> bytes:
        if not -self.count <= row < self.count:
            raise IndexError(f"row {row} of {self.count}")
        begin = int(self.offset[row]) + start
        file, _ = self.interfaces[int(self.interface[row])]
        return file.data[begin : begin + size].tobytes()


def _room_for(wished: int, needed: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    """An array of so many elements as are wished for, or, where a process may not have that much memory, as are needed."""
    try:
        return np.empty(wished, kind)
    except MemoryError:
        return np.empty(needed, kind)
