"""Columns of a few batches in memory that two processes see: what one writes there the other need not be sent.

Only where the system has memory that is a file without a name (Linux). It is used again and again, since memory that was
never used costs more to come by than what is written there.
"""

import mmap
import os

import numpy as np

from sipview.index.peeling import KINDS, Columns

SLOTS = 4
"""Batches that have room at a time."""
ROWS = 1 << 16
"""What a batch may have there."""


class SharedColumns:
    """The memory that ``descriptor`` stands for. Raises `OSError` where there is no room for it."""

    def __init__(self, descriptor: int) -> None:
        size = SLOTS * ROWS * sum(np.dtype(kind).itemsize for kind in KINDS.values())
        if os.fstat(descriptor).st_size < size:
            os.ftruncate(descriptor, size)
        self._memory = mmap.mmap(descriptor, size)

    def columns(self, slot: int, rows: int) -> Columns:
        """The columns of the batch with so many rows that has the room ``slot``."""
        columns: Columns = {}
        begin = slot * (len(self._memory) // SLOTS)
        for name, kind in KINDS.items():
            columns[name] = np.frombuffer(self._memory, kind, rows, begin)
            begin += ROWS * np.dtype(kind).itemsize
        return columns
