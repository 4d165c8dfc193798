"""A capture in figures: its files, how far it can be trusted, what was captured where, what was said, how calls went."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sipview.capture.writing import Described
from sipview.export.fact_sheet import Fact, Section
from sipview.index import PacketIndex, Protocol
from sipview.session.quality import Quality, Weight, assess, drops_remark, in_order
from sipview.session.sip_statistics import Count, sip_statistics
from sipview.session.snapshot import Snapshot
from sipview.session.wording import counted, duration_words, in_utc
from sipview.values import NANOSECONDS, epoch_text

_WEIGHTS = {Weight.GOOD: "good", Weight.UNKNOWN: "not known", Weight.NOTE: "mind", Weight.BAD: "gap"}
_MOST_PROBLEMS = 1000
_MOST_INTERFACES = 1000
_MOST_COMMENTS = 20


class Tapped(NamedTuple):
    """An interface that was captured on; ``numbers`` are its positions in ``index.interfaces``: one for each of its files."""

    described: Described
    numbers: tuple[int, ...]


def capture_facts(snapshot: Snapshot, tapped: Sequence[Tapped], told: Sequence[str] = ()) -> tuple[Section, ...]:
    """All figures of a capture that was made on these interfaces; ``told`` is known about it besides what its files say."""
    index = snapshot.index
    if index is None:
        return (Section("Capture", [Fact("Packets", "0")]),)
    quality = judged(snapshot, tapped)
    statistics = sip_statistics(snapshot)
    return (
        Section("Capture", [*_capture(snapshot, index), *_comments(index, told)]),
        Section("Quality", list(_quality(quality))),
        Section("Interfaces", list(_interfaces(snapshot, index, tapped))),
        Section("Packets", list(_protocols(snapshot, index))),
        Section(
            "SIP messages",
            [
                Fact("All", f"{statistics.messages:,}"),
                Fact("Requests", f"{statistics.requests:,}"),
                Fact("Responses", f"{statistics.responses:,}"),
                Fact("Sent again", f"{statistics.retransmissions:,}"),
                *_counts(statistics.methods),
                *_counts(statistics.statuses),
            ],
        ),
        Section("Calls", [Fact("All", f"{statistics.calls:,}"), *_counts(statistics.call_states)]),
        Section("Other conversations", [Fact("All", f"{statistics.others:,}")]),
        Section("Problems of the files", list(_problems(snapshot))),
    )


def judged(snapshot: Snapshot, tapped: Sequence[Tapped]) -> Quality | None:
    """How far the capture can be trusted; of a capture of our own also what the files do not say: what was dropped."""
    quality = assess(snapshot)
    if quality is None:
        return None
    known = [_lost(one.described) for one in tapped]
    others = [remark for remark in quality.remarks if remark.kind != "drops"]
    return in_order([drops_remark(known), *others])


def _lost(described: Described) -> int | None:
    """How many packets an interface lost, by whatever did not take them; None where nobody says."""
    told = described.statistics
    if told is None or (told.dropped is None and told.dropped_by_interface is None):
        return None
    return (told.dropped or 0) + (told.dropped_by_interface or 0)


def moment_words(time_ns: int) -> str:
    """A moment in UTC, to the microsecond; seconds since the epoch for one that no calendar has."""
    try:
        moment = in_utc(time_ns)
    except OverflowError:  # a capture may claim any year
        return epoch_text(time_ns)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{time_ns % NANOSECONDS // 1000:06d}"


def _capture(snapshot: Snapshot, index: PacketIndex) -> Iterator[Fact]:
    for file in index.files:
        yield Fact("File", f"{file.path.name}, {file.format}, {file.size:,} bytes unpacked")
    yield Fact("Packets", f"{snapshot.packets:,}")
    if snapshot.packets:
        times = index.time_ns[: snapshot.packets]
        first, last = int(times.min()), int(times.max())
        yield Fact("First packet", f"{moment_words(first)} UTC")
        yield Fact("Last packet", f"{moment_words(last)} UTC")
        yield Fact("Duration", duration_words(last - first))
        yield Fact("Bytes captured", f"{int(index.captured[: snapshot.packets].sum(dtype=np.int64)):,}")
        yield Fact("Bytes on the wire", f"{int(index.length[: snapshot.packets].sum(dtype=np.int64)):,}")
    if not snapshot.complete:
        yield Fact("Read", f"{snapshot.done * 100:.0f} %")


def _comments(index: PacketIndex, told: Sequence[str]) -> Iterator[Fact]:
    """How it was captured and why it ended, what could not be captured: files of our own say so, and others what they like."""
    said = [comment.text for file in index.files for comment in file.comments if comment.offset is None]
    for text in list(dict.fromkeys((*told, *said)))[:_MOST_COMMENTS]:
        yield Fact("Comment", text)


def _quality(quality: Quality | None) -> Iterator[Fact]:
    if quality is None:
        yield Fact("In a word", "there are no packets")
        return
    yield Fact("In a word", quality.verdict)
    for remark in quality.remarks:
        yield Fact(f"{_WEIGHTS[remark.weight].capitalize()}: {remark.kind}", remark.sentence)


def _interfaces(snapshot: Snapshot, index: PacketIndex, tapped: Sequence[Tapped]) -> Iterator[Fact]:
    packets = np.bincount(index.interface[: snapshot.packets], minlength=len(index.interfaces))
    for number, (described, numbers) in enumerate(tapped[:_MOST_INTERFACES]):
        interface = described.interface
        dropped = _lost(described)
        told = (
            interface.description,
            f"link type {interface.link_type}",
            f"snapshot length {interface.snap_length:,}",
            f"filter {interface.filter}" if interface.filter else "",
            counted(int(packets[list(numbers)].sum()), "packet"),
            "dropped not known" if dropped is None else f"{dropped:,} dropped",
        )
        yield Fact(interface.name or f"Interface {number + 1}", " · ".join(filter(None, told)))
    if len(tapped) > _MOST_INTERFACES:
        yield Fact("And more", f"{len(tapped) - _MOST_INTERFACES:,}")


def _protocols(snapshot: Snapshot, index: PacketIndex) -> Iterator[Fact]:
    counts = np.bincount(index.protocol[: snapshot.packets], minlength=len(Protocol))
    for number in np.argsort(-counts, kind="stable").tolist():
        if counts[number]:
            yield Fact(Protocol(number).label, f"{counts[number]:,}")


def _counts(counts: Sequence[Count]) -> Iterator[Fact]:
    for count in counts:
        again = f", of them {count.retransmissions:,} sent again" if count.retransmissions else ""
        yield Fact(count.name, f"{count.messages:,}{again}")


def _problems(snapshot: Snapshot) -> Iterator[Fact]:
    if not snapshot.problems:
        yield Fact("None", "")
    for path, problem in ((one.path, one.problem) for one in snapshot.problems[:_MOST_PROBLEMS]):
        frame = f", frame {problem.frame:,}" if problem.frame is not None else ""
        yield Fact(path.name, f"byte {problem.start:,}{frame}: {problem.text}")
    if len(snapshot.problems) > _MOST_PROBLEMS:
        yield Fact("And more", f"{len(snapshot.problems) - _MOST_PROBLEMS:,}")
