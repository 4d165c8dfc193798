"""A question that has to be answered before something goes on: what it is about, what each answer leads to."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

from sipview.gui import icons
from sipview.gui.theme import Theme
from sipview.gui.tokens import Tone

_ICON_PX = 32


class Question(QMessageBox):
    """Asks with an icon of ours; goes away by being answered. Nothing in its texts is markup."""

    def __init__(self, window: QWidget, theme: Theme, icon: str, tone: Tone, headline: str, sentence: str) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle("sipview")
        self.setIconPixmap(icons.pixmap(icon, theme.colours.tone(tone), _ICON_PX, self.devicePixelRatioF()))
        self.setText(headline)
        self.setInformativeText(sentence)

    def offer(self, words: str, role: QMessageBox.ButtonRole, *, first: bool = False) -> QPushButton:
        """Add an answer; the ``first`` one is what Enter takes."""
        button = QPushButton(words, self)
        if first:
            button.setObjectName("primary")  # before it is dressed
        self.addButton(button, role)
        if first:
            self.setDefaultButton(button)
        return button
