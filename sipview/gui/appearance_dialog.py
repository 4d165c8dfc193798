"""How sipview looks: light or dark, the size of everything, the font."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QComboBox, QFontComboBox, QFormLayout, QPushButton, QWidget

from sipview.gui.dialogs import PlainDialog
from sipview.gui.preferences import SCALES, Preferences
from sipview.gui.theme import Theme, ThemeChoice

_THEMES = {ThemeChoice.SYSTEM: "As the system", ThemeChoice.LIGHT: "Light", ThemeChoice.DARK: "Dark"}


class AppearanceDialog(PlainDialog):
    """What is chosen is seen at once. ``theme_chosen(choice)``: light or dark."""

    theme_chosen = Signal(object)

    def __init__(self, parent: QWidget | None, theme: Theme, preferences: Preferences) -> None:
        super().__init__(parent, "Appearance", QSize(460, 280))
        self._theme = theme
        self._preferences = preferences
        self.theme = QComboBox()
        for choice, words in _THEMES.items():
            self.theme.addItem(words, choice)
        self.theme.setCurrentIndex(self.theme.findData(theme.choice))
        self.scale = QComboBox()
        for percent in SCALES:
            self.scale.addItem(f"{percent} %", percent)
        self.scale.setCurrentIndex(self.scale.findData(preferences.scale_percent))
        self.font_choice = QFontComboBox()
        self.font_choice.setEditable(False)
        self.font_choice.setCurrentFont(QFont(preferences.font_family or QApplication.font().family()))
        self.plain = QPushButton("The system's font")
        rows = QFormLayout()
        for words, widget in (("&Colours", self.theme), ("&Size of everything", self.scale), ("&Font", self.font_choice)):
            rows.addRow(words, widget)
            widget.setAccessibleName(words.replace("&", ""))
        rows.addRow("", self.plain)
        self.body.addLayout(rows)
        self.body.addStretch(1)
        self.done_with()
        self.theme.activated.connect(lambda: self.theme_chosen.emit(ThemeChoice(self.theme.currentData())))
        self.scale.activated.connect(self._choose_size)
        self.font_choice.activated.connect(lambda: self._choose_font(self.font_choice.currentFont().family()))
        self.plain.clicked.connect(self._forget_font)

    def _choose_size(self) -> None:
        self._preferences.scale_percent = self.scale.currentData()
        self._show()

    def _choose_font(self, family: str) -> None:
        self._preferences.font_family = family
        self._show()

    def _forget_font(self) -> None:
        self._choose_font("")
        self.font_choice.setCurrentFont(QApplication.font())

    def _show(self) -> None:
        self._theme.choose_text(self._preferences.scale_percent, self._preferences.font_family)
