"""The whole of a long ladder beside the part in sight: a narrow strip to see where one is, and to go elsewhere."""

from bisect import bisect_left
from collections.abc import Collection

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from sipview.export.palette import DARK, LIGHT, Palette
from sipview.gui.ladder_view import LadderView
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.ladder import LadderPicture, Role

_WIDTH_PX = 66
_MARGIN_PX = 8.0
_MARKS_PX = 14.0  # for the marks of failures, at the right
_SCREENS = 2  # longer than that a ladder needs a map
_LEAST_WIDTH_PX = 450  # narrower than that, with its map, a ladder needs the room for itself
_STEP_PX = 2.0  # between two arrows that are drawn
_FOUND_PX = 2.0


class LadderMap(QWidget):
    """Belongs to a view; hides itself where the ladder is short. Failures are triangles at the right, in their colour."""

    def __init__(self, view: LadderView, theme: Theme) -> None:
        super().__init__()
        self._view = view
        self._theme = theme
        self._overview: QPixmap | None = None
        self._drawn_for: tuple[object, ...] = ()
        self.setFixedWidth(px(_WIDTH_PX))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("The whole ladder: click or drag to go there. Triangles are failures.")
        self.setAccessibleName("Overview of the ladder")
        self.hide()
        self._deciding = QTimer(self)  # not at once: the view may be in the middle of a new layout
        self._deciding.setSingleShot(True)
        self._deciding.setInterval(0)
        self._deciding.timeout.connect(self._decide)
        view.moved.connect(self._follow)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Narrow."""
        return QSize(px(_WIDTH_PX), 100)

    @property
    def deciding(self) -> bool:
        """Whether it is about to show or hide itself."""
        return self._deciding.isActive()

    def _follow(self) -> None:
        self._deciding.start()
        self.update()

    def _decide(self) -> None:
        picture = self._view.picture
        room = self._view.viewport().height()
        # While resizing hides it the view would get wider, which may make the ladder shorter: the limit has some play.
        limit = _SCREENS * room - (room / 4 if self.isVisible() else 0)
        width = self._view.width() + (self.width() if self.isVisible() else 0)
        wanted = picture is not None and picture.height * self._view.zoom > limit and width >= px(_LEAST_WIDTH_PX)
        if wanted != (not self.isHidden()):
            self.setVisible(wanted)
        self.update()

    def _scale(self, picture: LadderPicture) -> float:
        return (self.height() - 2.0) / max(1.0, picture.height)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        """The overview, and over it what is in sight."""
        picture = self._view.picture
        painter = QPainter(self)
        colours = self._theme.colours
        painter.fillRect(self.rect(), QColor(colours.panel))
        painter.fillRect(0, 0, 1, self.height(), QColor(colours.border))
        if picture is not None:
            palette = DARK if colours.dark else LIGHT
            ratio = self.devicePixelRatioF()
            state = (id(picture), self.size(), palette.name, ratio, frozenset(self._view.found))
            if self._overview is None or state != self._drawn_for:
                self._overview = self._draw_overview(picture, palette, ratio)
                self._drawn_for = state
            painter.drawPixmap(0, 0, self._overview)
            self._paint_window(painter, picture)
        painter.end()

    def _paint_window(self, painter: QPainter, picture: LadderPicture) -> None:
        view, colours = self._view, self._theme.colours
        top = view.verticalScrollBar().value() / view.zoom
        seen = view.viewport().height() / view.zoom
        scale = self._scale(picture)
        box = QRectF(1.5, 1.0 + top * scale, self.width() - 3.0, max(6.0, seen * scale))
        fill = QColor(colours.focus)
        fill.setAlpha(38)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.focus), 1.0))
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 3.0, 3.0)
        current = view.current
        if current is not None:
            y = 1.0 + (current.top + current.bottom) / 2 * scale
            painter.fillRect(QRectF(2.0, y - 1.0, self.width() - 4.0, 2.0), QColor(colours.focus))

    def _draw_overview(self, picture: LadderPicture, palette: Palette, ratio: float) -> QPixmap:
        """An arrow every few px, as a line between its lanes; every failure that has a px of its own."""
        image = QPixmap(self.size() * ratio)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        scale = self._scale(picture)
        lanes = picture.lanes
        if not lanes:
            return image
        first, span = lanes[0].x, max(1.0, lanes[-1].x - lanes[0].x)
        room = self.width() - _MARKS_PX - 2 * _MARGIN_PX
        painter = QPainter(image)
        for gap in picture.gaps:
            if (gap.bottom - gap.top) * scale >= 1.0:
                y = 1.0 + gap.y * scale
                painter.fillRect(QRectF(_MARGIN_PX, y, room, 1.0), QColor(palette[Role.LINE]))
        y = 0.0
        while y < self.height():
            number = bisect_left(picture.arrows.tops, y / scale)
            if number >= len(picture.arrows):
                break
            arrow = picture.arrows.outline(number)
            left, right = ((x - first) / span * room for x in sorted((arrow.x1, arrow.x2)))
            place = 1.0 + arrow.y * scale
            line = QRectF(_MARGIN_PX + left, place, max(2.0, right - left), 1.0)
            painter.fillRect(line, QColor(palette[arrow.role]))
            y = max(y + _STEP_PX, place + _STEP_PX)
        mark = QColor(palette[Role.WARNING])
        for place in _places(picture, self._view.found, scale):
            painter.fillRect(QRectF(2.0, place, 4.0, _FOUND_PX), mark)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette[Role.FAILURE]))
        last = -10.0
        for number in picture.failures:
            place = 1.0 + picture.arrows.outline(number).y * scale
            if place - last >= 3.0:
                last = place
                right_edge = self.width() - 4.0
                painter.drawPolygon(
                    QPolygonF([QPointF(right_edge - 8, place), QPointF(right_edge, place - 4), QPointF(right_edge, place + 4)])
                )
        painter.end()
        return image

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go there."""
        self._go(event.position().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag the part in sight."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position().y())

    def _go(self, y: float) -> None:
        picture = self._view.picture
        if picture is not None:
            middle = (y - 1.0) / self._scale(picture) * self._view.zoom
            self._view.verticalScrollBar().setValue(round(middle - self._view.viewport().height() / 2))


def _places(picture: LadderPicture, found: Collection[int], scale: float) -> list[float]:
    """Where in the map the rows of messages are, each place once: a search may find all of 50,000."""
    rows = np.fromiter((picture.row_of.get(position, -1) for position in found), np.int64, len(found))
    entries = np.asarray(picture.rows, np.int64)[rows[rows >= 0]]
    tops = np.asarray(picture.arrows.tops, np.float64)[entries[entries >= 0]].tolist()
    tops += [picture.pills[-1 - entry].top for entry in np.unique(entries[entries < 0]).tolist()]
    steps = np.unique(np.floor(np.array(tops) * scale / _FOUND_PX))
    places: list[float] = (steps * _FOUND_PX).tolist()
    return places
