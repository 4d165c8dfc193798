"""Two messages side by side, as a support engineer compares them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox

from sipview.gui.comparison_table import CHANGE, NAME, ComparisonModel
from sipview.gui.main_window import MainWindow
from sipview.gui.theme import Theme
from sipview.gui.tokens import DARK
from sipview.session.comparison import Change, compare
from sipview.sip import parse
from tests.support.answered_paths import SAMPLES
from tests.support.sip_messages import message

Opened = Callable[[Sequence[Path]], MainWindow]
Settled = Callable[[], None]
CALL = SAMPLES / "call-through-pbx.pcap"


def chosen_call(window: MainWindow, settled: Settled, at: int = 0) -> list[int]:
    """The positions of a call's INVITEs, the call being selected."""
    window.page.calls.table.selectRow(at)
    settled()
    assert window.page.loaded is not None
    messages = window.page.loaded.snapshot.messages
    call = window.page.loaded.snapshot.conversations.calls[at]
    return [position for position in call.messages if messages[position].facts.method == "INVITE"]


def words_of(window: MainWindow) -> list[tuple[str, str]]:
    model = window.page.compare.table.model_
    return [(model.index(row, CHANGE).data(), model.index(row, NAME).data()) for row in range(model.rowCount())]


def test_the_invite_with_and_without_credentials(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    first, second = chosen_call(window, settled)[:2]
    window.page.ladder.view.select(second)
    window.page._arrow_chosen(second)
    window.actions_["show-compare"].trigger()
    settled()
    assert window.page.compare.pair == (first, second), "the earlier one stands on the left"
    assert ("only right", "Authorization") in words_of(window)
    assert ("changed", "CSeq") in words_of(window)
    assert "1 only right" in window.page.compare.summary.text()


def test_only_the_differences(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    chosen_call(window, settled)
    window.actions_["show-compare"].trigger()
    settled()
    everything = len(words_of(window))
    QTest.mouseClick(
        window.page.compare.only_differences,
        Qt.MouseButton.LeftButton,
        pos=window.page.compare.only_differences.rect().center(),
    )
    window.page.compare.only_differences.setChecked(True)
    assert 0 < len(words_of(window)) < everything
    assert all(word for word, _ in words_of(window))


def test_left_and_right_are_swapped(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    chosen_call(window, settled)
    window.actions_["show-compare"].trigger()
    settled()
    left, right = window.page.compare.pair
    QTest.mouseClick(window.page.compare.swap, Qt.MouseButton.LeftButton)
    settled()
    assert window.page.compare.pair == (right, left)
    assert ("only left", "Authorization") in words_of(window)


def test_any_two_messages_by_keeping_one(opened: Opened, settled: Settled) -> None:
    """The INVITE on both legs: two Call-IDs."""
    window = opened([CALL])
    mine = chosen_call(window, settled, 0)[-1]
    window.page._arrow_chosen(mine)
    window.actions_["show-compare"].trigger()
    settled()
    compare_pane = window.page.compare
    QTest.mouseClick(compare_pane.swap, Qt.MouseButton.LeftButton)
    settled()
    compare_pane.keep.setChecked(True)
    other = chosen_call(window, settled, 1)[0]
    settled()
    assert compare_pane.pair == (mine, other)
    assert ("changed", "Call-ID") in words_of(window)


def test_another_message_is_chosen_from_the_list(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    chosen_call(window, settled)
    window.actions_["show-compare"].trigger()
    settled()
    choice: QComboBox = window.page.compare.right_choice
    assert any("the one of its kind" in choice.itemText(at) for at in range(choice.count()))
    last = choice.count() - 1
    choice.setCurrentIndex(last)
    choice.activated.emit(last)
    settled()
    assert window.page.compare.pair[1] == choice.itemData(last)


def test_the_comparison_is_copied_as_text(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    chosen_call(window, settled)
    window.actions_["show-compare"].trigger()
    settled()
    QTest.mouseClick(window.page.compare.copy, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("--- Frame ")
    assert "\n+  Authorization: Digest" in text


def test_nothing_is_compared_while_nobody_looks(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    chosen_call(window, settled)
    assert window.page.compare.comparison.parts == ()


def test_a_packet_without_sip_has_no_comparison(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    window.page.go_to_packet(100)
    settled()
    tabs = window.page.message.tabs
    assert not tabs.isTabEnabled(tabs.indexOf(window.page.compare))


def test_differences_are_told_by_icon_and_word_and_are_seen_in_the_dark(theme: Theme, opened: Opened, settled: Settled) -> None:
    model = ComparisonModel(theme)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    left, right = parse(message(Subject="a")), parse(message(Expires="5", CSeq="2 OPTIONS"))
    model.show_parts(compare(left, right).parts)
    for row in range(model.rowCount()):
        cell = model.index(row, CHANGE)
        same = model.part(row).change is Change.SAME
        assert bool(cell.data()) is not same
        assert (cell.data(Qt.ItemDataRole.DecorationRole) is None) is same
    window = opened([CALL])
    chosen_call(window, settled)
    window.actions_["show-compare"].trigger()
    settled()
    window.actions_["theme-dark"].trigger()
    image: QImage = window.page.compare.table.viewport().grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    assert DARK.mark in colours


def test_messages_of_a_capture_that_is_gone_are_not_offered(opened: Opened, settled: Settled) -> None:
    window = opened([CALL])
    chosen_call(window, settled)
    window.actions_["show-compare"].trigger()
    settled()
    choices = (window.page.compare.left_choice, window.page.compare.right_choice)
    assert all(choice.count() > 1 for choice in choices)
    gone = window.page.loaded
    assert gone is not None
    window.page.clear()  # another one is about to be shown
    assert all(choice.count() == 0 and not choice.isEnabled() for choice in choices)
    gone.analysis.close()
