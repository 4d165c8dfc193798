"""Which packets to capture and when to stop: the fields below the interfaces, and what they mean as values."""

import re
from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from sipview.gui.capture_requests import CheckFilter
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.jobs import Jobs
from sipview.gui.notes import label
from sipview.gui.number_field import give_room
from sipview.gui.preferences import Preferences
from sipview.gui.scaling import px
from sipview.gui.tokens import SPACE_M, SPACE_S
from sipview.gui.trigger_fields import TriggerFields
from sipview.live import PRESETS, Choice, FilterAnswer, FilterFault, Limits, Preset, Ring
from sipview.live.orders import DEFAULT_PACKETS, SMALLEST_RING_FILE
from sipview.live.presets import SIP_PORTS
from sipview.values import visible

_OWN = "own"
_OUR_OWN: Preset = "sip-rtp-headers"  # only our engine can do that
_TYPED_MS = 250
_MB = 1_000_000
_FREE_DISK_MB = 500
_FIELD_PX = 112
_NUMBER = re.compile(r"\d+")
_TITLES: dict[Preset, str] = {
    "sip": "SIP only",
    "sip-rtp": "SIP and RTP",
    "sip-rtp-headers": "SIP and RTP headers only (no voice is stored)",
    "everything": "Everything",
}
_DEAF = "No RTP passes this capture filter: sound cannot be waited for. Let it take UDP of other ports."
_MEANINGS: dict[Preset, str] = {
    "sip": "Signalling on these ports, also in fragments and tunnels, and errors of the network (ICMP). No sound.",
    "sip-rtp": "Signalling on these ports, and everything over UDP, which has the sound.",
    "sip-rtp-headers": "As SIP and RTP, but of the sound only what tells how good it was: nobody can listen to it.",
    "everything": "Each packet that passes. The safe choice where the ports of SIP are not known.",
}


class PacketChoice(QWidget):
    """A preset with the ports of SIP, or a filter of one's own that is checked while it is typed. ``changed`` tells of both."""

    changed = Signal()

    def __init__(self, jobs: Jobs, preferences: Preferences) -> None:
        super().__init__()
        self._jobs = jobs
        self._preferences = preferences
        self._fault: FilterFault | None = None
        self._deaf = False  # no RTP passes the filter
        self._answered = ""  # the filter that was looked at last
        self.preset = ChoiceBox()
        self.preset.setAccessibleName("Which packets")
        for preset, title in _TITLES.items():
            self.preset.addItem(title, preset)
            self.preset.setItemData(self.preset.count() - 1, PRESETS[preset], 3)  # the tooltip
        self.preset.addItem("Own capture filter", _OWN)
        self.ports = QLineEdit(preferences.text("capture/ports") or ", ".join(map(str, SIP_PORTS)))
        self.ports.setAccessibleName("SIP ports")
        self.ports.setToolTip("The ports of SIP, as the presets take them")
        self.ports.setMaximumWidth(px(130))
        self._ports_words = label("SIP ports", tone="quiet")
        self.expression = QLineEdit(preferences.text("capture/filter"))
        self.expression.setAccessibleName("Capture filter")
        self.expression.setPlaceholderText("A filter as tcpdump has it, such as: udp port 5060 and host 192.0.2.10")
        self.verdict = label(wrapped=True)
        row = QHBoxLayout()
        row.setSpacing(SPACE_S)
        row.addWidget(label("Packets", tone="quiet"))
        row.addWidget(self.preset)
        row.addSpacing(SPACE_S)
        row.addWidget(self._ports_words)
        row.addWidget(self.ports)
        row.addWidget(self.expression, 1)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(row)
        layout.addWidget(self.verdict)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED_MS)
        self._typed.timeout.connect(self._check)
        self.expression.textChanged.connect(self._typing)
        self.ports.textChanged.connect(self._chosen)
        self.preset.setCurrentIndex(max(0, self.preset.findData(preferences.text("capture/preset") or "everything")))
        self.preset.currentIndexChanged.connect(self._chosen)
        self._chosen()

    def by_others(self, others: bool) -> None:
        """Whether another program captures, such as tcpdump: it cannot leave out voice."""
        place, model = self.preset.findData(_OUR_OWN), self.preset.model()
        if isinstance(model, QStandardItemModel):
            model.item(place).setEnabled(not others)
        if others and self.preset.currentIndex() == place:
            self.preset.setCurrentIndex(self.preset.findData("sip-rtp"))

    @property
    def usable(self) -> bool:
        """Whether it can be captured so, as far as is known."""
        if self._own:
            return bool(self.expression.text().strip()) and self._fault is None
        return not self.ports.isEnabled() or bool(self._port_numbers())

    @property
    def choice(self) -> Choice:
        """What is chosen."""
        if self._own:
            return Choice(expression=self.expression.text().strip())
        for preset in _TITLES:
            if preset == self.preset.currentData():
                return Choice(preset, self._port_numbers() or SIP_PORTS)
        return Choice()

    @property
    def without_rtp(self) -> str:
        """Why no RTP will be captured, as a sentence; "" where some may be."""
        if self._own:
            return _DEAF if self._deaf else ""
        if self.preset.currentData() == "sip":
            return "Only SIP is captured, and no RTP: sound cannot be waited for. Choose other packets."
        return ""

    @property
    def undecided(self) -> bool:
        """Whether it is not known yet what passes the filter that was typed."""
        return self._own and self.expression.text().strip() != self._answered

    def remember(self) -> None:
        """Offer the same the next time."""
        self._preferences.remember_text("capture/preset", str(self.preset.currentData()))
        self._preferences.remember_text("capture/ports", self.ports.text())
        self._preferences.remember_text("capture/filter", self.expression.text())

    @property
    def _own(self) -> bool:
        return bool(self.preset.currentData() == _OWN)

    def _port_numbers(self) -> tuple[int, ...]:
        ports = [int(number) for number in _NUMBER.findall(self.ports.text())]
        return tuple(dict.fromkeys(port for port in ports if 0 < port < 1 << 16))

    def _chosen(self) -> None:
        self.expression.setVisible(self._own)
        with_ports = not self._own and self.preset.currentData() != "everything"
        for widget in (self._ports_words, self.ports):
            widget.setVisible(with_ports)
        self.ports.setEnabled(with_ports)
        if self._own:
            self._typing()
        else:
            wrong = with_ports and not self._port_numbers()
            if wrong:
                self._tell("Write one or more ports, such as 5060, 5080.", "failure")
            else:
                self._tell(_MEANINGS[self.choice.preset], "quiet")
            self.changed.emit()

    def _typing(self) -> None:
        self._fault, self._deaf, self._answered = None, False, ""
        self._tell("" if self.expression.text().strip() else "Write a filter, or choose one of the presets.", "quiet")
        self._typed.start()
        self.changed.emit()

    def _check(self) -> None:
        expression = self.expression.text().strip()
        if self._own and expression:
            request = CheckFilter(expression, self._port_numbers() or SIP_PORTS)
            self._jobs.ask("checking the capture filter", request, lambda answer: self._checked(expression, answer))

    def _checked(self, expression: str, answer: FilterAnswer) -> None:
        self._answered = expression
        fault = answer.fault
        self._fault, self._deaf = fault, not answer.takes_sound
        if fault is None and self._deaf:
            self._tell("The filter is understood. No RTP passes it, so there will be no sound.", "quiet")
        elif fault is None:
            self._tell("The filter is understood.", "success")
        else:
            self._tell(f"{visible(fault.sentence, 300)} (character {fault.start + 1})", "failure")
        self.changed.emit()

    def _tell(self, sentence: str, tone: str) -> None:
        self.verdict.setText(sentence)
        self.verdict.setVisible(bool(sentence))
        self.verdict.setProperty("tone", tone)
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)


class LimitFields(QWidget):
    """When a capture stops by itself, and what it keeps. ``changed``: something is set otherwise."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.packets = self._number("packets", DEFAULT_PACKETS, 1 << 30, "", "no limit", 100_000)
        self.megabytes = self._number("size-mb", 0, 1_000_000, " MB", "no limit", 100)
        self.minutes = QDoubleSpinBox()
        self.minutes.setRange(0, 100_000)
        self.minutes.setDecimals(1)
        self.minutes.setSuffix(" min")
        self.minutes.setSpecialValueText("no limit")
        self.minutes.setAccessibleName("Stop after minutes")
        give_room(self.minutes)
        self.minutes.setValue(_real(preferences.text("capture/minutes")))
        self.minutes.valueChanged.connect(self.changed)
        self.free_disk = self._number("free-disk-mb", _FREE_DISK_MB, 1_000_000, " MB", "not looked at", 100)
        self.ring = QCheckBox("Keep only the last")
        self.ring.setChecked(preferences.text("capture/ring") == "true")
        self.ring.setToolTip("For long hunts: old packets are deleted while new ones are captured")
        self.ring_minutes = self._number("ring-minutes", 30, 100_000, " min", "", 5)
        self.ring_minutes.setMinimum(1)
        self.ring_size = self._number("ring-mb", 1000, 1_000_000, " MB", "", 100)
        self.ring_size.setMinimum(11 * SMALLEST_RING_FILE // _MB + 1)
        self.trigger = TriggerFields(preferences)
        self.trigger.changed.connect(self.changed)
        self.promiscuous = QCheckBox("Also frames that are meant for other computers (promiscuous mode)")
        self.promiscuous.setToolTip("Loads the computer more, and is needed only behind a mirrored switch port")
        form = QGridLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(SPACE_M)
        form.setVerticalSpacing(SPACE_S)
        form.setColumnStretch(4, 1)
        for place, (words, field) in enumerate((
            ("Stop at packets", self.packets), ("Stop at size", self.megabytes),
            ("Stop after", self.minutes), ("Leave free on the disk", self.free_disk),
        )):  # fmt: skip
            row, column = divmod(place, 2)
            form.addWidget(label(words, tone="quiet"), row, 2 * column)
            form.addWidget(field, row, 2 * column + 1)
        for number in (self.packets, self.megabytes, self.minutes, self.free_disk, self.ring_minutes, self.ring_size):
            number.setFixedWidth(px(_FIELD_PX))
        ring = QHBoxLayout()
        ring.setSpacing(SPACE_S)
        ring.addWidget(self.ring)
        ring.addWidget(self.ring_minutes)
        ring.addWidget(label("in at most", tone="quiet"))
        ring.addWidget(self.ring_size)
        ring.addStretch()
        form.addWidget(label("Long hunt", tone="quiet"), 2, 0)
        form.addLayout(ring, 2, 1, 1, 4)
        form.addWidget(self.trigger, 3, 1, 1, 4)
        form.addWidget(self.promiscuous, 4, 1, 1, 4)
        self.ring.toggled.connect(self._ring_toggled)
        self._ring_toggled()

    @property
    def limits(self) -> Limits:
        """When it stops. A ring has no limit of packets: it forgets instead."""
        return Limits(
            None if self.ring.isChecked() else self.packets.value() or None,
            self.megabytes.value() * _MB or None,
            self.minutes.value() * 60 or None,
            self.free_disk.value() * _MB,
        )

    @property
    def kept(self) -> Ring | None:
        """The ring, if there is one."""
        if not self.ring.isChecked():
            return None
        return Ring.of_minutes(self.ring_minutes.value(), self.ring_size.value() * _MB)

    @property
    def summary(self) -> str:
        """What is set, in a line."""
        if self.ring.isChecked():
            stops = [f"keeps the last {self.ring_minutes.value()} min in at most {self.ring_size.value():,} MB"]
        else:
            stops = [f"stops at {self.packets.value():,} packets"] if self.packets.value() else []
        if self.megabytes.value():
            stops.append(f"stops at {self.megabytes.value():,} MB")
        if self.minutes.value():
            stops.append(f"stops after {self.minutes.value():g} min")
        if self.trigger.summary:
            stops.append(self.trigger.summary)
        if self.free_disk.value():
            stops.append(f"leaves {self.free_disk.value():,} MB of the disk free")
        if self.promiscuous.isChecked():
            stops.append("promiscuous")
        text = ", ".join(stops) or "goes on until you stop it"
        return text[0].upper() + text[1:]

    def remember(self) -> None:
        """Offer the same the next time; promiscuous mode has to be wanted each time."""
        for name, field in (
            ("packets", self.packets), ("size-mb", self.megabytes), ("free-disk-mb", self.free_disk),
            ("ring-minutes", self.ring_minutes), ("ring-mb", self.ring_size),
        ):  # fmt: skip
            self._preferences.remember_text(f"capture/{name}", str(field.value()))
        self._preferences.remember_text("capture/minutes", str(self.minutes.value()))
        self._preferences.remember_text("capture/ring", "true" if self.ring.isChecked() else "false")
        self.trigger.remember()

    def _number(self, name: str, default: int, most: int, suffix: str, none: str, step: int) -> QSpinBox:
        field = QSpinBox()
        field.setRange(0, most)
        field.setSingleStep(step)
        field.setGroupSeparatorShown(True)
        field.setSuffix(suffix)
        field.setSpecialValueText(none)
        field.setAccessibleName(name.replace("-", " "))
        give_room(field)
        remembered = self._preferences.text(f"capture/{name}")
        field.setValue(min(most, int(remembered)) if remembered.isdecimal() else default)
        field.valueChanged.connect(self.changed)
        return field

    def _ring_toggled(self) -> None:
        on = self.ring.isChecked()
        for widget in (self.ring_minutes, self.ring_size):
            widget.setEnabled(on)
        self.packets.setEnabled(not on)
        self.changed.emit()


class Unfolding(QWidget):
    """A line that says how something is set, and unfolds into the fields that set it."""

    def __init__(self, fields: QWidget, summary: Callable[[], str]) -> None:
        super().__init__()
        self._fields, self._summary = fields, summary
        self.words = label(tone="quiet", wrapped=True)
        self.button = QPushButton("Change limits")
        self.button.setObjectName("link")
        self.button.setCheckable(True)
        self.button.toggled.connect(self._turn)
        head = QHBoxLayout()
        head.setSpacing(SPACE_M)
        head.addWidget(self.words, 1)
        head.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(head)
        layout.addWidget(fields)
        fields.hide()
        self.refresh()

    def refresh(self) -> None:
        """Something is set otherwise."""
        self.words.setText(self._summary())

    def _turn(self, on: bool) -> None:
        self._fields.setVisible(on)
        self.button.setText("Hide limits" if on else "Change limits")


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
