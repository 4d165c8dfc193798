"""The message as a tree: each part, what it says, what that means here, and where it is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QFont, QIcon, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyleOptionViewItem, QTreeView

from sipview.explain import Explanation
from sipview.gui import icons, wording
from sipview.gui.cells import TALL_ROW_PADDING_PX, Cell, QuickTallCellDelegate, select_first
from sipview.gui.header_cells import title_cell
from sipview.gui.scaling import fixed_font, px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_S, SPACE_XS, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
FIELD, VALUE, MEANING, REFERENCE = range(4)
_TITLES = ("Field", "Value", "Meaning here", "Reference")
_WRAPPED = (MEANING, REFERENCE)
_ROOM_FOR_REFERENCE = 64  # digits that the tree is wide at least where it has that column
_TEXT_PX = 4  # what Qt leaves free beside a cell's text, and a px for what is rounded
_LINE_BREAKS = re.compile(r"(?:\r\n|\r|\n)+")
_BY_KEYBOARD = {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
# With more rows than this, all have the height of one line: measuring each would be felt.
_MOST_WRAPPED_ROWS = 1500


@dataclass(frozen=True, slots=True)
class Node:
    """One row: a part of the message, or (``problem``) what is wrong with its parent. ``path`` names it in any message."""

    part: Explanation
    parent: int
    row: int
    path: tuple[str, ...]
    children: list[int]
    problem: str = ""


class ExplainedModel(QAbstractItemModel):
    """Explanations as a tree of rows; an index's id is the number of its node."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._nodes: list[Node] = []
        self._roots: list[int] = []
        self.dress()

    def dress(self) -> None:
        """Take the fonts in force."""
        self._strong = QFont()
        self._strong.setBold(True)
        self._fixed = fixed_font()

    def show_explanations(self, explanations: Sequence[Explanation]) -> None:
        """Show another message."""
        self.beginResetModel()
        self._nodes = []
        self._roots = self._add(explanations, -1, ())
        self.endResetModel()

    def _add(self, parts: Sequence[Explanation], parent: int, path: tuple[str, ...]) -> list[int]:
        numbers: list[int] = []
        seen: dict[str, int] = {}
        for part in parts:
            seen[part.field] = seen.get(part.field, 0) + 1
            here = (*path, f"{part.field}#{seen[part.field]}")
            number = len(self._nodes)
            node = Node(part, parent, len(numbers), here, [])
            self._nodes.append(node)
            numbers.append(number)
            for problem in part.problems:
                node.children.append(len(self._nodes))
                self._nodes.append(Node(part, number, len(node.children) - 1, (*here, problem), [], problem))
            for child in self._add(part.children, number, here):
                moved = self._nodes[child]
                self._nodes[child] = Node(moved.part, number, len(node.children), moved.path, moved.children)
                node.children.append(child)
        return numbers

    @property
    def count(self) -> int:
        """Rows in all."""
        return len(self._nodes)

    def node(self, index: AnyIndex) -> Node:
        """The row behind a valid index."""
        return self._nodes[index.internalId()]

    def indexes(self) -> Iterator[QModelIndex]:
        """All rows, parents before children."""
        for number, node in enumerate(self._nodes):
            yield self.createIndex(node.row, 0, number)

    def index_at_byte(self, offset: int) -> QModelIndex:
        """The innermost part that holds a byte of the message; an invalid index where none does."""
        best = -1
        for number, node in enumerate(self._nodes):
            if node.problem or not node.part.start <= offset < node.part.end:
                continue
            if best < 0 or node.part.end - node.part.start <= self._nodes[best].part.end - self._nodes[best].part.start:
                best = number
        return QModelIndex() if best < 0 else self.createIndex(self._nodes[best].row, 0, best)

    def index(self, row: int, column: int, parent: AnyIndex = _ROOT) -> QModelIndex:
        """Qt: the index of a row below ``parent``."""
        siblings = self._children(parent)
        if not 0 <= row < len(siblings) or not 0 <= column < len(_TITLES):
            return QModelIndex()
        return self.createIndex(row, column, siblings[row])

    def parent(self, index: AnyIndex = _ROOT) -> QModelIndex:  # type: ignore[override]  # QObject has a parent() as well
        """Qt: the row that a row stands under."""
        if not index.isValid():
            return QModelIndex()
        above = self.node(index).parent
        return QModelIndex() if above < 0 else self.createIndex(self._nodes[above].row, 0, above)

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Rows below ``parent``."""
        return len(self._children(parent)) if parent.column() <= 0 else 0

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802, ARG002 - Qt's name and signature
        """Four."""
        return len(_TITLES)

    def _children(self, parent: AnyIndex) -> list[int]:
        return self.node(parent).children if parent.isValid() else self._roots

    def cell(self, index: AnyIndex) -> Cell:
        """All that is painted of a cell."""
        node, column = self.node(index), index.column()
        return Cell(
            self._text(node, column),
            ink=self._ink(node, column),
            strong=column == FIELD and node.parent < 0,
            icon=self._icon(node) if column == FIELD else None,
            fixed=column == VALUE,
            wrapped=column in _WRAPPED,
        )

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid():
            return None
        node = self.node(index)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(node, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return wording.tip(self._whole(node, index.column()))
            case Qt.ItemDataRole.FontRole:
                if index.column() == FIELD and node.parent < 0:
                    return self._strong
                return self._fixed if index.column() == VALUE else None
            case Qt.ItemDataRole.ForegroundRole:
                ink = self._ink(node, index.column())
                return QColor(ink) if ink else None
            case Qt.ItemDataRole.DecorationRole if index.column() == FIELD:
                return self._icon(node)
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        return None

    def _ink(self, node: Node, column: int) -> str:
        colours = self._theme.colours
        if node.problem:
            return colours.warning
        return colours.accent if column == REFERENCE else ""

    def _icon(self, node: Node) -> QIcon | None:
        troubled = node.problem or node.part.problems
        return icons.icon("warning", self._theme.colours, Tone.WARNING) if troubled else None

    def _text(self, node: Node, column: int) -> str:
        if node.problem:
            return ("Problem", "", wording.cell(node.problem), "")[column]
        part = node.part
        match column:
            case 0:
                return wording.cell(part.field)
            case 1:
                return wording.cell(_LINE_BREAKS.sub(" · ", part.value.strip("\r\n")))  # a body has many lines
            case 2:
                return wording.paragraph(part.explanation)
            case _:
                return part.reference.replace("; ", "\n")  # each on a line of its own

    def _whole(self, node: Node, column: int) -> str:
        if node.problem:
            return node.problem
        part = node.part
        return (part.field, part.value, "", part.reference)[column]

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """A column's title."""
        return title_cell(_TITLES, section, orientation, role)


class _Wrapping(QuickTallCellDelegate):
    """Rows as high as their longest text needs when it is wrapped."""

    def __init__(self, theme: Theme, view: "ExplainedTree") -> None:
        super().__init__(theme, view, view.model_)
        self._tree = view

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """The size that a cell needs in its column's present width."""
        line = option.fontMetrics.height() + px(TALL_ROW_PADDING_PX)
        if index.column() not in _WRAPPED or self._tree.uniformRowHeights():
            return QSize(10, line)
        width = self._tree.columnWidth(index.column()) - 2 * px(SPACE_XS + _TEXT_PX)
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        if "\n" not in text and option.fontMetrics.horizontalAdvance(text) <= width:
            return QSize(10, line)
        room = QRect(0, 0, max(80, width), 10_000)
        bounds = option.fontMetrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text)
        return QSize(10, max(line, bounds.height() + px(TALL_ROW_PADDING_PX)))


class ExplainedTree(QTreeView):
    """The tree; ``part_chosen(start, end)`` tells which bytes of the message the user's row is about; ``filled`` that it
    shows another message.

    Which rows are open, and which is selected, carries over from one message to the next.
    """

    part_chosen = Signal(int, int)
    filled = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._open: set[tuple[str, ...]] = set()
        self._selected: tuple[str, ...] = ()
        self._filling = False
        self._stale = False  # whether columns have other widths than those for which the rows were measured
        self.model_ = ExplainedModel(theme, self)
        self.setModel(self.model_)
        self._cells = _Wrapping(theme, self)
        self.setItemDelegate(self._cells)
        self.setObjectName("explained")
        self.setAccessibleName("The message explained")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setIndentation(px(SPACE_S * 2))
        self.header().setStretchLastSection(False)
        self.header().setSectionsMovable(False)
        self.header().sectionResized.connect(self._measure_again)
        self._measuring = QTimer(self)
        self._measuring.setSingleShot(True)
        self._measuring.setInterval(0)
        self._measuring.timeout.connect(self.settle)
        self.expanded.connect(self._opened)
        self.collapsed.connect(self._closed)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        theme.changed.connect(self._dress)

    def show_explanations(self, explanations: Sequence[Explanation]) -> None:
        """Show another message, with the same rows open and the same part selected."""
        self._filling = True
        try:
            self.model_.show_explanations(explanations)
            self.setUniformRowHeights(self.model_.count > _MOST_WRAPPED_ROWS)
            for index in self.model_.indexes():
                node = self.model_.node(index)
                if node.children and (node.path in self._open or node.part.problems):
                    self.setExpanded(index, True)
                if node.path == self._selected:
                    self.setCurrentIndex(index)
        finally:
            self._filling = False
        self._tell(self.currentIndex())
        self.filled.emit()

    def selected_parts(self) -> tuple[Explanation, ...]:
        """The selected part, behind those that it lies in from the outermost; () where none is selected."""
        parts: list[Explanation] = []
        index: QModelIndex = self.currentIndex()
        while index.isValid():
            node = self.model_.node(index)
            if not node.problem:
                parts.append(node.part)
            index = self.model_.parent(index)
        return tuple(reversed(parts))

    def selected_problem(self) -> str:
        """The selected row's problem, where it is one."""
        index = self.currentIndex()
        return self.model_.node(index).problem if index.isValid() else ""

    def select_byte(self, offset: int) -> None:
        """Select the innermost part that holds a byte of the message."""
        index = self.model_.index_at_byte(offset)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Share the width among the columns."""
        super().resizeEvent(event)
        self._share_width()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Who comes by the keyboard stands on a part that is selected, and so seen."""
        super().focusInEvent(event)
        if event.reason() in _BY_KEYBOARD:
            select_first(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape lets go of the selected part."""
        if event.key() == Qt.Key.Key_Escape and self.currentIndex().isValid():
            self.setCurrentIndex(QModelIndex())
            self.clearSelection()
            return
        super().keyPressEvent(event)

    def drawBranches(self, painter: QPainter, rect: QRect, index: AnyIndex) -> None:  # noqa: N802 - Qt's name
        """The arrow stands beside the first line of its row, on the row's own ground."""
        if self.selectionModel().isRowSelected(index.row(), index.parent()):
            painter.fillRect(rect, self._cells.selection_ground())
        line = QRect(rect)
        line.setHeight(self.fontMetrics().height() + px(TALL_ROW_PADDING_PX))
        super().drawBranches(painter, line, index)

    def _dress(self) -> None:
        self.model_.dress()
        self._share_width()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def _share_width(self) -> None:
        # Also without a scroll bar there is room for it: else the columns would get other widths with each message.
        width = self.contentsRect().width() - self.verticalScrollBar().sizeHint().width()
        digit = self.fontMetrics().horizontalAdvance("0")
        cramped = width < _ROOM_FOR_REFERENCE * digit
        if cramped is not self.isColumnHidden(REFERENCE):
            self.setColumnHidden(REFERENCE, cramped)  # what is this? tells the sections too
        field = min(24 * digit, width // 5)
        reference = 0 if cramped else min(22 * digit, width // 6)
        value = (width - field - reference) * 2 // 5
        for column, pixels in ((FIELD, field), (VALUE, value), (REFERENCE, reference)):
            if pixels:  # a hidden column keeps its own width
                self.setColumnWidth(column, pixels)
        self.setColumnWidth(MEANING, width - field - reference - value)

    def _measure_again(self) -> None:
        self._stale = True
        self._measuring.start()

    def settle(self) -> None:
        """Lay out now what is shown. Left to itself, Qt does so when it paints the rows, and then paints them once more."""
        for _ in range(2):  # a scroll bar that comes takes width, by which rows get higher
            if self._stale:
                self._stale = False
                self.scheduleDelayedItemsLayout()
            self.executeDelayedItemsLayout()
        self._measuring.stop()

    def _opened(self, index: QModelIndex) -> None:
        if not self._filling:
            self._open.add(self.model_.node(index).path)

    def _closed(self, index: QModelIndex) -> None:
        if not self._filling:
            self._open.discard(self.model_.node(index).path)

    def _current_changed(self, current: QModelIndex) -> None:
        if not self._filling:
            self._selected = self.model_.node(current).path if current.isValid() else ()
            self._tell(current)

    def _tell(self, current: QModelIndex) -> None:
        if current.isValid():
            part = self.model_.node(current).part
            self.part_chosen.emit(part.start, part.end)
        else:
            self.part_chosen.emit(0, 0)
