"""What a front end orders from the engine, and what the engine reports: the messages on the pipes between them."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from sipview.live.presets import SIP_PORTS, WHOLE, Preset

DEFAULT_PACKETS = 2_000_000
DEFAULT_FREE_DISK = 500 << 20
SMALLEST_RING_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """Where packets come from.

    ``local``: the interface ``name`` of this computer. ``ssh``: the interface ``name`` of the computer ``host`` (``user@pbx``),
    by its tcpdump or dumpcap; ``port`` 0 is what the settings of ssh say; ``attended``: somebody is at a terminal whom ssh may
    ask. ``hep``: agents that send HEP to the ``port`` of this computer (``host``: only to that address of it), by UDP or TCP.
    ``label`` is what people call a local interface, where that is not its name.
    """

    kind: Literal["local", "ssh", "hep"]
    name: str = ""
    host: str = ""
    port: int = 0
    attended: bool = True
    label: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        if self.kind == "local":
            return self.label or self.name
        return f"{self.host}:{self.name}" if self.kind == "ssh" else f"HEP port {self.port}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which packets: a preset with the ports of SIP, or an ``expression`` of the user's own (BPF), which then stands alone."""

    preset: Preset = "everything"
    ports: tuple[int, ...] = SIP_PORTS
    expression: str = ""

    def __str__(self) -> str:
        if self.expression:
            return self.expression
        ports = f" (SIP ports {', '.join(map(str, self.ports))})" if self.preset != "everything" else ""
        return "" if self.preset == "everything" else f"preset {self.preset}{ports}"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a capture stops by itself; None is no limit. ``free_disk`` is how many bytes of the disk it leaves free."""

    packets: int | None = DEFAULT_PACKETS
    size: int | None = None
    duration_s: float | None = None
    free_disk: int = DEFAULT_FREE_DISK


@dataclass(frozen=True, slots=True)
class Ring:
    """Keep only the newest ``files`` of each source; new ones begin at ``size`` bytes (of all sources) or after ``seconds``.

    So never more than ``files`` times ``size`` bytes are on the disk. `Limits` count what was written, not what is kept.
    """

    files: int
    size: int | None = None
    seconds: float | None = None

    @staticmethod
    def of_minutes(minutes: float, size: int | None = None) -> "Ring":
        """A ring that always holds the last ``minutes`` (up to a tenth more), in at most ``size`` bytes in all."""
        return Ring(11, None if size is None else max(size // 11, SMALLEST_RING_FILE), minutes * 6)


@dataclass(frozen=True, slots=True)
class Order:
    """A capture: from where, which packets, how much of each (``snap_length`` bytes), until when, written to ``folder``.

    ``generation`` is that of the newest files which are there already, where a capture goes on: the new ones come behind them,
    and a ring forgets those first. ``buffer_bytes`` of the kernel are for each source, less where there are many.
    """

    folder: str
    sources: tuple[Source, ...]
    choice: Choice = field(default_factory=Choice)
    snap_length: int = WHOLE
    promiscuous: bool = False
    limits: Limits = field(default_factory=Limits)
    ring: Ring | None = None
    buffer_bytes: int = 64 << 20
    generation: int = 0


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Stop now, or ``after_s`` seconds from now; a later order that is earlier wins. ``why`` is a sentence for the report."""

    after_s: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class TapState:
    """One source as the engine sees it.

    ``by`` is what captures: ``libpcap``, ``dumpcap``, ``ssh``, ``hep``; "" where it could not be opened. ``packets`` and
    ``bytes`` were written; the kernel dropped ``dropped`` packets for want of room, the interface ``dropped_by_interface``
    (None: it does not tell). ``lost``: a sentence, where it ended early or was never open.
    """

    title: str
    by: str
    link_type: int
    snap_length: int
    packets: int = 0
    bytes: int = 0
    dropped: int | None = None
    dropped_by_interface: int | None = None
    lost: str = ""

    def behind(self, before: "TapState") -> "TapState":
        """The counters of this part of a capture, and of the part before."""
        return replace(
            self,
            packets=self.packets + before.packets,
            bytes=self.bytes + before.bytes,
            dropped=_sum(self.dropped, before.dropped),
            dropped_by_interface=_sum(self.dropped_by_interface, before.dropped_by_interface),
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


class Started(msgspec.Struct, frozen=True, tag="started"):
    """Every source is open that can be opened, one at least: from now on nothing of these is missed.

    A `Notice` before it tells of the others, whose states say why they are ``lost``.
    """

    process: int
    taps: tuple[TapState, ...]


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """Where the capture stands. ``packets`` and ``bytes`` were written; of them ``kept_*`` are on the disk (a ring forgets)."""

    elapsed_s: float
    packets: int
    bytes: int
    kept_bytes: int
    cpu_s: float
    free_disk: int
    taps: tuple[TapState, ...]

    @property
    def dropped(self) -> int:
        """How many packets were dropped, by the kernel or an interface, as far as is told."""
        return sum((tap.dropped or 0) + (tap.dropped_by_interface or 0) for tap in self.taps)

    def behind(self, before: "Progress") -> "Progress":
        """Where a capture stands that was continued: this part, and the part before. Both have the same sources."""
        if not self.taps:  # the engine could not begin
            return before
        return Progress(
            self.elapsed_s + before.elapsed_s,
            self.packets + before.packets,
            self.bytes + before.bytes,
            self.kept_bytes,
            self.cpu_s + before.cpu_s,
            self.free_disk,
            tuple(now.behind(then) for now, then in zip(self.taps, before.taps, strict=True)) if before.taps else self.taps,
        )


class FileOpened(msgspec.Struct, frozen=True, tag="opened"):
    """A file begins: ``name`` in the folder of the order, of the source at this position of the order."""

    name: str
    source: int


class FileDeleted(msgspec.Struct, frozen=True, tag="deleted"):
    """A ring has forgotten a file. Where it is being read, Windows keeps it until nobody does any more."""

    name: str


class Notice(msgspec.Struct, frozen=True, tag="notice"):
    """A sentence for people; the capture goes on."""

    sentence: str


Reason = Literal[
    "asked", "packets", "size", "duration", "free-disk", "disk-full", "source-lost", "front-end-gone", "not-permitted",
    "library-missing", "filter", "failed",
]  # fmt: skip
STOPPED_AS_ASKED = "Stopped as asked."
"""The sentence of an end that was asked for without a reason."""
STOPPED_BEFORE_IT_BEGAN = "Stopped before the capture had begun."
ENDED_AS_ORDERED: frozenset[Reason] = frozenset({"asked", "packets", "size", "duration", "free-disk"})


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The capture is over; the files are whole. ``sentence`` says why, for people."""

    reason: Reason
    sentence: str
    progress: Progress


ENDED_FILE = "ended.json"
"""In the folder of an order: what the engine's `Ended` said, for whoever finds the files when the front end is gone."""
Event = Started | Progress | FileOpened | FileDeleted | Notice | Ended
NO_PROGRESS = Progress(0.0, 0, 0, 0, 0.0, 0, ())


def file_name(source: int, generation: int) -> str:
    """The name of a source's file: plain ASCII, so that no C library can misread it."""
    return f"{source:02d}-{generation:06d}.pcap"


def generation_of(name: str) -> int:
    """Which generation a file is of, by the name that `file_name` gave it."""
    return int(name[3:9])


def source_of(name: str) -> int:
    """The position of the source that a file is of, by its name."""
    return int(name[:2])


def files_of(folder: Path) -> dict[int, list[Path]]:
    """The files of a capture in its folder: position of the source to its files, the oldest first."""
    found: dict[int, list[Path]] = {}
    for path in sorted(folder.glob("[0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9].pcap")):
        found.setdefault(source_of(path.name), []).append(path)
    return found
