"""What pcap and pcapng have in common: a chain of records that is read in batches, and mended where it is broken."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sipview.capture.failure import name_of
from sipview.capture.gather import Bytes, Positions
from sipview.capture.mapping import Mapping
from sipview.capture.records import Comment, Interface, RecordBatch
from sipview.capture.walk import LANE, Chain, Mark, walk, walk_lanes
from sipview.values import CancelToken, Problem

BATCH = 1 << 16
_FEWEST_LANES, _MOST_LANES = 256, 512
_MUCH = 1 << 13  # records that were worth a look ahead, though it went wrong somewhere
_MOST_PATIENCE = 64
PLAUSIBLE_LENGTH = 1 << 18  # no link layer that we read has longer frames; the limit that other readers use
MAX_PROBLEMS = 1000
MOST_RECORDS = 100_000_000
"""Of one file: a small compressed file can hold any number, and each takes memory once it is read (about 60 bytes)."""
MAX_GAPS = 100
_SEARCH_STEPS = (1 << 12, 1 << 16, 1 << 20)  # how far ahead of a broken record the chain is looked for
_PROOF = 4  # records in a row that prove a chain, unless it ends exactly with the file


class ChainedFile(ABC):
    """A capture file of chained records; see `records.CaptureFile` for what the attributes mean."""

    format: str

    def __init__(self, path: Path, mapping: Mapping, problems: list[Problem]) -> None:
        self.path = path
        self.interfaces: list[Interface] = []
        self.problems = problems
        self.names: dict[str, str] = {}
        self.secrets: list[bytes] = []
        self.drops: dict[int, int] = {}
        self.comments: list[Comment] = []
        self._mapping = mapping
        self._next = 0
        self._records = 0
        self._gaps = 0
        self._given_up = False
        self._ended = False  # until the file grows
        self._at_end: Problem | None = None  # what is wrong with the end, until the file grows
        self._ahead = np.empty(0, np.int64)  # records found already
        self._behind: int | None = None  # where the record behind these begins, if more are to be looked for from there
        self._lanes = _FEWEST_LANES  # the first records shall not wait for many others
        self._plain_batches, self._patience = 0, 1

    @property
    def data(self) -> Bytes:
        """The whole file."""
        return self._mapping.data

    @property
    def size(self) -> int:
        """How many bytes ``data`` has."""
        return self._mapping.size

    @property
    def descriptor(self) -> int:
        """The number by which the operating system knows the open file."""
        return self._mapping.descriptor

    def close(self) -> None:
        """Let go of the file."""
        self._mapping.close()

    def batches(self, cancel: CancelToken) -> Iterator[RecordBatch]:
        """The records from where the last call ended."""
        if self._mapping.refresh() and self._at_end is not None:
            self.problems.remove(self._at_end)
            self._at_end = None
        self._ended = False
        while not (self._given_up or self._ended):
            cancel.check()
            if self._mapping.shrank():
                self._give_up("shrunk-file", self._next, self.size, "the file became shorter while it was read")
                return
            if self._records >= MOST_RECORDS and self._next < self.size:
                told = f"what comes after {self._records:,} packets is not read"
                self._give_up("too-many-records", self._next, self.size, told)
                return
            positions = self._positions(cancel)
            if not positions.size:
                if self._next < self.size:
                    self._cut(self._next)
                return
            cancel.check()
            batch = self._read(positions)
            if batch is not None:
                self._records += batch.offset.size
                yield batch

    def _positions(self, cancel: CancelToken) -> Positions:
        """The next records: a batch of what was found ahead, if the reading has arrived where that begins."""
        if not (self._ahead.size and self._ahead[0] == self._next):
            self._ahead, self._behind = self._ahead[:0], self._next
        wanted = BATCH if self._records else 1  # the first records shall not wait for many others
        while self._ahead.size < wanted and self._look_ahead(cancel):
            pass
        if not self._ahead.size:
            return walk(self.data, self._next, self._chain, BATCH)
        positions, self._ahead = self._ahead[:BATCH], self._ahead[BATCH:]
        return positions

    def _look_ahead(self, cancel: CancelToken) -> bool:
        """Walk in lanes from where the last ones ended; whether that may go on.

        Where it finds little, the next batches are left to the plain walk, so that no file makes it dear.
        """
        if self._behind is None or self.size - self._behind < _FEWEST_LANES * LANE:
            return False
        if self._plain_batches:
            self._plain_batches -= 1
            return False
        found, behind, whole = walk_lanes(self.data, self._behind, self._lanes, self._chain, self._mark, cancel)
        self._behind = behind if whole else None
        self._ahead = np.concatenate((self._ahead, found))
        if whole or found.size > _MUCH:
            self._lanes, self._patience = min(2 * self._lanes, _MOST_LANES), 1
        else:
            self._lanes, self._patience = max(self._lanes // 2, _FEWEST_LANES), min(2 * self._patience, _MOST_PATIENCE)
            self._plain_batches = self._patience
        return whole

    def has_grown(self) -> bool:
        """Whether there is more to read, or the file became shorter, which `batches` then tells."""
        return not self._given_up and self._mapping.size_on_disk() != self.size

    def was_cut(self) -> bool:
        """Whether the file is shorter now than ``data``."""
        return self._mapping.shrank()

    @property
    @abstractmethod
    def _chain(self) -> Chain:
        """How the records are chained from ``_next`` on."""

    @property
    @abstractmethod
    def _mark(self) -> Mark:
        """What the records from ``_next`` on are likely to have in common."""

    @abstractmethod
    def _read(self, positions: Positions) -> RecordBatch | None:
        """Read the records at ``positions``, set ``_next`` behind the last good one, and see to the first bad one."""

    @abstractmethod
    def _plausible(self, start: int, stop: int) -> Positions:
        """Where in ``start:stop`` a record could begin, judged by its fields alone."""

    @abstractmethod
    def _follower(self, position: int) -> int | None:
        """Where the record behind the one at ``position`` begins, or None if that one is not plausible."""

    def _report(self, kind: str, start: int, end: int, text: str) -> Problem | None:
        """Keep a problem, as long as their number is bearable."""
        if len(self.problems) >= MAX_PROBLEMS:
            return None
        if len(self.problems) == MAX_PROBLEMS - 1:
            kind, text = "more-problems", "from here on there are more problems than are listed"
        problem = Problem(kind, start, end, f"{name_of(self.path)}: byte {start}: {text}.")
        self.problems.append(problem)
        return problem

    def _give_up(self, kind: str, start: int, end: int, text: str) -> None:
        self._report(kind, start, end, text)
        self._given_up = True

    def _cut(self, position: int) -> None:
        """The record at ``position`` goes on behind the end of the file: more may come."""
        self._ended = True
        if self._at_end is None:
            missing = f"the file ends inside a record, {self.size - position} bytes into it; that record is left out"
            self._at_end = self._report("cut-record", position, self.size, missing)

    def _mend(self, position: int, text: str, *, may_grow: bool) -> None:
        """Find the chain again behind the broken record at ``position``, or end there.

        Reading goes on only where several records in a row prove the place. With ``may_grow`` the record may be just the last
        one, cut short, and an unproven end is that.
        """
        found = self._find_chain(position + 1) if self._gaps < MAX_GAPS else None
        if found is not None:
            self._gaps += 1
            gap = f"{text}; {found - position} bytes are left out, reading goes on at byte {found}"
            self._report("lying-length", position, found, gap)
            self._next = found
            return
        self._next = position
        if may_grow:
            self._cut(position)
        else:
            self._give_up("lying-length", position, self.size, f"{text}; the rest of the file cannot be read")

    def _find_chain(self, start: int) -> int | None:
        for reach in _SEARCH_STEPS:
            stop = min(start + reach, self.size)
            for candidate in self._plausible(start, stop).tolist():
                if self._proven(candidate):
                    return int(candidate)
            if stop == self.size:
                break
            start = stop
        return None

    def _proven(self, position: int) -> bool:
        for _ in range(_PROOF):
            follower = self._follower(position)
            if follower is None:
                return False
            if follower == self.size:
                return True
            position = follower
        return True
