"""What was shown goes when it is closed, and when another capture takes its place."""

import gc
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from sipview.environment import resource_path
from sipview.gui.main_window import MainWindow

SAMPLE = resource_path("samples/small-office.pcap")


@pytest.mark.parametrize("next_one", [None, SAMPLE])
def test_a_capture_goes_with_all_that_was_read_of_it(
    opened: Callable[[Sequence[Path]], MainWindow], settled: Callable[[], None], qtbot: QtBot, next_one: Path | None
) -> None:
    window = opened([SAMPLE])
    assert window.page.analysis is not None
    analysis = weakref.ref(window.page.analysis)
    if next_one is None:
        window.close_capture()
    else:
        window.open_captures([next_one])
    settled()

    def gone() -> bool:
        gc.collect()
        return analysis() is None

    qtbot.waitUntil(gone)
