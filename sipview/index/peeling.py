"""From the records of capture files to columns: all that can be said of a packet by looking at it alone."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture import CaptureFile, Part, gather, merge
from sipview.index.addresses import AddressBook
from sipview.index.content import classify
from sipview.index.interfaces import Interfaces
from sipview.index.layers import Flag, FragmentRows, Peel, Protocol, Rows, lookup
from sipview.index.links import LINK_LAYERS
from sipview.index.plain import plain_datagrams
from sipview.index.start_line import skip_line_ends
from sipview.index.steps import STEPS
from sipview.values import CancelToken

KINDS: dict[str, type[np.generic]] = {
    "time_ns": np.int64,
    "offset": np.int64,
    "captured": np.uint32,
    "length": np.uint32,
    "source": np.uint32,
    "destination": np.uint32,
    "transport_start": np.uint32,
    "payload_start": np.uint32,
    "payload_length": np.uint32,
    "interface": np.uint16,
    "flags": np.uint16,
    "source_port": np.uint16,
    "destination_port": np.uint16,
    "protocol": np.uint8,
    "transport": np.uint8,
}
"""The columns, and the type of each. The widest come first, so that one behind the other they are all aligned."""

_UDP = 17
_CARRIAGE_RETURN = 0x0D
_LINK_LAYERS = lookup(1 << 16, LINK_LAYERS)

Columns = dict[str, npt.NDArray[Any]]


class MessageRows(NamedTuple):
    """The rows of a batch that are a SIP message each, where it begins in the captured bytes, and how many bytes it has."""

    rows: Rows
    start: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


class Peeled(NamedTuple):
    """A batch with its layers taken off. ``bytes_read`` is how far into which files (by position) it goes."""

    columns: Columns
    messages: MessageRows
    fragments: list[FragmentRows]
    bytes_read: tuple[tuple[int, int], ...]

    def behind(self, rows: int) -> "Peeled":
        """The same without its first ``rows``."""
        columns = {name: values[rows:] for name, values in self.columns.items()}
        fragments = []
        for pieces in self.fragments:
            later = pieces.rows >= rows
            fragments.append(
                FragmentRows(
                    pieces.rows[later] - rows, pieces.identification[later], pieces.offset[later], pieces.more[later],
                    pieces.layer[later], pieces.start[later], pieces.end[later],
                )
            )  # fmt: skip
        later = self.messages.rows >= rows
        messages = MessageRows(self.messages.rows[later] - rows, self.messages.start[later], self.messages.length[later])
        return Peeled(columns, messages, fragments, self.bytes_read)


def peeled_batches(
    files: Sequence[CaptureFile], addresses: AddressBook, interfaces: Interfaces, cancel: CancelToken
) -> Iterator[Peeled]:
    """The next batches of all files in the order of time. Raises `values.Cancelled` when asked to stop."""
    for parts in merge(files, cancel):
        peeled = [_peel(files[part.file], part, addresses, interfaces, cancel) for part in parts]
        yield _joined(parts, peeled)


def _joined(parts: tuple[Part, ...], peeled: list[Peeled]) -> Peeled:
    """The parts of a batch as one."""
    if len(parts) == 1:
        return peeled[0]
    count = sum(part.rows.size for part in parts)
    merged = {name: np.empty(count, kind) for name, kind in KINDS.items()}
    fragments: list[FragmentRows] = []
    for part, piece in zip(parts, peeled, strict=True):
        for name, values in piece.columns.items():
            merged[name][part.rows] = values
        fragments += [some._replace(rows=part.rows[some.rows]) for some in piece.fragments]
    rows = np.concatenate([part.rows[piece.messages.rows] for part, piece in zip(parts, peeled, strict=True)])
    start = np.concatenate([piece.messages.start for piece in peeled])
    length = np.concatenate([piece.messages.length for piece in peeled])
    order = np.argsort(rows)
    bytes_read = tuple(read for piece in peeled for read in piece.bytes_read)
    return Peeled(merged, MessageRows(rows[order], start[order], length[order]), fragments, bytes_read)


def _peel(file: CaptureFile, part: Part, addresses: AddressBook, interfaces: Interfaces, cancel: CancelToken) -> Peeled:
    batch = part.batch
    links_of_file = np.array([interface.link_type for interface in file.interfaces], np.uint16)
    layers = _LINK_LAYERS[links_of_file][batch.interface]
    peel = Peel(file.data, batch, layers, addresses)
    cancel.check()
    plain_datagrams(peel)
    cancel.check()
    peel.run(STEPS)
    cancel.check()
    classify(peel)
    columns: Columns = {
        "time_ns": batch.time_ns,
        "offset": batch.offset,
        "captured": batch.captured,
        "length": batch.length,
        "interface": interfaces.numbers(part.file)[batch.interface],
        **peel.columns(),
    }
    return Peeled(columns, _messages(peel), peel.fragments, ((part.file, batch.bytes_read),))


def _messages(peel: Peel) -> MessageRows:
    """The SIP messages that came in one datagram each."""
    whole = (peel.flags & np.uint16(Flag.FRAGMENT_FIRST)) == 0  # a first fragment waits for the others
    # What a capture agent copied is a whole message, whatever brought it.
    datagram = (peel.transport == _UDP) | ((peel.flags & np.uint16(Flag.HEP)) != 0)
    rows = np.flatnonzero((peel.protocol == Protocol.SIP) & datagram & whole)
    start, length = peel.payload_start[rows].astype(np.int64), peel.payload_length[rows].astype(np.int64)
    begins = peel.start[rows] + start
    view = peel.data.data
    for at in np.flatnonzero(gather(peel.data, begins, np.dtype("u1")) <= _CARRIAGE_RETURN).tolist():
        begin = int(begins[at])
        skipped = skip_line_ends(view[begin : begin + int(length[at])].tobytes())  # the start line is behind stray line ends
        start[at] += skipped
        length[at] -= skipped
    return MessageRows(rows, start, length)
