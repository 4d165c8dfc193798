"""The lane boxes under the user's hands: dragged to another place, renamed in place."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from sipview.gui.theme import Theme
from sipview.ladder import Lane

if TYPE_CHECKING:
    from sipview.gui.ladder_view import LadderView

_LONGEST_NAME = 60
_MARK_PX = 3


class LaneHeaders(QObject):
    """Belongs to a view. ``ordered(keys)``: lanes were put in this order; ``renamed(key, name)``: "" takes the name back."""

    ordered = Signal(tuple)
    renamed = Signal(str, str)

    def __init__(self, view: "LadderView", theme: Theme) -> None:
        super().__init__(view)
        self._view = view
        self._held: Lane | None = None
        self._from = QPointF()
        self._editing = ""
        self.clicked = ""  # the key of the lane that was clicked last
        self._shadow = _Shadow(view.viewport(), theme)
        self.editor = QLineEdit(view.viewport())
        self.editor.setMaxLength(_LONGEST_NAME)
        self.editor.setAccessibleName("Name of the lane")
        self.editor.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.editor.hide()
        self.editor.editingFinished.connect(self._take_name)
        self.editor.installEventFilter(self)

    @property
    def dragging(self) -> bool:
        """Whether a lane box is being moved."""
        return self._shadow.isVisible()

    def lane_at(self, place: QPointF) -> Lane | None:
        """The lane whose box is at that place of the viewport."""
        picture = self._view.picture
        if picture is None or place.y() >= self._view.header_px:
            return None
        x = self._view.to_picture(place).x()
        return next((lane for lane in picture.lanes if lane.left <= x <= lane.right), None)

    def forget(self) -> None:
        """There is another picture: what was held or edited is gone."""
        self._held = None
        self._editing = ""
        self.editor.hide()
        self._shadow.hide()

    # Moving

    def press(self, lane: Lane, place: QPointF) -> None:
        """Take hold of a lane box."""
        self._held = lane
        self._from = place
        self.clicked = lane.key

    def drag(self, place: QPointF) -> bool:
        """Move what is held; whether there is something."""
        if self._held is None:
            return False
        if not self.dragging and (place - self._from).manhattanLength() < QApplication.startDragDistance():
            return True
        box = self._view.place_of_lane(self._held)
        box.translate(place.x() - self._from.x(), 0)
        self._shadow.show_at(box, self._gap_x(self._slot(place)), self._held.name.text)
        self._view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        return True

    def release(self, place: QPointF) -> None:
        """Put down what is held, between the lanes where it is now."""
        lane, dragged = self._held, self.dragging
        self._held = None
        self._shadow.hide()
        if lane is None or not dragged:
            return
        slot = self._slot(place)
        keys = [other.key for other in self._lanes()]
        before = keys.index(lane.key)
        keys.insert(slot, lane.key)
        del keys[before if slot > before else before + 1]
        if keys != [other.key for other in self._lanes()]:
            self.ordered.emit(tuple(keys))

    def move(self, key: str, by: int) -> None:
        """Move a lane to the right (1) or left (-1)."""
        keys = [lane.key for lane in self._lanes()]
        if key in keys:
            place = keys.index(key)
            keys.insert(max(0, min(len(keys) - 1, place + by)), keys.pop(place))
            self.ordered.emit(tuple(keys))

    def _lanes(self) -> tuple[Lane, ...]:
        return self._view.picture.lanes if self._view.picture is not None else ()

    def _slot(self, place: QPointF) -> int:
        """Before which lane a box would be put down."""
        x = self._view.to_picture(place).x()
        return sum(lane.x < x for lane in self._lanes())

    def _gap_x(self, slot: int) -> float:
        """Where in the viewport the middle between two lanes is."""
        lanes = self._lanes()
        if slot == 0:
            x = lanes[0].left - 8
        elif slot == len(lanes):
            x = lanes[-1].right + 8
        else:
            x = (lanes[slot - 1].right + lanes[slot].left) / 2
        return self._view.from_picture(QPointF(x, 0)).x()

    # Renaming

    def rename(self, key: str) -> None:
        """Open the editor over a lane's box."""
        lane = next((lane for lane in self._lanes() if lane.key == key), None)
        if lane is None:
            return
        self._held = None
        self._editing = key
        box = self._view.place_of_lane(lane)
        height = self.editor.sizeHint().height()
        width = max(round(box.width()), 120)
        self.editor.setGeometry(round(box.center().x() - width / 2), round(box.center().y() - height / 2), width, height)
        self.editor.setText(lane.full_name.partition("\n")[0])
        self.editor.setPlaceholderText(key)
        self.editor.setToolTip("Enter takes the name, Esc leaves it, an empty one goes back to the address")
        self.editor.show()
        self.editor.selectAll()
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_name(self) -> None:
        key, self._editing = self._editing, ""
        if not key:
            return
        name = self.editor.text().strip()
        self.editor.hide()
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.renamed.emit(key, "" if name == key else name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Escape leaves the name as it is."""
        key = event.key() if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
        if watched is self.editor and key == Qt.Key.Key_Escape:
            self._editing = ""
            self.editor.hide()
            self._view.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().eventFilter(watched, event)


class _Shadow(QWidget):
    """The box that is being moved, and the place where it would be put."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._around = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme = theme
        self._box = QRectF()
        self._mark = 0.0
        self._name = ""
        self.hide()

    def show_at(self, box: QRectF, mark: float, name: str) -> None:
        """Draw the box there, and the mark between two lanes."""
        self._box, self._mark, self._name = box, mark, name
        self.setGeometry(0, 0, self._around.width(), round(box.height()))
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        """A ghost of the box, and the mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.colours
        accent = QColor(colours.accent)
        painter.fillRect(QRectF(self._mark - _MARK_PX / 2, 4, _MARK_PX, self.height() - 8), accent)
        fill = QColor(colours.selection)
        fill.setAlpha(225)
        painter.setPen(QPen(accent, 1))
        painter.setBrush(fill)
        inner = self._box.adjusted(0, 8, 0, -8)
        painter.drawRoundedRect(inner, 6, 6)
        painter.setPen(QColor(colours.text))
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, self._name)
        painter.end()
