"""Fields for numbers, with the same room around their text as other fields have: a style sheet cannot give it to them."""

from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit

from sipview.gui.scaling import px
from sipview.gui.tokens import SPACE_S


def give_room(field: QAbstractSpinBox) -> None:
    """Keep the number off the field's edge."""
    line = field.findChild(QLineEdit)
    if line is not None:
        line.setTextMargins(px(SPACE_S + 1), 0, px(SPACE_S + 1), 0)
