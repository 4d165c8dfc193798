"""The analysis page: lists, ladder and message, and the ways between them. What is selected in one is selected in all."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sipview.calls import Call, Conversation
from sipview.gui import wording
from sipview.gui.actions import ActionSet
from sipview.gui.compare_view import ComparePane
from sipview.gui.empty_words import why_empty
from sipview.gui.filter_words import Join
from sipview.gui.filtering import DisplayFilter, Passing
from sipview.gui.graphs import GraphPane
from sipview.gui.jobs import Jobs
from sipview.gui.ladder_pane import LadderPane
from sipview.gui.list_tabs import CALLS, OTHERS, PACKETS, ListTabs
from sipview.gui.message_pane import MessagePane
from sipview.gui.page_panels import PagePanels
from sipview.gui.preferences import Preferences
from sipview.gui.requests import Loaded, OpenedMessage, OpenMessage, OpenPacket
from sipview.gui.search_bar import SearchBar
from sipview.gui.theme import Theme
from sipview.gui.turns import in_a_turn_of_its_own
from sipview.gui.whereabouts import WayBack, take
from sipview.session import Analysis, Snapshot, packet_line
from sipview.session.message_search import Hit
from sipview.session.naming import HostNames


class AnalysisPage(QWidget):
    """Shows a `Loaded` as it grows. ``ladder_changed`` tells whether there is a ladder now.

    ``counted(text)`` tells how much of the list in sight passes the display filter, "" while everything does;
    ``displayed(count, packets)`` how many of the packets pass, None while there is no filter;
    ``filter_unwanted`` that the user wants to see everything again; ``filter_wanted(term, how)`` that a term shall be put
    together with the filter in force; ``key_log_wanted`` that the user has the secrets of TLS connections.
    """

    ladder_changed = Signal(bool)
    counted = Signal(str)
    displayed = Signal(object, int)
    filter_unwanted = Signal()
    filter_wanted = Signal(str, Join)
    key_log_wanted = Signal()

    def __init__(self, theme: Theme, preferences: Preferences, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jobs = Jobs(self, workers=2, behind=True)
        self._loaded: Loaded | None = None
        self._complete = False
        self._touched = False
        self._opened: int | None = None
        self._hit: Hit | None = None
        self._way_back: WayBack | None = None
        self._at_once = False
        self.filter = DisplayFilter(self.jobs, self)
        self.search_bar = SearchBar(theme, self.jobs, lambda: self._opened)
        self.tabs = ListTabs(theme, self.jobs, actions)
        self.calls, self.others, self.packets = self.tabs.calls, self.tabs.others, self.tabs.packets
        self.ladder = LadderPane(theme, preferences, self.jobs, actions)
        self.message = MessagePane(theme)
        self.compare = ComparePane(theme, self.jobs)
        self.message.add_tab(self.compare, "Compare", "This message and another one, side by side")
        self.graphs = GraphPane(theme, self.jobs)
        self.docks = PagePanels(self.tabs, self.ladder, self.message, self.graphs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.search_bar)
        layout.addWidget(self.docks, 1)
        self.tabs.currentChanged.connect(self._tab_changed)
        for lists in (self.calls, self.others):
            lists.chosen.connect(self._conversation_chosen)
            lists.several_chosen.connect(self._several_chosen)
        self.packets.chosen.connect(self._packet_chosen)
        self.ladder.chosen.connect(self._arrow_chosen)
        self.ladder.opened.connect(lambda _: self.show_message_tab(self.message.tabs.currentIndex()))
        self.filter.passed.connect(self._filtered)
        self.tabs.filter_unwanted.connect(self.filter_unwanted)
        self.tabs.filter_wanted.connect(self.filter_wanted)
        self.message.filter_wanted.connect(self.filter_wanted)
        self.search_bar.hit_chosen.connect(self._hit_chosen)
        self.search_bar.closed.connect(self.message.setFocus)
        self.ladder.note.button.clicked.connect(self.key_log_wanted)
        self.ladder.drawn.connect(lambda: self.ladder_changed.emit(self.ladder.view.picture is not None))
        self.clear()

    # What is shown

    @property
    def loaded(self) -> Loaded | None:
        """What is shown."""
        return self._loaded

    def show_loaded(self, loaded: Loaded, *, complete: bool) -> None:
        """Show a capture as far as it was read; another capture takes the place of the former."""
        if self._loaded is not None and self._loaded.analysis is not loaded.analysis:
            self.clear()
        self._loaded = loaded
        self._complete = complete
        snapshot = loaded.snapshot
        self.tabs.follow(loaded)
        if not self.filter.text:
            self.packets.show_snapshot(loaded.cross)
        self.calls.show_items(snapshot.conversations.calls)
        self.others.show_items(snapshot.conversations.others)
        self.filter.follow(loaded)
        self.search_bar.follow(loaded)
        self.graphs.show_snapshot(snapshot)
        self.tabs.tell(loaded.snapshot, complete=complete)
        if self.ladder.subjects:
            self._follow(self.ladder.subjects)
        elif self._way_back is not None and not self._touched:
            if complete or self._at_once:
                self._go_back(self._way_back, loaded)
        elif not self._touched and complete:
            self._begin(snapshot)
        elif not self._touched:  # the lists have this turn, the first call's ladder and message the next one
            in_a_turn_of_its_own(self, self._begin_untouched)

    @property
    def selected(self) -> tuple[Call | Conversation, ...]:
        """The calls or conversations that are selected in the list; without a list in sight that has any, what is drawn."""
        return self.tabs.selected or self.ladder.subjects

    def packets_known(self) -> None:
        """Packets are judged otherwise than by their content now: show that, and filter by that."""
        self.packets.model.look_again()
        self.filter.follow(self._loaded)

    def keep_place(self, *, at_once: bool = False) -> None:
        """The same files are about to be read again: what is shown now is to be shown then.

        With ``at_once`` it is there as soon as something is shown, and nothing is painted in between.
        """
        self.lose_place()
        if self._loaded is not None:
            self._way_back = WayBack(self, take(self, self._loaded, touched=self._touched))
            self._way_back.arrived.connect(self.lose_place)
            self._at_once = at_once
            self.setUpdatesEnabled(not at_once)

    def _go_back(self, way_back: WayBack, loaded: Loaded) -> None:
        self._touched = way_back.go(loaded)
        if not self._touched and self._at_once and way_back.forgotten:
            self._touched = True
            self.ladder.show_note(
                "ladder", "This call is gone", "The capture keeps its newest packets only. Save what you want to keep before."
            )
        elif not self._touched:
            self._begin(loaded.snapshot)

    def lose_place(self) -> None:
        """Other files are about to be read, or none; or the page is where it was."""
        if self._way_back is not None:
            self._way_back.deleteLater()
            self._way_back = None
        self.setUpdatesEnabled(True)

    @property
    def on_the_way(self) -> bool:
        """Whether it is about to show again what it showed before."""
        return self._way_back is not None

    @property
    def opened(self) -> int | None:
        """The position of the message that is shown."""
        return self._opened

    def clear(self) -> None:
        """Show nothing any more, and want nothing that is under way."""
        self.jobs.abandon_all()
        self.tabs.follow(None)
        self.filter.follow(None)
        self.search_bar.follow(None)
        self._opened = self._hit = None
        self._loaded = None
        self._touched = False
        self.packets.show_snapshot(None)
        for pane in (self.calls, self.others):
            pane.forget()
        self.ladder.show_note("ladder", "Reading…", "The first calls appear as soon as they are read.")
        self.message.show_nothing()
        self.compare.show_nothing()
        self.graphs.show_snapshot(None)
        self.tabs.setCurrentIndex(CALLS)
        self.tabs.tell(None, complete=False)

    # What the user does

    def find_in_list(self) -> None:
        """Put the cursor into the search field of the list in sight."""
        self.tabs.find_in_sight()

    def show_list(self, tab: int) -> None:
        """Bring a list to the front and the keyboard into it."""
        self.docks.reveal("lists")
        self.tabs.setCurrentIndex(tab)
        self.tabs.currentWidget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_message_tab(self, tab: int) -> None:
        """Bring a tab of the message to the front and the keyboard into it."""
        self.docks.reveal("message")
        if self.message.tabs.isTabEnabled(tab):
            self.message.tabs.setCurrentIndex(tab)
            self.message.tabs.currentWidget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def step_call(self, by: int) -> None:
        """Choose the next or previous one of the list in sight."""
        self.tabs.conversations_in_sight.step(by)

    def go_to_packet(self, row: int) -> None:
        """Show a packet in the list, and its message if it completes one."""
        self.tabs.setCurrentIndex(PACKETS)
        self.packets.go_to(row)
        self._packet_chosen(row)

    # The display filter and the search

    def _filtered(self, passing: Passing | None) -> None:
        """Show what passes the filter."""
        if self._loaded is None:
            return
        self.packets.show_snapshot(self._loaded.cross if passing is None else passing.cross, passing)
        self.calls.let_pass(None if passing is None else passing.calls)
        self.others.let_pass(None if passing is None else passing.others)
        self._tell_counted()

    def _tell_counted(self) -> None:
        passing = self.filter.passing
        if passing is None:
            self.displayed.emit(None, 0)
            self.counted.emit("")
            return
        self.displayed.emit(len(passing.rows), passing.cross.snapshot.packets)
        tab = self.tabs.currentIndex()
        shown, count, what = {
            CALLS: (passing.call_count, len(passing.calls), "call"),
            OTHERS: (passing.other_count, len(passing.others), "conversation"),
            PACKETS: (len(passing.rows), passing.cross.snapshot.packets, "packet"),
        }[tab]
        self.counted.emit(f"{shown:,} of {wording.counted(count, what)}")

    def _hit_chosen(self, hit: Hit) -> None:
        """Go to a hit of the search: its call, its arrow, its message, its place in the message."""
        if self._loaded is None:
            return
        self._touched = True
        self._hit = hit
        self._show_message_of(hit.position)

    def _show_message_of(self, position: int) -> None:
        """Show a message, with the call or conversation that it belongs to."""
        assert self._loaded is not None
        owner = self._loaded.cross.owner(position)
        if owner is None:
            self.open_message(position)
        else:
            self._show_message(owner, position)

    # The ways between the views

    def _conversation_chosen(self, subject: Call | Conversation) -> None:
        self._touched = True
        self._show_message(subject, subject.messages[0])

    def _several_chosen(self, subjects: tuple[Call | Conversation, ...], count: int) -> None:
        """Draw several calls together, and open the first of their messages."""
        self._touched = True
        if self._loaded is None:
            return
        first = min(subjects, key=lambda subject: subject.start_ns)
        position = first.messages[0]
        hosts = self._loaded.cross.hosts
        self.ladder.show_subjects(self._loaded.analysis, subjects, hosts, position, left_out=count - len(subjects))
        self.open_message(position)

    def _arrow_chosen(self, position: int) -> None:
        self._touched = True
        self.open_message(position)

    def _packet_chosen(self, row: int) -> None:
        self._touched = True
        if self._loaded is None:
            return
        observed = self._loaded.cross.message_of_row(row)
        if observed is None:
            self.open_packet(row)
            return
        self._show_message_of(observed.position)

    def _show_message(self, owner: Call | Conversation, position: int) -> None:
        """Select a message's conversation in the lists, its arrow in the ladder, and open it."""
        if self._loaded is None:
            return
        self.calls.select(owner if isinstance(owner, Call) else None)
        self.others.select(owner if isinstance(owner, Conversation) else None)
        self.ladder.show_subject(self._loaded.analysis, owner, self._loaded.cross.hosts, position)
        self.open_message(position)

    def open_message(self, position: int) -> None:
        """Show a message below the ladder, and its packet in the list."""
        if self._loaded is None:
            return
        observed = self._loaded.snapshot.messages[position]
        self.packets.go_to(observed.row)
        hosts = self._loaded.cross.hosts
        self.compare.follow(self._loaded.analysis, self._loaded.cross, position)
        self.jobs.ask(
            "opening the message",
            OpenMessage(self._loaded.analysis, observed),
            lambda opened: self._message_opened(opened, hosts),
        )

    def _message_opened(self, opened: OpenedMessage, hosts: HostNames) -> None:
        self._opened = opened.observed.position
        self.message.show_message(opened, hosts)
        if self._hit is not None and self._hit.position == self._opened:
            self.message.mark_hit(self._hit.start, self._hit.end)
        self._hit = None

    def open_packet(self, row: int) -> None:
        """Show the bytes of a packet that completes no message."""
        loaded = self._loaded
        if loaded is None or loaded.snapshot.index is None:
            return
        line = packet_line(loaded.snapshot.index, row, loaded.cross.by_row)
        words = " · ".join(filter(None, (line.protocol, f"{line.source} → {line.destination}" if line.source else "")))
        self._opened = None
        self.ladder.view.select(None)
        self.jobs.ask(
            "opening the message",
            OpenPacket(loaded.snapshot.index, row),
            lambda opened: self.message.show_packet(opened, wording.cell(words)),
        )

    # A capture that grows

    def _follow(self, subjects: tuple[Call | Conversation, ...]) -> None:
        """Draw what has come to the conversations that are shown."""
        assert self._loaded is not None
        owners = (self._loaded.cross.owner(subject.messages[0]) for subject in subjects)
        there = tuple({owner.messages[0]: owner for owner in owners if owner is not None}.values())
        if there:
            self.ladder.show_subjects(
                self._loaded.analysis, there, self._loaded.cross.hosts, self.ladder.selected, self.ladder.left_out
            )

    def _begin_untouched(self) -> None:
        if self._loaded is not None and not self._touched and not self.ladder.subjects:
            self._begin(self._loaded.snapshot)

    def _begin(self, snapshot: Snapshot) -> None:
        """Before the user chose anything: the first call, or a word on why there is none."""
        conversations = snapshot.conversations
        if conversations.calls:
            self._show_message(conversations.calls[0], conversations.calls[0].messages[0])
        elif not self._complete:
            return
        elif conversations.others:
            self.tabs.setCurrentIndex(OTHERS)
            self._show_message(conversations.others[0], conversations.others[0].messages[0])
        else:
            headline, sentence, button = why_empty(self._loaded.cross if self._loaded else None)
            self.ladder.show_note("packets" if snapshot.packets else "file", headline, sentence, button)
            self.message.show_nothing(packets=snapshot.packets)
            if snapshot.packets:
                self.tabs.setCurrentIndex(PACKETS)

    def show_graphs(self) -> None:
        """Bring the traffic over time to the front and the keyboard into it."""
        self.docks.reveal("graphs")
        self.graphs.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _tab_changed(self, tab: int) -> None:
        self._tell_counted()
        self.docks.give_list_its_width(tab)

    @property
    def analysis(self) -> Analysis | None:
        """The analysis that is shown."""
        return self._loaded.analysis if self._loaded else None
