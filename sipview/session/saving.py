"""Chosen packets of an analysis as a capture file of their own, while its files grow or after.

The packets are taken from the files as they are open here: neither a ring that has forgotten one of them since, nor packets
that came later, change what is written.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sipview.capture.writing import About, Rows, Written, as_in_file, complete_or_nothing, format_of, write_rows
from sipview.index import PacketIndex
from sipview.live import WorkingCopy
from sipview.live.saving import about_copy, as_captured
from sipview.values import CancelToken

_PIECE_BYTES, _PIECE_ROWS = 8 << 20, 1 << 16


def save_rows(
    index: PacketIndex,
    rows: npt.NDArray[np.int64],
    path: Path,
    cancel: CancelToken,
    application: str,
    copy: WorkingCopy | None = None,
) -> Written:
    """Write these rows of the index in the order of time; the name of ``path`` says the format.

    ``copy`` is the working copy that the files are of, if they are. The file is complete or does not appear at all. Raises
    `capture.CaptureError`, `OSError`, `values.Cancelled`.
    """
    rows = in_order(index, rows)
    about = About(application) if copy is None else about_copy(copy, application)
    describe = as_in_file if copy is None else as_captured(copy)
    with complete_or_nothing(path) as target:
        return write_rows(target, index.files, pieces(index, rows, cancel), format_of(path), about=about, describe=describe)


def in_order(index: PacketIndex, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """These rows in the order in which they are written: that of time, or of the file where there is but one.

    A file need not be in the order of time, and of files that grow one is read ahead of the other.
    """
    return rows if len(index.files) < 2 else rows[np.argsort(index.time_ns[rows], kind="stable")]


def places(index: PacketIndex) -> npt.NDArray[np.int64]:
    """For each of ``index.interfaces`` the position of its file, and its position among the interfaces of that file."""
    numbers = [index.interface_numbers(number) for number in range(len(index.files))]  # may make known what was not yet
    found = np.zeros((2, len(index.interfaces)), np.int64)
    for file, of_file in enumerate(numbers):
        found[0, of_file], found[1, of_file] = file, np.arange(of_file.size)
    return found


def pieces(index: PacketIndex, rows: npt.NDArray[np.int64], cancel: CancelToken) -> Iterator[Rows]:
    """These rows as `capture.write_rows` takes them, a few MiB at a time."""
    files, positions = places(index)
    begin = 0
    while begin < rows.size:
        cancel.check()
        some = rows[begin : begin + _PIECE_ROWS]
        sizes = np.cumsum(index.captured[some], dtype=np.int64)
        some = some[: max(1, int(np.searchsorted(sizes, _PIECE_BYTES)))]
        begin += some.size
        numbers = index.interface[some]
        captured, length = index.captured[some].astype(np.int64), index.length[some].astype(np.int64)
        yield Rows(files[numbers], positions[numbers], index.offset[some], index.time_ns[some], captured, length)
