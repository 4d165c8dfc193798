"""Two messages side by side in one table: what is different by mark, word and colour."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QPainter, QResizeEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QTreeView

from sipview.gui import icons, wording
from sipview.gui.cells import TALL_ROW_PADDING_PX, TallCellDelegate, select_first
from sipview.gui.header_cells import title_cell
from sipview.gui.scaling import fixed_font, px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_XS, Tone
from sipview.session.comparison import Change, ComparedPart, Fragment

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
CHANGE, NAME, LEFT, RIGHT = range(4)
CHANGE_WORDS = {Change.SAME: "", Change.CHANGED: "changed", Change.ADDED: "only right", Change.REMOVED: "only left"}
_TITLES = ("Difference", "Field", "Left", "Right")
_TONES = {Change.SAME: Tone.QUIET, Change.CHANGED: Tone.WARNING, Change.ADDED: Tone.SUCCESS, Change.REMOVED: Tone.FAILURE}
_ICONS = {Change.CHANGED: "changed", Change.ADDED: "added", Change.REMOVED: "removed"}
_MOST_TALL_ROWS = 1000  # with more, all have the height of one line: measuring each would be felt
_TEXT_PX = 3  # what Qt leaves free beside a cell's text
_MOST_LINES = 30


class ComparisonModel(QAbstractTableModel):
    """The parts of a comparison, all or only those that differ."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._parts: tuple[ComparedPart, ...] = ()
        self.dress()

    def dress(self) -> None:
        """Take the fonts in force."""
        self._fixed = fixed_font()
        self._strong = QFont()
        self._strong.setBold(True)

    def show_parts(self, parts: Sequence[ComparedPart]) -> None:
        """Show other parts."""
        self.beginResetModel()
        self._parts = tuple(parts)
        self.endResetModel()

    def part(self, row: int) -> ComparedPart:
        """The part of a row."""
        return self._parts[row]

    def fragments(self, index: AnyIndex) -> tuple[Fragment, ...]:
        """What a side says; () for a side that lacks the part."""
        part = self._parts[index.row()]
        return part.left if index.column() == LEFT else part.right if index.column() == RIGHT else ()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Parts."""
        return 0 if parent.isValid() else len(self._parts)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Four."""
        return 0 if parent.isValid() else len(_TITLES)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid():
            return None
        part, column = self._parts[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (CHANGE_WORDS[part.change], part.name, part.left_text, part.right_text)[column]
            case Qt.ItemDataRole.ToolTipRole if column in {LEFT, RIGHT}:
                return wording.tip(part.left_text if column == LEFT else part.right_text)
            case Qt.ItemDataRole.FontRole if column in {LEFT, RIGHT}:
                return self._fixed
            case Qt.ItemDataRole.FontRole if column == NAME:
                return self._strong
            case Qt.ItemDataRole.ForegroundRole if column == CHANGE:
                return QColor(self._theme.colours.tone(_TONES[part.change]))
            case Qt.ItemDataRole.DecorationRole if column == CHANGE and part.change in _ICONS:
                return icons.icon(_ICONS[part.change], self._theme.colours, _TONES[part.change])
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """A column's title."""
        return title_cell(_TITLES, section, orientation, role)


class _Sides(TallCellDelegate):
    """Paints a side's text, wrapped, with the words that differ on the ground of a mark, and underlined."""

    def __init__(self, theme: Theme, view: "ComparisonTable") -> None:
        super().__init__(theme, view)
        self._table = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Paint a cell."""
        if index.column() not in {LEFT, RIGHT}:
            super().paint(painter, option, index)
            return
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        if cell.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell.rect, self.selection_ground())
        fragments = self._table.model_.fragments(index)
        if not fragments:
            return
        room = _text_room(cell.rect)
        layout = self._laid_out(fragments, index, cell.font, room.width())
        painter.save()
        painter.setClipRect(cell.rect)
        painter.setPen(QColor(self._theme.colours.text))
        layout.draw(painter, QPointF(room.topLeft()))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """The size that a cell needs in its column's present width."""
        line = option.fontMetrics.height() + px(TALL_ROW_PADDING_PX)
        if index.column() not in {LEFT, RIGHT} or self._table.uniformRowHeights():
            return QSize(10, line)
        fragments = self._table.model_.fragments(index)
        width = _text_room(QRect(0, 0, self._table.columnWidth(index.column()), 10)).width()
        font = self._table.model_.data(index, Qt.ItemDataRole.FontRole)
        layout = self._laid_out(fragments, index, font if isinstance(font, QFont) else option.font, width)
        return QSize(10, max(line, int(layout.boundingRect().height()) + px(TALL_ROW_PADDING_PX)))

    def _laid_out(self, fragments: Sequence[Fragment], index: AnyIndex, font: QFont, width: int) -> QTextLayout:
        colours = self._theme.colours
        part = self._table.model_.part(index.row())
        look = QTextCharFormat()
        look.setBackground(QColor(colours.mark))
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        look.setUnderlineColor(QColor(colours.tone(_TONES[part.change])))
        formats, at = [], 0
        for fragment in fragments:
            units = len(fragment.text) + sum(character > "\uffff" for character in fragment.text)
            if fragment.differs and part.change is Change.CHANGED:
                span = QTextLayout.FormatRange()
                span.start, span.length, span.format = at, units, look
                formats.append(span)
            at += units
        layout = QTextLayout("".join(fragment.text for fragment in fragments), font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        layout.setTextOption(option)
        layout.setFormats(formats)
        layout.beginLayout()
        height = 0.0
        for _ in range(1 if self._table.uniformRowHeights() else _MOST_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(40, width))
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        return layout


def _text_room(cell: QRect) -> QRect:
    beside = px(SPACE_XS + _TEXT_PX)
    return cell.adjusted(beside, px(TALL_ROW_PADDING_PX) // 2, -beside, 0)


class ComparisonTable(QTreeView):
    """Both messages in one table, so that they scroll together."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.model_ = ComparisonModel(theme)
        self.setModel(self.model_)
        self.setItemDelegate(_Sides(theme, self))
        self.setAccessibleName("Both messages, side by side")
        self.setRootIsDecorated(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.header().setStretchLastSection(False)
        self.header().setSectionsMovable(False)
        self.header().sectionResized.connect(self.scheduleDelayedItemsLayout)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.model_.dress()
        self.setMinimumHeight(2 * (self.fontMetrics().height() + px(TALL_ROW_PADDING_PX)))  # titles and a line
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def show_parts(self, parts: Sequence[ComparedPart]) -> None:
        """Show other parts."""
        self.setUniformRowHeights(len(parts) > _MOST_TALL_ROWS)
        self.model_.show_parts(parts)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Who comes by the keyboard stands on a row that is selected, and so seen."""
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.MouseFocusReason:
            select_first(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Share the width among the columns."""
        super().resizeEvent(event)
        width = self.viewport().width()
        digit = self.fontMetrics().horizontalAdvance("0")
        change, name = min(16 * digit, width // 6), min(22 * digit, width // 5)
        side = (width - change - name) // 2
        for column, pixels in ((CHANGE, change), (NAME, name), (LEFT, side), (RIGHT, width - change - name - side)):
            self.setColumnWidth(column, pixels)
