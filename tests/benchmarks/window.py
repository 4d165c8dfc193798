"""How quick the real window is: on a big capture, and on a ladder of 50,000 arrows.

    xvfb-run -a python -m tests.benchmarks.window [CAPTURE] [--packets N] [--sip N] [--arrows N]

Without CAPTURE a file is generated. Prints when the first calls and when all were in sight, beside what the command line takes
for the same file; the longest time that the event loop was blocked while loading, filtering, sorting and scrolling (a timer
asks for its turn every millisecond; the gap between two turns is what a hand would feel); and what a frame of the packet list
and of the ladder takes to paint.
"""

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEvent, QEventLoop, QObject, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from sipview.gui.analysis_page import PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.gui.starting import make_application, share_the_interpreter
from sipview.gui.theme import Theme, ThemeChoice
from sipview.gui.warming import warm
from tests.support import traffic

_FRAME_MS = 16
_BLOCK_MS = 50
_WAIT = QEventLoop.ProcessEventsFlag.WaitForMoreEvents


class Turns(QObject):
    """Asks for a turn of the event loop every millisecond, and keeps the longest waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits_ms: list[float] = []
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._turn)

    def start(self) -> None:
        """Begin to measure."""
        self.waits_ms = []
        self._clock.start()
        self._timer.start()

    def stop(self) -> list[float]:
        """End, and give all waits."""
        self._timer.stop()
        return self.waits_ms

    def _turn(self) -> None:
        self.waits_ms.append(self._clock.nsecsElapsed() / 1e6)
        self._clock.restart()


class Frames(QObject):
    """Measures what a widget's paint events take."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.took_ms: list[float] = []
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Send a paint event again, and take the time."""
        if event.type() == QEvent.Type.Paint and watched is self._widget:
            self._widget.removeEventFilter(self)
            began = time.perf_counter()
            QApplication.sendEvent(self._widget, event)
            self.took_ms.append((time.perf_counter() - began) * 1000)
            self._widget.installEventFilter(self)
            return True
        return False


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("capture", type=Path, nargs="?")
    parser.add_argument("--packets", type=int, default=2_000_000)
    parser.add_argument("--sip", type=int, default=33_000)
    parser.add_argument("--arrows", type=int, default=50_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = folder
        capture = chosen.capture
        if capture is None:
            capture = Path(folder, "traffic.pcap")
            print(f"generating {chosen.packets:,} packets, {chosen.sip:,} of them SIP", flush=True)
            traffic.write(capture, chosen.packets, chosen.sip)
        many = Path(folder, "arrows.pcap")
        traffic.write_one_call(many, chosen.arrows)
        bench(capture, many, Path(folder))


def bench(capture: Path, many: Path, folder: Path) -> None:
    """Drive the window, and print the table."""
    command = _seconds_of([sys.executable, "-m", "sipview", "calls", str(capture)])
    application = make_application()
    theme = Theme(application, ThemeChoice.LIGHT)
    window = MainWindow(theme, Preferences(QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)))
    window.resize(1600, 1000)
    window.show()
    share_the_interpreter()
    QTest.qWaitForWindowExposed(window)
    warm(window.page, window.pages.size())
    _settle(window)
    turns = Turns()
    _load(window, turns, capture, command)
    page = window.page
    page.show_list(PACKETS)
    _settle(window)
    table = page.packets.table
    _report("scrolling the packets, blocked", _measured(turns, window, lambda: _scroll(table)))
    frames = Frames(table.viewport())
    _scroll(table)
    _frames("a frame of the packet list", frames)
    for text in ("rtp.seq > 1000 && udp.port > 20000", 'sip.Method == "INVITE"', 'sip contains "PCMU"', ""):
        blocked = _measured(turns, window, partial(window.filter_bar.set_filter, text))
        _report(f"filter {text or 'off'!r}, blocked", blocked)
    page.show_list(0)
    header = page.calls.table.horizontalHeader()
    for section in (1, 3):
        blocked = _measured(turns, window, partial(header.sectionClicked.emit, section))
        _report(f"sort calls by column {section}, blocked", blocked)
    _report("typing in the search of calls, blocked", _measured(turns, window, lambda: _type(page.calls.search)))
    _report("traffic over time, blocked", _measured(turns, window, window.actions_["traffic"].trigger))
    page.docks.panels["graphs"].hide()
    _settle(window)
    blocked = _measured(turns, window, lambda: window.open_captures([many]))
    view = page.ladder.view
    assert view.picture is not None
    _report(f"opening a ladder of {len(view.picture.arrows):,} arrows, blocked", blocked)
    frames = Frames(view.viewport())
    _report("scrolling it, blocked", _measured(turns, window, lambda: _scroll(view)))
    _frames("a frame of the ladder", frames)
    window.close()


def _load(window: MainWindow, turns: Turns, capture: Path, command: float) -> None:
    began = time.perf_counter()
    first: list[float] = []

    def look() -> None:
        if not first and window.page.calls.model.rowCount():
            first.append(time.perf_counter() - began)

    window.page.calls.model.rowsInserted.connect(look)
    window.page.calls.model.modelReset.connect(look)
    turns.start()
    window.open_captures([capture])
    while window._opening is not None or not first:
        QApplication.processEvents(_WAIT)
    loaded = time.perf_counter() - began
    _settle(window)
    waits = turns.stop()
    assert window.page.loaded is not None
    snapshot = window.page.loaded.snapshot
    calls = len(snapshot.conversations.calls)
    print(
        f"{capture.stat().st_size / 1e6:,.0f} MB, {snapshot.packets:,} packets, "
        f"{len(snapshot.messages):,} messages, {calls:,} calls"
    )
    print(f"{'first calls in sight':44}{first[0]:8.2f} s   (wanted: 0.5)")
    print(f"{'all of them':44}{loaded:8.2f} s   = {loaded / command:.2f} times sipview calls, {command:.2f} s (wanted: 1.5)")
    _report("loading, blocked", waits)


def _measured(turns: Turns, window: MainWindow, do: Callable[[], object]) -> list[float]:
    gc.collect()
    turns.start()
    do()
    _settle(window)
    return turns.stop()


def _settle(window: MainWindow, quiet_s: float = 0.25) -> None:
    """Let events run until nothing is under way for a while."""
    until = time.perf_counter() + quiet_s
    while time.perf_counter() < until:
        QApplication.processEvents(_WAIT)
        page = window.page
        if window._opening is not None or window.loading.busy or page.jobs.busy or page.ladder.settling:
            until = time.perf_counter() + quiet_s


def _scroll(view: QAbstractScrollArea) -> None:
    bar = view.verticalScrollBar()
    for step in range(120):
        bar.setValue(bar.maximum() * step // 119 if step % 3 else min(bar.maximum(), bar.value() + bar.pageStep()))
        view.viewport().repaint()
        QApplication.processEvents()


def _type(field: QWidget) -> None:
    for key in "1042":
        QTest.keyClicks(field, key)
        QApplication.processEvents()


def _seconds_of(command: list[str]) -> float:
    best = float("inf")
    for _ in range(2):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - began)
    return best


def _report(what: str, waits: list[float]) -> None:
    longest = sorted(waits, reverse=True)[:3]
    words = ", ".join(f"{wait:.0f}" for wait in longest)
    print(f"{what:44}{longest[0] if longest else 0:8.0f} ms  (wanted: {_BLOCK_MS}; the longest: {words})", flush=True)


def _frames(what: str, frames: Frames) -> None:
    took = frames.took_ms
    print(
        f"{what:44}{max(took):8.1f} ms  (wanted: {_FRAME_MS}; {len(took)} frames, median {statistics.median(took):.1f} ms)",
        flush=True,
    )


if __name__ == "__main__":
    main()
