"""Tables of calls and other conversations: columns as data, rows as numbers, sorted and searched off the main thread."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from sipview.gui import icons
from sipview.gui.cells import Cell
from sipview.gui.header_cells import NUMBER_SIDE, TEXT_SIDE, header_cell
from sipview.gui.jobs import Report
from sipview.gui.tokens import LIGHT, Colours, Tone

ItemT = TypeVar("ItemT")
AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Column(Generic[ItemT]):
    """One column. ``key`` sorts; ``tone`` colours the word and, with ``marked``, sets the tone's mark before it.

    ``width`` is in characters; ``hint`` is what the header's tooltip says; ``shown``: it is there until the user says
    otherwise.
    Where a list is too narrow for all, columns with a ``gives_way`` are left out, the smallest first; those with 0 stay.
    """

    id: str
    title: str
    hint: str
    width: int
    text: Callable[[ItemT], str]
    key: Callable[[ItemT], Any]
    tone: Callable[[ItemT], Tone] | None = None
    tip: Callable[[ItemT], str] | None = None
    marked: bool = False
    numeric: bool = False
    strong: bool = False
    shown: bool = True
    gives_way: int = 0


@dataclass(frozen=True, slots=True)
class Arrange(Generic[ItemT]):
    """The request for the rows of a table: which items, in which order.

    ``words`` must all be found in an item's searched text or in what it ``read``s (the bytes of its messages), without
    regard to case; ``passing`` says which items a filter lets pass (items beyond its end do not); ``column`` None keeps
    the items' order.
    """

    items: Sequence[ItemT]
    words: str
    searched: Callable[[ItemT], str]
    column: Column[ItemT] | None
    descending: bool
    passing: npt.NDArray[np.bool_] | None = None
    read: Callable[[ItemT], Iterator[bytes]] | None = None

    def run(self, report: Report) -> list[int]:
        """The positions of the items to show, in order."""
        wanted = self.words.casefold().split()
        rows: list[int] = []
        count = len(self.items)
        candidates = range(count) if self.passing is None else np.flatnonzero(self.passing[:count]).tolist()
        for number, position in enumerate(candidates):
            if wanted or number % 4096 == 0:
                report.cancel.check()
            if not wanted or self._found(self.items[position], wanted, report):
                rows.append(position)
        if self.column is not None:
            key = self.column.key
            rows.sort(key=lambda position: key(self.items[position]), reverse=self.descending)
        return rows

    def _found(self, item: ItemT, wanted: Sequence[str], report: Report) -> bool:
        """Whether all words are there: in what the list shows, else in the item's messages."""
        text = self.searched(item).casefold()
        missing = [word.encode() for word in wanted if word not in text]
        if missing and self.read is not None:
            for data in self.read(item):
                report.cancel.check()
                lower = data.lower() if data.isascii() else data.decode("utf-8", "replace").casefold().encode()
                missing = [word for word in missing if word not in lower]
                if not missing:
                    return True
        return not missing


class RowTable(QAbstractTableModel, Generic[ItemT]):
    """A snapshot of items and the positions of those shown; cells are made as they are painted.

    ``identity`` names an item across snapshots, so that a selection survives them.
    """

    def __init__(self, columns: Sequence[Column[ItemT]], identity: Callable[[ItemT], object]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.identity = identity
        self._items: Sequence[ItemT] = ()
        self._rows: list[int] = []
        self._colours = LIGHT
        self._dress()

    def _dress(self) -> None:
        self._strong = QFont()
        self._strong.setBold(True)

    def set_colours(self, colours: Colours) -> None:
        """Take another theme."""
        self._colours = colours
        self._dress()
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.columns) - 1))

    def show_rows(self, items: Sequence[ItemT], rows: list[int]) -> None:
        """Show these items in this order. Rows that only follow the former ones are added without a reset."""
        former = [self.identity(self._items[position]) for position in self._rows]
        kept = len(former)
        if kept and len(rows) >= kept and former == [self.identity(items[position]) for position in rows[:kept]]:
            self._items = items
            self._rows[:] = rows[:kept]
            self.dataChanged.emit(self.index(0, 0), self.index(kept - 1, len(self.columns) - 1))
            if len(rows) > kept:
                self.beginInsertRows(_ROOT, kept, len(rows) - 1)
                self._rows = rows
                self.endInsertRows()
            return
        self.beginResetModel()
        self._items = items
        self._rows = rows
        self.endResetModel()

    def item(self, row: int) -> ItemT:
        """The item of a row."""
        return self._items[self._rows[row]]

    def row_of(self, identity: object) -> int | None:
        """The row that shows that item, or None."""
        return next((row for row, at in enumerate(self._rows) if self.identity(self._items[at]) == identity), None)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Rows shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Columns."""
        return 0 if parent.isValid() else len(self.columns)

    def cell(self, index: AnyIndex) -> Cell:
        """All that is painted of a cell."""
        column = self.columns[index.column()]
        item = self._items[self._rows[index.row()]]
        if column.tone is None:
            return Cell(column.text(item), column.numeric, strong=column.strong)
        tone = column.tone(item)
        icon = icons.icon(f"mark-{tone.value}", self._colours, tone) if column.marked else None
        return Cell(column.text(item), column.numeric, self._colours.tone(tone), strong=column.strong, icon=icon)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        column = self.columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(self.item(index.row()))
            case Qt.ItemDataRole.ToolTipRole:
                return column.tip(self.item(index.row())) if column.tip is not None else None
            case Qt.ItemDataRole.TextAlignmentRole:
                return NUMBER_SIDE if column.numeric else TEXT_SIDE
            case Qt.ItemDataRole.ForegroundRole if column.tone is not None:
                return QColor(self._colours.tone(column.tone(self.item(index.row()))))
            case Qt.ItemDataRole.DecorationRole if column.marked and column.tone is not None:
                tone = column.tone(self.item(index.row()))
                return icons.icon(f"mark-{tone.value}", self._colours, tone)
            case Qt.ItemDataRole.FontRole if column.strong:
                return self._strong
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """A column's title."""
        return header_cell(self.columns, section, orientation, role)
