"""Which packets of a capture to save."""

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QRadioButton, QVBoxLayout, QWidget

from sipview.gui.notes import label
from sipview.gui.tokens import SPACE_L, SPACE_M


class What(Enum):
    """Which packets."""

    ALL = "all"
    DISPLAYED = "displayed"
    SELECTED = "selected"


_WORDS = {
    What.ALL: "All packets",
    What.DISPLAYED: "Only the packets that pass the display filter",
    What.SELECTED: "Only the signalling of the selected call",
}


class SaveDialog(QDialog):
    """``chosen(what)``: the user wants to save this much."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget, displayed: bool, selected: bool) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Save the capture")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_M)
        layout.setSpacing(SPACE_M)
        self.choices: dict[What, QRadioButton] = {}
        for what, there in ((What.ALL, True), (What.DISPLAYED, displayed), (What.SELECTED, selected)):
            choice = self.choices[what] = QRadioButton(_WORDS[what])
            choice.setEnabled(there)
            layout.addWidget(choice)
        self.choices[What.ALL].setChecked(True)
        layout.addWidget(label("The working copy is deleted once all packets are saved.", tone="quiet"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.accepted.connect(self._tell)

    def _tell(self) -> None:
        for what, choice in self.choices.items():
            if choice.isChecked():
                self.chosen.emit(what)
