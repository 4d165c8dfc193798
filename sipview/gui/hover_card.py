"""The card beside the mouse: what an arrow is, in plain text, with the first lines of its message."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from sipview.gui.notes import label
from sipview.gui.scaling import fixed_font, px
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS
from sipview.values import visible

_AWAY_PX = 16
_WIDEST_PX = 800
_LONGEST_LINE = 160


class HoverCard(QFrame):
    """A headline, lines about it, and the beginning of a message. Takes no mouse and no keyboard."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("hovercard")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.headline = label()
        self.headline.setStyleSheet("font-weight: 600;")
        self.lines = label(tone="quiet")
        self.media = label()
        self.headers = label()
        self.headers.setFont(fixed_font())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        layout.setSpacing(SPACE_XS)
        for part in (self.headline, self.lines, self.media, self.headers):
            part.setMaximumWidth(px(_WIDEST_PX))
            layout.addWidget(part)

    def tell(self, text: str, place: QPoint, *, media: str = "", headers: str = "") -> None:
        """Show a text, its first line as the headline, near a place on the screen."""
        headline, _, rest = text.partition("\n")
        for part, words in ((self.headline, headline), (self.lines, rest), (self.media, media), (self.headers, headers)):
            part.setText("\n".join(visible(line, _LONGEST_LINE) for line in words.split("\n")) if words else "")
            part.setVisible(bool(words))
        self.adjustSize()
        self.move(self._beside(place))
        self.show()

    def _beside(self, place: QPoint) -> QPoint:
        """Below and to the right of the mouse, where there is room; else above, else to the left."""
        room = (QGuiApplication.screenAt(place) or self.screen()).availableGeometry()
        x, y = place.x() + _AWAY_PX, place.y() + _AWAY_PX
        if x + self.width() > room.right():
            x = max(room.left(), room.right() - self.width())
        if y + self.height() > room.bottom():
            y = max(room.top(), place.y() - _AWAY_PX - self.height())
        return QPoint(x, y)
