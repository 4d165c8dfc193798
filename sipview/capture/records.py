"""What every capture format gives: records in batches, interfaces, problems."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sipview.capture.words import Words
from sipview.values import CancelToken, Problem


@dataclass(frozen=True, slots=True)
class Interface:
    """Where records were captured. ``link_type`` is the LINKTYPE number of the pcap registry (1 is Ethernet).

    ``time_digits`` is how many fractional digits of a second the file gives (0 to 9). Texts are "" where the file says nothing.
    """

    link_type: int
    time_digits: int
    snap_length: int
    name: str = ""
    description: str = ""
    filter: str = ""


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Consecutive records of one file; all arrays have one element a record.

    ``offset`` (int64) is where the captured bytes begin in ``CaptureFile.data``; ``time_ns`` (int64) since the epoch;
    ``captured`` and ``length`` (uint32) are the bytes in the file and on the wire; ``interface`` (uint16) is a position in
    ``CaptureFile.interfaces``. ``bytes_read`` is how far into the file the reader is, for progress. ``words`` are the frames'
    beginnings, or None.
    """

    offset: npt.NDArray[np.int64]
    time_ns: npt.NDArray[np.int64]
    captured: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint32]
    interface: npt.NDArray[np.uint16]
    bytes_read: int
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote into the file. ``offset`` is that of the packet (as in `RecordBatch`), or None: about the file."""

    offset: int | None
    text: str


class CaptureFile(Protocol):
    """An open capture file. ``data`` is the whole (unpacked) file, memory-mapped; offsets count from its start.

    ``size`` is how many bytes ``data`` has. What only some formats carry is empty in the others: ``names`` (address to host
    name), ``secrets`` (TLS key logs), ``drops`` (position of an interface to the packets that its capture lost), ``comments``.
    """

    path: Path
    format: str
    interfaces: list[Interface]
    problems: list[Problem]
    names: dict[str, str]
    secrets: list[bytes]
    drops: dict[int, int]
    comments: list[Comment]

    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """The bytes; another array after the file has grown."""
        ...

    @property
    def size(self) -> int:
        """How many bytes ``data`` has."""
        ...

    @property
    def descriptor(self) -> int:
        """The number by which the operating system knows the open file that ``data`` shows, for a process that inherits it."""
        ...

    def batches(self, cancel: CancelToken) -> Iterator[RecordBatch]:
        """The records from where the last call ended, so that a growing file can be followed; fills ``problems``.

        Raises `values.Cancelled` when asked to stop.
        """
        ...

    def has_grown(self) -> bool:
        """Whether the file has another size now than ``data``, which `batches` would look at. Costs next to nothing."""
        ...

    def was_cut(self) -> bool:
        """Whether the file is shorter now than ``data``, which holds zeros for what is missing. Costs next to nothing."""
        ...

    def close(self) -> None:
        """Let go of the file (and delete the unpacked copy); arrays given out must not be used any more."""
        ...
