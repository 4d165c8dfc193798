"""The plots of traffic over time, by pyqtgraph. Importing this costs time, so it is done when the graphs are first shown."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg  # type: ignore[import-untyped]  # has no types
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent  # type: ignore[import-untyped]  # has no types
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from sipview.gui.theme import Theme
from sipview.gui.tokens import graph_ink
from sipview.session.traffic import CALLS_UP, MEDIA, PACKETS, RETRANSMISSIONS, SIP_CLASSES, Traffic
from sipview.values import NANOSECONDS

_NANOSECOND_S = 1 / NANOSECONDS
_ZOOM_STEP = 1.5
_AXIS_PX = 44
_FILL_ALPHA, _STACK_ALPHA = 40, 210

Floats = npt.NDArray[np.floating]

PLOTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Packets", (PACKETS, MEDIA)),
    ("SIP messages", (*SIP_CLASSES, RETRANSMISSIONS)),
    ("Calls up", (CALLS_UP,)),
)
"""One below the other, each with a scale of its own: thousands of packets would hide ten messages."""


class _TimeBox(pg.ViewBox):  # type: ignore[misc]  # has no types
    """A plot's room: dragging selects a span of time, the wheel zooms the time and nothing else."""

    def __init__(self, plot: "TrafficPlot") -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=True, y=False)
        self._plot = plot

    def mouseDragEvent(self, event: MouseDragEvent, axis: int | None = None) -> None:  # noqa: N802 - pyqtgraph's name
        """Select with the left button, move with the others."""
        if event.button() is not Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        begin = self.mapToView(event.buttonDownPos()).x()
        end = self.mapToView(event.pos()).x()
        self._plot.select(min(begin, end), max(begin, end))
        if event.isFinish():
            self._plot.selected.emit()

    def mouseDoubleClickEvent(self, event: MouseClickEvent) -> None:  # noqa: N802 - pyqtgraph's name
        """Show everything again."""
        event.accept()
        self._plot.reset_wanted.emit()


class TrafficPlot(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # has no types
    """Plots with one time axis. All times are in seconds since the first packet.

    ``selected``: the user has chosen a span; ``range_changed``: another part is in sight; ``reset_wanted``: show everything;
    ``pointed(time)``: the mouse is there.
    """

    selected = Signal()
    range_changed = Signal()
    reset_wanted = Signal()
    pointed = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._traffic: Traffic | None = None
        self._shown: frozenset[str] = frozenset()
        self._stacked = True
        self._span = (0.0, 0.0)
        self._filling = False
        self._compact = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Traffic over time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # and not the hint of a graphics view
        self.ci.layout.setSpacing(4)
        self.ci.layout.setContentsMargins(0, 0, 0, 0)
        self._plots: list[pg.PlotItem] = []
        self._regions: list[pg.LinearRegionItem] = []
        self._titles: list[pg.LabelItem] = []
        for row in range(len(PLOTS)):
            box = _TimeBox(self)
            box.sigRangeChangedManually.connect(self.range_changed)
            plot = self.addPlot(row=row, col=0, viewBox=box)
            plot.hideButtons()
            words = pg.LabelItem(justify="left")
            words.setParentItem(plot.getViewBox())
            words.anchor(itemPos=(0, 0), parentPos=(0, 0), offset=(4, -2))
            self._titles.append(words)
            plot.getAxis("left").setWidth(_AXIS_PX)
            plot.showGrid(x=True, y=True, alpha=0.12)
            for side in ("left", "bottom"):
                plot.getAxis(side).setStyle(maxTickLevel=0)  # each line of the grid is blended with all that is below it
            plot.setDownsampling(auto=False)
            plot.setLimits(yMin=0)
            if self._plots:
                plot.setXLink(self._plots[0])
            region = pg.LinearRegionItem(movable=True)
            region.setZValue(10)
            region.hide()
            region.sigRegionChanged.connect(self._region_moved)
            region.sigRegionChangeFinished.connect(self._region_chosen)
            plot.addItem(region, ignoreBounds=True)
            self._plots.append(plot)
            self._regions.append(region)
        self.scene().sigMouseMoved.connect(self._mouse_moved)
        theme.changed.connect(self.dress)
        self.dress()

    # What is shown

    def show_traffic(self, traffic: Traffic) -> None:
        """Draw other points."""
        self._traffic = traffic
        self._draw()

    def show_series(self, shown: frozenset[str], *, stacked: bool) -> None:
        """Draw these series; ``stacked``: SIP messages one on top of the other."""
        self._shown, self._stacked = shown, stacked
        self._draw()

    def set_compact(self, compact: bool) -> None:
        """Leave out the words below the time axis, which take the room of a plot."""
        self._compact = compact
        self._draw()

    def show_span(self, begin: float, end: float) -> None:
        """Bring a span of time into sight."""
        self._plots[0].setXRange(begin, max(end, begin + 1e-6), padding=0)

    @property
    def in_sight(self) -> tuple[float, float]:
        """The span of time in sight."""
        begin, end = self._plots[0].viewRange()[0]
        return float(begin), float(end)

    @property
    def span(self) -> tuple[float, float]:
        """The selected span of time; empty where none is selected."""
        return self._span

    def select(self, begin: float, end: float) -> None:
        """Mark a span of time; an empty one is no mark."""
        self._span = (begin, end)
        self._filling = True
        for region in self._regions:
            region.setVisible(begin < end)
            region.setRegion((begin, end))
        self._filling = False

    def zoom(self, factor: float) -> None:
        """See less (more than 1) or more time, around the middle."""
        begin, end = self.in_sight
        middle, half = (begin + end) / 2, (end - begin) / 2 / factor
        self._move_to(middle - half, middle + half)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Plus and minus zoom, the arrows move, Home shows everything, Escape lets go of the selected span."""
        begin, end = self.in_sight
        shift = (end - begin) / 10
        match Qt.Key(event.key()):
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(_ZOOM_STEP)
            case Qt.Key.Key_Minus:
                self.zoom(1 / _ZOOM_STEP)
            case Qt.Key.Key_Left:
                self._move_to(begin - shift, end - shift)
            case Qt.Key.Key_Right:
                self._move_to(begin + shift, end + shift)
            case Qt.Key.Key_Home:
                self.reset_wanted.emit()
            case Qt.Key.Key_Escape:
                self.select(0.0, 0.0)
                self.selected.emit()
            case _:
                super().keyPressEvent(event)

    def dress(self) -> None:
        """Take the theme's colours."""
        colours = self._theme.colours
        self.setBackground(QColor(colours.ground))
        ground = QColor(colours.selection)
        ground.setAlpha(110)
        for plot, region in zip(self._plots, self._regions, strict=True):
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(QColor(colours.border))
                axis.setTextPen(QColor(colours.muted))
            region.setBrush(ground)
            region.setHoverBrush(ground)
            for line in region.lines:
                line.setPen(pg.mkPen(QColor(colours.focus), width=1.5))
        self._draw()

    # Drawing

    def _draw(self) -> None:
        traffic = self._traffic
        if traffic is None:
            return
        edges = (traffic.begin_ns + np.arange(traffic.count + 1) * traffic.width_ns) * _NANOSECOND_S
        last = max((number for number, (_, names) in enumerate(PLOTS) if self._shown & set(names)), default=0)
        for number, (plot, (title, names)) in enumerate(zip(self._plots, PLOTS, strict=True)):
            shown = [name for name in names if name in self._shown and traffic.series[name].any()]
            plot.setVisible(bool(self._shown & set(names)))
            plot.getAxis("bottom").setStyle(showValues=number == last)
            plot.setLabel("bottom", "seconds since the first packet" if number == last and not self._compact else None)
            words = title if CALLS_UP in names else f"{title} per {_step_words(traffic.step_ns)}"
            self._titles[number].setText(words, color=self._theme.colours.muted, size=f"{self.font().pointSizeF() * 0.9:.1f}pt")
            for item in [item for item in plot.items if isinstance(item, pg.PlotCurveItem)]:
                plot.removeItem(item)
            highest = self._draw_stacked(plot, edges, shown) if self._stacks(names) else self._draw_lines(plot, edges, shown)
            plot.setYRange(0, max(1.0, highest * 1.3), padding=0)

    def _stacks(self, names: Sequence[str]) -> bool:
        return self._stacked and SIP_CLASSES[0] in names

    def _draw_lines(self, plot: pg.PlotItem, edges: Floats, names: Sequence[str]) -> float:
        assert self._traffic is not None
        highest = 0.0
        for name in names:
            values = self._traffic.series[name].astype(np.float64)
            highest = max(highest, float(values.max(initial=0)))
            ink = QColor(graph_ink(name, self._theme.colours))
            fill = QColor(ink)
            fill.setAlpha(_FILL_ALPHA)
            plot.addItem(
                pg.PlotCurveItem(
                    edges, values, stepMode="center", pen=_pen(ink, name), fillLevel=0, brush=fill if len(names) < 3 else None
                )
            )
        return highest

    def _draw_stacked(self, plot: pg.PlotItem, edges: Floats, names: Sequence[str]) -> float:
        """Each class stands on those before it; retransmissions, which are among them, are a line over it."""
        assert self._traffic is not None
        piled = np.zeros(self._traffic.count)
        layers: list[tuple[str, Floats]] = []
        for name in names:
            if name != RETRANSMISSIONS:
                piled = piled + self._traffic.series[name]
                layers.append((name, piled))
        for name, top in reversed(layers):
            ink = QColor(graph_ink(name, self._theme.colours))
            fill = QColor(ink)
            fill.setAlpha(_STACK_ALPHA)
            plot.addItem(pg.PlotCurveItem(edges, top, stepMode="center", pen=_pen(ink, name), fillLevel=0, brush=fill))
        if RETRANSMISSIONS in names:
            self._draw_lines(plot, edges, [RETRANSMISSIONS])
        return max(float(piled.max(initial=0)), float(self._traffic.series[RETRANSMISSIONS].max(initial=0)))

    # The mouse

    def _move_to(self, begin: float, end: float) -> None:
        self.show_span(begin, end)
        self.range_changed.emit()

    def _region_moved(self, region: pg.LinearRegionItem) -> None:
        if not self._filling:
            self.select(*region.getRegion())

    def _region_chosen(self) -> None:
        if not self._filling:
            self.selected.emit()

    def _mouse_moved(self, place: QPointF) -> None:
        self.pointed.emit(float(self._plots[0].getViewBox().mapSceneToView(place).x()))


def values_at(traffic: Traffic, time: float, shown: frozenset[str]) -> Mapping[str, int]:
    """What the shown series say at a moment."""
    at = int((time * NANOSECONDS - traffic.begin_ns) // traffic.width_ns)
    if not 0 <= at < traffic.count:
        return {}
    return {name: int(values[at]) for name, values in traffic.series.items() if name in shown}


def _pen(ink: QColor, name: str) -> QPen:
    """Retransmissions are dashed, so that they are told without their colour."""
    pen: QPen = pg.mkPen(ink, width=1)
    if name == RETRANSMISSIONS:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


def _step_words(step_ns: int) -> str:
    for unit, size in (("s", NANOSECONDS), ("ms", 1_000_000)):
        if step_ns >= size:
            count = step_ns / size
            return unit if count == 1 else f"{count:g} {unit}"
    return f"{step_ns / 1000:g} µs"
