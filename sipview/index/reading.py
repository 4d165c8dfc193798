"""The pass over capture files: records to columns, columns to SIP candidates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sipview.capture import CaptureFile
from sipview.index.columns import PacketIndex
from sipview.values import CancelToken, Endpoint, Transport


class Candidate(NamedTuple):
    """Bytes that look like one SIP message. ``row`` is the packet that completes it, ``rows`` all that carry a part.

    ``frame_offset`` is where ``data`` begins in the captured bytes of ``row``, or None where the bytes were put together
    from several packets.
    """

    row: int
    rows: tuple[int, ...]
    time_ns: int
    source: Endpoint
    destination: Endpoint
    transport: Transport
    data: bytes
    frame_offset: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One batch read: the index has grown to ``index.count`` rows, ``candidates`` are new.

    ``done`` is the fraction of all bytes read, 0.0 to 1.0.
    """

    index: PacketIndex
    candidates: list[Candidate]
    done: float


def read(files: Sequence[CaptureFile], cancel: CancelToken) -> Iterator[Step]:
    """Read capture files step by step. Raises `values.Cancelled` when asked to stop."""
    raise NotImplementedError
