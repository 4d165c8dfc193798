"""Traffic over time: seen, selected, taken away."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sipview.gui.graphs import GraphPane
from sipview.gui.main_window import MainWindow
from sipview.session.traffic import CALLS_UP, MEDIA, PACKETS
from tests.support import captures
from tests.support.answered_paths import SAMPLES, AnsweredPaths

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


@pytest.fixture
def graphs(opened: Opened, settled: Settled) -> GraphPane:
    window = opened([OFFICE])
    window.actions_["traffic"].trigger()
    settled()
    return window.page.graphs


def test_the_whole_capture_is_drawn(graphs: GraphPane, window: MainWindow) -> None:
    assert graphs.counted is not None
    assert graphs.plot is not None
    assert graphs.plot.isVisible()
    assert window.page.loaded is not None
    assert graphs.counted.traffic.series[PACKETS].sum() == window.page.loaded.snapshot.packets
    assert graphs.counted.traffic.series[CALLS_UP].max() >= 2


def test_a_span_that_is_typed_filters_the_packets(graphs: GraphPane, window: MainWindow, settled: Settled) -> None:
    assert not graphs.controls.apply_button.isEnabled()
    graphs.controls.begin_field.setValue(2)
    graphs.controls.end_field.setValue(6.5)
    QTest.mouseClick(graphs.controls.apply_button, Qt.MouseButton.LeftButton)
    settled()
    assert window.filter_bar.field.text() == "frame.time_relative >= 2 && frame.time_relative <= 6.5"
    assert 0 < window.page.packets.model.rowCount() < 1852
    assert window.page.tabs.currentWidget() is window.page.packets


def test_a_span_is_selected_with_the_mouse(graphs: GraphPane, qtbot: QtBot) -> None:
    plot = graphs.plot
    assert plot is not None
    middle = plot.height() // 3
    QTest.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, middle))
    for x in range(320, 620, 20):
        QTest.mouseMove(plot.viewport(), QPoint(x, middle), 5)
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(600, middle))
    begin, end = plot.span
    assert begin < end
    assert graphs.controls.begin_field.value() == pytest.approx(begin, abs=1e-5)
    assert graphs.controls.apply_button.isEnabled()


def test_zooming_counts_anew_and_all_comes_back(graphs: GraphPane, settled: Settled, qtbot: QtBot) -> None:
    assert graphs.counted is not None
    whole = graphs.counted.traffic
    graphs.select(3, 5)
    QTest.mouseClick(graphs.controls.zoom_button, Qt.MouseButton.LeftButton)
    settled()
    assert graphs.counted.traffic.width_ns < whole.width_ns
    assert graphs.plot is not None
    QTest.keyClick(graphs.plot, Qt.Key.Key_Home)
    settled()
    assert graphs.counted.traffic.width_ns == whole.width_ns


def test_series_are_chosen(graphs: GraphPane) -> None:
    assert MEDIA not in graphs.controls.shown
    QTest.keyClick(graphs.controls.series[MEDIA], Qt.Key.Key_Space)
    assert MEDIA in graphs.controls.shown
    graphs.controls.style_choice.setCurrentIndex(1)
    for box in graphs.controls.series.values():
        box.setChecked(False)
    assert graphs.controls.shown == frozenset()
    assert not graphs.picture().isNull()


def test_the_picture_is_copied_and_saved(graphs: GraphPane, window: MainWindow, chooser: AnsweredPaths, tmp_path: Path) -> None:
    QTest.mouseClick(graphs.controls.copy_button, Qt.MouseButton.LeftButton)
    assert not QGuiApplication.clipboard().pixmap().isNull()
    chooser.to_save = tmp_path / "traffic"
    QTest.mouseClick(graphs.controls.save_button, Qt.MouseButton.LeftButton)
    assert (tmp_path / "traffic.png").stat().st_size > 1000


def test_a_picture_that_cannot_be_saved_is_told_with_the_reason(
    graphs: GraphPane, window: MainWindow, chooser: AnsweredPaths, tmp_path: Path
) -> None:
    chooser.to_save = tmp_path / "gone" / "traffic.png"
    QTest.mouseClick(graphs.controls.save_button, Qt.MouseButton.LeftButton)
    assert window.notice.text.endswith("traffic.png could not be written: No such file or directory.")


def test_the_theme_reaches_the_graphs(graphs: GraphPane, window: MainWindow) -> None:
    light = graphs.picture().toImage().pixelColor(2, 2)
    window.actions_["theme-dark"].trigger()
    assert graphs.picture().toImage().pixelColor(2, 2).lightness() < light.lightness()


def test_a_capture_without_packets_says_so(opened: Opened, settled: Settled, tmp_path: Path) -> None:
    window = opened([captures.write(tmp_path / "none.pcap", captures.pcap([]))])
    window.actions_["traffic"].trigger()
    settled()
    assert window.page.graphs.note.isVisible()
    assert not window.page.graphs.controls.save_button.isEnabled()


def test_start_up_does_not_load_the_plots() -> None:
    import subprocess
    import sys

    code = "import sys, sipview.gui.main_window; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
