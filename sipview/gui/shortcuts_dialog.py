"""All keys and what they do, by the menus that they stand in, with a field to find one by what it does or by its keys."""

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from sipview.gui.actions import ACTIONS, MENUS, Entry
from sipview.gui.cells import CellDelegate
from sipview.gui.dialogs import PlainDialog
from sipview.gui.search_field import SearchField
from sipview.gui.theme import Theme

_ROW_PX = 10  # around the text
_BY_HAND = (
    ("Walk through the ladder", ("Up", "Down", "Home", "End"), "In the ladder: to another message"),
    ("Read or unfold", ("Return",), "In the ladder: go to the message, or unfold the folded messages"),
    ("Find in the ladder", ("a … z",), "In the ladder: just type a method, a status or any text"),
    ("Zoom the ladder", ("Ctrl+Wheel",), "Over the ladder, with the mouse"),
    ("Let go of the selected field", ("Esc",), "In the explained message"),
)


class _Row(NamedTuple):
    group: str
    words: str
    keys: str
    tip: str

    @property
    def searched(self) -> str:
        """What the field looks through."""
        return " ".join(self).casefold()


class ShortcutsDialog(PlainDialog):
    """A table of keys; each menu has a heading."""

    def __init__(self, parent: QWidget | None, theme: Theme) -> None:
        super().__init__(parent, "Keyboard shortcuts", QSize(900, 640))
        self._rows = tuple(_rows())
        self.search = SearchField(theme)
        self.search.setPlaceholderText("Find a key: what it does, or what to press")
        self.search.setAccessibleName("Find a key")
        self.search.textChanged.connect(self._show)
        table = self.table = QTableWidget(0, 3)
        table.setAccessibleName("Keyboard shortcuts")
        table.setHorizontalHeaderLabels(["Action", "Keys", "What it does"])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setItemDelegate(CellDelegate(theme, table))
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setHighlightSections(False)
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + _ROW_PX)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.body.addWidget(self.search)
        self.body.addWidget(table, 1)
        self.done_with()
        self._show("")
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        self.search.setFocus()

    def _show(self, wanted: str) -> None:
        """Show the rows that have all these words, below the headings of their menus."""
        words = wanted.casefold().split()
        self.table.clearSpans()
        self.table.setRowCount(0)
        group = ""
        for row in self._rows:
            if not all(word in row.searched for word in words):
                continue
            if row.group != group:
                group = row.group
                self.table.setSpan(self._add((group, "", ""), heading=True), 0, 1, 3)
            self._add((row.words, row.keys, row.tip), heading=False)

    def _add(self, texts: tuple[str, str, str], *, heading: bool) -> int:
        line = self.table.rowCount()
        self.table.insertRow(line)
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if heading:
                item.setFlags(Qt.ItemFlag.NoItemFlags | Qt.ItemFlag.ItemIsEnabled)
                font = self.table.font()
                font.setBold(True)
                item.setFont(font)
            self.table.setItem(line, column, item)
        return line


def _rows() -> Iterator[_Row]:
    """Each action that has keys, in the order of the menus, where it stands first; then what has no menu."""
    rows = {row.id: row for row in ACTIONS if row.keys}
    for title, entries in MENUS.items():
        for action_id in _ids(entries):
            row = rows.pop(action_id, None)
            if row is not None:
                yield _Row(_plain(title), _plain(row.text), _shown(row.keys), row.tip)
    for row in rows.values():
        yield _Row("Elsewhere", _plain(row.text), _shown(row.keys), row.tip)
    for words, keys, tip in _BY_HAND:
        yield _Row("With the hand in a panel", words, _shown(keys), tip)


def _ids(entries: tuple[Entry, ...]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, tuple):
            yield from entry[1]
        elif entry is not None:
            yield entry


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")


def _shown(keys: tuple[str, ...]) -> str:
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) or key for key in keys)
