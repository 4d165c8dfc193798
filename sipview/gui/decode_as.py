"""What the user knows of ports: rules such as “UDP port 4000 carries RTP”, in a small table and in the packets' menu."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QWidget,
)

from sipview.gui import icons
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.dialogs import PlainDialog
from sipview.gui.notes import label
from sipview.gui.number_field import give_room
from sipview.gui.scaling import bring_along, px
from sipview.gui.theme import Theme
from sipview.gui.tokens import SPACE_M, SPACE_S, Tone
from sipview.session.user_word import named_ports

_TRANSPORTS = {"udp": "UDP", "tcp": "TCP"}
_PROTOCOLS = {"rtp": "RTP", "sip": "SIP"}
_USUAL = {"udp": "rtp", "tcp": "sip"}
_NO_EFFECT = {
    ("udp", "sip"): "Needs no rule: SIP over UDP is found on any port",
    ("tcp", "rtp"): "Has no effect: RTP is read from UDP only",
}
_EXPLANATION = (
    "sipview finds out by itself what most ports carry. Where it cannot, say it here: sound (RTP) that no call tells of, or "
    "SIP over TCP or TLS of which the capture has no beginning. The capture is then read again."
)


class Rule(NamedTuple):
    """A port of a transport (``udp``, ``tcp``) carries a protocol (``sip``, ``rtp``)."""

    transport: str
    port: int
    protocol: str

    def __str__(self) -> str:
        return f"{self.transport}:{self.port}={self.protocol}"

    @property
    def words(self) -> str:
        """As people say it."""
        return f"{_TRANSPORTS[self.transport]} port {self.port} as {_PROTOCOLS[self.protocol]}"


def usual_rule(transport: str, port: int) -> Rule:
    """What one would say of a port of this transport."""
    return Rule(transport, port, _USUAL[transport])


def rules_of(texts: Iterable[str]) -> tuple[Rule, ...]:
    """The rules in texts such as ``udp:4000=rtp``, each once; what is no rule is left out."""
    rules: dict[Rule, None] = {}
    for text in texts:
        try:
            named_ports([text])
        except ValueError:
            continue
        transport, _, rest = text.strip().lower().partition(":")
        port, _, protocol = rest.partition("=")
        rules[Rule(transport, int(port), protocol)] = None
    return tuple(rules)


def fill_decode_menu(
    menu: QMenu, transport: str, ports: Sequence[int], rules: Sequence[Rule], turn: Callable[[Rule], object]
) -> None:
    """An entry for each port of a packet, ticked where there is a rule; ``turn`` is called with the rule to make or to drop."""
    for port in dict.fromkeys(port for port in ports if port):
        rule = usual_rule(transport, port)
        action = menu.addAction(rule.words)
        action.setCheckable(True)
        action.setChecked(rule in rules)
        action.triggered.connect(lambda _checked=False, rule=rule: turn(rule))


class _Row:
    """The widgets of one rule."""

    def __init__(self, rule: Rule, theme: Theme) -> None:
        self.transport, self.protocol = ChoiceBox(), ChoiceBox()
        for box, titles, chosen in (
            (self.transport, _TRANSPORTS, rule.transport),
            (self.protocol, _PROTOCOLS, rule.protocol),
        ):
            for value, title in titles.items():
                box.addItem(title, value)
            box.setCurrentIndex(box.findData(chosen))
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(rule.port)
        self.port.setFixedWidth(px(90))
        give_room(self.port)
        self.remark = label(tone="warning", wrapped=True)
        self.remove = QPushButton()
        self.remove.setObjectName("link")
        self.remove.setIcon(icons.icon("close", theme.colours, Tone.QUIET))
        self.remove.setToolTip("Remove this rule")
        for widget, name in (
            (self.transport, "Transport"), (self.port, "Port"), (self.protocol, "Read as"), (self.remove, "Remove this rule"),
        ):  # fmt: skip
            widget.setAccessibleName(name)

    @property
    def rule(self) -> Rule:
        """What is chosen."""
        return Rule(str(self.transport.currentData()), self.port.value(), str(self.protocol.currentData()))

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        """From left to right."""
        return (self.transport, self.port, self.protocol, self.remark, self.remove)

    def tell(self) -> None:
        """Say of a rule that changes nothing that it does not."""
        rule = self.rule
        self.remark.setText(_NO_EFFECT.get((rule.transport, rule.protocol), ""))


class DecodeAsDialog(PlainDialog):
    """``chosen(rules)``: the user wants these rules. ``suggested`` is what a new rule begins with."""

    chosen = Signal(tuple)

    def __init__(self, parent: QWidget, theme: Theme, rules: Sequence[Rule], suggested: Rule) -> None:
        super().__init__(parent, "Decode As", QSize(620, 320))
        self._theme = theme
        self._suggested = suggested
        self.rows: list[_Row] = []
        self.body.addWidget(label(_EXPLANATION, tone="quiet", wrapped=True))
        table = QWidget()
        self._grid = QGridLayout(table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_M)
        self._grid.setVerticalSpacing(SPACE_S)
        self._grid.setColumnStretch(3, 1)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._titles: list[QLabel] = []
        for column, title in enumerate(("Transport", "Port", "Read as")):
            self._titles.append(label(title, tone="quiet"))
            self._grid.addWidget(self._titles[-1], 0, column)
        self.none = label("There are no rules yet: all ports are read as sipview sees fit.", tone="quiet")
        self._grid.addWidget(self.none, 1, 0, 1, 5)
        around = QScrollArea()
        around.setWidgetResizable(True)
        around.setFrameShape(QFrame.Shape.NoFrame)
        around.setWidget(table)
        self.body.addWidget(around, 1)
        self.add = QPushButton("Add a rule")
        self.add.clicked.connect(self._add_new)
        self.body.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self.buttons.setStandardButtons(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.accepted.connect(lambda: self.chosen.emit(tuple(dict.fromkeys(row.rule for row in self.rows))))
        self.done_with()
        for rule in rules:
            self._add(rule)
        self._show_titles()

    def _add_new(self) -> None:
        self._add(self._suggested).port.setFocus()

    def _add(self, rule: Rule) -> _Row:
        row = _Row(rule, self._theme)
        self.rows.append(row)
        line = self._grid.rowCount()
        for column, widget in enumerate(row.widgets):
            self._grid.addWidget(widget, line, column)
        row.transport.currentIndexChanged.connect(row.tell)
        row.protocol.currentIndexChanged.connect(row.tell)
        row.remove.clicked.connect(partial(self._remove, row))
        bring_along(row.remove)
        row.tell()
        self._show_titles()
        return row

    def _remove(self, row: _Row, _checked: bool = False) -> None:
        self.rows.remove(row)
        for widget in row.widgets:
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._show_titles()

    def _show_titles(self) -> None:
        for title in self._titles:
            title.setVisible(bool(self.rows))
        self.none.setVisible(not self.rows)
