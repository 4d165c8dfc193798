"""The ladder with its headline: who called whom, how it went, and what can be done with the picture."""

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from sipview.calls import Call, Conversation
from sipview.gui import wording
from sipview.gui.actions import ActionSet
from sipview.gui.hover_card import HoverCard
from sipview.gui.jobs import Jobs
from sipview.gui.ladder_find import FindBar
from sipview.gui.ladder_head import LadderHead, titles_of
from sipview.gui.ladder_legend import LegendStrip
from sipview.gui.ladder_map import LadderMap
from sipview.gui.ladder_menus import LadderMenus
from sipview.gui.ladder_requests import DrawLadder, DrawnLadder, FindInLadder, Peek, PeekMessage
from sipview.gui.ladder_state import LadderState
from sipview.gui.ladder_view import LadderView
from sipview.gui.notes import EmptyNote
from sipview.gui.painting import LadderFonts, QtTextMeasure
from sipview.gui.preferences import Preferences
from sipview.gui.theme import Theme
from sipview.ladder import Arrow, LadderOptions, Lane, Pill
from sipview.session import Analysis
from sipview.session.ladders import Ladders
from sipview.session.naming import HostNames

Subjects = tuple[Call | Conversation, ...]
_SETTLE_MS = 80  # after the last change of the width, before the ladder is laid out for it
_REST_PER_WORK = 3  # a call that grows is laid out again after three times as long as that took
_LONGEST_REST_MS = 5000
_TITLES_IN_CARD = 10


class LadderPane(QWidget):
    """Draws the messages of one or more calls or conversations.

    ``chosen(position)`` tells which message the user picked, ``opened(position)`` that they want to read it.
    """

    chosen = Signal(int)
    opened = Signal(int)
    drawn = Signal()

    def __init__(self, theme: Theme, preferences: Preferences, jobs: Jobs, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("content")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._preferences = preferences
        self._jobs = jobs
        self._ladders: Ladders | None = None
        self._subjects: Subjects = ()
        self._hosts = HostNames()
        self._addresses: frozenset[str] | None = None  # that are drawn
        self._wanted: int | None = None
        self._drawing = False
        self._stale = False
        self._hits: tuple[int, ...] = ()
        self.left_out = 0
        self.fonts = LadderFonts(theme.family)
        self.measure = QtTextMeasure(self.fonts)
        self.state = LadderState(preferences, self)
        self.view = LadderView(theme, self.fonts)
        self.map = LadderMap(self.view, theme)
        self.menus = LadderMenus(self.view, self.state, theme, actions)
        self.head = LadderHead(theme, self.menus.buttons, self.menus.more)
        self.legend = LegendStrip(theme)
        self.find_bar = FindBar(theme)
        self.card = HoverCard(self)
        self.note = EmptyNote(theme)
        self._stack = QStackedWidget()
        self._settling = QTimer(self)
        self._cooling = QTimer(self)
        self._arrange()
        self._connect()
        self.show_note("ladder", "No call selected", "Click a call on the left: its messages are drawn here.")

    # What is drawn

    @property
    def subject(self) -> Call | Conversation | None:
        """What is drawn; of several calls the first."""
        return self._subjects[0] if self._subjects else None

    @property
    def subjects(self) -> Subjects:
        """All calls and conversations that are drawn."""
        return self._subjects

    @property
    def ladders(self) -> Ladders | None:
        """Where the drawing comes from."""
        return self._ladders

    @property
    def selected(self) -> int | None:
        """The position of the message that is selected, or will be once it is drawn."""
        return self._wanted if self._drawing else self.view.selected

    @property
    def hosts(self) -> HostNames:
        """The names that were guessed for its lanes."""
        return self._hosts

    @property
    def settling(self) -> bool:
        """Whether the ladder is about to be drawn again, or looked through."""
        return (
            self._settling.isActive()
            or (self._stale and self._cooling.isActive())
            or self.find_bar.waiting
            or self.map.deciding
        )

    @property
    def options(self) -> LadderOptions:
        """How it is drawn."""
        plain = LadderOptions(time=self._preferences.time_mode, ports_apart=self._preferences.ports_apart)
        return self.state.apply(plain, self._hosts)

    def doers(self) -> Mapping[str, Callable[[], object]]:
        """What the actions do that are about the ladder alone."""
        return {**self.menus.doers(), "find-in-ladder": self.find_bar.begin}

    def heading(self) -> tuple[str, str, str]:
        """Title, date and source for a picture in a file."""
        subject, ladders = self.subject, self._ladders
        if subject is None or ladders is None:
            return "", "", ""
        source = ", ".join(path.name for path in ladders.analysis.paths)
        calls = [one for one in self._subjects if isinstance(one, Call)]
        title = ladders.analysis.heading(calls)[0] if len(calls) == len(self._subjects) else titles_of(self._subjects)
        start = min(one.start_ns for one in self._subjects)
        return wording.paragraph(title), wording.day_and_clock(start), wording.paragraph(source)

    def show_subject(
        self, analysis: Analysis, subject: Call | Conversation, hosts: HostNames, position: int | None = None
    ) -> None:
        """Draw a call or conversation, with the message at ``position`` selected."""
        self.show_subjects(analysis, (subject,), hosts, position)

    def show_subjects(
        self, analysis: Analysis, subjects: Subjects, hosts: HostNames, position: int | None = None, left_out: int = 0
    ) -> None:
        """Draw several calls in one ladder; ``left_out`` are more than would be readable, which the headline says."""
        self.left_out = left_out
        if self._ladders is None or self._ladders.analysis is not analysis:
            self._ladders = Ladders(analysis)
            self._subjects = ()
        same = _identities(self._subjects) == _identities(subjects)
        unchanged = same and self._subjects == subjects and self._named_alike(hosts)
        self._subjects, self._hosts = subjects, hosts
        self._wanted = position
        if unchanged:
            self.view.select(position)
            return
        self._tell()
        if same and (self._drawing or self._cooling.isActive()):
            self._stale = True  # it grows faster than it can be drawn
        else:
            self._draw(keep_place=same)

    def _named_alike(self, hosts: HostNames) -> bool:
        """Whether the hosts that are drawn are called as they were, whatever others have come to the capture meanwhile."""
        former = self._hosts
        if self._addresses is None:
            return former == hosts
        return all(
            former.names.get(address) == hosts.names.get(address)
            and former.subtitles.get(address) == hosts.subtitles.get(address)
            for address in self._addresses
        )

    def show_note(self, icon_name: str, headline: str, sentence: str, button: str = "") -> None:
        """Show a note in place of a ladder, perhaps with a button: `note.button`."""
        for purpose in ("drawing the ladder", "finding in the ladder", "looking at a message"):
            self._jobs.give_up(purpose)
        self._drawing = self._stale = False
        self._ladders = None
        self._subjects = ()
        self.head.hide()
        self.legend.hide()
        self.find_bar.hide()
        self.view.show_picture(None)
        self.note.tell(icon_name, headline, sentence, button)
        self._stack.setCurrentWidget(self.note)
        self.drawn.emit()

    def redraw(self) -> None:
        """Draw again, with other options."""
        self._draw(keep_place=True)

    # Making

    def _arrange(self) -> None:
        ladder = QWidget()
        beside = QHBoxLayout(ladder)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.view, 1)
        beside.addWidget(self.map)
        self._ladder = ladder
        self._stack.addWidget(self.note)
        self._stack.addWidget(ladder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.legend)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.find_bar)
        self.setFocusProxy(self.view)

    def _connect(self) -> None:
        view = self.view
        view.chosen.connect(self._chosen)
        view.opened.connect(self.opened)
        view.resized.connect(self._settle)
        view.zoomed.connect(lambda _: self._settle())
        view.pill_chosen.connect(self._toggle)
        view.search_begun.connect(self.find_bar.begin)
        view.rested.connect(self._hover)
        view.headers.renamed.connect(self.state.rename)
        view.headers.ordered.connect(self.state.order)
        self.state.changed.connect(self.redraw)
        self._theme.changed.connect(self._dress)
        self.find_bar.sought.connect(self._seek)
        self.find_bar.walked.connect(self._walk)
        self.find_bar.closed.connect(view.setFocus)
        for timer, interval, then in (
            (self._settling, _SETTLE_MS, lambda: self._draw(keep_place=True)),
            (self._cooling, 0, self._cooled),
        ):
            timer.setSingleShot(True)
            timer.setInterval(interval)
            timer.timeout.connect(then)

    def _dress(self) -> None:
        """Take the font in force; the size is the view's matter."""
        if self._theme.family != self.fonts.family:
            self.fonts = LadderFonts(self._theme.family)
            self.measure = QtTextMeasure(self.fonts)
            self.view.set_fonts(self.fonts)
            self.redraw()

    def _tell(self) -> None:
        """The headline."""
        self.head.show_subjects(self._subjects, self.left_out)
        self.menus.show_state()
        self.head.show()

    # Drawing

    def _settle(self) -> None:
        if self._subjects:
            self._settling.start()

    def _draw(self, *, keep_place: bool) -> None:
        self._settling.stop()
        self._cooling.stop()
        self._stale = False
        if self._ladders is None or not self._subjects:
            return
        self._drawing = True
        self._addresses = None
        width = self.view.viewport().width() / self.view.zoom - 4
        request = DrawLadder(self._ladders, self._subjects, self.options, self.measure, width)
        began = time.monotonic()
        self._jobs.ask(
            "drawing the ladder",
            request,
            lambda drawn: self._show(drawn, time.monotonic() - began, keep_place=keep_place),
            failed=self._not_drawn,
        )

    def _show(self, drawn: DrawnLadder, took_s: float, *, keep_place: bool) -> None:
        self._drawing = False
        self._addresses = drawn.addresses
        self.card.hide()
        self.view.show_picture(drawn.picture, keep_place=keep_place)
        self._stack.setCurrentWidget(self._ladder)
        self.view.select(self._wanted)
        self.menus.foldable = drawn.foldable
        self.menus.show_state()
        self.legend.show_entries(drawn.legend)
        if self.find_bar.isVisible():
            self._seek(self.find_bar.field.text())
        self._cooling.start(min(_LONGEST_REST_MS, round(took_s * 1000 * _REST_PER_WORK)))
        self.drawn.emit()

    def _not_drawn(self, error: Exception) -> None:
        self._drawing = False
        self._jobs.report("drawing the ladder", error)

    def _cooled(self) -> None:
        if self._stale:
            self._draw(keep_place=True)

    def _chosen(self, position: int) -> None:
        self._wanted = position
        self.chosen.emit(position)

    def _toggle(self, pill: Pill) -> None:
        if pill.lane:
            self.state.show("*" if pill.lane == "lane:*" else pill.lane)
        else:
            self._wanted = pill.positions[0]
            self.state.toggle(pill.key.split(" "))
            self.chosen.emit(pill.positions[0])  # what is selected then is what is read

    # Finding

    def _seek(self, text: str) -> None:
        if self._ladders is None or not text:
            self._jobs.give_up("finding in the ladder")
            self._found(())
            return
        self._jobs.ask("finding in the ladder", FindInLadder(self._ladders, self._subjects, text), self._found)

    def _found(self, hits: tuple[int, ...]) -> None:
        self._hits = hits
        self.view.mark_found(frozenset(hits))
        if hits and self.find_bar.isVisible() and self.view.selected not in hits:
            self._walk(0)
        else:
            self._tell_hits()

    def _walk(self, by: int) -> None:
        """To the next hit (1), the one before (-1), or (0) the first one from the selected message on."""
        if not self._hits:
            return
        current = self.view.selected
        if current in self._hits:
            place = (self._hits.index(current) + by) % len(self._hits)
        else:
            row_of = self.view.picture.row_of if self.view.picture is not None else {}
            here = row_of.get(current, -1) if current is not None else -1
            after = [number for number, hit in enumerate(self._hits) if row_of.get(hit, -1) >= here]
            place = after[0] if after else 0
            if by < 0:
                place = (place - 1) % len(self._hits)
        self.view.choose_message(self._hits[place])
        self._tell_hits()

    def _tell_hits(self) -> None:
        current = self.view.selected
        place = self._hits.index(current) if current in self._hits else None
        self.find_bar.tell(place, len(self._hits))

    # The card at the mouse

    def _hover(self, thing: object, place: QPoint) -> None:
        self._jobs.give_up("looking at a message")
        if isinstance(thing, Arrow) and self._ladders is not None:
            self._jobs.ask(
                "looking at a message",
                PeekMessage(self._ladders, thing.position),
                lambda peek: self._show_card(thing, peek, place),
            )
        elif isinstance(thing, Pill):
            self.card.tell(self._pill_card(thing), place)
        elif isinstance(thing, Lane):
            self.card.tell(f"{thing.full_name}\nDouble click renames it, dragging moves it, right click hides it.", place)
        else:
            self.card.hide()

    def _show_card(self, arrow: Arrow, peek: Peek, place: QPoint) -> None:
        self.card.tell(arrow.tooltip, place, media="\n".join(peek.media), headers=peek.headers)

    def _pill_card(self, pill: Pill) -> str:
        messages = self._ladders.analysis.snapshot.messages if self._ladders is not None else ()
        spoken = [wording.spoken(messages[position]) for position in pill.positions[:_TITLES_IN_CARD]]
        more = len(pill.positions) - len(spoken)
        hint = "Click to show the lane again" if pill.lane else "Click to fold" if pill.open else "Click to unfold"
        return "\n".join([pill.text.text.lstrip("▸▾ "), *spoken, *([f"and {more:,} more"] if more else []), hint])


def _identities(subjects: Subjects) -> tuple[int, ...]:
    return tuple(subject.messages[0] for subject in subjects)
