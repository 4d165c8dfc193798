"""The ladder on screen: paints the part in sight, keeps the lane boxes in sight, walks from arrow to arrow."""

from bisect import bisect_left

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from sipview.export.palette import DARK, LIGHT
from sipview.gui import wording
from sipview.gui.painting import LadderFonts, paint_header, paint_picture
from sipview.gui.theme import Theme
from sipview.ladder import Arrow, LadderPicture

_ZOOMS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_FOCUS_BAR_PX = 3.0


class LadderView(QAbstractScrollArea):
    """Shows one `LadderPicture`. ``chosen(position)``: the user picked a message; ``resized``, ``zoomed``: it fits no more."""

    chosen = Signal(int)
    resized = Signal()
    zoomed = Signal(float)

    def __init__(self, theme: Theme, fonts: LadderFonts) -> None:
        super().__init__()
        self._theme = theme
        self._fonts = fonts
        self._picture: LadderPicture | None = None
        self._places: dict[int, int] = {}
        self._selected: int | None = None
        self._zoom = 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Ladder")
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(30)
        self.horizontalScrollBar().setSingleStep(30)
        theme.changed.connect(self.viewport().update)

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
    def zoom(self) -> float:
        """How many px a unit of the picture takes."""
        return self._zoom

    def show_picture(self, picture: LadderPicture | None, *, keep_place: bool = False) -> None:
        """Show another picture, from its start unless ``keep_place``."""
        self._picture = picture
        self._places = dict(picture.row_of) if picture else {}
        if self._selected not in self._places:
            self._selected = None
        self.setAccessibleDescription(picture.description if picture else "")
        self._measure()
        if not keep_place:
            self.verticalScrollBar().setValue(0)
            self.horizontalScrollBar().setValue(0)
        self.viewport().update()

    def select(self, position: int | None) -> None:
        """Select a message's arrow without telling anybody, and bring it into sight."""
        if position not in self._places:
            position = None
        if position != self._selected:
            self._selected = position
            self.viewport().update()
        if position is not None:
            self._reveal(self._arrow(position))

    def step(self, by: int) -> None:
        """Choose the arrow ``by`` rows further down (or up)."""
        if self._picture is None or not self._picture.arrows:
            return
        place = self._places.get(self._selected, -1 if by > 0 else 0) if self._selected is not None else (-1 if by > 0 else 0)
        self._choose(self._picture.arrows[max(0, min(len(self._picture.arrows) - 1, place + by))])

    def set_zoom(self, zoom: float, around: QPointF | None = None) -> None:
        """Draw larger or smaller; what is at ``around`` (in the viewport) stays there."""
        zoom = max(_ZOOMS[0], min(_ZOOMS[-1], zoom))
        if zoom == self._zoom:
            return
        anchor = around if around is not None else QPointF(0, self._header_px())
        fixed = self._to_picture(anchor)
        self._zoom = zoom
        self._measure()
        place = self._from_picture(fixed)
        self.verticalScrollBar().setValue(round(self.verticalScrollBar().value() + place.y() - anchor.y()))
        self.horizontalScrollBar().setValue(round(self.horizontalScrollBar().value() + place.x() - anchor.x()))
        self.viewport().update()
        self.zoomed.emit(zoom)

    def zoom_step(self, by: int, around: QPointF | None = None) -> None:
        """One step larger (1) or smaller (-1)."""
        place = bisect_left(_ZOOMS, self._zoom) + by
        self.set_zoom(_ZOOMS[max(0, min(len(_ZOOMS) - 1, place))], around)

    def fit_width(self) -> None:
        """Draw so small that all lanes are in sight, as far as it stays readable."""
        if self._picture is not None:
            self.set_zoom(min(1.0, self.viewport().width() / self._picture.width))

    def place_of(self, position: int) -> QPoint:
        """Where the middle of a message's row is in the viewport."""
        arrow = self._arrow(position)
        return self._from_picture(QPointF((arrow.x1 + arrow.x2) / 2, (arrow.top + arrow.bottom) / 2)).toPoint()

    # Places

    def _arrow(self, position: int) -> Arrow:
        assert self._picture is not None, "a position in the table is one of the picture"
        return self._picture.arrows[self._places[position]]

    def _header_px(self) -> float:
        return self._picture.header_height * self._zoom if self._picture else 0.0

    def _shift(self) -> QPointF:
        """From picture px to the viewport: the scroll bars, and the margin of a picture narrower than the view."""
        wide = self._picture.width * self._zoom if self._picture else 0.0
        margin = max(0.0, (self.viewport().width() - wide) / 2)
        return QPointF(margin - self.horizontalScrollBar().value(), -self.verticalScrollBar().value())

    def _to_picture(self, place: QPointF) -> QPointF:
        return (place - self._shift()) / self._zoom

    def _from_picture(self, place: QPointF) -> QPointF:
        return place * self._zoom + self._shift()

    def _measure(self) -> None:
        picture = self._picture
        size = self.viewport().size()
        for bar, whole, seen in (
            (self.verticalScrollBar(), picture.height * self._zoom if picture else 0, size.height()),
            (self.horizontalScrollBar(), picture.width * self._zoom if picture else 0, size.width()),
        ):
            bar.setRange(0, max(0, round(whole) - seen))
            bar.setPageStep(max(1, seen))

    def _reveal(self, arrow: Arrow) -> None:
        bar = self.verticalScrollBar()
        top = arrow.top * self._zoom - self._header_px()
        bottom = arrow.bottom * self._zoom
        if top < bar.value():
            bar.setValue(int(top))
        elif bottom > bar.value() + self.viewport().height():
            bar.setValue(round(bottom) - self.viewport().height() + 1)

    def _choose(self, arrow: Arrow) -> None:
        self.select(arrow.position)
        self.setAccessibleDescription(arrow.tooltip)
        self.chosen.emit(arrow.position)

    def _arrow_under(self, place: QPointF) -> Arrow | None:
        if self._picture is None or place.y() < self._header_px():
            return None
        at = self._to_picture(place)
        return self._picture.arrow_at(at.x(), at.y())

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The view is larger or smaller."""
        super().resizeEvent(event)
        self._measure()
        self.resized.emit()

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
        clip = QRectF(self._to_picture(exposed.topLeft()), self._to_picture(exposed.bottomRight()))
        painter.save()
        painter.translate(shift)
        painter.scale(self._zoom, self._zoom)
        selected = () if self._selected is None else (self._selected,)
        paint_picture(painter, picture, palette, clip, self._fonts, selected=selected)
        if self._selected is not None and self.hasFocus():
            arrow = self._arrow(self._selected)
            bar = QRectF(0, arrow.top, _FOCUS_BAR_PX, arrow.bottom - arrow.top)
            painter.fillRect(bar, QColor(self._theme.colours.focus))
        painter.restore()
        if event.rect().top() <= self._header_px():
            painter.translate(shift.x(), 0)
            painter.scale(self._zoom, self._zoom)
            paint_header(painter, picture, palette, clip, self._fonts)
            if self.verticalScrollBar().value():
                line = QRectF(clip.left(), picture.header_height - 1, clip.width(), 1)
                painter.fillRect(line, QColor(self._theme.colours.border))
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Tell about the arrow under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            arrow = self._arrow_under(QPointF(event.pos()))
            if arrow is not None:
                QToolTip.showText(event.globalPos(), wording.tip(arrow.tooltip), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        """Scrolled: the lane boxes stay, so all is painted again."""
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Pick an arrow."""
        arrow = self._arrow_under(event.position())
        if arrow is not None:
            self._choose(arrow)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show where a click does something."""
        over = self._arrow_under(event.position()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scroll, or zoom with Ctrl."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if event.angleDelta().y():
                self.zoom_step(1 if event.angleDelta().y() > 0 else -1, event.position())
            event.accept()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Walk: up and down, a page, to the first and the last."""
        rows = max(1, int((self.viewport().height() - self._header_px()) / (36 * self._zoom)))
        everything = len(self._places)
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -rows,
            Qt.Key.Key_PageDown: rows,
            Qt.Key.Key_Home: -everything,
            Qt.Key.Key_End: everything,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        else:
            self.step(step)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """The focus shows at the selected row."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """The focus is elsewhere."""
        super().focusOutEvent(event)
        self.viewport().update()
