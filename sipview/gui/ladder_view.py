"""The ladder under the user's hands: arrows picked, pills unfolded, lane boxes held, rows walked by keyboard."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent

from sipview.gui.ladder_canvas import LadderCanvas
from sipview.gui.lane_headers import LaneHeaders
from sipview.gui.painting import LadderFonts
from sipview.gui.theme import Theme
from sipview.ladder import Arrow, LadderPicture, Lane, Pill

_REST_MS = 400  # until the mouse is taken to rest on something


class LadderView(LadderCanvas):
    """A canvas to work on.

    ``chosen(position)``: the user picked a message; ``opened(position)``: and wants to read it. ``rested(thing, place)``:
    the mouse rests on an arrow, pill or lane (None: on nothing any more), ``place`` on the screen. ``pill_chosen(pill)``: it
    is to be unfolded, or folded again. ``search_begun(text)``: somebody types. ``lane_menu_wanted(key, place)``,
    ``ladder_menu_wanted(place)``.
    """

    chosen = Signal(int)
    opened = Signal(int)
    rested = Signal(object, QPoint)
    pill_chosen = Signal(object)
    search_begun = Signal(str)
    lane_menu_wanted = Signal(str, QPoint)
    ladder_menu_wanted = Signal(QPoint)

    def __init__(self, theme: Theme, fonts: LadderFonts) -> None:
        super().__init__(theme, fonts)
        self._under: object = None
        self._place = QPoint()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.headers = LaneHeaders(self, theme)
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_REST_MS)
        self._resting.timeout.connect(lambda: self.rested.emit(self._under, self._place))
        self.zoomed.connect(self.headers.forget)

    def show_picture(self, picture: LadderPicture | None, *, keep_place: bool = False) -> None:
        """Show another picture; what was held or rested on belonged to the former."""
        self._rest_on(None)
        self.headers.forget()
        super().show_picture(picture, keep_place=keep_place)

    # Choosing

    def step(self, by: int) -> None:
        """Choose what stands ``by`` rows further down (or up)."""
        if self._picture is None or not len(self._picture.rows):
            return
        row = (-1 if by > 0 else 0) if self._row is None else self._row
        self._choose(max(0, min(len(self._picture.rows) - 1, row + by)))

    def choose_message(self, position: int) -> None:
        """Choose a message as if its arrow was clicked."""
        if self._picture is not None and position in self._picture.row_of:
            self._choose(self._picture.row_of[position], position)

    def _choose(self, row: int, position: int | None = None) -> None:
        assert self._picture is not None, "a row is one of the picture"
        shown = self._picture.row(row)
        if isinstance(shown, Arrow):
            position = shown.position
            said = shown.tooltip
        else:
            position = shown.positions[0] if position is None else position
            said = f"{shown.text.text}. Press Enter to {'fold' if shown.open else 'unfold'} it."
        self._selected, self._row = position, row
        self._reveal(row)
        self.viewport().update()
        self.moved.emit()
        self.setAccessibleDescription(said)
        self.chosen.emit(position)

    # What the mouse is over

    def _thing_under(self, place: QPointF) -> Arrow | Pill | Lane | None:
        if self._picture is None:
            return None
        if place.y() < self.header_px:
            return self.headers.lane_at(place)
        at = self.to_picture(place)
        return self._picture.pill_at(at.x(), at.y()) or self._picture.arrow_at(at.x(), at.y())

    def _rest_on(self, thing: object, place: QPoint | None = None) -> None:
        """The mouse is over something else now."""
        self._place = place or self._place
        if thing != self._under:
            if self._under is not None:
                self.rested.emit(None, self._place)
            self._under = thing
        if thing is None:
            self._resting.stop()
        else:
            self._resting.start()

    # Qt

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802 - Qt's name
        """The mouse is over something else now."""
        self._rest_on(None)
        super().scrollContentsBy(dx, dy)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Pick an arrow, unfold a pill, or take hold of a lane box."""
        self._rest_on(None)
        thing = self._thing_under(event.position())
        if event.button() is not Qt.MouseButton.LeftButton:
            if isinstance(thing, Arrow):
                self.choose_message(thing.position)
            return
        if isinstance(thing, Lane):
            self.headers.press(thing, event.position())
        elif isinstance(thing, Pill):
            self.pill_chosen.emit(thing)
        elif thing is not None:
            self.choose_message(thing.position)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show where a click does something; move a lane box."""
        if event.buttons() & Qt.MouseButton.LeftButton and self.headers.drag(event.position()):
            return
        thing = self._thing_under(event.position())
        shape = Qt.CursorShape.PointingHandCursor if thing is not None else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor if isinstance(thing, Lane) else shape)
        self._rest_on(thing, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go of a lane box."""
        self.headers.release(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Rename a lane, or read a message."""
        thing = self._thing_under(event.position())
        if isinstance(thing, Lane):
            self.headers.rename(thing.key)
        elif isinstance(thing, Arrow):
            self.opened.emit(thing.position)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """What can be done with a lane, or with the ladder."""
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        thing = self._thing_under(QPointF(event.pos())) if by_mouse else None
        if isinstance(thing, Lane):
            self.lane_menu_wanted.emit(thing.key, event.globalPos())
        else:
            self.ladder_menu_wanted.emit(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The mouse has left."""
        if event.type() == QEvent.Type.Leave:
            self._rest_on(None)
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scroll, or zoom with Ctrl."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if event.angleDelta().y():
                self.zoom_step(1 if event.angleDelta().y() > 0 else -1, event.position())
            event.accept()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Walk: up and down, a page, to the first and the last; Enter reads or unfolds; whatever else is typed is sought."""
        key = Qt.Key(event.key())
        shortcut = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        everything = len(self._picture.rows) if self._picture is not None else 0
        rows = max(1, int((self.viewport().height() - self.header_px) / (36 * self._zoom)))
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -rows,
            Qt.Key.Key_PageDown: rows,
            Qt.Key.Key_Home: -everything,
            Qt.Key.Key_End: everything,
        }
        current = self.current
        if shortcut:
            super().keyPressEvent(event)
        elif key in steps:
            self.step(steps[key])
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and isinstance(current, Pill):
            self.pill_chosen.emit(current)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and isinstance(current, Arrow):
            self.opened.emit(current.position)
        elif event.text().strip() and event.text().isprintable() and everything:
            self.search_begun.emit(event.text())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """The focus shows at the selected row."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """The focus is elsewhere."""
        super().focusOutEvent(event)
        self.viewport().update()
