"""What is this? The longer explanation of one part of a message, beside the tree."""

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from sipview.explain import Explanation
from sipview.gui import icons, wording
from sipview.gui.notes import label
from sipview.gui.scaling import px
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M, SPACE_S, SPACE_XS, Tone

_RFC = re.compile(r"RFC (\d+) ([A-Z0-9.]+)")
_LEAST_WIDTH_PX = 220


def section_address(reference: str) -> str:
    """Where the RFC Editor publishes a section such as ``RFC 3261 20.8``; "" for what is no RFC."""
    found = _RFC.fullmatch(reference.strip())
    if found is None:
        return ""
    number, section = found.groups()
    place = f"section-{section}" if section[0].isdigit() else f"appendix-{section}"
    return f"https://www.rfc-editor.org/rfc/rfc{number}#{place}"


class PartPanel(QFrame):
    """Shows a part with the parts that it lies in. ``closed``: the user does not want it any more."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setMinimumWidth(px(_LEAST_WIDTH_PX))
        self.setAccessibleName("What is this?")
        self._theme = theme
        self._title = label()
        self._title.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self._close = QToolButton()
        self._close.setAccessibleName("Close the explanation")
        self._close.setToolTip("Close the explanation")
        self._close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._close)
        self._content = QWidget()
        self._content.setObjectName("content")
        self._lines = QVBoxLayout(self._content)
        self._lines.setContentsMargins(SPACE_L, 0, SPACE_M, SPACE_M)
        self._lines.setSpacing(SPACE_XS)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._content)
        area.setAccessibleName("The longer explanation")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE_S, 0, 0)
        layout.setSpacing(SPACE_S)
        head.setContentsMargins(SPACE_L, 0, SPACE_S, 0)
        layout.addLayout(head)
        layout.addWidget(area, 1)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_part(())

    @property
    def words(self) -> str:
        """All that it says."""
        items = (self._lines.itemAt(at) for at in range(self._lines.count()))
        widgets = (item.widget() for item in items if item is not None)
        return "\n".join((self._title.text(), *(str(widget.property("text")) for widget in widgets if widget is not None)))

    def show_part(self, parts: Sequence[Explanation], problem: str = "") -> None:
        """Show the last of these parts, the others being those that it lies in from the outermost; () for none."""
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if not parts:
            self._title.setText("What is this?")
            self._paragraph("Select a part of the message: what it is for is explained here.", "quiet")
            self._lines.addStretch(1)
            return
        part = parts[-1]
        self._title.setText(wording.cell(" › ".join(each.field for each in parts)))
        for words in (problem,) if problem else part.problems:
            self._heading("What is wrong")
            self._paragraph(words, "warning")
        about = next((each for each in reversed(parts) if each.more), None)
        if about is not None:
            self._heading("What it is" if about is part else f"What {wording.cell(about.field)} is")
            self._paragraph(about.more)
        if part.explanation:
            self._heading("Here")
            self._paragraph(part.explanation)
        references = [each for each in part.reference.split("; ") if each]
        if references:
            self._heading("Where it is written")
            for reference in references:
                self._reference(reference)
        self._lines.addStretch(1)

    def _heading(self, text: str) -> None:
        words = label(text, tone="quiet")
        words.setContentsMargins(0, SPACE_S, 0, 0)
        self._lines.addWidget(words)

    def _paragraph(self, text: str, tone: str = "") -> None:
        words = label(wording.paragraph(text), tone=tone, wrapped=True)
        # One long value (a tag, a nonce) would widen the panel beyond its sight, and with it what is said of the value.
        room = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        room.setHeightForWidth(True)
        words.setSizePolicy(room)
        words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._lines.addWidget(words)

    def _reference(self, reference: str) -> None:
        address = section_address(reference)
        if not address:
            self._paragraph(reference)
            return
        link = QPushButton(reference)
        link.setObjectName("link")
        link.setToolTip(f"Read it at the RFC Editor: {address}")
        link.setCursor(Qt.CursorShape.PointingHandCursor)
        link.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(address)))
        self._lines.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    def _dress(self) -> None:
        self._close.setIcon(icons.icon("close", self._theme.colours, Tone.QUIET))
