"""Finding in the ladder: a bar that looks through the messages drawn while one types, and walks from hit to hit."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QToolButton

from sipview.gui import icons, wording
from sipview.gui.notes import label
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS, Tone

_PAUSE_MS = 120  # after the last letter, before it looks


class FindBar(QFrame):
    """A field, a count, arrows to walk.

    ``sought(text)``: look for it; ``walked(by)``: to the next or previous hit; ``closed``: no more.
    """

    sought = Signal(str)
    walked = Signal(int)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._theme = theme
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in the ladder: method, status, header or any text")
        self.field.setAccessibleName("Find in the ladder")
        self.field.setMinimumWidth(px(200))
        self.field.installEventFilter(self)
        self.count = label(tone="quiet")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._seek)
        self.field.textChanged.connect(lambda _: self._pause.start())
        self.previous = self._button("Previous hit (Shift+Enter)")
        self.next = self._button("Next hit (Enter)")
        self.close_button = self._button("Close (Esc)")
        self.previous.clicked.connect(lambda: self.walked.emit(-1))
        self.next.clicked.connect(lambda: self.walked.emit(1))
        self.close_button.clicked.connect(self.leave)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_M, SPACE_XS, SPACE_S, SPACE_XS)
        row.setSpacing(SPACE_XS)
        row.addWidget(self.field, 1)
        row.addWidget(self.count)
        for button in (self.previous, self.next, self.close_button):
            row.addWidget(button)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    @property
    def waiting(self) -> bool:
        """Whether it is about to look."""
        return self._pause.isActive()

    def begin(self, text: str = "") -> None:
        """Open it; ``text`` was typed elsewhere."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if text:
            self.field.setText(text)
        else:
            self.field.selectAll()

    def leave(self) -> None:
        """Close it, and look for nothing any more."""
        self.hide()
        self.field.clear()
        self._pause.stop()
        self._seek()
        self.closed.emit()

    def tell(self, place: int | None, count: int) -> None:
        """Say how much was found: ``2 of 7``."""
        if not self.field.text():
            self.count.setText("")
        elif not count:
            self.count.setText("not found")
        elif place is None:
            self.count.setText(wording.counted(count, "hit"))
        else:
            self.count.setText(f"{place + 1:,} of {count:,}")
        self.next.setEnabled(count > 0)
        self.previous.setEnabled(count > 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Keys of the field: Enter walks, Esc closes."""
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self.walked.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.leave()
                return True
        return super().eventFilter(watched, event)

    def _seek(self) -> None:
        self.sought.emit(self.field.text())

    def _button(self, hint: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(hint)
        button.setAccessibleName(hint.partition(" (")[0])
        return button

    def _dress(self) -> None:
        for button, name in ((self.previous, "previous"), (self.next, "next"), (self.close_button, "close")):
            button.setIcon(icons.icon(name, self._theme.colours, Tone.QUIET))
