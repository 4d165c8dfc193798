"""A layout like words on a page: one widget beside the other, and on the next line where there is no room."""

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from sipview.gui.scaling import px


class FlowLayout(QLayout):
    """``gap`` px between neighbours, ``leading`` px between lines, both at 100 %."""

    def __init__(self, parent: QWidget, gap: int, leading: int) -> None:
        super().__init__(parent)
        self.setContentsMargins(QMargins())
        self._plain_gap, self._plain_leading = gap, leading
        self._items: list[QLayoutItem] = []

    @property
    def _gap(self) -> int:
        return px(self._plain_gap)

    @property
    def _leading(self) -> int:
        return px(self._plain_leading)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802 - Qt's name
        """Qt: take an item."""
        self._items.append(item)

    def count(self) -> int:
        """Qt: how many items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        """Qt: an item."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        """Qt: give an item away."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802 - Qt's name
        """Neither."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """How high it is depends on how wide it is."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """The height of all lines."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, room: QRect) -> None:  # noqa: N802 - Qt's name
        """Put the items into their places."""
        super().setGeometry(room)
        self._place(room, move=True)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """All in one line."""
        width = sum(item.sizeHint().width() + self._gap for item in self._items)
        return QSize(width, max((item.sizeHint().height() for item in self._items), default=0))

    def minimumSize(self) -> QSize:  # noqa: N802 - Qt's name
        """One item in a line."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, room: QRect, *, move: bool) -> int:
        y = room.y()
        for line in self._lines(room.width()):
            height = max(item.sizeHint().height() for item in line)
            x = room.x()
            for item in line:
                size = item.sizeHint()
                if move:
                    item.setGeometry(QRect(QPoint(x, y + (height - size.height()) // 2), size))
                x += size.width() + self._gap
            y += height + self._leading
        return max(0, y - self._leading - room.y())

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        """The items of each line; hidden widgets take no room."""
        lines: list[list[QLayoutItem]] = []
        left = -1
        for item in self._items:
            if item.isEmpty():
                continue
            need = item.sizeHint().width()
            if need > left:
                lines.append([])
                left = width
            lines[-1].append(item)
            left -= need + self._gap
        return lines
