"""A finished capture as one file: the files of all its sources merged by time, with what is known about them."""

import platform
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from sipview.capture import CaptureError, CaptureFile, Interface, open_capture
from sipview.capture.writing import (
    About,
    Describe,
    Described,
    Statistics,
    Written,
    complete_or_nothing,
    format_of,
    write_capture,
)
from sipview.live.orders import NO_PROGRESS, Progress, TapState, source_of
from sipview.live.working_copy import Manifest, WorkingCopy
from sipview.values import CancelToken


def save(
    copy: WorkingCopy,
    path: Path,
    cancel: CancelToken,
    application: str = "sipview",
    comment: str = "",
) -> Written:
    """Write it to ``path``: pcap where the name ends so, else pcapng with the sources' names, filters and losses.

    The file is complete or does not appear at all; the working copy stays. A file cut by a crash is saved up to its last whole
    packet. Raises `CaptureError`, `OSError`, `values.Cancelled`.
    """
    files = _open(copy)
    try:
        about = about_copy(copy, application, comment)
        describe = as_captured(copy)
        with complete_or_nothing(path) as target:
            return write_capture(target, files, cancel, format_of(path), about=about, describe=describe)
    finally:
        for file in files:
            file.close()


def counted(copy: WorkingCopy, cancel: CancelToken) -> Progress:
    """The counters of a capture whose engine could not tell them any more, by what its files hold.

    How many packets were dropped is not known. Raises `values.Cancelled`.
    """
    assert copy.manifest is not None
    sources = copy.manifest.order.sources
    counts = [[0, 0] for _ in sources]
    files = _open(copy)
    try:
        for file in files:
            count = counts[source_of(file.path.name)]
            count[0] += sum(len(batch.offset) for batch in file.batches(cancel))
            count[1] += file.size
    finally:
        for file in files:
            file.close()
    taps = tuple(
        TapState(source.title, "", 0, 0, packets, size) for source, (packets, size) in zip(sources, counts, strict=True)
    )
    packets, size = (sum(count) for count in zip(*counts, strict=True))
    return structs.replace(NO_PROGRESS, packets=packets, bytes=size, kept_bytes=size, taps=taps)


def about_copy(copy: WorkingCopy, application: str, comment: str = "") -> About:
    """What a file with its packets says about itself."""
    return About(application, platform.platform(), comments=tuple(text for text in (comment, _story(copy.manifest)) if text))


def as_captured(copy: WorkingCopy) -> Describe:
    """Describes the interfaces of its files as the capture knows them: names, filters, losses."""

    def describe(number: int, file: CaptureFile, position: int) -> Described:
        del number
        return _described(file.interfaces[position], source_of(file.path.name), copy.manifest)

    return describe


def _open(copy: WorkingCopy) -> list[CaptureFile]:
    """Its files, open. A file in which a crash left less than a header holds nothing."""
    files = []
    for path in (path for paths in copy.files.values() for path in paths):
        try:
            files.append(open_capture(path, copy.folder))
        except CaptureError:
            continue
    return files


def _described(interface: Interface, source: int, manifest: Manifest | None) -> Described:
    if manifest is None or source >= len(manifest.order.sources):
        return Described(replace(interface, name=f"source {source + 1}"))
    description = manifest.descriptions[source] if source < len(manifest.descriptions) else ""
    told = manifest.order.sources[source]
    # what a file calls an interface of this computer is its name, as other programs know it
    name = told.name if told.kind == "local" else told.title
    named = replace(interface, name=name, description=description, filter=str(manifest.order.choice))
    if source >= len(manifest.taps):
        return Described(named)
    tap = manifest.taps[source]
    return Described(named, Statistics(tap.packets, tap.dropped, tap.dropped_by_interface))


def _story(manifest: Manifest | None) -> str:
    """How the capture ended, and what is not in it, for whoever opens the file."""
    if manifest is None:
        return ""
    ended = manifest.ended or "The program that captured it did not end it; what it had written is here."
    without = [
        f"{'Not captured to the end:' if tap.by else 'Captured without'} {tap.lost}." for tap in manifest.taps if tap.lost
    ]
    return " ".join(("Captured by sipview.", ended, *without))
