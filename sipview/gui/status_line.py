"""The status bar: what the capture holds, what is wrong with it, how far it is read."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStatusBar, QWidget

from sipview.gui import icons, wording
from sipview.gui.notes import ElidedLabel, label
from sipview.gui.progress import Progress
from sipview.gui.requests import Loaded
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_S, Tone
from sipview.session import SourceProblem
from sipview.session.quality import Quality, Weight

_STEPS = 1000
_TONES = {Weight.GOOD: Tone.SUCCESS, Weight.NOTE: Tone.WARNING, Weight.BAD: Tone.FAILURE}


class StatusLine(QStatusBar):
    """``stop_wanted``: the user wants to read no further; ``problems_wanted``: to see what is wrong with the file;
    ``quality_wanted``: to see how far the capture can be trusted.
    """

    stop_wanted = Signal()
    problems_wanted = Signal()
    quality_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizeGripEnabled(False)
        self.counts = label(tone="quiet")
        self._counted: tuple[str, ...] = ()
        self._shown = ""
        self.problems = QPushButton()
        self.problems.setObjectName("link")
        self.problems.setToolTip("Shows what is wrong with the file, and where")
        self.problems.clicked.connect(self.problems_wanted)
        self.quality = QPushButton()
        self.quality.setObjectName("link")
        self.quality.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.quality.clicked.connect(self.quality_wanted)
        self._quality_tone = Tone.SUCCESS
        self._spare = False  # whether the remark is one that nobody misses where there is little room
        self.remark = ElidedLabel("", tone="quiet", mode=Qt.TextElideMode.ElideRight, as_wide_as_needed=True)
        self.progress = Progress()
        self.progress.setRange(0, _STEPS)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(px(180))
        self.progress.setAccessibleName("How much of the capture is read")
        self.stop = QPushButton(wording.beside_icon("Stop"))
        self.stop.setObjectName("link")
        self.stop.setToolTip("Read no further; what was read stays")
        self.stop.clicked.connect(self.stop_wanted)
        self.addWidget(self.counts)
        self.addWidget(self.problems)
        self.addWidget(_space(), 1)
        self.addWidget(self.quality)
        self.addWidget(_space(), 1)
        self.addPermanentWidget(self.remark)
        self.addPermanentWidget(self.progress)
        self.addPermanentWidget(self.stop)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_nothing()

    def show_nothing(self) -> None:
        """No capture."""
        self._counted = ()
        self._shown = ""
        self.counts.clear()
        self.remark.show_text("")
        self.problems.hide()
        self.quality.hide()
        self._show_progress(False)

    def show_quality(self, quality: Quality | None) -> None:
        """How far the capture can be trusted; None while that is not known. What is wrong with the file is told beside it."""
        self.quality.setVisible(quality is not None)
        if quality is not None:
            self._quality_tone = _TONES[quality.weight]
            self.quality.setText(wording.beside_icon(wording.cell(quality.verdict_beside("file"))))
            self.quality.setToolTip("How far this capture can be trusted: click for all that was looked at")
            self._dress()
        self._share()

    def show_reading(self, names: str) -> None:
        """A capture is being opened."""
        self.remark.show_text(f"Reading {wording.cell(names)}")
        self.progress.setValue(0)
        self._show_progress(True)

    def show_following(self, names: str) -> None:
        """Captures are read that another program still writes."""
        self._spare = False
        self.remark.show_text(f"Following {wording.cell(names)}")
        self.progress.hide()

    def show_loaded(self, loaded: Loaded, *, complete: bool) -> None:
        """A capture as far as it is read."""
        snapshot = loaded.snapshot
        calls = len(snapshot.conversations.calls)
        self._counted = (
            wording.counted(snapshot.packets, "packet"),
            wording.counted(len(snapshot.messages), "SIP message"),
            wording.counted(calls, "call"),
        )
        self._tell_counts()
        self.show_problems(snapshot.problems)
        if not complete:
            self.progress.setValue(round(snapshot.done * _STEPS))
            self._share()
            return
        if loaded.stopped:
            self.remark.show_text(f"Stopped at {snapshot.done * 100:.0f} %: what was read until then is shown")
        else:
            self.remark.show_text(f"Read in {loaded.took_s:.2f} s")
        self._spare = not loaded.stopped
        self._show_progress(False)

    def show_displayed(self, shown: int | None, packets: int) -> None:
        """How many packets pass the display filter; None while there is none."""
        self._shown = "" if shown is None else f"{shown:,} shown ({_percent(shown, packets)})"
        self._tell_counts()
        self._share()

    def _tell_counts(self) -> None:
        packets, *others = self._counted or ("",)
        self.counts.setText(" · ".join(filter(None, (packets, self._shown, *others))) if packets else "")

    def show_problems(self, problems: Sequence[SourceProblem]) -> None:
        """How many problems the file has."""
        self.problems.setVisible(bool(problems))
        if problems:
            self.problems.setText(wording.beside_icon(f"{wording.counted(len(problems), 'problem')} in the file"))

    def end_reading(self) -> None:
        """Nothing is being read any more."""
        self.remark.show_text("")
        self._show_progress(False)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room."""
        super().resizeEvent(event)
        self._share()

    def _show_progress(self, shown: bool) -> None:
        self._spare = self._spare and not shown
        self.progress.setVisible(shown)
        self.stop.setVisible(shown)
        self._share()

    def _share(self) -> None:
        """How long reading took is told where there is room for all of it."""
        there = [part for part in (self.counts, self.problems, self.quality) if not part.isHidden()]
        room = self.width() - sum(part.sizeHint().width() + px(SPACE_S) for part in there)
        self.remark.setHidden(self._spare and self.remark.needed_width() > room)

    def _dress(self) -> None:
        self.problems.setIcon(icons.icon("warning", self._theme.colours, Tone.WARNING))
        self.problems.setStyleSheet(f"color: {self._theme.colours.warning};")
        self.quality.setIcon(icons.icon(f"mark-{self._quality_tone.value}", self._theme.colours, self._quality_tone))
        self.quality.setStyleSheet(f"color: {self._theme.colours.tone(self._quality_tone)};")
        self.stop.setIcon(icons.icon("stop", self._theme.colours))
        QTimer.singleShot(0, self, self._share)  # once all have their new size


def _percent(part: int, whole: int) -> str:
    """A share with a digit behind the point; what is there is never 0.0 %, and what is missing never 100.0 %."""
    share = 100 * part / whole if whole else 0.0
    if 0 < part < whole:
        share = min(99.9, max(0.1, share))
    return f"{share:.1f} %"


def _space() -> QWidget:
    """Room on both sides of what stands in the middle."""
    widget = QWidget()
    widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return widget
