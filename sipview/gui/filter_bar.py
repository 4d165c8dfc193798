"""The filter bar: a filter is typed, judged at each letter, completed, applied, kept."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from sipview.gui import icons, wording
from sipview.gui.filter_field import FilterField
from sipview.gui.filter_memory import FilterMemory, SavedFilter
from sipview.gui.filter_panel import FilterPanel, Proposal
from sipview.gui.filter_typing import Judgement, Verdict, completions, judge
from sipview.gui.filter_words import Join, combined
from sipview.gui.notes import label
from sipview.gui.saved_filters import SavedFiltersMenu
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_XS, Tone, filter_ground

if TYPE_CHECKING:
    from sipview.filter import Field

AskValues = Callable[["Field", Callable[[tuple[str, ...]], None]], None]
_MOST_OFFERED = 8
_NOTICE_MS = 12_000
_TONES = {Verdict.EMPTY: Tone.PLAIN, Verdict.GOOD: Tone.SUCCESS, Verdict.UNFINISHED: Tone.PLAIN, Verdict.WRONG: Tone.FAILURE}


class FilterBar(QFrame):
    """Bookmark menu, field, what it amounts to, clear, apply. ``applied(text)``: the user wants this filter in force.

    ``ask_values`` looks up the values that a field has in the capture, and hands them over later.
    """

    applied = Signal(str)
    done = Signal()

    def __init__(self, theme: Theme, memory: FilterMemory, window: QWidget, ask_values: AskValues) -> None:
        super().__init__()
        self.setObjectName("filterbar")
        self._theme = theme
        self._memory = memory
        self._ask_values = ask_values
        self._values: dict[str, tuple[str, ...]] = {}
        self._in_force = ""
        self._counted = ""
        self._judgement = Judgement(Verdict.EMPTY)
        self._before: Sequence[SavedFilter] = ()
        self.field = FilterField(theme, self._take_key)
        self.field.textEdited.connect(self._edited)
        self.field.textChanged.connect(self._judge)
        self.field.left.connect(self._left)
        self.panel = FilterPanel(theme, window)
        self.panel.picked.connect(self._pick)
        self.panel.mending.connect(self._mend)
        self.panel.undoing.connect(self._undo)
        window.installEventFilter(self)
        self.bookmark = self._button("Saved filters", "Saved filters: save this one, use another")
        self.bookmark.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = SavedFiltersMenu(self.bookmark, memory)
        self.menu.aboutToShow.connect(
            lambda: self.menu.fill(self.field.text().strip(), good=self._judgement.verdict is Verdict.GOOD)
        )
        self.menu.chosen.connect(self.set_filter)
        self.menu.unwanted.connect(self.delete)
        self.bookmark.setMenu(self.menu)
        self.state = label(tone="quiet")
        self.state.setAccessibleName("What the filter amounts to")
        self.clear_button = self._button("Clear the filter", "Clear the filter: show everything again")
        self.clear_button.clicked.connect(self.clear)
        self.recent_button = self._button("Filters used before", "Filters used before (Down)")
        self.recent_button.clicked.connect(self._show_recent)
        self.apply_button = self._button("Apply the filter", "Apply the filter (Enter)")
        self.apply_button.clicked.connect(self.apply)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_XS, 1, SPACE_XS, 1)
        layout.setSpacing(2)
        layout.addWidget(self.bookmark)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.state)
        for button in (self.clear_button, self.recent_button, self.apply_button):
            layout.addWidget(button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(px(220))
        self.setFocusProxy(self.field)
        self._notice_over = QTimer(self)
        self._notice_over.setSingleShot(True)
        self._notice_over.setInterval(_NOTICE_MS)
        self._notice_over.timeout.connect(self._close_panel)
        memory.changed.connect(self._dress)
        theme.changed.connect(self._dress)
        self._dress()

    # What is shown

    @property
    def judgement(self) -> Judgement:
        """How the text in the field stands."""
        return self._judgement

    def show_counted(self, words: str) -> None:
        """How much passes the filter in force, such as ``3 of 12 calls``; "" while everything does."""
        self._counted = words
        self._say_state()

    def forget_values(self) -> None:
        """There is another capture with other values."""
        self._values.clear()

    def focus_field(self) -> None:
        """Put the cursor into the field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    # What the user does

    def apply(self) -> None:
        """Put what was typed in force; a text that is no filter stays, and says why."""
        text = self.field.text().strip()
        if not self._judgement.usable:
            self._tell_judgement()
            self.panel.show_beneath(self, ())
            return
        self._close_panel()
        self._in_force = text
        self._memory.remember_applied(text)
        self._say_state()
        self.applied.emit(text)

    def clear(self) -> None:
        """Let everything pass."""
        self.field.clear()
        self.apply()

    def set_filter(self, text: str) -> None:
        """Put this text into the field, and in force."""
        self.field.setText(text)
        self.apply()

    def join(self, term: str, how: Join) -> None:
        """Put a term that was pointed at together with the filter in force."""
        self.set_filter(combined(self._in_force, term, how))

    def delete(self, saved: SavedFilter) -> None:
        """Take a saved filter away; the panel offers to undo it."""
        self._before = self._memory.delete(saved)
        self.panel.tell(f"“{saved.name}” is deleted.", Tone.PLAIN, undo=True)
        self.panel.show_beneath(self, ())
        self._notice_over.start()

    def _undo(self) -> None:
        self._memory.restore(self._before)
        self._close_panel()

    def _edited(self, text: str) -> None:
        self._judge(text)  # Qt tells of the edit before it tells of the other text
        self._propose()

    def _judge(self, text: str) -> None:
        self._judgement = judge(text)
        wrong = self._judgement.verdict is Verdict.WRONG
        self.field.underline(self._judgement.start if wrong else 0, self._judgement.end if wrong else 0)
        self._say_state()

    def _take_key(self, event: QKeyEvent) -> bool:
        """Whether a key was for the list beneath the field, or for the filter as a whole."""
        open_ = self.panel.isVisible()
        match event.key():
            case Qt.Key.Key_Down if not open_ or not self.panel.model.rowCount():
                self._propose(asked=True)
            case Qt.Key.Key_Down:
                self.panel.move_selection(1)
            case Qt.Key.Key_Up if open_:
                self.panel.move_selection(-1)
            case Qt.Key.Key_PageDown if open_:
                self.panel.move_selection(_MOST_OFFERED)
            case Qt.Key.Key_PageUp if open_:
                self.panel.move_selection(-_MOST_OFFERED)
            case Qt.Key.Key_Tab if open_ and self.panel.model.rowCount() and self.field.text():
                self._pick(self.panel.selected or self.panel.model.proposal(0))
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                chosen = self.panel.selected if open_ else None
                if chosen is not None:
                    self._pick(chosen)
                else:
                    self.apply()
            case Qt.Key.Key_Escape if open_:
                self._close_panel()
            case Qt.Key.Key_Escape if self.field.text() != self._in_force:
                self.field.setText(self._in_force)
            case Qt.Key.Key_Escape:
                self.done.emit()
            case _:
                return False
        return True

    def _pick(self, proposal: Proposal) -> None:
        if proposal.whole:
            self.set_filter(proposal.text)
            return
        text = self.field.text()
        rest = text[proposal.end :]
        gap = "" if rest[:1].isspace() or (rest and rest[0] in ")},") else " "
        self.field.setText(text[: proposal.start] + proposal.text + gap + rest)
        self.field.setCursorPosition(proposal.start + len(proposal.text) + 1)
        self._propose()

    def _mend(self) -> None:
        mended = self._judgement.mended(self.field.text())
        self.field.setText(mended)
        self._propose()

    def _show_recent(self) -> None:
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        recent = self._recent()
        self.panel.tell("" if recent else "No filter was used yet.", Tone.QUIET)
        self.panel.show_beneath(self, recent)

    # The panel beneath

    def _recent(self) -> list[Proposal]:
        saved = [Proposal(one.text, 0, 0, one.name, "bookmark-filled", whole=True) for one in self._memory.saved()]
        kept = {one.text for one in saved}
        applied = [Proposal(text, 0, 0, "", "recent", whole=True) for text in self._memory.applied() if text not in kept]
        return applied[:_MOST_OFFERED] + saved[:_MOST_OFFERED]

    def _propose(self, *, asked: bool = False) -> None:
        """Show what could come next; ``asked``: the user wants to see it, also for an empty field."""
        text, cursor = self.field.text(), self.field.cursorPosition()
        if not text and not asked:
            self._close_panel()
            return
        proposals = self._recent() if not text else []
        if not proposals:
            proposals = [
                Proposal(one.text, one.start, one.end, one.description) for one in completions(text, cursor, self._known_values)
            ]
        self._tell_judgement(quiet=bool(proposals))
        self.panel.show_beneath(self, proposals)

    def _tell_judgement(self, *, quiet: bool = False) -> None:
        """Say what is wrong. What is only not finished yet is no news while there is a list that says how to go on."""
        self._notice_over.stop()
        judgement = self._judgement
        if judgement.usable or (quiet and judgement.verdict is Verdict.UNFINISHED):
            self.panel.tell("", Tone.PLAIN)
        else:
            tone = Tone.QUIET if judgement.verdict is Verdict.UNFINISHED else Tone.FAILURE
            self.panel.tell(judgement.sentence, tone, suggestion=judgement.suggestion)

    def _known_values(self, wanted: "Field") -> tuple[str, ...]:
        known = self._values.get(wanted.name)
        if known is None:
            self._values[wanted.name] = known = ()
            self._ask_values(wanted, partial(self._got_values, wanted.name))
        return known

    def _got_values(self, name: str, values: tuple[str, ...]) -> None:
        self._values[name] = values
        if values and self.panel.isVisible() and self.field.hasFocus() and self.panel.selected is None:
            self._propose()

    def _left(self) -> None:
        if not self._notice_over.isActive():
            self.panel.hide()

    def _close_panel(self) -> None:
        self._notice_over.stop()
        self.panel.tell("", Tone.PLAIN)
        self.panel.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The panel keeps its place when the window gets another size."""
        if event.type() == QEvent.Type.Resize and self.panel.isVisible():
            QTimer.singleShot(0, self.panel, self.panel.place)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Words stand beside the field while there is room for both."""
        super().resizeEvent(event)
        self._say_state()

    # Its look

    def _say_state(self) -> None:
        text = self.field.text().strip()
        verdict = self._judgement.verdict
        if verdict is Verdict.WRONG:
            words, tone = "not understood", Tone.FAILURE
        elif verdict is Verdict.UNFINISHED:
            words, tone = "not finished", Tone.QUIET
        elif text == self._in_force:
            words, tone = self._counted if text else "", Tone.PLAIN
        elif text:
            words, tone = "Enter applies it", Tone.SUCCESS
        else:
            words, tone = "Enter shows everything", Tone.QUIET
        self.state.setText(words)
        self.state.setVisible(bool(words) and self.width() > 2 * self.state.sizeHint().width() + 160)
        self.state.setStyleSheet(f"color: {self._theme.colours.tone(tone)};")
        self.field.setToolTip(wording.tip("" if self._judgement.usable else self._judgement.sentence))
        self.clear_button.setVisible(bool(self.field.text() or self._in_force))
        self.apply_button.setEnabled(self._judgement.usable and text != self._in_force)
        self._paint_ground()

    def _paint_ground(self) -> None:
        verdict = self._judgement.verdict
        colours = self._theme.colours
        ground = filter_ground(_TONES[verdict], colours)
        edge = {Verdict.GOOD: colours.success, Verdict.WRONG: colours.failure}.get(verdict, colours.edge)
        self.setStyleSheet(f"QFrame#filterbar {{ background: {ground}; border: 1px solid {edge}; border-radius: 6px; }}")

    def _button(self, name: str, hint: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("inside")
        button.setAccessibleName(name)
        button.setToolTip(hint)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _dress(self) -> None:
        colours = self._theme.colours
        saved = bool(self._memory.name_of(self.field.text().strip()))
        self.bookmark.setIcon(icons.icon("bookmark-filled" if saved else "bookmark", colours, Tone.QUIET))
        self.clear_button.setIcon(icons.icon("close", colours, Tone.QUIET))
        self.recent_button.setIcon(icons.icon("recent", colours, Tone.QUIET))
        self.apply_button.setIcon(icons.icon("apply", colours, Tone.ACTIVE))
        self._say_state()
