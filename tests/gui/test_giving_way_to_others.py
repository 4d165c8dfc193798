"""Threads of a window's slow work let others have a processor first; those that start a capture do not."""

import os
import sys
import threading
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from sipview.gui.jobs import Jobs, Report


@dataclass(frozen=True)
class Priority:
    """How nice the worker is."""

    def run(self, report: Report) -> int:
        """Its priority, as the system counts it."""
        del report
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority that it could tell")
@pytest.mark.parametrize(("behind", "more"), [(False, 0), (True, 5)])
def test_a_worker_behind_is_nicer(qtbot: QtBot, behind: bool, more: int) -> None:
    mine, answers = os.getpriority(os.PRIO_PROCESS, 0), list[int]()
    jobs = Jobs(behind=behind)
    jobs.ask("looking", Priority(), answers.append)
    qtbot.waitUntil(lambda: len(answers) == 1)
    jobs.close()
    assert answers == [min(mine + more, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine, "the main thread stays as it is"
