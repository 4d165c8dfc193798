"""The packets in sight become a capture of their own."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sipview.gui.main_window import MainWindow
from tests.support import tshark
from tests.support.answered_paths import SAMPLES, AnsweredPaths

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


@pytest.mark.needs_tshark
@pytest.mark.parametrize(("suffix", "text"), [("", 'sip.Method == "INVITE"'), (".pcap", "sip"), (".pcapng", "")])
def test_what_passes_the_filter_is_saved(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path, suffix: str, text: str
) -> None:
    window = opened([OFFICE])
    window.filter_bar.set_filter(text)
    settled()
    chooser.to_save = tmp_path / f"few{suffix}"
    window.actions_["save-packets"].trigger()
    settled()
    written = tmp_path / f"few{suffix or '.pcapng'}"
    names = ("frame.time_epoch", "frame.len", "ip.src", "ip.id")
    assert tshark.fields(written, *names) == tshark.fields(OFFICE, *names, display_filter=text)
    assert str(written) in window.status.currentMessage()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_open_capture_is_not_written_over(opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path) -> None:
    copy = tmp_path / "mine.pcap"
    copy.write_bytes(OFFICE.read_bytes())
    window = opened([copy])
    window.filter_bar.set_filter("sip")
    settled()
    chooser.to_save = copy
    window.actions_["save-packets"].trigger()
    settled()
    assert copy.read_bytes() == OFFICE.read_bytes()
    assert "is open here" in window.notice.text


def test_a_folder_that_is_not_there_is_told(opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path) -> None:
    window = opened([OFFICE])
    chooser.to_save = tmp_path / "nowhere" / "few.pcapng"
    window.actions_["save-packets"].trigger()
    settled()
    assert "could not be written" in window.notice.text
