"""From the records of capture files to columns: all that can be said of a packet by looking at it alone."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture import CaptureFile, Part, merge
from sipview.index.addresses import AddressBook
from sipview.index.content import classify
from sipview.index.interfaces import Interfaces
from sipview.index.layers import FragmentRows, Peel, lookup
from sipview.index.links import LINK_LAYERS
from sipview.index.plain import plain_datagrams
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

_LINK_LAYERS = lookup(1 << 16, LINK_LAYERS)

Columns = dict[str, npt.NDArray[Any]]


class Peeled(NamedTuple):
    """A batch with its layers taken off. ``bytes_read`` is how far into which files (by position) it goes."""

    columns: Columns
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
        return Peeled(columns, fragments, self.bytes_read)


def peeled_batches(
    files: Sequence[CaptureFile], addresses: AddressBook, interfaces: Interfaces, cancel: CancelToken
) -> Iterator[Peeled]:
    """The next batches of all files in the order of time. Raises `values.Cancelled` when asked to stop."""
    for parts in merge(files, cancel):
        peeled = [_peel(files[part.file], part, addresses, interfaces, cancel) for part in parts]
        yield Peeled(*_joined(parts, peeled), tuple((part.file, part.batch.bytes_read) for part in parts))


def _joined(parts: tuple[Part, ...], peeled: list[tuple[Columns, list[FragmentRows]]]) -> tuple[Columns, list[FragmentRows]]:
    """The parts of a batch as one."""
    if len(parts) == 1:
        return peeled[0]
    count = sum(part.rows.size for part in parts)
    merged = {name: np.empty(count, values.dtype) for name, values in peeled[0][0].items()}
    fragments: list[FragmentRows] = []
    for part, (columns, pieces) in zip(parts, peeled, strict=True):
        for name, values in columns.items():
            merged[name][part.rows] = values
        fragments += [piece._replace(rows=part.rows[piece.rows]) for piece in pieces]
    return merged, fragments


def _peel(
    file: CaptureFile, part: Part, addresses: AddressBook, interfaces: Interfaces, cancel: CancelToken
) -> tuple[Columns, list[FragmentRows]]:
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
    return columns, peel.fragments
