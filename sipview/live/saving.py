"""A finished capture as one file: the files of all its sources merged by time, with what is known about them."""

import os
import platform
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sipview.capture import (
    About,
    CaptureError,
    CaptureFile,
    Described,
    Interface,
    Statistics,
    Written,
    open_capture,
    write_capture,
)
from sipview.capture.writing import Describe, Format
from sipview.live.working_copy import Manifest, WorkingCopy
from sipview.values import CancelToken

PCAP_SUFFIXES = {".pcap", ".cap", ".dmp"}
"""Names that end so are saved as pcap, all others as pcapng."""


def save(
    copy: WorkingCopy,
    path: Path,
    cancel: CancelToken,
    application: str = "sipview",
    comment: str = "",
    *,
    keep: npt.NDArray[np.bool_] | None = None,
) -> Written:
    """Write it to ``path``: pcap where the name ends so, else pcapng with the sources' names, filters and losses.

    ``keep`` says for each packet, in the order of time, whether it is wanted; without it all are.
    The file is complete or does not appear at all; the working copy stays. A file cut by a crash is saved up to its last whole
    packet. Raises `CaptureError`, `OSError`, `values.Cancelled`.
    """
    form: Format = "pcap" if path.suffix.lower() in PCAP_SUFFIXES else "pcapng"
    files = _open(copy)
    try:
        about = about_copy(copy, application, comment)
        describe = as_captured(copy)
        unfinished = path.resolve().with_name(f".sipview-{os.getpid()}-{path.name}")
        try:
            with unfinished.open("wb") as target:
                written = write_capture(target, files, cancel, form, keep=keep, about=about, describe=describe)
                target.flush()
                os.fsync(target.fileno())
            unfinished.replace(path.resolve())
        finally:
            unfinished.unlink(missing_ok=True)
        return written
    finally:
        for file in files:
            file.close()


def about_copy(copy: WorkingCopy, application: str, comment: str = "") -> About:
    """What a file with its packets says about itself."""
    return About(application, platform.platform(), comments=tuple(text for text in (comment, _story(copy.manifest)) if text))


def as_captured(copy: WorkingCopy) -> Describe:
    """Describes the interfaces of its files as the capture knows them: names, filters, losses."""
    sources = {path.name: source for source, paths in copy.files.items() for path in paths}

    def describe(number: int, file: CaptureFile, position: int) -> Described:
        del number
        return _described(file.interfaces[position], sources[file.path.name], copy.manifest)

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
    named = replace(
        interface, name=manifest.order.sources[source].title, description=description, filter=str(manifest.order.choice)
    )
    if source >= len(manifest.taps):
        return Described(named)
    tap = manifest.taps[source]
    return Described(named, Statistics(tap.packets, tap.dropped, tap.dropped_by_interface))


def _story(manifest: Manifest | None) -> str:
    """How the capture ended, for whoever opens the file."""
    if manifest is None:
        return ""
    return (
        f"Captured by sipview. {manifest.ended or 'The program that captured it did not end it; what it had written is here.'}"
    )
