"""The message below the ladder: explained, as text, as bytes; what is selected in one is marked in all."""

import re

from PySide6.QtCore import QByteArray, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sipview.gui import icons, wording
from sipview.gui.explained_tree import ExplainedTree
from sipview.gui.filter_menu import fill_filter_menu
from sipview.gui.filter_words import Join
from sipview.gui.hex_view import HexView
from sipview.gui.notes import ElidedLabel, EmptyNote
from sipview.gui.part_panel import PartPanel
from sipview.gui.requests import OpenedMessage, OpenedPacket
from sipview.gui.scaling import fixed_font
from sipview.gui.shown_text import ShownText, shown_text
from sipview.gui.steady_tabs import SteadyTabs
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S
from sipview.session.naming import HostNames
from sipview.session.part_filter import filter_for
from sipview.sip import Message

_MOST_COLOURED_FIELDS = 2000
_SDP_LINE = re.compile(rb"^([a-z]=)(?:[A-Za-z0-9-]+:)?", re.MULTILINE)
_MEDIA_LINE = re.compile(rb"^m=[^\r\n]*", re.MULTILINE)
_NO_TEXT = shown_text(b"")
# What to say in place of a message: icon, headline, sentence.
_TO_BE_CHOSEN = ("message", "No message selected", "Click an arrow of the ladder, or a packet: it is explained here.")
_PACKETS_ONLY = ("message", "No packet selected", "Click a packet of the list: its bytes are shown here.")
_NOTHING_THERE = ("message", "Nothing to explain", "Messages are explained here, part by part, once there are any.")


class TextView(QPlainTextEdit):
    """The message as it was sent, its start line, names of header fields, and the SDP's types and media lines in colour.

    ``byte_chosen(offset)`` tells where the user's cursor is.
    """

    byte_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: ShownText = _NO_TEXT
        self._names: list[tuple[int, int]] = []
        self._strong: list[tuple[int, int]] = []
        self._marked = (0, 0)
        self._filling = False
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(fixed_font())
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
        names, media = _sdp_spans(message)
        self._names += names
        self._strong = [(message.start_line.start, message.start_line.end), *media]
        self._fill(opened.text)

    def show_note(self, text: str) -> None:
        """Show a sentence in place of a message."""
        self._names = []
        self._strong = []
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
        selections += [self._selection(span, start_line) for span in self._strong]
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


def _sdp_spans(message: Message) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where in a message the types (and names of attributes) of its SDP stand, and its media lines."""
    start = message.data.find(b"v=", message.body_start)
    kind = message.first("Content-Type")
    if start < 0 or (kind is not None and not kind.value.lower().startswith(("application/sdp", "multipart/"))):
        return [], []
    names = [
        found.span() for found, _ in zip(_SDP_LINE.finditer(message.data, start), range(_MOST_COLOURED_FIELDS), strict=False)
    ]
    return names, [found.span() for found in _MEDIA_LINE.finditer(message.data, start)][:_MOST_COLOURED_FIELDS]


class MessagePane(QWidget):
    """Tabs Explained, Text and Bytes over one message, and a line that says which it is.

    ``filter_wanted(term, how)``: the user wants to put a filter made from a part of the message in force.
    """

    filter_wanted = Signal(str, Join)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._data = b""
        self.tree = ExplainedTree(theme)
        self.panel = PartPanel(theme)
        self.panel.hide()
        self._explained = QSplitter(Qt.Orientation.Horizontal)
        self._explained.addWidget(self.tree)
        self._explained.addWidget(self.panel)
        self._explained.setStretchFactor(0, 1)
        self._explained.setChildrenCollapsible(False)
        self._explained.setFocusProxy(self.tree)
        self._more_tabs: list[QWidget] = []
        self.text = TextView(theme)
        self.bytes = HexView(theme)
        self.tabs = SteadyTabs()
        self.tabs.setAccessibleName("The message")
        for widget, title, hint in (
            (self._explained, "Explained", "Each part of the message, and what it means here"),
            (self.text, "Text", "The message as it was sent"),
            (self.bytes, "Bytes", "The message byte by byte"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(widget, title), hint)
        self.line = ElidedLabel("", tone="quiet", mode=Qt.TextElideMode.ElideRight, as_wide_as_needed=True)
        self._corner = QWidget()
        self._around = around = QHBoxLayout(self._corner)
        around.setContentsMargins(SPACE_M, 0, SPACE_M, 0)
        around.addWidget(self.line)
        self.what = QToolButton()
        self.what.setCheckable(True)
        self.what.setAccessibleName("What is this?")
        self.what.setToolTip("What is this? A longer explanation of the selected part, with its section in the RFC (Shift+F1)")
        self.what.setIconSize(QSize(18, 18))
        self.what.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.what.toggled.connect(self._show_panel)
        around.addWidget(self.what)
        self.tabs.setCornerWidget(self._corner)
        self.note = EmptyNote(theme)
        self.note.tell(*_TO_BE_CHOSEN)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.note)
        self._stack.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.tree.part_chosen.connect(self._mark)
        self.tree.selectionModel().currentRowChanged.connect(self._tell_part)
        self.tree.filled.connect(self._tell_part)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.panel.closed.connect(lambda: self.what.setChecked(False))
        theme.changed.connect(self._dress)
        self._dress()
        self.text.byte_chosen.connect(self.tree.select_byte)
        self.bytes.byte_chosen.connect(self.tree.select_byte)

    def show_message(self, opened: OpenedMessage, hosts: HostNames) -> None:
        """Show a SIP message between hosts that may have names."""
        observed = opened.observed
        self._tell_line(
            f"Frame {observed.row + 1:,} · {wording.spoken(observed)}"
            f" · {hosts.of(observed.source.address)} → {hosts.of(observed.destination.address)}"
            f" · {observed.transport} · {wording.counted(len(opened.message.data), 'byte')}",
            f"{observed.source} → {observed.destination}\n{wording.day_and_clock(observed.time_ns)}",
        )
        self._data = opened.message.data
        self.text.show_message(opened)
        self.bytes.show_bytes(self._data)
        self._allow_message(True)
        self.tree.show_explanations(opened.explanations)
        self._stack.setCurrentWidget(self.tabs)
        self.tree.settle()

    def show_packet(self, opened: OpenedPacket, words: str) -> None:
        """Show a packet that completes no SIP message: its bytes from the link layer on."""
        self._tell_line(f"Frame {opened.row + 1:,} · {words} · {wording.counted(len(opened.data), 'byte')}")
        self._data = opened.data
        self.tree.show_explanations(())
        self.text.show_note("This packet holds no SIP message. The Bytes tab shows what was captured of it.")
        self.bytes.show_bytes(opened.data)
        self._allow_message(False)
        self.tabs.setCurrentWidget(self.bytes)
        self._stack.setCurrentWidget(self.tabs)

    def mark_hit(self, start: int, end: int) -> None:
        """Mark a hit of the search in all views: its bytes, and the part of the message that they stand in."""
        self.tree.select_byte(start)
        self._mark(start, end)

    def show_nothing(self, *, packets: int | None = None) -> None:
        """Show that no message is selected; ``packets`` tells that there is none at all, among so many packets."""
        self.note.tell(*(_TO_BE_CHOSEN if packets is None else _PACKETS_ONLY if packets else _NOTHING_THERE))
        self.tree.show_explanations(())
        self.text.show_note("")
        self.bytes.show_bytes(b"")
        self._data = b""
        self._stack.setCurrentWidget(self.note)

    def add_tab(self, widget: QWidget, title: str, hint: str) -> None:
        """Add a tab that has something to say of SIP messages only."""
        self._more_tabs.append(widget)
        self.tabs.setTabToolTip(self.tabs.addTab(widget, title), hint)

    def explain_part(self) -> None:
        """What is this? Open the longer explanation of the selected part (of the first, where none is selected)."""
        if not self.tabs.isTabEnabled(0):
            return
        self.tabs.setCurrentIndex(0)
        if not self.tree.currentIndex().isValid() and self.tree.model_.rowCount():
            self.tree.setCurrentIndex(self.tree.model_.index(0, 0))
        self.what.setChecked(True)
        self.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def places(self) -> QByteArray:
        """How the width is shared, to be remembered."""
        return self._explained.saveState()

    def restore_places(self, state: QByteArray) -> None:
        """Share the width as it was remembered."""
        self._explained.restoreState(state)

    def part_menu(self) -> QMenu:
        """What can be done with the selected part."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        parts = self.tree.selected_parts()
        if not parts:
            return menu
        part = parts[-1]
        field = self._data[part.start : part.end].decode("utf-8", "replace")
        for text, icon_name, copied in (
            ("Copy &field", "copy", field),
            ("Copy &value", "", part.value),
            ("Copy &meaning", "", part.explanation),
        ):
            action = menu.addAction(text)
            if icon_name:
                action.setIcon(icons.icon(icon_name, self._theme.colours))
            action.setEnabled(bool(copied))
            action.triggered.connect(lambda _checked=False, copied=copied: QGuiApplication.clipboard().setText(copied))
        menu.addSeparator()
        fill_filter_menu(menu, filter_for(parts) or "", self.filter_wanted.emit)
        menu.addSeparator()
        what = menu.addAction("&What is this?")
        what.setIcon(icons.icon("help", self._theme.colours))
        what.triggered.connect(self.explain_part)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room beside the tabs."""
        super().resizeEvent(event)
        self._give_room()

    def _tell_line(self, words: str, more: str = "") -> None:
        """Say which message it is; the tooltip says more."""
        self.line.show_text(words)
        self.line.setToolTip(wording.tip(f"{words}\n{more}" if more else words))
        self._give_room()

    def _give_room(self) -> None:
        """The line has what the tabs leave."""
        margins = self._around.contentsMargins()
        beside = margins.left() + margins.right() + self._around.spacing() + self.what.sizeHint().width()
        self.line.setMaximumWidth(max(0, self.width() - self.tabs.tabBar().sizeHint().width() - beside))

    def _show_menu(self, place: QPoint) -> None:
        menu = self.part_menu()
        if not menu.isEmpty():
            menu.popup(self.tree.viewport().mapToGlobal(place))

    def _allow_message(self, there: bool) -> None:
        for widget in (self._explained, self.text, *self._more_tabs):
            self.tabs.setTabEnabled(self.tabs.indexOf(widget), there)

    def _show_panel(self, shown: bool) -> None:
        if shown:
            self.tabs.setCurrentIndex(0)
        self.panel.setVisible(shown)
        if shown and not self._explained.sizes()[1]:
            width = self._explained.width()
            self._explained.setSizes([width * 2 // 3, width // 3])
        self._tell_part()

    def _tell_part(self) -> None:
        if self.what.isChecked():
            self.panel.show_part(self.tree.selected_parts(), self.tree.selected_problem())

    def _dress(self) -> None:
        self.what.setIcon(icons.icon("help", self._theme.colours))
        QTimer.singleShot(0, self, self._give_room)  # once all have their new size

    def _mark(self, start: int, end: int) -> None:
        self.text.mark(start, end)
        self.bytes.mark(start, end)
