"""Traffic over time: which series, which span, and the packets of a span. The plots come when they are first shown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sipview.gui import icons
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.flow_layout import FlowLayout
from sipview.gui.jobs import Jobs, Report
from sipview.gui.notes import EmptyNote, label
from sipview.gui.number_field import give_room
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS, graph_ink
from sipview.gui.wording import beside_icon
from sipview.session import Snapshot
from sipview.session.traffic import (
    CALLS_UP,
    MEDIA,
    PACKETS,
    RETRANSMISSIONS,
    SIP_CLASSES,
    Traffic,
    TrafficSource,
    filter_between,
)
from sipview.values import NANOSECONDS

if TYPE_CHECKING:
    from sipview.gui.traffic_plot import TrafficPlot

_LEAST_PLOTS_PX = 210
_SETTLE_MS = 100  # after the last movement, before the points in sight are counted anew
_MOST_POINTS = 900
_BEGIN_SHOWN = frozenset({PACKETS, CALLS_UP, RETRANSMISSIONS, *SIP_CLASSES})
_WORDS = {PACKETS: "packets", MEDIA: "media (RTP)", RETRANSMISSIONS: "retransmissions", CALLS_UP: "calls up"}
_LONGEST_SPAN_S = 1e10
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
    """``filter_wanted(text)``: show the packets of the selected span; ``saving_wanted``: save the picture."""

    filter_wanted = Signal(str)
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
        self.note = EmptyNote(theme)
        self.note.tell(*_NO_PACKETS)
        self.series: dict[str, QCheckBox] = {}
        self.style_choice = ChoiceBox()
        self.style_choice.addItems(["Stacked", "Lines"])
        self.style_choice.setAccessibleName("How SIP messages are drawn")
        self.style_choice.setToolTip("SIP messages by class: one on top of the other, or a line each")
        self.begin_field, self.end_field = _time_field("From"), _time_field("To")
        self.apply_button = _button("Show these packets", "Filter on the packets of the selected span of time")
        self.zoom_button = _button("Zoom in", "See the selected span of time only; without one, zoom in")
        self.reset_button = _button("All", "See the whole capture again (Home)")
        self.copy_button = _button("Copy", "Put the graphs on the clipboard as a picture")
        self.save_button = _button("Save…", "Save the graphs as a picture")
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
        self._lay_out()
        self._connect()
        theme.changed.connect(self._dress)
        self._dress()
        self._allow()

    @property
    def counted(self) -> Counted | None:
        """What is drawn."""
        return self._counted

    @property
    def settling(self) -> bool:
        """Whether points are about to be counted anew."""
        return self._settling.isActive()

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
        bounded = [min(max(moment, -_LONGEST_SPAN_S), _LONGEST_SPAN_S) for moment in (begin, end)]
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
        self._stack.setCurrentWidget(plot)
        self._allow()

    # What the user does

    def _series_changed(self) -> None:
        if self.plot is not None:
            self.plot.show_series(self.shown, stacked=self.style_choice.currentIndex() == 0)

    @property
    def shown(self) -> frozenset[str]:
        """The series that the user wants to see."""
        return frozenset(name for name, box in self.series.items() if box.isChecked())

    def select(self, begin: float, end: float) -> None:
        """Select a span of time, in seconds since the first packet."""
        if self.plot is not None:
            self.plot.select(begin, end)
            self._span_chosen()

    def _span_chosen(self) -> None:
        assert self.plot is not None
        begin, end = self.plot.span
        for field, value in ((self.begin_field, begin), (self.end_field, end)):
            with QSignalBlocker(field):
                field.setValue(value)
        self._allow()

    def _span_typed(self) -> None:
        if self.plot is not None:
            begin, end = self.begin_field.value(), self.end_field.value()
            self.plot.select(begin, max(begin, end))
            self._allow()

    def _apply(self) -> None:
        begin, end = (round(field.value() * NANOSECONDS) for field in (self.begin_field, self.end_field))
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

        values = values_at(self._counted.traffic, time, self.shown)
        words = [f"{_WORDS.get(name, name)} {count:,}" for name, count in values.items() if count]
        self.readout.setText(f"{time:.3f} s: {' · '.join(words) or 'nothing'}" if values else "")

    # Making

    def _make_plot(self) -> "TrafficPlot":
        from sipview.gui.traffic_plot import TrafficPlot  # noqa: PLC0415 - the first count has loaded it

        self.plot = TrafficPlot(self._theme)
        self._stack.addWidget(self.plot)
        self.plot.selected.connect(self._span_chosen)
        self.plot.range_changed.connect(self._settling.start)
        self.plot.reset_wanted.connect(self._reset)
        self.plot.pointed.connect(self._point)
        self._series_changed()
        return self.plot

    def _lay_out(self) -> None:
        legend = QWidget()
        flow = FlowLayout(legend, SPACE_M, SPACE_XS)
        for name in (PACKETS, MEDIA, CALLS_UP, RETRANSMISSIONS, *SIP_CLASSES):
            box = QCheckBox(beside_icon(_WORDS.get(name, name)))
            box.setAccessibleName(_WORDS.get(name, name))
            box.setChecked(name in _BEGIN_SHOWN)
            box.setIconSize(QSize(12, 12))
            box.toggled.connect(self._series_changed)
            self.series[name] = box
            flow.addWidget(box)
        bar = QWidget()
        row = FlowLayout(bar, SPACE_S, SPACE_XS)
        for text, field in (("From", self.begin_field), ("To", self.end_field)):
            row.addWidget(_beside(text, field))
        for widget in (
            self.apply_button,
            self.zoom_button,
            self.reset_button,
            self.style_choice,
            self.copy_button,
            self.save_button,
        ):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_XS)
        layout.setSpacing(SPACE_S)
        layout.addWidget(bar)
        layout.addWidget(legend)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.readout)

    def _connect(self) -> None:
        self.style_choice.currentIndexChanged.connect(self._series_changed)
        for field in (self.begin_field, self.end_field):
            field.valueChanged.connect(self._span_typed)
        self.apply_button.clicked.connect(self._apply)
        self.zoom_button.clicked.connect(self._zoom)
        self.reset_button.clicked.connect(self._reset)
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self.saving_wanted)

    def _allow(self) -> None:
        there = self._stack.currentWidget() is not self.note
        for widget in (
            self.zoom_button,
            self.reset_button,
            self.copy_button,
            self.save_button,
            self.begin_field,
            self.end_field,
        ):
            widget.setEnabled(there)
        self.apply_button.setEnabled(there and self.begin_field.value() < self.end_field.value())

    def _dress(self) -> None:
        for name, box in self.series.items():
            swatch = QPixmap(24, 24)
            swatch.fill(QColor(graph_ink(name, self._theme.colours)))
            box.setIcon(QIcon(swatch))
        for field in (self.begin_field, self.end_field):
            give_room(field)
        for button, name in (
            (self.apply_button, "filter"), (self.zoom_button, "zoom-in"), (self.reset_button, "zoom-fit"),
            (self.copy_button, "copy"), (self.save_button, "image"),
        ):  # fmt: skip
            button.setIcon(icons.icon(name, self._theme.colours))


def _time_field(name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(-_LONGEST_SPAN_S, _LONGEST_SPAN_S)
    field.setDecimals(6)
    field.setSuffix(" s")
    field.setKeyboardTracking(False)
    field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    field.setFixedWidth(field.fontMetrics().horizontalAdvance("0" * 16) + px(2 * SPACE_M))
    field.setAccessibleName(f"{name}, in seconds since the first packet")
    field.setToolTip("Seconds since the first packet; or drag in the graphs with the left button")
    return field


def _button(text: str, hint: str) -> QPushButton:
    button = QPushButton(beside_icon(text))
    button.setAccessibleName(text)
    button.setToolTip(hint)
    return button


def _beside(text: str, field: QWidget) -> QWidget:
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE_XS)
    words: QLabel = label(text, tone="quiet")
    words.setBuddy(field)
    row.addWidget(words, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(field)
    return pair
