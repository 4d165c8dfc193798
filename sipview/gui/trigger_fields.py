"""Which failed call ends a capture, and how long after it: a line of fields for whoever hunts a fault that is rare."""

from math import ceil

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from sipview.calls.failing import ANY_FAILURE, NO_FAILURE, Statuses
from sipview.gui.choice_box import ChoiceBox
from sipview.gui.flow_layout import FlowLayout
from sipview.gui.notes import label
from sipview.gui.number_field import give_room
from sipview.gui.preferences import Preferences
from sipview.gui.scaling import px
from sipview.gui.tokens import SPACE_S
from sipview.session.call_watch import Trigger
from sipview.session.one_way import PAUSE_S, SHORTEST_SILENCE_S, SILENCE_S

_OFFERED = (
    (ANY_FAILURE.text, "Any failure"),
    ("4xx, 5xx, 6xx, not 486, not 487", "Any failure but busy and cancelled"),
    ("5xx, 6xx", "Failures of servers, and refusals everywhere"),
    ("408, 480, 487", "Nobody answered"),
)
_STATUSES_CHARACTERS = 16
_AFTER_PX = 80
_AFTER_S = 10
_ONE_WAY_TIP = (
    "A call that is up, and not on hold, has RTP one way; the other way none ever came, or it stopped, for this long. Where "
    f"silence suppression was agreed, RTP may pause for {PAUSE_S:g} seconds, and after comfort noise for ever. A mailbox "
    "may send nothing while it records: allow for its messages."
)
_LONGEST_SILENCE_S = 3600
_LONGEST_AFTER_S = 86_400
_LONGEST_DIGITS = 5


class TriggerFields(QWidget):
    """``changed``: something is set otherwise."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.box = QCheckBox("Stop after a call failed with")
        self.box.setChecked(preferences.text("capture/trigger") == "true")
        self.box.setToolTip("The capture ends by itself a while after a call has failed. 401 and 407 are no failures.")
        self.statuses = ChoiceBox()
        self.statuses.setEditable(True)
        self.statuses.setAccessibleName("Statuses that are a failure")
        self.statuses.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        for text, tip in _OFFERED:
            self.statuses.addItem(text)
            self.statuses.setItemData(self.statuses.count() - 1, tip, 3)  # the tooltip
        self.statuses.setEditText(preferences.text("capture/trigger-statuses") or ANY_FAILURE.text)
        self.statuses.setToolTip("Such as: 4xx, 5xx, 486, 500-503, not 487")
        self.statuses.setMinimumContentsLength(_STATUSES_CHARACTERS)
        self.statuses.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.one_way = QCheckBox()
        self.one_way.setChecked(preferences.text("capture/trigger-one-way") == "true")
        self.one_way.setToolTip(_ONE_WAY_TIP)
        self.silence = self._seconds("capture/trigger-silence", round(SILENCE_S))
        self.silence.setRange(ceil(SHORTEST_SILENCE_S), _LONGEST_SILENCE_S)
        self.silence.setAccessibleName("Seconds without RTP one way")
        self.silence.setToolTip(_ONE_WAY_TIP)
        self.after = self._seconds("capture/trigger-after", _AFTER_S)
        self.after.setAccessibleName("Seconds to go on after the failure")
        self.deaf = label(tone="failure", wrapped=True)
        self.verdict = label(tone="failure", wrapped=True)
        row = QHBoxLayout()
        row.setSpacing(SPACE_S)
        row.addWidget(self.box)
        row.addWidget(self.statuses, 1)
        second = QWidget()
        words = FlowLayout(second, gap=SPACE_S, leading=SPACE_S)
        for part in (self.one_way, self.silence, label("and go on for", tone="quiet"), self.after):
            words.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(row)
        layout.addWidget(self.verdict)
        layout.addWidget(second)
        layout.addWidget(self.deaf)
        self.box.toggled.connect(self._chosen)
        self.one_way.toggled.connect(self._chosen)
        self.statuses.editTextChanged.connect(self._chosen)
        self.silence.valueChanged.connect(self._chosen)
        self.after.valueChanged.connect(self._chosen)
        self._chosen()

    def _seconds(self, name: str, usual: int) -> QSpinBox:
        """A field of seconds, as it was left the last time."""
        field = QSpinBox()
        field.setRange(0, _LONGEST_AFTER_S)
        field.setSuffix(" s")
        field.setFixedWidth(px(_AFTER_PX))
        give_room(field)
        remembered = self._preferences.text(name)
        field.setValue(int(remembered) if remembered.isdecimal() and len(remembered) <= _LONGEST_DIGITS else usual)
        return field

    @property
    def usable(self) -> bool:
        """Whether a capture can begin so."""
        return not self.box.isChecked() or not self.verdict.text()

    @property
    def trigger(self) -> Trigger | None:
        """What is set; None where no failed call is waited for."""
        one_way = self._waits_for_sound
        if self.verdict.text() or not (self.box.isChecked() or one_way):
            return None
        statuses = Statuses.parse(self.statuses.currentText()) if self.box.isChecked() else NO_FAILURE
        return Trigger(statuses, float(self.after.value()), one_way, float(self.silence.value()))

    @property
    def _waits_for_sound(self) -> bool:
        return self.one_way.isChecked() and self.one_way.isEnabled()

    @property
    def summary(self) -> str:
        """What is set, in a few words; "" where nothing is."""
        trigger = self.trigger
        deaf = ["does not wait for sound, as no RTP is captured"] * (self.one_way.isChecked() and not self._waits_for_sound)
        if trigger is None:
            return ", ".join(deaf)
        ways = [f"failed with {trigger.statuses}"] if self.box.isChecked() else []
        ways += [f"had RTP one way only for {trigger.silence_s:g} s"] * trigger.one_way
        return ", ".join([f"stops {trigger.after_s:g} s after a call {' or '.join(ways)}", *deaf])

    def do_without_rtp(self, why: str) -> None:
        """No RTP will be captured, for a reason that is a sentence, or it will (""): the box can be used or not."""
        self.one_way.setToolTip(why or _ONE_WAY_TIP)
        self.deaf.setText(why)
        if self.one_way.isEnabled() == bool(why):
            self.one_way.setEnabled(not why)
            self._chosen()

    def remember(self) -> None:
        """Offer the same the next time."""
        self._preferences.remember_text("capture/trigger", "true" if self.box.isChecked() else "false")
        self._preferences.remember_text("capture/trigger-one-way", "true" if self.one_way.isChecked() else "false")
        self._preferences.remember_text("capture/trigger-statuses", self.statuses.currentText())
        self._preferences.remember_text("capture/trigger-silence", str(self.silence.value()))
        self._preferences.remember_text("capture/trigger-after", str(self.after.value()))

    def _chosen(self) -> None:
        on = self.box.isChecked()
        self.statuses.setEnabled(on)
        self.one_way.setText("or sound goes one way only for" if on else "Stop after sound went one way only for")
        self.silence.setEnabled(self._waits_for_sound)
        self.after.setEnabled(on or self._waits_for_sound)
        self.deaf.setVisible(bool(self.deaf.text()) and self.one_way.isChecked())
        fault = _fault_of(self.statuses.currentText()) if on else ""
        self.verdict.setText(fault)
        self.verdict.setVisible(bool(fault))
        self.changed.emit()


def _fault_of(text: str) -> str:
    """What is wrong with these statuses, as a sentence; "" where nothing is."""
    try:
        Statuses.parse(text)
    except ValueError as error:
        sentence = str(error)
        return f"{sentence[0].upper()}{sentence[1:]}."
    return ""
