"""The part of a ladder that is in sight, painted at some size; and the ways between places of the picture and of the view."""

from bisect import bisect_left
from collections.abc import Collection

from PySide6.QtCore import QPoint, QPointF, QRectF, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea

from sipview.export.palette import DARK, LIGHT
from sipview.gui.painting import LadderFonts, paint_header, paint_picture
from sipview.gui.scaling import factor
from sipview.gui.theme import Theme
from sipview.ladder import Arrow, LadderPicture, Lane, Pill

_ZOOMS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_FOCUS_BAR_PX = 3.0
_BESIDE_PX = 8  # left free beside an arrow that is brought into sight


class LadderCanvas(QAbstractScrollArea):
    """Shows one `LadderPicture`, with a row that is selected and some that were found; the lane boxes stay in sight.

    ``resized``, ``zoomed``: the picture fits no more; ``moved``: another part of it is in sight, or is marked otherwise.
    """

    resized = Signal()
    zoomed = Signal(float)
    moved = Signal()

    def __init__(self, theme: Theme, fonts: LadderFonts) -> None:
        super().__init__()
        self._theme = theme
        self._fonts = fonts
        self._picture: LadderPicture | None = None
        self._selected: int | None = None
        self._row: int | None = None
        self._found: Collection[int] = frozenset()
        self._zoom = self._factor = factor()
        self.setAccessibleName("Ladder")
        self.verticalScrollBar().setSingleStep(30)
        self.horizontalScrollBar().setSingleStep(30)
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

    # Its size

    def set_zoom(self, zoom: float, around: QPointF | None = None) -> None:
        """Draw larger or smaller; what is at ``around`` (in the viewport) stays there."""
        zoom = max(_ZOOMS[0] * factor(), min(_ZOOMS[-1] * factor(), zoom))
        if zoom == self._zoom:
            return
        anchor = around if around is not None else QPointF(0, self.header_px)
        fixed = self.to_picture(anchor)
        self._zoom = zoom
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

    def reset_zoom(self) -> None:
        """Draw in the size of everything else."""
        self.set_zoom(factor())

    def fit_width(self) -> None:
        """Draw so small that all lanes are in sight, as far as it stays readable."""
        if self._picture is not None:
            self.set_zoom(min(factor(), self.viewport().width() / self._picture.width))

    def set_fonts(self, fonts: LadderFonts) -> None:
        """Paint with these from the next picture on."""
        self._fonts = fonts

    def _dress(self) -> None:
        ratio, self._factor = factor() / self._factor, factor()
        self.set_zoom(self._zoom * ratio)
        self.viewport().update()

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

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The view is larger or smaller."""
        super().resizeEvent(event)
        self._measure()
        self.resized.emit()
        self.moved.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        """Scrolled: the lane boxes stay, so all is painted again."""
        self.viewport().update()
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
