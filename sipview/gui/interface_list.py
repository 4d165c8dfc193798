"""The interfaces on the start page: which to capture on, what they are called, what passes on them now."""

import contextlib
import time
from collections import deque
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtNetwork import QNetworkInterface
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sipview.gui import wording
from sipview.gui.capture_requests import WatchInterfaces
from sipview.gui.jobs import Jobs
from sipview.gui.notes import ElidedLabel, label
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS
from sipview.live import Activity, CaptureInterface, InterfaceList
from sipview.live.traffic import packet_counts
from sipview.values import visible

_EVERY_MS = 500
_SAMPLES = 60
_SIP_STAYS_S = 10.0
_WIDEST_NAME_PX = 260
_BOTH = 2
_WATCHING = "watching interfaces"
_KINDS = {
    "ethernet": "Ethernet",
    "wifi": "Wi-Fi",
    "loopback": "what this computer sends to itself",
    "any": "whatever passes on this computer, as one interface",
    "tunnel": "Tunnel",
    "virtual": "Virtual",
}


class Sparkline(QWidget):
    """What passed lately, a line from left to right; the highest value reaches the top."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._values: deque[int] = deque(maxlen=_SAMPLES)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Traffic")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A line of text high."""
        return QSize(px(90), self.fontMetrics().height())

    def add(self, packets: int) -> None:
        """So many packets in the last interval."""
        self._values.append(packets)
        rate = packets * 1000 // _EVERY_MS
        self.setToolTip(f"{rate:,} packets a second")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The line, over a line for nothing."""
        del event
        colours = self._theme.colours
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bottom, height = self.height() - 2.5, self.height() - 5
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(QPointF(0, bottom), QPointF(self.width(), bottom))
        highest = max(self._values, default=0)
        if highest:
            step = self.width() / (_SAMPLES - 1)
            first = _SAMPLES - len(self._values)
            points = [QPointF((first + at) * step, bottom - height * value / highest) for at, value in enumerate(self._values)]
            painter.setPen(QPen(QColor(colours.accent), 1.5))
            painter.drawPolyline(QPolygonF(points))
        painter.end()


class InterfaceRow(QFrame):
    """One interface: a box to tick, its addresses, its traffic."""

    def __init__(self, interface: CaptureInterface, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)  # at once: else it is styled twice, with all that is in it
        self.interface = interface
        name = visible(interface.label, 80)
        known = "" if interface.description in {"", interface.label} else f": {visible(interface.description, 80)}"
        if interface.kind == "any":
            name, known = "any", ""
        self.box = QCheckBox((name + known).replace("&", "&&"))
        self.box.setEnabled(interface.usable)
        self.box.setAccessibleName(f"Capture on {name}")
        tip = "\n".join(filter(None, (interface.name, _KINDS[interface.kind], interface.why_not, interface.left_out)))
        self.setToolTip(wording.tip(tip))
        addresses = ElidedLabel(
            visible("   ".join((*interface.ipv4, *interface.ipv6, *_told(interface))), 300),
            tone="quiet",
            mode=Qt.TextElideMode.ElideRight,
        )
        addresses.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # on one line with the others
        self.state = label(_state(interface), tone="quiet")
        self.line = Sparkline(theme)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE_XS, 0, SPACE_XS)
        row.setSpacing(SPACE_M)
        row.addWidget(self.box)
        row.addWidget(addresses, 1)
        row.addWidget(self.state)
        row.addWidget(self.line)
        self._last: int | None = None
        self._sip = 0
        self._sip_at = -_SIP_STAYS_S

    def see_sip(self, packets: int) -> None:
        """So many packets of SIP have passed since it is watched."""
        if packets > self._sip:
            self._sip_at = time.monotonic()
        self._sip = packets
        fresh = time.monotonic() - self._sip_at < _SIP_STAYS_S
        self.state.setText("carries SIP now" if fresh else _state(self.interface))
        self.state.setProperty("tone", "success" if fresh else "quiet")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def count(self, packets: int | None) -> None:
        """The kernel's counter; None where it tells none."""
        self.line.setVisible(packets is not None)
        if packets is not None:
            if self._last is not None:
                self.line.add(max(0, packets - self._last))
            self._last = packets


class InterfaceRows(QWidget):
    """All interfaces. ``changed``: other ones are ticked; ``stale``: the system has other interfaces now than are listed.

    "All" and the single ones exclude each other in what is captured: "all" ticks those that belong to it.
    """

    changed = Signal()
    stale = Signal()

    _noticed = Signal()

    def __init__(self, theme: Theme, jobs: Jobs) -> None:
        super().__init__()
        self._theme = theme
        self._jobs = jobs
        self._activity: Activity | None = None
        self._watched: tuple[str, ...] = ()
        self._noticed.connect(self._see_sip, Qt.ConnectionType.QueuedConnection)
        self.rows: list[InterfaceRow] = []
        self.all_box = QCheckBox()
        self.all_box.clicked.connect(self._tick_all)
        self._left_out = label(tone="quiet", wrapped=True)
        self._more = QPushButton()
        self._more.setObjectName("link")
        self._more.clicked.connect(self._show_unusable)
        self._shows_unusable = False
        self._known: frozenset[str] = frozenset()
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(SPACE_S)
        head.setContentsMargins(0, SPACE_XS, 0, SPACE_XS)
        head.addWidget(self.all_box)
        head.addWidget(self._left_out, 1)
        layout.addLayout(head)
        layout.addLayout(self._list)
        layout.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._measure)

    def show_interfaces(self, listed: InterfaceList, ticked: Sequence[str]) -> None:
        """Show what there is; tick those names, or else the one that one would choose first."""
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [InterfaceRow(one, self._theme, self) for one in listed.interfaces]
        usable = {one.name for one in listed.interfaces if one.usable}
        chosen = usable & set(ticked)
        if not chosen and listed.preselected is not None:
            chosen = {listed.preselected.name}
        for row in self.rows:
            row.box.setChecked(row.interface.name in chosen)
            row.box.toggled.connect(self._ticked)
            self._list.addWidget(row)
        out = [one.label for one in listed.interfaces if one.usable and one.left_out and one.kind != "any"]
        width = max((row.box.sizeHint().width() for row in self.rows), default=0)
        for row in self.rows:
            row.box.setMinimumWidth(min(width, px(_WIDEST_NAME_PX)))
        self.all_box.setText("Both interfaces" if len(listed.all) == _BOTH else f"All {len(listed.all)} interfaces")
        self.all_box.setVisible(len(listed.all) > 1)
        self._left_out.setText(f"without {visible(', '.join(out), 200)}: the same packets, tunnelled" if out else "")
        self._left_out.setVisible(bool(out))
        self._known = _names_of(packet_counts())
        self._hide_unusable()
        self._measure()
        self._ticked()
        self._watch()

    @property
    def chosen(self) -> tuple[CaptureInterface, ...]:
        """Those that are ticked."""
        return tuple(row.interface for row in self.rows if row.box.isChecked())

    def _tick_all(self, on: bool) -> None:
        for row in self.rows:
            one = row.interface
            row.box.setChecked(on and one.usable and one.in_all)

    def _ticked(self) -> None:
        wanted = {row.interface.name for row in self.rows if row.interface.usable and row.interface.in_all}
        self.all_box.setChecked({one.name for one in self.chosen} == wanted)
        self.changed.emit()

    def _hide_unusable(self) -> None:
        unusable = [row for row in self.rows if not row.interface.usable]
        hidden = not self._shows_unusable and len(unusable) < len(self.rows)
        for row in unusable:
            row.setVisible(not hidden)
        self._more.setText(f"Show {wording.counted(len(unusable), 'interface')} that cannot be captured on")
        self._more.setVisible(hidden and bool(unusable))

    def _show_unusable(self) -> None:
        self._shows_unusable = True
        self._hide_unusable()

    def _watch(self) -> None:
        """Have the kernel count SIP on what is usable, while somebody looks."""
        names = tuple(row.interface.name for row in self.rows if row.interface.usable)
        if not self.isVisible() or not names or (self._activity is not None and names == self._watched):
            return
        self.end_watch()
        self._watched = names
        self._jobs.ask(_WATCHING, WatchInterfaces(names, self._notice), self._watching, unwanted=lambda one: one.close())

    def _notice(self) -> None:
        """On a thread of the watch, which may end a moment later than this list."""
        with contextlib.suppress(RuntimeError):
            self._noticed.emit()

    def _watching(self, activity: Activity) -> None:
        self._activity = activity
        if not self.isVisible():
            self.end_watch()

    def end_watch(self) -> None:
        """Nobody looks any more."""
        self._jobs.give_up(_WATCHING)
        activity, self._activity = self._activity, None
        if activity is not None:
            activity.end()

    def _see_sip(self) -> None:
        if self._activity is not None:
            for row in self.rows:
                passed = self._activity.passed.get(row.interface.name)
                if passed is not None:
                    row.see_sip(passed.sip)

    def _measure(self) -> None:
        counts: Mapping[str, int] = packet_counts()
        there = _names_of(counts)
        if not counts and self._activity is not None:  # this system tells only through the capture library
            counts = {name: passed.packets for name, passed in self._activity.passed.items()}
        for row in self.rows:
            row.count(counts.get(row.interface.name))
        if there != self._known:
            self._known = there
            self.stale.emit()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Traffic is looked at only while somebody sees it."""
        self._timer.start()
        self._watch()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Nobody looks."""
        self._timer.stop()
        self.end_watch()
        super().hideEvent(event)


def _names_of(counts: Mapping[str, int]) -> frozenset[str]:
    """The interfaces that the system has now, by names of its own: those that the kernel counts on, else those Qt knows."""
    return frozenset(counts) or frozenset(one.name() for one in QNetworkInterface.allInterfaces())


def _told(interface: CaptureInterface) -> tuple[str, ...]:
    """What is said of an interface where its addresses do not say enough."""
    if interface.ipv4 and interface.kind not in {"loopback", "tunnel"}:
        return ()
    return (_KINDS[interface.kind],)


def _state(interface: CaptureInterface) -> str:
    if not interface.up:
        return "down" if interface.usable else "switched off"
    if not interface.usable:
        return "not usable"
    return "default route" if interface.default_route else ""
