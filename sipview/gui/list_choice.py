"""What is chosen in a list, which stays so while the list shows other snapshots, is sorted, filtered and searched."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QObject, Signal

from sipview.gui.list_table import ListTable, select_line
from sipview.gui.row_table import RowTable

ItemT = TypeVar("ItemT")
MOST_TOGETHER = 50
"""How many items are taken as chosen at most where somebody selects all."""


class ListChoice(QObject, Generic[ItemT]):
    """Follows the selection of a table by the items' identities. ``chosen(item)`` tells what the user picked,
    ``several_chosen(items, count)`` that it was several (of very many only the first ones).
    """

    chosen = Signal(object)
    several_chosen = Signal(tuple, int)

    def __init__(self, table: ListTable, model: RowTable[ItemT]) -> None:
        super().__init__(table)
        self._table, self._model = table, model
        self._wanted: tuple[object, ...] = ()
        self._restoring = False
        self._revealed = False  # whether what is wanted was brought into sight; from then on the user scrolls
        table.selectionModel().selectionChanged.connect(self._selection_changed)

    @property
    def items(self) -> tuple[ItemT, ...]:
        """The items that are selected, in the order of the list."""
        chosen = self._table.selectionModel().selection().toList()
        rows = sorted({row for part in chosen for row in range(part.top(), part.bottom() + 1)})
        return tuple(self._model.item(row) for row in rows)

    def want(self, items: Sequence[ItemT]) -> None:
        """Select these without telling anybody; what is not in sight is selected once it is."""
        self._wanted = tuple(map(self._model.identity, items))
        self._revealed = False
        self.restore()

    def step(self, by: int) -> None:
        """Choose the next (1) or previous (-1) item in sight."""
        count = self._model.rowCount()
        if count:
            current = self._table.currentIndex()
            row = current.row() + by if current.isValid() else 0
            select_line(self._table, max(0, min(count - 1, row)))

    def restore(self, top: object = None) -> None:
        """Select what is wanted, and bring it into sight once; after that the list stays where it is, with ``top`` on top.

        ``top`` is the identity of the item there.
        """
        rows = [row for row in map(self._line_of, self._wanted) if row is not None]
        self._restoring = True
        try:
            if not rows:
                self._table.setCurrentIndex(QModelIndex())
                self._table.clearSelection()
                return
            current = self._table.currentIndex()
            selected = self._table.selectionModel().isRowSelected
            if not current.isValid() or current.row() not in rows or (len(rows) == 1 and not selected(rows[0])):
                select_line(self._table, rows[0])
                line = self._model.row_of(top) if self._revealed and top is not None else None
                if line is not None:
                    self._table.verticalScrollBar().setValue(line)
            elif not self._revealed:
                self._table.scrollTo(current)
            self._revealed = True
            if len(rows) > 1:
                selection = QItemSelection()
                for row in rows:
                    selection.select(self._model.index(row, 0), self._model.index(row, len(self._model.columns) - 1))
                self._table.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        finally:
            self._restoring = False

    def _line_of(self, identity: object) -> int | None:
        """The line of an item: mostly that which it had before, else all are looked through."""
        line = self._table.currentIndex().row()
        if 0 <= line < self._model.rowCount() and self._model.identity(self._model.item(line)) == identity:
            return line
        return self._model.row_of(identity)

    def _selection_changed(self) -> None:
        """One item is chosen, or several; what stays selected is no news."""
        if self._restoring:
            return
        rows: list[int] = []
        count = 0
        selection = self._table.selectionModel().selection()
        for number in range(selection.count()):
            chosen = selection.at(number)
            if chosen.left() == 0 or len(self._model.columns) == 1:
                count += chosen.height()
                rows += range(chosen.top(), min(chosen.bottom() + 1, chosen.top() + MOST_TOGETHER))
        items = tuple(self._model.item(row) for row in sorted(rows)[:MOST_TOGETHER])
        identities = tuple(self._model.identity(item) for item in items)
        if not items or (identities == self._wanted and count == len(items)):
            return
        self._wanted = identities
        if len(items) == 1:
            self.chosen.emit(items[0])
        else:
            self.several_chosen.emit(items, count)
