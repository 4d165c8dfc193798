"""Typing a filter, completing it, putting it in force, keeping it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from sipview.calls import CallState
from sipview.gui.filter_memory import FilterMemory, SavedFilter
from sipview.gui.filter_typing import Verdict, judge
from sipview.gui.filter_words import Join, call_term, combined
from sipview.gui.list_tabs import CALLS, OTHERS, PACKETS
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from tests.support import tshark
from tests.support.answered_paths import SAMPLES

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
OFFICE = SAMPLES / "small-office.pcap"
CALL = SAMPLES / "call-through-pbx.pcap"


def type_filter(window: MainWindow, text: str) -> None:
    window.actions_["filter"].trigger()
    QTest.keyClicks(window.filter_bar.field, text)


def apply_filter(window: MainWindow, settled: Settled, text: str) -> None:
    window.filter_bar.field.clear()
    type_filter(window, text)
    QTest.keyClick(window.filter_bar.field, Qt.Key.Key_Return)
    settled()


def packets_shown(window: MainWindow) -> list[int]:
    model = window.page.packets.model
    return [model.row_of(line) + 1 for line in range(model.rowCount())]


def proposals(window: MainWindow) -> list[str]:
    model = window.filter_bar.panel.model
    return [model.proposal(row).text for row in range(model.rowCount())]


def choose(menu: QMenu, *words: str) -> None:
    """Choose an entry of a menu, or of a menu in it, by the beginning of its text."""
    for word in words[:-1]:
        inner = next(action for action in menu.actions() if action.text().replace("&", "").startswith(word)).menu()
        assert isinstance(inner, QMenu)
        menu = inner
    next(action for action in menu.actions() if action.text().replace("&", "").startswith(words[-1])).trigger()


@pytest.mark.needs_tshark
@pytest.mark.parametrize(
    "text", ['sip.Method == "INVITE"', "sip.Status-Code >= 400 && udp.port == 5060", 'sip contains "PCMA"']
)
def test_the_packets_that_pass_are_those_that_tshark_finds(opened: Opened, settled: Settled, text: str) -> None:
    window = opened([OFFICE])
    apply_filter(window, settled, text)
    found = tshark.fields(OFFICE, "frame.number", display_filter=text)
    assert packets_shown(window) == [int(number) for (number,) in found]


def test_a_call_stays_if_one_of_its_packets_passes(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    count = window.page.calls.model.rowCount()
    apply_filter(window, settled, 'call.state == "busy"')
    shown = [window.page.calls.model.item(row) for row in range(window.page.calls.model.rowCount())]
    assert shown
    assert {call.state for call in shown} == {CallState.BUSY}
    assert window.filter_bar.state.text() == f"{len(shown)} of {count} calls"
    assert window.page.others.model.rowCount() == 0
    window.page.show_list(OTHERS)
    assert window.filter_bar.state.text().startswith("0 of ")
    window.page.show_list(PACKETS)
    assert window.page.loaded is not None
    everything = window.page.loaded.snapshot.packets
    assert window.filter_bar.state.text() == f"{len(packets_shown(window)):,} of {everything:,} packets"


def test_the_bar_says_while_typing_how_the_filter_stands(opened: Opened) -> None:
    window = opened([OFFICE])
    bar = window.filter_bar
    stands = []
    for text in ("sip.", "sip.Method", "sip.Method =", "sip.Method = 3", 'sip.Method == "INVITE"'):
        bar.field.clear()
        type_filter(window, text)
        stands.append((bar.judgement.verdict, bar.state.text()))
    assert stands == [
        (Verdict.UNFINISHED, "not finished"),
        (Verdict.GOOD, "Enter applies it"),
        (Verdict.UNFINISHED, "not finished"),
        (Verdict.WRONG, "not understood"),
        (Verdict.GOOD, "Enter applies it"),
    ]


def test_what_is_wrong_is_said_in_place_and_mended_by_a_click(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    bar = window.filter_bar
    before = packets_shown(window)
    apply_filter(window, settled, 'sip.Methd == "INVITE"')
    assert bar.panel.isVisible()
    assert "sip.Methd" in bar.panel.sentence.text()
    assert bar.field.text()[bar.judgement.start : bar.judgement.end] == "sip.Methd"
    assert packets_shown(window) == before, "what is no filter changes nothing"
    QTest.mouseClick(bar.panel.suggestion, Qt.MouseButton.LeftButton)
    assert bar.field.text() == 'sip.Method == "INVITE"'
    bar.apply()
    settled()
    assert 0 < len(packets_shown(window)) < len(before)


def test_what_is_said_is_about_what_stands_there(opened: Opened) -> None:
    bar = opened([OFFICE]).filter_bar
    QTest.keyClicks(bar.field, 'sip.Methd == "INVITE')
    assert "quotation mark" in bar.panel.sentence.text()
    QTest.keyClicks(bar.field, '"')
    assert "sip.Methd" in bar.panel.sentence.text()


def test_a_field_is_completed_by_keyboard(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    bar = window.filter_bar
    type_filter(window, "sip.Meth")
    assert bar.panel.isVisible()
    assert proposals(window)[0] == "sip.Method"
    QTest.keyClick(bar.field, Qt.Key.Key_Tab)
    assert bar.field.text() == "sip.Method "
    QTest.keyClicks(bar.field, "== ")
    settled()
    QTest.keyClick(bar.field, Qt.Key.Key_Down)
    chosen = bar.panel.selected
    assert chosen is not None
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.field.text().strip() == f"sip.Method == {chosen.text}"
    assert window.page.filter.text == "", "choosing a completion puts nothing in force"
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    settled()
    assert window.page.filter.text == f"sip.Method == {chosen.text}"


def test_values_of_the_capture_are_offered(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    type_filter(window, "sip.to.user == ")
    settled()
    assert '"203"' in proposals(window)
    window.filter_bar.field.clear()
    type_filter(window, "sip.User-Agent == ")
    settled()
    assert any("PJSUA" in text for text in proposals(window))


def test_clicking_a_completion_takes_it(opened: Opened) -> None:
    window = opened([OFFICE])
    bar = window.filter_bar
    type_filter(window, "call.st")
    index = bar.panel.model.index(0)
    QTest.mouseClick(bar.panel.list.viewport(), Qt.MouseButton.LeftButton, pos=bar.panel.list.visualRect(index).center())
    assert bar.field.text() == "call.state "
    assert bar.field.hasFocus()


def test_escape_closes_the_list_then_takes_back_what_was_typed(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    bar = window.filter_bar
    apply_filter(window, settled, "sip")
    type_filter(window, "udp.po")
    assert bar.panel.isVisible()
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.panel.isVisible()
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.field.text() == "sip"
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.field.hasFocus()


def test_a_filter_that_nothing_passes_says_how_to_clear_it(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    calls, packets = window.page.calls, window.page.packets
    before = calls.model.rowCount(), packets.model.rowCount()
    apply_filter(window, settled, 'sip.Method == "PUBLISH"')
    assert calls.note.isVisible()
    assert calls.note.headline.text() == "No calls pass the filter"
    window.page.show_list(PACKETS)
    assert packets.note.headline.text() == "No packets pass the filter"
    QTest.mouseClick(packets.note.button, Qt.MouseButton.LeftButton)
    settled()
    assert (calls.model.rowCount(), packets.model.rowCount()) == before
    assert window.filter_bar.field.text() == ""
    assert packets.table.isVisible()


def test_the_clear_button_shows_everything_again(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    before = packets_shown(window)
    apply_filter(window, settled, "sip")
    assert packets_shown(window) != before
    QTest.mouseClick(window.filter_bar.clear_button, Qt.MouseButton.LeftButton)
    settled()
    assert packets_shown(window) == before
    assert not window.filter_bar.clear_button.isVisible()


def test_filters_used_before_come_back(opened: Opened, settled: Settled, preferences: Preferences) -> None:
    window = opened([OFFICE])
    for text in ("sip", "rtp", "sip"):
        apply_filter(window, settled, text)
    window.filter_bar.clear()
    settled()
    window.actions_["filter"].trigger()
    QTest.keyClick(window.filter_bar.field, Qt.Key.Key_Down)
    assert proposals(window) == ["sip", "rtp"]
    QTest.keyClick(window.filter_bar.field, Qt.Key.Key_Down)
    QTest.keyClick(window.filter_bar.field, Qt.Key.Key_Down)
    QTest.keyClick(window.filter_bar.field, Qt.Key.Key_Return)
    settled()
    assert window.page.filter.text == "rtp"
    assert FilterMemory(preferences).applied() == ("rtp", "sip"), "kept for the next day"


def test_a_filter_is_saved_used_deleted_and_taken_back(
    opened: Opened, settled: Settled, preferences: Preferences, qtbot: QtBot
) -> None:
    window = opened([OFFICE])
    bar = window.filter_bar
    type_filter(window, 'call.state == "busy"')
    bar.menu.aboutToShow.emit()
    choose(bar.menu, "Save this filter")
    asking = next(
        widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QInputDialog) and widget.isVisible()
    )
    name = asking.findChild(QLineEdit)
    assert isinstance(name, QLineEdit)
    QTest.keyClicks(name, "Busy & gone")
    asking.accept()
    saved = SavedFilter("Busy & gone", 'call.state == "busy"')
    assert FilterMemory(preferences).saved() == (saved,)
    bar.clear()
    bar.menu.aboutToShow.emit()
    choose(bar.menu, "Busy")
    settled()
    assert window.page.filter.text == 'call.state == "busy"'
    bar.menu.aboutToShow.emit()
    choose(bar.menu, "Delete", "Busy")
    assert FilterMemory(preferences).saved() == ()
    assert bar.panel.isVisible()
    QTest.mouseClick(bar.panel.undo, Qt.MouseButton.LeftButton)
    assert FilterMemory(preferences).saved() == (saved,)
    assert not bar.panel.isVisible()


def test_rubbish_in_the_store_is_no_filter(preferences: Preferences) -> None:
    memory = FilterMemory(preferences)
    for rubbish in ("[{]", "7", '{"a": 1}', '[1, null, {"name": 3, "text": "sip"}]', '["sip", 4]'):
        preferences.remember_text("filter/applied", rubbish)
        preferences.remember_text("filter/saved", rubbish)
        assert memory.saved() == ()
        assert memory.applied() in {(), ("sip",)}


def test_a_packets_cell_becomes_a_filter(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    window.page.show_list(PACKETS)
    pane = window.page.packets
    sip = next(line for line in range(pane.model.rowCount()) if str(pane.model.index(line, 4).data()).startswith("SIP"))
    source = str(pane.model.index(sip, 2).data())
    choose(pane.menu(pane.model.index(sip, 2)), "Filter on this", "This only")
    settled()
    assert window.filter_bar.field.text() == f"ip.src == {source}"
    shown = {
        (str(pane.model.index(line, 4).data()), str(pane.model.index(line, 2).data())) for line in range(pane.model.rowCount())
    }
    assert {told for protocol, told in shown if protocol != "ICMP"} == {source}  # an ICMP error quotes one that was sent there
    choose(pane.menu(pane.model.index(0, 4)), "Filter on this", "… and not this")
    settled()
    assert window.page.filter.text == f"ip.src == {source} && !(sip)"
    choose(pane.menu(pane.model.index(0, 2)), "Copy as filter")
    assert QGuiApplication.clipboard().text() == f"ip.src == {source}"


def test_a_call_becomes_a_filter_on_all_its_legs(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    call = window.page.calls.model.item(0)
    choose(window.page.calls.menu(window.page.calls.model.index(0, 1)), "Filter on this", "This only")
    settled()
    assert window.page.loaded is not None
    rows = sorted({window.page.loaded.snapshot.messages[position].row + 1 for position in call.messages})
    assert packets_shown(window) == rows
    assert all(leg.call_id in window.page.filter.text for leg in call.legs)


def test_several_calls_become_one_filter(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    calls = [window.page.calls.model.item(row) for row in (0, 2)]
    window.filter_bar.set_filter(call_term(calls))
    settled()
    shown = [window.page.calls.model.item(row) for row in range(window.page.calls.model.rowCount())]
    assert set(calls) <= set(shown)
    ids = {leg.call_id for call in calls for leg in call.legs}
    assert all(ids & {leg.call_id for leg in call.legs} for call in shown)


def test_a_header_field_becomes_a_filter(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    tree = window.page.message.tree
    agent = next(index for index in tree.model_.indexes() if tree.model_.node(index).part.field == "User-Agent")
    tree.setCurrentIndex(agent)
    choose(window.page.message.part_menu(), "Filter on this", "This only")
    settled()
    assert window.page.filter.text == f'sip.User-Agent == "{tree.model_.node(agent).part.value}"'
    assert packets_shown(window)


def test_the_conversation_of_a_packet_is_followed(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    window.page.show_list(PACKETS)
    pane = window.page.packets
    rtp = next(line for line in range(pane.model.rowCount()) if pane.model.index(line, 4).data() == "RTP")
    ends = {str(pane.model.index(rtp, column).data()) for column in (2, 3)}
    pane.table.selectRow(rtp)
    window.actions_["follow"].trigger()
    settled()
    assert 0 < pane.model.rowCount() < 1328
    shown = {frozenset(str(pane.model.index(line, at).data()) for at in (2, 3)) for line in range(pane.model.rowCount())}
    assert shown == {frozenset(ends)}


def test_a_filter_stays_when_the_capture_is_read_again(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    apply_filter(window, settled, 'sip.Method == "BYE"')
    before = packets_shown(window)
    window.actions_["reload"].trigger()
    settled()
    assert packets_shown(window) == before
    assert window.filter_bar.state.text().startswith(f"{window.page.calls.model.rowCount()} of ")


def test_the_panel_lies_beneath_the_bar(opened: Opened) -> None:
    window = opened([OFFICE])
    type_filter(window, "sip.")
    bar, panel = window.filter_bar, window.filter_bar.panel
    below = bar.mapTo(window, QPoint(0, bar.height()))
    assert panel.y() >= below.y()
    assert (panel.x(), panel.width()) == (below.x(), bar.width())
    assert not panel.grab().isNull()
    window.page.calls.table.setFocus()
    assert not panel.isVisible()


@pytest.mark.parametrize(
    ("current", "term", "how", "together"),
    [
        ("", "sip", Join.ONLY, "sip"),
        ("", "sip", Join.AND, "sip"),
        ("", "sip", Join.AND_NOT, "!(sip)"),
        ("udp", "sip", Join.ONLY, "sip"),
        ("udp", "sip", Join.NOT, "!(sip)"),
        ("udp", "sip", Join.AND, "udp && sip"),
        ("udp || tcp", "sip", Join.AND, "(udp || tcp) && sip"),
        ("udp && tcp", "sip", Join.AND, "udp && tcp && sip"),
        ("udp && tcp", "sip", Join.OR, "(udp && tcp) || sip"),
        ("udp", "ip && sip", Join.OR, "udp || (ip && sip)"),
        ("udp or tcp", "sip", Join.AND_NOT, "(udp or tcp) && !(sip)"),
    ],
)
def test_filters_are_put_together_as_meant(current: str, term: str, how: Join, together: str) -> None:
    assert combined(current, term, how) == together
    assert judge(together).verdict is Verdict.GOOD


def test_everything_of_the_bar_has_a_name_for_a_screen_reader(opened: Opened) -> None:
    bar = opened([OFFICE]).filter_bar
    for widget in (bar.field, bar.bookmark, bar.clear_button, bar.recent_button, bar.apply_button, bar.state, bar.panel.list):
        assert widget.accessibleName(), widget


def test_the_list_in_sight_takes_the_keyboard_back(opened: Opened) -> None:
    window = opened([OFFICE])
    window.actions_["filter"].trigger()
    QTest.keyClick(window.filter_bar.field, Qt.Key.Key_Escape)
    assert window.page.tabs.currentIndex() == CALLS
    assert window.page.calls.table.hasFocus()
