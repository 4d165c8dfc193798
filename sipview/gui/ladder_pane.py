"""The ladder with its headline: who called whom, how it went, and what can be done with the picture."""

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from sipview.calls import Call, Conversation
from sipview.gui import icons, wording
from sipview.gui.actions import ActionSet
from sipview.gui.jobs import Jobs
from sipview.gui.ladder_view import LadderView
from sipview.gui.notes import EmptyNote, label
from sipview.gui.painting import LadderFonts, QtTextMeasure
from sipview.gui.preferences import Preferences
from sipview.gui.requests import DrawLadder
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M, SPACE_S, SPACE_XS, Tone
from sipview.ladder import LadderOptions, LadderPicture
from sipview.session import Analysis, state_words
from sipview.session.naming import HostNames

_SETTLE_MS = 80  # after the last change of the width, before the ladder is laid out for it


class LadderPane(QWidget):
    """Draws the messages of one call or conversation. ``chosen(position)`` tells which message the user picked."""

    chosen = Signal(int)
    drawn = Signal()

    def __init__(self, theme: Theme, preferences: Preferences, jobs: Jobs, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("content")
        self._theme = theme
        self._preferences = preferences
        self._jobs = jobs
        self._analysis: Analysis | None = None
        self._subject: Call | Conversation | None = None
        self._hosts = HostNames()
        self._wanted: int | None = None
        self.fonts = LadderFonts()
        self._measure = QtTextMeasure(self.fonts)
        self.title = label()
        self.title.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._mark = QLabel()
        self.outcome = label()
        self.story = label(tone="quiet")
        self.story.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.view = LadderView(theme, self.fonts)
        self.view.chosen.connect(self._chosen)
        self.view.resized.connect(self._settle)
        self.view.zoomed.connect(lambda _: self._settle())
        self.note = EmptyNote(theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.note)
        self._stack.addWidget(self.view)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLE_MS)
        self._settling.timeout.connect(lambda: self._draw(keep_place=True))
        self.time_button = self._menu_button(
            "Time", "clock", "How the ladder shows time", actions,
            ("time-start", "time-delta", "time-absolute", None, "ports-apart"),
        )  # fmt: skip
        self.export_button = self._menu_button(
            "Export", "export", "Save or copy the whole ladder", actions,
            ("export-png", "export-svg", "export-pdf", "export-text", None, "copy-image"),
        )  # fmt: skip
        self._head = self._make_head()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self._stack, 1)
        self.setFocusProxy(self.view)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_note("ladder", "No call selected", "Click a call on the left: its messages are drawn here.")

    @property
    def subject(self) -> Call | Conversation | None:
        """What is drawn."""
        return self._subject

    @property
    def settling(self) -> bool:
        """Whether the ladder is about to be drawn for another width."""
        return self._settling.isActive()

    @property
    def options(self) -> LadderOptions:
        """How it is drawn."""
        return LadderOptions(
            time=self._preferences.time_mode,
            ports_apart=self._preferences.ports_apart,
            lane_names=self._hosts.names,
            lane_subtitles=self._hosts.subtitles,
        )

    def heading(self) -> LadderOptions:
        """How it is drawn in a file: as here, with a title."""
        subject, analysis = self._subject, self._analysis
        if subject is None or analysis is None:
            return self.options
        if isinstance(subject, Call):
            title, subtitle = analysis.heading([subject])
        else:
            title = f"{wording.conversation_title(subject)} · {wording.cell(subject.outcome)}"
            subtitle = f"{wording.day_and_clock(subject.start_ns)} · {', '.join(path.name for path in analysis.paths)}"
        return replace(self.options, title=wording.paragraph(title), subtitle=wording.paragraph(subtitle))

    def show_subject(
        self, analysis: Analysis, subject: Call | Conversation, hosts: HostNames, position: int | None = None
    ) -> None:
        """Draw a call or conversation, with the message at ``position`` selected."""
        same = self._subject is not None and self._subject.messages[0] == subject.messages[0] and self._analysis is analysis
        unchanged = same and self._subject == subject and self._hosts == hosts
        self._analysis, self._subject, self._hosts = analysis, subject, hosts
        self._wanted = position
        if unchanged:
            self.view.select(position)
            return
        self._tell(subject)
        self._draw(keep_place=same)

    def show_note(self, icon_name: str, headline: str, sentence: str) -> None:
        """Show a note in place of a ladder."""
        self._jobs.give_up("drawing the ladder")
        self._analysis = None
        self._subject = None
        self._head.hide()
        self.view.show_picture(None)
        self.note.tell(icon_name, headline, sentence)
        self._stack.setCurrentWidget(self.note)
        self.drawn.emit()

    def redraw(self) -> None:
        """Draw again, with other options."""
        self._draw(keep_place=True)

    def _make_head(self) -> QFrame:
        head = QFrame()
        words = QHBoxLayout()
        words.setSpacing(SPACE_S)
        words.addWidget(self._mark)
        words.addWidget(self.outcome)
        words.addWidget(self.story, 1)
        left = QVBoxLayout()
        left.setSpacing(SPACE_XS // 2)
        left.addWidget(self.title)
        left.addLayout(words)
        row = QHBoxLayout(head)
        row.setContentsMargins(SPACE_L, SPACE_S, SPACE_M, SPACE_XS)
        row.setSpacing(SPACE_S)
        row.addLayout(left, 1)
        row.addWidget(self.time_button)
        row.addWidget(self.export_button)
        return head

    def _menu_button(
        self, text: str, icon_name: str, hint: str, actions: ActionSet, entries: tuple[str | None, ...]
    ) -> QToolButton:
        button = QToolButton()
        button.setObjectName("bordered")
        button.setText(f"{text} ▾")
        button.setToolTip(hint)
        button.setAccessibleName(text)
        button.setProperty("icon-name", icon_name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            else:
                action: QAction = actions[entry]
                menu.addAction(action)
        button.setMenu(menu)
        return button

    def _dress(self) -> None:
        for button in (self.time_button, self.export_button):
            button.setIcon(icons.icon(str(button.property("icon-name")), self._theme.colours))
        if self._subject is not None:
            self._tell(self._subject)

    def _tell(self, subject: Call | Conversation) -> None:
        if isinstance(subject, Call):
            tone = wording.state_tone(subject)
            title, outcome = wording.call_title(subject), wording.cell(state_words(subject))
            story = wording.call_story(subject)
        else:
            tone = Tone.FAILURE if subject.failed else Tone.SUCCESS
            title, outcome = wording.conversation_title(subject), wording.cell(subject.outcome)
            story = wording.counted(len(subject.messages), "message")
        colour = self._theme.colours.tone(tone)
        self.title.setText(title)
        self.title.setToolTip(wording.tip(title))
        self._mark.setPixmap(icons.pixmap(f"mark-{tone.value}", colour, 12, self.devicePixelRatioF()))
        self.outcome.setText(outcome)
        self.outcome.setStyleSheet(f"color: {colour};")
        self.story.setText(f"· {story}" if story else "")
        self.story.setToolTip(wording.tip(story))
        self._head.show()

    def _settle(self) -> None:
        if self._subject is not None:
            self._settling.start()

    def _draw(self, *, keep_place: bool) -> None:
        self._settling.stop()
        if self._analysis is None or self._subject is None:
            return
        width = self.view.viewport().width() / self.view.zoom - 4
        request = DrawLadder(self._analysis, self._subject.messages, self.options, self._measure, width)
        self._jobs.ask("drawing the ladder", request, lambda picture: self._show(picture, keep_place=keep_place))

    def _show(self, picture: LadderPicture, *, keep_place: bool) -> None:
        self.view.show_picture(picture, keep_place=keep_place)
        self._stack.setCurrentWidget(self.view)
        self.view.select(self._wanted)
        self.drawn.emit()

    def _chosen(self, position: int) -> None:
        self._wanted = position
        self.chosen.emit(position)
