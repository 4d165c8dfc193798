"""The packets in sight become a capture of their own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel

from sipview.gui.cross_reference import CrossReference
from sipview.gui.main_window import MainWindow
from sipview.gui.save_capture import SaveDialog, What
from sipview.session import Analysis
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


def select(window: MainWindow, rows: Sequence[int], settled: Settled) -> None:
    """Select lines of the list of calls, as with Ctrl held."""
    table = window.page.calls.table
    table.clearSelection()
    for row in rows:
        table.selectionModel().select(
            table.model().index(row, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        )
    settled()


@pytest.mark.needs_tshark
@pytest.mark.parametrize("rows", [[1], [0, 2]])
def test_the_selected_calls_are_saved_from_their_menu(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path, rows: list[int]
) -> None:
    window = opened([OFFICE])
    select(window, rows, settled)
    page = window.page
    wanted = {leg.call_id for row in rows for leg in page.calls.model.item(row).legs}
    menu = page.calls.menu(page.calls.model.index(rows[0], 0))
    (save,) = [action for action in menu.actions() if action.text() == "Save the selected &calls…"]
    chooser.to_save = tmp_path / "calls.pcap"
    save.trigger()
    settled()
    seen = tshark.fields(chooser.to_save, "sip.Call-ID", display_filter="sip")
    assert {call_id for (call_id,) in seen} == wanted
    ids = ",".join(f'"{call_id}"' for call_id in wanted)
    assert len(seen) == len(tshark.fields(OFFICE, "sip.Call-ID", display_filter=f"sip.Call-ID in {{{ids}}}"))
    assert "saved as" in window.status.currentMessage()
    assert "not saved yet" not in window.status.currentMessage()


@pytest.mark.needs_tshark
def test_save_asks_what_and_offers_what_there_is(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path
) -> None:
    window = opened([OFFICE])
    select(window, [0, 1], settled)
    window.actions_["save-capture"].trigger()
    dialog = window.findChild(SaveDialog)
    assert isinstance(dialog, SaveDialog)
    assert dialog.choices[What.ALL].isChecked()
    assert not dialog.choices[What.DISPLAYED].isEnabled()
    assert dialog.choices[What.SELECTED].text() == "Only the 2 selected calls: signalling and media"
    chooser.to_save = tmp_path / "all"
    dialog.accept()
    settled()
    names = ("frame.time_epoch", "frame.len", "ip.src", "ip.id")
    assert tshark.fields(tmp_path / "all.pcapng", *names) == tshark.fields(OFFICE, *names)


@pytest.mark.needs_tshark
def test_packets_of_several_files_are_saved_in_the_order_of_time(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path
) -> None:
    data = OFFICE.read_bytes()
    parts = [bytearray(data[:24]), bytearray(data[:24])]
    at, number = 24, 0
    while at < len(data):
        end = at + 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        parts[number % 2] += data[at:end]
        at, number = end, number + 1
    paths = [tmp_path / "odd.pcap", tmp_path / "even.pcap"]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)
    window = opened(paths)
    window.filter_bar.set_filter("sip")
    settled()
    chooser.to_save = tmp_path / "merged.pcap"
    window.actions_["save-packets"].trigger()
    settled()
    names = ("frame.time_epoch", "frame.len", "ip.src", "ip.id")
    assert tshark.fields(chooser.to_save, *names) == tshark.fields(OFFICE, *names, display_filter="sip")


def test_nothing_is_saved_of_a_capture_of_which_nothing_is_read_yet(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened([OFFICE])
    assert window.page.loaded is not None
    unread = Analysis([OFFICE])
    begun = replace(window.page.loaded, cross=CrossReference(unread.snapshot))
    monkeypatch.setattr(window.page, "_loaded", begun)
    chooser.to_save = tmp_path / "all.pcapng"
    window.saver.save(What.ALL)
    settled()
    assert "Nothing was read of this capture yet" in window.notice.text
    assert not chooser.to_save.exists()
    unread.close()
