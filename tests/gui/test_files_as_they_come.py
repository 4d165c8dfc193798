"""Files as they come: of several not all can be opened (the newest of a ring is often empty), and names may be anything."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sipview.gui.main_window import MainWindow
from tests.support import captures

Opened = Callable[[Sequence[Path]], MainWindow]


@pytest.fixture
def good(tmp_path: Path) -> list[Path]:
    data = captures.pcap(captures.every_ms([b"x" * 100] * 5))
    return [captures.write(tmp_path / name, data) for name in ("00.pcap", "01.pcap")]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return captures.write(tmp_path / "02.pcap", b"")


def test_those_that_can_be_opened_are_shown_and_the_other_is_named(good: list[Path], empty: Path, opened: Opened) -> None:
    window = opened([*good, empty])
    assert window.page.packets.table.model().rowCount() == 10
    assert window.notice.text == "02.pcap: the file is empty. The others are shown."
    assert window.windowTitle() == "00.pcap and 1 more — sipview"
    assert "1 problem" in window.status.problems.text()


def test_of_many_that_cannot_be_opened_the_first_is_named(
    good: list[Path], empty: Path, tmp_path: Path, opened: Opened
) -> None:
    window = opened([empty, *good, tmp_path / "gone.pcap"])
    assert window.page.packets.table.model().rowCount() == 10
    assert window.notice.text == "02.pcap: the file is empty. 1 more file cannot be opened either. The others are shown."


def test_where_none_can_be_opened_nothing_is_shown(empty: Path, tmp_path: Path, opened: Opened) -> None:
    window = opened([empty, tmp_path / "gone.pcap"])
    assert window.pages.currentWidget() is window.start
    assert window.notice.text == "02.pcap: the file is empty. (1 more)"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_name_means_nothing_to_qt(tmp_path: Path, good: list[Path], opened: Opened) -> None:
    window = opened([good[0].rename(tmp_path / "a[*]<b>&amp;.pcap")])
    handle = window.windowHandle()
    assert handle is not None
    assert handle.title() == "a[*]<b>&amp;.pcap — sipview"
