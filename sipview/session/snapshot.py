"""What an analysis shows: how it stands at one moment, and the messages as they come."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sipview.calls import Conversations, Observed
from sipview.index import PacketIndex
from sipview.values import Problem

Taken = tuple[Observed, Observed | None]
"""A message, and the one that it repeats."""
TakeMessages = Callable[[PacketIndex, Iterable[Taken]], None]
"""Told of messages as they come, with the index that has their packets."""


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A problem of a capture file: which file, and what."""

    path: Path
    problem: Problem


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The analysis at one moment. Rows below ``packets`` and ``messages`` up to its own length never change later.

    ``done`` is the fraction read, 0.0 to 1.0; ``complete`` says that all was read (or reading ended at a problem).
    """

    index: PacketIndex | None
    packets: int
    messages: Sequence[Observed]
    conversations: Conversations
    problems: tuple[SourceProblem, ...]
    done: float
    complete: bool
