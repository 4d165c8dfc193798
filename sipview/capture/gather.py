"""Many small pieces of a big file at once: the one operation that all reading is made of."""

from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]


def gather(data: Bytes, positions: Positions, record: np.dtype[Any]) -> npt.NDArray[Any]:
    """One ``record`` (a structured dtype) from each of the byte ``positions`` of ``data``, as a new array.

    Positions need no alignment. What lies beyond the end of ``data`` reads as zeros, so a caller compares with its own
    limits and never with the file's. The pieces are copied as opaque bytes and named afterwards, because numpy copies a
    structured element field by field, four times as slow.
    """
    width = record.itemsize
    last = data.size - width
    opaque = np.dtype((np.void, width))
    inside = positions <= last
    if inside.all():
        if not positions.size:
            return np.empty(0, record)
        return _overlapping(data, opaque)[positions].view(record)
    pieces = np.zeros(positions.size, opaque)
    if last >= 0:
        pieces[inside] = _overlapping(data, opaque)[positions[inside]]
    edge = max(last + 1, 0)
    tail = np.zeros(data.size - edge + 2 * width, np.uint8)
    tail[: data.size - edge] = data[edge:]
    beyond = np.minimum(positions[~inside] - edge, data.size - edge + width)
    pieces[~inside] = _overlapping(tail, opaque)[beyond]
    return pieces.view(record)


def pick(records: npt.NDArray[Any], where: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """``records[where]``, also of a structured array as fast as of a plain one (see `gather`)."""
    if records.dtype.names is None or not records.flags.c_contiguous:
        return records[where]
    return records.view(np.dtype((np.void, records.dtype.itemsize)))[where].view(records.dtype)


def _overlapping(data: Bytes, opaque: np.dtype[Any]) -> npt.NDArray[np.void]:
    """Every byte position of ``data`` as the beginning of one element."""
    return np.ndarray((data.size - opaque.itemsize + 1,), opaque, data.data, 0, (1,))
