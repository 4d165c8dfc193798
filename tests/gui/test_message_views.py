"""One message as tree, text and bytes: what is selected in one is marked in all, and nothing in it acts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from sipview.calls import Observed
from sipview.explain import Setting, explain
from sipview.gui.explained_tree import FIELD, MEANING, REFERENCE, VALUE, ExplainedModel
from sipview.gui.message_pane import MessagePane
from sipview.gui.requests import OpenedMessage, OpenedPacket
from sipview.gui.shown_text import LONGEST_TEXT, shown_text
from sipview.gui.theme import Theme
from sipview.session import catalogue
from sipview.session.naming import HostNames
from sipview.sip import parse, skim
from sipview.values import Endpoint, Transport
from tests.support.sip_messages import message

ANNA, BEN = Endpoint("10.0.0.1", 5060), Endpoint("10.0.0.2", 5060)


def opened(data: bytes) -> OpenedMessage:
    observed = Observed(0, 15, 0, ANNA, BEN, Transport.UDP, skim(data))
    parsed = parse(data)
    return OpenedMessage(observed, parsed, explain(parsed, Setting(ANNA, BEN, Transport.UDP), catalogue()), shown_text(data))


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme) -> MessagePane:
    pane = MessagePane(theme)
    qtbot.addWidget(pane)
    pane.resize(1200, 400)
    pane.show()
    return pane


def top_row(pane: MessagePane, field: str) -> QModelIndex:
    model = pane.tree.model_
    return next(index for index in model.indexes() if model.node(index).part.field.startswith(field))


@given(st.binary(max_size=300))
def test_text_shows_every_byte_in_its_order(data: bytes) -> None:
    shown = shown_text(data)
    units = len(shown.text.encode("utf-16-le")) // 2
    assert len(shown.offsets) == units + 1
    assert list(shown.offsets) == sorted(shown.offsets)
    assert shown.offsets[-1] == len(data)
    assert not any(character < " " and character not in "\n\t" for character in shown.text)


@given(st.text(max_size=100))
def test_characters_stand_for_their_bytes(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    shown = shown_text(data)
    for start in range(len(data)):
        first, last = shown.span(start, len(data))
        assert first <= last <= len(shown.offsets) - 1


def test_line_ends_and_controls_can_be_seen() -> None:
    assert shown_text(b"a\r\nb").text == "a\nb"
    assert shown_text(b"a\nb").text == "a␊\nb"
    assert shown_text(b"a\rb").text == "a␍b"
    assert shown_text(b"\x00\xff\tx").text == "␀<FF>␉\tx"
    assert shown_text("\u202eevil".encode()).text == "<U+202E>evil"


def test_long_text_ends_with_a_word_about_the_rest() -> None:
    shown = shown_text(b"x" * (LONGEST_TEXT + 5))
    assert shown.text.endswith("… 5 more bytes: the Bytes tab shows them all")


def test_a_header_marks_its_bytes_and_its_text(pane: MessagePane) -> None:
    data = message(Contact="<sip:101@10.0.0.1:5060>")
    pane.show_message(opened(data), HostNames())
    pane.tree.setCurrentIndex(top_row(pane, "Contact"))
    start, end = pane.bytes.marked
    assert data[start:end] == b"Contact: <sip:101@10.0.0.1:5060>"
    assert pane.text.marked_text == "Contact: <sip:101@10.0.0.1:5060>"


def test_a_click_on_a_byte_finds_its_header(pane: MessagePane, qtbot: QtBot) -> None:
    data = message(Contact="<sip:101@10.0.0.1:5060>")
    pane.show_message(opened(data), HostNames())
    pane.tabs.setCurrentWidget(pane.bytes)
    offset = data.index(b"Contact") + 2
    place = next(
        QPoint(x, y)
        for y in range(0, pane.bytes.viewport().height(), 4)
        for x in range(0, 500, 3)
        if pane.bytes.byte_at(QPoint(x, y)) == offset
    )
    QTest.mouseClick(pane.bytes.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert pane.tree.model_.node(pane.tree.currentIndex()).part.field == "Contact"
    assert pane.bytes.marked == (data.index(b"Contact"), data.index(b"Contact") + len(b"Contact: <sip:101@10.0.0.1:5060>"))


def test_a_click_into_the_text_finds_its_header(pane: MessagePane) -> None:
    pane.show_message(opened(message(Call_ID="needle@10.0.0.1")), HostNames())
    pane.tabs.setCurrentWidget(pane.text)
    cursor = pane.text.textCursor()
    cursor.setPosition(pane.text.toPlainText().index("needle"))
    place = pane.text.cursorRect(cursor).center()
    QTest.mouseClick(pane.text.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert pane.tree.model_.node(pane.tree.currentIndex()).part.field.startswith("Call-ID")


def test_the_selected_field_stays_selected_from_message_to_message(pane: MessagePane) -> None:
    pane.show_message(opened(message(Contact="<sip:first@10.0.0.1>")), HostNames())
    pane.tree.setCurrentIndex(top_row(pane, "Contact"))
    pane.tree.expand(top_row(pane, "Via"))
    data = message(Contact="<sip:second@10.0.0.1>", Subject="x")
    pane.show_message(opened(data), HostNames())
    assert "second" in pane.tree.model_.node(pane.tree.currentIndex()).part.value
    assert pane.tree.isExpanded(top_row(pane, "Via"))
    start, end = pane.bytes.marked
    assert b"second" in data[start:end]


def test_the_line_says_which_message_it_is(pane: MessagePane) -> None:
    data = message(start="INVITE sip:102@pbx SIP/2.0", CSeq="1 INVITE")
    pane.show_message(opened(data), HostNames())
    assert pane.line.text() == f"Frame 16 · INVITE · 10.0.0.1 → 10.0.0.2 · UDP · {len(data)} bytes"


def test_problems_stand_where_they_are_with_icon_and_word(pane: MessagePane) -> None:
    pane.show_message(opened(message(CSeq="nonsense")), HostNames())
    model = pane.tree.model_
    problems = [index for index in model.indexes() if model.node(index).problem]
    assert problems
    for index in problems:
        assert index.data() == "Problem"
        assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()
        assert pane.tree.isExpanded(model.parent(index))


def test_the_tree_keeps_qts_rules(theme: Theme) -> None:
    model = ExplainedModel(theme)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_explanations(opened(message(CSeq="nonsense", Contact="<sip:a@b>;expires=60")).explanations)
    assert model.rowCount() > 5
    model.show_explanations(())
    assert model.rowCount() == 0


def test_long_meanings_are_wrapped_and_not_cut(pane: MessagePane) -> None:
    pane.show_message(opened(message(Contact="<sip:101@192.0.2.77:5060>")), HostNames())
    tree = pane.tree
    tree.setColumnWidth(MEANING, 200)
    line = tree.fontMetrics().height()
    heights = [tree.visualRect(index).height() for index in tree.model_.indexes() if not index.parent().isValid()]
    QApplication.processEvents()
    assert max(heights) > 2 * line


def test_sections_of_rfcs_give_way_to_their_meaning_where_there_is_little_room(pane: MessagePane) -> None:
    pane.show_message(opened(message()), HostNames())
    assert not pane.tree.isColumnHidden(REFERENCE)
    pane.resize(400, 400)
    QApplication.processEvents()
    assert pane.tree.isColumnHidden(REFERENCE)
    assert pane.tree.columnWidth(MEANING) > 150
    pane.resize(1200, 400)
    QApplication.processEvents()
    assert not pane.tree.isColumnHidden(REFERENCE)
    assert pane.tree.columnWidth(REFERENCE) > 100


def test_a_display_name_of_60_kb_does_no_harm(pane: MessagePane) -> None:
    name = "<b>\u202e" + "A" * 60_000
    data = message(From=f'"{name}" <sip:101@pbx>;tag=a1', start="INVITE sip:102@pbx SIP/2.0", CSeq="1 INVITE")
    pane.show_message(opened(data), HostNames())
    row = top_row(pane, "From")
    value = row.siblingAtColumn(VALUE).data()
    assert len(value) <= 200 + len("<U+202E>")
    assert "\u202e" not in value
    tip = row.siblingAtColumn(VALUE).data(Qt.ItemDataRole.ToolTipRole)
    assert "<b>" not in tip
    assert len(tip) < 4000
    pane.tree.setCurrentIndex(row)
    start, end = pane.bytes.marked
    assert end - start > 60_000
    for tab in range(3):
        pane.tabs.setCurrentIndex(tab)
        assert not pane.grab().isNull()


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_a_tooltip_on_screen_shows_markup_as_text(pane: MessagePane, qtbot: QtBot) -> None:
    pane.show_message(opened(message(Subject="<h1>loud</h1>")), HostNames())
    row = top_row(pane, "Subject").siblingAtColumn(VALUE)
    pane.tree.scrollTo(row)
    place = pane.tree.visualRect(row).center()
    event = QHelpEvent(QEvent.Type.ToolTip, place, pane.tree.viewport().mapToGlobal(place))
    QApplication.sendEvent(pane.tree.viewport(), event)
    assert "&lt;h1&gt;loud&lt;/h1&gt;" in QToolTip.text()
    QToolTip.hideText()


def test_a_packet_without_sip_shows_its_bytes(pane: MessagePane) -> None:
    pane.show_packet(OpenedPacket(41, b"\x80\x00" * 86), "RTP · 10.0.0.1 → 10.0.0.2")
    assert pane.tabs.currentWidget() is pane.bytes
    assert pane.line.text() == "Frame 42 · RTP · 10.0.0.1 → 10.0.0.2 · 172 bytes"
    assert not pane.tabs.isTabEnabled(0)
    pane.show_message(opened(message()), HostNames())
    assert pane.tabs.isTabEnabled(0)


def test_bytes_are_walked_by_keyboard(pane: MessagePane, qtbot: QtBot) -> None:
    pane.show_packet(OpenedPacket(0, bytes(range(256)) * 40), "UDP")
    chosen: list[int] = []
    pane.bytes.byte_chosen.connect(chosen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up):
        QTest.keyClick(pane.bytes, key)
    assert chosen == [1, 17, 16, 0, 0]


def test_titles_of_the_tree_are_said(pane: MessagePane) -> None:
    titles = [pane.tree.model_.headerData(column, Qt.Orientation.Horizontal) for column in range(4)]
    assert titles[FIELD] == "Field"
    assert titles[MEANING] == "Meaning here"
