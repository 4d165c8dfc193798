"""How sipview looks: light or dark, the size of everything, the font."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QFormLayout, QWidget

from sipview.gui.choice_box import ChoiceBox
from sipview.gui.dialogs import PlainDialog
from sipview.gui.notes import label
from sipview.gui.preferences import SCALES, Preferences
from sipview.gui.theme import Theme, ThemeChoice
from sipview.gui.tokens import SPACE_M

_THEMES = {ThemeChoice.SYSTEM: "As the system", ThemeChoice.LIGHT: "Light", ThemeChoice.DARK: "Dark"}
_PLAIN = "As the system"
_MOST_FONTS_IN_SIGHT = 14


class AppearanceDialog(PlainDialog):
    """What is chosen is seen at once. ``theme_chosen(choice)``: light or dark."""

    low = True
    theme_chosen = Signal(object)

    def __init__(self, parent: QWidget | None, theme: Theme, preferences: Preferences) -> None:
        super().__init__(parent, "Appearance", QSize(460, 240))
        self._theme = theme
        self._preferences = preferences
        self.theme = ChoiceBox()
        for choice, words in _THEMES.items():
            self.theme.addItem(words, choice)
        self.theme.setCurrentIndex(self.theme.findData(theme.choice))
        self.scale = ChoiceBox()
        for percent in SCALES:
            self.scale.addItem(f"{percent} %", percent)
        self.scale.setCurrentIndex(self.scale.findData(preferences.scale_percent))
        self.font_choice = ChoiceBox()
        self.font_choice.setMaxVisibleItems(_MOST_FONTS_IN_SIGHT)
        self.font_choice.addItem(_PLAIN, "")
        for family in QFontDatabase.families():
            if not QFontDatabase.isPrivateFamily(family):
                self.font_choice.addItem(family, family)
                self.font_choice.setItemData(self.font_choice.count() - 1, QFont(family), Qt.ItemDataRole.FontRole)
        self.font_choice.setCurrentIndex(max(0, self.font_choice.findData(preferences.font_family)))
        rows = QFormLayout()
        rows.setHorizontalSpacing(SPACE_M)
        rows.setVerticalSpacing(SPACE_M)
        for words, widget in (("&Colours", self.theme), ("&Size of everything", self.scale), ("&Font", self.font_choice)):
            rows.addRow(words, widget)
            widget.setAccessibleName(words.replace("&", ""))
        self.body.addLayout(rows)
        self.body.addWidget(label("Seen at once, in all windows, and remembered.", tone="quiet", wrapped=True))
        self.body.addStretch(1)
        self.done_with()
        self.theme.activated.connect(lambda: self.theme_chosen.emit(ThemeChoice(self.theme.currentData())))
        self.scale.activated.connect(self._choose_size)
        self.font_choice.activated.connect(self._choose_font)

    def _choose_size(self) -> None:
        self._preferences.scale_percent = self.scale.currentData()
        self._show()

    def _choose_font(self) -> None:
        self._preferences.font_family = self.font_choice.currentData()
        self._show()

    def _show(self) -> None:
        self._theme.choose_text(self._preferences.scale_percent, self._preferences.font_family)
