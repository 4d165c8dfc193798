"""Where to capture: on this computer, on another one over SSH, or what agents send by HEP."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from sipview.gui.choice_box import ChoiceBox
from sipview.gui.commands import Commands
from sipview.gui.jobs import Jobs, Report
from sipview.gui.notes import label
from sipview.gui.number_field import give_room
from sipview.gui.preferences import Preferences
from sipview.gui.scaling import px
from sipview.gui.tokens import SPACE_M, SPACE_S
from sipview.live import InterfaceList, Source
from sipview.live.remote import Host, Refusal, remote_interfaces
from sipview.values import visible

_REMEMBERED = "capture/remote"
_MOST_REMEMBERED = 8
_HEP_PORT = 9060
_ANY_ADDRESS = "every address"
_HOST = re.compile(r"[A-Za-z0-9\[:_][\w.:\[\]%-]{0,252}")
_USER = re.compile(r"[A-Za-z0-9_][\w.$@\\+-]{0,63}|")
_INTERFACE = re.compile(r"[\w.@:-]{1,64}")
_SSH_NOTE = "By your ssh, with its keys, agent and settings. sipview asks for no password and keeps none."
_NUMBER_PX = 90


class Where(StrEnum):
    """The kinds of places."""

    HERE = "here"
    SSH = "ssh"
    HEP = "hep"


_TITLES = {
    Where.HERE: ("&This computer", "The interfaces of this computer"),
    Where.SSH: ("Another host over &SSH", "tcpdump or dumpcap runs there, its packets come here"),
    Where.HEP: ("&HEP listener", "Agents (heplify, Kamailio, OpenSIPS, Asterisk, FreeSWITCH) send copies of messages here"),
}


@dataclass(frozen=True, slots=True)
class FindRemoteInterfaces:
    """What can be captured on on another computer."""

    host: Host

    def run(self, report: Report) -> tuple[InterfaceList, Refusal | None]:
        """Connects, which may take a while."""
        report.cancel.check()
        return remote_interfaces(self.host, unwanted=lambda: report.cancel.cancelled)


class RemoteFields(QWidget):
    """Another computer over SSH. ``changed``: something else is written in the fields."""

    changed = Signal()

    def __init__(self, jobs: Jobs, preferences: Preferences) -> None:
        super().__init__()
        self._jobs = jobs
        self._preferences = preferences
        self._known = _remembered(preferences)
        self.host = ChoiceBox()
        self.host.setEditable(True)
        self.host.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        self.host.setAccessibleName("Host")
        self.host.addItems([entry["host"] for entry in self._known])
        self.host.setCurrentIndex(-1)
        self.port = QLineEdit()
        self.port.setValidator(QIntValidator(1, 65535, self.port))
        self.port.setPlaceholderText("22, or as set up")
        self.port.setToolTip("The port of its SSH server; empty: the one in the settings of your ssh, or else 22")
        self.port.setAccessibleName("SSH port")
        self.user = QLineEdit()
        self.user.setAccessibleName("User")
        self.interface = ChoiceBox()
        self.interface.setEditable(True)
        self.interface.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        self.interface.setAccessibleName("Interface there")
        self.interface.setToolTip("One or more, such as: eth0 eth1. Linux has any, which is all of them at once")
        self.fetch = QPushButton("Fetch interfaces")
        self.fetch.setToolTip("Connects, and asks that computer what can be captured on")
        self.fetch.clicked.connect(self._fetch)
        _hint(self.host, "pbx.example.com")
        _hint(self.interface, "any")
        self.user.setPlaceholderText("as here, or as set up")
        self.words = label(_SSH_NOTE, tone="quiet", wrapped=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.commands = Commands()
        form = QGridLayout()
        form.setHorizontalSpacing(SPACE_M)
        form.setVerticalSpacing(SPACE_S)
        form.setColumnStretch(1, 1)
        for row, fields in enumerate(((("Host", self.host), ("SSH port", self.port)),
                                      (("User", self.user), ("Interface", self.interface)))):  # fmt: skip
            for at, (words, field) in enumerate(fields):
                form.addWidget(label(words, tone="quiet"), row, 2 * at)
                form.addWidget(field, row, 2 * at + 1)
        form.setColumnStretch(3, 1)
        form.addWidget(self.fetch, 1, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(form)
        layout.addWidget(self.words)
        layout.addWidget(self.commands)
        if self._known:
            self.host.setCurrentIndex(0)
            self._fill(0)
        self.host.activated.connect(self._fill)
        self.host.editTextChanged.connect(self._edited)
        self.port.textChanged.connect(self._edited)
        self.user.textChanged.connect(self._edited)
        self.interface.editTextChanged.connect(self.changed)
        self._edited()

    @property
    def sources(self) -> tuple[Source, ...]:
        """One for each interface that is named; none where what is written cannot be meant."""
        host, names = self._host(), self.interface.currentText().replace(",", " ").split() or ["any"]
        if host is None or not all(_INTERFACE.fullmatch(name) for name in names):
            return ()
        return tuple(Source("ssh", name, host.address, host.port, attended=False) for name in dict.fromkeys(names))

    def remember(self) -> None:
        """Offer this computer the next time, before others."""
        entry = {
            "host": self.host.currentText().strip(), "port": self.port.text(), "user": self.user.text().strip(),
            "interface": self.interface.currentText().strip(),
        }  # fmt: skip
        self._known = [entry, *(one for one in self._known if one["host"] != entry["host"])][:_MOST_REMEMBERED]
        self._preferences.remember_text(_REMEMBERED, json.dumps(self._known))

    def _host(self) -> Host | None:
        host, user = self.host.currentText().strip(), self.user.text().strip()
        if not user and "@" in host:
            user, _, host = host.rpartition("@")
        if not _HOST.fullmatch(host) or not _USER.fullmatch(user):
            return None
        if self.port.text() and not self.port.hasAcceptableInput():
            return None
        return Host(f"{user}@{host}" if user else host, int(self.port.text() or 0))

    def _fill(self, place: int) -> None:
        """A computer that was used before is chosen: the rest is as it was then."""
        if 0 <= place < len(self._known):
            entry = self._known[place]
            self.port.setText(entry["port"])
            self.user.setText(entry["user"])
            self.interface.clear()
            self.interface.setEditText(entry["interface"])

    def _edited(self) -> None:
        """Another computer: what was said of the former one does not hold."""
        self._jobs.give_up("fetching interfaces")
        self.fetch.setEnabled(self._host() is not None)
        self._tell(_SSH_NOTE, "quiet")
        self.commands.show_commands(())
        self.changed.emit()

    def _fetch(self) -> None:
        host = self._host()
        if host is not None:
            self.fetch.setEnabled(False)
            self._tell(f"Connecting to {visible(host.name, 80)}…", "quiet")
            self._jobs.ask("fetching interfaces", FindRemoteInterfaces(host), self._fetched)

    def _fetched(self, answer: tuple[InterfaceList, Refusal | None]) -> None:
        listed, refused = answer
        self.fetch.setEnabled(True)
        chosen = self.interface.currentText()
        self.interface.clear()
        for one in listed.interfaces:
            addresses = visible("   ".join((*one.ipv4, *one.ipv6)), 120)
            self.interface.addItem(one.name)
            self.interface.setItemData(self.interface.count() - 1, addresses or one.kind, Qt.ItemDataRole.ToolTipRole)
        self.interface.setEditText(chosen)
        if refused is not None:
            self._tell(f"{refused.sentence}.", "failure")
            self.commands.show_commands((refused.command,) if refused.command else ())
        else:
            told = ", ".join(
                f"{one.name} ({', '.join((*one.ipv4, *one.ipv6)[:1])})" if one.ipv4 or one.ipv6 else one.name
                for one in listed.interfaces[:12]
            )
            self._tell(f"Ready. There are {visible(told, 400)}.", "success")
        self.changed.emit()

    def _tell(self, sentence: str, tone: str) -> None:
        self.words.setText(sentence)
        self.words.setProperty("tone", tone)
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)


class HepFields(QWidget):
    """A port of this computer for HEP. ``changed``: another one is meant."""

    changed = Signal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setAccessibleName("HEP port")
        give_room(self.port)
        self.port.setMinimumWidth(px(_NUMBER_PX))
        remembered = preferences.text("capture/hep-port")
        self.port.setValue(int(remembered) if remembered.isdecimal() else _HEP_PORT)
        self.address = ChoiceBox()
        self.address.setEditable(True)
        self.address.setInsertPolicy(ChoiceBox.InsertPolicy.NoInsert)
        self.address.setAccessibleName("Address of this computer")
        self.address.addItem(_ANY_ADDRESS)
        self.address.setEditText(preferences.text("capture/hep-address") or _ANY_ADDRESS)
        self._own: list[str] = []
        self.words = label(tone="quiet", wrapped=True)
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        for words, field, share in (("Port", self.port, 0), ("on", self.address, 1)):
            row.addWidget(label(words, tone="quiet"))
            row.addWidget(field, share)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(row)
        layout.addWidget(self.words)
        self.port.valueChanged.connect(self._edited)
        self.address.editTextChanged.connect(self._edited)
        self._edited()

    def offer_addresses(self, listed: InterfaceList) -> None:
        """The addresses of this computer, to choose from."""
        self._own = [address for one in listed.interfaces for address in (*one.ipv4, *one.ipv6)]
        written = self.address.currentText()
        self.address.blockSignals(True)  # nothing is meant otherwise
        self.address.clear()
        self.address.addItems([_ANY_ADDRESS, *self._own])
        self.address.setEditText(written)
        self.address.blockSignals(False)
        self._edited()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The port; nothing where the address cannot be one."""
        address = self._address
        if address and not _HOST.fullmatch(address):
            return ()
        return (Source("hep", host=address, port=self.port.value()),)

    @property
    def _address(self) -> str:
        written = self.address.currentText().strip()
        return "" if written == _ANY_ADDRESS else written

    def remember(self) -> None:
        """Offer the same the next time."""
        self._preferences.remember_text("capture/hep-port", str(self.port.value()))
        self._preferences.remember_text("capture/hep-address", self._address)

    def _edited(self) -> None:
        seen = [self._address] if self._address else [one for one in self._own if not one.startswith(("127.", "::1", "fe80"))]
        to = f"{visible(', '.join(seen[:4]), 200)}, " if seen else ""
        self.words.setText(
            f"Have your agent (heplify, Kamailio, OpenSIPS, Asterisk, FreeSWITCH) send HEP to {to}port {self.port.value()}, "
            "by UDP or TCP. The agent decides which messages it sends."
        )
        self.changed.emit()


class SourceChoice(QWidget):
    """The three kinds of places, and the fields of the last two. ``changed``: another place is meant."""

    changed = Signal()

    def __init__(self, jobs: Jobs, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.buttons = {where: QRadioButton(title) for where, (title, _) in _TITLES.items()}
        self.remote = RemoteFields(jobs, preferences)
        self.hep = HepFields(preferences)
        group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        for where, button in self.buttons.items():
            button.setToolTip(_TITLES[where][1])
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addLayout(row)
        layout.addWidget(self.remote)
        layout.addWidget(self.hep)
        remembered = preferences.text("capture/where")
        self.buttons[Where(remembered) if remembered in set(Where) else Where.HERE].setChecked(True)
        group.buttonToggled.connect(self._chosen)
        self.remote.changed.connect(self.changed)
        self.hep.changed.connect(self.changed)
        self._chosen()

    @property
    def where(self) -> Where:
        """Which kind is chosen."""
        return next((where for where, button in self.buttons.items() if button.isChecked()), Where.HERE)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where to capture, if not on this computer's interfaces; none where that is not told well enough."""
        return {Where.HERE: (), Where.SSH: self.remote.sources, Where.HEP: self.hep.sources}[self.where]

    def remember(self) -> None:
        """Offer the same the next time."""
        self._preferences.remember_text("capture/where", self.where.value)
        if self.where is Where.SSH:
            self.remote.remember()
        elif self.where is Where.HEP:
            self.hep.remember()

    def _chosen(self) -> None:
        self.remote.setVisible(self.where is Where.SSH)
        self.hep.setVisible(self.where is Where.HEP)
        self.changed.emit()


def label_of(source: Source) -> str:
    """What people call a source, in the bar of a capture and in its file."""
    if source.kind == "ssh":
        return f"{source.host} ({source.name})"
    return f"HEP port {source.port}" + (f" of {source.host}" if source.host else "")


def _hint(box: ChoiceBox, text: str) -> None:
    field = box.lineEdit()
    if field is not None:
        field.setPlaceholderText(text)


def _remembered(preferences: Preferences) -> list[dict[str, str]]:
    try:
        entries = json.loads(preferences.text(_REMEMBERED) or "[]")
        return [{name: str(entry[name]) for name in ("host", "port", "user", "interface")} for entry in entries]
    except (ValueError, KeyError, TypeError):
        return []
