"""Tables over snapshots: cells, sorting, searching, growing."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from sipview.calls import Call
from sipview.gui.call_columns import CALL_COLUMNS, call_identity, searched_call
from sipview.gui.jobs import Jobs, Report
from sipview.gui.list_pane import ListPane
from sipview.gui.main_window import MainWindow
from sipview.gui.packet_table import PacketTable
from sipview.gui.row_table import Arrange, RowTable
from sipview.gui.theme import Theme
from sipview.values import Cancelled, CancelToken
from tests.support.answered_paths import SAMPLES
from tests.support.needs import require_tool
from tests.support.script_calls import Script

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def an_office() -> tuple[Call, ...]:
    """A completed call, a busy one, one that was given up."""
    script = Script()
    anna, ben, carla = script.phone("anna"), script.phone("ben"), script.phone("carla")
    first = anna.calls(ben)
    invite = first.invite()
    invite.answered(180)
    script.wait(2)
    invite.answered(200)
    first.ack(invite)
    script.wait(6.3)
    first.bye().answered(200)
    second = ben.calls(carla)
    busy = second.invite()
    busy.answered(486)
    second.ack(busy)
    third = carla.calls(anna)
    third.invite().answered(503)
    return script.calls()


@pytest.fixture
def pane(qtbot: QtBot, jobs: Jobs, theme: Theme) -> ListPane[Call]:
    pane: ListPane[Call] = ListPane("calls", CALL_COLUMNS, jobs, theme, identity=call_identity, searched=searched_call)
    qtbot.addWidget(pane)
    pane.resize(700, 300)
    pane.show()
    return pane


def column(pane: ListPane[Call], column_id: str) -> list[str]:
    number = [one.id for one in CALL_COLUMNS].index(column_id)
    return [str(pane.model.index(row, number).data()) for row in range(pane.model.rowCount())]


def wait_for(jobs: Jobs, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not jobs.busy)


def test_calls_are_told_in_words(pane: ListPane[Call], jobs: Jobs, qtbot: QtBot) -> None:
    pane.show_items(an_office())
    wait_for(jobs, qtbot)
    assert column(pane, "from") == ["anna", "ben", "carla"]
    assert column(pane, "to") == ["ben", "carla", "anna"]
    assert [text.split(":")[0] for text in column(pane, "result")] == ["completed", "busy", "failed"]
    assert column(pane, "talk")[0] == "6.3 s"
    assert column(pane, "talk")[1:] == ["", ""]
    assert column(pane, "status") == ["200", "486", "503"]


def test_marks_say_in_colour_what_the_word_says(pane: ListPane[Call], jobs: Jobs, qtbot: QtBot, theme: Theme) -> None:
    pane.show_items(an_office())
    wait_for(jobs, qtbot)
    result = [one.id for one in CALL_COLUMNS].index("result")
    inks = [pane.model.index(row, result).data(Qt.ItemDataRole.ForegroundRole).name() for row in range(3)]
    assert inks == [theme.colours.success, theme.colours.warning, theme.colours.failure]
    assert not pane.model.index(0, result).data(Qt.ItemDataRole.DecorationRole).isNull()


def test_the_model_keeps_qts_rules_while_it_grows(qapp: object) -> None:
    calls = an_office()
    model: RowTable[Call] = RowTable(CALL_COLUMNS, call_identity)
    QAbstractItemModelTester(model, FATAL)
    model.show_rows(calls[:1], [0])
    model.show_rows(calls, [0, 1, 2])
    model.show_rows(calls, [2, 0])
    model.show_rows((), [])
    assert model.rowCount() == 0


def test_growth_adds_rows_and_resets_nothing(qtbot: QtBot) -> None:
    calls = an_office()
    model: RowTable[Call] = RowTable(CALL_COLUMNS, call_identity)
    model.show_rows(calls[:1], [0])
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted):
        model.show_rows(calls, [0, 1, 2])
    assert model.rowCount() == 3


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("anna", ["anna", "carla"]),
        ("ANNA ben", ["anna"]),
        ("486", ["ben"]),
        ("busy", ["ben"]),
        ("10.0.0", ["anna", "ben", "carla"]),
    ],
)
def test_typing_finds_calls(pane: ListPane[Call], jobs: Jobs, qtbot: QtBot, words: str, found: list[str]) -> None:
    pane.show_items(an_office())
    QTest.keyClicks(pane.search, words)
    wait_for(jobs, qtbot)
    assert column(pane, "from") == found


def test_finding_nothing_says_so(pane: ListPane[Call], jobs: Jobs, qtbot: QtBot) -> None:
    pane.show_items(an_office())
    QTest.keyClicks(pane.search, "nobody")
    wait_for(jobs, qtbot)
    assert pane.note.isVisible()
    assert "No calls with these words" in pane.note.headline.text()
    pane.search.clear()
    wait_for(jobs, qtbot)
    assert not pane.note.isVisible()


def test_a_click_on_a_title_sorts_then_turns_then_restores(pane: ListPane[Call], jobs: Jobs, qtbot: QtBot) -> None:
    pane.show_items(an_office())
    wait_for(jobs, qtbot)
    header = pane.table.horizontalHeader()
    number = [one.id for one in CALL_COLUMNS].index("to")
    place = header.viewport().rect().topLeft()
    place.setX(header.sectionViewportPosition(number) + 20)
    place.setY(header.height() // 2)
    orders = []
    for _ in range(3):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        wait_for(jobs, qtbot)
        orders.append(column(pane, "to"))
    assert orders == [["anna", "ben", "carla"], ["carla", "ben", "anna"], ["ben", "carla", "anna"]]


def test_the_selected_call_stays_selected(pane: ListPane[Call], jobs: Jobs, qtbot: QtBot) -> None:
    calls = an_office()
    pane.show_items(calls[:2])
    wait_for(jobs, qtbot)
    chosen: list[Call] = []
    pane.chosen.connect(chosen.append)
    pane.table.selectRow(1)
    assert [call.caller for call in chosen] == ["ben"]
    pane.show_items(calls)
    QTest.keyClicks(pane.search, "ben")
    wait_for(jobs, qtbot)
    assert pane.model.item(pane.table.currentIndex().row()).caller == "ben"
    assert len(chosen) == 1, "restoring a selection tells nobody"


def test_arranging_can_be_stopped() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        Arrange(an_office(), "", searched_call, None, descending=False).run(Report(token, lambda _: None))


def tshark_lines(capture: Path, *fields: str) -> list[list[str]]:
    """What tshark says of each packet."""
    command = [require_tool("tshark"), "-n", "-r", str(capture), "-T", "fields"]
    for name in fields:
        command += ["-e", name]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in output.splitlines()]


@pytest.mark.needs_tshark
def test_packets_are_listed_as_tshark_lists_them(opened: Callable[..., MainWindow]) -> None:
    window = opened([SAMPLES / "call-through-pbx.pcap"])
    model = window.page.packets.model
    assert model.rowCount() == 1328
    lines = tshark_lines(
        SAMPLES / "call-through-pbx.pcap", "frame.number", "frame.time_relative", "ip.src", "ip.dst", "frame.len"
    )
    for row in (0, 15, 16, 600, 1327):
        shown = [str(model.index(row, column).data()) for column in range(model.columnCount())]
        number, when, source, destination, length = lines[row]
        assert [shown[0], shown[2], shown[3], shown[5]] == [number, source, destination, length]
        assert float(shown[1]) == pytest.approx(float(when), abs=1e-6)


def test_packets_keep_qts_rules(opened: Callable[..., MainWindow]) -> None:
    window = opened([SAMPLES / "call-through-pbx.pcap"])
    assert window.page.loaded is not None
    model = PacketTable()
    QAbstractItemModelTester(model, FATAL)
    model.show_snapshot(window.page.loaded.cross)
    model.show_snapshot(None)
    assert model.rowCount() == 0
