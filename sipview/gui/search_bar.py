"""Search through all messages of the capture: a bar that comes with Ctrl+F, and leads from hit to hit."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QToolButton

from sipview.gui import icons, wording
from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Jobs, Report
from sipview.gui.notes import label
from sipview.gui.requests import Loaded
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS, Tone
from sipview.session import Analysis, Snapshot
from sipview.session.message_search import MOST_HITS, Hit, Search, SearchError, SearchKind, search_messages

_PURPOSE = "searching"
_PAUSE_MS = 250  # after the last letter, before the search begins
_KINDS = (
    (SearchKind.TEXT, "Text", "Anywhere in a message, as it was sent"),
    (SearchKind.HEADERS, "Header values", "In the values of header fields, not in their names or in the body"),
    (SearchKind.PATTERN, "Regular expression", "A pattern such as 1\\d\\d\\d@10\\."),
)


@dataclass(frozen=True, slots=True)
class SearchMessages:
    """Look for something through the messages of a snapshot."""

    analysis: Analysis
    snapshot: Snapshot
    search: Search

    def run(self, report: Report) -> list[Hit]:
        """All hits, in the order of the messages."""
        return search_messages(self.analysis, self.snapshot, self.search, report.cancel)


class KindButton(QToolButton):
    """Chooses where is looked; ``chosen`` tells that it is somewhere else now."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bordered")
        self.setAccessibleName("Where to search")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        group = QActionGroup(self)
        self._choices: dict[SearchKind, QAction] = {}
        for kind, words, hint in _KINDS:
            choice = menu.addAction(words)
            choice.setToolTip(hint)
            choice.setCheckable(True)
            choice.triggered.connect(partial(self.choose, kind))
            group.addAction(choice)
            self._choices[kind] = choice
        self.setMenu(menu)
        self.kind = SearchKind.TEXT
        self.choose(SearchKind.TEXT)

    def choose(self, kind: SearchKind, _checked: bool = True) -> None:
        """Look there."""
        self.kind = kind
        self._choices[kind].setChecked(True)
        self.setText(f"{self._choices[kind].text()} ▾")
        self.setToolTip(self._choices[kind].toolTip())
        self.chosen.emit()


class SearchBar(QFrame):
    """``hit_chosen(hit)``: the user goes to a hit. ``closed``: the bar was put away.

    ``place`` tells where the user is now (a message's position, or None): next and previous go on from there.
    """

    hit_chosen = Signal(object)
    closed = Signal()

    def __init__(self, theme: Theme, jobs: Jobs, place: Callable[[], int | None]) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._theme = theme
        self._jobs = jobs
        self._place = place
        self._loaded: Loaded | None = None
        self._hits: Sequence[Hit] = ()
        self._messages = 0
        self._current = -1
        self._asked: tuple[Search, CrossReference] | None = None
        self._found: tuple[Search, CrossReference] | None = None
        self._then = 0
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search all messages")
        self.field.setAccessibleName("Search all messages")
        self.field.setClearButtonEnabled(False)
        self.field.textChanged.connect(lambda _: self._wait())
        self.kind = KindButton()
        self.kind.chosen.connect(self._wait)
        self.case = QToolButton()
        self.case.setText("Aa")
        self.case.setCheckable(True)
        self.case.setAccessibleName("Match case")
        self.case.setToolTip("Match case: capital and small letters differ")
        self.case.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.case.toggled.connect(lambda _: self._wait())
        self.count = label(tone="quiet")
        self.count.setAccessibleName("Hits of the search")
        self.previous_button = self._button("Previous hit", "The hit before (Shift+F3)", lambda: self.step(-1))
        self.next_button = self._button("Next hit", "The next hit (F3)", lambda: self.step(1))
        self.close_button = self._button("Close the search", "Close the search (Esc)", self.put_away)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_XS, SPACE_S, SPACE_XS)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self.field, 3)
        layout.addWidget(self.kind)
        layout.addWidget(self.case)
        layout.addWidget(self.previous_button)
        layout.addWidget(self.next_button)
        layout.addWidget(self.count, 2)
        layout.addWidget(self.close_button)
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(_PAUSE_MS)
        self._waiting.timeout.connect(lambda: self._ask(0))
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    @property
    def hits(self) -> Sequence[Hit]:
        """The hits of the latest search."""
        return self._hits

    @property
    def busy(self) -> bool:
        """Whether a search is about to begin."""
        return self._waiting.isActive()

    def follow(self, loaded: Loaded | None) -> None:
        """There is another snapshot, or no capture any more."""
        other = loaded is None or self._loaded is None or loaded.analysis is not self._loaded.analysis
        self._loaded = loaded
        if other:
            self._jobs.give_up(_PURPOSE)
            self._asked = self._found = None
            self._hits, self._current = (), -1
        if loaded is None:
            self._waiting.stop()
            self.hide()
        elif self.isVisible() and self._asked is None:
            self._wait()

    def begin(self) -> None:
        """Show the bar with the cursor in it."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._wait()

    def put_away(self) -> None:
        """Close the bar."""
        self._waiting.stop()
        self._jobs.give_up(_PURPOSE)
        self._asked = None
        self.hide()
        self.closed.emit()

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) hit, from the message that is shown now."""
        if not self.isVisible():
            self.show()
        if not self.field.text():
            self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif self._found is not None and self._found == self._wanted():
            self._go(by)
        else:
            self._ask(by)

    def _wait(self) -> None:
        if self.isVisible():
            self._waiting.start()

    def _wanted(self) -> tuple[Search, CrossReference] | None:
        if self._loaded is None:
            return None
        try:
            search = Search(self.field.text(), self.kind.kind, self.case.isChecked())
        except SearchError as error:
            self._tell(str(error) if self.field.text() else "", Tone.FAILURE)
            return None
        return search, self._loaded.cross

    def _ask(self, then: int) -> None:
        """Search, and then go to the next or previous hit (0: stay)."""
        self._waiting.stop()
        wanted = self._wanted()
        if wanted is None or self._loaded is None:
            self._jobs.give_up(_PURPOSE)
            self._asked = self._found = None
            self._hits, self._current = (), -1
            return
        if wanted == self._found:
            self._say_count()
            return
        self._then = then or (self._then if wanted == self._asked else 0)
        if wanted == self._asked:
            return
        self._asked = wanted
        self._tell("Searching…", Tone.QUIET)
        request = SearchMessages(self._loaded.analysis, self._loaded.snapshot, wanted[0])
        self._jobs.ask(_PURPOSE, request, self._answered, failed=self._failed)

    def _answered(self, hits: list[Hit]) -> None:
        self._found, self._asked = self._asked, None
        self._hits, self._current = hits, -1
        self._messages = len({hit.position for hit in hits})
        then, self._then = self._then, 0
        if then and hits:
            self._go(then)
        else:
            self._say_count()
        if self._found is not None and self._loaded is not None and self._found[1] is not self._loaded.cross:
            self._wait()  # the capture has grown meanwhile

    def _failed(self, error: Exception) -> None:
        self._asked = None
        self._jobs.report(_PURPOSE, error)

    def _go(self, by: int) -> None:
        if not self._hits:
            self._say_count()
            return
        place = self._place()
        at = self._hits[self._current] if 0 <= self._current < len(self._hits) else None
        if at is not None and at.position == place:
            step = self._current + by
        elif place is None:
            step = 0 if by > 0 else -1
        elif by > 0:
            step = bisect_left(self._hits, (place, -1, -1))
        else:
            step = bisect_right(self._hits, (place, -1, -1)) - 1
        self._current = step % len(self._hits)
        self._say_count()
        self.hit_chosen.emit(self._hits[self._current])

    def _say_count(self) -> None:
        count = len(self._hits)
        if self._found is None:
            self._tell("", Tone.QUIET)
        elif not count:
            self._tell("Not found", Tone.FAILURE)
        else:
            messages = self._messages
            many = f"{count:,}{' or more' if count >= MOST_HITS else ''}"
            hits = f"{many} {'hit' if count == 1 else 'hits'}"
            if self._current >= 0:
                hits = f"Hit {self._current + 1:,} of {many}"
            self._tell(f"{hits} in {wording.counted(messages, 'message')}", Tone.QUIET)

    def _tell(self, words: str, tone: Tone) -> None:
        self.count.setText(wording.paragraph(words))
        self.count.setToolTip(wording.tip(words))
        self.count.setStyleSheet(f"color: {self._theme.colours.tone(tone)};")
        there = bool(self._hits) or bool(self._asked)
        self.next_button.setEnabled(there)
        self.previous_button.setEnabled(there)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter goes to the next hit, Shift+Enter to the one before, Escape closes."""
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            case Qt.Key.Key_Escape:
                self.put_away()
            case _:
                super().keyPressEvent(event)

    def _button(self, name: str, hint: str, doer: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName(name)
        button.setToolTip(hint)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(doer)
        return button

    def _dress(self) -> None:
        colours = self._theme.colours
        self.previous_button.setIcon(icons.icon("previous", colours))
        self.next_button.setIcon(icons.icon("next", colours))
        self.close_button.setIcon(icons.icon("close", colours, Tone.QUIET))
