"""What is this? And what can be taken away of a part of a message."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QScrollArea

from sipview.gui.main_window import MainWindow
from sipview.gui.part_panel import section_address
from tests.support import captures
from tests.support.answered_paths import SAMPLES
from tests.support.sip_messages import message

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
CALL = SAMPLES / "call-through-pbx.pcap"


def select(window: MainWindow, *names: str) -> None:
    tree = window.page.message.tree
    for index in tree.model_.indexes():
        path, at = [], index
        while at.isValid():
            path.append(tree.model_.node(at).part.field)
            at = tree.model_.parent(at)
        if list(reversed(path)) == list(names):
            tree.setCurrentIndex(index)
            return
    raise AssertionError(f"no {names}")


def entry(window: MainWindow, text: str) -> QAction:
    return next(action for action in window.page.message.part_menu().actions() if action.text().replace("&", "") == text)


def test_what_is_this_opens_beside_the_tree_and_follows(opened: Opened) -> None:
    window = opened([CALL])
    pane = window.page.message
    select(window, "Contact")
    assert not pane.panel.isVisible()
    window.actions_["what-is-this"].trigger()
    assert pane.panel.isVisible()
    assert "Contact" in pane.panel.words
    assert "What it is" in pane.panel.words
    select(window, "CSeq", "number")
    assert pane.panel.words.startswith("CSeq › number")
    assert "What CSeq is" in pane.panel.words
    pane.panel.closed.emit()
    assert not pane.panel.isVisible()
    assert not pane.what.isChecked()


def test_one_long_value_does_not_widen_the_panel_beyond_its_sight(opened: Opened, settled: Settled, tmp_path: Path) -> None:
    data = message(From=f"<sip:{'W' * 5000}@a>;tag=1")
    frames = captures.pcap(captures.every_ms([captures.udp("10.0.0.1/5060", "10.0.0.2/5060", data)]))
    window = opened([captures.write(tmp_path / "long.pcap", frames)])
    window.actions_["what-is-this"].trigger()
    select(window, "From")
    settled()
    QApplication.sendPostedEvents()  # lays the new lines out
    (area,) = window.page.message.panel.findChildren(QScrollArea)
    content, viewport = area.widget(), area.viewport()
    assert "W" * 60 in window.page.message.panel.words
    assert content is not None
    assert content.minimumSizeHint().width() <= viewport.width()


def test_it_names_the_section_to_read(opened: Opened) -> None:
    window = opened([CALL])
    select(window, "Via")
    window.actions_["what-is-this"].trigger()
    links = [button for button in window.page.message.panel.findChildren(QPushButton) if button.text().startswith("RFC ")]
    assert links
    assert all("https://www.rfc-editor.org/rfc/rfc" in link.toolTip() for link in links)


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("RFC 3261 20.8", "https://www.rfc-editor.org/rfc/rfc3261#section-20.8"),
        ("RFC 3550 A.8", "https://www.rfc-editor.org/rfc/rfc3550#appendix-A.8"),
        ("ITU-T Q.850 Annex A", ""),
    ],
)
def test_sections_have_addresses(reference: str, address: str) -> None:
    assert section_address(reference) == address


def test_parts_are_copied(opened: Opened) -> None:
    window = opened([CALL])
    select(window, "CSeq")
    part = window.page.message.tree.selected_parts()[-1]
    for text, copied in (
        ("Copy field", f"CSeq: {part.value}"),
        ("Copy value", part.value),
        ("Copy meaning", part.explanation),
        ("Copy as filter", f'sip.CSeq == "{part.value}"'),
    ):
        entry(window, text).trigger()
        assert QGuiApplication.clipboard().text() == copied


def test_a_part_is_applied_as_a_filter(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    select(window, "From", "URI", "user")
    user = window.page.message.tree.selected_parts()[-1].value
    ways = entry(window, "Filter on this").menu()
    assert isinstance(ways, QMenu)
    next(way for way in ways.actions() if way.isEnabled() and way.text()).trigger()
    settled()
    assert window.filter_bar.field.text() == f'sip.from.user == "{user}"'
    assert 0 < window.page.packets.model.rowCount() < 1328


def test_the_keyboard_opens_it_too(opened: Opened) -> None:
    window = opened([CALL])
    window.page.message.tree.setFocus()
    QTest.keyClick(window.page.message.tree, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    window.actions_["what-is-this"].trigger()
    assert window.page.message.panel.isVisible()
    assert window.page.message.tree.currentIndex().isValid()


def test_the_sdp_is_coloured(opened: Opened) -> None:
    window = opened([CALL])
    window.page.message.tabs.setCurrentIndex(1)
    text = window.page.message.text
    marked = {selection.cursor.selectedText() for selection in text.extraSelections()}
    assert "Contact" in marked
    assert "v=" in marked
    assert "a=rtpmap:" in marked
    assert any(words.startswith("m=audio ") for words in marked)


def test_who_comes_to_the_tree_by_the_keyboard_sees_where(opened: Opened) -> None:
    window = opened([CALL])
    tree = window.page.message.tree
    assert not tree.selectionModel().hasSelection()
    tree.setFocus(Qt.FocusReason.TabFocusReason)
    assert [part.field for part in tree.selected_parts()] == ["Request-Line"]
