"""What the colours stand for where several calls are in one ladder: a strip above the lanes."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sipview.export.palette import DARK, LIGHT
from sipview.gui import wording
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_L, SPACE_S
from sipview.ladder import Role

_MARK_PX = 10
_BESIDE_MARK_PX = 6
_SPACE_PX = 18


class LegendStrip(QWidget):
    """Marks with words on one line; what finds no room is counted, and named in the tooltip."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._entries: Sequence[tuple[Role, str]] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()
        theme.changed.connect(self.update)

    @property
    def words(self) -> tuple[str, ...]:
        """What the entries say."""
        return tuple(words for _, words in self._entries)

    def show_entries(self, entries: Sequence[tuple[Role, str]]) -> None:
        """Show these; none hides the strip."""
        self._entries = entries
        text = ", ".join(self.words)
        self.setAccessibleName(f"Colours: {text}")
        self.setToolTip(wording.tip(text))
        self.setVisible(bool(entries))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A line."""
        return QSize(100, self.fontMetrics().height() + px(SPACE_S))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        """The entries that find room."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.colours.ground))
        colours = self._theme.colours
        palette = DARK if colours.dark else LIGHT
        metrics = self.fontMetrics()
        baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
        x, size, beside, space = float(px(SPACE_L)), px(_MARK_PX), px(_BESIDE_MARK_PX), px(_SPACE_PX)
        for number, (role, words) in enumerate(self._entries):
            width = metrics.horizontalAdvance(words)
            more = f"+ {len(self._entries) - number}"
            last = number == len(self._entries) - 1
            room = self.width() - (0 if last else metrics.horizontalAdvance(more) + space)
            if x + size + beside + width > room:
                painter.setPen(QColor(colours.muted))
                painter.drawText(round(x), round(baseline), more)
                break
            mark = QRectF(x, (self.height() - size) / 2, size, size)
            painter.setPen(QColor(palette[role]))
            painter.setBrush(QColor(palette[role]))
            painter.drawRoundedRect(mark, size / 4, size / 4)
            painter.setPen(QColor(colours.text))
            painter.drawText(round(x + size + beside), round(baseline), words)
            x += size + beside + width + space
        painter.end()
