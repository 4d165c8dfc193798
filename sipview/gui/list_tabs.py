"""The lists as tabs: calls, registrations and others, packets; each says in its title how much it holds."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu

from sipview.calls import Call, Conversation
from sipview.gui.actions import ActionSet
from sipview.gui.call_columns import (
    CALL_COLUMNS,
    CONVERSATION_COLUMNS,
    call_identity,
    conversation_identity,
    searched_call,
    searched_conversation,
)
from sipview.gui.call_details import CallDetails, detail_columns
from sipview.gui.empty_words import what_instead
from sipview.gui.filter_words import Join, call_term
from sipview.gui.jobs import Jobs
from sipview.gui.list_pane import ListPane
from sipview.gui.packet_pane import PacketPane
from sipview.gui.requests import Loaded
from sipview.gui.steady_tabs import SteadyTabs
from sipview.gui.theme import Theme
from sipview.session import Snapshot

CALLS, OTHERS, PACKETS = range(3)
_TITLES = ("Calls", "Registrations && others", "Packets")
_SHORT_TITLES = ("Calls", "Others", "Packets")


class ListTabs(SteadyTabs):
    """``filter_unwanted``: the user wants to see everything again; ``filter_wanted(term, how)``: a term is to be put together
    with the filter in force.
    """

    filter_unwanted = Signal()
    filter_wanted = Signal(str, Join)

    def __init__(self, theme: Theme, jobs: Jobs, actions: ActionSet) -> None:
        super().__init__()
        self.setAccessibleName("Lists")
        self._actions = actions
        self._counts: tuple[int, ...] = ()
        self._details = CallDetails()
        self.calls: ListPane[Call] = ListPane(
            "calls", (*CALL_COLUMNS, *detail_columns(self._details)), jobs, theme,
            identity=call_identity, searched=searched_call, read=self._details.read, term=lambda call: call_term([call]),
        )  # fmt: skip
        self.others: ListPane[Conversation] = ListPane(
            "conversations", CONVERSATION_COLUMNS, jobs, theme, identity=conversation_identity,
            searched=searched_conversation, read=self._details.read, term=lambda one: call_term([one]),
        )  # fmt: skip
        self.packets = PacketPane(theme, jobs, actions)
        for pane in (self.calls, self.others, self.packets):
            self.addTab(pane, "")
            pane.filter_unwanted.connect(self.filter_unwanted)
            pane.filter_wanted.connect(self.filter_wanted)
        for lists in (self.calls, self.others):
            lists.menu_wanted.connect(self._fill_menu)
            self.setTabToolTip(self.indexOf(lists), _TITLES[self.indexOf(lists)].replace("&&", "and"))
        self.tell(None, complete=False)
        theme.changed.connect(self._dress)
        self.currentChanged.connect(self._dress)  # the title of the tab in sight is bold, and so wider

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """There is more or less room for titles."""
        super().resizeEvent(event)
        self._title()

    def _dress(self) -> None:
        QTimer.singleShot(0, self, self._title)  # once the tabs have their new size

    def _title(self) -> None:
        """Each tab says how much it holds, as far as there is room: else in few words, else the status bar alone does."""
        bar = self.tabBar()
        for titles, counts in ((_TITLES, self._counts), (_SHORT_TITLES, self._counts), (_SHORT_TITLES, ())):
            for tab, title in enumerate(titles):
                text = f"{title} {counts[tab]:,}" if counts else title
                if bar.tabText(tab) != text:
                    bar.setTabText(tab, text)
            if bar.sizeHint().width() <= self.width():
                return

    def _fill_menu(self, menu: QMenu, item: Call | Conversation) -> None:
        """What can be done with a call or another conversation, below what filters on it and copies it."""
        term = call_term([item])
        packets = menu.addAction("Show its &packets")
        packets.setEnabled(bool(term))
        packets.triggered.connect(lambda: self._show_packets(term))
        for action_ids in (("save-calls", "package"), ("export-ladder", "copy-image")):
            menu.addSeparator()
            menu.addActions([self._actions[action_id] for action_id in action_ids])

    def _show_packets(self, term: str) -> None:
        self.filter_wanted.emit(term, Join.ONLY)
        self.setCurrentIndex(PACKETS)

    @property
    def conversations_in_sight(self) -> ListPane[Call] | ListPane[Conversation]:
        """The list of calls or of others that is in sight; calls where the packets are."""
        return self.others if self.currentIndex() == OTHERS else self.calls

    @property
    def selected(self) -> tuple[Call | Conversation, ...]:
        """The calls or conversations that are selected in the list in sight."""
        return () if self.currentIndex() == PACKETS else self.conversations_in_sight.selected

    def follow(self, loaded: Loaded | None) -> None:
        """There is another snapshot, or no capture any more, in which details of calls are looked up."""
        self._details.follow(loaded)

    def find_in_sight(self) -> None:
        """Put the cursor into the search field of the list in sight."""
        pane = self.conversations_in_sight
        if self.currentIndex() == PACKETS:
            self.setCurrentIndex(CALLS)
        pane.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        pane.search.selectAll()

    def tell(self, snapshot: Snapshot | None, *, complete: bool) -> None:
        """Say how much there is; once all is read, say in an empty list why it is empty."""
        calls = len(snapshot.conversations.calls) if snapshot else 0
        others = len(snapshot.conversations.others) if snapshot else 0
        packets = snapshot.packets if snapshot else 0
        self._counts = (calls, others, packets) if snapshot else ()
        self._title()
        for pane, there, what in ((self.calls, calls, "calls"), (self.others, others, "registrations or other conversations")):
            if snapshot is not None and complete and not there:
                pane.tell_empty(f"No {what}", what_instead(snapshot))
            else:
                pane.tell_empty("", "")
