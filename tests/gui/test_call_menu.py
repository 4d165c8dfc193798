"""The menu of a call in the list: its packets, its ladder, a capture or a package of it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolBar

from sipview.gui.ladder_export import ExportDialog
from sipview.gui.list_tabs import PACKETS
from sipview.gui.main_window import MainWindow
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"


def entry(window: MainWindow, words: str, row: int = 2) -> QAction:
    """That entry of the menu of a call, as a right click on it opens it."""
    pane = window.page.calls
    pane.table.selectRow(row)
    menu = pane.menu(pane.model.index(row, 1))
    return next(action for action in menu.actions() if action.text().replace("&", "") == words)


def test_the_packets_of_a_call_are_shown(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    call = window.page.calls.model.item(2)
    entry(window, "Show its packets").trigger()
    settled()
    assert window.page.tabs.currentIndex() == PACKETS
    loaded = window.page.loaded
    assert loaded is not None
    wanted = {
        message.row for message in loaded.snapshot.messages if message.facts.call_id in {leg.call_id for leg in call.legs}
    }
    packets = window.page.packets.model
    assert {packets.row_of(line) for line in range(packets.rowCount())} == wanted


def test_a_call_is_packed_for_a_support_desk_from_its_menu(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    packing = entry(window, "Support package…")
    settled()
    packing.trigger()
    settled()
    dialog = window.packager.dialog
    assert dialog is not None
    assert dialog.selected.isEnabled()
    settled()
    dialog.close()


def test_the_ladder_of_a_call_is_exported_from_its_menu(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    exporting = entry(window, "Export ladder…")
    settled()
    exporting.trigger()
    (dialog,) = window.findChildren(ExportDialog)
    settled()
    dialog.close()


def test_the_support_package_stands_on_the_toolbar(opened: Opened) -> None:
    toolbar = opened([OFFICE]).findChild(QToolBar)
    assert toolbar is not None
    assert "package" in [action.objectName() for action in toolbar.actions()]
