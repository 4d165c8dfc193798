"""The widths of a list's columns: what their first texts need, until the user gives them others."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QFont, QFontMetrics

from sipview.gui.column_layout import ColumnLayout, giving_way
from sipview.gui.list_table import ListTable
from sipview.gui.row_table import RowTable
from sipview.gui.scaling import px

_ROWS_MEASURED = 40
_COLUMN_PADDING_PX = 16
_MARK_PX = 20
_LEAST_RESULT = 20  # characters
_USUAL_RESULT = 30  # characters, for which other columns give way


class ListWidths(QObject):
    """Fits the columns of a table whenever there is another width for them, or they shall be as they came."""

    def __init__(self, table: ListTable, model: RowTable[Any], columns: ColumnLayout) -> None:
        super().__init__(table)
        self._table, self._model, self._columns = table, model, columns
        self._needed: list[int] = []
        table.resized.connect(self.fit)
        columns.reset.connect(self.fit)
        columns.chosen.connect(self._share_rest)
        self.fit()

    def rows_changed(self, *, kept: int) -> None:
        """There are other rows; ``kept``: this many are there before and after. Of the first ones all may have changed."""
        if kept < _ROWS_MEASURED:  # what is measured may have changed: a call goes on
            former = self._needed
            if self._measure() != former:
                self.fit()

    def measure_anew(self) -> None:
        """The texts may need other widths than before."""
        self._needed = []
        self.fit()

    def fit(self) -> None:
        """Make the columns as wide as their first texts need, as long as the user has not done so.

        Where it is too narrow for all, some give way: who called whom, and how it went, stays in sight.
        """
        if self._columns.own:
            self._take_back()
            return
        needed = self._needed or self._measure()
        with self._columns.fitting():
            self._columns.give_way(self._too_many(needed))
            for section, width in enumerate(needed):
                self._table.setColumnWidth(section, width)
            self._narrow_names()
            self._share_rest()

    def _too_many(self, needed: Sequence[int]) -> frozenset[int]:
        """The columns for which there is no room beside those that say more."""
        digit = self._table.fontMetrics().averageCharWidth()
        shown = {section: column for section, column in enumerate(self._model.columns) if column.shown}
        over = -self._table.viewport().width()
        for section, column in shown.items():
            usual = digit * (_USUAL_RESULT if column.marked else column.width)
            over += min(needed[section], usual) if column.marked or column.strong else needed[section]
        return giving_way(self._model.columns, needed, over)

    def _take_back(self) -> None:
        """Show what had given way before the user arranged the columns, once there is room for it."""
        away = self._columns.given_way
        if not away:
            return
        needed = self._needed or self._measure()
        room = self._table.viewport().width() - self._table.horizontalHeader().length()
        if sum(needed[section] for section in away) <= room:
            self._columns.give_way(frozenset())

    def _narrow_names(self) -> None:
        """Long names of people give way, each as far as it is longer than usual, for the columns behind them."""
        header, digit = self._table.horizontalHeader(), self._table.fontMetrics().averageCharWidth()
        over = header.length() - self._table.viewport().width()
        for section in self._columns.visible_sections():
            column = self._model.columns[section]
            usual = digit * column.width
            given_up = min(over, header.sectionSize(section) - usual) if column.strong else 0
            if given_up > 0:
                header.resizeSection(section, header.sectionSize(section) - given_up)
                over -= given_up

    def _measure(self) -> list[int]:
        """The widths that the first texts of the columns need; measured once for them and not at each new size."""
        metrics = self._table.fontMetrics()
        bold = QFont(self._table.font())
        bold.setBold(True)
        strong = QFontMetrics(bold)
        self._needed = []
        for section, column in enumerate(self._model.columns):
            room = px(_COLUMN_PADDING_PX) + (px(_MARK_PX) if column.marked else 0)
            hidden = self._table.isColumnHidden(section) and section not in self._columns.given_way
            rows = 0 if hidden else min(self._model.rowCount(), _ROWS_MEASURED)
            texts = {str(self._model.index(row, section).data()) for row in range(rows)}
            measure = strong if column.strong else metrics
            default = metrics.averageCharWidth() * column.width
            need = max((measure.horizontalAdvance(text) for text in texts), default=default)
            title = strong.horizontalAdvance(column.title) + px(_COLUMN_PADDING_PX)
            self._needed.append(max(title, min(need, 2 * default) + room))
        return self._needed

    def _share_rest(self) -> None:
        """The column with the result takes what is left of the width, and gives way where it is short."""
        section = next((section for section, column in enumerate(self._model.columns) if column.marked), None)
        if section is not None:
            self._columns.give_rest(section, self._table.fontMetrics().averageCharWidth() * _LEAST_RESULT)
