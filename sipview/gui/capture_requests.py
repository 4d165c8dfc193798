"""The slow questions of a live capture: what there is to capture on, begin, follow, save, recover."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import DecodeError, json

from sipview import environment
from sipview.capture.writing import Written
from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Report
from sipview.gui.requests import Loaded, opened
from sipview.live import (
    Activity,
    Capture,
    Choice,
    FilterAnswer,
    InterfaceList,
    InUse,
    Limits,
    Order,
    Progress,
    Ring,
    Source,
    WorkingCopy,
    begin,
    check_filter,
    claim,
    list_interfaces,
    recoverable,
)
from sipview.live.presets import SIP_PORTS, WHOLE
from sipview.live.saving import counted, save
from sipview.live.working_copy import Manifest
from sipview.session import Reading, Snapshot
from sipview.session.call_watch import Trigger
from sipview.session.following import wait_until_begun
from sipview.session.naming import HostNaming
from sipview.values import Cancelled

_WAIT_FOR_READERS_S = 5.0


@dataclass(frozen=True, slots=True)
class CaptureWish:
    """What the user wants to capture: where (``names`` as libpcap has them, ``labels`` as people do), what, until when.

    ``sources`` where it is not on interfaces of this computer; each has a name and a label too. ``snap_length``: how many
    bytes of each packet.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    choice: Choice = field(default_factory=Choice)
    limits: Limits = field(default_factory=Limits)
    ring: Ring | None = None
    promiscuous: bool = False
    sources: tuple[Source, ...] = ()
    trigger: Trigger | None = None
    snap_length: int = WHOLE

    @staticmethod
    def of(manifest: Manifest) -> "CaptureWish":
        """What was wanted of a capture that was left behind."""
        order, here = manifest.order, all(source.kind == "local" for source in manifest.order.sources)
        try:
            trigger = json.decode(manifest.trigger, type=Trigger | None) if manifest.trigger else None
        except DecodeError:  # of another version
            trigger = None
        return CaptureWish(
            tuple(source.name if here else source.title for source in order.sources),
            tuple(source.title for source in order.sources),
            order.choice,
            order.limits,
            order.ring,
            promiscuous=order.promiscuous,
            sources=() if here else tuple(replace(source, attended=False) for source in order.sources),
            trigger=trigger,
            snap_length=order.snap_length,
        )

    def order(self, folder: Path, generation: int = 0) -> Order:
        """The order to the engine; ``generation`` as in `live.Order`."""
        return Order(
            str(folder),
            self.sources
            or tuple(Source("local", name, label=label) for name, label in zip(self.names, self.labels, strict=True)),
            self.choice,
            self.snap_length,
            self.promiscuous,
            limits=self.limits,
            ring=self.ring,
            generation=generation,
        )

    @property
    def title(self) -> str:
        """Where, in a word or two."""
        if len(self.labels) == 1:
            return self.labels[0]
        return f"{len(self.labels)} interfaces" + (f" of {self.sources[0].host}" if self.sources else "")


@dataclass(frozen=True, slots=True)
class FindInterfaces:
    """What can be captured on here."""

    def run(self, report: Report) -> InterfaceList:
        """Asks a process of its own, which may take a while."""
        report.cancel.check()
        return list_interfaces()


@dataclass(frozen=True, slots=True)
class WatchInterfaces:
    """Have packets of SIP counted on interfaces. ``notify`` is called on another thread when there are new counts."""

    names: tuple[str, ...]
    notify: Callable[[], None]

    def run(self, report: Report) -> Activity:
        """What counts; to be closed."""
        report.cancel.check()
        return Activity(self.names, notify=self.notify)


@dataclass(frozen=True, slots=True)
class CheckFilter:
    """Whether an expression is a capture filter, and takes sound that goes to other ports than these of SIP."""

    expression: str
    sip_ports: tuple[int, ...] = SIP_PORTS

    def run(self, report: Report) -> FilterAnswer:
        """What is wrong with it, and what it takes; nothing where that cannot be known here."""
        report.cancel.check()
        return check_filter(self.expression, sip_ports=self.sip_ports)


@dataclass(frozen=True, slots=True)
class Running:
    """A capture that runs, and the folder that it fills."""

    wish: CaptureWish
    copy: WorkingCopy
    capture: Capture
    before: Progress | None = None
    """The counters of the parts before, where it went on."""


@dataclass(frozen=True, slots=True)
class BeginCapture:
    """Make a folder and start the engine. ``notify`` is called on another thread when it has reported something."""

    wish: CaptureWish
    notify: Callable[[], None]

    def run(self, report: Report) -> Running:
        """The capture. Raises `OSError` where the folder cannot be made."""
        report.cancel.check()
        copy = begin(environment.spool_folder())
        order = self.wish.order(copy.folder)
        copy.describe(order, self.wish.labels, trigger=json.encode(self.wish.trigger).decode())
        return Running(self.wish, copy, Capture(order, self.notify))


@dataclass(frozen=True, slots=True)
class GoOn:
    """Start the engine again, for a capture that was stopped: what comes is added to its working copy.

    ``before`` are its counters so far; None where a crash has left nobody to tell them: then its packets are counted.
    """

    wish: CaptureWish
    copy: WorkingCopy
    before: Progress | None
    notify: Callable[[], None]

    def run(self, report: Report) -> Running:
        """The capture. Raises `OSError` where the folder cannot be written."""
        report.cancel.check()
        before = self.before if self.before is not None else counted(self.copy, report.cancel)
        order = self.wish.order(self.copy.folder, self.copy.generation)
        self.copy.go_on(order, before)
        return Running(self.wish, self.copy, Capture(order, self.notify), before)


@dataclass(frozen=True, slots=True)
class EndCapture:
    """Stop the engine and wait until its files are whole."""

    running: Running

    def run(self, report: Report) -> None:
        """Nothing to tell: the end is an event of the capture."""
        del report
        self.running.capture.close()


@dataclass(frozen=True, slots=True)
class FollowFiles:
    """Read files that grow until ``ended`` is set; shows a `Loaded` when something came. Raises `capture.CaptureError`.

    With ``catch_up`` nothing is shown before all is read that is there already: something older is shown until then. With
    ``by_name`` a file that takes the place of one of these is read too, which is a remark of the next `Loaded`.
    """

    paths: tuple[Path, ...]
    ended: threading.Event
    catch_up: bool = False
    reading: Reading = field(default_factory=Reading)
    by_name: bool = False

    def run(self, report: Report) -> Loaded:
        """All that came. Raises `values.Cancelled` where not even the beginning of a file did."""
        began = time.monotonic()
        if not wait_until_begun(self.paths, self.ended, report.cancel):
            raise Cancelled
        analysis, remark = opened(self.paths, self.reading, report.cancel)
        stopped, naming = False, HostNaming()
        told: list[str] = []

        def show(snapshot: Snapshot) -> None:
            cross = CrossReference(snapshot, naming)
            report.show(Loaded(analysis, cross, time.monotonic() - began, stopped=False, remark=" ".join(told)))
            told.clear()

        def loaded() -> Loaded:
            return Loaded(analysis, CrossReference(analysis.snapshot, naming), time.monotonic() - began, stopped, remark)

        try:
            analysis.follow(
                report.cancel,
                self.ended,
                show,
                catch_up=self.catch_up,
                tell=told.append if self.by_name else None,
            )
        except Cancelled:
            stopped = True
        except BaseException:
            analysis.close()
            raise
        return loaded()


@dataclass(frozen=True, slots=True)
class SaveCapture:
    """Save a working copy as one file: pcap where the name ends so, else pcapng."""

    copy: WorkingCopy
    path: Path

    def run(self, report: Report) -> Written:
        """What was written. Raises `capture.CaptureError`, `OSError`, `values.Cancelled`."""
        return save(self.copy, self.path, report.cancel, f"sipview {environment.version()}")


@dataclass(frozen=True, slots=True)
class Recoverable:
    """A capture that a crash left behind."""

    folder: Path
    begun_s: float
    bytes: int
    where: str


@dataclass(frozen=True, slots=True)
class FindRecoverable:
    """The captures that were never saved, and that no program works on."""

    def run(self, report: Report) -> tuple[Recoverable, ...]:
        """The oldest first."""
        found = []
        for folder in recoverable(environment.spool_folder()):
            report.cancel.check()
            try:
                copy = claim(folder)
            except (InUse, OSError):
                continue
            manifest = copy.manifest
            begun_s = manifest.begun_ns / 1e9 if manifest is not None else folder.stat().st_mtime
            where = ", ".join(manifest.descriptions) if manifest is not None else ""
            found.append(Recoverable(folder, begun_s, copy.bytes, where))
            copy.release()
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ClaimCapture:
    """Take over a capture that was left behind."""

    folder: Path

    def run(self, report: Report) -> WorkingCopy:
        """The folder, which is this program's from now on. Raises `live.InUse`, `OSError`."""
        report.cancel.check()
        return claim(self.folder)


@dataclass(frozen=True, slots=True)
class DeleteCopy:
    """Delete a working copy that is saved, or not wanted."""

    copy: WorkingCopy

    def run(self, report: Report) -> None:
        """Large files take a while, and so do readers that let go. Raises `values.Cancelled` when asked to stop waiting."""
        until = time.monotonic() + _WAIT_FOR_READERS_S
        while not self.copy.delete(patience_s=0.1) and time.monotonic() < until:
            report.cancel.check()
