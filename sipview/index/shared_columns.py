"""Columns in memory that two processes see: what one writes there the other need not be sent.

Only where the system has memory that is a file without a name (Linux), and takes none for what was never written: nobody knows
before the reading how many packets there are, so there is room for as many as could be.
"""

import mmap
import os
from collections.abc import Sequence

import numpy as np

from sipview.index.peeling import KINDS, Columns

_LEAST_RECORD = 16  # bytes: a pcap header, or a pcapng block that holds next to nothing
_ALIGNED = mmap.PAGESIZE


class SharedColumns:
    """The columns of files with these ``sizes`` in bytes, over memory that ``descriptor`` stands for.

    Raises `OSError` where there is no room for them, not even unused.
    """

    def __init__(self, descriptor: int, sizes: Sequence[int]) -> None:
        self.columns: Columns = {}
        rows = sum(size // _LEAST_RECORD for size in sizes)
        widths = [-(-rows * np.dtype(kind).itemsize // _ALIGNED) * _ALIGNED for kind in KINDS.values()]
        try:
            if os.fstat(descriptor).st_size < sum(widths):
                os.ftruncate(descriptor, sum(widths))
            memory = mmap.mmap(descriptor, sum(widths))
        except (ValueError, OverflowError) as error:  # more than this system can count
            raise OSError(str(error)) from error
        begin = 0
        for (name, kind), width in zip(KINDS.items(), widths, strict=True):
            self.columns[name] = np.frombuffer(memory, kind, rows, begin)
            begin += width

    def part(self, first: int, rows: int) -> Columns:
        """The columns of so many ``rows`` from the row ``first`` on."""
        return {name: values[first : first + rows] for name, values in self.columns.items()}
