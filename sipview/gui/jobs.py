"""The one door off the main thread.

Whatever may take longer than a frame is a frozen request: a value that knows how to `run`. It goes through `Jobs.ask`, is
run on a worker thread, and its answer comes back on the main thread, unless nobody wants it any more: a request takes the
place of an older one with the same ``purpose``, and `Jobs.finish` gives up all.

An exception of a request goes to who asked, if they said so; else it is logged and told to the user by `Jobs.failed`.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from sipview.values import Cancelled, CancelToken

_log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT")
AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Report:
    """What a running request is given: the wish to stop, and a way to show what there is already.

    ``show`` hands any value to the main thread; it may be called as often as useful.
    """

    def __init__(self, cancel: CancelToken, show: Callable[[object], None]) -> None:
        self.cancel = cancel
        self.show = show


class Request(Protocol[AnswerT_co]):
    """A frozen value that holds all that its answer needs. ``run`` is called on a worker thread."""

    def run(self, report: Report) -> AnswerT_co:
        """Work, and give the answer. Raises `values.Cancelled` when asked to stop."""
        ...


class Job(Generic[AnswerT]):
    """One request under way. ``wanted`` is False once it was given up or another took its place."""

    def __init__(
        self,
        purpose: str,
        request: Request[AnswerT],
        answered: Callable[[AnswerT], None],
        *,
        failed: Callable[[Exception], None] | None,
        shown: Callable[[Any], None] | None,
        cancelled: Callable[[], None] | None,
    ) -> None:
        self.purpose = purpose
        self.request = request
        self.answered = answered
        self.failed = failed
        self.shown = shown
        self.cancelled = cancelled
        self.token = CancelToken()
        self.wanted = True

    def cancel(self) -> None:
        """Ask it to stop; ``cancelled`` is called when it has."""
        self.token.cancel()

    def abandon(self) -> None:
        """Ask it to stop, and hear nothing of it any more."""
        self.wanted = False
        self.token.cancel()


class Jobs(QObject):
    """Runs requests on a few worker threads. All its methods and callbacks belong to the main thread.

    ``failed(what, error)`` tells of an exception that nobody took: what was tried, and the exception. ``idle`` tells that
    nothing is under way any more.
    """

    failed = Signal(str, object)
    idle = Signal()
    _came = Signal(object, str, object)  # job, how it ended or "shown", value

    def __init__(self, parent: QObject | None = None, workers: int = 3) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="sipview-job")
        self._under_way: set[Job[Any]] = set()
        self._latest: dict[str, Job[Any]] = {}
        self._closing: list[Callable[[], None]] = []
        self._came.connect(self._receive, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._under_way)

    def ask(
        self,
        purpose: str,
        request: Request[AnswerT],
        answered: Callable[[AnswerT], None],
        *,
        failed: Callable[[Exception], None] | None = None,
        shown: Callable[[Any], None] | None = None,
        cancelled: Callable[[], None] | None = None,
    ) -> Job[AnswerT]:
        """Run a request; an older one with the same ``purpose`` is given up."""
        self.give_up(purpose)
        job = Job(purpose, request, answered, failed=failed, shown=shown, cancelled=cancelled)
        self._latest[purpose] = job
        self._under_way.add(job)
        self._pool.submit(self._run, job)
        return job

    def give_up(self, purpose: str) -> None:
        """Whoever asked for this does not want it any more."""
        former = self._latest.pop(purpose, None)
        if former is not None:
            former.abandon()

    def finish(self, then: Callable[[], None]) -> None:
        """Give up everything, and call ``then`` once no worker touches anything any more (at once if none does)."""
        for job in self._under_way:
            job.abandon()
        self._latest.clear()
        if self._under_way:
            self._closing.append(then)
        else:
            then()

    def close(self) -> None:
        """Give up everything and wait for the workers; the end of a window."""
        for job in self._under_way:
            job.abandon()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._under_way.clear()
        closing, self._closing = self._closing, []
        for then in closing:
            then()

    def _run(self, job: Job[Any]) -> None:
        """On a worker thread."""
        report = Report(job.token, lambda value: self._came.emit(job, "shown", value))
        try:
            job.token.check()
            answer = job.request.run(report)
        except Cancelled:
            self._came.emit(job, "cancelled", None)
        except Exception as error:
            self._came.emit(job, "failed", error)
        else:
            self._came.emit(job, "answered", answer)

    @Slot(object, str, object)
    def _receive(self, job: Job[Any], how: str, value: object) -> None:
        if how == "shown":
            if job.wanted and job.shown is not None:
                job.shown(value)
            return
        self._under_way.discard(job)
        if self._latest.get(job.purpose) is job:
            del self._latest[job.purpose]
        try:
            if job.wanted:
                self._hand_over(job, how, value)
        finally:
            if not self._under_way:
                closing, self._closing = self._closing, []
                for then in closing:
                    then()
                self.idle.emit()

    def _hand_over(self, job: Job[Any], how: str, value: object) -> None:
        if how == "answered":
            job.answered(value)
        elif how == "cancelled":
            if job.cancelled is not None:
                job.cancelled()
        elif isinstance(value, Exception):
            if job.failed is not None:
                job.failed(value)
            else:
                _log.error("%s failed", job.purpose, exc_info=value)
                self.failed.emit(job.purpose, value)
