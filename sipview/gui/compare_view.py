"""Two messages side by side: what is different by header field and by word, told by mark and word besides colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QMargins,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QPainter,
    QResizeEvent,
    QShowEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from sipview.calls import Call, Conversation
from sipview.gui import icons, wording
from sipview.gui.cells import CellDelegate
from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Jobs, Report
from sipview.gui.notes import EmptyNote, label
from sipview.gui.scaling import fixed_font, px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS, Tone
from sipview.session import Analysis
from sipview.session.comparison import Change, ComparedPart, Comparison, Fragment, compare
from sipview.session.counterparts import Counterpart, counterparts

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
CHANGE, NAME, LEFT, RIGHT = range(4)
_TITLES = ("Difference", "Field", "Left", "Right")
_WORDS = {Change.SAME: "", Change.CHANGED: "changed", Change.ADDED: "only right", Change.REMOVED: "only left"}
_TONES = {Change.SAME: Tone.QUIET, Change.CHANGED: Tone.WARNING, Change.ADDED: Tone.SUCCESS, Change.REMOVED: Tone.FAILURE}
_ICONS = {Change.CHANGED: "changed", Change.ADDED: "added", Change.REMOVED: "removed"}
_MOST_TALL_ROWS = 1000  # with more, all have the height of one line: measuring each would be felt
_ROW_PADDING_PX = 8
_MOST_LINES = 30
_TITLE_CHARACTERS = 62  # of a message's title in the fields above
_MOST_OFFERED = 400  # messages of a long conversation in the fields above


Offers = tuple[tuple[str, int], ...]
"""Words for a message, and its position."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two messages (None where there is none), what may stand in place of each, and what is different."""

    left: int | None
    right: int | None
    left_offers: Offers
    right_offers: Offers
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class CompareMessages:
    """Compare two messages; with ``find``, one with the best of its call, the earlier on the left."""

    analysis: Analysis
    cross: CrossReference
    left: int
    right: int | None
    find: bool

    def run(self, report: Report) -> Compared:
        """What is different."""
        left, right = self.left, self.right
        if self.find:
            best = next(iter(self._counterparts(left)), None)
            right = None if best is None else best.position
            if right is not None and right < left:
                left, right = right, left
        report.cancel.check()
        entries = self._titles([position for position in (left, right) if position is not None])
        report.cancel.check()
        if right is None:
            return Compared(
                left, None, _offers(entries, None, ()), _offers(entries, left, self._counterparts(left)), Comparison(())
            )
        comparison = compare(self.analysis.message(left), self.analysis.message(right))
        left_offers = _offers(entries, right, self._counterparts(right))
        return Compared(left, right, left_offers, _offers(entries, left, self._counterparts(left)), comparison)

    def _counterparts(self, position: int) -> tuple[Counterpart, ...]:
        snapshot = self.cross.snapshot
        return counterparts(position, self.cross.owner(position), snapshot.messages, snapshot.conversations)

    def _titles(self, positions: Sequence[int]) -> dict[int, str]:
        """The messages of the calls that these belong to, of very long ones those around them, by position."""
        titles: dict[int, str] = {}
        for position in positions:
            for other in (*_near(self.cross.owner(position), position), position):
                titles[other] = message_title(self.cross, other)
        return dict(sorted(titles.items()))


def message_title(cross: CrossReference, position: int) -> str:
    """A message in a line: its frame, what it is, and its way."""
    observed = cross.snapshot.messages[position]
    way = f"{cross.hosts.of(observed.source.address)} → {cross.hosts.of(observed.destination.address)}"
    return f"Frame {observed.row + 1:,} · {wording.spoken(observed)} · {way}"


def _offers(titles: Mapping[int, str], opposite: int | None, related: Sequence[Counterpart]) -> Offers:
    """What may stand opposite of a message, with a word on what it is to that."""
    relations = {each.position: each.relation for each in related}
    return tuple(
        (f"{words} ({relations[position]})" if position in relations else words, position)
        for position, words in titles.items()
        if position != opposite
    )


class ComparisonModel(QAbstractTableModel):
    """The parts of a comparison, all or only those that differ."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._parts: tuple[ComparedPart, ...] = ()
        self.dress()

    def dress(self) -> None:
        """Take the fonts in force."""
        self._fixed = fixed_font()
        self._strong = QFont()
        self._strong.setBold(True)

    def show_parts(self, parts: Sequence[ComparedPart]) -> None:
        """Show other parts."""
        self.beginResetModel()
        self._parts = tuple(parts)
        self.endResetModel()

    def part(self, row: int) -> ComparedPart:
        """The part of a row."""
        return self._parts[row]

    def fragments(self, index: AnyIndex) -> tuple[Fragment, ...]:
        """What a side says; () for a side that lacks the part."""
        part = self._parts[index.row()]
        return part.left if index.column() == LEFT else part.right if index.column() == RIGHT else ()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Parts."""
        return 0 if parent.isValid() else len(self._parts)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Four."""
        return 0 if parent.isValid() else len(_TITLES)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid():
            return None
        part, column = self._parts[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (_WORDS[part.change], part.name, part.left_text, part.right_text)[column]
            case Qt.ItemDataRole.ToolTipRole if column in {LEFT, RIGHT}:
                return wording.tip(part.left_text if column == LEFT else part.right_text)
            case Qt.ItemDataRole.FontRole if column in {LEFT, RIGHT}:
                return self._fixed
            case Qt.ItemDataRole.FontRole if column == NAME:
                return self._strong
            case Qt.ItemDataRole.ForegroundRole if column == CHANGE:
                return QColor(self._theme.colours.tone(_TONES[part.change]))
            case Qt.ItemDataRole.DecorationRole if column == CHANGE and part.change in _ICONS:
                return icons.icon(_ICONS[part.change], self._theme.colours, _TONES[part.change])
            case Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """A column's title."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole and 0 <= section < len(_TITLES):
            return _TITLES[section]
        return None


class _Sides(CellDelegate):
    """Paints a side's text, wrapped, with the words that differ on the ground of a mark, and underlined."""

    def __init__(self, theme: Theme, view: "ComparisonTable") -> None:
        super().__init__(theme, view, QMargins(SPACE_XS, _ROW_PADDING_PX // 2, SPACE_XS, 0))
        self._table = view

    def initStyleOption(self, option: QStyleOptionViewItem, index: AnyIndex) -> None:  # noqa: N802 - Qt's name
        """Fill in what a cell looks like: the mark stands beside the first line."""
        super().initStyleOption(option, index)
        option.decorationAlignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Paint a cell."""
        if index.column() not in {LEFT, RIGHT}:
            super().paint(painter, option, index)
            return
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        if cell.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell.rect, self.selection_ground())
        fragments = self._table.model_.fragments(index)
        if not fragments:
            return
        room = _text_room(cell.rect)
        layout = self._laid_out(fragments, index, cell.font, room.width())
        painter.save()
        painter.setClipRect(cell.rect)
        painter.setPen(QColor(self._theme.colours.text))
        layout.draw(painter, QPointF(room.topLeft()))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        """The size that a cell needs in its column's present width."""
        line = option.fontMetrics.height() + px(_ROW_PADDING_PX)
        if index.column() not in {LEFT, RIGHT} or self._table.uniformRowHeights():
            return QSize(10, line)
        fragments = self._table.model_.fragments(index)
        width = _text_room(QRect(0, 0, self._table.columnWidth(index.column()), 10)).width()
        font = self._table.model_.data(index, Qt.ItemDataRole.FontRole)
        layout = self._laid_out(fragments, index, font if isinstance(font, QFont) else option.font, width)
        return QSize(10, max(line, int(layout.boundingRect().height()) + px(_ROW_PADDING_PX)))

    def _laid_out(self, fragments: Sequence[Fragment], index: AnyIndex, font: QFont, width: int) -> QTextLayout:
        colours = self._theme.colours
        part = self._table.model_.part(index.row())
        look = QTextCharFormat()
        look.setBackground(QColor(colours.mark))
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        look.setUnderlineColor(QColor(colours.tone(_TONES[part.change])))
        formats, at = [], 0
        for fragment in fragments:
            units = len(fragment.text) + sum(character > "\uffff" for character in fragment.text)
            if fragment.differs and part.change is Change.CHANGED:
                span = QTextLayout.FormatRange()
                span.start, span.length, span.format = at, units, look
                formats.append(span)
            at += units
        layout = QTextLayout("".join(fragment.text for fragment in fragments), font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        layout.setTextOption(option)
        layout.setFormats(formats)
        layout.beginLayout()
        height = 0.0
        for _ in range(1 if self._table.uniformRowHeights() else _MOST_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(max(40, width))
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        return layout


def _text_room(cell: QRect) -> QRect:
    return cell.adjusted(SPACE_XS + 3, px(_ROW_PADDING_PX) // 2, -SPACE_XS - 3, 0)


class ComparisonTable(QTreeView):
    """Both messages in one table, so that they scroll together."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.model_ = ComparisonModel(theme)
        self.setModel(self.model_)
        self.setItemDelegate(_Sides(theme, self))
        self.setAccessibleName("Both messages, side by side")
        self.setRootIsDecorated(False)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.header().setStretchLastSection(False)
        self.header().setSectionsMovable(False)
        self.header().sectionResized.connect(self.scheduleDelayedItemsLayout)
        theme.changed.connect(self._dress)

    def _dress(self) -> None:
        self.model_.dress()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def show_parts(self, parts: Sequence[ComparedPart]) -> None:
        """Show other parts."""
        self.setUniformRowHeights(len(parts) > _MOST_TALL_ROWS)
        self.model_.show_parts(parts)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Share the width among the columns."""
        super().resizeEvent(event)
        width = self.viewport().width()
        digit = self.fontMetrics().horizontalAdvance("0")
        change, name = min(16 * digit, width // 6), min(22 * digit, width // 5)
        side = (width - change - name) // 2
        for column, pixels in ((CHANGE, change), (NAME, name), (LEFT, side), (RIGHT, width - change - name - side)):
            self.setColumnWidth(column, pixels)


class MessageChoice(QComboBox):
    """A field that offers the messages of a conversation, and is as wide as there is room."""

    def __init__(self, side: str) -> None:
        super().__init__()
        self.setAccessibleName(f"Message on the {side}")
        self.setToolTip(f"The message on the {side}: choose another one of this call")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setMaxVisibleItems(24)
        self.setPlaceholderText("Choose a message")

    def offer(self, entries: Sequence[tuple[str, int]], chosen: int | None) -> None:
        """Offer these messages (words, position), with one chosen."""
        self.blockSignals(True)
        self.clear()
        for words, position in entries:
            self.addItem(words, position)
        self.setCurrentIndex(-1 if chosen is None else self.findData(chosen))
        self.setEnabled(bool(entries))
        self.blockSignals(False)


class ComparePane(QWidget):
    """Follows the selected message and compares it with the one that it is best compared with, or that the user chose.

    ``message_wanted(position)``: the user wants to see a message everywhere.
    """

    message_wanted = Signal(int)

    def __init__(self, theme: Theme, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("content")
        self._theme = theme
        self._jobs = jobs
        self._analysis: Analysis | None = None
        self._cross: CrossReference | None = None
        self._left: int | None = None
        self._right: int | None = None
        self._comparison = Comparison(())
        self._due = False
        self._find = False
        self.left_choice, self.right_choice = MessageChoice("left"), MessageChoice("right")
        self.swap = _button("", "Swap: left becomes right, and right left")
        self.keep = QCheckBox("Keep left")
        self.keep.setToolTip("The message on the left stays; whatever you select next is compared with it")
        self.only_differences = QCheckBox("Only differences")
        self.only_differences.setToolTip("Hide what both messages say alike")
        self.copy = _button("", "Copy the comparison as text")
        self.summary = label(tone="quiet")
        self._aside = QWidget()
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.summary.setAccessibleName("How many differences")
        self.table = ComparisonTable(theme)
        self.note = EmptyNote(theme)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.note)
        self._stack.addWidget(self.table)
        self._lay_out()
        self.left_choice.activated.connect(lambda: self._choose(self.left_choice.currentData(), self._right))
        self.right_choice.activated.connect(lambda: self._choose(self._left, self.right_choice.currentData()))
        self.swap.clicked.connect(lambda: self._choose(self._right, self._left))
        self.only_differences.toggled.connect(self._fill)
        self.copy.clicked.connect(self.copy_as_text)
        self.setFocusProxy(self.table)
        theme.changed.connect(self._dress)
        self._dress()
        self.show_nothing()

    def _lay_out(self) -> None:
        choices = QHBoxLayout()
        choices.setSpacing(SPACE_S)
        choices.addWidget(self.left_choice, 1)
        choices.addWidget(self.swap)
        choices.addWidget(self.right_choice, 1)
        row = QHBoxLayout(self._aside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE_M)
        row.addWidget(self.summary, 1)
        row.addWidget(self.keep)
        row.addWidget(self.only_differences)
        row.addWidget(self.copy)
        self._top.setSpacing(SPACE_S)
        self._top.addLayout(choices, 1)
        self._top.addWidget(self._aside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(self._top)
        layout.addWidget(self._stack, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Where the messages' titles have no room beside the rest, that goes on a line of its own."""
        super().resizeEvent(event)
        beside = self.width() - self._aside.sizeHint().width() >= 2 * _TITLE_CHARACTERS * self.fontMetrics().averageCharWidth()
        across = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._top.setDirection(across)

    @property
    def pair(self) -> tuple[int | None, int | None]:
        """The positions of the messages on the left and on the right."""
        return self._left, self._right

    @property
    def comparison(self) -> Comparison:
        """What is shown."""
        return self._comparison

    def follow(self, analysis: Analysis, cross: CrossReference, position: int) -> None:
        """A message was selected: compare it with the kept one, else with the best of its call, the earlier on the left."""
        if self._analysis is not analysis:
            self.keep.setChecked(False)
            self._left = self._right = None
        self._analysis, self._cross = analysis, cross
        if self.keep.isChecked() and self._left is not None:
            self._choose(self._left, position)
        else:
            self._choose(position, None, find=True)

    def compare(self, left: int, right: int) -> None:
        """Compare two messages of the analysis that is shown."""
        self._choose(left, right)

    def show_nothing(self) -> None:
        """There is no message."""
        self._analysis = self._cross = None
        self._choose(None, None)

    def copy_as_text(self) -> None:
        """Put the comparison on the clipboard."""
        if self._cross is not None and self._left is not None and self._right is not None:
            titles = (message_title(self._cross, position) for position in (self._left, self._right))
            QGuiApplication.clipboard().setText(self._comparison.as_text(*titles))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """What was selected while this was hidden is compared now."""
        super().showEvent(event)
        self._ask()

    # What is compared

    def _choose(self, left: int | None, right: int | None, *, find: bool = False) -> None:
        self._left, self._right = left, right
        self._find = find
        self._due = True
        if self.isVisible():
            self._ask()

    def _ask(self) -> None:
        if not self._due:
            return
        self._due = False
        if self._analysis is None or self._cross is None or self._left is None:
            self._jobs.give_up("comparing the messages")
            self._show(Compared(None, None, (), (), Comparison(())))
            return
        request = CompareMessages(self._analysis, self._cross, self._left, self._right, self._find)
        self._jobs.ask("comparing the messages", request, self._show)

    def _show(self, compared: "Compared") -> None:
        self._left, self._right, self._find = compared.left, compared.right, False
        self._comparison = compared.comparison
        self.left_choice.offer(compared.left_offers, compared.left)
        self.right_choice.offer(compared.right_offers, compared.right)
        self._fill()

    def _fill(self) -> None:
        comparison = self._comparison
        differing = [part for part in comparison.parts if part.change is not Change.SAME]
        there = bool(comparison.parts)
        for widget in (self.swap, self.copy, self.only_differences):
            widget.setEnabled(there)
        self.summary.setText(_summary(comparison))
        if not there:
            self._note_nothing()
        elif self.only_differences.isChecked() and not differing:
            self.note.tell("mark-success", "No differences", "Both messages say the same, word for word.")
            self._stack.setCurrentWidget(self.note)
        else:
            self.table.show_parts(differing if self.only_differences.isChecked() else comparison.parts)
            self._stack.setCurrentWidget(self.table)

    def _note_nothing(self) -> None:
        if self._left is None:
            self.note.tell("compare", "No message selected", "Select an arrow of the ladder, then compare it here.")
        else:
            self.note.tell(
                "compare",
                "Nothing of its kind in this call",
                "Choose another message above, or check “Keep left” and select any message of any call.",
            )
        self._stack.setCurrentWidget(self.note)

    def _dress(self) -> None:
        self.swap.setIcon(icons.icon("swap", self._theme.colours))
        self.copy.setIcon(icons.icon("copy", self._theme.colours))


def _button(text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(hint)
    button.setAccessibleName(text or hint)
    button.setObjectName("" if text else "iconic")
    return button


def _summary(comparison: Comparison) -> str:
    if not comparison.parts:
        return ""
    counts = [(comparison.count(change), word) for change, word in _WORDS.items() if change is not Change.SAME]
    words = [f"{count} {word}" for count, word in counts if count]
    return " · ".join(words) if words else "no differences"


def _near(owner: Call | Conversation | None, position: int) -> tuple[int, ...]:
    """The messages of a conversation, of a very long one those around ``position``."""
    if owner is None:
        return ()
    messages = owner.messages
    if len(messages) <= _MOST_OFFERED:
        return messages
    at = next((at for at, other in enumerate(messages) if other >= position), 0)
    begin = max(0, min(at - _MOST_OFFERED // 2, len(messages) - _MOST_OFFERED))
    return messages[begin : begin + _MOST_OFFERED]
