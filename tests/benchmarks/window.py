"""How quick the real window is: on a big capture, and on a ladder of 50,000 arrows.

    xvfb-run -a python -m tests.benchmarks.window [CAPTURE] [--arrows-in CAPTURE] [--packets N] [--sip N] [--arrows N] [--blame]

Without CAPTURE a file is generated. Prints when the first calls and when all were in sight, beside what the command line takes
for the same file; the longest time that the event loop was blocked in whatever a user does with it (a timer asks for its turn
every millisecond; the gap between two turns is what a hand would feel), with the CPU time of the main thread in it, and how
long it had no core; how long the whole took; and what a frame of the packet list and of the ladder takes to paint.
What it waited for a core is the doing of whatever else the machine does, so a ! marks what was too long without it.
``--blame`` prints what the main thread was doing when it was late.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from sipview.gui.list_tabs import CALLS, OTHERS, PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.packet_columns import PACKET_COLUMNS
from sipview.gui.preferences import Preferences
from sipview.gui.settings_file import SettingsFile
from sipview.gui.starting import have_a_reader_wait, make_application, share_the_interpreter
from sipview.gui.theme import Theme, ThemeChoice
from sipview.gui.warming import warm
from tests.benchmarks.event_loop import Blame, Frames, Turns, Wait
from tests.benchmarks.measured_capture import add_capture, capture_of, parser_of
from tests.support import traffic

_FRAME_MS = 16
_BLOCK_MS = 50
_QUIET_S = 0.25
_WAIT = QEventLoop.ProcessEventsFlag.WaitForMoreEvents
_FILTERS = (
    "rtp.seq > 1000 && udp.port > 20000",
    'sip.Method == "INVITE"',
    'sip.Method == "INVITE" && ip.addr == 10.0.1.0/24',
    'sip.Max-Forwards == 70 && sip.User-Agent contains "phone"',
    'sip contains "PCMU"',
    "",
)


def main() -> None:
    """The command line."""
    parser = parser_of(__doc__)
    add_capture(parser)
    parser.add_argument("--arrows-in", type=Path, help="a capture whose first call is the long ladder")
    parser.add_argument("--arrows", type=int, default=50_000)
    parser.add_argument("--blame", action="store_true")
    parser.add_argument("--only", choices=("lists", "panels", "look", "long_ladder"), help="after loading do nothing but this")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = folder
        capture = capture_of(chosen, Path(folder))
        many = chosen.arrows_in
        if many is None:
            many = Path(folder, "arrows.pcap")
            traffic.write_one_call(many, chosen.arrows)
        command = _seconds_of([sys.executable, "-m", "sipview", "calls", "--json", str(capture)])
        bench = Bench(Path(folder), blame=chosen.blame)
        bench.loading(capture, command)
        for part in ("lists", "panels", "look", "long_ladder"):
            if chosen.only in {None, part}:
                bench.long_ladder(many) if part == "long_ladder" else getattr(bench, part)()
        bench.window.close()
        bench.settings_file.close()


class Bench:
    """A window that is driven, and the table that is printed."""

    def __init__(self, folder: Path, *, blame: bool) -> None:
        application = make_application()
        self.theme = Theme(application, ThemeChoice.LIGHT)
        settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        preferences = Preferences(settings)
        self.settings_file = SettingsFile(settings, preferences)
        self.window = MainWindow(self.theme, preferences)
        self.page = self.window.page
        self.turns = Turns()
        self.blame = Blame(self.turns) if blame else None
        self.window.resize(1600, 1000)
        self.window.show()
        share_the_interpreter(application)
        QTest.qWaitForWindowExposed(self.window)
        warm(self.page, self.window.pages.size())
        have_a_reader_wait()
        self.window.learn_ahead()
        self._settle()

    def loading(self, capture: Path, command: float) -> None:
        """Open the capture; ``command`` is what the command line takes for it, in seconds."""
        began = time.perf_counter()
        first: list[float] = []
        all_of_them: list[float] = []

        def look() -> None:
            if not first and self.page.calls.model.rowCount():
                first.append(time.perf_counter() - began)

        def load() -> None:
            self.window.open_captures([capture])
            while self.window.reader.under_way or not first:
                QApplication.processEvents(_WAIT)
            all_of_them.append(time.perf_counter() - began)

        self.page.calls.model.rowsInserted.connect(look)
        self.page.calls.model.modelReset.connect(look)
        self._measure("loading", load)
        assert self.page.loaded is not None
        snapshot = self.page.loaded.snapshot
        calls = len(snapshot.conversations.calls)
        print(
            f"{capture.stat().st_size / 1e6:,.0f} MB, {snapshot.packets:,} packets, "
            f"{len(snapshot.messages):,} messages, {calls:,} calls"
        )
        print(f"{'first calls in sight':44}{first[0]:8.2f} s   (wanted: 0.5)")
        ratio = all_of_them[0] / command
        print(f"{'all of them':44}{all_of_them[0]:8.2f} s   = {ratio:.2f} times sipview calls, {command:.2f} s (wanted: 1.5)")

    def lists(self) -> None:
        """Scroll, filter, sort, search and walk the lists."""
        page, window = self.page, self.window
        for tab, name in ((OTHERS, "others"), (PACKETS, "packets"), (CALLS, "calls"), (PACKETS, "packets again")):
            self._measure(f"to the list of {name}", partial(page.show_list, tab))
        table = page.packets.table
        self._measure("scrolling the packets", lambda: _scroll(table))
        frames = Frames(table.viewport())
        _scroll(table)
        _tell_frames("a frame of the packet list", frames)
        self._measure("walking the packets with a key", lambda: _walk(table, 40))
        for text in _FILTERS:
            self._measure(f"filter {text or 'off'}", partial(window.filter_bar.set_filter, text))
        header = table.horizontalHeader()
        for section, column in enumerate(PACKET_COLUMNS):
            self._measure(f"sort packets by {column.title}", partial(header.sectionClicked.emit, section))
        self._measure("sort packets upside down", partial(header.sectionClicked.emit, len(PACKET_COLUMNS) - 1))
        self._measure("packets in their own order", page.packets.columns.restore_initial)
        self._measure("mark all packets", _both(table.selectAll, page.packets.turn_mark))
        self._measure("unmark them", page.packets.model.unmark_all)
        page.show_list(CALLS)
        header = page.calls.table.horizontalHeader()
        for section in range(len(page.calls.model.columns)):
            title = page.calls.model.columns[section].title
            self._measure(f"sort calls by {title}", partial(header.sectionClicked.emit, section))
        page.calls.columns.restore_initial()
        self._settle()
        self._measure("typing in the search of calls", lambda: _type(page.calls.search, "1042"))
        page.calls.search.clear()
        self._settle()
        self._measure("walking the calls with a key", lambda: _walk(page.calls.table, 20))
        self._measure("all calls in one ladder", page.calls.table.selectAll)

    def panels(self) -> None:
        """Open what else there is: search, graphs, statistics, the message's tabs."""
        page, window = self.page, self.window
        bar = page.search_bar
        self._measure("search through all messages", _both(bar.begin, partial(_type, bar.field, "1042")))
        self._measure("to the next hit", partial(page.search_bar.step, 1))
        page.search_bar.put_away()
        self._measure("traffic over time", window.actions_["traffic"].trigger)
        plot = page.graphs.plot
        assert plot is not None
        self._measure("zooming in it", partial(plot.zoom, 4.0))
        page.docks.panels["graphs"].hide()
        self._measure("statistics", window.actions_["statistics"].trigger)
        assert window.reports.statistics is not None
        window.reports.statistics.close()
        for tab in range(page.message.tabs.count()):
            self._measure(f"message: {page.message.tabs.tabText(tab)}", partial(page.show_message_tab, tab))
        self._measure("message: Explained again", partial(page.show_message_tab, 0))

    def look(self) -> None:
        """Another theme, another size."""
        for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT):
            self._measure(f"to the {choice.value} theme", partial(self.theme.choose, choice))
        self._measure("another size of the window", partial(self.window.resize, 1280, 800))
        self._measure("and back", partial(self.window.resize, 1600, 1000))

    def long_ladder(self, many: Path) -> None:
        """Open a capture with one long call, and walk through its ladder."""
        self._measure("opening a long ladder", lambda: self._open(many))
        view = self.page.ladder.view
        assert view.picture is not None
        print(f"{'its arrows':44}{len(view.picture.arrows):8,}")
        self._measure("scrolling it", lambda: _scroll(view))
        frames = Frames(view.viewport())
        _scroll(view)
        _tell_frames("a frame of the ladder", frames)
        self._measure("walking it with a key", lambda: _walk(view, 40))
        self._measure("zooming", _both(*(partial(view.zoom_step, by) for by in (-1, -1, 1, 1))))
        self._measure("other times beside it", self.window.actions_["time-delta"].trigger)
        bar = self.page.ladder.find_bar
        self._measure("finding in it", _both(bar.begin, partial(_type, bar.field, "200")))

    def _open(self, capture: Path) -> None:
        self.window.open_captures([capture])
        while self.window.reader.under_way:
            QApplication.processEvents(_WAIT)

    def _measure(self, what: str, do: Callable[[], object]) -> None:
        self._settle(0.05)
        with self.blame.watching() if self.blame is not None else nullcontext():
            self.turns.start()
            began = time.perf_counter()
            do()
            self._settle()
            took = time.perf_counter() - began - _QUIET_S
            waits = self.turns.stop()
        _tell_waits(what, waits, took)
        if self.blame is not None:
            self.blame.tell()

    def _settle(self, quiet_s: float = _QUIET_S) -> None:
        """Let events run until nothing is under way for a while."""
        until = time.perf_counter() + quiet_s
        while time.perf_counter() < until:
            QApplication.processEvents(_WAIT if self.turns.running else QEventLoop.ProcessEventsFlag.AllEvents)
            window, page = self.window, self.page
            busy = window.reader.under_way or window.loading.busy or page.jobs.busy
            if busy or page.ladder.settling or page.search_bar.busy or page.graphs.settling:
                until = time.perf_counter() + quiet_s


def _both(*deeds: Callable[[], object]) -> Callable[[], None]:
    def do() -> None:
        for deed in deeds:
            deed()

    return do


def _scroll(view: QAbstractScrollArea) -> None:
    bar = view.verticalScrollBar()
    for step in range(120):
        bar.setValue(bar.maximum() * step // 119 if step % 3 else min(bar.maximum(), bar.value() + bar.pageStep()))
        view.viewport().repaint()
        QApplication.processEvents()


def _walk(widget: QWidget, steps: int) -> None:
    for _ in range(steps):
        QTest.keyClick(widget, Qt.Key.Key_Down)
        QApplication.processEvents()


def _type(field: QWidget, text: str) -> None:
    for key in text:
        QTest.keyClicks(field, key)
        QApplication.processEvents()


def _seconds_of(command: list[str]) -> float:
    best = float("inf")
    for _ in range(2):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


def _tell_waits(what: str, waits: list[Wait], took_s: float) -> None:
    longest = sorted(waits, key=lambda wait: wait.queued_ms - wait.wall_ms)[:3]
    words = ", ".join(f"{wait.wall_ms:.0f} {wait.cpu_ms:.0f} {wait.queued_ms:.0f}" for wait in longest)
    mark = "!" if longest[0].wall_ms - longest[0].queued_ms > _BLOCK_MS else " "
    print(
        f"{what[:56]:57}{mark}{longest[0].wall_ms:5.0f} ms blocked (clock, CPU, no core: {words}); in all {took_s:6.2f} s",
        flush=True,
    )


def _tell_frames(what: str, frames: Frames) -> None:
    took = frames.took_ms
    mark = "!" if max(took) > _FRAME_MS else " "
    print(
        f"{what:57}{mark}{max(took):5.1f} ms at most (wanted: {_FRAME_MS}; {len(took)} frames, "
        f"median {statistics.median(took):.1f} ms)",
        flush=True,
    )


if __name__ == "__main__":
    main()
