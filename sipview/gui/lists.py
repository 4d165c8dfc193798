"""The lists of calls and of other conversations: their columns, and the pane with search field, table and empty note."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QByteArray, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QFont, QFontMetrics, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from sipview.calls import Call, Conversation
from sipview.gui import icons, wording
from sipview.gui.cells import CellDelegate, GivesCells, QuickCellDelegate
from sipview.gui.column_layout import ColumnLayout
from sipview.gui.filter_menu import fill_filter_menu
from sipview.gui.filter_words import Join
from sipview.gui.jobs import Jobs
from sipview.gui.notes import EmptyNote
from sipview.gui.row_table import Arrange, Column, RowTable
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_S, Tone
from sipview.session import describe_call, state_words

ItemT = TypeVar("ItemT")
MOST_TOGETHER = 50
"""How many items are taken as chosen at most where somebody selects all."""
_ROWS_MEASURED = 40
_COLUMN_PADDING_PX = 16
_MARK_PX = 20
_LEAST_RESULT = 20  # characters

CALL_COLUMNS: tuple[Column[Call], ...] = (
    Column(
        "start", "Start", "When the INVITE was sent, on this computer's clock", 9,
        lambda call: wording.clock(call.start_ns), lambda call: call.start_ns,
        tip=lambda call: wording.tip(wording.day_and_clock(call.start_ns)),
    ),
    Column(
        "from", "From", "The caller: user part of From", 12,
        lambda call: wording.party(call.caller), lambda call: call.caller.casefold(),
        tip=lambda call: wording.tip(call.legs[0].from_uri if call.legs else call.caller), strong=True,
    ),
    Column(
        "to", "To", "Who was called: user part of To", 12,
        lambda call: wording.party(call.callee), lambda call: call.callee.casefold(),
        tip=lambda call: wording.tip(call.legs[0].to_uri if call.legs else call.callee), strong=True,
    ),
    Column(
        "result", "Result", "How the call went, as its caller saw it", 21,
        lambda call: wording.cell(state_words(call)), lambda call: call.state.value,
        tone=wording.state_tone, tip=lambda call: wording.tip(describe_call(call)), marked=True,
    ),
    Column(
        "talk", "Talk", "From the 200 OK to the BYE", 8,
        lambda call: wording.duration(call.talk_time_ns), lambda call: call.talk_time_ns or -1, numeric=True,
    ),
    Column(
        "ring", "Ring", "From the INVITE to the first ringing", 8,
        lambda call: wording.duration(call.ring_delay_ns), lambda call: call.ring_delay_ns or -1, numeric=True,
    ),
    Column(
        "messages", "Msgs", "How many SIP messages", 6,
        lambda call: f"{len(call.messages):,}", lambda call: len(call.messages), numeric=True, shown=False,
    ),
    Column(
        "status", "Status", "The final status of the INVITE", 7,
        lambda call: "" if call.status is None else str(call.status), lambda call: call.status or 0, numeric=True,
        shown=False,
    ),
)  # fmt: skip

CONVERSATION_COLUMNS: tuple[Column[Conversation], ...] = (
    Column(
        "start", "Start", "When the first message was sent, on this computer's clock", 9,
        lambda one: wording.clock(one.start_ns), lambda one: one.start_ns,
        tip=lambda one: wording.tip(wording.day_and_clock(one.start_ns)),
    ),
    Column(
        "kind", "Kind", "What the conversation is for", 13, wording.conversation_kind, wording.conversation_kind,
        strong=True,
    ),
    Column(
        "from", "From", "User part of From", 11,
        lambda one: wording.address_user(one.from_uri), lambda one: one.from_uri.casefold(),
        tip=lambda one: wording.tip(one.from_uri),
    ),
    Column(
        "to", "To", "User part of To", 11,
        lambda one: wording.address_user(one.to_uri), lambda one: one.to_uri.casefold(),
        tip=lambda one: wording.tip(one.to_uri),
    ),
    Column(
        "result", "Result", "How it ended", 24,
        lambda one: wording.cell(one.outcome), lambda one: one.outcome,
        tone=lambda one: Tone.FAILURE if one.failed else Tone.SUCCESS, tip=lambda one: wording.tip(one.outcome), marked=True,
    ),
    Column(
        "messages", "Msgs", "How many SIP messages", 6,
        lambda one: f"{len(one.messages):,}", lambda one: len(one.messages), numeric=True,
    ),
)  # fmt: skip


def searched_call(call: Call) -> str:
    """The text of a call that the search field looks through."""
    legs = (
        part for leg in call.legs for part in (leg.call_id, leg.from_uri, leg.to_uri, str(leg.source), str(leg.destination))
    )
    return " ".join((call.caller, call.callee, call.state.value, state_words(call), str(call.status or ""), *legs))


def searched_conversation(one: Conversation) -> str:
    """The text of a conversation that the search field looks through."""
    return " ".join(
        (
            wording.conversation_kind(one),
            one.from_uri,
            one.to_uri,
            one.call_id,
            one.outcome,
            str(one.source),
            str(one.destination),
        )
    )


def call_identity(call: Call) -> object:
    """What names a call in every snapshot: the position of its first message."""
    return call.messages[0]


def conversation_identity(one: Conversation) -> object:
    """What names a conversation in every snapshot."""
    return one.messages[0]


def dress_table(table: "ListTable", theme: Theme, *, row_padding: int = 10) -> None:
    """What all tables of the window have in common."""
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


class ListTable(QTableView):
    """A table that says when there is another width for its columns."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Another width for the columns."""
        super().resizeEvent(event)
        self.resized.emit()

    def follow_size(self, theme: Theme, row_padding: int) -> None:
        """Rows are as high as a line of text with ``row_padding`` px at 100 %, also when the size of everything changes."""
        self._row_padding = row_padding
        theme.changed.connect(self._set_row_height)
        self._set_row_height()

    def _set_row_height(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + px(self._row_padding))


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
        self._searched = searched
        self._read = read
        self._term = term
        self._passing: npt.NDArray[np.bool_] | None = None
        self._jobs = jobs
        self._theme = theme
        self._items: Sequence[ItemT] = ()
        self._wanted: tuple[object, ...] = ()
        self._empty = ("", "")
        self._restoring = False
        self._revealed = False  # whether what is wanted was brought into sight; from then on the user scrolls
        self.model = RowTable(columns, identity)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(f"Find {name}: number, address, Call-ID, result")
        self.search.setAccessibleName(f"Find among the {name}")
        self._needed: list[int] = []
        self._glass = QAction(self)
        self.search.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._arrange)
        self.table = ListTable()
        self.table.resized.connect(self._fit_columns)
        self.table.setAccessibleName(f"List of {name}")
        self.table.setModel(self.model)
        dress_table(self.table, theme)
        self.columns = ColumnLayout(self.table, self.model.columns)
        self.columns.sorted_.connect(self._arrange)
        self.columns.reset.connect(self._fit_columns)
        self.columns.chosen.connect(self._share_rest)
        self._fit_columns()
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.selectionModel().selectionChanged.connect(self._selection_changed)
        self.note = EmptyNote(theme)
        self.note.button.clicked.connect(self.filter_unwanted)
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
        self._wanted = tuple(map(self.model.identity, items))
        self._revealed = False
        self._restore()

    @property
    def selected(self) -> tuple[ItemT, ...]:
        """The items that are selected, in the order of the list."""
        chosen = self.table.selectionModel().selection().toList()
        rows = sorted({row for part in chosen for row in range(part.top(), part.bottom() + 1)})
        return tuple(self.model.item(row) for row in rows)

    def step(self, by: int) -> None:
        """Choose the next (1) or previous (-1) item in sight."""
        count = self.model.rowCount()
        if count:
            current = self.table.currentIndex()
            row = current.row() + by if current.isValid() else 0
            select_line(self.table, max(0, min(count - 1, row)))

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

    def _fit_columns(self) -> None:
        """Make the columns as wide as their first texts need, as long as the user has not done so."""
        if self.columns.own:
            return
        with self.columns.fitting():
            for section, width in enumerate(self._needed or self._measure()):
                self.table.setColumnWidth(section, width)
            self._narrow_names()
            self._share_rest()

    def _narrow_names(self) -> None:
        """Long names of people give way, each as far as it is longer than usual, for the columns behind them."""
        header, digit = self.table.horizontalHeader(), self.fontMetrics().averageCharWidth()
        over = header.length() - self.table.viewport().width()
        for section in self.columns.visible_sections():
            column = self.model.columns[section]
            usual = digit * column.width
            given_up = min(over, header.sectionSize(section) - usual) if column.strong else 0
            if given_up > 0:
                header.resizeSection(section, header.sectionSize(section) - given_up)
                over -= given_up

    def _measure(self) -> list[int]:
        """The widths that the first texts of the columns need; measured once for them and not at each new size."""
        metrics = self.fontMetrics()
        bold = QFont(self.font())
        bold.setBold(True)
        strong = QFontMetrics(bold)
        self._needed = []
        for section, column in enumerate(self.model.columns):
            room = px(_COLUMN_PADDING_PX) + (px(_MARK_PX) if column.marked else 0)
            rows = 0 if self.table.isColumnHidden(section) else min(self.model.rowCount(), _ROWS_MEASURED)
            texts = {str(self.model.index(row, section).data()) for row in range(rows)}
            measure = strong if column.strong else metrics
            default = metrics.averageCharWidth() * column.width
            need = max((measure.horizontalAdvance(text) for text in texts), default=default)
            title = strong.horizontalAdvance(column.title) + px(_COLUMN_PADDING_PX)
            self._needed.append(max(title, min(need, 2 * default) + room))
        return self._needed

    def _share_rest(self) -> None:
        """The column with the result takes what is left of the width, and gives way where it is short."""
        section = next((section for section, column in enumerate(self.model.columns) if column.marked), None)
        if section is not None:
            self.columns.give_rest(section, self.fontMetrics().averageCharWidth() * _LEAST_RESULT)

    def _dress(self) -> None:
        self.model.set_colours(self._theme.colours)
        self.columns.bring_along()
        self._needed = []
        self._fit_columns()
        self._glass.setIcon(icons.icon("search", self._theme.colours, Tone.QUIET))
        clear = self.search.findChild(QAction, "_q_qlineeditclearaction")
        if isinstance(clear, QAction):  # Qt's own drawing is dark on dark
            clear.setIcon(icons.icon("close", self._theme.colours, Tone.QUIET))

    def _arrange(self) -> None:
        items = self._items
        sorting = self.columns.sorting
        column = None if sorting is None else self.model.columns[sorting.section]
        descending = sorting is not None and sorting.descending
        request = Arrange(items, self.search.text(), self._searched, column, descending, self._passing, self._read)
        self._jobs.ask(f"arranging the {self._name}", request, lambda rows: self._show(items, rows))

    def _show(self, items: Sequence[ItemT], rows: list[int]) -> None:
        former = self.model.rowCount()
        top = self._identity_at(self.table.verticalScrollBar().value())
        self.model.show_rows(items, rows)
        if min(former, len(rows)) < _ROWS_MEASURED:  # what is measured may have changed: a call goes on
            self._needed = []
            self._fit_columns()
        self._restore(top)
        self._note_state()
        self.counted.emit(len(rows), len(items))

    def _identity_at(self, line: int) -> object:
        return self.model.identity(self.model.item(line)) if line < self.model.rowCount() else None

    def _note_state(self) -> None:
        """A note in place of an empty table."""
        if self.model.rowCount() or not (self._items or self._empty[0]):
            self.note.hide()
            self.table.show()
            return
        filtered = self._passing is not None and not self._passing.any()
        if self._items and filtered:
            self.note.tell(
                "filter", f"No {self._name} pass the filter", f"{len(self._items):,} are there without it.", "Clear the filter"
            )
        elif self._items:
            self.note.tell("search", f"No {self._name} with these words", f"{len(self._items):,} are there without the search.")
        else:
            self.note.tell("", *self._empty)
        self.table.hide()
        self.note.show()

    def _restore(self, top: object = None) -> None:
        """Select what is wanted, and bring it into sight once; after that the list stays where it is, with ``top`` on top."""
        rows = [row for row in map(self.model.row_of, self._wanted) if row is not None]
        self._restoring = True
        try:
            if not rows:
                self.table.setCurrentIndex(QModelIndex())
                self.table.clearSelection()
                return
            current = self.table.currentIndex()
            selected = self.table.selectionModel().isRowSelected
            if not current.isValid() or current.row() not in rows or (len(rows) == 1 and not selected(rows[0])):
                select_line(self.table, rows[0])
                line = self.model.row_of(top) if self._revealed and top is not None else None
                if line is not None:
                    self.table.verticalScrollBar().setValue(line)
            elif not self._revealed:
                self.table.scrollTo(current)
            self._revealed = True
            if len(rows) > 1:
                selection = QItemSelection()
                for row in rows:
                    selection.select(self.model.index(row, 0), self.model.index(row, len(self.model.columns) - 1))
                self.table.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        finally:
            self._restoring = False

    def _selection_changed(self) -> None:
        """One item is chosen, or several; what stays selected is no news."""
        if self._restoring:
            return
        rows: list[int] = []
        count = 0
        selection = self.table.selectionModel().selection()
        for number in range(selection.count()):
            chosen = selection.at(number)
            if chosen.left() == 0 or len(self.model.columns) == 1:
                count += chosen.height()
                rows += range(chosen.top(), min(chosen.bottom() + 1, chosen.top() + MOST_TOGETHER))
        items = tuple(self.model.item(row) for row in sorted(rows)[:MOST_TOGETHER])
        identities = tuple(self.model.identity(item) for item in items)
        if not items or (identities == self._wanted and count == len(items)):
            return
        self._wanted = identities
        if len(items) == 1:
            self.chosen.emit(items[0])
        else:
            self.several_chosen.emit(items, count)
