"""Two messages side by side: which ones, how many differences, and the table of them."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)

from sipview.gui import icons
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.compare_requests import Compared, CompareMessages, message_title
from sipview.gui.comparison_table import CHANGE_WORDS, ComparisonTable
from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Jobs
from sipview.gui.notes import EmptyNote, label
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S
from sipview.session import Analysis
from sipview.session.comparison import Change, Comparison

_TITLE_CHARACTERS = 62  # of a message's title in the fields above


class MessageChoice(ChoiceBox):
    """A field that offers the messages of a conversation, and is as wide as there is room."""

    def __init__(self, side: str) -> None:
        super().__init__()
        self.setAccessibleName(f"Message on the {side}")
        self.setToolTip(f"The message on the {side}: choose another one of this call")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setMaxVisibleItems(24)
        self.setPlaceholderText("Choose a message")

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:  # noqa: N802 - Qt's name
        """What finds no room is left out with an ellipsis, which a stylesheet's field does not do by itself."""
        super().initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width()
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)

    def offer(self, entries: Sequence[tuple[str, int]], chosen: int | None) -> None:
        """Offer these messages (words, position), with one chosen."""
        self.blockSignals(True)
        self.clear()
        for words, position in entries:
            self.addItem(words, position)
        self.setCurrentIndex(-1 if chosen is None else self.findData(chosen))
        self.setEnabled(bool(entries))
        self.blockSignals(False)


class ComparePane(QWidget):
    """Follows the selected message and compares it with the one that it is best compared with, or that the user chose."""

    def __init__(self, theme: Theme, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("content")
        self._theme = theme
        self._jobs = jobs
        self._analysis: Analysis | None = None
        self._cross: CrossReference | None = None
        self._left: int | None = None
        self._right: int | None = None
        self._comparison = Comparison(())
        self._due = False
        self._find = False
        self.left_choice, self.right_choice = MessageChoice("left"), MessageChoice("right")
        self.swap = _button("", "Swap: left becomes right, and right left")
        self.keep = QCheckBox("Keep left")
        self.keep.setToolTip("The message on the left stays; whatever you select next is compared with it")
        self.only_differences = QCheckBox("Only differences")
        self.only_differences.setToolTip("Hide what both messages say alike")
        self.copy = _button("", "Copy the comparison as text")
        self.summary = label(tone="quiet")
        self._aside = QWidget()
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.summary.setAccessibleName("How many differences")
        self.table = ComparisonTable(theme)
        self.note = EmptyNote(theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.note)
        self._stack.addWidget(self.table)
        self._lay_out()
        self.left_choice.activated.connect(lambda: self._choose(self.left_choice.currentData(), self._right))
        self.right_choice.activated.connect(lambda: self._choose(self._left, self.right_choice.currentData()))
        self.swap.clicked.connect(lambda: self._choose(self._right, self._left))
        self.only_differences.toggled.connect(self._fill)
        self.copy.clicked.connect(self.copy_as_text)
        self.setFocusProxy(self.table)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_nothing()

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(SPACE_S)
        choices.addWidget(self.left_choice, 1)
        choices.addWidget(self.swap)
        choices.addWidget(self.right_choice, 1)
        row = QHBoxLayout(self._aside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_M)
        row.addWidget(self.summary, 1)
        row.addWidget(self.keep)
        row.addWidget(self.only_differences)
        row.addWidget(self.copy)
        self._top.setSpacing(SPACE_S)
        self._top.addLayout(choices, 1)
        self._top.addWidget(self._aside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(self._top)
        layout.addWidget(self._stack, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Where the messages' titles have no room beside the rest, that goes on a line of its own."""
        super().resizeEvent(event)
        beside = self.width() - self._aside.sizeHint().width() >= 2 * _TITLE_CHARACTERS * self.fontMetrics().averageCharWidth()
        across = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._top.setDirection(across)

    @property
    def pair(self) -> tuple[int | None, int | None]:
        """The positions of the messages on the left and on the right."""
        return self._left, self._right

    @property
    def comparison(self) -> Comparison:
        """What is shown."""
        return self._comparison

    def follow(self, analysis: Analysis, cross: CrossReference, position: int) -> None:
        """A message was selected: compare it with the kept one, else with the best of its call, the earlier on the left."""
        if self._analysis is not analysis:
            self.keep.setChecked(False)
            self._left = self._right = None
        self._analysis, self._cross = analysis, cross
        if self.keep.isChecked() and self._left is not None:
            self._choose(self._left, position)
        else:
            self._choose(position, None, find=True)

    def compare(self, left: int, right: int) -> None:
        """Compare two messages of the analysis that is shown."""
        self._choose(left, right)

    def show_nothing(self) -> None:
        """There is no message."""
        self._analysis = self._cross = None
        for choice in (self.left_choice, self.right_choice):  # what they offered is of a capture that may be gone
            choice.offer((), None)
        self._choose(None, None)

    def copy_as_text(self) -> None:
        """Put the comparison on the clipboard."""
        if self._cross is not None and self._left is not None and self._right is not None:
            titles = (message_title(self._cross, position) for position in (self._left, self._right))
            QGuiApplication.clipboard().setText(self._comparison.as_text(*titles))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """What was selected while this was hidden is compared now."""
        super().showEvent(event)
        self._ask()

    # What is compared

    def _choose(self, left: int | None, right: int | None, *, find: bool = False) -> None:
        self._left, self._right = left, right
        self._find = find
        self._due = True
        if self.isVisible():
            self._ask()

    def _ask(self) -> None:
        if not self._due:
            return
        self._due = False
        if self._analysis is None or self._cross is None or self._left is None:
            self._jobs.give_up("comparing the messages")
            self._show(Compared(None, None, (), (), Comparison(())))
            return
        request = CompareMessages(self._analysis, self._cross, self._left, self._right, self._find)
        self._jobs.ask("comparing the messages", request, self._show)

    def _show(self, compared: "Compared") -> None:
        self._left, self._right, self._find = compared.left, compared.right, False
        self._comparison = compared.comparison
        self.left_choice.offer(compared.left_offers, compared.left)
        self.right_choice.offer(compared.right_offers, compared.right)
        self._fill()

    def _fill(self) -> None:
        comparison = self._comparison
        differing = [part for part in comparison.parts if part.change is not Change.SAME]
        there = bool(comparison.parts)
        for widget in (self.swap, self.copy, self.only_differences):
            widget.setEnabled(there)
        self.summary.setText(_summary(comparison))
        if not there:
            self._note_nothing()
        elif self.only_differences.isChecked() and not differing:
            self.note.tell("mark-success", "No differences", "Both messages say the same, word for word.")
            self._stack.setCurrentWidget(self.note)
        else:
            self.table.show_parts(differing if self.only_differences.isChecked() else comparison.parts)
            self._stack.setCurrentWidget(self.table)

    def _note_nothing(self) -> None:
        if self._left is None:
            self.note.tell("compare", "No message selected", "Select an arrow of the ladder, then compare it here.")
        else:
            self.note.tell(
                "compare",
                "Nothing of its kind in this call",
                "Choose another message above, or check “Keep left” and select any message of any call.",
            )
        self._stack.setCurrentWidget(self.note)

    def _dress(self) -> None:
        self.swap.setIcon(icons.icon("swap", self._theme.colours))
        self.copy.setIcon(icons.icon("copy", self._theme.colours))


def _button(text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(hint)
    button.setAccessibleName(text or hint)
    button.setObjectName("" if text else "iconic")
    return button


def _summary(comparison: Comparison) -> str:
    if not comparison.parts:
        return ""
    counts = [(comparison.count(change), word) for change, word in CHANGE_WORDS.items() if change is not Change.SAME]
    words = [f"{count} {word}" for count, word in counts if count]
    return " · ".join(words) if words else "no differences"
