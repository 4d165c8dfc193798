"""A list of calls or of other conversations: search field, table, a note where it is empty, the menu of an item."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QByteArray, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QMenu, QVBoxLayout, QWidget

from sipview.gui.column_layout import ColumnLayout
from sipview.gui.filter_menu import fill_filter_menu
from sipview.gui.filter_words import Join
from sipview.gui.jobs import Jobs
from sipview.gui.list_choice import ListChoice
from sipview.gui.list_table import ListTable, dress_table
from sipview.gui.list_widths import ListWidths
from sipview.gui.notes import EmptyNote
from sipview.gui.row_table import Arrange, Arranged, Column, Rows, RowTable, compared
from sipview.gui.search_field import SearchField
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_S

ItemT = TypeVar("ItemT")


class ListPane(QWidget, Generic[ItemT]):
    """A search field over a table. ``chosen(item)`` tells what the user picked, ``several_chosen(items, count)`` that it was
    several (of very many only the first ones); ``counted(shown, all)`` what is in sight.

    ``filter_unwanted``: the user wants to see what the display filter does not let pass; ``filter_wanted(term, how)``: to
    filter on an item; ``menu_wanted(menu, item)``: the item's context menu is opened, and can be added to. ``read`` gives
    the bytes of an item's messages, through which the search field looks as well; ``term`` the filter on an item.
    """

    chosen = Signal(object)
    several_chosen = Signal(tuple, int)
    counted = Signal(int, int)
    filter_unwanted = Signal()
    filter_wanted = Signal(str, Join)
    menu_wanted = Signal(QMenu, object)

    def __init__(
        self,
        name: str,
        columns: Sequence[Column[ItemT]],
        jobs: Jobs,
        theme: Theme,
        *,
        identity: Callable[[ItemT], object],
        searched: Callable[[ItemT], str],
        read: Callable[[ItemT], Iterator[bytes]] | None = None,
        term: Callable[[ItemT], str] = lambda _: "",
    ) -> None:
        super().__init__()
        self.setObjectName("content")
        self._name = name
        self._arranging = f"arranging the {name}"
        self._searched = searched
        self._read = read
        self._term = term
        self._passing: npt.NDArray[np.bool_] | None = None
        self._jobs = jobs
        self._theme = theme
        self._items: Sequence[ItemT] = ()
        self._empty = ("", "")
        self.model = RowTable(columns, identity)
        self.search = SearchField(theme)
        self.search.setPlaceholderText(f"Find {name}: number, address, Call-ID, result")
        self.search.setAccessibleName(f"Find among the {name}")
        self.search.textChanged.connect(self._arrange)
        self.table = ListTable()
        self.table.setAccessibleName(f"List of {name}")
        self.table.setModel(self.model)
        dress_table(self.table, theme)
        self.columns = ColumnLayout(self.table, self.model.columns)
        self.columns.sorted_.connect(self._arrange)
        self._widths = ListWidths(self.table, self.model, self.columns)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._choice = ListChoice(self.table, self.model)
        self._choice.chosen.connect(self.chosen)
        self._choice.several_chosen.connect(self.several_chosen)
        self.note = EmptyNote(theme)
        self.note.button.clicked.connect(self._see_all)
        field = QWidget()
        field.setObjectName("content")
        around = QVBoxLayout(field)
        around.setContentsMargins(SPACE_S, SPACE_S, SPACE_S, SPACE_S)
        around.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(field)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.note, 1)
        self.note.hide()
        self.setFocusProxy(self.table)
        theme.changed.connect(self._dress)
        self._dress()

    def show_items(self, items: Sequence[ItemT]) -> None:
        """Show another snapshot of the items."""
        self._items = items
        self._arrange()

    def forget(self) -> None:
        """Show nothing, at once: what stood here is of a capture that is not there any more, and must not be chosen."""
        self.search.clear()
        self._passing = None
        self._choice.want(())
        self._items = ()
        self._jobs.give_up(self._arranging)
        self._show(compared(self.model.rows, Rows(), self.model.identity))

    def let_pass(self, passing: npt.NDArray[np.bool_] | None) -> None:
        """Show only the items that a display filter lets pass; None for all. Items beyond its end wait for the next one."""
        if passing is not None or self._passing is not None:
            self._passing = passing
            self._arrange()

    def tell_empty(self, headline: str, sentence: str) -> None:
        """What to say when there are no items at all; "" while that is not yet known."""
        self._empty = (headline, sentence)
        self._note_state()

    def select(self, item: ItemT | None) -> None:
        """Select an item without telling anybody; one that is not in sight clears the selection."""
        self.select_all(() if item is None else (item,))

    def select_all(self, items: Sequence[ItemT]) -> None:
        """Select several items without telling anybody."""
        self._choice.want(items)

    @property
    def selected(self) -> tuple[ItemT, ...]:
        """The items that are selected, in the order of the list."""
        return self._choice.items

    def step(self, by: int) -> None:
        """Choose the next (1) or previous (-1) item in sight."""
        self._choice.step(by)

    def columns_state(self) -> QByteArray:
        """Widths and order of the columns to be remembered; empty where the user left them as they came."""
        return self.columns.state()

    def restore_columns(self, state: QByteArray) -> None:
        """Widths and order as they were remembered."""
        self.columns.restore(state)

    def menu(self, index: QModelIndex) -> QMenu:
        """What can be done with an item; whoever owns the list adds to it by ``menu_wanted``."""
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if index.isValid():
            item = self.model.item(index.row())
            fill_filter_menu(menu, self._term(item), self.filter_wanted.emit)
            cell = str(index.data() or "")
            menu.addAction("&Copy the cell").triggered.connect(lambda: QGuiApplication.clipboard().setText(cell))
            self.menu_wanted.emit(menu, item)
        return menu

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu(self.table.indexAt(place))
        if not menu.isEmpty():
            menu.popup(self.table.viewport().mapToGlobal(place))

    def _dress(self) -> None:
        self.model.set_colours(self._theme.colours)
        self.columns.bring_along()
        self._widths.measure_anew()

    def _arrange(self) -> None:
        items = self._items
        sorting = self.columns.sorting
        column = None if sorting is None else self.model.columns[sorting.section]
        descending = sorting is not None and sorting.descending
        request = Arrange(
            items, self.search.text(), self._searched, column, descending, self._passing, self._read,
            self.model.identity, self.model.rows,
        )  # fmt: skip
        self._jobs.ask(self._arranging, request, self._show)

    def _show(self, arranged: Arranged[ItemT]) -> None:
        former = self.model.rowCount()
        top = self._identity_at(self.table.verticalScrollBar().value())
        self.model.show(arranged)
        if not arranged.goes_on:
            self.table.settle()
        count = self.model.rowCount()
        self._widths.rows_changed(kept=min(former, count))
        self._choice.restore(top)
        self._note_state()
        self.counted.emit(count, len(arranged.rows.items))

    def _identity_at(self, line: int) -> object:
        return self.model.identity(self.model.item(line)) if line < self.model.rowCount() else None

    @property
    def _filtered(self) -> bool:
        """Whether it is the display filter that lets nothing pass."""
        return self._passing is not None and not self._passing.any()

    def _see_all(self) -> None:
        """The user wants to see what the filter or the search hides."""
        if self._filtered:
            self.filter_unwanted.emit()
        else:
            self.search.clear()
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _note_state(self) -> None:
        """A note in place of an empty table. As long as items are arranged, nobody knows whether it stays empty."""
        items = self.model.rows.items
        if self.model.rowCount() or not (items or self._empty[0]):
            self.note.hide()
            self.table.show()
            return
        if items and self._filtered:
            self.note.tell(
                "filter", f"No {self._name} pass the filter", f"{len(items):,} are there without it.", "Clear the filter"
            )
        elif items:
            self.note.tell(
                "search",
                f"No {self._name} with these words",
                f"{len(items):,} are there without the search.",
                "Clear the search",
            )
        else:
            self.note.tell("calls", *self._empty)
        self.table.hide()
        self.note.show()
