"""The display filter in force: evaluated off the main thread, again for each snapshot, and given up when it changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from sipview.gui.cross_reference import CrossReference
from sipview.gui.filter_typing import parsed
from sipview.gui.jobs import Jobs, Report
from sipview.gui.requests import Loaded
from sipview.session import Analysis

if TYPE_CHECKING:
    from sipview.filter import Field

_PURPOSE = "filtering"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Passing:
    """What of a snapshot passes a filter: rows of packets, ascending; and which calls and other conversations have one."""

    text: str
    cross: CrossReference
    rows: npt.NDArray[np.int64]
    calls: Mask
    others: Mask

    @property
    def call_count(self) -> int:
        """How many calls pass."""
        return int(self.calls.sum())

    @property
    def other_count(self) -> int:
        """How many other conversations pass."""
        return int(self.others.sum())


@dataclass(frozen=True, slots=True)
class EvaluateFilter:
    """Which packets and conversations of a snapshot pass a filter. Raises `filter.FilterError` for a text that is none."""

    analysis: Analysis
    cross: CrossReference
    text: str

    def run(self, report: Report) -> Passing:
        """Ask each packet."""
        wanted = parsed(self.text)
        snapshot = self.cross.snapshot
        if snapshot.index is None:
            mask: Mask = np.zeros(0, np.bool_)
        else:
            mask = wanted.evaluate(self.analysis.fields(snapshot).stoppable(report.cancel))
        report.cancel.check()
        calls, others = self.cross.holding(mask)
        return Passing(self.text, self.cross, np.flatnonzero(mask).astype(np.int64), calls, others)


@dataclass(frozen=True, slots=True)
class FindKnownValues:
    """The values that a field has in the capture, as one writes them in a filter."""

    analysis: Analysis
    cross: CrossReference
    wanted: "Field"

    def run(self, report: Report) -> tuple[str, ...]:
        """The most frequent ones."""
        from sipview.session.known_values import known_values  # noqa: PLC0415 - not needed to open a capture

        snapshot = self.cross.snapshot
        if snapshot.index is None:
            return ()
        return known_values(self.analysis.fields(snapshot).stoppable(report.cancel), self.wanted)


class DisplayFilter(QObject):
    """The filter that is in force, and what passes it.

    ``passed(passing)`` tells what passes now, None while everything does; ``working(bool)`` whether that is being found
    out. While a capture grows each snapshot is filtered, but no evaluation is given up for a younger snapshot: else a
    filter that takes longer than a step of reading would never come to its end.
    """

    passed = Signal(object)
    working = Signal(bool)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._text = ""
        self._loaded: Loaded | None = None
        self._asked: CrossReference | None = None
        self._passing: Passing | None = None

    @property
    def text(self) -> str:
        """The text of the filter in force; "" while everything passes."""
        return self._text

    @property
    def passing(self) -> Passing | None:
        """What passed, as far as it was found out; None while everything passes."""
        return self._passing

    def apply(self, text: str) -> None:
        """Put a filter in force; "" lets everything pass. The text is one that `filter_typing.judge` calls usable."""
        self._text = text.strip()
        self._stop()
        if not self._text:
            self._passing = None
            self.passed.emit(None)
        else:
            self._evaluate()

    def follow(self, loaded: Loaded | None) -> None:
        """There is another snapshot, or no capture any more."""
        former, self._loaded = self._loaded, loaded
        if loaded is None or (former is not None and former.analysis is not loaded.analysis):
            self._stop()
            self._passing = None
        if loaded is not None and self._text and self._asked is None:
            self._evaluate()

    def find_known_values(self, wanted: "Field", then: "Callable[[tuple[str, ...]], None]") -> None:
        """Ask for the values of a field; ``then`` gets them."""
        if self._loaded is not None:
            request = FindKnownValues(self._loaded.analysis, self._loaded.cross, wanted)
            self._jobs.ask("looking up values", request, then)

    def _stop(self) -> None:
        self._jobs.give_up(_PURPOSE)
        if self._asked is not None:
            self._asked = None
            self.working.emit(False)

    def _evaluate(self) -> None:
        if self._loaded is None:
            return
        self._asked = self._loaded.cross
        self.working.emit(True)
        self._jobs.ask(
            _PURPOSE,
            EvaluateFilter(self._loaded.analysis, self._loaded.cross, self._text),
            self._answered,
            failed=self._failed,
        )

    def _answered(self, passing: Passing) -> None:
        self._asked = None
        self._passing = passing
        self.passed.emit(passing)
        if self._loaded is not None and self._loaded.cross is not passing.cross:
            self._evaluate()
        else:
            self.working.emit(False)

    def _failed(self, error: Exception) -> None:
        self._stop()
        self._jobs.report(_PURPOSE, error)
