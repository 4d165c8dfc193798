"""Several capture files as one, in the order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sipview.capture.gather import Positions
from sipview.capture.records import CaptureFile, RecordBatch
from sipview.values import CancelToken

Keys = npt.NDArray[np.int64]
_NEVER = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Part:
    """Records of one file (``file`` is its position among the files) that go to ``rows`` of a merged batch."""

    file: int
    batch: RecordBatch
    rows: Positions


def merge(files: Sequence[CaptureFile], cancel: CancelToken) -> Iterator[tuple[Part, ...]]:
    """Batches of records of all files in the order of time; each batch in parts, one a file.

    The records of one file stay in that file's order, even where its times go back; at equal times the first file comes
    first. One file alone keeps its order.
    """
    if len(files) == 1:
        for batch in files[0].batches(cancel):
            yield (Part(0, batch, np.arange(batch.offset.size)),)
        return
    waiting = [_Waiting(number, file.batches(cancel)) for number, file in enumerate(files)]
    while waiting:
        reading = [one for one in waiting if not one.ended]
        if reading:
            min(reading, key=lambda one: one.last_ns).read()
        # nothing can come any more that is earlier than the last record of every file that goes on
        limit = min((one.last_ns for one in waiting if not one.ended), default=_NEVER)
        taken = [(one.number, batch, keys) for one in waiting for batch, keys in one.take(limit)]
        if taken:
            yield _interleaved(taken)
        waiting = [one for one in waiting if one.pending or not one.ended]


class _Waiting:
    """The records of one file that were read and not yet given away, each with the latest time up to it as its key."""

    def __init__(self, number: int, batches: Iterator[RecordBatch]) -> None:
        self.number = number
        self.last_ns = -_NEVER
        self.ended = False
        self.pending: list[tuple[RecordBatch, Keys]] = []
        self._batches = batches

    def read(self) -> None:
        batch = next(self._batches, None)
        if batch is None:
            self.ended = True
            return
        batch = replace(batch, words=None)  # of many files many batches wait, and these are two thirds of one
        keys = np.maximum(np.maximum.accumulate(batch.time_ns), self.last_ns)
        self.last_ns = int(keys[-1])
        self.pending.append((batch, keys))

    def take(self, limit: int) -> list[tuple[RecordBatch, Keys]]:
        """What is earlier than ``limit``."""
        taken = []
        while self.pending:
            batch, keys = self.pending.pop(0)
            count = int(np.searchsorted(keys, limit))
            if count:
                taken.append((_cut(batch, slice(None, count)), keys[:count]))
            if count < keys.size:
                self.pending.insert(0, (_cut(batch, slice(count, None)), keys[count:]))
                break
        return taken


def _cut(batch: RecordBatch, part: slice) -> RecordBatch:
    return RecordBatch(
        batch.offset[part], batch.time_ns[part], batch.captured[part], batch.length[part], batch.interface[part],
        batch.bytes_read,
    )  # fmt: skip


def _interleaved(taken: list[tuple[int, RecordBatch, Keys]]) -> tuple[Part, ...]:
    order = np.argsort(np.concatenate([keys for _, _, keys in taken]), kind="stable")
    rows = np.empty(order.size, np.int64)
    rows[order] = np.arange(order.size)
    parts, start = [], 0
    for file, batch, keys in taken:
        parts.append(Part(file, batch, rows[start : start + keys.size]))
        start += keys.size
    return tuple(parts)
