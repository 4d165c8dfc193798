"""The message below the ladder: explained, as text, as bytes; what is selected in one is marked in all."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QResizeEvent, QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QTabWidget, QTextEdit, QVBoxLayout, QWidget

from sipview.gui import wording
from sipview.gui.explained_tree import ExplainedTree
from sipview.gui.hex_view import HexView
from sipview.gui.notes import EmptyNote, label
from sipview.gui.requests import OpenedMessage, OpenedPacket
from sipview.gui.shown_text import ShownText, shown_text
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S
from sipview.session.naming import HostNames

_MOST_COLOURED_FIELDS = 2000
_NO_TEXT = shown_text(b"")


class TextView(QPlainTextEdit):
    """The message as it was sent, with the names of its header fields in colour. ``byte_chosen(offset)``: the user's cursor."""

    byte_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: ShownText = _NO_TEXT
        self._names: list[tuple[int, int]] = []
        self._start_line = (0, 0)
        self._marked = (0, 0)
        self._filling = False
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setAccessibleName("Text of the message")
        self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        option = self.document().defaultTextOption()
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.document().setDefaultTextOption(option)
        self.document().setDocumentMargin(SPACE_S)
        self.cursorPositionChanged.connect(self._cursor_moved)
        theme.changed.connect(self._colour)

    @property
    def marked_text(self) -> str:
        """The characters that are marked."""
        start, end = self._shown.span(*self._marked)
        return self._cursor(start, end).selectedText()

    def show_message(self, opened: OpenedMessage) -> None:
        """Show another message."""
        message = opened.message
        self._names = [
            (field.start, field.start + len(field.name.encode("utf-8", "surrogateescape")))
            for field in message.fields[:_MOST_COLOURED_FIELDS]
        ]
        self._start_line = (message.start_line.start, message.start_line.end)
        self._fill(opened.text)

    def show_note(self, text: str) -> None:
        """Show a sentence in place of a message."""
        self._names = []
        self._start_line = (0, 0)
        self._fill(shown_text(text.encode()))

    def mark(self, start: int, end: int) -> None:
        """Mark the bytes from ``start`` to ``end`` and bring them into sight."""
        self._marked = (start, end)
        self._colour()
        self._reveal_mark()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Other lines are in sight."""
        super().resizeEvent(event)
        self._reveal_mark()

    def _reveal_mark(self) -> None:
        """All of what is marked if it fits, else its start."""
        first, last = self._shown.span(*self._marked)
        if first == last:
            return
        self._filling = True
        for place in (last, first):
            self.setTextCursor(self._cursor(place, place))
            self.ensureCursorVisible()
        self._filling = False

    def _fill(self, text: ShownText) -> None:
        self._filling = True
        self._shown = text
        self._marked = (0, 0)
        self.setPlainText(text.text)
        self._filling = False
        self._colour()

    def _colour(self) -> None:
        colours = self._theme.colours
        name, start_line, mark = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        name.setForeground(QColor(colours.syntax_name))
        start_line.setForeground(QColor(colours.syntax_start))
        start_line.setFontWeight(QFont.Weight.Bold)
        mark.setBackground(QColor(colours.mark))
        selections = [self._selection(span, name) for span in self._names]
        selections.append(self._selection(self._start_line, start_line))
        if self._marked[0] < self._marked[1]:
            selections.append(self._selection(self._marked, mark))
        self.setExtraSelections(selections)

    def _selection(self, span: tuple[int, int], look: QTextCharFormat) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        selection.cursor = self._cursor(*self._shown.span(*span))
        selection.format = look
        return selection

    def _cursor(self, start: int, end: int) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _cursor_moved(self) -> None:
        if not self._filling and not self.textCursor().hasSelection():
            self.byte_chosen.emit(self._shown.byte_at(self.textCursor().position()))


class MessagePane(QWidget):
    """Tabs Explained, Text and Bytes over one message, and a line that says which it is."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.tree = ExplainedTree(theme)
        self.text = TextView(theme)
        self.bytes = HexView(theme)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("The message")
        for widget, title, hint in (
            (self.tree, "Explained", "Each part of the message, and what it means here"),
            (self.text, "Text", "The message as it was sent"),
            (self.bytes, "Bytes", "The message byte by byte"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(widget, title), hint)
        self.line = label(tone="quiet")
        self.line.setAccessibleName("Which message this is")
        corner = QWidget()
        around = QHBoxLayout(corner)
        around.setContentsMargins(SPACE_M, 0, SPACE_M, SPACE_S)
        around.addWidget(self.line)
        self.tabs.setCornerWidget(corner)
        self.note = EmptyNote(theme)
        self.note.tell("message", "No message selected", "Click an arrow of the ladder, or a packet: it is explained here.")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.note)
        self._stack.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.tree.part_chosen.connect(self._mark)
        self.text.byte_chosen.connect(self.tree.select_byte)
        self.bytes.byte_chosen.connect(self.tree.select_byte)

    def show_message(self, opened: OpenedMessage, hosts: HostNames) -> None:
        """Show a SIP message between hosts that may have names."""
        observed = opened.observed
        self.line.setText(
            f"Frame {observed.row + 1:,} · {wording.spoken(observed)}"
            f" · {hosts.of(observed.source.address)} → {hosts.of(observed.destination.address)}"
            f" · {observed.transport} · {wording.counted(len(opened.message.data), 'byte')}"
        )
        self.line.setToolTip(
            wording.tip(f"{observed.source} → {observed.destination}\n{wording.day_and_clock(observed.time_ns)}")
        )
        self.text.show_message(opened)
        self.bytes.show_bytes(opened.message.data)
        self.tabs.setTabEnabled(0, True)
        self.tabs.setTabEnabled(1, True)
        self.tree.show_explanations(opened.explanations)
        self._stack.setCurrentWidget(self.tabs)

    def show_packet(self, opened: OpenedPacket, words: str) -> None:
        """Show a packet that completes no SIP message: its bytes from the link layer on."""
        self.line.setToolTip("")
        self.line.setText(f"Frame {opened.row + 1:,} · {words} · {wording.counted(len(opened.data), 'byte')}")
        self.tree.show_explanations(())
        self.text.show_note("This packet holds no SIP message. The Bytes tab shows what was captured of it.")
        self.bytes.show_bytes(opened.data)
        self.tabs.setTabEnabled(0, False)
        self.tabs.setTabEnabled(1, False)
        self.tabs.setCurrentWidget(self.bytes)
        self._stack.setCurrentWidget(self.tabs)

    def show_nothing(self) -> None:
        """Show that there is no message."""
        self.tree.show_explanations(())
        self.text.show_note("")
        self.bytes.show_bytes(b"")
        self._stack.setCurrentWidget(self.note)

    def _mark(self, start: int, end: int) -> None:
        self.text.mark(start, end)
        self.bytes.mark(start, end)
