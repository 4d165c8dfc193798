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
class Rows(Generic[ItemT]):
    """What a table shows: the ``places`` of items, in order."""

    items: Sequence[ItemT] = ()
    places: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Arranged(Generic[ItemT]):
    """What a table is to show next, compared with what it showed before.

    ``goes_on``: the items of all former lines are there again, on the same lines, perhaps with more behind them. Of those
    lines, ``changed`` reaches from the first to the last whose item is not the same any more: a call that went on.
    """

    rows: Rows[ItemT]
    former: Rows[ItemT]
    goes_on: bool
    changed: range = range(0)


def compared(former: Rows[ItemT], rows: Rows[ItemT], identity: Callable[[ItemT], object]) -> Arranged[ItemT]:
    """What is new in ``rows``. The time grows with the former ones."""
    first, last = len(former.places), 0
    if not former.places or len(rows.places) < len(former.places):
        return Arranged(rows, former, goes_on=False)
    for line, (before, now) in enumerate(zip(former.places, rows.places, strict=False)):
        old, new = former.items[before], rows.items[now]
        if old is not new:
            if identity(old) != identity(new):
                return Arranged(rows, former, goes_on=False)
            first, last = min(first, line), line + 1
    return Arranged(rows, former, goes_on=True, changed=range(first, last))


@dataclass(frozen=True, slots=True)
class Arrange(Generic[ItemT]):
    """The request for the rows of a table: which items, in which order, and what is new in them since it showed ``former``.

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
    identity: Callable[[ItemT], object] = id
    former: Rows[ItemT] = Rows()

    def run(self, report: Report) -> Arranged[ItemT]:
        """The items to show, in order."""
        rows = Rows(self.items, self._places(report))
        report.cancel.check()
        return compared(self.former, rows, self.identity)

    def _places(self, report: Report) -> list[int]:
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
        self.rows: Rows[ItemT] = Rows()
        """What is shown."""
        self._colours = LIGHT
        self._dress()

    def _dress(self) -> None:
        self._strong = QFont()
        self._strong.setBold(True)

    def set_colours(self, colours: Colours) -> None:
        """Take another theme."""
        self._colours = colours
        self._dress()
        self._tell_changed(range(self.rowCount()))

    def show_rows(self, items: Sequence[ItemT], places: Sequence[int]) -> None:
        """Show these items in this order."""
        self.show(compared(self.rows, Rows(items, places), self.identity))

    def show(self, arranged: Arranged[ItemT]) -> None:
        """Show what was arranged. Rows that only follow the former ones are added without a reset, and of those only what
        has changed is painted again: while a capture is read, most calls are over, and their rows stay as they are.
        """
        if arranged.former is not self.rows:
            arranged = compared(self.rows, arranged.rows, self.identity)
        kept, count = len(self.rows.places), len(arranged.rows.places)
        if not arranged.goes_on:
            self.beginResetModel()
            self.rows = arranged.rows
            self.endResetModel()
            return
        if count > kept:
            self.beginInsertRows(_ROOT, kept, count - 1)
        self.rows = arranged.rows
        if count > kept:
            self.endInsertRows()
        self._tell_changed(arranged.changed)

    def _tell_changed(self, rows: range) -> None:
        if rows:
            self.dataChanged.emit(self.index(rows.start, 0), self.index(rows.stop - 1, len(self.columns) - 1))

    def item(self, row: int) -> ItemT:
        """The item of a row."""
        return self.rows.items[self.rows.places[row]]

    def row_of(self, identity: object) -> int | None:
        """The row that shows that item, or None."""
        items = self.rows.items
        return next((row for row, place in enumerate(self.rows.places) if self.identity(items[place]) == identity), None)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Rows shown."""
        return 0 if parent.isValid() else len(self.rows.places)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Columns."""
        return 0 if parent.isValid() else len(self.columns)

    def cell(self, index: AnyIndex) -> Cell:
        """All that is painted of a cell."""
        column = self.columns[index.column()]
        item = self.item(index.row())
        if column.tone is None:
            return Cell(column.text(item), column.numeric, strong=column.strong)
        tone = column.tone(item)
        icon = icons.icon(f"mark-{tone.value}", self._colours, tone) if column.marked else None
        return Cell(column.text(item), column.numeric, self._colours.tone(tone), strong=column.strong, icon=icon)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid() or index.row() >= self.rowCount():
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
