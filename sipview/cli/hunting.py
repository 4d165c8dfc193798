"""Long hunts: the capture keeps the last minutes, and ends by itself a while after a call has failed."""

import argparse
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sipview.calls.failing import ANY_FAILURE, NO_FAILURE, Statuses
from sipview.cli.command import UsageError
from sipview.live import Capture, Ring
from sipview.session.call_watch import CallWatch, Trigger, told
from sipview.session.one_way import PAUSE_S, SHORTEST_SILENCE_S, SILENCE_S
from sipview.values import Cancelled, CancelToken

_RING_FILES = 10
_AFTER_S = 10.0


def add_hunting_arguments(
    parser: argparse.ArgumentParser,
    *,
    size: Callable[[str], int],
    duration: Callable[[str], float],
    number: Callable[[int, int], Callable[[str], int]],
) -> None:
    """What a long hunt takes; the functions make values of what is typed."""
    hunt = parser.add_argument_group("long hunts")
    hunt.add_argument("--ring-minutes", metavar="N", type=number(1, 100_000), help="keep only the last N minutes")
    hunt.add_argument(
        "--ring-files",
        metavar="N",
        type=number(2, 10_000),
        help=f"keep only the newest N files (default: {_RING_FILES}), which become one at the end",
    )
    hunt.add_argument("--ring-size", metavar="SIZE", type=size, help="begin a new file of the ring at this size")
    hunt.add_argument("--ring-time", metavar="TIME", type=duration, help="begin a new file of the ring after this time")
    hunt.add_argument(
        "--stop-on-failure",
        metavar="STATUSES",
        nargs="?",
        type=_statuses,
        const=ANY_FAILURE,
        help=f"stop after a call has failed: with any status from 400 on ({ANY_FAILURE}), or with these, such as "
        '"5xx, 480, not 487"; 401 and 407 are no failures',
    )
    hunt.add_argument(
        "--stop-on-one-way",
        metavar="TIME",
        nargs="?",
        type=_silence(duration),
        const=SILENCE_S,
        help="stop after a call that is up, and not on hold, has had RTP one way, while the other way none ever came, or it "
        f"stopped, for this time (default: {SILENCE_S:g}s). Where silence suppression was agreed, RTP may pause for "
        f"{PAUSE_S:g}s, and after comfort noise for ever. A mailbox may send nothing while it records: allow for its messages",
    )
    hunt.add_argument(
        "--stop-delay", metavar="TIME", type=duration, help=f"go on for that long after the failure (default: {_AFTER_S:g}s)"
    )


def ring_of(options: argparse.Namespace) -> Ring | None:
    """The ring that was asked for."""
    if options.ring_minutes is not None:
        if options.ring_files is not None or options.ring_time is not None:
            raise UsageError("--ring-minutes stands for --ring-files and --ring-time: say one or the other")
        ring = Ring.of_minutes(options.ring_minutes)
        return Ring(ring.files, options.ring_size, ring.seconds)
    if options.ring_size is None and options.ring_time is None:
        if options.ring_files is not None:
            raise UsageError("--ring-files needs --ring-size or --ring-time: when shall a new file begin?")
        return None
    return Ring(options.ring_files or _RING_FILES, options.ring_size, options.ring_time)


def trigger_of(options: argparse.Namespace) -> Trigger | None:
    """What ends the capture besides its limits."""
    one_way = options.stop_on_one_way is not None
    if options.stop_on_failure is None and not one_way:
        if options.stop_delay is not None:
            raise UsageError("--stop-delay needs --stop-on-failure or --stop-on-one-way: after what shall it go on?")
        return None
    if one_way and options.hep is not None:
        raise UsageError("--stop-on-one-way needs RTP, and HEP agents send signalling")
    if one_way and options.filter is None and options.preset == "sip":
        raise UsageError('--stop-on-one-way needs RTP, which "--preset sip" leaves out; choose sip-rtp or sip-rtp-headers')
    after_s = _AFTER_S if options.stop_delay is None else options.stop_delay
    return Trigger(options.stop_on_failure or NO_FAILURE, after_s, one_way, options.stop_on_one_way or SILENCE_S)


class Hunt:
    """Waits on a thread of its own for a call of this capture that fails, then has it stopped in a while."""

    def __init__(self, capture: Capture, trigger: Trigger, say: Callable[[str], None]) -> None:
        """``say`` is called on that thread with a sentence."""
        self._capture, self._trigger, self._say = capture, trigger, say
        self._ended, self._cancel = threading.Event(), CancelToken()
        self._ends_at: float | None = None
        self.found = False
        """Whether a call has failed."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @property
    def remark(self) -> str:
        """How it stands, for the line of progress."""
        if self._ends_at is None:
            return "waiting for a failed call"
        return f"a call failed, stops in {max(0.0, self._ends_at - time.monotonic()):.0f} s"

    def end(self) -> None:
        """The capture is over."""
        self._ended.set()
        self._cancel.cancel()
        self._thread.join()

    def _watch(self) -> None:
        watch = CallWatch(Path(self._capture.order.folder), lambda: self._capture.files, self._trigger)
        try:
            call = watch.wait(self._ended, self._cancel)
        except Cancelled:
            return
        if call is not None:
            after_s = self._trigger.after_s
            self._ends_at = time.monotonic() + after_s
            self.found = True
            self._capture.stop(after_s, f"{told(call)}; the capture ended {after_s:g} s later.")
            self._say(f"{told(call)}; the capture ends in {after_s:g} s")


def _silence(duration: Callable[[str], float]) -> Callable[[str], float]:
    def silence(text: str) -> float:
        seconds = duration(text)
        if seconds < SHORTEST_SILENCE_S:
            raise argparse.ArgumentTypeError(f"sound can be missed after {SHORTEST_SILENCE_S:g} s at the earliest")
        return seconds

    return silence


def _statuses(text: str) -> Statuses:
    try:
        return Statuses.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
