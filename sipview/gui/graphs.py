"""Traffic over time: which series, which span, and the packets of a span. The plots come when they are first shown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPixmap, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from sipview.gui import wording
from sipview.gui.graph_controls import LONGEST_SPAN_S, SERIES_WORDS, GraphControls
from sipview.gui.jobs import Jobs, Report
from sipview.gui.notes import EmptyNote, label
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS
from sipview.gui.turns import in_a_turn_of_its_own
from sipview.session import Snapshot
from sipview.session.traffic import Traffic, TrafficSource, filter_between
from sipview.values import NANOSECONDS

if TYPE_CHECKING:
    from sipview.gui.traffic_plot import TrafficPlot

_LEAST_PLOTS_PX, _LEAST_COMPACT_PX = 210, 105
_SETTLE_MS = 100  # after the last movement, before the points in sight are counted anew
_MOST_POINTS = 900
_NO_PACKETS = ("graph", "No packets", "Open a capture: its traffic over time is drawn here.")


@dataclass(frozen=True, slots=True)
class Counted:
    """Points, and the source for more of them."""

    source: TrafficSource
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class CountTraffic:
    """Count what is in a span of time (all of it without one); ``source`` is that of the same snapshot, if there is one."""

    snapshot: Snapshot
    source: TrafficSource | None
    span: tuple[int, int] | None

    def run(self, report: Report) -> Counted:
        """The points."""
        import sipview.gui.traffic_plot  # noqa: F401, PLC0415 - pyqtgraph costs half a second: not on the main thread

        source = self.source or TrafficSource(self.snapshot)
        report.cancel.check()
        begin, end = self.span or source.span
        return Counted(source, source.between(begin, end, _MOST_POINTS))


class GraphPane(QWidget):
    """``filter_wanted(text)``: show the packets of the selected span; ``saving_wanted``: save the picture; ``room_wanted``:
    the size of everything is another one, and so is the room that it takes.
    """

    filter_wanted = Signal(str)
    room_wanted = Signal()
    saving_wanted = Signal()

    def __init__(self, theme: Theme, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("content")
        self._theme = theme
        self._jobs = jobs
        self._snapshot: Snapshot | None = None
        self._counted: Counted | None = None
        self._whole = True
        self.plot: TrafficPlot | None = None
        self._revealing = False
        self.note = EmptyNote(theme)
        self.note.tell(*_NO_PACKETS)
        self.controls = GraphControls(theme)
        self.readout = label(tone="quiet")
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.readout.setAccessibleName("Values at the mouse")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.note)
        self._stack.setMinimumHeight(px(_LEAST_PLOTS_PX))
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLE_MS)
        self._settling.timeout.connect(self._count_in_sight)
        self._whole_height = 0  # px in which all there is finds room, as far as known
        self._lay_out()
        self._connect()
        theme.changed.connect(self._forget_height)
        self._allow()

    @property
    def counted(self) -> Counted | None:
        """What is drawn."""
        return self._counted

    @property
    def settling(self) -> bool:
        """Whether points are about to be counted anew, or to be shown."""
        return self._settling.isActive() or self._revealing

    def show_snapshot(self, snapshot: Snapshot | None) -> None:
        """Draw another snapshot, if the graphs are in sight; else when they come into sight."""
        if snapshot is None:
            self._jobs.give_up("counting the traffic")
            self._whole = True
            self._counted = None
            if self.plot is not None:
                self.plot.select(0.0, 0.0)
                self._span_chosen()
            self._stack.setCurrentWidget(self.note)
        self._snapshot = snapshot
        if self.isVisible():
            self._count()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Now the graphs are wanted."""
        super().showEvent(event)
        self._count()

    # Counting

    def _count(self) -> None:
        snapshot = self._snapshot
        if snapshot is None or snapshot.index is None or not snapshot.packets:
            self.note.tell(*_NO_PACKETS)
            self._stack.setCurrentWidget(self.note)
            self._allow()
            return
        if self._counted is None:
            self.note.tell("graph", "Counting…", "The traffic over time is drawn as soon as it is counted.")
        source = self._counted.source if self._counted is not None and self._counted_of is snapshot else None
        request = CountTraffic(snapshot, source, None if self._whole or self.plot is None else self._in_sight_ns())
        self._jobs.ask("counting the traffic", request, lambda counted: self._show(snapshot, counted))

    _counted_of: Snapshot | None = None

    def _in_sight_ns(self) -> tuple[int, int]:
        assert self.plot is not None
        begin, end = self.plot.in_sight
        bounded = [min(max(moment, -LONGEST_SPAN_S), LONGEST_SPAN_S) for moment in (begin, end)]
        return round(bounded[0] * NANOSECONDS), round(bounded[1] * NANOSECONDS)

    def _count_in_sight(self) -> None:
        self._whole = False
        self._count()

    def _show(self, snapshot: Snapshot, counted: Counted) -> None:
        plot = self.plot or self._make_plot()
        self._counted, self._counted_of = counted, snapshot
        plot.show_traffic(counted.traffic)
        if self._whole:
            begin, end = (moment / NANOSECONDS for moment in counted.source.span)
            plot.show_span(begin, max(end, begin + 0.001))
        if self._stack.currentWidget() is not plot:  # the first paint takes half as long as making it
            self._revealing = True
            in_a_turn_of_its_own(self, self._reveal)

    def _reveal(self) -> None:
        self._revealing = False
        if self.plot is not None and self._counted is not None:
            self._stack.setCurrentWidget(self.plot)
        self._allow()

    # What the user does

    def _series_changed(self) -> None:
        if self.plot is not None:
            self.plot.show_series(self.controls.shown, stacked=self.controls.stacked)

    def select(self, begin: float, end: float) -> None:
        """Select a span of time, in seconds since the first packet."""
        if self.plot is not None:
            self.plot.select(begin, end)
            self._span_chosen()

    def _span_chosen(self) -> None:
        assert self.plot is not None
        begin, end = self.plot.span
        for field, value in ((self.controls.begin_field, begin), (self.controls.end_field, end)):
            with QSignalBlocker(field):
                field.setValue(value)
        self._allow()

    def _span_typed(self) -> None:
        if self.plot is not None:
            begin, end = self.controls.begin_field.value(), self.controls.end_field.value()
            self.plot.select(begin, max(begin, end))
            self._allow()

    def _apply(self) -> None:
        begin, end = (round(field.value() * NANOSECONDS) for field in (self.controls.begin_field, self.controls.end_field))
        self.filter_wanted.emit(filter_between(begin, end))

    def _zoom(self) -> None:
        if self.plot is None:
            return
        begin, end = self.plot.span
        if begin < end:
            self.plot.show_span(begin, end)
            self._count_in_sight()
        else:
            self.plot.zoom(2)

    def _reset(self) -> None:
        self._whole = True
        self._count()

    def picture(self) -> QPixmap:
        """The graphs as they are shown."""
        return self.plot.grab() if self.plot is not None else QPixmap()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setPixmap(self.picture())

    def _point(self, time: float) -> None:
        if self._counted is None:
            return
        from sipview.gui.traffic_plot import values_at  # noqa: PLC0415 - there is a plot, so it is loaded

        values = values_at(self._counted.traffic, time, self.controls.shown)
        words = [f"{SERIES_WORDS.get(name, name)} {count:,}" for name, count in values.items() if count]
        told = f"{time:.3f} s: {' · '.join(words) or 'nothing'}" if values else ""
        self.readout.setText(told)
        if self.plot is not None:
            self.plot.setToolTip(wording.tip(told) if self.controls.compact else "")

    # Making

    def _make_plot(self) -> "TrafficPlot":
        from sipview.gui.traffic_plot import TrafficPlot  # noqa: PLC0415 - the first count has loaded it

        self.plot = TrafficPlot(self._theme)
        self.plot.set_compact(self.controls.compact)
        self._stack.addWidget(self.plot)
        self.plot.selected.connect(self._span_chosen)
        self.plot.range_changed.connect(self._settling.start)
        self.plot.reset_wanted.connect(self._reset)
        self.plot.pointed.connect(self._point)
        self._series_changed()
        return self.plot

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_XS)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self.controls)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.readout)

    def _connect(self) -> None:
        controls = self.controls
        controls.series_changed.connect(self._series_changed)
        controls.span_typed.connect(self._span_typed)
        controls.apply_button.clicked.connect(self._apply)
        controls.zoom_button.clicked.connect(self._zoom)
        controls.reset_button.clicked.connect(self._reset)
        controls.copy_button.clicked.connect(self._copy)
        controls.save_button.clicked.connect(self.saving_wanted)

    def _allow(self) -> None:
        self.controls.allow(self._stack.currentWidget() is not self.note)

    # Little room

    def use_room(self, height: int) -> int:
        """Show what has room in a height, the plots before their legend; returns the px that all of it would take more."""
        if not self.controls.compact:
            self._whole_height = max(self.minimumSizeHint().height(), self.heightForWidth(self.width()))
        self._set_compact(height < self._whole_height)
        return max(0, self._whole_height - height)

    def _set_compact(self, compact: bool) -> None:
        if compact is self.controls.compact:
            return
        self.controls.set_compact(compact)
        self._stack.setMinimumHeight(px(_LEAST_COMPACT_PX if compact else _LEAST_PLOTS_PX))
        self.readout.setHidden(compact)
        if self.plot is not None:
            self.plot.set_compact(compact)

    def _forget_height(self) -> None:
        """The size of everything may be another one: it is measured again."""
        self._set_compact(False)
        self.room_wanted.emit()
