"""The technical support package: what a support desk needs of a capture, as the parts of one archive.

The capture (all of it, or the packets of chosen calls), the list of calls, ladders, figures of the capture, facts about this
computer. What each part is called is decided here and never by what was captured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sipview import environment
from sipview.calls import Call, CallState
from sipview.capture.writing import About, Described, as_in_file, write_rows
from sipview.export import FontTableMeasure
from sipview.export.fact_sheet import fact_sheet
from sipview.export.package import MANIFEST, Part
from sipview.export.spreadsheet import csv_line
from sipview.export.svg import svg_lines
from sipview.index import PacketIndex, Protocol
from sipview.ladder import LadderOptions, lay_out
from sipview.live import InterfaceList, WorkingCopy
from sipview.live.saving import about_copy, as_captured
from sipview.session.analysis import Analysis
from sipview.session.call_object import call_object, json_line
from sipview.session.call_packets import packets_of_calls
from sipview.session.capture_facts import Tapped, capture_facts, moment_words
from sipview.session.ladders import Ladders
from sipview.session.naming import HostNames, name_hosts
from sipview.session.saving import in_order, pieces, places
from sipview.session.system_facts import system_facts
from sipview.session.wording import counted, describe_call
from sipview.values import CancelToken, seconds, visible

MOST_LADDERS = 200
"""Of calls that nobody chose: a storm of ten thousand failed calls says no more than its beginning."""

_SUCCEEDED = frozenset({CallState.COMPLETED, CallState.ANSWERED})
_LINES_AT_ONCE = 500
_LONGEST_CELL = 1000
_LONGEST_WORDS = 120
_ENHANCED_PACKET_BLOCK = 32  # bytes beside the packet's own, in pcapng
_DESCRIPTIONS = 512
_LEAST_DIGITS = 4

_CSV_TITLES = (
    "Call", "Start (UTC)", "End (UTC)", "From", "To", "State", "Status", "Reason", "Hung up by", "Ring delay (s)",
    "Talk time (s)", "Legs", "Messages", "Source", "Destination", "Call-IDs", "Missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PackageWish:
    """What shall be packed. ``calls`` are the numbers of the calls that it is limited to; None: all that was captured."""

    calls: tuple[int, ...] | None = None


def ladders_by_default(calls: Sequence[Call]) -> list[Call]:
    """The calls whose ladders go along where nobody chose any: all that failed, or did not get as far as to talk."""
    return [call for call in calls if call.state not in _SUCCEEDED]


def package_parts(
    analysis: Analysis,
    wish: PackageWish,
    listed: InterfaceList,
    moment: datetime,
    cancel: CancelToken,
    copy: WorkingCopy | None = None,
) -> tuple[Part, ...]:
    """The parts, in the order in which they are packed.

    ``listed`` is what `live.list_interfaces` answers; ``copy`` is the working copy that the analysis reads, if it does: then
    the capture knows what its interfaces are called and have lost. The analysis must not be closed before the parts are
    written. Raises `values.Cancelled`.
    """
    return _Package(analysis, wish, listed, moment, copy).parts(cancel)


class _Package:
    """What all parts are made of."""

    def __init__(
        self, analysis: Analysis, wish: PackageWish, listed: InterfaceList, moment: datetime, copy: WorkingCopy | None
    ) -> None:
        self.analysis, self.snapshot = analysis, analysis.snapshot
        self.listed, self.moment, self.copy = listed, moment, copy
        self.limited = wish.calls is not None
        every = self.snapshot.conversations.calls
        chosen = None if wish.calls is None else frozenset(wish.calls)
        self.calls = [call for call in every if chosen is None or call.number in chosen]
        self.failed = ladders_by_default(self.calls)
        self.drawn = self.calls if self.limited else self.failed[:MOST_LADDERS]
        self.ladders = Ladders(analysis)
        self.hosts: HostNames | None = None
        self.tapped: tuple[Tapped, ...] = ()

    def parts(self, cancel: CancelToken) -> tuple[Part, ...]:
        index = self.snapshot.index
        self.tapped = () if index is None else self._interfaces(index)
        parts = [] if index is None else [self._capture(index, cancel)]
        of_people = "Numbers, addresses, Call-IDs, times"
        listing = f"List of {counted(len(self.calls), 'call')}"
        parts += [
            Part("calls.csv", f"{listing}, for a spreadsheet", of_people, self._write_csv),
            Part("calls.jsonl", f"{listing}, as 'sipview calls --json' prints it", of_people, self._write_json),
            *self._ladders(),
            Part(
                "statistics.txt", "Figures of the whole capture: quality, losses, messages, results of calls",
                "Addresses of hosts, names of the capture files, comments in them", self._write_statistics,
            ),
            Part(
                "system.txt", "This computer: system, network interfaces, versions, clock",
                "This computer's addresses; no names of users, computers, folders", self._write_system,
            ),
        ]  # fmt: skip
        return (
            Part("README.txt", "What is in the package, and how to check it", "", partial(_write_readme, self, parts)),
            *parts,
        )

    # the capture

    def _capture(self, index: PacketIndex, cancel: CancelToken) -> Part:
        keep = packets_of_calls(self.analysis, self.calls, cancel) if self.limited else None
        rows = in_order(index, np.arange(self.snapshot.packets) if keep is None else np.flatnonzero(keep))
        media = bool(np.isin(index.protocol[rows], (Protocol.RTP, Protocol.RTCP, Protocol.T38)).any())
        of_whom = f"the chosen call{'' if len(self.calls) == 1 else 's'}" if self.limited else "everybody who was captured"
        told = [
            f"All that the packets tell of {of_whom}: numbers, names, addresses" + (", and what was spoken" if media else "")
        ]
        if any(file.secrets for file in index.files):
            told.append("the keys to its encrypted connections")
        if any(file.names for file in index.files):
            told.append("names of hosts")
        what = f"{counted(rows.size, 'packet')}, all that was captured"
        if self.limited:
            what = f"{counted(rows.size, 'packet')} of {of_whom}, with {'their' if media else 'no'} media"
        if len(index.files) > 1:
            what += f"; {len(index.files)} files merged by time"
        if self.analysis.reading.key_log is not None:
            what += "; the key log that it was read with is not in it"
        padded = (index.captured[rows].astype(np.int64) + 3) & ~3
        size = int(padded.sum()) + _ENHANCED_PACKET_BLOCK * rows.size + _DESCRIPTIONS
        return Part("capture.pcapng", what, "; ".join(told), partial(self._write_capture, index, rows), size)

    def _write_capture(self, index: PacketIndex, rows: npt.NDArray[np.int64], target: BinaryIO, cancel: CancelToken) -> None:
        application = f"sipview {environment.version()}"
        numbers = ", ".join(str(call.number) for call in self.calls)
        comment = f"The packets of call{'' if len(self.calls) == 1 else 's'} {numbers}." if self.limited else ""
        if self.copy is not None:
            about, describe = about_copy(self.copy, application, comment), as_captured(self.copy)
        else:
            about, describe = About(application, comments=(comment,) if comment else ()), as_in_file
        write_rows(target, index.files, pieces(index, rows, cancel), about=about, describe=describe)

    def _interfaces(self, index: PacketIndex) -> tuple[Tapped, ...]:
        """Where was captured. What a capture of our own writes for one interface is in several files, but counted once."""
        describe = as_in_file if self.copy is None else as_captured(self.copy)
        found: dict[tuple[Described, int], list[int]] = {}
        for number, (file, position) in enumerate(places(index).T.tolist()):
            described = describe(file, index.files[file], position)
            found.setdefault((described, number if self.copy is None else 0), []).append(number)
        return tuple(Tapped(described, tuple(numbers)) for (described, _), numbers in found.items())

    # the calls

    def _write_csv(self, target: BinaryIO, cancel: CancelToken) -> None:
        target.write(b"\xef\xbb\xbf")  # without it a spreadsheet takes UTF-8 for its country's old encoding
        _write_lines(target, (csv_line(_csv_row(call)) for call in (None, *self.calls)), cancel)

    def _write_json(self, target: BinaryIO, cancel: CancelToken) -> None:
        _write_lines(target, (json_line(call_object(call, self.snapshot)).decode() for call in self.calls), cancel)

    # the ladders

    def _ladders(self) -> Iterator[Part]:
        digits = max(_LEAST_DIGITS, len(str(self.drawn[-1].number))) if self.drawn else 0
        for call in self.drawn:
            words = visible(f"Ladder of call {call.number}: {describe_call(call)}", _LONGEST_WORDS)
            yield Part(
                f"ladders/call-{call.number:0{digits}d}.svg", words, "Numbers, names, addresses, times",
                partial(self._write_ladder, call),
            )  # fmt: skip

    def _write_ladder(self, call: Call, target: BinaryIO, cancel: CancelToken) -> None:
        if self.hosts is None:
            self.hosts = name_hosts(self.snapshot.messages, self.snapshot.conversations)
        title, subtitle = self.analysis.heading([call])
        options = LadderOptions(
            title=title, subtitle=subtitle, lane_names=self.hosts.names, lane_subtitles=self.hosts.subtitles
        )
        picture = lay_out(self.ladders.events(list(call.messages), cancel), options, FontTableMeasure(), cancel)
        _write_lines(target, (f"{line}\n" for line in svg_lines(picture)), cancel)

    # the figures and facts

    def _write_statistics(self, target: BinaryIO, cancel: CancelToken) -> None:
        cancel.check()
        title = "The capture in figures"
        if self.limited:
            title += " (all of it, also what the package leaves out)"
        told = () if self.copy is None else about_copy(self.copy, "").comments
        target.write(_encoded(fact_sheet(title, capture_facts(self.snapshot, self.tapped, told))))

    def _write_system(self, target: BinaryIO, cancel: CancelToken) -> None:
        cancel.check()
        title = "The computer that made this package" + ("" if self.copy is not None else " (not always the one that captured)")
        target.write(_encoded(fact_sheet(title, system_facts(self.listed))))


def _write_readme(package: _Package, parts: Sequence[Part], target: BinaryIO, cancel: CancelToken) -> None:
    cancel.check()
    lines = [
        f"Support package of sipview {environment.version()}, {package.moment:%Y-%m-%d %H:%M:%S %Z}".rstrip(),
        "",
        "capture.pcapng opens in sipview and in Wireshark, the ladders in any browser, calls.csv in any spreadsheet.",
        "",
    ]
    if package.limited:
        lines += ["The capture, the lists and the ladders are limited to chosen calls.", ""]
    elif len(package.failed) > len(package.drawn):
        lines += [f"{len(package.failed):,} calls did not succeed; the first {len(package.drawn):,} of them are drawn.", ""]
    for part in parts:
        lines += [part.name, f"    {part.what}.", f"    Personal data: {part.personal or 'none'}."]
    lines += [
        "",
        f"{MANIFEST} has the SHA-256 sum of each file. To check them: sha256sum -c {MANIFEST}",
        f"(on macOS: shasum -a 256 -c {MANIFEST}).",
        "",
    ]
    target.write(_encoded("\n".join(lines)))


def _csv_row(call: Call | None) -> Sequence[str]:
    """A call as a row of the table; None: the titles."""
    if call is None:
        return _CSV_TITLES
    cells = (
        str(call.number), moment_words(call.start_ns), moment_words(call.end_ns), call.caller, call.callee, call.state,
        "" if call.status is None else str(call.status), call.reason or "", call.hung_up_by or "",
        _seconds(call.ring_delay_ns), _seconds(call.talk_time_ns), str(len(call.legs)), str(len(call.messages)),
        str(call.legs[0].source), str(call.legs[0].destination), " ".join(leg.call_id for leg in call.legs), call.missing,
    )  # fmt: skip
    return [visible(cell, _LONGEST_CELL) for cell in cells]


def _seconds(duration_ns: int | None) -> str:
    return "" if duration_ns is None else f"{seconds(duration_ns):.3f}"


def _write_lines(target: BinaryIO, lines: Iterator[str], cancel: CancelToken) -> None:
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == _LINES_AT_ONCE:
            cancel.check()
            target.write(_encoded("".join(waiting)))
            waiting.clear()
    cancel.check()
    target.write(_encoded("".join(waiting)))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
