"""Writes packets of open captures, in the order of time, as one pcapng or pcap file."""

import ipaddress
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from sipview.capture.failure import CaptureError
from sipview.capture.merging import Part, merge
from sipview.capture.records import CaptureFile, Interface
from sipview.values import CancelToken

Format = Literal["pcapng", "pcap"]
PCAP_SUFFIXES = frozenset({".pcap", ".cap", ".dmp"})
"""Names that end so are written as pcap, all others as pcapng."""

_SECTION, _INTERFACE, _STATISTICS, _PACKET, _SECRETS, _NAMES = 0x0A0D0D0A, 1, 5, 6, 10, 4
_COMMENT, _HARDWARE, _SYSTEM, _APPLICATION = 1, 2, 3, 4
_IF_NAME, _IF_DESCRIPTION, _IF_RESOLUTION, _IF_FILTER = 2, 3, 9, 11
_ISB_RECEIVED, _ISB_DROPPED_BY_INTERFACE, _ISB_DROPPED = 4, 5, 7
_TLS_KEY_LOG = 0x544C534B
_LONGEST_TEXT = 65_000  # an option's length has 16 bits
_HEAD = np.dtype([(name, "<u4") for name in ("type", "total", "interface", "high", "low", "captured", "length")])
_RECORD = np.dtype([(name, "<u4") for name in ("seconds", "fraction", "captured", "length")])
_END_OF_OPTIONS = bytes(4)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a capture counted on an interface, as far as it is known."""

    received: int | None = None
    dropped: int | None = None
    dropped_by_interface: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What the file says about itself (pcapng only); "" is left out."""

    application: str = ""
    system: str = ""
    hardware: str = ""
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """An interface as it is written. Interfaces of several files with one and the same name and description become one."""

    interface: Interface
    statistics: Statistics | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    packets: int
    bytes: int


Describe = Callable[[int, CaptureFile, int], Described]


def as_in_file(number: int, file: CaptureFile, position: int) -> Described:
    """Describes an interface as its own file does."""
    del number
    dropped = file.drops.get(position)
    return Described(file.interfaces[position], None if dropped is None else Statistics(dropped=dropped))


@contextmanager
def complete_or_nothing(path: Path) -> Iterator[BinaryIO]:
    """A file to be written that appears at ``path`` once all is written, and on the disk; else what was there before stays."""
    target = path.resolve()
    unfinished = target.with_name(f".sipview-{os.urandom(6).hex()}{target.suffix}")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put_in_place(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def put_in_place(unfinished: Path, path: Path) -> None:
    """Give a complete file its name. Raises `OSError`: Windows does not replace what somebody has open, and it says so."""
    try:
        unfinished.replace(path)
    except PermissionError as error:
        if path.exists():
            raise PermissionError(error.errno, "the file of this name is protected, or open in a program", str(path)) from error
        raise


def format_of(path: Path) -> Format:
    """How a file of this name is written."""
    return "pcap" if path.suffix.lower() in PCAP_SUFFIXES else "pcapng"


def write_capture(
    target: BinaryIO,
    files: Sequence[CaptureFile],
    cancel: CancelToken,
    form: Format = "pcapng",
    *,
    about: About = About(),
    describe: Describe = as_in_file,
) -> Written:
    """Write the packets of freshly opened ``files``, merged by time (see `merge`), to ``target``.

    ``describe`` gets the position of a file, the file, and the position of one of its interfaces. Comments, names and TLS
    secrets go into pcapng too.
    Raises `CaptureError` where pcap cannot hold it (interfaces of several link types), `OSError`, and
    `values.Cancelled`.
    """
    return write_rows(target, files, (_rows(parts) for parts in merge(files, cancel)), form, about=about, describe=describe)


@dataclass(frozen=True, slots=True)
class Rows:
    """Packets in the order in which they are written; an element a packet in each array.

    ``file`` and ``interface`` are positions, the others as in `RecordBatch`.
    """

    file: npt.NDArray[np.int64]
    interface: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    time_ns: npt.NDArray[np.int64]
    captured: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


def write_rows(
    target: BinaryIO,
    files: Sequence[CaptureFile],
    rows: Iterable[Rows],
    form: Format = "pcapng",
    *,
    about: About = About(),
    describe: Describe = as_in_file,
) -> Written:
    """Write these packets of ``files``, which have been read as far as the packets go. See `write_capture` for the rest."""
    writer = (_PcapngWriter if form == "pcapng" else _PcapWriter)(target, files, about, describe)
    packets = sum(writer.add(some) for some in rows)
    writer.finish()
    return Written(packets, target.tell())


def _rows(parts: Sequence[Part]) -> Rows:
    count = sum(part.rows.size for part in parts)
    rows = Rows(*(np.empty(count, np.int64) for _ in Rows.__slots__))
    for part in parts:
        rows.file[part.rows] = part.file
        for name in ("interface", "offset", "time_ns", "captured", "length"):
            getattr(rows, name)[part.rows] = getattr(part.batch, name)
    return rows


class _Writer:
    """What both formats have in common: which interface of which file is which of those written."""

    def __init__(
        self,
        target: BinaryIO,
        files: Sequence[CaptureFile],
        about: About,
        describe: Describe,
    ) -> None:
        self._target, self._files, self._about, self._describe = target, files, about, describe
        self._number: dict[tuple[int, int], int] = {}  # (file, interface) to the one that is written
        self._sources: list[tuple[int, int]] = []  # the first of each that is written
        self._described: list[Described] = []

    def _numbers(self, rows: Rows) -> npt.NDArray[np.int64]:
        """The written interface of each row; new ones are described first."""
        keys, inverse = np.unique(rows.file * (1 << 16) + rows.interface, return_inverse=True)
        return np.array([self._number_of(key >> 16, key & 0xFFFF) for key in keys.tolist()], np.int64)[inverse]

    def _number_of(self, file: int, position: int) -> int:
        known = self._number.get((file, position))
        if known is None:
            known = self._number[file, position] = self._add_interface(file, position)
        return known

    def _add_interface(self, file: int, position: int) -> int:
        described = self._describe(file, self._files[file], position)
        for number, other in enumerate(self._described):
            if other.interface == described.interface and described.interface.name:
                return number
        self._described.append(described)
        self._sources.append((file, position))
        self._begin_interface(described.interface)
        return len(self._described) - 1

    def _begin_interface(self, interface: Interface) -> None:
        raise NotImplementedError

    def _put(self, rows: Rows, heads: npt.NDArray[Any], total: npt.NDArray[np.int64], tails: npt.NDArray[Any] | None) -> None:
        """Write packets that each take ``total`` bytes: a head, the captured bytes, zeros as padding, and a tail."""
        starts = np.cumsum(total) - total
        out = np.zeros(int(total.sum()), np.uint8)
        _scatter(out, starts, heads)
        if tails is not None:
            _scatter(out, starts + total - tails.itemsize, tails)
        view = memoryview(out.data)
        data = [memoryview(file.data.data) for file in self._files]
        begins = starts + heads.itemsize
        for file, source, begin, size in zip(
            rows.file.tolist(), rows.offset.tolist(), begins.tolist(), rows.captured.tolist(), strict=True
        ):
            view[begin : begin + size] = data[file][source : source + size]
        self._target.write(view)


def _scatter(out: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], records: npt.NDArray[Any]) -> None:
    if starts.size:
        opaque = np.dtype((np.void, records.itemsize))
        np.ndarray((out.size - opaque.itemsize + 1,), opaque, out.data, 0, (1,))[starts] = records.view(opaque)


class _PcapngWriter(_Writer):
    """pcapng (draft-ietf-opsawg-pcapng), one section, little-endian."""

    def __init__(self, target: BinaryIO, files: Sequence[CaptureFile], about: About, describe: Describe) -> None:
        super().__init__(target, files, about, describe)
        self._begun = False
        self._secrets = [0] * len(self._files)  # how many of each file are written
        self._comments = [0] * len(self._files)
        self._last_ns = 0
        self._packet_comments: list[dict[int, list[str]]] = [{} for _ in self._files]

    def add(self, rows: Rows) -> int:
        """Write these packets."""
        self._see_to_descriptions()
        if not rows.file.size:
            return 0
        numbers = self._numbers(rows)
        self._last_ns = int(rows.time_ns[-1])
        commented = []
        if any(self._packet_comments):
            places = enumerate(zip(rows.file.tolist(), rows.offset.tolist(), strict=True))
            commented = [row for row, (file, offset) in places if offset in self._packet_comments[file]]
        options = {row: self._options_of(rows, row) for row in commented}
        begin = 0
        for row in commented:
            self._put_plain(_slice(rows, begin, row), numbers[begin:row])
            self._put_commented(rows, row, int(numbers[row]), options[row])
            begin = row + 1
        self._put_plain(_slice(rows, begin, rows.file.size), numbers[begin:])
        return int(rows.file.size)

    def _ticks(self, rows: Rows, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
        unit = np.array([_unit(described.interface) for described in self._described], np.int64)
        return (np.maximum(rows.time_ns, 0) // unit[numbers]).astype(np.uint64)

    def _put_plain(self, rows: Rows, numbers: npt.NDArray[np.int64]) -> None:
        total = _HEAD.itemsize + ((rows.captured + 3) & ~3) + 4
        ticks = self._ticks(rows, numbers)
        heads = np.empty(rows.file.size, _HEAD)
        heads["type"], heads["total"], heads["interface"] = _PACKET, total, numbers
        heads["high"], heads["low"] = ticks >> np.uint64(32), ticks & np.uint64(0xFFFFFFFF)
        heads["captured"], heads["length"] = rows.captured, rows.length
        self._put(rows, heads, total, total.astype("<u4"))

    def _put_commented(self, rows: Rows, row: int, number: int, options: bytes) -> None:
        one = _slice(rows, row, row + 1)
        ticks = int(self._ticks(one, np.array([number]))[0])
        captured, start = int(one.captured[0]), int(one.offset[0])
        head = struct.pack("<IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, captured, int(one.length[0]))
        data = self._files[int(one.file[0])].data[start : start + captured].tobytes()
        self._block(_PACKET, head + _padded(data) + options)

    def _options_of(self, rows: Rows, row: int) -> bytes:
        texts = self._packet_comments[int(rows.file[row])][int(rows.offset[row])]
        return b"".join(_option(_COMMENT, text.encode()) for text in texts) + _END_OF_OPTIONS

    def _see_to_descriptions(self) -> None:
        """Take over what the files have told since: comments about packets, secrets; at first what is about all."""
        about_files = []
        for number, file in enumerate(self._files):
            for comment in file.comments[self._comments[number] :]:
                if comment.offset is None:
                    about_files.append(comment.text)
                else:
                    self._packet_comments[number].setdefault(comment.offset, []).append(comment.text)
            self._comments[number] = len(file.comments)
        if not self._begun:
            self._begin_section(about_files)
        for number, file in enumerate(self._files):
            for secret in file.secrets[self._secrets[number] :]:
                self._block(_SECRETS, struct.pack("<II", _TLS_KEY_LOG, len(secret)) + _padded(secret))
            self._secrets[number] = len(file.secrets)

    def _begin_section(self, comments: Sequence[str]) -> None:
        self._begun = True
        about = self._about
        texts = [(_HARDWARE, about.hardware), (_SYSTEM, about.system), (_APPLICATION, about.application)]
        texts += [(_COMMENT, text) for text in (*about.comments, *comments)]
        self._block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options(texts))

    def _begin_interface(self, interface: Interface) -> None:
        body = struct.pack("<HHI", interface.link_type, 0, interface.snap_length)
        texts = [(_IF_NAME, interface.name), (_IF_DESCRIPTION, interface.description)]
        options = b"".join(_option(code, text.encode()) for code, text in texts if text)
        options += _option(_IF_RESOLUTION, bytes([9 if interface.time_digits > 6 else 6]))
        if interface.filter:
            options += _option(_IF_FILTER, b"\0" + interface.filter.encode())
        self._block(_INTERFACE, body + options + _END_OF_OPTIONS)

    def finish(self) -> None:
        """Write what stands at the end: interfaces without packets, names, statistics."""
        self._see_to_descriptions()
        for number, file in enumerate(self._files):
            for position in range(len(file.interfaces)):
                self._number_of(number, position)
        names = {address: name for file in self._files for address, name in file.names.items()}
        if names:
            self._block(_NAMES, b"".join(_name_record(address, name) for address, name in names.items()) + bytes(4))
        for number, described in enumerate(self._described):
            # read again: what a file tells about losses stands behind its packets
            source, position = self._sources[number]
            statistics = described.statistics or self._describe(source, self._files[source], position).statistics
            if statistics is not None:
                ticks = max(self._last_ns, 0) // _unit(described.interface)
                self._block(_STATISTICS, struct.pack("<III", number, ticks >> 32, ticks & 0xFFFFFFFF) + _counters(statistics))

    def _block(self, kind: int, body: bytes) -> None:
        total = 12 + len(body)
        self._target.write(struct.pack("<II", kind, total) + body + struct.pack("<I", total))


class _PcapWriter(_Writer):
    """pcap, with nanoseconds where an interface has them; one link type."""

    def __init__(self, target: BinaryIO, files: Sequence[CaptureFile], about: About, describe: Describe) -> None:
        super().__init__(target, files, about, describe)
        self._unit = 0

    def add(self, rows: Rows) -> int:
        """Write these packets."""
        if not rows.file.size:
            return 0
        self._numbers(rows)
        heads = np.empty(rows.file.size, _RECORD)
        heads["seconds"], rest = np.divmod(np.maximum(rows.time_ns, 0), 1_000_000_000)
        heads["fraction"] = rest // self._unit
        heads["captured"], heads["length"] = rows.captured, rows.length
        self._put(rows, heads, _RECORD.itemsize + rows.captured, None)
        return int(rows.file.size)

    def _begin_interface(self, interface: Interface) -> None:
        if not self._unit:
            every = [one for file in self._files for one in file.interfaces]
            self._unit = min(_unit(one) for one in every)
            self._target.write(
                struct.pack(
                    "<IHHiIII", 0xA1B23C4D if self._unit == 1 else 0xA1B2C3D4, 2, 4, 0, 0,
                    max(one.snap_length for one in every), interface.link_type,
                )
            )  # fmt: skip
        elif interface.link_type != self._described[0].interface.link_type:
            raise CaptureError(
                f"A pcap file has one link type, and these packets have several ({self._described[0].interface.link_type} and "
                f"{interface.link_type}): save them as pcapng."
            )

    def finish(self) -> None:
        """Make it a pcap file even where there is no packet."""
        if not self._described:
            for number, file in enumerate(self._files):
                if file.interfaces:
                    self._number_of(number, 0)
                    return
            self._unit = 1000
            self._target.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))


def _slice(rows: Rows, begin: int, end: int) -> Rows:
    return Rows(*(getattr(rows, name)[begin:end] for name in Rows.__slots__))


def _unit(interface: Interface) -> int:
    """Nanoseconds of a tick."""
    return 1 if interface.time_digits > 6 else 1000


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    value = value[:_LONGEST_TEXT].decode("utf-8", "ignore").encode() if len(value) > _LONGEST_TEXT else value
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _options(texts: Sequence[tuple[int, str]]) -> bytes:
    made = b"".join(_option(code, text.encode("utf-8", "replace")) for code, text in texts if text)
    return made + _END_OF_OPTIONS if made else b""


def _counters(statistics: Statistics) -> bytes:
    counted = (
        (_ISB_RECEIVED, statistics.received),
        (_ISB_DROPPED_BY_INTERFACE, statistics.dropped_by_interface),
        (_ISB_DROPPED, statistics.dropped),
    )
    return b"".join(_option(code, struct.pack("<Q", count)) for code, count in counted if count is not None) + _END_OF_OPTIONS


def _name_record(address: str, name: str) -> bytes:
    packed = ipaddress.ip_address(address).packed
    value = packed + name.encode("utf-8", "replace")[:_LONGEST_TEXT] + b"\0"
    return struct.pack("<HH", 1 if len(packed) == 4 else 2, len(value)) + _padded(value)
