"""Dialogs: what went wrong with text to copy, the keys, the problems of a file, about."""

import sys
import traceback
from collections.abc import Sequence

import PySide6
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sipview import environment
from sipview.gui import icons
from sipview.gui.notes import label
from sipview.gui.scaling import fixed_font
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M, Tone
from sipview.session import SourceProblem
from sipview.session.quality import Quality, Weight
from sipview.values import visible

_MOST_PROBLEMS = 1000
_TONES = {Weight.GOOD: Tone.SUCCESS, Weight.UNKNOWN: Tone.QUIET, Weight.NOTE: Tone.WARNING, Weight.BAD: Tone.FAILURE}
_WEIGHTS = {Weight.GOOD: "Good", Weight.UNKNOWN: "Not known", Weight.NOTE: "Note", Weight.BAD: "Gap"}


class PlainDialog(QDialog):
    """A dialog with a headline, a body and buttons; deleted when it is closed. A ``low`` one is as high as what it says."""

    low = False

    def __init__(self, parent: QWidget | None, title: str, size: QSize) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(size)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_M)
        self.body.setSpacing(SPACE_M)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)

    def headline(self, text: str) -> None:
        """Add a headline."""
        words = label(text, wrapped=True)
        words.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self.body.addWidget(words)

    def text(self, text: str) -> QPlainTextEdit:
        """Add text that can be copied, and the button that does it."""
        field = QPlainTextEdit(text)
        field.setReadOnly(True)
        field.setFont(fixed_font())
        self.body.addWidget(field, 1)
        copy = QPushButton("Copy")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(field.toPlainText()))
        self.buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        return field

    def done_with(self) -> None:
        """Add the buttons; the last thing."""
        self.body.addWidget(self.buttons)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """In the size of everything and dressed now: what says little leaves no empty room below it."""
        super().showEvent(event)
        if self.low:
            width, body = max(self.width(), self.body.totalMinimumSize().width()), self.body
            self.resize(width, body.totalHeightForWidth(width) if body.hasHeightForWidth() else body.totalSizeHint().height())


class ErrorDialog(PlainDialog):
    """Something went wrong in sipview itself: what was tried, and the text for a bug report."""

    def __init__(self, parent: QWidget | None, what: str, error: BaseException) -> None:
        super().__init__(parent, "sipview: an error", QSize(680, 420))
        self.headline(f"An error while {what}")
        self.body.addWidget(
            label("This should not happen. The window goes on; what was tried did not work. A report with this text helps.",
                  wrapped=True)
        )  # fmt: skip
        trace = "".join(traceback.format_exception(error))
        self.details = self.text("\n".join(visible(line, 2000) for line in f"{_versions()}\n\n{trace}".split("\n")))
        self.details.setAccessibleName("Details of the error")
        self.done_with()


class ProblemsDialog(PlainDialog):
    """What is wrong with the capture files, with the place in the file."""

    def __init__(self, parent: QWidget | None, problems: Sequence[SourceProblem]) -> None:
        super().__init__(parent, "Problems of the capture", QSize(720, 360))
        self.headline(f"{len(problems):,} {'problem' if len(problems) == 1 else 'problems'} in the capture")
        self.body.addWidget(label("Everything that could be read is shown.", tone="quiet"))
        self.details = self.text("\n".join(_problem_line(problem) for problem in problems[:_MOST_PROBLEMS]))
        if len(problems) > _MOST_PROBLEMS:
            self.details.appendPlainText(f"… and {len(problems) - _MOST_PROBLEMS:,} more")
        self.details.setAccessibleName("Problems")
        self.done_with()


class QualityDialog(PlainDialog):
    """How far the capture can be trusted: all that was looked at, the worst first. ``key_log_wanted``: the user has one."""

    low = True
    key_log_wanted = Signal()

    def __init__(self, parent: QWidget | None, theme: Theme, quality: Quality) -> None:
        super().__init__(parent, "Quality of the capture", QSize(640, 300))
        self.headline(quality.verdict)
        rows = QGridLayout()
        rows.setHorizontalSpacing(SPACE_M)
        rows.setVerticalSpacing(SPACE_M)
        rows.setColumnStretch(2, 1)
        for row, remark in enumerate(quality.remarks):
            tone = _TONES[remark.weight]
            mark = QLabel()
            mark.setPixmap(icons.pixmap(f"mark-{tone.value}", theme.colours.tone(tone), 14, self.devicePixelRatioF()))
            weight = label(_WEIGHTS[remark.weight], tone=tone.value)
            words = label(visible(remark.sentence, 1000), wrapped=True)
            words.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            rows.addWidget(mark, 2 * row, 0, Qt.AlignmentFlag.AlignTop)
            rows.addWidget(weight, 2 * row, 1, Qt.AlignmentFlag.AlignTop)
            rows.addWidget(words, 2 * row, 2)
            if remark.kind == "encrypted":
                choose = QPushButton("Choose a TLS key log…")
                choose.clicked.connect(self.accept)
                choose.clicked.connect(self.key_log_wanted)
                rows.addWidget(choose, 2 * row + 1, 2, Qt.AlignmentFlag.AlignLeft)
        self.body.addLayout(rows)
        self.body.addStretch(1)
        self.done_with()


class AboutDialog(PlainDialog):
    """Version and licence."""

    low = True

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent, "About sipview", QSize(440, 240))
        logo = QLabel()
        logo.setPixmap(icons.application_icon().pixmap(QSize(56, 56), self.devicePixelRatioF()))
        self.body.addWidget(logo)
        self.headline(f"sipview {environment.version()}")
        self.body.addWidget(label("A desktop analyzer for SIP calls.\nFree software under the GNU GPL, version 2 or later."))
        versions = label(_surroundings(), tone="quiet", wrapped=True)
        versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # into a report of a fault
        self.body.addWidget(versions)
        self.body.addSpacing(SPACE_M)
        self.done_with()


def _versions() -> str:
    return f"sipview {environment.version()} · {_surroundings()}"


def _surroundings() -> str:
    return f"Python {sys.version.split()[0]} · Qt {PySide6.__version__} · {sys.platform}"


def _problem_line(problem: SourceProblem) -> str:
    frame = f", frame {problem.problem.frame:,}" if problem.problem.frame is not None else ""
    name, text = problem.path.name, problem.problem.text
    text = text.removeprefix(f"{name}: byte {problem.problem.start}: ")  # as the command line names the place
    return visible(f"{name}, byte {problem.problem.start:,}{frame}: {text}", 2000)
