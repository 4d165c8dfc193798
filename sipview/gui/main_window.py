"""The window: puts bars, start page, analysis page and status bar together, and says which does what for which."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QChildEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from sipview import environment
from sipview.gui.actions import ActionSet, Needs
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.capture_places import CapturePlaces
from sipview.gui.capture_reader import CaptureReader, names_of
from sipview.gui.capture_reports import CaptureReports
from sipview.gui.cut_files import CutFileWatch
from sipview.gui.dialogs import AboutDialog, ErrorDialog
from sipview.gui.filter_bar import FilterBar
from sipview.gui.filter_memory import FilterMemory
from sipview.gui.filter_typing import LearnLanguage
from sipview.gui.jobs import Jobs
from sipview.gui.ladder_export import LadderExporter
from sipview.gui.letting_go import letting_go_of
from sipview.gui.live_capture import LiveCapture
from sipview.gui.notes import NoticePlace
from sipview.gui.packaging import SupportPackager
from sipview.gui.page_actions import PageActions
from sipview.gui.path_chooser import PathChooser
from sipview.gui.preference_actions import PreferenceActions
from sipview.gui.preferences import Preferences
from sipview.gui.reading_choice import NEW_RULE, ReadingChoice
from sipview.gui.requests import KnowPackets, LearnExplaining, Loaded
from sipview.gui.save_capture import What
from sipview.gui.save_graphs import GraphSaver
from sipview.gui.save_packets import PacketSaver
from sipview.gui.scaling import bring_along, bring_dialog_along
from sipview.gui.shortcuts_dialog import ShortcutsDialog
from sipview.gui.start_page import StartPage, dropped_paths
from sipview.gui.status_line import StatusLine
from sipview.gui.theme import Theme
from sipview.gui.turns import in_a_turn_of_its_own
from sipview.gui.window_bars import WindowBars
from sipview.values import visible

SAMPLE = "samples/small-office.pcap"
_MESSAGE_MS = 8000


class MainWindow(QMainWindow):
    """One window on one analysis (of one or more captures). ``another_wanted``: the user wants one more window;
    ``closed``: this one is closed.
    """

    another_wanted = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, preferences: Preferences, chooser: PathChooser | None = None) -> None:
        super().__init__()
        theme.dress(self)
        self._theme = theme
        self._preferences = preferences
        chooser = chooser or PathChooser()
        self._places = CapturePlaces(self, chooser, preferences)
        self._learnt = False
        self._to_show: Loaded | None = None  # read, and shown in the next turn of the event loop
        self.actions_ = ActionSet(self, theme)
        self.loading = Jobs(self, workers=2, behind=True)
        self.reader = CaptureReader(self, self.loading)
        self.notice = NoticePlace(theme)
        # What gets another parent is styled anew with all that is in it, which takes most of the time: outer things first.
        centre = QWidget()
        self.setCentralWidget(centre)
        self.pages = QStackedWidget(centre)
        self.start = StartPage(theme, preferences, self.pages)
        self.page = AnalysisPage(theme, preferences, self.actions_, self.pages)
        self.pages.addWidget(self.start)
        self.pages.addWidget(self.page)
        self.exporter = LadderExporter(self, self.page.ladder, self.page.jobs, preferences, chooser)
        self.reading = ReadingChoice(self, theme, preferences, self.loading, chooser)
        self.page.packets.rules = lambda: self.reading.rules
        self.live = LiveCapture(self, self.page, theme, preferences, self._places.choose_saved)
        self.live.control.following.reading = self.reading.reading
        self.saver = PacketSaver(self, self.page, self.live, self.loading, self._places.choose_saved)
        self.packager = SupportPackager(self, self.page, self.live, theme, self._places.choose_saved)
        self.reports = CaptureReports(self, self.page, theme, self.loading)
        self.cut_files = CutFileWatch(self.page, self.reader)
        self.start.add_card(self.live.card)
        self.status = StatusLine(theme)
        self.setStatusBar(self.status)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.live.bar)
        layout.addWidget(self.notice)
        layout.addWidget(self.pages, 1)
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(760, 520))
        self.filter_bar = FilterBar(theme, FilterMemory(preferences, self), self, self.page.filter.find_known_values)
        self.page_actions = PageActions(self, self.page, self.filter_bar, self.actions_, preferences)
        self.preference_actions = PreferenceActions(self, theme, self.actions_, preferences)
        self.graph_saver = GraphSaver(self, self.page, preferences, chooser)
        self.bars = WindowBars(self, self.actions_, preferences, self.page.docks.toggles, self.filter_bar)
        self._connect_actions()
        self._connect()
        bring_along(self)
        self._restore()
        self._show_start()

    # Opening and closing

    def open_captures(self, paths: Sequence[Path]) -> None:
        """Read captures; what is shown now stays until the first of it is there. A capture that is not saved is asked about."""
        if paths:
            self.live.guard.before(lambda: self._open(paths))

    @property
    def vacant(self) -> bool:
        """Whether this window shows no capture and is about to show none."""
        return self.pages.currentWidget() is self.start and not self.reader.under_way

    def follow_captures(self, paths: Sequence[Path]) -> None:
        """Read captures that another program still writes, and what it adds, until the user stops it."""
        if paths:
            self.live.guard.before(lambda: self._open(paths, follow=True))

    def _open(self, paths: Sequence[Path], *, follow: bool = False, again: bool = False) -> None:
        self.reader.give_up()
        self._to_show = None
        (self.page.keep_place if again else self.page.lose_place)()
        self.notice.hide()
        self.status.show_reading(names_of(paths))
        if follow:
            self.status.show_following(names_of(paths))
            self.live.scroll_with_it()
        self.reader.read(paths, self.reading.reading, follow=follow)

    def close_capture(self) -> None:
        """Back to the start page. A capture that is not saved is asked about."""
        self.live.guard.before(self._close_capture)

    def _close_capture(self) -> None:
        self.reader.give_up()
        self._to_show = None
        self._let_go()
        self.status.show_nothing()
        self._show_start()

    def _was_read(self, loaded: Loaded, complete: bool) -> None:
        """Show what was read. Turning over from the start page costs a frame, so the first of a long capture waits for that."""
        self._to_show = None
        if complete or self.pages.currentWidget() is self.page:
            self._loaded(loaded, complete)
            return
        self._to_show = loaded
        self.pages.setUpdatesEnabled(False)  # what is about to be shown is not shown empty before
        self._turn_over()
        in_a_turn_of_its_own(self, self._show_first)

    def _show_first(self) -> None:
        self.pages.setUpdatesEnabled(True)
        if self._to_show is not None:
            self._loaded(self._to_show, complete=False)
            self._to_show = None

    def _turn_over(self) -> None:
        self.pages.setCurrentWidget(self.page)
        self.bars.toolbar.show()

    def _loaded(self, loaded: Loaded, complete: bool) -> None:
        if self.page.analysis is not loaded.analysis:
            self._let_go()
            self.filter_bar.forget_values()
        self.page.show_loaded(loaded, complete=complete)
        self._tell_title()
        self.status.show_loaded(loaded, complete=complete)
        if complete and loaded.remark:
            self.notice.tell(loaded.remark)
        if complete:
            self.reports.follow(loaded)
            self.loading.ask("judging the packets", KnowPackets(loaded.analysis), lambda _: self.page.packets_known())
        if complete or self.live.shows(loaded):  # not while a capture is read, which is work enough
            self._learn()
        self._turn_over()
        self._allow()
        if complete and not self.live.shows(loaded):
            self._places.remember(loaded)
            self.live.shown_instead(another=True)

    def learn_ahead(self) -> None:
        """Load what the first message and the first filter need, if nobody waits for a capture."""
        if not self.reader.under_way:
            self.loading.ask("learning to explain", LearnExplaining(), lambda _: None)
            self._learn()

    def _learn(self) -> None:
        if not self._learnt:
            self._learnt = True
            self.loading.ask("learning the filter language", LearnLanguage(), lambda _: None)

    def _tell_title(self) -> None:
        loaded = self.page.loaded
        if loaded is not None:
            name = self.live.title if self.live.shows(loaded) else visible(names_of(loaded.analysis.paths), 120)
            self.setWindowTitle(f"{name.replace('[*]', '[*][*]')} — sipview")  # one alone is Qt's mark for what is not saved

    def _show_captured(self, loaded: Loaded, complete: bool) -> None:
        """Show what is captured, as far as it was read."""
        self.reader.give_up()
        self._loaded(loaded, complete)
        if complete:
            self.status.end_reading()

    def _let_go(self) -> None:
        """Stop showing the analysis, and close it once no worker uses it any more."""
        former = self.page.loaded
        if former is not None:
            self.page.clear()
        self.loading.give_up("judging the packets")
        self.reports.follow(None)
        if former is not None:
            self._close_analysis(former)

    def _close_analysis(self, loaded: Loaded) -> None:
        """Close it, unless it is (still) shown; then `_let_go` does."""
        if self.page.analysis is not loaded.analysis:
            let_go = letting_go_of(loaded)
            self.loading.when_ended(lambda: self.page.jobs.when_ended(lambda: self.loading.dispose(let_go)))

    def _show_start(self) -> None:
        self.setWindowTitle("sipview")
        self.pages.setCurrentWidget(self.start)
        self.bars.toolbar.hide()
        self._allow()
        self.start.refresh()
        self.start.drop_zone.open_button.setFocus()

    def _choose_captures(self) -> None:
        self.open_captures(self._places.choose())

    # Bars, actions, what the user does

    def _connect_actions(self) -> None:
        doers: dict[str, Callable[[], object]] = {
            "open": self._choose_captures,
            "close": self.close_capture,
            "quit": QApplication.closeAllWindows,
            "new-window": self.another_wanted.emit,
            "decode-as": lambda: self.reading.ask_rules(self.page.packets.suggested_rule() or NEW_RULE),
            "key-log": self.reading.ask_key_log,
            "save-traffic": self.graph_saver.save,
            "reload": self._reload,
            "save-packets": partial(self.saver.save, What.DISPLAYED),
            "save-calls": partial(self.saver.save, What.SELECTED),
            "save-capture": self.saver.ask,
            "package": self._pack,
            "capture": self.live.turn,
            "capture-options": self.live.options,
            "capture-restart": self.live.restart,
            "capture-continue": self.live.control.go_on,
            "statistics": self.reports.show_statistics,
            "shortcuts": lambda: ShortcutsDialog(self, self._theme).open(),
            "about": lambda: AboutDialog(self).open(),
        }
        for others in (self.page_actions, self.preference_actions, self.exporter):
            doers.update(others.doers())
        self.actions_.connect_all(doers)

    def _connect(self) -> None:
        self._connect_words()
        page, live = self.page, self.live
        self.start.drop_zone.open_button.clicked.connect(self._choose_captures)
        self.start.drop_zone.sample_button.clicked.connect(lambda: self.open_captures([environment.resource_path(SAMPLE)]))
        self.start.capture_wanted.connect(lambda path: self.open_captures([Path(path)]))
        self.bars.capture_wanted.connect(lambda path: self.open_captures([path]))
        self.reader.loaded.connect(self._was_read)
        self.reader.ended.connect(self.status.end_reading)
        self.reader.failed.connect(lambda: live.shown_instead(another=False))
        self.reader.unwanted.connect(self._close_analysis)
        self.status.stop_wanted.connect(self.reader.cancel)
        self.status.problems_wanted.connect(self.reports.show_problems)
        self.status.quality_wanted.connect(self.reports.show_quality)
        self.reports.assessed.connect(self.status.show_quality)
        self.reports.key_log_wanted.connect(self.reading.choose_key_log)
        self.reading.changed.connect(self._read_otherwise)
        live.loaded.connect(self._show_captured)
        live.open_wanted.connect(lambda path: self._open([path]))
        live.gone.connect(self._close_capture)
        live.abandoned.connect(self._close_analysis)
        for no_more_of_interest in (live.begun, live.discarded):
            no_more_of_interest.connect(self.notice.hide)
        live.changed.connect(self._allow)
        live.changed.connect(self._tell_title)
        page.ladder_changed.connect(self._allow)
        page.key_log_wanted.connect(self.reading.choose_key_log)
        page.packets.rule_turned.connect(self.reading.turn_rule)
        page.counted.connect(self.filter_bar.show_counted)
        page.displayed.connect(self.status.show_displayed)
        page.filter_unwanted.connect(self.filter_bar.clear)
        page.filter_wanted.connect(self.filter_bar.join)
        page.graphs.filter_wanted.connect(self.page_actions.show_packets_of)
        page.graphs.saving_wanted.connect(self.graph_saver.save)
        self.filter_bar.applied.connect(page.filter.apply)
        self.filter_bar.done.connect(lambda: page.tabs.currentWidget().setFocus(Qt.FocusReason.OtherFocusReason))

    def _connect_words(self) -> None:
        """Who has something to say: what is done goes by in the status bar, what went wrong stays in the notice."""
        page, live = self.page, self.live
        for done in (
            live.said, self.saver.told, self.packager.said, self.exporter.said, self.graph_saver.said, self.reading.said,
            page.message.bytes.copied, page.packets.copied,
        ):  # fmt: skip
            done.connect(self._say)
        for wrong in (
            self.reader.refused, live.told, self.saver.refused, self.exporter.went_wrong, self.graph_saver.refused,
            self.reading.refused, self.cut_files.told,
        ):  # fmt: skip
            wrong.connect(self.notice.tell)
        self.reader.news.connect(self.notice.tell_news)
        for jobs in (self.loading, page.jobs):
            jobs.failed.connect(lambda what, error: ErrorDialog(self, what, error).open())

    def _allow(self) -> None:
        """Enable the actions that make sense now."""
        there = Needs.LADDER if self.page.ladder.view.picture is not None else Needs.CAPTURE
        there = there if self.pages.currentWidget() is self.page else Needs.NOTHING
        self.actions_.allow(there, {**self.live.allowed, **self.page.ladder.state.refused})
        self.actions_.show_capturing(self.live.control.under_way)

    def _reload(self) -> None:
        """Read the same files again; everything is shown as before. A live capture begins again."""
        if self.live.there:
            self.live.restart()
        elif self.page.analysis is not None:
            self._open(self.page.analysis.paths, again=True)

    def _read_otherwise(self) -> None:
        """The user knows more than before of what is captured: read it again, and show everything as before."""
        self.live.control.following.reading = self.reading.reading
        if self.live.there:
            self.live.read_otherwise(self.reading.reading)
        elif self.page.analysis is not None:
            self._open(self.page.analysis.paths, follow=self.reader.follows, again=True)

    def _pack(self) -> None:
        if self.reader.under_way:
            self._say("A support package can be made once the capture is read.")
        else:
            self.packager.ask()

    def _say(self, sentence: str) -> None:
        """Something is done: say so for a while."""
        self.status.showMessage(sentence, _MESSAGE_MS)

    # What is remembered

    def _restore(self) -> None:
        if not self.restoreGeometry(self._preferences.state("window")):
            self.resize(1280, 800)
        self.page.docks.restore_places(self._preferences)
        self.page_actions.restore()
        self.preference_actions.restore()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Remember how everything stood, and let go of the files. A capture that is not saved is asked about first."""
        if self.live.guard.holds_back(self.close):
            event.ignore()
            return
        self._preferences.remember_state("window", self.saveGeometry())
        for name, state in self.page.docks.places().items():
            self._preferences.remember_state(name, state)
        former = self.page.loaded
        self.reader.give_up()
        self.page.clear()
        self.live.close()
        self.loading.close()
        self.page.jobs.close()
        if former is not None:
            former.analysis.close()
        self.live.delete_unsaved()  # now that nobody reads it, which Windows asks for
        super().closeEvent(event)
        self.closed.emit()

    def childEvent(self, event: QChildEvent) -> None:  # noqa: N802 - Qt's name
        """A dialog comes in the size of everything."""
        super().childEvent(event)
        bring_dialog_along(event)

    # Files dragged over the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Files may be dropped anywhere."""
        if dropped_paths(event):
            event.acceptProposedAction()
            self.start.drop_zone.set_hover(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        """They were dragged away again."""
        self.start.drop_zone.set_hover(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Open what was dropped."""
        self.start.drop_zone.set_hover(False)
        paths = dropped_paths(event)
        if paths:
            event.acceptProposedAction()
            self.open_captures(paths)
