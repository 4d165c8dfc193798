"""The administrator hands a case on: sees what goes, saves it, and nothing of an unsaved capture is left behind."""

import csv
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QWidget
from pytestqt.qtbot import QtBot

from sipview import environment
from sipview.export.package import MANIFEST, Part
from sipview.gui import package_requests
from sipview.gui.capture_control import CaptureState
from sipview.gui.main_window import MainWindow
from sipview.gui.package_dialog import PackageDialog
from sipview.live import InterfaceList, Order, Source, begin
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.answered_paths import SAMPLES, AnsweredPaths

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


@pytest.fixture(autouse=True)
def _known_interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_requests, "list_interfaces", lambda: InterfaceList(library="libpcap 9.9"))


def click(qtbot: QtBot, button: QWidget) -> None:
    press: Callable[..., None] = qtbot.mouseClick
    press(button, Qt.MouseButton.LeftButton)


def asked(window: MainWindow, settled: Settled) -> PackageDialog:
    """The dialog, once all sizes are known."""
    window.actions_["package"].trigger()
    settled()
    dialog = window.packager.dialog
    assert dialog is not None
    return dialog


def cells(dialog: PackageDialog, column: int) -> list[str]:
    items = [dialog.table.item(row, column) for row in range(dialog.table.rowCount())]
    return [item.text() for item in items if item is not None]


@pytest.mark.needs_tshark
def test_the_case_is_looked_at_and_saved(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened([OFFICE])
    dialog = asked(window, settled)
    names, sizes, personal = cells(dialog, 0), cells(dialog, 1), cells(dialog, 3)
    assert names[:4] == ["README.txt", "capture.pcapng", "calls.csv", "calls.jsonl"]
    assert names[-1] == MANIFEST
    assert all(sizes)
    assert "what was spoken" in personal[1]
    assert "the 5 calls that did not succeed" in dialog.everything.text()
    chooser.to_save = tmp_path / "case"
    click(qtbot, dialog.save)
    settled()
    path = tmp_path / "case.zip"
    assert window.packager.dialog is None
    assert f"{len(names)} files packed into {path}" in window.status.currentMessage()
    assert "working copy" not in window.status.currentMessage()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == names
        archive.extract("capture.pcapng", tmp_path)
    fields = ("frame.time_epoch", "frame.len", "udp.payload")
    assert tshark.fields(tmp_path / "capture.pcapng", *fields) == tshark.fields(OFFICE, *fields)


def test_two_calls_of_the_list_go_alone(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened([OFFICE])
    table = window.page.calls.table
    table.clearSelection()
    table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
    for row in (2, 4):
        table.selectRow(row)
    settled()
    dialog = asked(window, settled)
    click(qtbot, dialog.selected)
    settled()
    assert [name for name in cells(dialog, 0) if name.startswith("ladders")] == [
        "ladders/call-0003.svg",
        "ladders/call-0005.svg",
    ]
    chooser.to_save = tmp_path / "case.zip"
    click(qtbot, dialog.save)
    settled()
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        rows = list(csv.reader(io.StringIO(archive.read("calls.csv").decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == ["3", "5"]


def test_where_it_cannot_be_written_the_dialog_says_so_and_stays(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = asked(opened([OFFICE]), settled)
    chooser.to_save = tmp_path / "nowhere" / "case.zip"
    click(qtbot, dialog.save)
    settled()
    assert dialog.isVisible()
    assert "could not be written: No such file or directory." in dialog.trouble.text()
    chooser.to_save = tmp_path / "case.zip"
    click(qtbot, dialog.save)
    settled()
    assert (tmp_path / "case.zip").exists()


def test_packing_is_stopped_and_nothing_is_left(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, qtbot: QtBot, tmp_path: Path
) -> None:
    """The disk is so slow that the user has the time to press Stop."""
    window = opened([OFFICE])
    dialog = asked(window, settled)
    assert dialog._plan is not None
    begun: list[bool] = []

    def slowly(target: object, cancel: CancelToken) -> None:
        begun.append(True)
        while True:
            cancel.check()

    slow = Part("slow", "", "", slowly)
    dialog._plan = replace(dialog._plan, parts=(*dialog._plan.parts, slow))
    chooser.to_save = tmp_path / "case.zip"
    click(qtbot, dialog.save)
    qtbot.waitUntil(lambda: bool(begun))
    assert dialog.progress.isVisible()
    assert dialog.cancel.text() == "Stop"
    click(qtbot, dialog.cancel)
    settled()
    assert dialog.isVisible()
    assert not dialog.progress.isVisible()
    assert dialog.save.isEnabled()
    assert not list(tmp_path.glob("*.zip"))
    assert not list(tmp_path.glob(".sipview*"))
    click(qtbot, dialog.cancel)
    assert window.packager.dialog is None


@pytest.fixture
def unsaved(window: MainWindow, settled: Settled, qtbot: QtBot) -> Iterator[Path]:
    """The folder of a capture that was never saved; the window shows it."""
    copy = begin(environment.spool_folder())
    (copy.folder / "00-000001.pcap").write_bytes(OFFICE.read_bytes())
    copy.describe(Order(str(copy.folder), (Source("local", "eth0"),)), ["Office uplink"])
    copy.release()
    control = window.live.control
    control.recover(copy.folder)
    qtbot.waitUntil(lambda: control.state is CaptureState.UNSAVED and not control.jobs.busy)
    settled()
    yield copy.folder
    if window.live.there:
        control.discard()
    qtbot.waitUntil(lambda: not control.jobs.busy)


def test_an_unsaved_capture_is_deleted_once_all_of_it_is_packed(
    window: MainWindow, unsaved: Path, settled: Settled, chooser: AnsweredPaths, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = asked(window, settled)
    assert "its working copy is deleted" in dialog.fate.text()
    chooser.to_save = tmp_path / "case.zip"
    click(qtbot, dialog.save)
    settled()
    qtbot.waitUntil(lambda: not unsaved.exists())
    assert "The working copy is deleted." in window.status.currentMessage()
    assert not window.live.there
    assert window.vacant
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert "eth0" in archive.read("statistics.txt").decode()
        archive.extract("capture.pcapng", tmp_path)
    assert len(tshark.fields(tmp_path / "capture.pcapng", "frame.number")) == len(tshark.fields(OFFICE, "frame.number"))


def test_an_unsaved_capture_of_which_a_part_is_packed_stays(
    window: MainWindow, unsaved: Path, settled: Settled, chooser: AnsweredPaths, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = asked(window, settled)
    click(qtbot, dialog.selected)
    settled()
    assert "stays so" in dialog.fate.text()
    chooser.to_save = tmp_path / "case.zip"
    click(qtbot, dialog.save)
    settled()
    assert "The whole capture is not saved yet." in window.status.currentMessage()
    assert window.live.control.state is CaptureState.UNSAVED
    assert os.listdir(unsaved)


def test_there_is_nothing_to_pack_on_the_start_page(window: MainWindow) -> None:
    assert not window.actions_["package"].isEnabled()
