"""The capture engine, a process of its own: packets go from the kernel to files, counters to whoever ordered the capture.

The order comes as the first line of standard input, wishes to stop as further lines (`orders.Stop`); events leave as lines of
JSON on standard output. The end of standard input means that the front end is gone: no capture goes on unseen. Time is measured
by the monotonic clock, so a clock that is set changes nothing but the times in the file.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from sipview.live.conversation import Listener, Reporter
from sipview.live.limits import Watch
from sipview.live.locking import ENGINE_LOCK, InUse, Lock
from sipview.live.opening import Refused, opened
from sipview.live.orders import (
    ENDED_AS_ORDERED,
    ENDED_FILE,
    NO_PROGRESS,
    STOPPED_AS_ASKED,
    Ended,
    FileDeleted,
    FileOpened,
    Notice,
    Order,
    Progress,
    Reason,
    Started,
    file_name,
    files_of,
    generation_of,
)
from sipview.live.processes import hear_interrupts
from sipview.live.taps import READ_TIMEOUT_MS, RECORD_HEADER, DiskFull, Tap, TapError

_NAP_S = 0.01
_FLUSH_S = 0.1
_LOOK_AT_DISK_S = 0.2
_REPORT_S = 0.1
_MOST_AT_ONCE = 5000
_DRAIN_S = 2 * READ_TIMEOUT_MS / 1000


class Recording:
    """A running capture: taps, their files, the ring. `step` it until it says that it is over, then `finish` it."""

    def __init__(
        self, order: Order, taps: list[Tap], report: Callable[[msgspec.Struct], None], clock: Callable[[], float]
    ) -> None:
        """Begin the first files; one of the taps at least is open. Raises `DiskFull`."""
        self._order, self._report, self._clock = order, report, clock
        self._taps, self._alive = taps, [tap for tap in taps if not tap.state().lost]
        self._begun = clock()
        self._flush_at = self._look_at = self._begun
        self._free_disk = shutil.disk_usage(".").free
        self._watch = Watch(order.limits, order.ring, order.snap_length + RECORD_HEADER)
        self._generation = order.generation
        self._names: list[str] = []  # of this generation
        self._ended_bytes = 0  # of files of this generation whose sources were lost
        self._kept = _finished_generations(order.generation)
        self._unwanted: list[str] = []
        self._begin_generation()

    def step(self) -> tuple[Reason, str] | None:
        """Take what is there, or wait a moment; the reason and a sentence where the capture is over."""
        try:
            taken = self._take()
            now = self._clock()
            if now >= self._flush_at or not taken:
                for tap in self._alive:
                    tap.flush()
                self._flush_at = now + _FLUSH_S
            if self._watch.file_is_full(self._file_bytes, now):
                self._begin_generation()
        except DiskFull as error:
            return "disk-full", f"The disk is full ({error}). What was written before is whole."
        if not self._alive:
            return "source-lost", "; ".join(tap.state().lost for tap in self._taps) + "."
        if not taken:
            time.sleep(_NAP_S)
        if now >= self._look_at:
            self._delete_unwanted()
            self._free_disk, self._look_at = shutil.disk_usage(".").free, now + _LOOK_AT_DISK_S
        return self._watch.over(now - self._begun, self._packets, self._written, self._free_disk)

    def finish(self, *, drain: bool) -> Progress:
        """Close everything; the last counters. ``drain``: before that, take what is on its way, as far as limits allow."""
        for tap in self._alive:
            tap.finish()
        until = self._clock() + (_DRAIN_S if drain else 0)
        try:
            while self._alive and self._clock() < until and not self._watch.over(0.0, self._packets, self._written, None):
                if not self._take():
                    time.sleep(_NAP_S)
                if self._watch.file_is_full(self._file_bytes, self._clock()):
                    self._begin_generation()
        except DiskFull:
            pass  # what fitted is there
        elapsed_s, kept = self._clock() - self._begun, self._kept_bytes
        for tap in self._taps:
            tap.close()
        self._delete_unwanted()
        return self._progress(elapsed_s, kept)

    def progress(self) -> Progress:
        """Where it stands."""
        return self._progress(self._clock() - self._begun, self._kept_bytes)

    def _progress(self, elapsed_s: float, kept_bytes: int) -> Progress:
        states = tuple(tap.state() for tap in self._taps)
        return Progress(
            elapsed_s=elapsed_s,
            packets=sum(state.packets for state in states),
            bytes=sum(state.bytes for state in states),
            kept_bytes=kept_bytes,
            cpu_s=time.process_time(),
            free_disk=self._free_disk,
            taps=states,
        )

    def _take(self) -> int:
        taken = 0
        for tap in tuple(self._alive):
            most = min(
                _MOST_AT_ONCE, self._watch.room(self._file_bytes, self._written), self._watch.packets_left(self._packets)
            )
            if not most:
                break
            try:
                taken += tap.take(most)
            except TapError as error:
                self._alive.remove(tap)
                self._ended_bytes += tap.bytes
                tap.close()
                if self._alive:
                    self._report(Notice(f"{error}. The other sources go on."))
        return taken

    def _begin_generation(self) -> None:
        """Begin a file for each source that is alive; a ring forgets its oldest."""
        if self._names:
            self._kept.append((self._names, self._file_bytes))
        while self._order.ring is not None and len(self._kept) >= self._order.ring.files:
            self._forget(self._kept.pop(0)[0])
        self._generation += 1
        self._ended_bytes = 0
        self._names = []
        for number, tap in enumerate(self._taps):
            if tap in self._alive:
                name = file_name(number, self._generation)
                tap.begin_file(name)
                self._names.append(name)
                self._report(FileOpened(name, number))
        self._watch.file_begun(self._clock())

    def _forget(self, names: list[str]) -> None:
        """Delete files, and tell of it, so that whoever reads one lets go of it: before that Windows does not delete it."""
        self._unwanted += names
        self._delete_unwanted()
        for name in names:
            self._report(FileDeleted(name))

    def _delete_unwanted(self) -> None:
        """Delete what is forgotten; what somebody still reads, the next time."""
        tried, self._unwanted = self._unwanted, []
        for name in tried:
            try:
                os.remove(name)
            except FileNotFoundError:
                continue
            except PermissionError:
                self._unwanted.append(name)

    @property
    def _packets(self) -> int:
        return sum(tap.packets for tap in self._taps)

    @property
    def _file_bytes(self) -> int:
        """Of the files of this generation."""
        return self._ended_bytes + sum(tap.bytes for tap in self._alive)

    @property
    def _kept_bytes(self) -> int:
        """Of the files on the disk."""
        return sum(size for _, size in self._kept) + self._file_bytes

    @property
    def _written(self) -> int:
        """Of all files, those that a ring has forgotten included."""
        return sum(tap.bytes_in_all for tap in self._taps)


def _finished_generations(newest: int) -> list[tuple[list[str], int]]:
    """The files that are there of a capture that goes on, and their bytes, the oldest generation first."""
    found: dict[int, list[str]] = {}
    for paths in files_of(Path()).values():
        for path in paths:
            if generation_of(path.name) <= newest:
                found.setdefault(generation_of(path.name), []).append(path.name)
    return [(names, sum(os.path.getsize(name) for name in names)) for _, names in sorted(found.items())]


class Wishes:
    """When the capture shall end by the will of the front end: asked for, in a while, a signal, or because it is gone."""

    def __init__(self, listener: Listener, clock: Callable[[], float]) -> None:
        self._listener, self._clock = listener, clock
        self._at: float | None = None
        self._why = ""
        self._signalled = False
        self._parent = os.getppid()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._signal)
        hear_interrupts()

    def _signal(self, *_: object) -> None:
        self._signalled = True

    def due(self) -> tuple[Reason, str] | None:
        """The reason and a sentence, if it is time."""
        now = self._clock()
        while not self._listener.stops.empty():
            wish = self._listener.stops.get()
            if self._at is None or now + wish.after_s < self._at:
                self._at, self._why = now + wish.after_s, wish.why
        if self._signalled or (self._at is not None and now >= self._at):
            return "asked", self._why or STOPPED_AS_ASKED
        if self._listener.gone or os.getppid() != self._parent:  # an orphan is given to another parent
            return "front-end-gone", "The program that showed the capture is gone; no capture goes on unseen."
        return None


def main() -> int:
    """Capture as the order on standard input says. The status is 0 where it ended as ordered."""
    listener, reporter = Listener(), Reporter()
    order = listener.order()
    if order is None:
        return 2
    try:
        ended = _capture(order, Wishes(listener, time.monotonic), reporter.tell)
    except Refused as error:
        ended = Ended(error.reason, str(error), NO_PROGRESS)
    reporter.tell(ended)
    reporter.close()
    return 0 if ended.reason in ENDED_AS_ORDERED else 1


def _capture(order: Order, wishes: Wishes, report: Callable[[msgspec.Struct], None]) -> Ended:
    try:
        os.chdir(order.folder)  # so that file names are plain ASCII, whatever the folder is called
        in_use = Lock(Path(ENGINE_LOCK))  # noqa: F841 - until this process ends, in whatever way
        Path(ENDED_FILE).unlink(missing_ok=True)  # of the part before
    except InUse as error:
        raise Refused("failed", f"Another capture writes to {order.folder}.") from error
    except OSError as error:
        raise Refused("failed", f"{order.folder}: {error.strerror}.") from error
    taps, left_out = opened(order, lambda: wishes.due() is not None)
    try:
        recording = Recording(order, taps, report, time.monotonic)
    except DiskFull as error:
        for tap in taps:
            tap.close()
        raise Refused("disk-full", f"The disk is full: {error}.") from error
    remarks = [left_out, *(f"{tap.notice}." for tap in taps if tap.notice)]
    if any(remarks):
        report(Notice(" ".join(filter(None, remarks))))
    report(Started(os.getpid(), tuple(tap.state() for tap in taps)))
    report_at, over = time.monotonic(), None
    while over is None:
        over = wishes.due() or recording.step()
        if time.monotonic() >= report_at:
            report(recording.progress())
            report_at = time.monotonic() + _REPORT_S
    last = recording.finish(drain=over[0] != "disk-full")
    for tap in taps:
        if tap.refused:
            report(Notice(f"{tap.refused}."))
    ended = Ended(*over, last)
    with contextlib.suppress(OSError):  # a full disk, say; the front end, if it lives, is told all the same
        Path(ENDED_FILE).write_bytes(msgspec.json.encode(ended))
    return ended


if __name__ == "__main__":
    sys.exit(main())
