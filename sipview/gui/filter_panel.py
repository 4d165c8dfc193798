"""What opens beneath the filter field: what is wrong with the text and where, and what could come next."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sipview.gui import icons, wording
from sipview.gui.notes import label
from sipview.gui.scaling import fixed_font
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS, Tone

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_MOST_ROWS_IN_SIGHT = 10
_ICON_PX = 14


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line of the list: ``text`` would stand in [``start``, ``end``) of the filter. ``icon`` says where it comes from."""

    text: str
    start: int
    end: int
    description: str
    icon: str = ""
    whole: bool = False  # a filter that was there before, and is applied as it is


class ProposalModel(QAbstractListModel):
    """The lines of the list."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0  # characters
        self._proposals: Sequence[Proposal] = ()

    def show_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self._proposals = proposals
        self.longest = max((len(wording.cell(one.text)) for one in proposals), default=0)
        self.endResetModel()

    def proposal(self, row: int) -> Proposal:
        """The line at a row."""
        return self._proposals[row]

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Lines."""
        return 0 if parent.isValid() else len(self._proposals)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A line's text, and what is said of it."""
        if not index.isValid():
            return None
        proposal = self._proposals[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return wording.cell(proposal.text)
            case Qt.ItemDataRole.AccessibleTextRole:
                return wording.cell(f"{proposal.text}, {proposal.description}")
        return None


class _ProposalDelegate(QStyledItemDelegate):
    """The text as it is typed, and behind it what it means."""

    def __init__(self, theme: Theme, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802, ARG002 - Qt's name
        """One line."""
        return QSize(200, option.fontMetrics.height() + SPACE_S)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Text on the left, meaning on the right of it."""
        model = index.model()
        assert isinstance(model, ProposalModel)
        proposal = model.proposal(index.row())
        colours = self._theme.colours
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colours.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(colours.hover))
        room = option.rect.adjusted(SPACE_S, 0, -SPACE_S, 0)
        if proposal.icon:
            ratio = painter.device().devicePixelRatioF()
            picture = icons.pixmap(proposal.icon, colours.muted, _ICON_PX, ratio)
            painter.drawPixmap(room.left(), room.center().y() - _ICON_PX // 2 + 1, picture)
            room.setLeft(room.left() + _ICON_PX + SPACE_S)
        font = fixed_font()
        metrics = QFontMetrics(font)
        shown = wording.cell(proposal.text)
        share = (
            room.width()
            if proposal.whole
            else min(room.width() * 9 // 20, (model.longest + 1) * metrics.horizontalAdvance("0"))
        )
        text = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, share)
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        painter.drawText(room, flags, text)
        used = max(metrics.horizontalAdvance(text) + SPACE_M, 0 if proposal.whole else share + SPACE_M)
        rest = room.adjusted(used, 0, 0, 0)
        if proposal.description and rest.width() > 40:
            painter.setFont(option.font)
            painter.setPen(QColor(colours.muted))
            said = QFontMetrics(option.font).elidedText(proposal.description, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, flags, said)
        painter.restore()


class FilterPanel(QFrame):
    """Lies over the window beneath ``field``, and never takes the keyboard from it.

    ``picked(proposal)``: a line was clicked; ``mending``: the suggestion was; ``undoing``: the undo of a notice.
    """

    picked = Signal(object)
    mending = Signal()
    undoing = Signal()

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("popup")
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._picture = QLabel()
        self.sentence = label(wrapped=True)
        self.suggestion = self._link(self.mending)
        self.undo = self._link(self.undoing)
        self.undo.setText("Undo")
        self._strip = QWidget()
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(SPACE_S, SPACE_XS, SPACE_S, SPACE_XS)
        strip.setSpacing(SPACE_S)
        for widget, stretch in ((self._picture, 0), (self.sentence, 1), (self.suggestion, 0), (self.undo, 0)):
            strip.addWidget(widget, stretch, Qt.AlignmentFlag.AlignVCenter)
        self.model = ProposalModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_ProposalDelegate(theme, self.list))
        self.list.setAccessibleName("What could come next in the filter")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.clicked.connect(lambda index: self.picked.emit(self.model.proposal(index.row())))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, SPACE_XS, 1, SPACE_XS)
        layout.setSpacing(0)
        layout.addWidget(self._strip)
        layout.addWidget(self.list)
        self._anchor: QWidget | None = None
        self.hide()

    @property
    def selected(self) -> Proposal | None:
        """The line that the keyboard chose, or None."""
        index = self.list.currentIndex()
        return self.model.proposal(index.row()) if index.isValid() else None

    def show_beneath(self, anchor: QWidget, proposals: Sequence[Proposal]) -> None:
        """Show lines (and what `tell` said) beneath a widget; nothing to show closes the panel."""
        self._anchor = anchor
        self.model.show_proposals(proposals)
        self.list.setVisible(bool(proposals))
        if not proposals and self._strip.isHidden():
            self.hide()
            return
        self.place()
        self.show()
        self.raise_()

    def tell(self, sentence: str, tone: Tone, *, suggestion: str | None = None, undo: bool = False) -> None:
        """What the strip above the list says; "" for nothing."""
        self._strip.setVisible(bool(sentence))
        self.sentence.setText(wording.paragraph(sentence))
        self.suggestion.setVisible(suggestion is not None)
        if suggestion is not None:
            words = f"Use {wording.cell(suggestion)}" if suggestion else "Leave it out"
            self.suggestion.setText(words.replace("&", "&&"))
        self.undo.setVisible(undo)
        icon_name = {Tone.FAILURE: "error", Tone.SUCCESS: "check"}.get(tone, "info")
        colour = self._theme.colours.tone(tone)
        self._picture.setPixmap(icons.pixmap(icon_name, colour, _ICON_PX + 2, self.devicePixelRatioF()))
        self.sentence.setStyleSheet(f"color: {colour};")

    def move_selection(self, by: int) -> None:
        """Choose the next line, or the one before; from the first upwards none is chosen."""
        count = self.model.rowCount()
        if not count:
            return
        row = self.list.currentIndex().row() + by
        self.list.setCurrentIndex(self.model.index(min(row, count - 1)) if row >= 0 else QModelIndex())

    def place(self) -> None:
        """Lie beneath the anchor, as high as the lines need and the window allows."""
        window, anchor = self.parentWidget(), self._anchor
        if window is None or anchor is None:
            return
        corner = anchor.mapTo(window, QPoint(0, anchor.height() + 2))
        width = anchor.width()
        rows = min(self.model.rowCount(), _MOST_ROWS_IN_SIGHT)
        line = self.list.sizeHintForRow(0) if rows else 0
        self.list.setFixedHeight(rows * line + 2)
        strip = 0
        if not self._strip.isHidden():
            layout = self._strip.layout()
            strip = layout.heightForWidth(width - 2) if layout is not None and layout.hasHeightForWidth() else 0
            strip = max(strip, self._strip.sizeHint().height())
            self._strip.setFixedHeight(strip)
        height = strip + (rows * line + 2 if rows else 0) + 2 * SPACE_XS + 2
        self.setGeometry(corner.x(), corner.y(), width, min(height, window.height() - corner.y() - SPACE_S))

    def _link(self, signal: SignalInstance) -> QPushButton:
        button = QPushButton()
        button.setObjectName("link")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(signal)
        button.hide()
        return button
