"""The packet list's model: millions of rows over the index's columns, each cell made as it is painted."""

from bisect import bisect_left, insort

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from sipview.gui import icons, wording
from sipview.gui.cells import Cell
from sipview.gui.cross_reference import CrossReference
from sipview.gui.header_cells import NUMBER_SIDE, TEXT_SIDE, header_cell
from sipview.gui.packet_arranging import RowArray
from sipview.gui.packet_columns import PACKET_COLUMNS, PacketCells, TimeMode
from sipview.gui.tokens import LIGHT, Colours, Tone, packet_ground

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_SECTIONS = {column.id: section for section, column in enumerate(PACKET_COLUMNS)}
NUMBER, TIME, INFO = _SECTIONS["number"], _SECTIONS["time"], _SECTIONS["info"]


class PacketTable(QAbstractTableModel):
    """Packets of a snapshot, one row each: all in the order of the capture, or some in another order.

    A *line* is a row of this table, a *row* one of the index. Marked rows and ``references`` of time are the user's.
    """

    def __init__(self) -> None:
        super().__init__()
        self._marks: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.references: list[int] = []
        self._cross: CrossReference | None = None
        self._cells: PacketCells | None = None
        self._rows: RowArray | None = None
        self._count = 0
        self._mode = TimeMode.START
        self._colours = LIGHT

    # What is shown

    @property
    def cells(self) -> PacketCells | None:
        """What the columns ask; None while there are no packets."""
        return self._cells

    @property
    def mode(self) -> TimeMode:
        """What the Time column says."""
        return self._mode

    def set_mode(self, mode: TimeMode) -> None:
        """Tell time otherwise."""
        self._mode = mode
        self._make_cells()
        self._repaint()

    def look_again(self) -> None:
        """The index says otherwise what packets are."""
        self._make_cells()
        self._repaint()

    def set_colours(self, colours: Colours) -> None:
        """Take another theme."""
        self._colours = colours
        self._repaint()

    def show_snapshot(self, cross: CrossReference | None, rows: RowArray | None = None) -> None:
        """Show packets of a snapshot: ``rows`` of its index, or all in order. Lines that only follow the former are added."""
        count = (cross.snapshot.packets if cross is not None else 0) if rows is None else len(rows)
        former, kept = self._rows, self._count
        follows = self._cross is not None and cross is not None and count >= kept and _begins_with(rows, former, kept)
        if not follows:
            self.beginResetModel()
        elif count > kept:
            self.beginInsertRows(_ROOT, kept, count - 1)
        self._cross, self._rows, self._count = cross, rows, count
        self._make_cells()
        if not follows:
            self.endResetModel()
        elif count > kept:
            self.endInsertRows()

    def forget_marks(self) -> None:
        """There is another capture: its packets are not marked."""
        self._marks = np.zeros(0, np.bool_)
        self.references.clear()

    def row_of(self, line: int) -> int:
        """The row of the index that a line shows."""
        return line if self._rows is None else int(self._rows[line])

    def rows_of(self, lines: npt.NDArray[np.int64]) -> RowArray:
        """The rows of the index that lines show."""
        return lines if self._rows is None else self._rows[lines]

    def line_of(self, row: int) -> int | None:
        """The line that shows a row, or None where none does."""
        if self._rows is None:
            return row if 0 <= row < self._count else None
        place = int(np.searchsorted(self._rows, row))  # right where the order is the capture's; else every line is looked at
        if place < self._count and self._rows[place] == row:
            return place
        found = np.flatnonzero(self._rows == row)
        return int(found[0]) if len(found) else None

    # What the user marks

    def is_marked(self, row: int) -> bool:
        """Whether a packet is marked."""
        return row < len(self._marks) and bool(self._marks[row])

    @property
    def marked_rows(self) -> RowArray:
        """The rows of marked packets, ascending."""
        return np.flatnonzero(self._marks).astype(np.int64)

    def turn_mark(self, rows: RowArray) -> None:
        """Mark packets; if all of them are marked, unmark them."""
        if not len(rows):
            return
        missing = int(rows.max()) + 1 - len(self._marks)
        if missing > 0:
            self._marks = np.concatenate((self._marks, np.zeros(missing, np.bool_)))
        self._marks[rows] = not self._marks[rows].all()
        self._repaint()

    def unmark_all(self) -> None:
        """Unmark all packets."""
        self._marks[:] = False
        self._repaint()

    def turn_reference(self, row: int) -> None:
        """Take a packet as a reference of time, or no longer."""
        place = bisect_left(self.references, row)
        if place < len(self.references) and self.references[place] == row:
            del self.references[place]
        else:
            insort(self.references, row)
        self._repaint()

    def unset_references(self) -> None:
        """No packet is a reference of time any more."""
        self.references.clear()
        self._repaint()

    def next_marked(self, row: int, by: int) -> int | None:
        """The nearest marked row in sight after (1) or before (-1) a row, going round at the end; None without any."""
        lines = self.marked_rows if self._rows is None else np.flatnonzero(np.isin(self._rows, self.marked_rows))
        lines = lines[lines < self._count]
        if not len(lines):
            return None
        here = self.line_of(row)
        place = int(np.searchsorted(lines, -1 if here is None else here, side="right" if by > 0 else "left"))
        return self.row_of(int(lines[(place if by > 0 else place - 1) % len(lines)]))

    # Qt

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Packets shown."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Columns, also those that are hidden."""
        return 0 if parent.isValid() else len(PACKET_COLUMNS)

    def cell(self, index: AnyIndex) -> Cell:
        """All that is painted of a cell."""
        assert self._cells is not None, "there are cells where there are rows"
        row, section = self.row_of(index.row()), index.column()
        column = PACKET_COLUMNS[section]
        icon = icons.icon("flag", self._colours, Tone.WARNING) if section == NUMBER and self.is_marked(row) else None
        return Cell(column.text(self._cells, row), column.numeric, ground=self._ground(row, self._cells), icon=icon)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid() or index.row() >= self._count or self._cells is None:
            return None
        row, section = self.row_of(index.row()), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return PACKET_COLUMNS[section].text(self._cells, row)
            case Qt.ItemDataRole.BackgroundRole:
                return QColor(self._ground(row, self._cells))
            case Qt.ItemDataRole.TextAlignmentRole:
                return NUMBER_SIDE if PACKET_COLUMNS[section].numeric else TEXT_SIDE
            case Qt.ItemDataRole.DecorationRole if section == NUMBER and self.is_marked(row):
                return icons.icon("flag", self._colours, Tone.WARNING)
            case Qt.ItemDataRole.ToolTipRole if section == INFO:
                return wording.tip(self._cells.line(row).info)
            case Qt.ItemDataRole.AccessibleTextRole if section == NUMBER:
                return f"{row + 1}, marked" if self.is_marked(row) else str(row + 1)
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """A column's title."""
        return header_cell(PACKET_COLUMNS, section, orientation, role)

    def _ground(self, row: int, cells: PacketCells) -> str:
        return self._colours.mark if self.is_marked(row) else packet_ground(cells.protocol(row), self._colours)

    def _make_cells(self) -> None:
        cross = self._cross
        if cross is None or cross.snapshot.index is None:
            self._cells = None
        else:
            self._cells = PacketCells(cross, self._mode, self.references, self._row_before)

    def _row_before(self, row: int) -> int | None:
        line = self.line_of(row)
        return self.row_of(line - 1) if line else None

    def _repaint(self) -> None:
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(PACKET_COLUMNS) - 1))


def _begins_with(rows: RowArray | None, former: RowArray | None, kept: int) -> bool:
    """Whether lines begin with the ``kept`` lines that there were."""
    if not kept:
        return False
    if rows is None or former is None:
        return rows is None and former is None
    return rows is former or bool(np.array_equal(rows[:kept], former[:kept]))
