"""Notes in place of content: what is not there, why, and what to do next."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sipview.gui import icons
from sipview.gui.scaling import px
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_M, SPACE_S, SPACE_XL, Tone
from sipview.gui.wording import tip
from sipview.values import visible

_PICTURE_PX = 36


def label(text: str = "", *, tone: str = "", wrapped: bool = False) -> QLabel:
    """A label that takes its text for text and never for markup."""
    result = QLabel()
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setText(text)
    result.setWordWrap(wrapped)
    if tone:
        result.setProperty("tone", tone)
    return result


class ElidedLabel(QLabel):
    """A line that shows as much of its text as there is room for; its tooltip has all of it.

    It fills the room that it gets; ``as_wide_as_needed`` takes no more of it than the text needs. Where there is room for
    less than ``least`` characters, it shows nothing.
    """

    def __init__(
        self,
        text: str,
        *,
        tone: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        as_wide_as_needed: bool = False,
        least: int = 0,
    ) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        across = QSizePolicy.Policy.Maximum if as_wide_as_needed else QSizePolicy.Policy.Ignored
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self._as_wide_as_needed = as_wide_as_needed
        self._mode = mode
        self._least = least
        self._whole = text
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Say something else."""
        self._whole = text
        self.setAccessibleName(text)
        self.setToolTip(tip(text))
        self._elide()
        if self._as_wide_as_needed:
            self.updateGeometry()

    def needed_width(self) -> int:
        """Px for all of the text."""
        return self.fontMetrics().horizontalAdvance(self._whole) + 2 + self._padding()

    def _padding(self) -> int:
        """Px beside the text, which a stylesheet may give it."""
        return max(0, super().sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text()))

    def _elide(self) -> None:
        room = self.width() - self._padding()
        shown = self.fontMetrics().elidedText(self._whole, self._mode, room)
        too_little = shown != self._whole and room < self._least * self.fontMetrics().averageCharWidth()
        self.setText("" if too_little else shown)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is another width to fill."""
        super().resizeEvent(event)
        self._elide()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A line; the layout says how long."""
        return QSize(self.needed_width() if self._as_wide_as_needed else 60, self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for a word, so that no text makes a window wide."""
        return QSize(min(60, self.needed_width()), self.fontMetrics().height())


class OneLine(QLabel):
    """A line of text that takes no more room than there is: it ends in … then, and its tooltip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A line of no width."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """As much of the text as there is room for."""
        del event
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.setToolTip("" if shown == self.text() else tip(self.text()))
        painter = QPainter(self)
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.style().drawItemText(painter, room, side, self.palette(), self.isEnabled(), shown, self.foregroundRole())
        painter.end()


class EmptyNote(QWidget):
    """An icon, a headline and a sentence in the middle of an empty place, and perhaps one button."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("content")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._icon_name = ""
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.headline = label(wrapped=True)
        self.headline.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.headline.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self.sentence = label(tone="quiet", wrapped=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton()
        self.button.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_XL, SPACE_S, SPACE_XL, SPACE_S)
        layout.setSpacing(SPACE_S)
        layout.addStretch(2)
        layout.addWidget(self._picture)
        layout.addWidget(self.headline)
        layout.addWidget(self.sentence)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(3)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        theme.changed.connect(self._dress)

    def tell(self, icon_name: str, headline: str, sentence: str, button: str = "") -> None:
        """Say what is not here. ``button`` is its text, "" for none."""
        self._icon_name = icon_name
        self.headline.setText(headline)
        self.sentence.setText(sentence)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room."""
        super().resizeEvent(event)
        self._use_room()

    def _use_room(self) -> None:
        """Where there is little room, the icon gives way, and then what the button says as well."""
        gap, width = px(SPACE_S), self.width() - 2 * px(SPACE_XL)
        headline, sentence = (part.heightForWidth(width) + gap for part in (self.headline, self.sentence))
        button = 0 if self.button.isHidden() else self.button.sizeHint().height() + gap
        room = self.height() - 2 * gap - headline - button
        self.sentence.setVisible(not button or sentence <= room)
        self._picture.setVisible(bool(self._icon_name) and px(_PICTURE_PX) + gap + sentence <= room)

    def _dress(self) -> None:
        self._use_room()
        if self._icon_name:
            self._picture.setPixmap(
                icons.pixmap(self._icon_name, self._theme.colours.muted, _PICTURE_PX, self.devicePixelRatioF())
            )


class Notice(QFrame):
    """A sentence about what went wrong, or is new, in the page and not in its way; goes away by its button."""

    dismissed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._theme = theme
        self._news = False
        self._picture = QLabel()
        self._words = label(wrapped=True)
        self._words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._close = QPushButton()
        self._close.setObjectName("link")
        self._close.setAccessibleName("Take this notice away")
        self._close.clicked.connect(self.dismissed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_S, SPACE_S)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._words, 1)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    @property
    def news(self) -> bool:
        """Whether it says what is new, and not what went wrong."""
        return self._news

    def tell(self, sentence: str, *, news: bool = False) -> None:
        """Show a sentence; ``news``: nothing went wrong."""
        self._words.setText("\n".join(visible(line, 1000) for line in sentence.split("\n")))
        self._news = news
        self.setProperty("news", news)
        self.style().polish(self)
        self._dress()

    def _dress(self) -> None:
        colours = self._theme.colours
        name, colour = ("info", colours.accent) if self._news else ("error", colours.failure)
        self._picture.setPixmap(icons.pixmap(name, colour, 20, self.devicePixelRatioF()))
        self._close.setIcon(icons.icon("close", self._theme.colours, Tone.QUIET))


class NoticePlace(QWidget):
    """Where a notice stands, with room around it; nothing until there is one, and after it was taken away."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._notice = Notice(theme)
        self._notice.dismissed.connect(self.hide)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        layout.addWidget(self._notice)
        self.hide()

    @property
    def text(self) -> str:
        """What the latest notice says."""
        return self._notice.text

    @property
    def news(self) -> bool:
        """Whether that is news, and nothing that went wrong."""
        return self._notice.news

    def tell(self, sentence: str) -> None:
        """Show a sentence about what went wrong in place of the former."""
        self._notice.tell(sentence)
        self.show()

    def tell_news(self, sentence: str) -> None:
        """Show a sentence about what is new in place of the former."""
        self._notice.tell(sentence, news=True)
        self.show()
