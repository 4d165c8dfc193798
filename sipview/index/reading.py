"""The pass over capture files: records to columns, columns to SIP candidates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sipview.capture import CaptureFile
from sipview.index.ahead import ahead
from sipview.index.columns import PacketIndex
from sipview.index.file_news import Known
from sipview.index.peeling import Columns, MessageRows, Peeled, peeled_batches
from sipview.index.reassembly import Gathered, Reassembly
from sipview.index.standby import worth_a_process
from sipview.index.steps import STEPS
from sipview.streams.tls import KeyLog
from sipview.values import CancelToken, Endpoint, Transport

_AHEAD = 2  # batches that wait while one is taken in and one is read
_UDP = 17
_TRANSPORTS = {6: Transport.TCP, _UDP: Transport.UDP, 132: Transport.SCTP}


class Candidate(NamedTuple):
    """Bytes that look like one SIP message. ``row`` is the packet that completes it, ``rows`` all that carry a part.

    ``held`` are the bytes, or where they lie in the file: what another process is going to look at is not touched here.
    ``frame_offset`` is where they begin in the captured bytes of ``row``, or None where they were put together from several
    packets.
    """

    row: int
    rows: tuple[int, ...]
    time_ns: int
    source: Endpoint
    destination: Endpoint
    transport: Transport
    held: bytes | memoryview
    frame_offset: int | None

    @property
    def data(self) -> bytes:
        """The bytes themselves."""
        return bytes(self.held)


@dataclass(frozen=True, slots=True)
class Step:
    """One batch read: the index has grown to ``index.count`` rows, ``candidates`` are new.

    ``done`` is the fraction of all bytes read, 0.0 to 1.0; ``places`` are where each candidate begins in its file, None for one
    that was put together out of several packets.
    """

    index: PacketIndex
    candidates: list[Candidate]
    done: float
    places: Sequence[int | None] = ()


def read(
    files: Sequence[CaptureFile],
    cancel: CancelToken,
    key_log: bytes = b"",
    sip_ports: frozenset[int] = frozenset(),
    *,
    behind: bool = False,
) -> Iterator[Step]:
    """Read capture files that do not grow step by step. Raises `values.Cancelled` when asked to stop.

    ``key_log`` is a text of TLS secrets (SSLKEYLOGFILE format), ``sip_ports`` are TCP ports that carry SIP. Long files are
    read by a process beside this one where there is a processor for it; ``behind``: others have processors first.
    """
    reading = Reading(files, key_log, sip_ports, beside=worth_a_process(files), behind=behind)
    yield from reading.steps(cancel)
    yield reading.finish()


class Reading:
    """Capture files while they are read into one ``index``. `steps` may be called again when the files have grown."""

    def __init__(
        self,
        files: Sequence[CaptureFile],
        key_log: bytes = b"",
        sip_ports: frozenset[int] = frozenset(),
        *,
        beside: bool = False,
        behind: bool = False,
    ) -> None:
        """``beside``: these files do not grow, and a process beside this one reads them; ``behind``, when others let it."""
        self.index = PacketIndex(files)
        self._beside, self._behind = beside, behind
        self.key_log = KeyLog(key_log)
        self.reassembly = Reassembly(self.index, STEPS, self.key_log, sip_ports)
        self._bytes_read = [0] * len(self.index.files)
        self._secrets_read = [0] * len(self.index.files)

    def add(self, file: CaptureFile) -> None:
        """Read another file, too, from the next call of `steps` on."""
        self._bytes_read.append(0)
        self._secrets_read.append(0)
        self.index.add_file(file)

    def steps(self, cancel: CancelToken) -> Iterator[Step]:
        """What came since the last call; at least one step. Raises `values.Cancelled` when asked to stop.

        The next batches are found, and their layers taken off, on another thread meanwhile: numpy lets Python run.
        """
        batches = self._batches_beside(cancel) if self._beside else self._batches(cancel)
        for peeled in ahead(batches, _AHEAD):
            yield self._take(peeled)
            cancel.check()
        self._beside = False
        yield Step(self.index, [], 1.0)

    def _batches(self, cancel: CancelToken) -> Iterator[Peeled]:
        return peeled_batches(self.index.files, self.index.address_book, self.index.interface_book, cancel)

    def _batches_beside(self, cancel: CancelToken) -> Iterator[Peeled]:
        """The batches from a process beside this one; if that is lost, the rest is read here."""
        from sipview.index.beside import Beside, LostError  # noqa: PLC0415 - most captures are read here

        known, rows = [Known(file) for file in self.index.files], 0
        try:
            with Beside(self.index, behind=self._behind) as beside:
                for peeled in beside.batches():
                    yield peeled
                    rows += peeled.columns["offset"].size
        except LostError:
            for one in known:
                one.restore()
            for peeled in self._batches(cancel):
                yield peeled.behind(rows)
                rows = max(0, rows - peeled.columns["offset"].size)

    def finish(self) -> Step:
        """The files will not grow: the last step, with what is left in streams and fragments."""
        gathered = self._located(self.reassembly.finish())
        lost = self.reassembly.lost_fragments
        self.index.lost_fragments, self.index.headless_fragments = self.reassembly.lost_counts
        self.index.first_lost_fragment = min((one.rows[0] for one in lost), default=-1)
        gaps, self.index.more_stream_gaps = self.reassembly.stream_gaps
        self.index.stream_gaps = tuple(sorted(gaps, key=lambda one: one.gap.row))
        self.index.unread_connections = tuple(self.reassembly.unread_connections)
        return Step(self.index, gathered, 1.0)

    def _take(self, peeled: Peeled) -> Step:
        for file, bytes_read in peeled.bytes_read:
            self._bytes_read[file] = max(self._bytes_read[file], bytes_read)
        done = sum(self._bytes_read) / max(sum(file.size for file in self.index.files), 1)
        first = self.index.count
        if not first:
            self.index.expect(peeled.columns["offset"].size, peeled.bytes_read)
        self.index.append(peeled.columns)
        self._read_secrets()
        candidates, places = self._candidates(peeled.columns, peeled.messages, first)
        gathered = self._located(self.reassembly.take(first, peeled.columns, peeled.fragments))
        if gathered:
            found = [*zip(candidates, places, strict=True), *((one, self._place(one)) for one in gathered)]
            found.sort(key=lambda pair: pair[0].row)
            candidates, places = [one for one, _ in found], [place for _, place in found]
        return Step(self.index, candidates, min(done, 1.0), places)

    def _place(self, candidate: Candidate) -> int | None:
        if candidate.frame_offset is None:
            return None
        return int(self.index.offset[candidate.row]) + candidate.frame_offset

    def _read_secrets(self) -> None:
        """TLS secrets that a pcapng file carries itself, in Decryption Secrets Blocks."""
        for number, file in enumerate(self.index.files):
            for text in file.secrets[self._secrets_read[number] :]:
                self.key_log.add(text)
            self._secrets_read[number] = len(file.secrets)

    def _located(self, gathered: Sequence[Gathered]) -> list[Candidate]:
        """Messages put together out of several packets, or cut out of one, as candidates."""
        index = self.index
        return [
            Candidate(
                each.row,
                each.rows,
                int(index.time_ns[each.row]),
                index.endpoint(each.source, each.source_port),
                index.endpoint(each.destination, each.destination_port),
                each.transport,
                each.data,
                self._offset_in_frame(each),
            )
            for each in gathered
        ]

    def _offset_in_frame(self, gathered: Gathered) -> int | None:
        """Where a message lies in the one frame that carries it whole and in clear, else None."""
        if len(gathered.rows) != 1 or gathered.transport not in {Transport.TCP, Transport.SCTP}:
            return None
        start = int(self.index.payload_start[gathered.row])
        found = self.index.frame(gathered.row).find(gathered.data, start)
        return found if found >= 0 else None

    def _candidates(self, columns: Columns, messages: MessageRows, first: int) -> tuple[list[Candidate], Sequence[int | None]]:
        """The SIP messages that datagrams of a batch hold, whose rows begin at ``first`` in the index, and their places."""
        index, rows = self.index, messages.rows
        if not rows.size:
            return [], []
        begin = columns["offset"][rows] + messages.start
        places = begin.tolist()
        bounds = zip(places, (begin + messages.length).tolist(), strict=True)
        interface = columns["interface"][rows]
        if (interface == interface[0]).all():
            view = index.interfaces[int(interface[0])][0].data.data
            held = [view[begins:ends] for begins, ends in bounds]
        else:
            views = [file.data.data for file, _ in index.interfaces]
            pairs = zip(interface.tolist(), bounds, strict=True)
            held = [views[number][begins:ends] for number, (begins, ends) in pairs]
        source = index.all_endpoints(columns["source"][rows], columns["source_port"][rows])
        destination = index.all_endpoints(columns["destination"][rows], columns["destination_port"][rows])
        transport = [_TRANSPORTS[number] for number in columns["transport"][rows].tolist()]
        time_ns, start, row = columns["time_ns"][rows].tolist(), messages.start.tolist(), (rows + first).tolist()
        # made by `map`, since a capture of nothing but SIP has hundreds of thousands of them
        values = zip(row, zip(row, strict=True), time_ns, source, destination, transport, held, start, strict=True)
        return list(map(partial(tuple.__new__, Candidate), values)), places
