"""What people do with the ladder: several calls, lanes, folding, finding, the map, taking it away."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QItemSelectionModel, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from sipview.calls import Call
from sipview.gui.ladder_export import ExportDialog
from sipview.gui.ladder_pane import LadderPane
from sipview.gui.main_window import MainWindow
from sipview.gui.preferences import Preferences
from sipview.ladder import Arrow, LadderPicture, Pill
from sipview.session.pseudonyms import EVERYTHING
from tests.support.answered_paths import SAMPLES, AnsweredPaths

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
CALL = SAMPLES / "call-through-pbx.pcap"
OFFICE = SAMPLES / "small-office.pcap"


def picture_of(window: MainWindow) -> LadderPicture:
    picture = window.page.ladder.view.picture
    assert picture is not None
    return picture


def lane_place(pane: LadderPane, number: int) -> QPoint:
    picture = pane.view.picture
    assert picture is not None
    return pane.view.place_of_lane(picture.lanes[number]).center().toPoint()


def keys(window: MainWindow) -> list[str]:
    return [lane.key for lane in picture_of(window).lanes]


def click_row(window: MainWindow, row: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    table = window.page.calls.table
    place = table.visualRect(window.page.calls.model.index(row, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def test_calls_selected_together_are_drawn_together(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    pane = window.page.ladder
    click_row(window, 0)
    click_row(window, 2, Qt.KeyboardModifier.ControlModifier)
    settled()
    calls = [window.page.calls.model.item(row) for row in (0, 2)]
    assert set(picture_of(window).row_of) == {position for call in calls for position in call.messages}
    assert pane.head.title.text() == "2 calls in one ladder"
    assert pane.legend.isVisible()
    assert {words.split(" leg")[0] for words in pane.legend.words} == {f"call {call.number}" for call in calls}
    click_row(window, 4, Qt.KeyboardModifier.ShiftModifier)
    settled()
    assert pane.head.title.text() == "4 calls in one ladder"  # the first one, and from the third to the fifth
    click_row(window, 1)
    settled()
    assert len(pane.subjects) == 1
    assert not pane.legend.isVisible()


def test_many_selected_calls_are_bounded_and_said(opened: Opened, settled: Settled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sipview.gui.list_choice.MOST_TOGETHER", 3)
    window = opened([OFFICE])
    window.page.calls.table.selectAll()
    settled()
    count = window.page.calls.model.rowCount()
    assert window.page.ladder.head.title.text() == f"The first 3 of {count} in one ladder"


def test_a_lane_is_renamed_by_double_click_and_the_name_is_remembered(
    opened: Opened, settled: Settled, preferences: Preferences
) -> None:
    window = opened([CALL])
    pane = window.page.ladder
    key = keys(window)[1]
    QTest.mouseDClick(pane.view.viewport(), Qt.MouseButton.LeftButton, pos=lane_place(pane, 1))
    assert pane.view.headers.editor.isVisible()
    pane.view.headers.editor.setText("The old PBX <b>")
    QTest.keyClick(pane.view.headers.editor, Qt.Key.Key_Return)
    settled()
    assert picture_of(window).lanes[1].name.text == "The old PBX <b>"
    assert preferences.lane_names == {key: "The old PBX <b>"}
    window.actions_["rename-lane"].trigger()
    QTest.keyClick(pane.view.headers.editor, Qt.Key.Key_Escape)
    assert not pane.view.headers.editor.isVisible()
    undo, redo = window.actions_["undo-lanes"], window.actions_["redo-lanes"]
    assert (undo.isEnabled(), redo.isEnabled()) == (True, False)
    undo.trigger()
    settled()
    assert picture_of(window).lanes[1].name.text != "The old PBX <b>"
    assert preferences.lane_names == {}
    assert (undo.isEnabled(), redo.isEnabled()) == (False, True)


def test_a_lane_is_dragged_hidden_and_brought_back(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    pane = window.page.ladder
    before = keys(window)
    viewport = pane.view.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=lane_place(pane, 0))
    end = lane_place(pane, len(before) - 1) + QPoint(30, 0)
    assert pane.view.headers.drag(QPointF(end))
    assert pane.view.headers.dragging
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    settled()
    assert keys(window) == [*before[1:], before[0]]
    window.actions_["undo-lanes"].trigger()
    settled()
    assert keys(window) == before
    menu = pane.menus.lane_menu(before[-1])
    next(action for action in menu.actions() if action.text() == "&Hide").trigger()
    settled()
    assert keys(window) == before[:-1]
    (pill,) = [pill for pill in picture_of(window).pills if pill.lane]
    assert "messages with" in pill.text.text
    assert pill.text.text.endswith("hidden")
    place = pane.view.from_picture(QPointF((pill.left + pill.right) / 2, pill.y)).toPoint()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    settled()
    assert keys(window) == before


def test_a_login_unfolds_by_click_and_folds_by_enter(opened: Opened, settled: Settled, preferences: Preferences) -> None:
    window = opened([CALL])
    view = window.page.ladder.view
    picture = picture_of(window)
    (login,) = picture.pills
    assert login.text.text == "▸ login asked and given (401, 3 messages)"
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.place_of(login.positions[1]))
    settled()
    opened_picture = picture_of(window)
    assert opened_picture.pills[0].open
    assert window.page.opened == view.selected == login.positions[0], "what is selected is what is read"
    assert len(opened_picture.arrows) == len(picture.arrows) + 3
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Home)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert isinstance(view.current, Pill)
    assert "Enter" in view.accessibleDescription()
    QTest.keyClick(view, Qt.Key.Key_Return)
    settled()
    assert not picture_of(window).pills[0].open
    window.actions_["fold-login"].trigger()
    settled()
    assert picture_of(window).pills == ()
    assert preferences.ladder_fold == ()
    window.page.ladder.menus.show_state()
    assert window.actions_["fold-login"].text().endswith("· 3")


def test_typing_in_the_ladder_finds_and_enter_walks(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    pane = window.page.ladder
    pane.view.setFocus()
    QTest.keyClicks(pane.view, "u")
    QTest.keyClicks(pane.find_bar.field, "pdate")
    settled()
    assert pane.find_bar.isVisible()
    chosen = pane.view.current
    assert isinstance(chosen, Arrow)
    hits = pane.view.found
    assert chosen.position in hits
    assert pane.find_bar.count.text().endswith(f"of {len(hits)}")
    before = pane.view.selected
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Return)
    assert pane.view.selected != before
    QTest.keyClicks(pane.find_bar.field, "nowhere")
    settled()
    assert pane.find_bar.count.text() == "not found"
    QTest.keyClick(pane.find_bar.field, Qt.Key.Key_Escape)
    assert not pane.find_bar.isVisible()
    assert not pane.view.found


def test_enter_on_an_arrow_goes_to_its_message(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    view = window.page.ladder.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_End)
    QTest.keyClick(view, Qt.Key.Key_Return)
    settled()
    assert window.page.message.tabs.currentWidget().isAncestorOf(window.focusWidget()) or window.page.message.tree.hasFocus()


@pytest.mark.qt_log_ignore("does not support raise", extend=True)
def test_the_card_is_plain_text_with_the_first_header_lines(opened: Opened, settled: Settled, qtbot: QtBot) -> None:
    window = opened([CALL])
    pane = window.page.ladder
    arrow = picture_of(window).arrows[0]
    pane.view.rested.emit(arrow, QPoint(400, 400))
    settled()
    assert pane.card.isVisible()
    assert pane.card.headline.text().startswith("INVITE")
    assert pane.card.headers.text().startswith("INVITE sip:")
    assert "audio" in pane.card.media.text()
    for part in (pane.card.headline, pane.card.lines, pane.card.media, pane.card.headers):
        assert part.textFormat() is Qt.TextFormat.PlainText
    pane.view.rested.emit(None, QPoint())
    assert not pane.card.isVisible()


def test_a_long_ladder_has_a_map_to_go_by(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    pane = window.page.ladder
    window.page.calls.table.selectAll()
    settled()
    assert pane.map.isVisible()
    QTest.mouseClick(pane.map, Qt.MouseButton.LeftButton, pos=QPoint(20, pane.map.height() - 4))
    bar = pane.view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    click_row(window, 4)
    settled()
    assert not pane.map.isVisible()


def test_details_are_none_short_or_the_sdp(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    window.actions_["details-sdp"].trigger()
    settled()
    assert picture_of(window).arrows[0].lines[0].text.startswith("audio ")
    window.actions_["details-none"].trigger()
    settled()
    assert [text.text for text in picture_of(window).arrows[0].texts] == ["INVITE 1002"]


def test_the_dialog_exports_what_is_shown_or_all_of_it(
    opened: Opened, settled: Settled, chooser: AnsweredPaths, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened([CALL])
    chooser.to_save = tmp_path / "shown.txt"
    window.actions_["export-ladder"].trigger()
    dialog = window.exporter.dialog
    assert isinstance(dialog, ExportDialog)
    shown = dialog
    qtbot.waitUntil(lambda: not shown.waiting and not window.page.jobs.busy and not shown.preview.isNull())
    dialog.kind.setCurrentText("Text")
    QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    settled()
    text = chooser.to_save.read_text(encoding="utf-8")
    assert "[▸ login asked and given (401, 3 messages)]" in text
    assert "1001 calls 1002" in text

    chooser.to_save = tmp_path / "all.html"
    window.actions_["export-ladder"].trigger()
    dialog = window.exporter.dialog
    assert dialog is not None
    assert dialog.kind.currentText() == "Text"  # as it was chosen last
    dialog.kind.setCurrentText("Web page (HTML)")
    dialog.what.setCurrentIndex(1)
    for box in dialog.hiding.values():
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert dialog.choice.hidden == EVERYTHING
    assert dialog.hiding_words.isVisible()
    QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    settled()
    page = chooser.to_save.read_text(encoding="utf-8")
    assert "401 Unauthorized" in page
    assert "INVITE callee" in page
    for secret in ("1001", "1002", "10.1.1.", "through", "Call-ID</dt><dd>id 1"):
        assert (secret in page) is secret.startswith("Call-ID"), secret
    assert chooser.suggested is not None
    assert "through" not in chooser.suggested.name

    window.actions_["copy-image"].trigger()
    settled()
    assert isinstance(QGuiApplication.clipboard().image(), QImage)
    assert not QGuiApplication.clipboard().image().isNull()


def test_a_call_that_grows_is_not_drawn_at_each_snapshot(
    opened: Opened, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened([CALL])
    pane = window.page.ladder
    assert pane.ladders is not None
    (call,) = pane.subjects
    assert isinstance(call, Call)
    asked: list[str] = []
    real: Callable[..., object] = pane._jobs.ask

    def counted(purpose: str, *args: object, **more: object) -> object:
        asked.append(purpose)
        return real(purpose, *args, **more)

    monkeypatch.setattr(pane._jobs, "ask", counted)
    pane._cooling.start(60)
    for count in range(3, 9):
        grown = replace(call, messages=call.messages[:count])
        pane.show_subjects(pane.ladders.analysis, (grown,), pane._hosts)
    settled()
    assert 1 <= asked.count("drawing the ladder") <= 2  # once for all, and once more where a scroll bar came or went
    assert len(picture_of(window).row_of) == 8


def test_selecting_by_keyboard_adds_and_takes_away(opened: Opened, settled: Settled) -> None:
    window = opened([OFFICE])
    table = window.page.calls.table
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    settled()
    assert len(window.page.ladder.subjects) == 2
    table.selectionModel().select(
        window.page.calls.model.index(1, 0), QItemSelectionModel.SelectionFlag.Deselect | QItemSelectionModel.SelectionFlag.Rows
    )
    settled()
    assert len(window.page.ladder.subjects) == 1
