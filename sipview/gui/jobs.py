"""The one door off the main thread.

Whatever may take longer than a frame is a frozen request: a value that knows how to `run`. It goes through `Jobs.ask`, is
run on a worker thread, and its answer comes back on the main thread, unless nobody wants it any more: a request takes the
place of an older one with the same ``purpose``, and `Jobs.finish` gives up all.

An exception of a request goes to who asked, if they said so; else it is logged and told to the user by `Jobs.failed`.
"""

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from sipview.gui.giving_way import GivingWayToken, work_behind
from sipview.gui.turns import in_a_turn_of_its_own
from sipview.values import Cancelled, CancelToken

_log = logging.getLogger(__name__)

AnswerT = TypeVar("AnswerT")
AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Report:
    """What a running request is given: the wish to stop, and a way to show what there is already.

    ``show`` hands any value to the main thread; it may be called as often as useful, the latest one counts.
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
        unwanted: Callable[[AnswerT], None] | None,
    ) -> None:
        self.purpose = purpose
        self.request = request
        self.answered = answered
        self.failed = failed
        self.shown = shown
        self.cancelled = cancelled
        self.unwanted = unwanted
        self.to_show: list[object] = []
        self.token = GivingWayToken()
        self.wanted = True

    @property
    def asker_gone(self) -> bool:
        """Whether the widget that waits for the answer was deleted meanwhile, as with the dialog that it stood in."""
        asker = getattr(self.answered, "__self__", None)
        return isinstance(asker, QObject) and not shiboken6.isValid(asker)

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
    nothing is under way any more. ``behind``: the main thread and other programs come first where processors are few; not for
    requests that start a process which must keep up, since it would come last as well.
    """

    failed = Signal(str, object)
    idle = Signal()
    _came = Signal(object, str, object)  # job, how it ended or "shown", value

    def __init__(self, parent: QObject | None = None, workers: int = 3, *, behind: bool = False) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(
            max_workers=workers, thread_name_prefix="sipview-job", initializer=work_behind if behind else None
        )
        self._under_way: set[Job[Any]] = set()
        self._latest: dict[str, Job[Any]] = {}
        self._closed = False
        self._disposals: dict[Future[None], Callable[[], None]] = {}
        self._waiting: list[tuple[set[Job[Any]], Callable[[], None]]] = []
        self._inbox: deque[tuple[Job[Any], str, object]] = deque()
        self._came.connect(self._arrived, Qt.ConnectionType.QueuedConnection)

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
        unwanted: Callable[[AnswerT], None] | None = None,
    ) -> Job[AnswerT]:
        """Run a request; an older one with the same ``purpose`` is given up.

        ``shown`` gets what the request shows on its way; ``unwanted`` gets an answer that came after it was given up, where
        there is something in it to be closed.
        """
        self.give_up(purpose)
        job = Job(purpose, request, answered, failed=failed, shown=shown, cancelled=cancelled, unwanted=unwanted)
        self._latest[purpose] = job
        self._under_way.add(job)
        self._pool.submit(self._run, job)
        return job

    def give_up(self, purpose: str) -> None:
        """Whoever asked for this does not want it any more."""
        former = self._latest.pop(purpose, None)
        if former is not None:
            former.abandon()

    def abandon_all(self) -> None:
        """Nobody wants anything of what is under way."""
        for job in self._under_way:
            job.abandon()
        self._latest.clear()

    def when_ended(self, then: Callable[[], None]) -> None:
        """Call ``then`` once all that is under way now has ended; at once if nothing is."""
        if self._under_way:
            self._waiting.append((set(self._under_way), then))
        else:
            then()

    def dispose(self, close: Callable[[], None]) -> None:
        """Call ``close`` on a worker: to let go of something takes its time, and nobody waits for it. It is done at the
        latest when this is closed.
        """
        if self._closed:
            close()
            return
        future = self._pool.submit(close)
        self._disposals[future] = close
        for done in [done for done in self._disposals if done.done()]:
            self._disposed(done)

    def _disposed(self, future: Future[None]) -> None:
        close = self._disposals.pop(future)
        if future.cancelled():
            close()
        elif (error := future.exception()) is not None:
            _log.error("letting go failed", exc_info=error)

    def report(self, what: str, error: Exception) -> None:
        """Log an exception that nobody expected, and tell the user."""
        _log.error("%s failed", what, exc_info=error)
        self.failed.emit(what, error)

    def close(self) -> None:
        """Give up everything and wait for the workers; the end of a window."""
        self._closed = True
        self.abandon_all()
        self._pool.shutdown(wait=True, cancel_futures=True)
        while self._inbox:  # nobody wants these any more, but what came may have to be closed
            self._receive(*self._inbox.popleft())
        for future in tuple(self._disposals):
            self._disposed(future)
        self._under_way.clear()
        self._end_waiting()

    def _run(self, job: Job[Any]) -> None:
        """On a worker thread."""
        report = Report(job.token, lambda value: self._show(job, value))
        try:
            job.token.check()
            answer = job.request.run(report)
        except Cancelled:
            self._came.emit(job, "cancelled", None)
        except Exception as error:
            self._came.emit(job, "failed", error)
        else:
            self._came.emit(job, "answered", answer)

    def _show(self, job: Job[Any], value: object) -> None:
        """On a worker thread: one signal for all values that come before the main thread looks."""
        signalled = bool(job.to_show)
        job.to_show.append(value)
        if not signalled:
            self._came.emit(job, "shown", None)

    @Slot(object, str, object)
    def _arrived(self, job: Job[Any], how: str, value: object) -> None:
        self._inbox.append((job, how, value))
        in_a_turn_of_its_own(self, self._take_turn)

    def _take_turn(self) -> None:
        if self._inbox:  # else this was closed meanwhile
            self._receive(*self._inbox.popleft())

    def _receive(self, job: Job[Any], how: str, value: object) -> None:
        if how == "shown":
            values, job.to_show = job.to_show, []
            if job.wanted and job.shown is not None and values:
                job.shown(values[-1])
            return
        self._under_way.discard(job)
        if self._latest.get(job.purpose) is job:
            del self._latest[job.purpose]
        try:
            if job.wanted and not job.asker_gone:
                self._hand_over(job, how, value)
            elif how == "answered" and job.unwanted is not None:
                job.unwanted(value)
        finally:
            self._end_waiting()
            if not self._under_way:
                self.idle.emit()

    def _end_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for jobs, then in waiting:
            jobs &= self._under_way  # noqa: PLW2901 - the set is this entry's own
            if jobs:
                self._waiting.append((jobs, then))
            else:
                then()

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
                self.report(job.purpose, value)
