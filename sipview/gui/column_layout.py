"""Columns as the user arranges them: which are shown, in which order, how wide, sorted by which; in every table alike.

A layout is remembered by the ids of columns, so that it survives a version that has others.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from PySide6.QtCore import QByteArray, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu

from sipview.gui.list_table import ListTable
from sipview.gui.scaling import factor

_LEAST_PX, _MOST_PX = 24, 4000


class ColumnLike(Protocol):
    """What a layout needs to know of a column."""

    @property
    def id(self) -> str:
        """Its name in the settings."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def hint(self) -> str:
        """What it says."""

    @property
    def shown(self) -> bool:
        """Whether it is there until the user says otherwise."""

    @property
    def gives_way(self) -> int:
        """When it is hidden for want of room: 1 for the first that is; 0 for never."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column (its number) a table is sorted, and whether backwards."""

    section: int
    descending: bool


def giving_way(columns: Sequence[ColumnLike], widths_px: Sequence[int], over_px: int) -> frozenset[int]:
    """The numbers of the columns that are hidden, each in its turn, until the others need ``over_px`` less."""
    given_up = set()
    turns = sorted((column.gives_way, section) for section, column in enumerate(columns) if column.shown and column.gives_way)
    for _, section in turns:
        if over_px > 0:
            given_up.add(section)
            over_px -= widths_px[section]
    return frozenset(given_up)


class ColumnLayout(QObject):
    """The header of a table: titles are dragged, clicked to sort, and chosen from a menu.

    ``sorted_`` tells that the user wants another order; ``chosen`` that a column came or went; ``reset`` that the columns
    shall be as they came.
    """

    sorted_ = Signal()
    chosen = Signal()
    reset = Signal()

    def __init__(self, table: ListTable, columns: Sequence[ColumnLike]) -> None:
        super().__init__(table)
        self._table = table
        self._columns = tuple(columns)
        self._sorting: Sorting | None = None
        self._fitting = 0
        self._given_way: frozenset[int] = frozenset()
        self.own = False
        self._factor = factor()
        header = table.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSectionsClickable(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_menu)
        header.sectionClicked.connect(self._clicked)
        header.sectionResized.connect(self._touched)
        header.sectionMoved.connect(self._touched)
        self._show_initial()

    @property
    def sorting(self) -> Sorting | None:
        """How the table is sorted; None for the order of the capture."""
        return self._sorting

    def visible_sections(self) -> list[int]:
        """The numbers of the columns that are shown, from left to right."""
        return [section for section in self.wanted_sections() if section not in self._given_way]

    def wanted_sections(self) -> list[int]:
        """The same, with those for which there is no room now."""
        header = self._table.horizontalHeader()
        order = (header.logicalIndex(place) for place in range(header.count()))
        return [section for section in order if section in self._given_way or not header.isSectionHidden(section)]

    def fitting(self) -> "_Fitting":
        """Within it, changes of widths are the program's and not the user's."""
        return _Fitting(self)

    def bring_along(self) -> None:
        """The size of everything may be another one: so are the widths that the user gave."""
        ratio, self._factor = factor() / self._factor, factor()
        header = self._table.horizontalHeader()
        if self.own and ratio != 1.0:
            with self.fitting():
                for section in self.visible_sections():
                    header.resizeSection(section, round(header.sectionSize(section) * ratio))

    def show_column(self, section: int, *, shown: bool) -> None:
        """Show or hide a column; the last one stays."""
        if shown or len(self.visible_sections()) > 1:
            self._given_way -= {section}
            with self.fitting():
                self._table.setColumnHidden(section, not shown)
            self.own = True
            self.chosen.emit()
            if not shown and self._sorting is not None and self._sorting.section == section:
                self.sort(None)

    def sort(self, sorting: Sorting | None) -> None:
        """Sort by a column; None for the order of the capture."""
        self._sorting = sorting
        self._show_sorting()
        self.sorted_.emit()

    def restore_initial(self) -> None:
        """The columns as they came, in the order of the capture."""
        self._show_initial()
        self.own = False
        self.reset.emit()
        if self._sorting is not None:
            self.sort(None)

    @property
    def given_way(self) -> frozenset[int]:
        """The columns that the user has not hidden, and that are hidden for want of room."""
        return self._given_way

    def give_way(self, sections: frozenset[int]) -> None:
        """Hide these columns for want of room, and show again those that were hidden for it before."""
        with self.fitting():
            for section in self._given_way ^ sections:
                self._table.setColumnHidden(section, section in sections)
        self._given_way = sections

    def give_rest(self, section: int, least_px: int) -> None:
        """Give a column what the others leave of the width; where they leave less than its width, it keeps ``least_px``."""
        header = self._table.horizontalHeader()
        if not header.isSectionHidden(section):
            width = header.sectionSize(section)
            left = self._table.viewport().width() - header.length()
            with self.fitting():
                header.resizeSection(section, max(min(least_px, width), width + left))

    # Remembered

    def state(self) -> QByteArray:
        """The layout to be remembered; empty where the user left all as it came."""
        if not self.own and self._sorting is None:
            return QByteArray()
        header = self._table.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(header.count())]
        sorting = self._sorting
        stored = {
            "columns": [
                {
                    "id": self._columns[at].id,
                    "width": self._width(at),
                    "shown": at in self._given_way or not header.isSectionHidden(at),
                }
                for at in order
            ],
            "sort": None if sorting is None else self._columns[sorting.section].id,
            "descending": sorting is not None and sorting.descending,
            "own": self.own,
        }
        return QByteArray(json.dumps(stored).encode())

    def restore(self, state: QByteArray) -> None:
        """The layout as it was remembered; rubbish, and columns that are no more, change nothing."""
        try:
            stored = json.loads(bytes(state.data()).decode())
            entries = [(str(one["id"]), int(one["width"]), bool(one["shown"])) for one in stored["columns"]]
            sort, descending, own = stored["sort"], bool(stored["descending"]), bool(stored["own"])
        except (ValueError, KeyError, TypeError, OverflowError):
            return
        section_of = {column.id: section for section, column in enumerate(self._columns)}
        known = [entry for entry in entries if entry[0] in section_of]
        header = self._table.horizontalHeader()
        if own and any(shown for _, _, shown in known):
            self._given_way = frozenset()
            with self.fitting():
                for place, (name, width, shown) in enumerate(known):
                    section = section_of[name]
                    header.moveSection(header.visualIndex(section), place)
                    header.setSectionHidden(section, not shown)
                    if shown and width:
                        header.resizeSection(section, max(_LEAST_PX, min(width, _MOST_PX)))
            self.own = True
        self._sorting = Sorting(section_of[sort], descending) if isinstance(sort, str) and sort in section_of else None
        self._show_sorting()
        if self._sorting is not None:
            self.sorted_.emit()

    def _width(self, section: int) -> int:
        return self._table.columnWidth(section)

    # The header

    def menu(self, section: int = -1) -> QMenu:
        """What can be done with the columns, and with one of them."""
        menu = QMenu(self._table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if 0 <= section < len(self._columns):
            menu.addAction("Sort &ascending").triggered.connect(lambda: self.sort(Sorting(section, descending=False)))
            menu.addAction("Sort &descending").triggered.connect(lambda: self.sort(Sorting(section, descending=True)))
        capture_order = menu.addAction("In the &order of the capture")
        capture_order.setEnabled(self._sorting is not None)
        capture_order.triggered.connect(lambda: self.sort(None))
        if 0 <= section < len(self._columns):
            menu.addAction("&Fit the width").triggered.connect(lambda: self._table.resizeColumnToContents(section))
            hide = menu.addAction(f"&Hide {self._columns[section].title}")
            hide.setEnabled(len(self.visible_sections()) > 1)
            hide.triggered.connect(lambda: self.show_column(section, shown=False))
        menu.addSeparator()
        for number, column in enumerate(self._columns):
            choice = menu.addAction(column.title)
            choice.setToolTip(column.hint)
            choice.setCheckable(True)
            choice.setChecked(not self._table.isColumnHidden(number))
            choice.toggled.connect(partial(self._choice_made, number))
        menu.setToolTipsVisible(True)
        menu.addSeparator()
        menu.addAction("Columns as they &came").triggered.connect(self.restore_initial)
        return menu

    def _choice_made(self, section: int, shown: bool) -> None:
        self.show_column(section, shown=shown)

    def _show_menu(self, place: QPoint) -> None:
        header = self._table.horizontalHeader()
        self.menu(header.logicalIndexAt(place)).popup(header.viewport().mapToGlobal(place))

    def _clicked(self, section: int) -> None:
        """Ascending, then descending, then the order of the capture again."""
        if self._sorting is None or self._sorting.section != section:
            self.sort(Sorting(section, descending=False))
        elif not self._sorting.descending:
            self.sort(Sorting(section, descending=True))
        else:
            self.sort(None)

    def _touched(self) -> None:
        if not self._fitting:
            self.own = True

    def _show_sorting(self) -> None:
        header = self._table.horizontalHeader()
        header.setSortIndicatorShown(self._sorting is not None)
        if self._sorting is not None:
            order = Qt.SortOrder.DescendingOrder if self._sorting.descending else Qt.SortOrder.AscendingOrder
            header.setSortIndicator(self._sorting.section, order)

    def _show_initial(self) -> None:
        header = self._table.horizontalHeader()
        self._given_way = frozenset()
        with self.fitting():
            for section, column in enumerate(self._columns):
                header.moveSection(header.visualIndex(section), section)
                header.setSectionHidden(section, not column.shown)


class _Fitting:
    """While it lasts, the layout takes no change for the user's, and the table does not follow each of them: at its end it is
    laid out once, at once. By itself it would do so after it was painted, and then paint all rows once more.
    """

    def __init__(self, layout: ColumnLayout) -> None:
        self._layout = layout
        self._before: list[int] = []

    def __enter__(self) -> None:
        if not self._layout._fitting:
            self._before = self._widths()
            self._layout._table.horizontalHeader().blockSignals(True)
        self._layout._fitting += 1

    def __exit__(self, *_: object) -> None:
        self._layout._fitting -= 1
        if not self._layout._fitting:
            table = self._layout._table
            table.horizontalHeader().blockSignals(False)
            if self._widths() != self._before:
                table.settle()

    def _widths(self) -> list[int]:
        """Of all sections in the order in which they stand; 0 where one is hidden."""
        header = self._layout._table.horizontalHeader()
        return [header.sectionSize(header.logicalIndex(place)) for place in range(header.count())]
