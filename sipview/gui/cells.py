"""How a cell is painted in every table and tree: its ground, room around its content, and a selection that shows the focus."""

import re
from functools import lru_cache
from typing import NamedTuple, Protocol, runtime_checkable

from PySide6.QtCore import QItemSelectionModel, QMargins, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QIcon, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sipview.gui.scaling import factor, fixed_font, px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_XS

AnyIndex = QModelIndex | QPersistentModelIndex
TABLE_PADDING = QMargins(SPACE_XS, 0, SPACE_XS, 0)
TALL_ROW_PADDING_PX = 8
_TEXT_PX = 3  # what Qt leaves free beside a cell's text, at any size
_GROUND_STATES = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus


class CellDelegate(QStyledItemDelegate):
    """The selected row is quiet while the keyboard is elsewhere; ``padding`` is left free around the content."""

    def __init__(self, theme: Theme, view: QAbstractItemView, padding: QMargins = TABLE_PADDING) -> None:
        super().__init__(view)
        self._theme = theme
        self._view = view
        self._padding = padding

    def selection_ground(self) -> QColor:
        """The ground of the selected row now."""
        colours = self._theme.colours
        return QColor(colours.selection if self._view.hasFocus() else colours.selection_quiet)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """Content and padding; a text that is wrapped has what that leaves of the column's width."""
        within = QStyleOptionViewItem(option)
        within.rect = option.rect.marginsRemoved(self._free())
        return super().sizeHint(within, index).grownBy(self._free())

    def _free(self) -> QMargins:
        """The padding now; what Qt leaves free beside a text grows with it, so that it stands below its column's title."""
        text = px(_TEXT_PX) - _TEXT_PX
        return self._padding * factor() + QMargins(text, 0, text, 0)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Paint the ground over the whole cell and the content within the padding."""
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        if cell.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell.rect, self.selection_ground())
        elif cell.backgroundBrush.style() is not Qt.BrushStyle.NoBrush:
            painter.fillRect(cell.rect, cell.backgroundBrush)
        cell.backgroundBrush = QBrush()
        cell.state &= ~_GROUND_STATES
        cell.rect = cell.rect.marginsRemoved(self._free())
        self._view.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, cell, painter, self._view)


class TallCellDelegate(CellDelegate):
    """For rows of several lines: the mark stands beside the first of them."""

    def __init__(self, theme: Theme, view: QAbstractItemView) -> None:
        super().__init__(theme, view, QMargins(SPACE_XS, TALL_ROW_PADDING_PX // 2, SPACE_XS, 0))

    def initStyleOption(self, option: QStyleOptionViewItem, index: AnyIndex) -> None:  # noqa: N802 - Qt's name
        """Fill in what a cell looks like."""
        super().initStyleOption(option, index)
        option.decorationAlignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


def select_first(view: QAbstractItemView) -> None:
    """Select the first row of a view in which none is selected."""
    model, selection = view.model(), view.selectionModel()
    if not selection.hasSelection() and model.rowCount():
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        selection.setCurrentIndex(model.index(0, 0), flags)


class Cell(NamedTuple):
    """All that is painted of a cell. Colours are ``#rrggbb``; "" for ``ink`` is the theme's text, for ``ground`` none.

    Where rows have several lines, ``wrapped`` texts fill them.
    """

    text: str
    right: bool = False
    ink: str = ""
    ground: str = ""
    strong: bool = False
    icon: QIcon | None = None
    fixed: bool = False
    wrapped: bool = False


@runtime_checkable
class GivesCells(Protocol):
    """A model that says at once what is painted of a cell."""

    def cell(self, index: AnyIndex) -> Cell:
        """The cell of a valid index."""
        ...


_ICON_PX = 16
_WORD = re.compile(r"\S{20,}")  # that may be longer than a line
_ALIGN = {
    right: int(side | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
    for right, side in ((False, Qt.AlignmentFlag.AlignLeft), (True, Qt.AlignmentFlag.AlignRight))
}


_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)


class QuickCellDelegate(CellDelegate):
    """Paints one line of text a cell, from a model that gives its cells whole.

    Qt asks a model seven times for each cell that it paints, and each question is a call into Python: a page of a packet
    list would take longer than a frame. Here it is asked once.
    """

    def __init__(self, theme: Theme, view: QAbstractItemView, model: GivesCells) -> None:
        super().__init__(theme, view)
        self._cells = model
        self._font = QFont()
        self._known_fonts: dict[tuple[bool, bool], tuple[QFont, QFontMetrics]] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint the ground over the whole cell, the icon, and as much of the text as there is room for."""
        cell = self._cells.cell(index)
        room: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(room, self.selection_ground())
        elif cell.ground:
            painter.fillRect(room, _colour(cell.ground))
        beside = px(SPACE_XS + _TEXT_PX)
        left, width = room.x() + beside, room.width() - 2 * beside
        if cell.icon is not None:
            cell.icon.paint(painter, left, room.y(), px(_ICON_PX), room.height())
            taken = px(_ICON_PX + SPACE_XS)
            left, width = left + taken, width - taken
        if not cell.text or width <= 0:
            return
        font, metrics = self._fonts(option.font, strong=cell.strong)
        painter.setFont(font)
        painter.setPen(_colour(cell.ink or self._theme.colours.text))
        painter.drawText(left, room.y(), width, room.height(), _ALIGN[cell.right], _elided(cell.text, metrics, width))

    def _fonts(self, font: QFont, *, strong: bool, fixed: bool = False) -> tuple[QFont, QFontMetrics]:
        """The view's font as a cell has it."""
        if font != self._font:
            self._font = QFont(font)
            self._known_fonts.clear()
        found = self._known_fonts.get((strong, fixed))
        if found is None:
            own = fixed_font() if fixed else QFont(font)
            own.setBold(strong)
            found = self._known_fonts[strong, fixed] = (own, QFontMetrics(own))
        return found


class QuickTallCellDelegate(QuickCellDelegate):
    """The same for rows of several lines: texts begin on the first of them, and the mark stands beside it.

    By Qt's style, which lays out each text anew, ten rows of four cells took 4 ms.
    """

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint the ground over the whole cell, the icon, and as much of the text as there is room for."""
        cell = self._cells.cell(index)
        room: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(room, self.selection_ground())
        font, metrics = self._fonts(option.font, strong=cell.strong, fixed=cell.fixed)
        beside, above, line = px(SPACE_XS + _TEXT_PX), px(TALL_ROW_PADDING_PX) // 2, metrics.height()
        left, width, height = room.x() + beside, room.width() - 2 * beside, room.height() - above
        if cell.icon is not None:
            cell.icon.paint(painter, left, room.y() + above + (line - px(_ICON_PX)) // 2, px(_ICON_PX), px(_ICON_PX))
            taken = px(_ICON_PX + SPACE_XS)
            left, width = left + taken, width - taken
        if not cell.text or width <= 0:
            return
        painter.setFont(font)
        painter.setPen(_colour(cell.ink or self._theme.colours.text))
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # a text that runs to the left begins on the left as well
        if cell.wrapped and height >= 2 * line:
            text = _WORD.sub(lambda word: _elided(word[0], metrics, width), cell.text)  # a word is not broken
            painter.drawText(left, room.y() + above, width, height, _WRAPPED, text)
        else:
            text = _elided(cell.text.replace("\n", " "), metrics, width)
            painter.drawText(left, room.y() + above, width, line, _ALIGN[cell.right], text)


def _elided(text: str, metrics: QFontMetrics, width: int) -> str:
    if len(text) * metrics.maxWidth() > width and metrics.horizontalAdvance(text) > width:
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
    return text


@lru_cache(maxsize=256)
def _colour(name: str) -> QColor:
    return QColor(name)
