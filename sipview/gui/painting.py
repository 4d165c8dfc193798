"""Paints a `LadderPicture` with QPainter: the window's ladder, PNG and PDF are all painted here.

Positions come from the picture and shapes from `export.shapes`; this module knows pens and fonts. Lay out with the
`QtTextMeasure` of the same `LadderFonts` that paint.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from functools import lru_cache
from threading import local

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPen, QPolygonF

from sipview.export.fonts import FONTS, Font
from sipview.export.palette import Palette
from sipview.export.shapes import (
    Area,
    Box,
    Shape,
    Stroke,
    arrow_shapes,
    gap_shapes,
    lane_box,
    legend_mark,
    lifeline,
    pill_shapes,
    selection_box,
)
from sipview.ladder import LadderPicture, Lane, Pill, Role, Text, TextStyle

_WIDTHS_KEPT = 50_000
_LIFELINE_OVERLAP = 8.0  # lifelines begin below the lane boxes, which end before the header band does


class LadderFonts:
    """A font for each style. Without families, the system's.

    Needs a QGuiApplication. Each thread gets fonts of its own: those that share data with another thread's may not be
    measured and painted with at the same time.
    """

    def __init__(self, family: str = "", fixed_family: str = "") -> None:
        self.family = family
        sans = QFont(family) if family else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        fixed = QFont(fixed_family) if fixed_family else QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._families = {False: sans.families() or [sans.family()], True: fixed.families() or [fixed.family()]}
        self._of_thread = local()

    def __getitem__(self, style: TextStyle) -> QFont:
        """The font of a style."""
        fonts: dict[TextStyle, QFont] | None = getattr(self._of_thread, "fonts", None)
        if fonts is None:
            fonts = self._of_thread.fonts = {style: self._font(described) for style, described in FONTS.items()}
        return fonts[style]

    def _font(self, described: Font) -> QFont:
        font = QFont(self._families[described.fixed])
        font.setPixelSize(described.size_px)
        font.setBold(described.bold)
        if described.fixed:
            font.setStyleHint(QFont.StyleHint.Monospace)
        # Hinted glyphs change their widths with the scale: a label measured at 1x would not fit its arrow at 2x.
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font


class QtTextMeasure:
    """A `ladder.TextMeasure` that asks Qt, and remembers."""

    def __init__(self, fonts: LadderFonts) -> None:
        self._fonts = fonts
        self._of_thread = local()
        self._widths: dict[tuple[str, TextStyle], float] = {}

    def width_px(self, text: str, style: TextStyle) -> float:
        """The advance width of the text."""
        key = (text, style)
        width = self._widths.get(key)
        if width is None:
            if len(self._widths) >= _WIDTHS_KEPT:
                self._widths.clear()
            width = self._widths[key] = self._metrics(style).horizontalAdvance(text)
        return width

    def height_px(self, style: TextStyle) -> float:
        """The line height of the style."""
        return self._metrics(style).height()

    def _metrics(self, style: TextStyle) -> QFontMetricsF:
        metrics: dict[TextStyle, QFontMetricsF] | None = getattr(self._of_thread, "metrics", None)
        if metrics is None:
            metrics = self._of_thread.metrics = {style: QFontMetricsF(self._fonts[style]) for style in TextStyle}
        return metrics[style]


def paint_picture(
    painter: QPainter,
    picture: LadderPicture,
    palette: Palette,
    clip: QRectF,
    fonts: LadderFonts,
    *,
    selected: Collection[int] = (),
    found: Collection[int] = (),
    open_pill: str = "",
) -> None:
    """Paint what of the rows lies in ``clip`` (picture coordinates): paper, lifelines, pauses, arrows; no lane boxes.

    ``selected`` are positions of messages whose rows are marked, ``found`` those that a search has found,
    ``open_pill`` the key of a selected pill that is unfolded. The effort is that of the visible part only.
    """
    pens = _Brush(painter, palette, fonts)
    painter.fillRect(clip, pens.colour(Role.PAPER))
    arrows, gaps = picture.visible(clip.top(), clip.bottom())
    pills = picture.visible_pills(clip.top(), clip.bottom())
    grounds = {arrow.position: Role.FOUND for arrow in arrows if arrow.position in found}
    grounds.update((arrow.position, Role.SELECTION) for arrow in arrows if arrow.position in selected)
    for arrow in arrows:
        if arrow.position in grounds:
            pens.draw(selection_box(picture, arrow, grounds[arrow.position]))
    for pill in pills:
        if _holds(pill, selected) or (open_pill and pill.key == open_pill):
            pens.draw(selection_box(picture, pill))
        elif _holds(pill, found):
            pens.draw(selection_box(picture, pill, Role.FOUND))
    top = max(clip.top(), picture.header_height - _LIFELINE_OVERLAP)
    bottom = min(clip.bottom(), picture.height - 4)
    if bottom > top:
        for lane in _lanes_in(picture, clip.left(), clip.right()):
            pens.draw(lifeline(lane, top, bottom))
    for gap in gaps:
        pens.draw_all(gap_shapes(picture, gap, clip.left(), clip.right()))
        pens.write(gap.text)
    for arrow in arrows:
        pens.draw_all(arrow_shapes(arrow, grounds.get(arrow.position, Role.PAPER)))
        for text in (*arrow.texts, *arrow.lines, *arrow.ports, arrow.time):
            pens.write(text)
    for pill in pills:
        pens.draw_all(pill_shapes(pill))
        pens.write(pill.text)
        pens.write(pill.time)
    for note in picture.notes:
        pens.write(note)


def _holds(pill: Pill, positions: Collection[int]) -> bool:
    if pill.open or not positions:
        return False
    if len(positions) < len(pill.positions):
        return any(position in pill.positions for position in positions)
    return any(position in positions for position in pill.positions)


def paint_header(painter: QPainter, picture: LadderPicture, palette: Palette, clip: QRectF, fonts: LadderFonts) -> None:
    """Paint what of the band of lane boxes lies between the left and the right of ``clip``: y runs from 0 to
    ``header_height``.
    """
    pens = _Brush(painter, palette, fonts)
    painter.fillRect(QRectF(clip.left(), 0.0, clip.width(), picture.header_height), pens.colour(Role.PAPER))
    for lane in _lanes_in(picture, clip.left(), clip.right()):
        pens.draw(lifeline(lane, picture.header_height - _LIFELINE_OVERLAP, picture.header_height))
        pens.draw(lane_box(picture, lane))
        pens.write(lane.name)
        pens.write(lane.subtitle)
    for text in picture.header_texts:
        pens.write(text)


def paint_heading(painter: QPainter, picture: LadderPicture, palette: Palette, fonts: LadderFonts) -> None:
    """Paint the heading of an export, from y = 0 to ``heading_height``."""
    pens = _Brush(painter, palette, fonts)
    for text in picture.heading:
        pens.write(text)
    for entry in picture.legend:
        pens.draw(legend_mark(entry))
        pens.write(entry.text)


def _lanes_in(picture: LadderPicture, left: float, right: float) -> tuple[Lane, ...]:
    lanes = picture.lanes
    return lanes[bisect_left(lanes, left, key=_right) : bisect_right(lanes, right, key=_left)]


def _left(lane: Lane) -> float:
    return lane.left


def _right(lane: Lane) -> float:
    return lane.right


@lru_cache(maxsize=256)
def _colour(name: str) -> QColor:
    return QColor(name)


class _Brush:
    """A painter that is told roles, and shapes and texts of a picture."""

    def __init__(self, painter: QPainter, palette: Palette, fonts: LadderFonts) -> None:
        self._painter = painter
        self._palette = palette
        self._fonts = fonts
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)

    def colour(self, role: Role) -> QColor:
        return _colour(self._palette[role])

    def draw_all(self, shapes: Iterable[Shape]) -> None:
        for shape in shapes:
            self.draw(shape)

    def draw(self, shape: Shape) -> None:
        painter = self._painter
        match shape:
            case Stroke(points, role, width, dash):
                pen = QPen(self.colour(role), width)
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                if dash:
                    pen.setDashPattern([length / width for length in dash])
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolyline(_polygon(points))
            case Area(points, role):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QBrush(self.colour(role)))
                painter.drawPolygon(_polygon(points))
            case Box():
                painter.setPen(QPen(self.colour(shape.edge), 1.0) if shape.edge else Qt.PenStyle.NoPen)
                painter.setBrush(QBrush(self.colour(shape.role)))
                rectangle = QRectF(QPointF(shape.left, shape.top), QPointF(shape.right, shape.bottom))
                painter.drawRoundedRect(rectangle, shape.radius, shape.radius)

    def write(self, text: Text) -> None:
        if text.text:
            self._painter.setFont(self._fonts[text.style])
            self._painter.setPen(self.colour(text.role))
            self._painter.drawText(QPointF(text.x, text.baseline), text.text)


def _polygon(points: Iterable[tuple[float, float]]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])
