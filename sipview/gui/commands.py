"""Commands for a terminal, each to be copied by its button."""

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sipview.gui.scaling import fixed_font
from sipview.gui.tokens import SPACE_S, SPACE_XS


class Commands(QWidget):
    """Some commands below each other; hidden while there are none."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(SPACE_XS)
        self.hide()

    def show_commands(self, commands: Sequence[str]) -> None:
        """Show these in place of the former ones."""
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for command in commands:
            self._rows.addWidget(_Command(command))
        self.setVisible(bool(commands))


class _Command(QWidget):
    """A command for a terminal, and the button that copies it."""

    def __init__(self, command: str) -> None:
        super().__init__()
        field = QLineEdit(command)
        field.setReadOnly(True)
        field.setFont(fixed_font())
        field.setAccessibleName("Command")
        field.setCursorPosition(0)
        copy = QPushButton("Copy")
        copy.setAccessibleName(f"Copy the command {command}")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(command))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_S)
        row.addWidget(field, 1)
        row.addWidget(copy)
