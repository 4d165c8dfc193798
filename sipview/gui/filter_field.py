"""The line that a display filter is typed into: it looks at keys first, and underlines what is wrong."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QLineEdit

from sipview.gui.scaling import fixed_font
from sipview.gui.theme import Theme

_LONGEST = 10_000
_WAVE_PX = 2.0


class FilterField(QLineEdit):
    """What is wrong in it is underlined. ``takes(event)`` sees each key first; ``left``: the user went elsewhere."""

    left = Signal()

    def __init__(self, theme: Theme, takes: Callable[[QKeyEvent], bool]) -> None:
        super().__init__()
        self._theme = theme
        self._takes = takes
        self._fault = (0, 0)
        self.setObjectName("filter")
        self.setMaxLength(_LONGEST)
        self.setFont(fixed_font())
        self.setPlaceholderText('Filter: sip.from.user == "1001"')
        self.setAccessibleName("Display filter")

    def underline(self, start: int, end: int) -> None:
        """Underline these characters; an empty span underlines nothing."""
        self._fault = (start, end)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Tab completes while there is something to complete."""
        pressed = event if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) else None
        if pressed is not None and pressed.key() == Qt.Key.Key_Tab and self._takes(pressed):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Keys of the list beneath go there."""
        if not self._takes(event):
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """The user went elsewhere."""
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The text, and a wave beneath what is wrong."""
        super().paintEvent(event)
        start, end = self._fault
        if start >= end:
            return
        metrics = self.fontMetrics()
        text = self.displayText()
        cursor = self.cursorRect()
        origin = cursor.center().x() - metrics.horizontalAdvance(text[: self.cursorPosition()])
        left = max(origin + metrics.horizontalAdvance(text[:start]), 0)
        right = min(origin + metrics.horizontalAdvance(text[:end]), self.width())
        base = cursor.bottom() - _WAVE_PX
        wave = [
            QPointF(left + step * 2, base + (_WAVE_PX if step % 2 else 0)) for step in range(max(2, int(right - left) // 2 + 1))
        ]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.colours.failure), 1.3))
        painter.drawPolyline(QPolygonF(wave))
        painter.end()
