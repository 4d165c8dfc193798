"""The bytes, sixteen a line: only the lines in sight are painted. What is marked can be copied in many forms."""

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu

from sipview.gui import wording
from sipview.gui.byte_forms import BYTE_FORMS, ByteForm
from sipview.gui.scaling import fixed_font, px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_S

_PER_LINE = 16
_MOVES = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -_PER_LINE,
    Qt.Key.Key_Down: _PER_LINE,
}


class HexView(QAbstractScrollArea):
    """Offset, hexadecimal, ASCII. ``byte_chosen(offset)`` tells which byte the user picked.

    Dragging, or walking with Shift, marks bytes of the user's own choice. ``copied(sentence)``: something is on the clipboard.
    """

    byte_chosen = Signal(int)
    copied = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._data = b""
        self._marked = (0, 0)
        self._cursor = 0
        self._anchor: int | None = None
        self.setFont(fixed_font())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Bytes of the message")
        theme.changed.connect(self.viewport().update)

    @property
    def marked(self) -> tuple[int, int]:
        """The bytes that are marked, from and to."""
        return self._marked

    def show_bytes(self, data: bytes) -> None:
        """Show other bytes, from their start."""
        self._data = data
        self._marked = (0, 0)
        self._cursor = 0
        self._anchor = None
        self._measure()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def mark(self, start: int, end: int) -> None:
        """Mark the bytes from ``start`` to ``end`` and bring their first line into sight."""
        self._marked = (max(0, start), min(end, len(self._data)))
        if start < end:
            self._cursor = min(start, max(0, len(self._data) - 1))
            self._reveal_mark()
        self.viewport().update()

    def line_height(self) -> int:
        """Px from one line to the next."""
        return self.fontMetrics().height() + 2

    def byte_at(self, place: QPoint) -> int | None:
        """The byte painted at a place of the viewport."""
        line = self.verticalScrollBar().value() + (place.y() - px(SPACE_S)) // self.line_height()
        for column in range(_PER_LINE):
            offset = line * _PER_LINE + column
            if 0 <= offset < len(self._data) and any(
                left <= place.x() < right for left, right in (self._hex_span(column), self._text_span(column))
            ):
                return offset
        return None

    # Places

    def _digit(self) -> int:
        return self.fontMetrics().horizontalAdvance("0")

    def _offset_digits(self) -> int:
        return max(4, len(f"{len(self._data):x}"))

    def _hex_left(self, column: int) -> int:
        return px(SPACE_S) * 2 + self._digit() * (self._offset_digits() + 2 + column * 3 + column // 8)

    def _hex_span(self, column: int) -> tuple[int, int]:
        left = self._hex_left(column)
        return left - self._digit() // 2, left + self._digit() * 5 // 2

    def _text_span(self, column: int) -> tuple[int, int]:
        left = self._hex_left(_PER_LINE) + self._digit() * (1 + column)
        return left, left + self._digit()

    def _measure(self) -> None:
        lines = (len(self._data) + _PER_LINE - 1) // _PER_LINE
        fitting = max(1, (self.viewport().height() - px(SPACE_S)) // self.line_height())
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, lines - fitting))
        bar.setPageStep(fitting)
        bar.setSingleStep(3)
        wide = self._text_span(_PER_LINE)[1] + px(SPACE_S)
        self.horizontalScrollBar().setRange(0, max(0, wide - self.viewport().width()))
        self.horizontalScrollBar().setPageStep(self.viewport().width())

    def _reveal(self, offset: int) -> None:
        line = offset // _PER_LINE
        bar = self.verticalScrollBar()
        if line < bar.value():
            bar.setValue(line)
        elif line >= bar.value() + bar.pageStep():
            bar.setValue(line - bar.pageStep() + 1)

    def _reveal_mark(self) -> None:
        """All of the marked bytes if they fit, else their start."""
        start, end = self._marked
        if start < end:
            self._reveal(end - 1)
            self._reveal(start)

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Another number of lines fits."""
        super().resizeEvent(event)
        self._measure()
        self._reveal_mark()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the lines in sight."""
        colours = self._theme.colours
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        shift = -self.horizontalScrollBar().value()
        metrics = self.fontMetrics()
        height = self.line_height()
        first = self.verticalScrollBar().value()
        last = first + (event.rect().bottom() - px(SPACE_S)) // height + 1
        for line in range(first, last + 1):
            start = line * _PER_LINE
            if start >= len(self._data):
                break
            top = px(SPACE_S) + (line - first) * height
            baseline = top + metrics.ascent() + 1
            self._paint_marks(painter, start, top, shift)
            painter.setPen(QColor(colours.muted))
            painter.drawText(px(SPACE_S) * 2 + shift, baseline, f"{start:0{self._offset_digits()}x}")
            painter.setPen(QColor(colours.text))
            for column, byte in enumerate(self._data[start : start + _PER_LINE]):
                painter.drawText(self._hex_left(column) + shift, baseline, f"{byte:02x}")
                printable = 0x20 <= byte < 0x7F
                painter.setPen(QColor(colours.text if printable else colours.muted))
                painter.drawText(self._text_span(column)[0] + shift, baseline, chr(byte) if printable else "·")
                painter.setPen(QColor(colours.text))
        painter.end()

    def _paint_marks(self, painter: QPainter, start: int, top: int, shift: int) -> None:
        left = max(self._marked[0], start)
        right = min(self._marked[1], start + _PER_LINE)
        if left >= right:
            return
        ground = QColor(self._theme.colours.mark)
        for span in (self._hex_span, self._text_span):
            x = span(left - start)[0] + shift
            painter.fillRect(QRect(x, top, span(right - start - 1)[1] + shift - x, self.line_height()), ground)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Pick a byte; with Shift, all from the last one to it."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        offset = self._byte_under(event)
        if offset is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._reach(offset)
        else:
            self._choose(offset)
            self._anchor = offset

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Mark from the byte that was pressed to the one under the mouse."""
        offset = self._byte_under(event)
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None and offset is not None:
            self._reach(offset)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """The bytes stay marked."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Walk through the bytes; with Shift, mark them. Copy what is marked."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy(BYTE_FORMS[0])
            return
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self._anchor = None
            self.mark(0, len(self._data))
            return
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None or not self._data:
            super().keyPressEvent(event)
            return
        offset = max(0, min(len(self._data) - 1, self._cursor + move))
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._reach(offset)
        else:
            self._choose(offset)
            self._anchor = offset

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """What can be copied, by mouse or by the keyboard's menu key."""
        menu = self.copy_menu()
        if not menu.isEmpty():
            menu.popup(event.globalPos())

    # Copying

    def copy_menu(self) -> QMenu:
        """Copy what is marked, or all of it, in each form."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        if not self._data:
            return menu
        start, end = self._marked
        if start < end:
            menu.addSection(f"Copy the marked {wording.counted(end - start, 'byte')} as")
            self._offer(menu, self._data[start:end])
            self._offer(menu.addMenu(f"All {wording.counted(len(self._data), 'byte')} as"), self._data)
        else:
            menu.addSection(f"Copy {wording.counted(len(self._data), 'byte')} as")
            self._offer(menu, self._data)
        return menu

    def copy(self, form: ByteForm, data: bytes | None = None) -> None:
        """Put bytes on the clipboard: those given, else what is marked, else all."""
        start, end = self._marked
        taken = data if data is not None else self._data[start:end] or self._data
        if taken:
            QGuiApplication.clipboard().setText(form.write(taken))
            self.copied.emit(f"{wording.counted(len(taken), 'byte')} copied as {form.text.replace('&', '')}")

    def _offer(self, menu: QMenu, data: bytes) -> None:
        for form in BYTE_FORMS:
            action = menu.addAction(form.text)
            action.setToolTip(form.tip)
            action.triggered.connect(lambda _checked=False, form=form: self.copy(form, data))

    # Marking

    def _byte_under(self, event: QMouseEvent) -> int | None:
        return self.byte_at(event.position().toPoint() + QPoint(self.horizontalScrollBar().value(), 0))

    def _reach(self, offset: int) -> None:
        """Mark from where it began to this byte."""
        if self._anchor is None:
            self._anchor = self._cursor
        self._cursor = offset
        self._marked = (min(self._anchor, offset), max(self._anchor, offset) + 1)
        self._reveal(offset)
        self.viewport().update()

    def _choose(self, offset: int) -> None:
        self._cursor = offset
        self._marked = (offset, offset + 1)
        self._reveal(offset)
        self.viewport().update()
        self.byte_chosen.emit(offset)
        self._cursor = offset
