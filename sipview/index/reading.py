"""The pass over capture files: records to columns, columns to SIP candidates."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture import CaptureFile, Part, merge
from sipview.index import links, networks, transports
from sipview.index.columns import PacketIndex, Protocol
from sipview.index.content import classify
from sipview.index.layers import Peel, lookup
from sipview.index.plain import plain_datagrams
from sipview.index.start_line import messages_in, skip_line_ends
from sipview.values import CancelToken, Endpoint, Transport

_AHEAD = 2  # batches that wait for their layers to be taken off while the next ones are found
_STEPS = {**links.STEPS, **networks.STEPS, **transports.STEPS}
_LINK_LAYERS = lookup(1 << 16, links.LINK_LAYERS)
_TRANSPORTS = {6: Transport.TCP, 17: Transport.UDP, 132: Transport.SCTP}

Columns = dict[str, npt.NDArray[Any]]


class Candidate(NamedTuple):
    """Bytes that look like one SIP message. ``row`` is the packet that completes it, ``rows`` all that carry a part.

    ``frame_offset`` is where ``data`` begins in the captured bytes of ``row``, or None where the bytes were put together
    from several packets.
    """

    row: int
    rows: tuple[int, ...]
    time_ns: int
    source: Endpoint
    destination: Endpoint
    transport: Transport
    data: bytes
    frame_offset: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One batch read: the index has grown to ``index.count`` rows, ``candidates`` are new.

    ``done`` is the fraction of all bytes read, 0.0 to 1.0.
    """

    index: PacketIndex
    candidates: list[Candidate]
    done: float


def read(files: Sequence[CaptureFile], cancel: CancelToken) -> Iterator[Step]:
    """Read capture files step by step. Raises `values.Cancelled` when asked to stop."""
    return Reading(files).steps(cancel)


class Reading:
    """Capture files while they are read into one ``index``. `steps` may be called again when the files have grown."""

    def __init__(self, files: Sequence[CaptureFile]) -> None:
        self.index = PacketIndex(files)
        self._bytes_read = [0] * len(self.index.files)

    def steps(self, cancel: CancelToken) -> Iterator[Step]:
        """What came since the last call; at least one step. Raises `values.Cancelled` when asked to stop.

        The records of the next batches are found on the calling thread while the layers of one are taken off on another:
        numpy lets Python run meanwhile.
        """
        waiting: deque[Future[tuple[Columns, tuple[Part, ...]]]] = deque()
        with ThreadPoolExecutor(1, "sipview-index") as worker:
            for parts in merge(self.index.files, cancel):
                waiting.append(worker.submit(self._peel, parts))
                while len(waiting) > _AHEAD or (waiting and waiting[0].done()):
                    yield self._take(*waiting.popleft().result())
                    cancel.check()
            while waiting:
                yield self._take(*waiting.popleft().result())
                cancel.check()
        yield Step(self.index, [], 1.0)

    def _peel(self, parts: tuple[Part, ...]) -> tuple[Columns, tuple[Part, ...]]:
        """The columns for one batch; runs on the second thread."""
        peeled = [self._peel_part(part) for part in parts]
        if len(parts) == 1:
            return peeled[0], parts
        count = sum(part.rows.size for part in parts)
        merged = {name: np.empty(count, values.dtype) for name, values in peeled[0].items()}
        for part, columns in zip(parts, peeled, strict=True):
            for name, values in columns.items():
                merged[name][part.rows] = values
        return merged, parts

    def _peel_part(self, part: Part) -> Columns:
        file, batch = self.index.files[part.file], part.batch
        links_of_file = np.array([interface.link_type for interface in file.interfaces], np.uint16)
        layers = _LINK_LAYERS[links_of_file][batch.interface]
        peel = Peel(file.data, batch, layers, self.index.address_book)
        plain_datagrams(peel)
        peel.run(_STEPS)
        classify(peel)
        return {
            "time_ns": batch.time_ns,
            "offset": batch.offset,
            "captured": batch.captured,
            "length": batch.length,
            "interface": self.index.interface_numbers(part.file)[batch.interface],
            **peel.columns(),
        }

    def _take(self, columns: Columns, parts: tuple[Part, ...]) -> Step:
        for part in parts:
            self._bytes_read[part.file] = max(self._bytes_read[part.file], part.batch.bytes_read)
        done = sum(self._bytes_read) / max(sum(file.size for file in self.index.files), 1)
        first = self.index.count
        if not first and done:  # the files may go on as they begin
            self.index.reserve(int(columns["offset"].size / done * 1.02))
        self.index.append(columns)
        return Step(self.index, self._candidates(columns, first), min(done, 1.0))

    def _candidates(self, columns: Columns, first: int) -> list[Candidate]:
        """The SIP messages in a batch whose rows begin at ``first`` in the index."""
        index = self.index
        rows = np.flatnonzero(columns["protocol"] == Protocol.SIP)
        found: list[Candidate] = []
        add = found.append
        views = [file.data.data for file, _ in index.interfaces]
        names = ("interface", "time_ns", "offset", "payload_start", "payload_length", "transport")
        ends = ("source", "source_port", "destination", "destination_port")
        lists = [columns[name][rows].tolist() for name in (*names, *ends)]
        for row, interface, time_ns, offset, start, size, transport, source, sport, destination, dport in zip(
            (rows + first).tolist(), *lists, strict=True
        ):
            begin = offset + start
            data = views[interface][begin : begin + size].tobytes()
            skipped = 0 if data[0] > 0x0D else skip_line_ends(data)  # a start line begins behind stray line ends
            of, to, over = index.endpoint(source, sport), index.endpoint(destination, dport), _TRANSPORTS[transport]
            if over is Transport.TCP:
                for left, right in messages_in(data, skipped):
                    add(Candidate(row, (row,), time_ns, of, to, over, data[left:right], start + left))
            else:
                message = data[skipped:] if skipped else data
                add(Candidate(row, (row,), time_ns, of, to, over, message, start + skipped))
        return found
