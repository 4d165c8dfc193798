"""A file that is cut while the window shows it: the program goes on, and says what the zeros are."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sipview.capture import mapping
from sipview.gui.main_window import MainWindow
from tests.support import captures

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody cut a file that is mapped")


@pytest.fixture
def packets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(mapping, "_LOOK_EVERY_S", 0.0)  # no user cuts a file within ten milliseconds after choosing a packet
    return captures.write(tmp_path / "cut.pcap", captures.pcap(captures.every_ms([b"x" * 1000] * 200)))


def choose(window: MainWindow, row: int, settled: Callable[[], None]) -> None:
    window.page.packets.table.selectRow(row)
    settled()


def test_it_is_told_once_with_what_to_do(
    packets: Path, opened: Callable[[Sequence[Path]], MainWindow], settled: Callable[[], None]
) -> None:
    window = opened([packets])
    choose(window, 150, settled)
    assert not window.notice.isVisible()

    os.truncate(packets, 5000)
    choose(window, 160, settled)
    assert window.notice.text == (
        "cut.pcap became shorter after it was read. What is missing now shows as zeros; reload the capture to see what is left."
    )
    window.notice.hide()
    choose(window, 170, settled)
    assert not window.notice.isVisible()

    window.actions_["reload"].trigger()
    settled()
    assert window.page.packets.table.model().rowCount() == 4
    assert "1 problem" in window.status.problems.text()
