"""The card on the start page from which a live capture begins: where, which packets, until when, one big button."""

import json
import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from sipview.gui import icons, wording
from sipview.gui.capture_options import LimitFields, PacketChoice, Unfolding
from sipview.gui.capture_requests import CaptureWish, FindInterfaces
from sipview.gui.capture_source import SourceChoice, Where, label_of
from sipview.gui.commands import Commands
from sipview.gui.interface_list import InterfaceRows
from sipview.gui.jobs import Jobs
from sipview.gui.notes import label
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme, scaled_font_css
from sipview.gui.tokens import SIZE_HEADLINE, SPACE_L, SPACE_M, SPACE_S
from sipview.live import Choice, InterfaceList
from sipview.values import visible

_COMMAND = re.compile(r"(?:sudo|pkexec|ip link) (?:\$\([^)]*\)|[^,;()])+")
_REMEMBERED = "capture/interfaces"
_WATCHED = {
    Where.HERE: "Watch calls on this computer as they happen",
    Where.SSH: "Watch calls on another computer as they happen",
    Where.HEP: "Watch the messages that agents copy to this computer",
}
_MISSING = {
    Where.HERE: "Choose where to capture",
    Where.SSH: "Write which computer to capture on",
    Where.HEP: "Write an address of this computer, or every address",
}


class HowToPermit(QFrame):
    """Why nothing can be captured here, what to do, and each command of it to be copied. ``again``: the user has done it."""

    again = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._picture = QLabel()
        self.words = label(wrapped=True)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        retry = QPushButton("Look again")
        retry.clicked.connect(self.again)
        head = QHBoxLayout()
        head.setSpacing(SPACE_S)
        head.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.words, 1)
        head.addWidget(retry, 0, Qt.AlignmentFlag.AlignTop)
        self._commands = Commands()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(head)
        layout.addWidget(self._commands)
        layout.addWidget(label("All else works: open a capture, or drop one on this window.", tone="quiet"))
        theme.changed.connect(self._dress)
        self._dress()

    def tell(self, problem: str) -> None:
        """Say what is missing."""
        self.words.setText(visible(problem, 2000))
        self._commands.show_commands(commands_in(problem))

    def _dress(self) -> None:
        self._picture.setPixmap(icons.pixmap("warning", self._theme.colours.warning, 20, self.devicePixelRatioF()))


class CaptureCard(QFrame):
    """``wanted(wish)``: the user presses Start."""

    wanted = Signal(object)

    def __init__(self, theme: Theme, preferences: Preferences, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme = theme
        self._preferences = preferences
        self._jobs = jobs
        self._listed: InterfaceList | None = None
        title = label("Capture live")
        title.setStyleSheet(scaled_font_css(SIZE_HEADLINE, bold=True))
        self.state = label("Looking for interfaces…", tone="quiet")
        self.start = QPushButton(wording.beside_icon("Start capture"))
        self.start.setObjectName("record")
        self.start.setEnabled(False)
        self.start.clicked.connect(self._wanted)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(title)
        names.addWidget(self.state)
        head = QHBoxLayout()
        head.setSpacing(SPACE_M)
        head.addLayout(names, 1)
        head.addWidget(self.start)
        self.permit = HowToPermit(theme)
        self.permit.again.connect(self.look)
        self.permit.hide()
        self.source = SourceChoice(jobs, preferences)
        self.interfaces = InterfaceRows(theme, jobs)
        self.packets = PacketChoice(jobs, preferences)
        self.limits = LimitFields(preferences)
        self.unfolding = Unfolding(self.limits, lambda: self.limits.summary)
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(SPACE_M)
        body.addWidget(self.interfaces)
        body.addWidget(self.packets)
        body.addWidget(self.unfolding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        layout.addLayout(head)
        layout.addWidget(self.source)
        layout.addWidget(self.permit)
        layout.addWidget(self._body)
        self.source.changed.connect(self._source_changed)
        self._source_changed()
        self.interfaces.changed.connect(self._allow)
        self.interfaces.stale.connect(self.look)
        self.packets.changed.connect(self._tell_of_rtp)
        self.packets.changed.connect(self._allow)
        self.limits.changed.connect(self.unfolding.refresh)
        self.limits.trigger.changed.connect(self._allow)
        self.limits.promiscuous.toggled.connect(self.unfolding.refresh)
        theme.changed.connect(self._dress)
        self._dress()

    def look(self) -> None:
        """See what can be captured on now."""
        self._jobs.ask("looking for interfaces", FindInterfaces(), self._found)

    def _found(self, listed: InterfaceList) -> None:
        first = self._listed is None
        ticked = self._remembered() if first else [one.name for one in self.interfaces.chosen]
        self._listed = listed
        if listed.problem:
            self.permit.tell(listed.problem)
        self.source.hep.offer_addresses(listed)
        self.interfaces.show_interfaces(listed, ticked)
        self._source_changed()

    def _source_changed(self) -> None:
        """Show the fields that matter for the place where it shall be captured."""
        where, listed = self.source.where, self._listed
        usable = listed is not None and any(one.usable for one in listed.interfaces)
        here = where is Where.HERE
        self.permit.setVisible(here and listed is not None and bool(listed.problem) and not usable)
        self._body.setVisible(usable or not here)
        self.interfaces.setVisible(here)
        self.packets.setVisible(where is not Where.HEP)
        self.packets.by_others(where is Where.SSH)
        self.limits.promiscuous.setVisible(where is not Where.HEP)
        self._tell_of_rtp()
        self._allow()

    def _tell_of_rtp(self) -> None:
        """Sound that goes one way can be waited for only where RTP is captured."""
        by_hep = "HEP agents send signalling, and no RTP: sound cannot be waited for."
        self.limits.trigger.do_without_rtp(by_hep if self.source.where is Where.HEP else self.packets.without_rtp)

    @property
    def _waits_for_filter(self) -> bool:
        """Sound shall be waited for, and whether any passes the filter is not known yet."""
        trigger = self.limits.trigger.trigger
        return trigger is not None and trigger.one_way and self.source.where is not Where.HEP and self.packets.undecided

    @property
    def wish(self) -> CaptureWish | None:
        """What is chosen; None where it cannot be captured so."""
        chosen, sources, where = self.interfaces.chosen, self.source.sources, self.source.where
        if not (chosen if where is Where.HERE else sources) or not (self.packets.usable or where is Where.HEP):
            return None
        if not self.limits.trigger.usable or self._waits_for_filter:
            return None
        here = where is Where.HERE
        return CaptureWish(
            tuple(one.name for one in chosen) if here else tuple(one.title for one in sources),
            tuple(one.label for one in chosen) if here else tuple(label_of(one) for one in sources),
            Choice() if where is Where.HEP else self.packets.choice,
            self.limits.limits,
            self.limits.kept,
            promiscuous=self.limits.promiscuous.isChecked() and where is not Where.HEP,
            sources=sources,
            trigger=self.limits.trigger.trigger,
        )

    def _wanted(self) -> None:
        wish = self.wish
        if wish is not None:
            if self.source.where is Where.HERE:
                self._preferences.remember_text(_REMEMBERED, json.dumps(wish.names))
            self.source.remember()
            self.packets.remember()
            self.limits.remember()
            self.wanted.emit(wish)

    def _allow(self) -> None:
        self.start.setEnabled(self.wish is not None)
        self._dress()
        where = self.source.where
        if where is Where.HERE and self._listed is None:
            words = "Looking for interfaces…"
        elif where is Where.HERE and self._listed and not any(one.usable for one in self._listed.interfaces):
            words = "Not possible here yet"
        elif not (self.interfaces.chosen if where is Where.HERE else self.source.sources):
            words = _MISSING[where]
        elif where is not Where.HEP and not self.packets.usable:
            words = "Say which packets to capture"
        elif self._waits_for_filter:
            words = "Looking whether sound passes the filter…"
        elif not self.limits.trigger.usable:
            words = "Say which statuses end the capture, or let none end it"
        else:
            words = _WATCHED[where]
        self.state.setText(words)

    def _remembered(self) -> list[str]:
        try:
            names = json.loads(self._preferences.text(_REMEMBERED) or "[]")
        except ValueError:
            return []
        return [str(name) for name in names] if isinstance(names, list) else []

    def _dress(self) -> None:
        colours = self._theme.colours
        ink = colours.on_accent if self.start.isEnabled() else colours.disabled
        self.start.setIcon(QIcon(icons.pixmap("record", ink, 16, self.devicePixelRatioF())))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Whoever sees the card wants to know what there is now."""
        self.look()
        super().showEvent(event)


def commands_in(sentence: str) -> tuple[str, ...]:
    """The commands for a terminal that a sentence tells, in order; not those that start sipview itself, which runs already."""
    found = (match.group().strip().rstrip(".") for match in _COMMAND.finditer(sentence))
    return tuple(dict.fromkeys(command for command in found if "sipview" not in command))
