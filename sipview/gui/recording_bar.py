"""The bar of a live capture: red while packets are captured, with its counters; then a reminder that they are not saved."""

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from sipview.gui import icons, wording
from sipview.gui.capture_control import UNDER_WAY, CaptureControl, CaptureState
from sipview.gui.notes import OneLine, label
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_L, SPACE_M, SPACE_S, SPACE_XS, Tone
from sipview.live import Progress
from sipview.live.orders import STOPPED_AS_ASKED
from sipview.values import visible

_HINT = "Reproduce the fault now, then press Stop. Calls appear below as they happen."
_PAUSED = "The view is paused; the capture goes on."
_MARK_PX = 18


class RecordingBar(QFrame):
    """``paused(bool)``: the view shall stand still, or follow again; the others: a button was pressed."""

    paused = Signal(bool)
    stop_wanted = Signal()
    restart_wanted = Signal()
    continue_wanted = Signal()
    save_wanted = Signal()
    discard_wanted = Signal()

    def __init__(self, theme: Theme, control: CaptureControl) -> None:
        super().__init__()
        self.setObjectName("recording")
        self._theme = theme
        self._control = control
        self._last: Progress | None = None
        self._rate = 0.0
        self._mark = QLabel()
        self.headline = label()
        self.headline.setObjectName("headline")
        self.counters = OneLine()
        self.drops = label()
        self.drops.setObjectName("headline")
        self.hint = OneLine()
        self.pause = QPushButton("Pause view")
        self.pause.setCheckable(True)
        self.pause.setToolTip("The lists stand still; packets are captured all the same")
        self.pause.toggled.connect(self._pause_toggled)
        self.restart = self._button("Restart", "Throw away what was captured, and capture again (Ctrl+R)", self.restart_wanted)
        self.go_on = self._button("Continue", "Capture on, and add what comes to what there is", self.continue_wanted)
        self.discard = self._button(wording.beside_icon("Discard"), "Delete what was captured", self.discard_wanted)
        self.stop = self._button("Stop", "End the capture (Ctrl+E)", self.stop_wanted)
        self.stop.setObjectName("stop")
        self.save = self._button("Save…", "Save what was captured (Ctrl+S)", self.save_wanted)
        self.save.setObjectName("primary")
        first = QHBoxLayout()
        first.setSpacing(SPACE_M)
        first.addWidget(self.headline)
        first.addWidget(self.counters)
        first.addWidget(self.drops)
        first.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(SPACE_XS // 2)
        words.addLayout(first)
        words.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_L, SPACE_S, SPACE_M, SPACE_S)
        row.setSpacing(SPACE_S)
        row.addWidget(self._mark)
        row.addSpacing(SPACE_XS)
        row.addLayout(words, 1)
        for button in (self.pause, self.restart, self.go_on, self.discard, self.stop, self.save):
            row.addWidget(button)
        control.changed.connect(self._show_state)
        control.progressed.connect(self._show_progress)
        control.hunt.changed.connect(self._show_hint)
        theme.changed.connect(self._dress)
        self._show_state()

    def _button(self, text: str, tip: str, pressed: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(pressed)
        return button

    def _show_state(self) -> None:
        state, control = self._control.state, self._control
        self.setVisible(state is not CaptureState.NONE)
        if state is CaptureState.NONE:
            return
        under_way = state in UNDER_WAY
        if state is CaptureState.STARTING:
            self._last, self._rate = None, 0.0
            self.pause.setChecked(False)
            self.counters.clear()
            self.drops.clear()
        where = visible(control.where, 80)
        self.headline.setText({
            CaptureState.STARTING: f"Starting on {where}…",
            CaptureState.RUNNING: f"Capturing on {where}",
            CaptureState.ENDING: "Stopping…",
            CaptureState.UNSAVED: "Recovered, not saved" if control.recovered else "Not saved",
            CaptureState.SAVING: "Saving…",
        }[state])  # fmt: skip
        if not under_way:
            self.counters.setText(control.story)
            self.drops.clear()
        self._show_hint()
        self.pause.setVisible(under_way)
        self.stop.setVisible(under_way)
        self.stop.setEnabled(state is not CaptureState.ENDING)
        self.restart.setVisible(not control.recovered)
        self.restart.setEnabled(state in {CaptureState.RUNNING, CaptureState.UNSAVED})
        self.go_on.setVisible(not under_way and control.wish is not None)
        for button in (self.go_on, self.discard, self.save):
            if button is not self.go_on:
                button.setVisible(not under_way)
            button.setEnabled(state is CaptureState.UNSAVED)
        self.setProperty("live", under_way)
        for widget in (self, self.headline, self.counters, self.hint, self.drops, self.pause, self.restart, self.stop):
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        self._dress()

    def _show_hint(self) -> None:
        control = self._control
        if control.under_way:
            paused = _PAUSED if self.pause.isChecked() else ""
            words = " ".join(filter(None, (paused, control.hunt.remark))) or _HINT
            if words != self.hint.text():  # ten times a second, where seconds are counted
                self.hint.setText(words)
        elif control.ended is not None:
            why = "Stopped." if control.ended.sentence == STOPPED_AS_ASKED else visible(control.ended.sentence, 500)
            self.hint.setText(f"{why} What you do not save is deleted when this window closes.")
        elif control.wish is not None:
            self.hint.setText("sipview ended before this capture was saved. Save it, or continue it with the settings it had.")
        else:
            self.hint.setText("sipview ended before this capture was saved. It cannot be continued: its settings are lost.")

    def _show_progress(self, progress: Progress) -> None:
        last, self._last = self._last, progress
        if last is not None and progress.elapsed_s > last.elapsed_s:
            now = (progress.packets - last.packets) / (progress.elapsed_s - last.elapsed_s)
            self._rate += (now - self._rate) * min(1.0, progress.elapsed_s - last.elapsed_s)  # settles within a second
        if self._control.hunt.remark:
            self._show_hint()
        order, before = self._control.wish, self._control.before
        packets, size = f"{progress.packets:,}", wording.size(progress.kept_bytes)
        if order is not None and order.limits.packets is not None:
            packets += f" of {order.limits.packets + (0 if before is None else before.packets):,}"
        if order is not None and order.limits.size is not None:
            size += f" of {wording.size(order.limits.size + (0 if before is None else before.bytes))}"
        minutes, seconds = divmod(int(progress.elapsed_s), 60)
        load = 100 * progress.cpu_s / max(progress.elapsed_s, 1.0)
        self.counters.setText(
            f"{minutes:02d}:{seconds:02d}   {packets} packets   {self._rate:,.0f}/s   {size}   {load:.0f} % CPU   "
            + ("" if progress.dropped else wording.drops(progress))
        )
        self.drops.setText(wording.drops(progress) if progress.dropped else "")

    def _pause_toggled(self, on: bool) -> None:
        self.pause.setText("Follow again" if on else "Pause view")
        self._show_hint()
        self.paused.emit(on)

    def _dress(self) -> None:
        colours = self._theme.colours
        under_way = self._control.under_way
        name, colour = ("record", colours.on_accent) if under_way else ("warning", colours.warning)
        self._mark.setPixmap(icons.pixmap(name, colour, _MARK_PX, self.devicePixelRatioF()))
        self.save.setIconSize(QSize(16, 16))
        self.discard.setIcon(icons.icon("close", colours, Tone.QUIET))
        self.headline.setAlignment(Qt.AlignmentFlag.AlignVCenter)
