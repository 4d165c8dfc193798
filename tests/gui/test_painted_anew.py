"""What is painted again while a capture grows: what is new in sight, and nothing besides."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, QModelIndex, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from sipview.calls import Call
from sipview.gui.call_columns import CALL_COLUMNS, call_identity, searched_call
from sipview.gui.cells import Cell
from sipview.gui.explained_tree import ExplainedModel
from sipview.gui.jobs import Jobs
from sipview.gui.list_pane import ListPane
from sipview.gui.main_window import MainWindow
from sipview.gui.theme import Theme
from sipview.session.naming import HostNames
from tests.support.answered_paths import SAMPLES
from tests.support.script_calls import Script

Opened = Callable[[Sequence[Path]], MainWindow]
_FEW, _MANY = 40, 60


class Paints(QObject):
    """Counts how often a widget is painted."""

    kind = QEvent.Type.Paint

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() == self.kind
        return False


class Shows(Paints):
    """Counts how often a widget comes into sight."""

    kind = QEvent.Type.Show


def paint() -> None:
    """Let the event loop lay out and paint whatever it has been asked to: a timer for the one, an event for the other."""
    for _ in range(4):
        QApplication.processEvents()


@pytest.fixture(scope="module")
def calls() -> tuple[Call, ...]:
    """Many calls that are over."""
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    for _ in range(_MANY):
        call = anna.calls(ben)
        invite = call.invite()
        invite.answered(486)
        call.ack(invite)
    return script.calls()


@pytest.fixture
def pane(qtbot: QtBot, jobs: Jobs, theme: Theme) -> ListPane[Call]:
    pane: ListPane[Call] = ListPane("calls", CALL_COLUMNS, jobs, theme, identity=call_identity, searched=searched_call)
    qtbot.addWidget(pane)
    pane.resize(700, 300)
    with qtbot.waitExposed(pane):
        pane.show()
    return pane


def shown(qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: Sequence[Call]) -> None:
    """Show them, until all is laid out and painted."""
    pane.show_items(calls)
    qtbot.waitUntil(lambda: not jobs.busy)
    paint()


def test_calls_that_come_out_of_sight_paint_no_row_again(
    qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: tuple[Call, ...]
) -> None:
    shown(qtbot, jobs, pane, calls[:_FEW])
    rows = Paints(pane.table.viewport())
    highest = pane.table.verticalScrollBar().maximum()
    shown(qtbot, jobs, pane, calls)
    assert pane.model.rowCount() == _MANY
    assert pane.table.verticalScrollBar().maximum() == highest + _MANY - _FEW, "it can be scrolled to them"
    assert rows.count == 0


def test_the_first_calls_are_painted_once(qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: tuple[Call, ...]) -> None:
    paint()
    rows = Paints(pane.table.viewport())
    below = Shows(pane.table.horizontalScrollBar())
    shown(qtbot, jobs, pane, calls)
    assert pane.table.verticalScrollBar().isVisible()
    assert pane.table.horizontalHeader().length() == pane.table.viewport().width()
    assert rows.count == 1
    assert below.count == 0, "no scroll bar comes and goes while columns are made to fit beside the other one"


def test_a_list_says_of_nothing_that_it_was_not_found_before_it_looked(
    qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: tuple[Call, ...]
) -> None:
    notes = Shows(pane.note)
    pane.show_items(calls)
    pane.tell_empty("", "")
    qtbot.waitUntil(lambda: not jobs.busy)
    assert pane.model.rowCount() == _MANY
    assert notes.count == 0


def test_a_call_in_sight_that_goes_on_is_painted_though_others_come_out_of_sight(
    qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: tuple[Call, ...]
) -> None:
    shown(qtbot, jobs, pane, calls[:_FEW])
    rows = Paints(pane.table.viewport())
    gone_on = (calls[0], structs.replace(calls[1], caller="somebody else"), *calls[2:])
    shown(qtbot, jobs, pane, gone_on)
    assert pane.model.rowCount() == _MANY
    assert rows.count == 1
    gone_on = (*gone_on[: _FEW - 1], structs.replace(calls[_FEW - 1], caller="out of sight"), *gone_on[_FEW:])
    shown(qtbot, jobs, pane, gone_on)
    assert rows.count == 1


def test_calls_that_come_into_sight_are_painted(
    qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: tuple[Call, ...]
) -> None:
    shown(qtbot, jobs, pane, calls[:1])
    rows = Paints(pane.table.viewport())
    shown(qtbot, jobs, pane, calls)
    assert rows.count
    assert pane.table.rowAt(pane.table.viewport().height() - 1) > 1


def test_a_list_that_was_scrolled_to_its_end_goes_on_there(
    qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: tuple[Call, ...]
) -> None:
    shown(qtbot, jobs, pane, calls[:_FEW])
    pane.table.scrollToBottom()
    shown(qtbot, jobs, pane, calls)
    pane.table.scrollToBottom()
    last = pane.table.visualRect(pane.model.index(_MANY - 1, 0))
    assert pane.table.viewport().rect().contains(last.center())


def test_only_calls_that_went_on_are_told_to_the_table(
    qtbot: QtBot, jobs: Jobs, pane: ListPane[Call], calls: tuple[Call, ...]
) -> None:
    shown(qtbot, jobs, pane, calls[:_FEW])
    told: list[range] = []
    pane.model.dataChanged.connect(lambda first, last: told.append(range(first.row(), last.row() + 1)))
    shown(qtbot, jobs, pane, calls)
    assert told == []
    gone_on = [structs.replace(call, reason="Busy Everywhere") if place in {3, 5} else call for place, call in enumerate(calls)]
    with qtbot.assertNotEmitted(pane.model.modelReset):
        shown(qtbot, jobs, pane, gone_on)
    assert told == [range(3, 6)]


def test_another_number_in_a_title_paints_the_titles_only(qtbot: QtBot, opened: Opened) -> None:
    window = opened([SAMPLES / "small-office.pcap"])
    page = window.page
    assert page.loaded is not None
    snapshot = page.loaded.snapshot
    page.tabs.tell(replace(snapshot, packets=snapshot.packets + 1), complete=True)
    paint()
    rows, titles = Paints(page.calls.table.viewport()), Paints(page.tabs.tabBar())
    page.tabs.tell(replace(snapshot, packets=snapshot.packets + 2), complete=True)
    qtbot.waitUntil(lambda: titles.count > 0)
    paint()
    assert page.tabs.tabText(2) == f"Packets {snapshot.packets + 2:,}"
    assert rows.count == 0


def test_a_ladder_is_drawn_again_for_its_own_hosts_only(qtbot: QtBot, opened: Opened, settled: Callable[[], None]) -> None:
    window = opened([SAMPLES / "small-office.pcap"])
    pane = window.page.ladder
    assert pane.ladders is not None
    drawn: list[None] = []
    pane.drawn.connect(lambda: drawn.append(None))
    names = pane.hosts.names
    another = HostNames(MappingProxyType({**names, "203.0.113.9": "mallory"}), pane.hosts.subtitles, pane.hosts.people)
    pane.show_subjects(pane.ladders.analysis, pane.subjects, another, pane.selected)
    settled()
    assert not drawn
    call = pane.subjects[0]
    assert isinstance(call, Call)
    address = call.legs[0].source.address
    renamed = HostNames(MappingProxyType({**names, address: "somebody else"}), pane.hosts.subtitles, pane.hosts.people)
    pane.show_subjects(pane.ladders.analysis, pane.subjects, renamed, pane.selected)
    settled()
    assert drawn
    assert pane.view.picture is not None
    assert "somebody else" in [lane.name.text for lane in pane.view.picture.lanes]


def test_actions_that_stay_as_they_are_tell_nobody(qtbot: QtBot, opened: Opened) -> None:
    window = opened([SAMPLES / "small-office.pcap"])
    told: list[str] = []
    for name in ("package", "reload", "capture-restart", "export-png"):
        window.actions_[name].changed.connect(lambda name=name: told.append(name))
    window.live.changed.emit()
    assert told == []
    window.close_capture()
    assert sorted(told) == ["export-png", "package", "reload"]


def test_the_first_message_is_painted_once(qtbot: QtBot, opened: Opened, settled: Callable[[], None]) -> None:
    window = opened([SAMPLES / "small-office.pcap"])
    message = window.page.message
    message.show_nothing()
    paint()
    rows = Paints(message.tree.viewport())
    assert window.page.opened is not None
    window.page.open_message(window.page.opened)
    settled()
    paint()
    assert message.tree.model_.rowCount()
    assert rows.count == 1


def test_columns_of_a_message_keep_their_widths_without_a_scroll_bar(opened: Opened) -> None:
    tree = opened([SAMPLES / "small-office.pcap"]).page.message.tree
    bar, header = tree.verticalScrollBar(), tree.header()
    paint()
    assert bar.isVisible()
    widths = [header.sectionSize(column) for column in range(header.count())]
    assert sum(widths) == tree.viewport().width()
    tree.show_explanations(())
    paint()
    assert not bar.isVisible()
    assert [header.sectionSize(column) for column in range(header.count())] == widths


def test_a_message_is_painted_without_asking_for_each_property_of_a_cell(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = opened([SAMPLES / "small-office.pcap"]).page.message.tree
    paint()
    asked: list[tuple[int, int]] = []
    cell = ExplainedModel.cell

    def counted(model: ExplainedModel, index: QModelIndex) -> Cell:
        asked.append((index.internalId(), index.column()))
        return cell(model, index)

    monkeypatch.setattr(ExplainedModel, "cell", counted)
    monkeypatch.setattr(ExplainedModel, "data", lambda *_: pytest.fail("asked by Qt's style"))
    tree.viewport().repaint()
    rows = {row for row, _ in asked}
    assert len(rows) > 1
    assert sorted(asked) == [(row, column) for row in sorted(rows) for column in range(4)]
