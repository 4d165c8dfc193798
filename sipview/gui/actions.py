"""What the user can do, as a table: name, words, keys, tooltip, icon, and when it makes sense."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from sipview.gui import icons
from sipview.gui.theme import Theme
from sipview.gui.tokens import Tone
from sipview.gui.wording import beside_icon


class Needs(IntEnum):
    """What must be there for an action to make sense; each includes those before it."""

    NOTHING = 0
    CAPTURE = 1
    LADDER = 2


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action. ``keys`` are portable texts, the first is shown; ``group`` makes checkable ones exclusive. ``word`` stands
    beside its icon on the toolbar, where most have their icon only; ``tone`` is the icon's.
    """

    id: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: Needs = Needs.NOTHING
    checkable: bool = False
    group: str = ""
    word: str = ""
    tone: Tone = Tone.PLAIN


ACTIONS: tuple[ActionRow, ...] = (
    ActionRow("open", "&Open…", "Open one or more captures", ("Ctrl+O",), "open", word="Open"),
    ActionRow("new-window", "&New window", "One more window, for another capture", ("Ctrl+Shift+O",), "window"),
    ActionRow("second-new-window", "In a &new window", "A file opened from the desktop gets a window", checkable=True,
              group="second"),
    ActionRow("second-here", "In the window in &use", "It takes the place of what is shown", checkable=True, group="second"),
    ActionRow("second-own-program", "In a &program of its own", "Each start is a program", checkable=True, group="second"),
    ActionRow("save-capture", "&Save…", "Save all packets, those that are displayed, or those of the selected calls",
              ("Ctrl+S",), "save", Needs.CAPTURE),
    ActionRow("save-calls", "Save the selected &calls…", "Save the signalling and media of the selected calls as a capture",
              needs=Needs.LADDER),
    ActionRow("save-packets", "Save &displayed packets…", "Save what passes the filter as a capture of its own",
              ("Ctrl+Shift+S",), "save", Needs.CAPTURE),
    ActionRow("close", "&Close", "Close the capture", ("Ctrl+W",), "close", Needs.CAPTURE),
    ActionRow("export-ladder", "&Export ladder…", "What of the ladder, in which form and look, with a preview",
              ("Ctrl+Shift+E",), "export", Needs.LADDER),
    ActionRow("export-png", "Ladder as &PNG…", "Save the whole ladder as a picture", icon="image", needs=Needs.LADDER),
    ActionRow("export-svg", "Ladder as &SVG…", "Save the whole ladder as a drawing that scales", needs=Needs.LADDER),
    ActionRow("export-pdf", "Ladder as P&DF…", "Save the whole ladder as pages to print", needs=Needs.LADDER),
    ActionRow("export-html", "Ladder as &web page…", "Save the ladder, the call in words and all messages as one page",
              needs=Needs.LADDER),
    ActionRow("export-text", "Ladder as &text…", "Save the whole ladder as plain text", needs=Needs.LADDER),
    ActionRow("copy-image", "Copy ladder as &image", "Put the ladder on the clipboard as a picture", ("Ctrl+Shift+C",), "copy",
              Needs.LADDER),
    ActionRow("package", "Support pac&kage…", "The capture with all else that a support desk asks for, in one ZIP archive",
              icon="package", needs=Needs.CAPTURE),
    ActionRow("quit", "&Quit", "Close all windows", ("Ctrl+Q",)),
    ActionRow("filter", "&Display filter", "Type a filter; what does not pass is not shown", ("Ctrl+/",), "filter",
              Needs.CAPTURE),
    ActionRow("clear-filter", "&Clear the filter", "Show everything again", ("Ctrl+Shift+/",), needs=Needs.CAPTURE),
    ActionRow("search", "&Find in messages…", "Look for text or a pattern through all messages", ("Ctrl+F",), "search",
              Needs.CAPTURE),
    ActionRow("search-next", "Find &next", "The next hit of the search", ("F3", "Ctrl+N"), needs=Needs.CAPTURE),
    ActionRow("search-previous", "Find pre&vious", "The hit before", ("Shift+F3", "Ctrl+B"), needs=Needs.CAPTURE),
    ActionRow("find", "Find in the &list", "Type a part of a number, an address, a Call-ID, or of any of a call's messages",
              ("Ctrl+Shift+F",), needs=Needs.CAPTURE),
    ActionRow("theme-system", "As the &system", "Light or dark as the desktop is", checkable=True, group="theme"),
    ActionRow("theme-light", "&Light", "Always light", checkable=True, group="theme"),
    ActionRow("theme-dark", "&Dark", "Always dark", checkable=True, group="theme"),
    ActionRow("zoom-in", "Zoom &in", "Draw the ladder larger", ("Ctrl++", "Ctrl+="), "zoom-in", Needs.LADDER),
    ActionRow("zoom-out", "Zoom &out", "Draw the ladder smaller", ("Ctrl+-",), "zoom-out", Needs.LADDER),
    ActionRow("zoom-reset", "&Normal size", "Draw the ladder at 100 %", ("Ctrl+0",), "zoom-reset", Needs.LADDER),
    ActionRow("zoom-fit", "&Fit the width", "Draw it so that all lanes are in sight", ("Ctrl+9",), "zoom-fit", Needs.LADDER),
    ActionRow("time-start", "From the &start", "Seconds since the first message", checkable=True, group="time"),
    ActionRow("time-delta", "Since the &message before", "Seconds since the message before", checkable=True, group="time"),
    ActionRow("time-absolute", "Time of &day", "On this computer's clock", checkable=True, group="time"),
    ActionRow("details-none", "&Method or status only", "No details on the arrows", checkable=True, group="details"),
    ActionRow("details-short", "Short &details", "Codecs, addresses and reasons on the arrows", checkable=True,
              group="details"),
    ActionRow("details-sdp", "S&DP", "The media of each SDP below its arrow, stream by stream", checkable=True,
              group="details"),
    ActionRow("fold-login", "&Logins", "Challenge, ACK and repeated request as one row", checkable=True),
    ActionRow("fold-provisional", "&100 Trying", "The hop's own answer that says nothing but that it works", checkable=True),
    ActionRow("fold-retransmissions", "&Retransmissions", "Messages sent again as no answer came", checkable=True),
    ActionRow("fold-keepalive", "&Keep-alives", "OPTIONS within a call", checkable=True),
    ActionRow("fold-again", "Fold &all again", "Close everything that was unfolded", needs=Needs.LADDER),
    ActionRow("rename-lane", "Re&name lane…", "Give a lane a name; it is remembered by its address", ("F2",),
              needs=Needs.LADDER),
    ActionRow("show-all-lanes", "&Show all lanes", "Bring the hidden lanes back", needs=Needs.LADDER),
    ActionRow("reset-lanes", "&Reset lanes", "No names of your own, no order of your own, nothing hidden", needs=Needs.LADDER),
    ActionRow("undo-lanes", "&Undo", "Undo the last change of the lanes", ("Ctrl+Z",), needs=Needs.LADDER),
    ActionRow("redo-lanes", "Re&do", "Do it again", ("Ctrl+Shift+Z", "Ctrl+Y"), needs=Needs.LADDER),
    ActionRow("find-in-ladder", "Find in the la&dder…", "Type a method, a status or any text of its messages",
              ("Ctrl+L",), "search", Needs.LADDER),
    ActionRow("ports-apart", "A lane for each &port", "Lanes are hosts and ports, and not hosts alone", checkable=True),
    ActionRow("show-calls", "&Calls", "The list of calls", ("Ctrl+1",), needs=Needs.CAPTURE),
    ActionRow("show-others", "&Registrations and others", "All of SIP that is no call", ("Ctrl+2",), needs=Needs.CAPTURE),
    ActionRow("show-packets", "&Packets", "All packets of the capture", ("Ctrl+3",), needs=Needs.CAPTURE),
    ActionRow("show-explained", "Message &explained", "Each part and its meaning", ("Ctrl+4",), needs=Needs.CAPTURE),
    ActionRow("show-text", "Message as &text", "The message as it was sent", ("Ctrl+5",), needs=Needs.CAPTURE),
    ActionRow("show-bytes", "Message as &bytes", "The message byte by byte", ("Ctrl+6",), needs=Needs.CAPTURE),
    ActionRow("show-compare", "Message co&mpared", "This message and another one, side by side", ("Ctrl+7",), "compare",
              Needs.CAPTURE),
    ActionRow("what-is-this", "&What is this?", "What a part of the message is for", ("Shift+F1",), "help", Needs.CAPTURE),
    ActionRow("traffic", "&Traffic over time", "Packets, messages, calls over time", ("Ctrl+8",), "graph", Needs.CAPTURE),
    ActionRow("save-traffic", "&Save the graphs…", "Save the traffic over time as a picture", needs=Needs.CAPTURE),
    ActionRow("appearance", "&Appearance…", "Light or dark, the size of everything, the font"),
    ActionRow("move-panels", "&Move panels", "Give the panels title bars to be moved by", checkable=True, needs=Needs.CAPTURE),
    ActionRow("reset-layout", "&Reset layout", "Put all panels back to where they were at first", needs=Needs.CAPTURE),
    ActionRow("next-message", "&Next message", "The next message of the ladder", ("Ctrl+.", "F8"), "next", Needs.LADDER),
    ActionRow("previous-message", "&Previous message", "The message before in the ladder", ("Ctrl+,", "F7"), "previous",
              Needs.LADDER),
    ActionRow("next-call", "Next &call", "The next one in the list", ("Ctrl+Shift+Down",), needs=Needs.CAPTURE),
    ActionRow("previous-call", "Previous c&all", "The one before in the list", ("Ctrl+Shift+Up",), needs=Needs.CAPTURE),
    ActionRow("go-to-packet", "&Go to packet…", "Type the number of a packet", ("Ctrl+G",), needs=Needs.CAPTURE),
    ActionRow("voip-calls", "&VoIP Calls", "The list of calls", ("Ctrl+Shift+V",), "calls", Needs.CAPTURE),
    ActionRow("sip-flows", "&SIP Flows", "All of SIP that is no call", needs=Needs.CAPTURE),
    ActionRow("next-packet", "Next &packet", "The next one in the packet list", ("Ctrl+Down",), needs=Needs.CAPTURE),
    ActionRow("previous-packet", "Previous pac&ket", "The one before in the packet list", ("Ctrl+Up",), needs=Needs.CAPTURE),
    ActionRow("follow", "&Follow the conversation", "Filter on all that belongs to the selected packet's conversation",
              ("Ctrl+Alt+F",), "filter", Needs.CAPTURE),
    ActionRow("mark", "&Mark packet", "Mark or unmark the selected packets", ("Ctrl+M",), "flag", Needs.CAPTURE),
    ActionRow("next-mark", "Next mar&k", "The next marked packet", ("Ctrl+Shift+N",), needs=Needs.CAPTURE),
    ActionRow("previous-mark", "Previous ma&rk", "The marked packet before", ("Ctrl+Shift+B",), needs=Needs.CAPTURE),
    ActionRow("unmark-all", "&Unmark all", "No packet is marked any more", ("Ctrl+Alt+M",), needs=Needs.CAPTURE),
    ActionRow("time-reference", "&Time reference", "Count the time of later packets from the selected one", ("Ctrl+T",),
              "clock", Needs.CAPTURE),
    ActionRow("unset-references", "No time re&ferences", "Count the time from the first packet again", ("Ctrl+Alt+T",),
              needs=Needs.CAPTURE),
    ActionRow("copy-packets-text", "Copy packets as te&xt", "The selected packets, as the list shows them",
              needs=Needs.CAPTURE),
    ActionRow("copy-packets-csv", "Copy packets as &CSV", "The selected packets, for a spreadsheet", needs=Needs.CAPTURE),
    ActionRow("copy-packets-hex", "Copy packets as &hex", "The bytes of the selected packets", needs=Needs.CAPTURE),
    ActionRow("packet-time-day", "Time of &day", "On this computer's clock", ("Ctrl+Alt+2",), checkable=True,
              group="packet-time"),
    ActionRow("packet-time-epoch", "Seconds since &1970", "Seconds since 1970-01-01 UTC", ("Ctrl+Alt+3",), checkable=True,
              group="packet-time"),
    ActionRow("packet-time-start", "Since the &start", "Seconds since the first packet, or the time reference before it",
              ("Ctrl+Alt+4",), checkable=True, group="packet-time"),
    ActionRow("packet-time-delta", "Since the packet &before", "Seconds since the packet before it in the capture",
              ("Ctrl+Alt+5",), checkable=True, group="packet-time"),
    ActionRow("packet-time-shown", "Since the packet before in the &list", "Seconds since the packet that is shown before it",
              ("Ctrl+Alt+6",), checkable=True, group="packet-time"),
    ActionRow("capture", "&Start or stop", "Begin a live capture, or end the one that runs", ("Ctrl+E",), "record",
              word="Capture", tone=Tone.FAILURE),
    ActionRow("capture-options", "&Options…", "Where to capture, which packets, until when", ("Ctrl+K",)),
    ActionRow("capture-restart", "&Restart", "Throw away what was captured, and capture again"),
    ActionRow("capture-continue", "&Continue", "Capture on, and add what comes to what there is"),
    ActionRow("decode-as", "&Decode As…", "Say what ports carry, where sipview does not see it by itself", ("Ctrl+Shift+U",)),
    ActionRow("key-log", "TLS &key log…", "The file of secrets that opens SIP over TLS", icon="key"),
    ActionRow("reload", "&Reload", "Read the file again; of a live capture: begin again", ("Ctrl+R",), "reload", Needs.CAPTURE),
    ActionRow("statistics", "SIP S&tatistics", "How many messages of which method, status and host", icon="chart",
              needs=Needs.CAPTURE),
    ActionRow("shortcuts", "&Keyboard shortcuts", "All keys and what they do", ("F1",), "keyboard"),
    ActionRow("about", "&About sipview", "Version and licence", icon="info"),
)  # fmt: skip

# Menu -> what stands in it: an action's id, a submenu, or None for a line. "@..." marks what the window fills itself.
Entry = str | None | tuple[str, tuple[str, ...]]
MENUS: Mapping[str, tuple[Entry, ...]] = MappingProxyType({
    "&File": (
        "open", "@recent", "reload", "save-capture", "save-packets", "save-calls", "close", None,
        "export-ladder", ("Export ladder &as", ("export-png", "export-svg", "export-pdf", "export-html", "export-text")),
        "copy-image", None, "package", None, "new-window",
        ("Files &from the desktop", ("second-new-window", "second-here", "second-own-program")), None, "quit",
    ),
    "&Edit": ("undo-lanes", "redo-lanes", None, "search", "search-next", "search-previous", "find", "find-in-ladder", None,
              "filter", "clear-filter", "follow", None,
              "mark", "next-mark", "previous-mark", "unmark-all", None, "time-reference", "unset-references", None,
              ("&Copy packets", ("copy-packets-text", "copy-packets-csv", "copy-packets-hex"))),
    "&View": (
        ("&Theme", ("theme-system", "theme-light", "theme-dark")), "appearance", None,
        "zoom-in", "zoom-out", "zoom-reset", "zoom-fit", None,
        ("Ladder t&ime", ("time-start", "time-delta", "time-absolute")),
        ("Ladder &details", ("details-none", "details-short", "details-sdp")),
        ("Ladder &folding", ("fold-login", "fold-provisional", "fold-retransmissions", "fold-keepalive", "fold-again")),
        ("Ladder &lanes", ("ports-apart", "rename-lane", "show-all-lanes", "reset-lanes")), None,
        ("&Packet time", ("packet-time-day", "packet-time-epoch", "packet-time-start", "packet-time-delta",
                          "packet-time-shown")), None,
        "show-calls", "show-others", "show-packets", None, "show-explained", "show-text", "show-bytes", "show-compare", None,
        "@panels", "move-panels", "reset-layout",
    ),
    "&Go": ("next-message", "previous-message", None, "next-call", "previous-call", None, "next-packet", "previous-packet",
            "go-to-packet"),
    "&Analyze": ("filter", "follow", None, "decode-as", "key-log"),
    "&Statistics": ("traffic", "save-traffic"),
    "&Capture": ("capture", "capture-continue", "capture-restart", None, "capture-options"),
    "Telephon&y": ("voip-calls", "sip-flows", None, "statistics"),
    "&Help": ("what-is-this", "shortcuts", None, "about"),
})  # fmt: skip
TOOLBAR: tuple[str | None, ...] = (
    "open", "save-capture", "package", "reload", None, "capture", None, "previous-message", "next-message", None,
    "zoom-out", "zoom-in", "zoom-reset", "zoom-fit",
)  # fmt: skip


class ActionSet(QObject):
    """The table's rows as live actions of a window."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._capturing = False
        self._actions: dict[str, QAction] = {}
        self._enabled: dict[str, bool] = {}
        self._groups: dict[str, QActionGroup] = {}
        for row in ACTIONS:
            action = QAction(row.text, window)
            action.setObjectName(row.id)
            if row.word:
                action.setIconText(beside_icon(row.word))
            action.setShortcuts([QKeySequence(key) for key in row.keys])
            action.setToolTip(f"{row.tip} ({row.keys[0]})" if row.keys else row.tip)
            action.setStatusTip("")
            action.setCheckable(row.checkable)
            if row.group:
                group = self._groups.setdefault(row.group, QActionGroup(self))
                group.addAction(action)
            window.addAction(action)
            self._actions[row.id] = action
        self._name_capture()
        theme.changed.connect(self._dress)
        self._dress()
        self.allow(Needs.NOTHING)

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def connect_all(self, doers: Mapping[str, Callable[[], object]]) -> None:
        """Tie each action to what it does. Raises `KeyError` for an id that is not in the table."""
        for action_id, doer in doers.items():
            self._actions[action_id].triggered.connect(lambda _checked=False, doer=doer: doer())

    def allow(self, there: Needs, known_better: Mapping[str, bool] = MappingProxyType({})) -> None:
        """Enable what makes sense with what is there; of some actions it is ``known_better`` whether they do.

        Asked with every snapshot of a capture that is read, and seldom for something else: so Qt only hears of changes.
        """
        for row in ACTIONS:
            enabled = known_better.get(row.id, row.needs <= there)
            if self._enabled.get(row.id) is not enabled:
                self._enabled[row.id] = enabled
                self._actions[row.id].setEnabled(enabled)

    def fill_menu(self, menu: QMenu, entries: tuple[Entry, ...], own: Mapping[str, QMenu]) -> None:
        """Put entries into a menu; ``own`` are the submenus that the window fills itself."""
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif isinstance(entry, tuple):
                self.fill_menu(menu.addMenu(entry[0]), entry[1], own)
            elif entry.startswith("@"):
                menu.addMenu(own[entry[1:]])
            else:
                menu.addAction(self._actions[entry])

    def show_capturing(self, under_way: bool) -> None:
        """The action that begins a live capture ends the one that runs."""
        if under_way is not self._capturing:
            self._capturing = under_way
            self._name_capture()
            self._dress()

    def _name_capture(self) -> None:
        action = self._actions["capture"]
        action.setText("&Stop" if self._capturing else "&Start")
        action.setIconText(beside_icon("Stop" if self._capturing else "Capture"))

    def _dress(self) -> None:
        for row in ACTIONS:
            if row.icon:
                name = "stop" if row.id == "capture" and self._capturing else row.icon
                self._actions[row.id].setIcon(icons.icon(name, self._theme.colours, row.tone))
