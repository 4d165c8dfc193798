"""The door off the main thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from sipview.gui.jobs import Jobs, Report
from sipview.values import Cancelled


@dataclass(frozen=True)
class Asked:
    """A request that does what it is told."""

    work: Callable[[Report], object]

    def run(self, report: Report) -> object:
        return self.work(report)


@dataclass
class Heard:
    """What came back."""

    answers: list[object] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def __call__(self, answer: object) -> None:
        self.answers.append(answer)
        self.threads.append(threading.get_ident())


def test_work_is_done_elsewhere_and_the_answer_comes_here(jobs: Jobs, qtbot: QtBot) -> None:
    heard = Heard()
    jobs.ask("counting", Asked(lambda _: threading.get_ident()), heard)
    assert jobs.busy
    qtbot.waitUntil(lambda: not jobs.busy)
    assert heard.threads == [threading.get_ident()]
    assert heard.answers != heard.threads


def test_a_newer_request_takes_the_place_of_the_older(jobs: Jobs, qtbot: QtBot) -> None:
    started, go_on = threading.Event(), threading.Event()
    heard, unwanted = Heard(), Heard()

    def slow(_: Report) -> str:
        started.set()
        go_on.wait(20)
        return "old"

    jobs.ask("drawing", Asked(slow), heard, unwanted=unwanted)
    assert started.wait(20)
    jobs.ask("drawing", Asked(lambda _: "new"), heard)
    go_on.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert heard.answers == ["new"]
    assert unwanted.answers == ["old"]


def test_other_purposes_do_not_disturb_each_other(jobs: Jobs, qtbot: QtBot) -> None:
    heard = Heard()
    jobs.ask("one", Asked(lambda _: 1), heard)
    jobs.ask("two", Asked(lambda _: 2), heard)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert set(heard.answers) == {1, 2}


def test_what_an_answer_changes_is_painted_before_the_next_one_comes(jobs: Jobs, qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    happened: list[str] = []

    class Paints(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if event.type() == QEvent.Type.Paint:
                happened.append("painted")
            return False

    paints = Paints(widget)
    widget.installEventFilter(paints)
    all_there = threading.Event()

    def answered(_: object) -> None:
        all_there.wait(20)
        happened.append("answered")
        widget.update()

    asked = [jobs.ask(str(number), Asked(lambda _: None), answered) for number in range(4)]
    jobs.dispose(all_there.set)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert len(asked) == happened.count("answered")
    assert ("answered", "answered") not in pairwise(happened)


def test_cancelling_tells_who_asked(jobs: Jobs, qtbot: QtBot) -> None:
    started = threading.Event()
    heard, stopped = Heard(), Heard()

    def until_cancelled(report: Report) -> None:
        started.set()
        while True:
            report.cancel.check()

    job = jobs.ask("reading", Asked(until_cancelled), heard, cancelled=lambda: stopped("stopped"))
    assert started.wait(20)
    job.cancel()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert (heard.answers, stopped.answers) == ([], ["stopped"])


def test_the_latest_of_what_is_shown_counts(jobs: Jobs, qtbot: QtBot) -> None:
    heard, shown = Heard(), Heard()

    def many(report: Report) -> str:
        for number in range(1000):
            report.show(number)
        return "done"

    jobs.ask("reading", Asked(many), heard, shown=shown)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert heard.answers == ["done"]
    assert shown.answers[-1] == 999
    assert len(shown.answers) < 1000
    assert shown.answers == sorted(shown.answers, key=lambda number: int(str(number)))


@pytest.mark.expected_log("drawing failed")
def test_an_exception_nobody_took_is_logged_and_told(jobs: Jobs, qtbot: QtBot) -> None:
    def wrong(_: Report) -> None:
        raise ZeroDivisionError

    with qtbot.waitSignal(jobs.failed) as told:
        jobs.ask("drawing", Asked(wrong), Heard())
    assert told.args is not None
    assert told.args[0] == "drawing"
    assert isinstance(told.args[1], ZeroDivisionError)


def test_an_exception_goes_to_who_asked_for_it(jobs: Jobs, qtbot: QtBot) -> None:
    failed = Heard()

    def wrong(_: Report) -> None:
        raise OSError(13, "no")

    jobs.ask("saving", Asked(wrong), Heard(), failed=failed)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert isinstance(failed.answers[0], OSError)


def test_what_waits_for_the_end_is_called_after_it(jobs: Jobs, qtbot: QtBot) -> None:
    order: list[str] = []
    jobs.when_ended(lambda: order.append("nothing under way"))
    jobs.ask("one", Asked(lambda _: 1), lambda _: order.append("answered"))
    jobs.when_ended(lambda: order.append("ended"))
    qtbot.waitUntil(lambda: not jobs.busy)
    assert order == ["nothing under way", "answered", "ended"]


def test_closing_waits_for_the_workers(qtbot: QtBot) -> None:
    jobs = Jobs()
    ended: list[str] = []

    def until_cancelled(report: Report) -> None:
        try:
            while True:
                report.cancel.check()
        except Cancelled:
            ended.append("worker")
            raise

    jobs.ask("reading", Asked(until_cancelled), Heard())
    jobs.when_ended(lambda: ended.append("files closed"))
    jobs.close()
    assert ended[-1] == "files closed"
    assert ended.count("worker") <= 1


def test_what_is_disposed_of_goes_elsewhere(jobs: Jobs, qtbot: QtBot) -> None:
    threads: list[int] = []
    jobs.dispose(lambda: threads.append(threading.get_ident()))
    qtbot.waitUntil(lambda: bool(threads))
    assert threads != [threading.get_ident()]


def test_what_is_disposed_of_is_gone_when_the_door_is_closed() -> None:
    jobs = Jobs(workers=1)
    let_go = threading.Event()
    gone: list[str] = []

    def first() -> None:
        let_go.wait(20)
        gone.append("first")

    jobs.dispose(first)
    jobs.dispose(lambda: gone.append("second"))  # waits for the only worker
    let_go.set()
    jobs.close()
    jobs.dispose(lambda: gone.append("late"))
    assert sorted(gone) == ["first", "late", "second"]


class Asker(QObject):
    """Something that asks, and may be deleted before the answer comes."""

    heard: list[object] = []  # noqa: RUF012 - it outlives the asker

    def hear(self, answer: object) -> None:
        self.objectName()  # as any widget would touch itself
        self.heard.append(answer)


def test_who_was_deleted_gets_no_answer_but_the_answer_is_closed(jobs: Jobs, qtbot: QtBot) -> None:
    go_on = threading.Event()
    unwanted = Heard()
    asker = Asker()
    jobs.ask("looking", Asked(lambda _: go_on.wait(20)), asker.hear, unwanted=unwanted)
    asker.deleteLater()
    with qtbot.waitSignal(asker.destroyed):
        pass
    go_on.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert asker.heard == []
    assert unwanted.answers == [True]
