"""How a cell is painted in every table and tree: its ground, room around its content, and a selection that shows the focus."""

from PySide6.QtCore import QMargins, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_XS

TABLE_PADDING = QMargins(SPACE_XS, 0, SPACE_XS, 0)
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
        cell.rect = cell.rect.marginsRemoved(self._padding)
        self._view.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, cell, painter, self._view)
