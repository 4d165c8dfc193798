"""A field to search with: a glass at its left, and once something is written a button that clears it.

Qt's own icons in fields stay at 16 px whatever the size of everything is.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton

from sipview.gui import icons
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_S, SPACE_XS, Tone

_ICON_PX = 16


class SearchField(QLineEdit):
    """A line of text with its two icons."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._glass = QLabel(self)
        self._glass.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clear_button = QToolButton(self)
        self.clear_button.setObjectName("inside")
        self.clear_button.setCursor(Qt.CursorShape.ArrowCursor)
        self.clear_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Ctrl+A and Del do the same
        self.clear_button.setToolTip("Clear the search")
        self.clear_button.setAccessibleName("Clear the search")
        self.clear_button.clicked.connect(self.clear)
        self.clear_button.hide()
        self.textChanged.connect(lambda text: self.clear_button.setVisible(bool(text)))
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        colours = self._theme.colours
        self._glass.setPixmap(icons.pixmap("search", colours.muted, _ICON_PX, self.devicePixelRatioF()))
        self.clear_button.setIcon(icons.icon("close", colours, Tone.QUIET))
        self.setTextMargins(px(_ICON_PX + SPACE_XS), 0, px(_ICON_PX + SPACE_S), 0)
        self._place()

    def _place(self) -> None:
        glass, clear = self._glass, self.clear_button
        glass.adjustSize()
        glass.move(px(SPACE_S), (self.height() - glass.height()) // 2)
        side = min(clear.sizeHint().height(), self.height() - 2 * px(1))
        clear.setGeometry(self.width() - side - px(SPACE_XS), (self.height() - side) // 2, side, side)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The icons stay at the ends."""
        super().resizeEvent(event)
        self._place()
