"""The headline over a ladder: who called whom, how it went, and the buttons, which give way to that where it is narrow."""

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout

from sipview.calls import Call, Conversation
from sipview.gui import icons, wording
from sipview.gui.notes import ElidedLabel
from sipview.gui.scaling import px
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M, SPACE_S, SPACE_XS, Tone
from sipview.session import state_words

_TITLES = 3
_MARK_PX = 12
_LONGEST_TITLE = 32
"""Characters of a headline for which the buttons give room."""


def title_of(subject: Call | Conversation) -> str:
    """Who called whom, or what else it is."""
    return wording.call_title(subject) if isinstance(subject, Call) else wording.conversation_title(subject)


def titles_of(subjects: Sequence[Call | Conversation]) -> str:
    """The first of them by their titles, and how many there are besides."""
    words = [title_of(one) for one in subjects[:_TITLES]]
    more = len(subjects) - _TITLES
    return " · ".join(words + ([f"and {more:,} more"] if more > 0 else []))


class ButtonLook(IntEnum):
    """How much of the buttons is shown, the most first."""

    WORDS = 0
    ICONS = 1
    ONE = 2
    """A single button, whose menu has theirs."""


class LadderHead(QFrame):
    """Tells what is drawn below it. ``more`` is a button that has the menus of all ``buttons``."""

    def __init__(self, theme: Theme, buttons: Sequence[QToolButton], more: QToolButton) -> None:
        super().__init__()
        self._theme = theme
        self._buttons = tuple(buttons)
        self._more = more
        self._more.hide()
        self._look = ButtonLook.WORDS
        self._widths: dict[ButtonLook, int] = {}
        self._told: tuple[Tone, str] = (Tone.PLAIN, "ladder")
        self.title = ElidedLabel("", mode=Qt.TextElideMode.ElideRight)
        self.title.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self._mark = QLabel()
        self.outcome = ElidedLabel("", mode=Qt.TextElideMode.ElideRight, as_wide_as_needed=True)
        self.story = ElidedLabel("", tone="quiet", mode=Qt.TextElideMode.ElideRight)
        words = QHBoxLayout()
        words.setSpacing(SPACE_XS)
        words.addWidget(self._mark)
        words.addWidget(self.outcome)
        words.addWidget(self.story, 1)
        left = QVBoxLayout()
        left.setSpacing(SPACE_XS // 2)
        left.addWidget(self.title)
        left.addLayout(words)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_L, SPACE_S, SPACE_M, SPACE_XS)
        row.setSpacing(SPACE_S)
        row.addLayout(left, 1)
        for button in (*self._buttons, self._more):
            row.addWidget(button)
        theme.changed.connect(self._theme_changed)

    @property
    def look(self) -> ButtonLook:
        """How much of the buttons is shown."""
        return self._look

    def show_subjects(self, subjects: Sequence[Call | Conversation], left_out: int) -> None:
        """Tell of these; ``left_out`` are more than are drawn."""
        if len(subjects) == 1:
            self._show_one(subjects[0])
            return
        title = f"{wording.counted(len(subjects), 'call')} in one ladder"
        if not all(isinstance(one, Call) for one in subjects):
            title = f"{len(subjects):,} conversations in one ladder"
        if left_out:
            title = f"The first {len(subjects):,} of {len(subjects) + left_out:,} in one ladder"
        messages = wording.counted(sum(len(one.messages) for one in subjects), "message")
        self._tell(title, Tone.PLAIN, "ladder", messages, titles_of(subjects))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room for words."""
        super().resizeEvent(event)
        self._share()

    def _show_one(self, subject: Call | Conversation) -> None:
        if isinstance(subject, Call):
            tone, outcome, story = wording.state_tone(subject), state_words(subject), wording.call_story(subject)
        else:
            tone = Tone.FAILURE if subject.failed else Tone.SUCCESS
            outcome, story = subject.outcome, wording.counted(len(subject.messages), "message")
        self._tell(title_of(subject), tone, f"mark-{tone.value}", wording.cell(outcome), story)

    def _tell(self, title: str, tone: Tone, icon_name: str, outcome: str, story: str) -> None:
        self._told = (tone, icon_name)
        self.title.show_text(title)
        self.outcome.show_text(outcome)
        self.story.show_text(f"· {story}" if story else "")
        self._dress()
        self._share()

    def _share(self) -> None:
        """Give the title the room that it needs: icons take the place of words, and one button that of four."""
        longest = self.title.fontMetrics().averageCharWidth() * _LONGEST_TITLE
        title = min(longest, self.title.needed_width())
        story = min(self.story.needed_width(), self.story.fontMetrics().averageCharWidth() * _LONGEST_TITLE)
        outcome = px(_MARK_PX) + 2 * SPACE_XS + self.outcome.needed_width() + story
        room = self.width() - px(SPACE_L + SPACE_M + SPACE_S * len(self._buttons))
        if self._width_of(ButtonLook.WORDS) + min(longest, max(title, outcome)) <= room:
            self._set_look(ButtonLook.WORDS)
        elif self._width_of(ButtonLook.ICONS) + title <= room:
            self._set_look(ButtonLook.ICONS)
        else:
            self._set_look(ButtonLook.ONE)

    def _set_look(self, look: ButtonLook) -> None:
        if look is self._look:
            return
        self._look = look
        words = look is ButtonLook.WORDS
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if words else Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in self._buttons:
            button.setProperty("compact", not words)
            button.setToolButtonStyle(style)
            button.style().polish(button)
            button.setVisible(look is not ButtonLook.ONE)
        self._more.setVisible(look is ButtonLook.ONE)

    def _width_of(self, look: ButtonLook) -> int:
        """Px of all buttons in a look, measured once at each size of everything."""
        if look not in self._widths:
            before = self._look
            self._set_look(look)
            self._widths[look] = sum(button.sizeHint().width() for button in self._buttons)
            self._set_look(before)
        return self._widths[look]

    def _theme_changed(self) -> None:
        """Colours are others, or the size of everything is: the words are measured again."""
        self._dress()
        self._widths.clear()
        self._share()

    def _dress(self) -> None:
        tone, icon_name = self._told
        colour = self._theme.colours.tone(tone)
        self._mark.setPixmap(icons.pixmap(icon_name, colour, _MARK_PX, self.devicePixelRatioF()))
        self.outcome.setStyleSheet(f"color: {colour};")
