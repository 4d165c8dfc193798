"""The window: menus, toolbar, start page, analysis page, status bar; opening, closing, exporting."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event

from PySide6.QtCore import QChildEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sipview import environment
from sipview.capture import CaptureError
from sipview.gui.actions import MENUS, TOOLBAR, ActionSet, Needs
from sipview.gui.analysis_page import AnalysisPage
from sipview.gui.appearance_dialog import AppearanceDialog
from sipview.gui.capture_requests import FollowFiles
from sipview.gui.dialogs import AboutDialog, ErrorDialog, ProblemsDialog, QualityDialog, ShortcutsDialog
from sipview.gui.filter_bar import FilterBar
from sipview.gui.filter_memory import FilterMemory
from sipview.gui.filter_typing import LearnLanguage
from sipview.gui.jobs import Job, Jobs
from sipview.gui.ladder_export import LadderExporter
from sipview.gui.letting_go import letting_go_of
from sipview.gui.live_capture import LiveCapture
from sipview.gui.notes import Notice
from sipview.gui.packaging import SupportPackager
from sipview.gui.page_actions import PageActions
from sipview.gui.path_chooser import PathChooser
from sipview.gui.preferences import Preferences, RecentCapture, SecondFile
from sipview.gui.reading_choice import NEW_RULE, ReadingChoice
from sipview.gui.requests import AssessQuality, KnowPackets, LoadCaptures, Loaded
from sipview.gui.save_capture import What
from sipview.gui.save_graphs import GraphSaver
from sipview.gui.save_packets import PacketSaver
from sipview.gui.scaling import bring_along, bring_dialog_along
from sipview.gui.start_page import StartPage, dropped_paths
from sipview.gui.statistics_window import StatisticsWindow
from sipview.gui.status_line import StatusLine
from sipview.gui.theme import Theme, ThemeChoice
from sipview.gui.tokens import SPACE_M, SPACE_S
from sipview.session.quality import Quality
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
        self._theme = theme
        self._preferences = preferences
        self._chooser = chooser or PathChooser()
        self._opening: Job[Loaded] | None = None
        self._statistics: StatisticsWindow | None = None
        self._learnt = False
        self._quality: Quality | None = None
        self.actions_ = ActionSet(self, theme)
        self.loading = Jobs(self, workers=2)
        self.notice = Notice(theme)
        self.start = StartPage(theme, preferences)
        self.page = AnalysisPage(theme, preferences, self.actions_)
        self.exporter = LadderExporter(self, self.page.ladder, self.page.jobs, preferences, self._chooser)
        self.reading = ReadingChoice(self, theme, preferences, self.loading, self._chooser)
        self.page.packets.rules = lambda: self.reading.rules
        self.live = LiveCapture(self, self.page, theme, preferences, self._choose_saved)
        self.live.control.reading = self.reading.reading
        self.saver = PacketSaver(self, self.page, self.live, self.loading, self._choose_saved)
        self.packager = SupportPackager(self, self.page, self.live, theme, self._choose_saved)
        self.start.add_card(self.live.card)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.start)
        self.pages.addWidget(self.page)
        self.status = StatusLine(theme)
        self.setStatusBar(self.status)
        notice_place = QVBoxLayout()
        notice_place.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        notice_place.addWidget(self.notice)
        self._notice_place = QWidget()
        self._notice_place.setLayout(notice_place)
        self._notice_place.hide()
        self.notice.dismissed.connect(self._notice_place.hide)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.live.bar)
        layout.addWidget(self._notice_place)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(centre)
        self.setAcceptDrops(True)
        self.setMinimumSize(QSize(760, 520))
        self._recent_menu = QMenu("Open &recent", self)
        self._panels_menu = QMenu("&Panels", self)
        self._toolbar = QToolBar("Toolbar")
        self.filter_bar = FilterBar(theme, FilterMemory(preferences, self), self, self.page.filter.find_known_values)
        self.page_actions = PageActions(self, self.page, self.filter_bar, self.actions_, preferences)
        self.graph_saver = GraphSaver(self, self.page, preferences, self._chooser)
        self._fill_bars()
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
        return self.pages.currentWidget() is self.start and self._opening is None

    def follow_captures(self, paths: Sequence[Path]) -> None:
        """Read captures that another program still writes, and what it adds, until the user stops it."""
        if paths:
            self.live.guard.before(lambda: self._open(paths, follow=True))

    def _open(self, paths: Sequence[Path], *, follow: bool = False, again: bool = False) -> None:
        self._stop_opening()
        (self.page.keep_place if again else self.page.lose_place)()
        self._dismiss_notice()
        names, reading = _names(paths), self.reading.reading
        self._followed = follow
        self.status.show_reading(names)
        if follow:
            self.status.show_following(names)
            self.live.scroll_with_it()
        self._opening = self.loading.ask(
            "opening the capture",
            FollowFiles(tuple(paths), Event(), reading=reading) if follow else LoadCaptures(tuple(paths), reading),
            lambda loaded: self._loaded(loaded, complete=True),
            failed=lambda error: self._could_not_open(names, error),
            shown=lambda loaded: self._loaded(loaded, complete=False),
            cancelled=self._opening_stopped,
            unwanted=self._close_analysis,
        )

    def close_capture(self) -> None:
        """Back to the start page. A capture that is not saved is asked about."""
        self.live.guard.before(self._close_capture)

    def _close_capture(self) -> None:
        self._stop_opening()
        self._let_go()
        self.status.show_nothing()
        self._show_start()

    def _loaded(self, loaded: Loaded, *, complete: bool) -> None:
        if self.page.analysis is not loaded.analysis:
            self._let_go()
            self.filter_bar.forget_values()
        if complete:
            self._opening = None
        self.page.show_loaded(loaded, complete=complete)
        self._tell_title()
        if complete and self._statistics is not None and self._statistics.isVisible():
            self._statistics.follow(loaded)
        self.status.show_loaded(loaded, complete=complete)
        if complete and loaded.remark:
            self._tell(loaded.remark)
        if complete:
            self.loading.ask("assessing the capture", AssessQuality(loaded.snapshot), self._assessed)
            self.loading.ask("judging the packets", KnowPackets(loaded.analysis), lambda _: self.page.packets_known())
        if not self._learnt and (complete or self.live.shows(loaded)):  # not while a capture is read, which is work enough
            self._learnt = True
            self.loading.ask("learning the filter language", LearnLanguage(), lambda _: None)
        self.pages.setCurrentWidget(self.page)
        self._toolbar.show()
        self._allow()
        if complete and not self.live.shows(loaded):
            self._remember(loaded)
            self.live.shown_instead(another=True)

    def _tell_title(self) -> None:
        loaded = self.page.loaded
        if loaded is not None:
            name = self.live.title if self.live.shows(loaded) else visible(_names(loaded.analysis.paths), 120)
            self.setWindowTitle(f"{name} — sipview")

    def _show_captured(self, loaded: Loaded, complete: bool) -> None:
        """Show what is captured, as far as it was read."""
        self._stop_opening()
        self._loaded(loaded, complete=complete)
        if complete:
            self.status.end_reading()

    def _choose_saved(self, title: str, name: Path, kinds: str) -> Path | None:
        """Where to save a capture."""
        path = self._chooser.save_as(self, title, Path(self._preferences.last_folder or Path.home()) / name, kinds)
        if path is not None:
            self._preferences.last_folder = str(path.parent)
        return path

    def _assessed(self, quality: Quality | None) -> None:
        self._quality = quality
        self.status.show_quality(quality)

    def _show_quality(self) -> None:
        if self._quality is not None:
            dialog = QualityDialog(self, self._theme, self._quality)
            dialog.key_log_wanted.connect(self.reading.choose_key_log)
            dialog.open()

    def _let_go(self) -> None:
        """Stop showing the analysis, and close it once no worker uses it any more."""
        former = self.page.loaded
        self.page.clear()
        self.loading.give_up("assessing the capture")
        self.loading.give_up("judging the packets")
        self._assessed(None)
        if self._statistics is not None:
            self._statistics.follow(None)
        if former is not None:
            self._close_analysis(former)

    def _close_analysis(self, loaded: Loaded) -> None:
        """Close it, unless it is (still) shown; then `_let_go` does."""
        if self.page.analysis is not loaded.analysis:
            let_go = letting_go_of(loaded)
            self.loading.when_ended(lambda: self.page.jobs.when_ended(lambda: self.loading.dispose(let_go)))

    def _stop_opening(self) -> None:
        if self._opening is not None:
            self.loading.give_up("opening the capture")
            self._opening = None
            self.status.end_reading()

    def _opening_stopped(self) -> None:
        """The user stopped it before there was anything to show."""
        self._opening = None
        self.status.end_reading()

    def _could_not_open(self, names: str, error: Exception) -> None:
        self._opening = None
        self.status.end_reading()
        self.live.shown_instead(another=False)
        if isinstance(error, CaptureError):
            self._tell(str(error))
        elif isinstance(error, OSError):
            self._tell(f"{names} could not be read: {error.strerror or error}.")
        else:
            self.loading.report("opening the capture", error)

    def _remember(self, loaded: Loaded) -> None:
        snapshot = loaded.snapshot
        for path in loaded.analysis.paths:
            self._preferences.remember_capture(
                RecentCapture(str(path.absolute()), time.time(), len(snapshot.conversations.calls), len(snapshot.messages))
            )

    def _show_start(self) -> None:
        self.setWindowTitle("sipview")
        self.pages.setCurrentWidget(self.start)
        self._toolbar.hide()
        self._allow()
        self.start.refresh()
        self.start.drop_zone.open_button.setFocus()

    def _choose_captures(self) -> None:
        paths = self._chooser.open_captures(self, self._preferences.last_folder)
        if paths:
            self._preferences.last_folder = str(paths[0].parent)
            self.open_captures(paths)

    # Bars, actions, what the user does

    def _fill_bars(self) -> None:
        own = {"recent": self._recent_menu, "panels": self._panels_menu}
        self._panels_menu.addActions(self.page.docks.toggles)
        for title, entries in MENUS.items():
            self.actions_.fill_menu(self.menuBar().addMenu(title), entries, own)
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        self._toolbar.setObjectName("toolbar")
        self._toolbar.setMovable(False)
        self._toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._toolbar.setIconSize(QSize(18, 18))
        for entry in TOOLBAR:
            if entry is None:
                self._toolbar.addSeparator()
            else:
                self._toolbar.addAction(self.actions_[entry])
        opening = self._toolbar.widgetForAction(self.actions_["open"])
        if isinstance(opening, QToolButton):
            opening.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            opening.setText("Open")
            opening.setObjectName("worded")
        self._toolbar.addSeparator()
        self._toolbar.addWidget(self.filter_bar)
        self.addToolBar(self._toolbar)

    def _connect(self) -> None:
        page = self.page
        doers: dict[str, Callable[[], object]] = {
            "open": self._choose_captures,
            "close": self.close_capture,
            "quit": QApplication.closeAllWindows,
            "new-window": self.another_wanted.emit,
            "decode-as": lambda: self.reading.ask_rules(page.packets.suggested_rule() or NEW_RULE),
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
            "statistics": self._show_statistics,
            "appearance": self._ask_appearance,
            "shortcuts": lambda: ShortcutsDialog(self, self._theme).open(),
            "about": lambda: AboutDialog(self).open(),
        }
        doers.update(self.page_actions.doers())
        doers.update(self.exporter.doers())
        for second in SecondFile:
            doers[f"second-{second.value}"] = partial(setattr, self._preferences, "second_file", second)
        for choice in ThemeChoice:
            doers[f"theme-{choice.value}"] = partial(self._choose_theme, choice)
        self.actions_.connect_all(doers)
        self.start.drop_zone.open_button.clicked.connect(self._choose_captures)
        self.start.drop_zone.sample_button.clicked.connect(lambda: self.open_captures([environment.resource_path(SAMPLE)]))
        self.start.capture_wanted.connect(lambda path: self.open_captures([Path(path)]))
        self.status.stop_wanted.connect(self._stop_reading)
        self.status.problems_wanted.connect(self._show_problems)
        self.status.quality_wanted.connect(self._show_quality)
        page.ladder_changed.connect(self._allow)
        self.live.loaded.connect(self._show_captured)
        self.live.told.connect(self._tell)
        self.saver.told.connect(self._say)
        self.saver.refused.connect(self._tell)
        self.packager.said.connect(self._say)
        self.live.said.connect(self._say)
        self.live.open_wanted.connect(lambda path: self._open([path]))
        self.live.gone.connect(self._close_capture)
        self.live.abandoned.connect(self._close_analysis)
        self.live.begun.connect(self._dismiss_notice)
        self.live.changed.connect(self._allow)
        self.live.changed.connect(self._tell_title)
        self.exporter.said.connect(self._say)
        self.graph_saver.said.connect(self._say)
        self.graph_saver.refused.connect(self._tell)
        self.exporter.went_wrong.connect(self._tell)
        page.key_log_wanted.connect(self.reading.choose_key_log)
        page.packets.rule_turned.connect(self.reading.turn_rule)
        self.reading.changed.connect(self._read_otherwise)
        self.reading.refused.connect(self._tell)
        self.reading.said.connect(self._say)
        page.counted.connect(self.filter_bar.show_counted)
        page.displayed.connect(self.status.show_displayed)
        page.message.bytes.copied.connect(self._say)
        page.filter_unwanted.connect(self.filter_bar.clear)
        page.filter_wanted.connect(self.filter_bar.join)
        page.packets.copied.connect(self._say)
        self.filter_bar.applied.connect(page.filter.apply)
        page.graphs.filter_wanted.connect(self.page_actions.show_packets_of)
        page.graphs.saving_wanted.connect(self.graph_saver.save)
        self.filter_bar.done.connect(lambda: page.tabs.currentWidget().setFocus(Qt.FocusReason.OtherFocusReason))
        for jobs in (self.loading, page.jobs):
            jobs.failed.connect(lambda what, error: ErrorDialog(self, what, error).open())

    def _allow(self) -> None:
        """Enable the actions that make sense now."""
        self._allow_for_page()
        self.live.allow(self.actions_)

    def _allow_for_page(self) -> None:
        if self.pages.currentWidget() is not self.page:
            self.actions_.allow(Needs.NOTHING)
        else:
            self.actions_.allow(Needs.LADDER if self.page.ladder.view.picture is not None else Needs.CAPTURE)

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for capture in self._preferences.recent():
            action = self._recent_menu.addAction(visible(capture.name, 80).replace("&", "&&"))
            action.setEnabled(Path(capture.path).exists())
            action.triggered.connect(lambda _checked=False, path=capture.path: self.open_captures([Path(path)]))
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction("No captures yet").setEnabled(False)

    def _ask_appearance(self) -> None:
        dialog = AppearanceDialog(self, self._theme, self._preferences)
        dialog.theme_chosen.connect(lambda choice: self.actions_[f"theme-{choice.value}"].trigger())
        dialog.open()

    def _choose_theme(self, choice: ThemeChoice) -> None:
        self._preferences.theme = choice
        self._theme.choose(choice)

    def _reload(self) -> None:
        """Read the same files again; everything is shown as before. A live capture begins again."""
        if self.live.there:
            self.live.restart()
        elif self.page.analysis is not None:
            self._open(self.page.analysis.paths, again=True)

    def _read_otherwise(self) -> None:
        """The user knows more than before of what is captured: read it again, and show everything as before."""
        self.live.control.reading = self.reading.reading
        if self.live.there:
            self.live.read_otherwise(self.reading.reading)
        elif self.page.analysis is not None:
            self._open(self.page.analysis.paths, follow=self._followed, again=True)

    def _pack(self) -> None:
        if self._opening is None:
            self.packager.ask()
        else:
            self._say("A support package can be made once the capture is read.")

    def _show_statistics(self) -> None:
        if self._statistics is None:
            self._statistics = StatisticsWindow(self, self._theme, self.page.jobs)
        self._statistics.follow(self.page.loaded)
        self._statistics.show()
        self._statistics.activateWindow()

    def _stop_reading(self) -> None:
        if self._opening is not None:
            self._opening.cancel()

    def _show_problems(self) -> None:
        if self.page.loaded is not None:
            ProblemsDialog(self, self.page.loaded.snapshot.problems).open()

    def _say(self, sentence: str) -> None:
        """Something is done: say so for a while."""
        self.status.showMessage(sentence, _MESSAGE_MS)

    def _tell(self, sentence: str) -> None:
        self.notice.tell(sentence)
        self._notice_place.show()

    def _dismiss_notice(self) -> None:
        self._notice_place.hide()

    # What is remembered

    def _restore(self) -> None:
        if not self.restoreGeometry(self._preferences.state("window")):
            self.resize(1280, 800)
        self.page.restore_places()
        self.actions_[f"theme-{self._theme.choice.value}"].setChecked(True)
        self.page_actions.restore()
        self.actions_[f"second-{self._preferences.second_file.value}"].setChecked(True)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Remember how everything stood, and let go of the files. A capture that is not saved is asked about first."""
        if self.live.guard.holds_back(self.close):
            event.ignore()
            return
        self._preferences.remember_state("window", self.saveGeometry())
        for name, state in self.page.places().items():
            self._preferences.remember_state(name, state)
        former = self.page.loaded
        self._stop_opening()
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


def _names(paths: Sequence[Path]) -> str:
    """The captures' names for a title."""
    return paths[0].name if len(paths) == 1 else f"{paths[0].name} and {len(paths) - 1} more"
