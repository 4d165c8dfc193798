"""What stands above the graphs: the selected span, what can be done with it, and which series are drawn.

Where there is little room the buttons show their icons only, and the series are chosen from a menu.
"""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from sipview.gui import icons
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.flow_layout import FlowLayout
from sipview.gui.notes import label
from sipview.gui.number_field import give_room
from sipview.gui.scaling import px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, SPACE_XS, graph_ink
from sipview.gui.wording import beside_icon
from sipview.session.traffic import CALLS_UP, MEDIA, PACKETS, RETRANSMISSIONS, SIP_CLASSES

SERIES_WORDS = {PACKETS: "packets", MEDIA: "media (RTP)", RETRANSMISSIONS: "retransmissions", CALLS_UP: "calls up"}
LONGEST_SPAN_S = 1e10
_BEGIN_SHOWN = frozenset({PACKETS, CALLS_UP, RETRANSMISSIONS, *SIP_CLASSES})
_STYLES = ("Stacked", "Lines")
_DIGITS, _COMPACT_DIGITS = 16, 13  # that a field of time has room for


class GraphControls(QWidget):
    """``series_changed``: other series are to be drawn, or in another way; ``span_typed``: a span of time was typed."""

    series_changed = Signal()
    span_typed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._compact = False
        self.series: dict[str, QCheckBox] = {}
        self.style_choice = ChoiceBox()
        self.style_choice.addItems(_STYLES)
        self.style_choice.setAccessibleName("How SIP messages are drawn")
        self.style_choice.setToolTip("SIP messages by class: one on top of the other, or a line each")
        self.begin_field, self.end_field = _time_field("From"), _time_field("To")
        self.apply_button = _button("Show these packets", "Filter on the packets of the selected span of time")
        self.zoom_button = _button("Zoom in", "See the selected span of time only; without one, zoom in")
        self.reset_button = _button("All", "See the whole capture again (Home)")
        self.copy_button = _button("Copy", "Put the graphs on the clipboard as a picture")
        self.save_button = _button("Save…", "Save the graphs as a picture")
        self.series_button = _button("Series", "Which lines are drawn, and how")
        self.series_button.hide()
        self.menu = QMenu(self.series_button)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.series_button.clicked.connect(self._show_menu)
        self._icons = (
            (self.apply_button, "filter"), (self.zoom_button, "zoom-in"), (self.reset_button, "zoom-fit"),
            (self.copy_button, "copy"), (self.save_button, "image"), (self.series_button, "graph"),
        )  # fmt: skip
        self._legend = QWidget()
        self._lay_out()
        self.style_choice.currentIndexChanged.connect(self.series_changed)
        for field in (self.begin_field, self.end_field):
            field.valueChanged.connect(self.span_typed)
        theme.changed.connect(self._dress)
        self._dress()

    @property
    def shown(self) -> frozenset[str]:
        """The series that the user wants to see."""
        return frozenset(name for name, box in self.series.items() if box.isChecked())

    @property
    def stacked(self) -> bool:
        """Whether SIP messages are drawn one class on top of the other."""
        return self.style_choice.currentIndex() == 0

    @property
    def compact(self) -> bool:
        """Whether it takes as little room as it can."""
        return self._compact

    def set_compact(self, compact: bool) -> None:
        """Take as little room as it can, or show everything at once."""
        self._compact = compact
        for button, _ in self._icons:
            button.setText("" if compact else beside_icon(button.accessibleName()))
            button.setObjectName("iconic" if compact else "")
            button.style().polish(button)
        for field in (self.begin_field, self.end_field):
            _set_digits(field, _COMPACT_DIGITS if compact else _DIGITS)
        self._legend.setHidden(compact)
        self.style_choice.setHidden(compact)
        self.series_button.setVisible(compact)

    def allow(self, there: bool) -> None:
        """Enable what makes sense where ``there`` are graphs, and a span that is selected."""
        for widget in (
            self.zoom_button,
            self.reset_button,
            self.copy_button,
            self.save_button,
            self.begin_field,
            self.end_field,
        ):
            widget.setEnabled(there)
        self.apply_button.setEnabled(there and self.begin_field.value() < self.end_field.value())

    def _lay_out(self) -> None:
        flow = FlowLayout(self._legend, SPACE_M, SPACE_XS)
        for name in (PACKETS, MEDIA, CALLS_UP, RETRANSMISSIONS, *SIP_CLASSES):
            words = SERIES_WORDS.get(name, name)
            words = words[0].upper() + words[1:]
            box = QCheckBox(beside_icon(words))
            box.setAccessibleName(words)
            box.setChecked(name in _BEGIN_SHOWN)
            box.setIconSize(QSize(12, 12))
            box.toggled.connect(self.series_changed)
            self.series[name] = box
            flow.addWidget(box)
        bar = QWidget()
        row = FlowLayout(bar, SPACE_S, SPACE_XS)
        for text, field in (("From", self.begin_field), ("To", self.end_field)):
            row.addWidget(_beside(text, field))
        for widget in (
            self.apply_button,
            self.zoom_button,
            self.reset_button,
            self.style_choice,
            self.series_button,
            self.copy_button,
            self.save_button,
        ):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addWidget(bar)
        layout.addWidget(self._legend)

    def _fill_menu(self) -> None:
        """The legend as a menu: each line checks its box."""
        self.menu.clear()
        for box in self.series.values():
            action = self.menu.addAction(box.icon(), box.accessibleName())
            action.setCheckable(True)
            action.setChecked(box.isChecked())
            action.toggled.connect(box.setChecked)
        self.menu.addSeparator()
        other = 1 - self.style_choice.currentIndex()
        self.menu.addAction(f"SIP messages: {_STYLES[other].lower()}").triggered.connect(
            lambda: self.style_choice.setCurrentIndex(other)
        )

    def _show_menu(self) -> None:
        self.menu.popup(self.series_button.mapToGlobal(self.series_button.rect().bottomLeft()))

    def _dress(self) -> None:
        for name, box in self.series.items():
            swatch = QPixmap(24, 24)
            swatch.fill(QColor(graph_ink(name, self._theme.colours)))
            box.setIcon(QIcon(swatch))
        for field in (self.begin_field, self.end_field):
            give_room(field)
        for button, name in self._icons:
            button.setIcon(icons.icon(name, self._theme.colours))


def _time_field(name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(-LONGEST_SPAN_S, LONGEST_SPAN_S)
    field.setDecimals(6)
    field.setSuffix(" s")
    field.setKeyboardTracking(False)
    field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    _set_digits(field, _DIGITS)
    field.setAccessibleName(f"{name}, in seconds since the first packet")
    field.setToolTip("Seconds since the first packet; or drag in the graphs with the left button")
    return field


def _set_digits(field: QDoubleSpinBox, digits: int) -> None:
    field.setFixedWidth(field.fontMetrics().horizontalAdvance("0" * digits) + px(2 * SPACE_M))


def _button(text: str, hint: str) -> QPushButton:
    button = QPushButton(beside_icon(text))
    button.setAccessibleName(text)
    button.setToolTip(hint)
    return button


def _beside(text: str, field: QWidget) -> QWidget:
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(SPACE_XS)
    words: QLabel = label(text, tone="quiet")
    words.setBuddy(field)
    row.addWidget(words, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(field)
    return pair
