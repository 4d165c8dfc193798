"""The ladder on screen: paints the part in sight, keeps the lane boxes in sight, walks from row to row."""

from bisect import bisect_left
from collections.abc import Collection

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea

from sipview.export.palette import DARK, LIGHT
from sipview.gui.lane_headers import LaneHeaders
from sipview.gui.painting import LadderFonts, paint_header, paint_picture
from sipview.gui.scaling import factor
from sipview.gui.theme import Theme
from sipview.ladder import Arrow, LadderPicture, Lane, Pill

_ZOOMS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_FOCUS_BAR_PX = 3.0
_BESIDE_PX = 8  # left free beside an arrow that is brought into sight
_REST_MS = 400  # until the mouse is taken to rest on something


class LadderView(QAbstractScrollArea):
    """Shows one `LadderPicture`.

    ``chosen(position)``: the user picked a message; ``opened(position)``: and wants to read it; ``resized``, ``zoomed``: the
    picture fits no more; ``moved``: another part is in sight. ``rested(thing, place)``: the mouse rests on an arrow, pill or
    lane (None: on nothing any more), ``place`` on the screen. ``pill_chosen(pill)``: it is to be unfolded, or folded again.
    ``search_begun(text)``: somebody types. ``lane_menu_wanted(key, place)``, ``ladder_menu_wanted(place)``.
    """

    chosen = Signal(int)
    opened = Signal(int)
    resized = Signal()
    zoomed = Signal(float)
    moved = Signal()
    rested = Signal(object, QPoint)
    pill_chosen = Signal(object)
    search_begun = Signal(str)
    lane_menu_wanted = Signal(str, QPoint)
    ladder_menu_wanted = Signal(QPoint)

    def __init__(self, theme: Theme, fonts: LadderFonts) -> None:
        super().__init__()
        self._theme = theme
        self._fonts = fonts
        self._picture: LadderPicture | None = None
        self._selected: int | None = None
        self._row: int | None = None
        self._found: Collection[int] = frozenset()
        self._zoom = self._factor = factor()
        self._under: object = None
        self._place = QPoint()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Ladder")
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(30)
        self.horizontalScrollBar().setSingleStep(30)
        self.headers = LaneHeaders(self, theme)
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_REST_MS)
        self._resting.timeout.connect(lambda: self.rested.emit(self._under, self._place))
        theme.changed.connect(self._dress)

    # What is shown

    @property
    def picture(self) -> LadderPicture | None:
        """The picture that is shown."""
        return self._picture

    @property
    def selected(self) -> int | None:
        """The position of the message that is selected."""
        return self._selected

    @property
    def current(self) -> Arrow | Pill | None:
        """The arrow or pill that is selected."""
        return None if self._picture is None or self._row is None else self._picture.row(self._row)

    @property
    def zoom(self) -> float:
        """How many px a unit of the picture takes."""
        return self._zoom

    def show_picture(self, picture: LadderPicture | None, *, keep_place: bool = False) -> None:
        """Show another picture, from its start unless ``keep_place``; then the row at the top of the view stays there."""
        anchor = self._top_row() if keep_place else None
        self._picture = picture
        self._rest_on(None)
        self.headers.forget()
        self._row = picture.row_of.get(self._selected) if picture is not None and self._selected is not None else None
        if self._row is None:
            self._selected = None
        self.setAccessibleDescription(picture.description if picture else "")
        self._measure()
        if not keep_place:
            self.verticalScrollBar().setValue(0)
            self.horizontalScrollBar().setValue(0)
        elif anchor is not None and picture is not None and anchor[0] in picture.row_of:
            top = picture.row_top(picture.row_of[anchor[0]])
            self.verticalScrollBar().setValue(round(top * self._zoom - anchor[1]))
        self.viewport().update()
        self.moved.emit()

    def select(self, position: int | None) -> None:
        """Select a message's arrow (or the pill that it is in) without telling anybody, and bring it into sight."""
        row = self._picture.row_of.get(position) if self._picture is not None and position is not None else None
        if row is None:
            position = None
        if position != self._selected or row != self._row:
            self._selected, self._row = position, row
            self.viewport().update()
            self.moved.emit()
        if row is not None:
            self._reveal(row)

    def mark_found(self, positions: Collection[int]) -> None:
        """Mark the rows that a search has found."""
        self._found = positions
        self.viewport().update()
        self.moved.emit()

    @property
    def found(self) -> Collection[int]:
        """The positions of the messages that a search has found."""
        return self._found

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

    def set_zoom(self, zoom: float, around: QPointF | None = None) -> None:
        """Draw larger or smaller; what is at ``around`` (in the viewport) stays there."""
        zoom = max(_ZOOMS[0] * factor(), min(_ZOOMS[-1] * factor(), zoom))
        if zoom == self._zoom:
            return
        anchor = around if around is not None else QPointF(0, self.header_px)
        fixed = self.to_picture(anchor)
        self._zoom = zoom
        self.headers.forget()
        self._measure()
        place = self.from_picture(fixed)
        self.verticalScrollBar().setValue(round(self.verticalScrollBar().value() + place.y() - anchor.y()))
        self.horizontalScrollBar().setValue(round(self.horizontalScrollBar().value() + place.x() - anchor.x()))
        self.viewport().update()
        self.zoomed.emit(zoom)
        self.moved.emit()

    def zoom_step(self, by: int, around: QPointF | None = None) -> None:
        """One step larger (1) or smaller (-1)."""
        place = bisect_left(_ZOOMS, round(self._zoom / factor(), 6)) + by
        self.set_zoom(_ZOOMS[max(0, min(len(_ZOOMS) - 1, place))] * factor(), around)

    def _dress(self) -> None:
        ratio, self._factor = factor() / self._factor, factor()
        self.set_zoom(self._zoom * ratio)
        self.viewport().update()

    def reset_zoom(self) -> None:
        """Draw in the size of everything else."""
        self.set_zoom(factor())

    def set_fonts(self, fonts: LadderFonts) -> None:
        """Paint with these from the next picture on."""
        self._fonts = fonts

    def fit_width(self) -> None:
        """Draw so small that all lanes are in sight, as far as it stays readable."""
        if self._picture is not None:
            self.set_zoom(min(factor(), self.viewport().width() / self._picture.width))

    def place_of(self, position: int) -> QPoint:
        """Where the middle of a message's row is in the viewport: of its arrow, or of the pill that it is in."""
        assert self._picture is not None, "there is a picture where there are places"
        row = self._picture.row(self._picture.row_of[position])
        left, right = (row.x1, row.x2) if isinstance(row, Arrow) else (row.left, row.right)
        return self.from_picture(QPointF((left + right) / 2, (row.top + row.bottom) / 2)).toPoint()

    def place_of_lane(self, lane: Lane) -> QRectF:
        """Where a lane's box is in the viewport."""
        assert self._picture is not None, "there is a picture where there are lanes"
        left = self.from_picture(QPointF(lane.left, 0)).x()
        return QRectF(left, 0, (lane.right - lane.left) * self._zoom, self._picture.header_height * self._zoom)

    # Places

    @property
    def header_px(self) -> float:
        """The height of the band of lane boxes in the viewport."""
        return self._picture.header_height * self._zoom if self._picture else 0.0

    def _shift(self) -> QPointF:
        """From picture px to the viewport: the scroll bars, and the margin of a picture narrower than the view."""
        wide = self._picture.width * self._zoom if self._picture else 0.0
        margin = max(0.0, (self.viewport().width() - wide) / 2)
        return QPointF(margin - self.horizontalScrollBar().value(), -self.verticalScrollBar().value())

    def to_picture(self, place: QPointF) -> QPointF:
        """A place of the viewport in the picture."""
        return (place - self._shift()) / self._zoom

    def from_picture(self, place: QPointF) -> QPointF:
        """A place of the picture in the viewport."""
        return place * self._zoom + self._shift()

    def _top_row(self) -> tuple[int, float] | None:
        """The position of the first message in sight, and how far its row's top is from that of the viewport."""
        if self._picture is None or not self.verticalScrollBar().value():
            return None
        top = self.to_picture(QPointF(0, self.header_px)).y()
        arrows = self._picture.arrows
        number = bisect_left(arrows.tops, top)
        if number >= len(arrows):
            return None
        return arrows[number].position, arrows.tops[number] * self._zoom - self.verticalScrollBar().value()

    def _measure(self) -> None:
        picture = self._picture
        size = self.viewport().size()
        for bar, whole, seen in (
            (self.verticalScrollBar(), picture.height * self._zoom if picture else 0, size.height()),
            (self.horizontalScrollBar(), picture.width * self._zoom if picture else 0, size.width()),
        ):
            bar.setRange(0, max(0, round(whole) - seen))
            bar.setPageStep(max(1, seen))

    def _reveal(self, row: int) -> None:
        assert self._picture is not None, "a row is one of the picture"
        shown = self._picture.row(row)
        bar = self.verticalScrollBar()
        top = shown.top * self._zoom - self.header_px
        bottom = shown.bottom * self._zoom
        if top < bar.value():
            bar.setValue(int(top))
        elif bottom > bar.value() + self.viewport().height():
            bar.setValue(round(bottom) - self.viewport().height() + 1)
        if isinstance(shown, Arrow):
            self._reveal_across(min(shown.x1, shown.x2), max(shown.x1, shown.x2))

    def _reveal_across(self, left: float, right: float) -> None:
        """Bring an arrow and its lane boxes into sight: with the times where that goes, and of a longer one its left end."""
        assert self._picture is not None, "an arrow is one of the picture"
        boxes = [lane for lane in self._picture.lanes if left <= lane.x <= right]
        begin = round(min([left, *(lane.left for lane in boxes)]) * self._zoom) - _BESIDE_PX
        end = round(max([right, *(lane.right for lane in boxes)]) * self._zoom) + _BESIDE_PX
        bar, room = self.horizontalScrollBar(), self.viewport().width()
        in_sight = min(end, bar.value() + room) - max(begin, bar.value())
        if in_sight < min(end - begin, room // 2):
            bar.setValue(0 if end <= room else begin if begin < bar.value() else min(end - room, begin))

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

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The view is larger or smaller."""
        super().resizeEvent(event)
        self._measure()
        self.resized.emit()
        self.moved.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the rows in sight, then the lane boxes over them."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(self._theme.colours.ground))
        picture = self._picture
        if picture is None:
            painter.end()
            return
        palette = DARK if self._theme.colours.dark else LIGHT
        shift = self._shift()
        exposed = QRectF(event.rect())
        clip = QRectF(self.to_picture(exposed.topLeft()), self.to_picture(exposed.bottomRight()))
        painter.save()
        painter.translate(shift)
        painter.scale(self._zoom, self._zoom)
        current = self.current
        selected = (current.position,) if isinstance(current, Arrow) else () if self._selected is None else (self._selected,)
        open_pill = current.key if isinstance(current, Pill) and current.open else ""
        paint_picture(
            painter, picture, palette, clip, self._fonts,
            selected=() if open_pill else selected, found=self._found, open_pill=open_pill,
        )  # fmt: skip
        if current is not None and self.hasFocus():
            bar = QRectF(0, current.top, _FOCUS_BAR_PX, current.bottom - current.top)
            painter.fillRect(bar, QColor(self._theme.colours.focus))
        painter.restore()
        if event.rect().top() <= self.header_px:
            painter.translate(shift.x(), 0)
            painter.scale(self._zoom, self._zoom)
            paint_header(painter, picture, palette, clip, self._fonts)
            if self.verticalScrollBar().value():
                line = QRectF(clip.left(), picture.header_height - 1, clip.width(), 1)
                painter.fillRect(line, QColor(self._theme.colours.border))
        painter.end()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        """Scrolled: the lane boxes stay, so all is painted again."""
        self._rest_on(None)
        self.viewport().update()
        self.moved.emit()

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
