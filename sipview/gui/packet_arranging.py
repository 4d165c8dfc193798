"""Which packets the list shows, and in which order: array requests over the index's columns."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Report
from sipview.gui.packet_columns import PacketColumn

RowArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ArrangePackets:
    """The rows of the packet list: those in ``rows`` (None: all), in the order of ``column`` (None: of the capture)."""

    cross: CrossReference
    rows: RowArray | None
    column: PacketColumn | None
    descending: bool

    def run(self, report: Report) -> RowArray | None:
        """The rows in order; None for all in the order of the capture. Equal ones stay in the order of the capture."""
        if self.column is None:
            return self.rows
        rows = self.rows if self.rows is not None else np.arange(self.cross.snapshot.packets, dtype=np.int64)
        if not len(rows):  # before anything is read there are no columns to sort by
            return rows
        keys = self.column.keys(self.cross, rows, report.cancel)
        report.cancel.check()
        if self.descending:
            return rows[::-1][np.argsort(keys[::-1], kind="stable")[::-1]]
        return rows[np.argsort(keys, kind="stable")]
