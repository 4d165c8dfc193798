"""The packet list: millions of rows over the index's columns, each cell made as it is painted."""

from functools import lru_cache

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QTableView, QVBoxLayout, QWidget

from sipview.gui import wording
from sipview.gui.cross_reference import CrossReference
from sipview.gui.lists import dress_table
from sipview.gui.theme import Theme
from sipview.gui.tokens import LIGHT, SPACE_S, SPACE_XS, Colours, packet_ground
from sipview.index import Protocol
from sipview.session import PacketLine, Snapshot, packet_line
from sipview.values import NANOSECONDS

AnyIndex = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

# Title, width in characters, numeric, what the header's tooltip says.
_COLUMNS = (
    ("No.", 6, True, "The number of the packet in the capture, from 1"),
    ("Time", 10, True, "Seconds since the first packet"),
    ("Source", 13, False, "The address that sent it"),
    ("Destination", 13, False, "The address that it was sent to"),
    ("Protocol", 9, False, "What it is, by its content"),
    ("Length", 7, True, "Bytes on the wire"),
    ("Info", 40, False, "What it says, in short"),
)
_INFO = len(_COLUMNS) - 1


class PacketTable(QAbstractTableModel):
    """All packets of a snapshot, one row each, in the order of the file."""

    def __init__(self) -> None:
        super().__init__()
        self._snapshot: Snapshot | None = None
        self._cross: CrossReference | None = None
        self._count = 0
        self._colours = LIGHT
        self._line = lru_cache(maxsize=512)(self._make_line)

    def set_colours(self, colours: Colours) -> None:
        """Take another theme."""
        self._colours = colours
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, _INFO), [Qt.ItemDataRole.BackgroundRole])

    def show_snapshot(self, cross: CrossReference | None) -> None:
        """Show the packets of a snapshot that follows the former one, or None for no packets."""
        count = cross.snapshot.packets if cross is not None else 0
        self._line.cache_clear()
        if cross is None or count < self._count:
            self.beginResetModel()
            self._cross, self._snapshot, self._count = cross, cross.snapshot if cross else None, count
            self.endResetModel()
            return
        if count > self._count:
            self.beginInsertRows(_ROOT, self._count, count - 1)
            self._cross, self._snapshot, self._count = cross, cross.snapshot, count
            self.endInsertRows()
        else:
            self._cross, self._snapshot = cross, cross.snapshot

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Packets."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:  # noqa: N802 - Qt's name
        """Columns."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid() or index.row() >= self._count:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), index.column())
        if role == Qt.ItemDataRole.BackgroundRole:
            return self._ground(index.row())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if _COLUMNS[index.column()][2] else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == _INFO:
            return wording.tip(self._line(index.row()).info)
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """A column's title."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(_COLUMNS):
            return None
        title, _, numeric, hint = _COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == Qt.ItemDataRole.ToolTipRole:
            return hint
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if numeric else _LEFT
        return None

    def _text(self, row: int, column: int) -> str:
        if column == 0:
            return str(row + 1)
        if column == 1:
            return self._time(row)
        source, destination, protocol, length, info = self._line(row)
        return (source, destination, protocol, str(length), wording.cell(info))[column - 2]

    def _time(self, row: int) -> str:
        assert self._snapshot is not None
        assert self._snapshot.index is not None, "rows come from an index"
        since = int(self._snapshot.index.time_ns[row]) - int(self._snapshot.index.time_ns[0])
        sign, since = ("-", -since) if since < 0 else ("", since)
        return f"{sign}{since // NANOSECONDS}.{since % NANOSECONDS // 1000:06d}"

    def _make_line(self, row: int) -> PacketLine:
        assert self._cross is not None
        assert self._cross.snapshot.index is not None, "rows come from an index"
        return packet_line(self._cross.snapshot.index, row, self._cross.by_row)

    def _ground(self, row: int) -> QColor | None:
        assert self._cross is not None
        assert self._cross.snapshot.index is not None, "rows come from an index"
        protocol = Protocol.SIP if row in self._cross.by_row else Protocol(int(self._cross.snapshot.index.protocol[row]))
        return QColor(packet_ground(protocol, self._colours))


class PacketPane(QWidget):
    """The packet list; ``chosen(row)`` tells which packet the user picked."""

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("content")
        self._theme = theme
        self._going = False
        self.model = PacketTable()
        self.table = QTableView()
        self.table.setAccessibleName("List of packets")
        self.table.setModel(self.model)
        dress_table(self.table, theme, row_padding=6)
        digit = self.fontMetrics().averageCharWidth()
        for section, (_, width, _, _) in enumerate(_COLUMNS):
            self.table.setColumnWidth(section, digit * width + 2 * SPACE_S + SPACE_XS)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.selectionModel().currentRowChanged.connect(self._current_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.setFocusProxy(self.table)
        theme.changed.connect(self._dress)
        self._dress()

    def go_to(self, row: int) -> None:
        """Select a packet without telling anybody."""
        if 0 <= row < self.model.rowCount() and self.table.currentIndex().row() != row:
            self._going = True
            try:
                self.table.selectRow(row)
            finally:
                self._going = False

    def _dress(self) -> None:
        self.model.set_colours(self._theme.colours)

    def _current_changed(self, current: QModelIndex) -> None:
        if current.isValid() and not self._going:
            self.chosen.emit(current.row())
