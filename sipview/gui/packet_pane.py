"""The packet list: filtered, sorted, marked, copied; what is chosen in it is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QByteArray, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QMenu, QVBoxLayout, QWidget

from sipview.export.spreadsheet import as_csv
from sipview.gui import wording
from sipview.gui.actions import ActionSet
from sipview.gui.column_layout import ColumnLayout, giving_way
from sipview.gui.cross_reference import CrossReference
from sipview.gui.decode_as import Rule, fill_decode_menu, usual_rule
from sipview.gui.filter_menu import fill_filter_menu
from sipview.gui.filter_words import Join
from sipview.gui.filtering import Passing
from sipview.gui.jobs import Jobs, Report
from sipview.gui.list_table import ListTable, dress_table, select_line
from sipview.gui.notes import EmptyNote
from sipview.gui.packet_arranging import ArrangePackets, RowArray
from sipview.gui.packet_columns import PACKET_COLUMNS, PacketCells, PacketColumn, TimeMode, conversation_term
from sipview.gui.packet_copy import as_hex, as_text
from sipview.gui.packet_table import INFO, TIME, PacketTable
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_S, SPACE_XS
from sipview.index import Protocol

_PURPOSE = "arranging the packets"
_MOST_COPIED = 200_000
_USUAL_INFO = 24  # characters, for which other columns give way
_LEAST_INFO = 12  # characters
_DECODED = {6: "tcp", 17: "udp"}  # transports for whose ports there are rules
_TIME_WIDTHS = {TimeMode.DAY: 15, TimeMode.EPOCH: 18}  # characters


class CopyKind(StrEnum):
    """How packets are copied."""

    TEXT = "text"
    CSV = "csv"
    HEX = "hex"


@dataclass(frozen=True, slots=True)
class CopyPackets:
    """Packets as text for the clipboard."""

    cells: PacketCells
    rows: tuple[int, ...]
    columns: tuple[PacketColumn, ...]
    kind: CopyKind

    def run(self, report: Report) -> str:
        """The text."""
        if self.kind is CopyKind.HEX:
            return "\n\n".join(as_hex(self.cells.index.frame(row)) for row in self.rows)
        lines: list[list[str]] = []
        for row in self.rows:
            report.cancel.check()
            lines.append([column.text(self.cells, row) for column in self.columns])
        titles = [column.title for column in self.columns]
        return as_csv(titles, lines) if self.kind is CopyKind.CSV else as_text(titles, lines)


class _Table(ListTable):
    """A table that copies what is selected in it."""

    copying = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Copy; all else is the table's."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copying.emit()
        else:
            super().keyPressEvent(event)


class PacketPane(QWidget):
    """``chosen(row)``: the user picked a packet; ``filter_wanted(term, how)``: wants to filter on something of it;
    ``filter_unwanted``: wants to see all packets again; ``copied(sentence)``: something is on the clipboard;
    ``rule_turned(rule)``: knows better what a port carries, or takes that back. ``rules`` are those in force.
    """

    chosen = Signal(int)
    filter_wanted = Signal(str, Join)
    filter_unwanted = Signal()
    copied = Signal(str)
    rule_turned = Signal(object)

    def __init__(self, theme: Theme, jobs: Jobs, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("content")
        self._theme = theme
        self._jobs = jobs
        self._actions = actions
        self.rules: Callable[[], Sequence[Rule]] = tuple
        self._going = False
        self._current: int | None = None
        self._cross: CrossReference | None = None
        self._rows: RowArray | None = None
        self._asked: tuple[CrossReference, RowArray | None] | None = None
        self.model = PacketTable()
        self.table = _Table()
        self.table.setAccessibleName("List of packets")
        self.table.setModel(self.model)
        dress_table(self.table, theme, row_padding=6)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.table.copying.connect(lambda: self.copy(CopyKind.TEXT))
        self.columns = ColumnLayout(self.table, PACKET_COLUMNS)
        self.columns.sorted_.connect(self._sort)
        self.columns.reset.connect(self._set_widths)
        self.columns.chosen.connect(self._give_rest)
        self.table.resized.connect(self._give_rest)
        self._set_widths()
        self.table.selectionModel().currentRowChanged.connect(self._current_changed)
        self.note = EmptyNote(theme)
        self.note.button.clicked.connect(self.filter_unwanted)
        self.note.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addWidget(self.note)
        self.setFocusProxy(self.table)
        theme.changed.connect(self._dress)
        self._dress()

    # What is shown

    def show_snapshot(self, cross: CrossReference | None, passing: Passing | None = None) -> None:
        """Show the packets of a snapshot; of those, what passes a filter. None: no packets."""
        self._cross = cross
        self._rows = None if passing is None else passing.rows
        if cross is None:
            self._jobs.give_up(_PURPOSE)
            self._asked = None
            self._current = None
            self.model.forget_marks()
            self._show(None, None)
        else:
            self._arrange()

    def go_to(self, row: int) -> bool:
        """Select a packet without telling anybody; returns whether it is in sight."""
        self._current = row
        return self._restore()

    def columns_state(self) -> QByteArray:
        """The columns to be remembered."""
        return self.columns.state()

    def restore_columns(self, state: QByteArray) -> None:
        """The columns as they were remembered."""
        self.columns.restore(state)

    # What the user does

    @property
    def selected_rows(self) -> RowArray:
        """The rows of the selected packets, in the order of the list."""
        selected = np.zeros(self.model.rowCount(), np.bool_)
        for chosen in self.table.selectionModel().selection().toList():
            selected[chosen.top() : chosen.bottom() + 1] = True
        lines = np.flatnonzero(selected).astype(np.int64)
        return self.model.rows_of(lines)

    def step(self, by: int) -> None:
        """Choose the next (1) or previous (-1) packet."""
        count = self.model.rowCount()
        if count:
            current = self.table.currentIndex()
            select_line(self.table, max(0, min(count - 1, current.row() + by)) if current.isValid() else 0)

    def turn_mark(self) -> None:
        """Mark or unmark the selected packets."""
        self.model.turn_mark(self.selected_rows)

    def step_marked(self, by: int) -> None:
        """Choose the next (1) or previous (-1) marked packet."""
        current = self.table.currentIndex()
        row = self.model.next_marked(self.model.row_of(current.row()) if current.isValid() else -1, by)
        line = None if row is None else self.model.line_of(row)
        if line is not None:
            select_line(self.table, line)

    def turn_reference(self) -> None:
        """Take the current packet as a reference of time, or no longer."""
        current = self.table.currentIndex()
        if current.isValid():
            self.model.turn_reference(self.model.row_of(current.row()))

    def set_time_mode(self, mode: TimeMode) -> None:
        """Tell time otherwise."""
        self.model.set_mode(mode)
        if not self.columns.own:
            self._set_widths()

    def follow_conversation(self) -> None:
        """Filter on the conversation of the current packet."""
        current, cells = self.table.currentIndex(), self.model.cells
        term = conversation_term(cells, self.model.row_of(current.row())) if cells is not None and current.isValid() else ""
        if term:
            self.filter_wanted.emit(term, Join.ONLY)

    def copy(self, kind: CopyKind) -> None:
        """Put the selected packets on the clipboard."""
        rows, cells = self.selected_rows[:_MOST_COPIED], self.model.cells
        if not len(rows) or cells is None:
            return
        columns = tuple(PACKET_COLUMNS[section] for section in self.columns.wanted_sections())
        request = CopyPackets(cells, tuple(rows.tolist()), columns, kind)
        self._jobs.ask("copying packets", request, lambda text: self._put(text, len(rows)))

    def menu(self, index: QModelIndex) -> QMenu:
        """What can be done with a cell and its packet."""
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        cells = self.model.cells
        if cells is None or not index.isValid():
            return menu
        row, column = self.model.row_of(index.row()), PACKET_COLUMNS[index.column()]
        fill_filter_menu(menu, column.term(cells, row) if column.term is not None else "", self.filter_wanted.emit)
        menu.addSeparator()
        for entry in ("follow", None, "mark", "time-reference"):
            if entry is None:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[entry])
        menu.addSeparator()
        self._add_decoding(menu, row)
        copy = menu.addMenu("&Copy")
        copy.addAction("&Cell").triggered.connect(lambda: self._put(column.text(cells, row), 0))
        for name in ("copy-packets-text", "copy-packets-csv", "copy-packets-hex"):
            copy.addAction(self._actions[name])
        return menu

    def suggested_rule(self) -> Rule | None:
        """A rule for the current packet's receiving port; None where it has none."""
        current, cells = self.table.currentIndex(), self.model.cells
        if cells is None or not current.isValid():
            return None
        row = self.model.row_of(current.row())
        transport, port = _DECODED.get(int(cells.index.transport[row])), int(cells.index.destination_port[row])
        return usual_rule(transport, port) if transport and port else None

    def _add_decoding(self, menu: QMenu, row: int) -> None:
        """What the user can say of the ports of a packet."""
        cells = self.model.cells
        transport = None if cells is None else _DECODED.get(int(cells.index.transport[row]))
        if cells is None or transport is None:
            return
        decoding = menu.addMenu("&Decode as")
        ports = int(cells.index.destination_port[row]), int(cells.index.source_port[row])
        fill_decode_menu(decoding, transport, ports, self.rules(), self.rule_turned.emit)
        decoding.addSeparator()
        decoding.addAction(self._actions["decode-as"])
        if cells.protocol(row) is Protocol.TLS:
            menu.addAction(self._actions["key-log"])
        menu.addSeparator()

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu(self.table.indexAt(place))
        if not menu.isEmpty():
            menu.popup(self.table.viewport().mapToGlobal(place))

    def _put(self, text: str, packets: int) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(f"{wording.counted(packets, 'packet')} copied" if packets else "Copied")

    # Order

    def _sort(self) -> None:
        """The user wants another order: what is under way for the former one is for nothing."""
        self._jobs.give_up(_PURPOSE)
        self._asked = None
        self._arrange()

    def _arrange(self) -> None:
        """Show what there is in the order that is wanted; an order under way is finished before the next one is begun."""
        if self._cross is None or self._asked is not None:
            return
        sorting = self.columns.sorting
        if sorting is None:
            self._show(self._cross, self._rows)
            return
        cross, rows = self._cross, self._rows
        self._asked = (cross, rows)
        request = ArrangePackets(cross, rows, PACKET_COLUMNS[sorting.section], sorting.descending)
        self._jobs.ask(_PURPOSE, request, lambda order: self._arranged(cross, rows, order))

    def _arranged(self, cross: CrossReference, rows: RowArray | None, order: RowArray | None) -> None:
        self._asked = None
        self._show(cross, order)
        if self._cross is not cross or self._rows is not rows:
            self._arrange()

    def _show(self, cross: CrossReference | None, rows: RowArray | None) -> None:
        self._going = True
        try:
            self.model.show_snapshot(cross, rows)
        finally:
            self._going = False
        self._restore()
        empty = cross is not None and rows is not None and not len(rows)
        if empty and cross is not None:
            count = wording.counted(cross.snapshot.packets, "packet")
            self.note.tell("filter", "No packets pass the filter", f"{count} are there without it.", "Clear the filter")
        self.table.setVisible(not empty)
        self.note.setVisible(empty)

    def _restore(self) -> bool:
        """Select the packet that was chosen last, if it is in sight, without telling anybody."""
        line = None if self._current is None else self.model.line_of(self._current)
        if line is not None and self.table.currentIndex().row() == line and self.table.selectionModel().hasSelection():
            return True
        self._going = True
        try:
            if line is None:
                self.table.selectionModel().clear()
            else:
                select_line(self.table, line)
        finally:
            self._going = False
        return line is not None

    # Look

    def _set_widths(self) -> None:
        with self.columns.fitting():
            for section, width in enumerate(self._usual_widths()):
                self.table.setColumnWidth(section, width)
        self._give_rest()

    def _usual_widths(self) -> list[int]:
        digit, around = self.fontMetrics().averageCharWidth(), px(2 * SPACE_S + SPACE_XS)
        widths = [digit * column.width + around for column in PACKET_COLUMNS]
        widths[TIME] = digit * _TIME_WIDTHS.get(self.model.mode, PACKET_COLUMNS[TIME].width) + around
        return widths

    def _give_rest(self) -> None:
        """Info takes what is left of the width; where that is little, columns that say less give way to it."""
        digit = self.fontMetrics().averageCharWidth()
        usual, room = self._usual_widths(), self.table.viewport().width() - digit * _USUAL_INFO
        if not self.columns.own:
            others = sum(usual[section] for section, column in enumerate(PACKET_COLUMNS) if column.shown and section != INFO)
            self.columns.give_way(giving_way(PACKET_COLUMNS, usual, others - room))
        elif self.columns.given_way:  # before the user arranged the others
            header = self.table.horizontalHeader()
            there = header.length() - header.sectionSize(INFO) + sum(usual[section] for section in self.columns.given_way)
            if there <= room:
                self.columns.give_way(frozenset())
        self.columns.give_rest(INFO, digit * _LEAST_INFO)

    def _dress(self) -> None:
        self.model.set_colours(self._theme.colours)
        self.columns.bring_along()
        if not self.columns.own:
            self._set_widths()

    def _current_changed(self, current: QModelIndex) -> None:
        if current.isValid() and not self._going:
            self._current = self.model.row_of(current.row())
            self.chosen.emit(self._current)
