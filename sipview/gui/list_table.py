"""What all tables of the window have in common: how they look, how high their rows are, how a line is selected."""

from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from sipview.gui.cells import CellDelegate, GivesCells, QuickCellDelegate
from sipview.gui.scaling import px
from sipview.gui.theme import Theme


class ListTable(QTableView):
    """A table that says when there is another width for its columns, and does not paint anew what only got longer."""

    resized = Signal()
    _only_longer: bool | None = None  # whether that is all that the layout which is to come is for; None: none is to come

    def setModel(self, model: QAbstractItemModel | None) -> None:  # noqa: N802 - Qt's name
        """Show a model, and see how it grows."""
        super().setModel(model)
        if model is not None:
            model.rowsInserted.connect(self._grown)
            model.dataChanged.connect(self._told_otherwise)
            for otherwise in (model.modelReset, model.layoutChanged, model.rowsRemoved, model.rowsMoved):
                otherwise.connect(self._changed)

    def doItemsLayout(self) -> None:  # noqa: N802 - Qt's name
        """Qt lays a table out, and paints all that is in sight, when rows were added as well. While a capture is read they
        are out of sight ten times a second; then the scroll bar is all that is another one. That is a third of what the
        window paints in that time, and as long as it paints no worker has the interpreter.
        """
        only_longer, self._only_longer = self._only_longer, None
        if only_longer:
            self.updateGeometries()
        else:
            super().doItemsLayout()

    def settle(self) -> None:
        """Lay out now what is shown. Left to itself, Qt shows the scroll bar later, and paints all rows once more for it."""
        self.scheduleDelayedItemsLayout()
        self.executeDelayedItemsLayout()
        bar = self.verticalScrollBar()
        if bar.maximum() > bar.minimum() and not bar.isVisible() and self.isVisible():
            for policy in (Qt.ScrollBarPolicy.ScrollBarAlwaysOn, Qt.ScrollBarPolicy.ScrollBarAsNeeded):
                self.setVerticalScrollBarPolicy(policy)

    def _grown(self, _parent: QModelIndex, first: int) -> None:
        lowest = self.rowAt(self.viewport().height() - 1)
        self._only_longer = 0 <= lowest < first and self._only_longer is not False

    def _told_otherwise(self, first: QModelIndex, last: QModelIndex) -> None:
        """Rows say something else: Qt paints those in sight, but leaves it to the layout where one is to come."""
        lowest = self.rowAt(self.viewport().height() - 1)
        if self._only_longer and (lowest < 0 or first.row() <= lowest) and last.row() >= self.rowAt(0):
            self._only_longer = False

    def _changed(self) -> None:
        self._only_longer = False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Another width for the columns."""
        self.resized.emit()  # first: for columns that are too wide Qt would show a scroll bar, and hide it again
        super().resizeEvent(event)

    def follow_size(self, theme: Theme, row_padding: int) -> None:
        """Rows are as high as a line of text with ``row_padding`` px at 100 %, also when the size of everything changes."""
        self._row_padding = row_padding
        theme.changed.connect(self._set_row_height)
        self._set_row_height()

    def _set_row_height(self) -> None:
        height = self.fontMetrics().height() + px(self._row_padding)
        self.verticalHeader().setDefaultSectionSize(height)
        self.setMinimumHeight(2 * height)  # titles and a line; by itself it would ask for room for a large scroll bar


def dress_table(table: ListTable, theme: Theme, *, row_padding: int = 10) -> None:
    """Give a table with a model the look that all tables of the window share."""
    model = table.model()
    table.setItemDelegate(
        QuickCellDelegate(theme, table, model) if isinstance(model, GivesCells) else CellDelegate(theme, table)
    )
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setMinimumSectionSize(1)
    table.follow_size(theme, row_padding)
    header = table.horizontalHeader()
    if model is not None:  # of the table's own, a header asks for all rows whether they are selected, at each title it paints
        header.setSelectionModel(QItemSelectionModel(model, header))
    header.setSectionsMovable(True)
    header.setHighlightSections(False)
    header.setStretchLastSection(False)


def select_line(table: QTableView, line: int) -> None:
    """Select one line and no other, whatever keys are held: a shortcut with Ctrl would add it to the selection."""
    flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    index = table.model().index(line, max(0, table.currentIndex().column()))
    table.selectionModel().setCurrentIndex(index, flags)
    table.scrollTo(index)
