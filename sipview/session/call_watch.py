"""Waits for a call that fails, or whose sound goes one way only, while a capture runs: reads what the engine writes.

Of each source a file is read after the other. Nothing that is shown depends on it, so it reads at its leisure: a look a few
times a second, and calls are judged only when an answer came that may be the end of one. What it keeps is bounded, however
long the hunt lasts.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from sipview.calls import Call, Observed, Tracker
from sipview.calls.failing import ANY_FAILURE, Statuses, failed_calls
from sipview.capture import CaptureError, CaptureFile, open_capture
from sipview.index import Candidate
from sipview.index.reading import Reading, Step
from sipview.session.one_way import SILENCE_S, OneWay, OneWayWatch
from sipview.sip import skim
from sipview.values import CancelToken, seconds, visible

_LOOK_EVERY_S = 0.2
_JUDGE_EVERY_S = 5.0  # for calls that nobody answers
_JUDGE_SOUND_EVERY_S = 0.5
_REST_PER_WORK = 9  # so no more than a tenth of the time goes into judging
_GRACE_S = 1.0  # a refused call may be tried again at once, with another timer (422) or another way (491)
_MOST_MESSAGES = 50_000

Files = Callable[[], Mapping[str, int]]
"""The files that are there now, by name: the position of their source. Names of one source sort by age."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A capture shall end ``after_s`` seconds after a call has failed with one of the ``statuses``.

    With ``one_way`` also after one whose RTP goes one way only for ``silence_s`` seconds; ``statuses`` may be `NO_FAILURE`.
    """

    statuses: Statuses = ANY_FAILURE
    after_s: float = 10.0
    one_way: bool = False
    silence_s: float = SILENCE_S

    @property
    def failure(self) -> str:
        """What is waited for, as a clause on a call: ``fails (4xx, 5xx) or has RTP one way only for 10 s``."""
        ways = [f"fails ({self.statuses})"] if self.statuses.numbers else []
        return " or ".join(ways + [f"has RTP one way only for {self.silence_s:g} s"] * self.one_way)


def told(call: Call | OneWay) -> str:
    """That a call failed, how and when, by this computer's clock: a sentence without its full stop."""
    parties = f"{visible(call.caller, 60)} → {visible(call.callee, 60)}"
    if isinstance(call, OneWay):
        way = f"from {visible(call.silent, 60)} to {visible(call.unhearing, 60)}"
        if call.stopped_ns is None:
            return f"The call {parties} had no RTP {way} until {_clock(call.at_ns)}"
        for_s = seconds(call.at_ns - call.stopped_ns)
        stopped = f"RTP {way} stopped at {_clock(call.stopped_ns)}"
        return f"In the call {parties}, {stopped} and did not come back within {for_s:.0f} s"
    how = "without an answer" if call.status is None else f"with {call.status} {visible(call.reason or '', 80)}".rstrip()
    return f"The call {parties} failed {how} at {_clock(call.end_ns)}"


def _clock(time_ns: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds(time_ns)))


class CallWatch:
    """Watches the capture whose files are in ``folder`` for a call that fails as the trigger has it."""

    def __init__(self, folder: Path, files: Files, trigger: Trigger) -> None:
        self._folder, self._files, self._statuses = folder, files, trigger.statuses
        self._one_way = OneWayWatch(trigger.silence_s) if trigger.one_way else None
        self._sound_judged_at = 0.0
        self._silent: dict[str, float] = {}  # Call-ID of a call that seems to have sound one way only, and since when
        self._chains: dict[int, _Chain] = {}
        self._observed: list[Observed] = []
        self._tracker = Tracker()
        self._now_ns = 0
        self._news = self._suspicion = False
        self._judged_at = self._rested_at = 0.0
        self._doubtful: dict[int, float] = {}  # first message of a call that seems to have failed, and since when

    def wait(self, ended: threading.Event, cancel: CancelToken) -> Call | OneWay | None:
        """The first call that fails; None when ``ended`` is set before. Raises `values.Cancelled` when asked to stop."""
        try:
            while True:
                over = ended.is_set()  # before reading: what came until then counts
                self._read(cancel)
                now = time.monotonic()
                failed = self._judge(now) or self._judge_sound(now)
                if failed is not None or over:
                    return failed
                cancel.check()
                ended.wait(_LOOK_EVERY_S)
        finally:
            for chain in self._chains.values():
                chain.close()

    def _read(self, cancel: CancelToken) -> None:
        for name, source in sorted(self._files().items()):
            self._chains.setdefault(source, _Chain(self._folder)).expect(name)
        for chain in self._chains.values():
            for step, first in chain.news(cancel):
                for candidate in step.candidates:
                    self._take(candidate)
                if self._one_way is not None:
                    self._one_way.take_rows(step.index, first, step.index.count)

    def _take(self, candidate: Candidate) -> None:
        if len(self._observed) >= _MOST_MESSAGES:
            self._forget()
        observed = Observed(
            len(self._observed), candidate.row, candidate.time_ns, candidate.source, candidate.destination, candidate.transport,
            skim(candidate.data),
        )  # fmt: skip
        if self._one_way is not None:
            self._one_way.take_message(observed, candidate.data)
        if not self._statuses.numbers:
            return
        self._observed.append(observed)
        self._tracker.add(observed)
        self._now_ns = max(self._now_ns, candidate.time_ns)
        self._news = True
        facts = observed.facts
        self._suspicion |= facts.status in self._statuses and facts.cseq_method == "INVITE"

    def _forget(self) -> None:
        """Go on with the younger half: a call is over long before so much is said."""
        kept = self._observed[_MOST_MESSAGES // 2 :]
        self._observed = [structs.replace(observed, position=position) for position, observed in enumerate(kept)]
        self._tracker = Tracker()
        for observed in self._observed:
            self._tracker.add(observed)
        self._doubtful.clear()
        self._suspicion = True

    def _judge(self, now: float) -> Call | None:
        if not self._is_due(now):
            return None
        self._news = self._suspicion = False
        self._judged_at = now
        calls = failed_calls(self._tracker.conversations(self._now_ns).calls, self._statuses)
        self._rested_at = now + _REST_PER_WORK * (time.monotonic() - now)
        self._doubtful = {call.messages[0]: self._doubtful.get(call.messages[0], now) for call in calls}
        return next((call for call in calls if now - self._doubtful[call.messages[0]] >= _GRACE_S), None)

    def _judge_sound(self, now: float) -> OneWay | None:
        """A call with RTP one way only; what goes the other way may come from another source, and be written later."""
        if self._one_way is None or now - self._sound_judged_at < _JUDGE_SOUND_EVERY_S:
            return None
        self._sound_judged_at = now
        calls = self._one_way.found()
        self._silent = {call.call_id: self._silent.get(call.call_id, now) for call in calls}
        return next((call for call in calls if now - self._silent[call.call_id] >= _GRACE_S), None)

    def _is_due(self, now: float) -> bool:
        if now < self._rested_at:
            return False
        certain = any(now - since >= _GRACE_S for since in self._doubtful.values())
        return self._suspicion or certain or (self._news and now - self._judged_at >= _JUDGE_EVERY_S)


class _Chain:
    """The files of one source, each read to its end before the next one is begun."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = ""
        self._waiting: list[str] = []
        self._file: CaptureFile | None = None
        self._reading: Reading | None = None
        self._rows = 0

    def expect(self, name: str) -> None:
        """There is a file; those that are known already are no news."""
        if name > self._known:
            self._known = name
            self._waiting.append(name)

    def news(self, cancel: CancelToken) -> Iterator[tuple[Step, int]]:
        """The steps of reading what came since the last time, each with the first row that is new."""
        while True:
            more = bool(self._waiting)  # before reading: a file is whole once the next one is there
            if self._reading is not None and self._file is not None and (more or self._file.has_grown()):
                yield from self._steps(self._reading, cancel)
            if not more:
                return
            if self._reading is not None:
                yield self._reading.finish(), self._rows
            self._open(self._waiting.pop(0))
            if self._reading is None:
                continue
            yield from self._steps(self._reading, cancel)

    def _steps(self, reading: Reading, cancel: CancelToken) -> Iterator[tuple[Step, int]]:
        for step in reading.steps(cancel):
            first, self._rows = self._rows, step.index.count
            yield step, first

    def _open(self, name: str) -> None:
        self.close()
        try:
            self._file = open_capture(self._folder / name, self._folder)
        except (CaptureError, OSError):
            return  # a ring has forgotten it before it was read
        self._reading = Reading([self._file])
        self._rows = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        self._file = self._reading = None
