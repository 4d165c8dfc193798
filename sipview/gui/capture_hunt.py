"""A capture that waits for a failed call: asks for it off the main thread, has the capture stopped, says how it stands."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from sipview.calls import Call
from sipview.gui.jobs import Jobs, Report
from sipview.live import Capture
from sipview.session.call_watch import CallWatch, Trigger, told
from sipview.session.one_way import OneWay

_PURPOSE = "waiting for a failed call"


@dataclass(frozen=True, slots=True)
class WaitForFailure:
    """Wait until a call of a capture fails, or ``ended`` is set. ``files`` gives what the engine has written, by name."""

    folder: Path
    files: Callable[[], Mapping[str, int]]
    trigger: Trigger
    ended: threading.Event

    def run(self, report: Report) -> Call | OneWay | None:
        """The call; None where none had failed at the end."""
        return CallWatch(self.folder, self.files, self.trigger).wait(self.ended, report.cancel)


class CaptureHunt(QObject):
    """Watches one capture at a time. ``changed``: a call has failed, or nobody waits for one any more."""

    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._ended = threading.Event()
        self._trigger: Trigger | None = None
        self._told = ""
        self._stops_at = 0.0

    def begin(self, capture: Capture, trigger: Trigger) -> None:
        """Wait for a call that fails, and have the capture stopped a while after it."""
        self._trigger, self._told = trigger, ""
        self._ended = threading.Event()
        request = WaitForFailure(Path(capture.order.folder), lambda: capture.files, trigger, self._ended)
        self._jobs.ask(_PURPOSE, request, lambda call: self._answered(capture, trigger, call))
        self.changed.emit()

    def end(self) -> None:
        """The capture is over."""
        self._ended.set()
        self._jobs.give_up(_PURPOSE)
        if self._trigger is not None:
            self._trigger = None
            self.changed.emit()

    @property
    def remark(self) -> str:
        """How it stands, as a sentence; "" where no failed call is waited for."""
        if self._trigger is None:
            return ""
        if not self._told:
            return f"Waiting for a call that {self._trigger.failure}."
        return f"{self._told}, stops in {max(0.0, self._stops_at - time.monotonic()):.0f} s."

    def _answered(self, capture: Capture, trigger: Trigger, call: Call | OneWay | None) -> None:
        if call is None or capture.ended is not None:
            return
        self._told = told(call)
        self._stops_at = time.monotonic() + trigger.after_s
        capture.stop(trigger.after_s, f"{self._told}; the capture ended {trigger.after_s:g} s later.")
        self.changed.emit()
