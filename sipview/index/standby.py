"""A process that reads capture files (`process`), started before anybody knows which, so that nobody waits for its start."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sipview.processes import BEHIND, command, creation_flags, processors

if TYPE_CHECKING:  # nothing here may take long
    from sipview.capture import CaptureFile

WORD = "--index"
"""First word of the command line that makes a frozen sipview this process (`sipview.__main__`).

The words behind it are the descriptor of `shared_columns`, or `NO_MEMORY`, and perhaps `processes.BEHIND`.
"""

NO_MEMORY = "-"

WORTH_A_PROCESS = 1 << 25
"""Bytes of captures that are read sooner with other processes beside, though those must start first."""


class Reader(NamedTuple):
    """A process that reads; ``memory`` is the descriptor of what both write columns into, None where there is no such thing."""

    process: "subprocess.Popen[bytes]"
    memory: int | None

    def end(self) -> None:
        """Have it gone, whatever it does."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not sent goes nowhere
                    pipe.close()
        self.process.wait()
        if self.memory is not None:
            os.close(self.memory)


_waiting: list[Reader] = []


def is_long(files: "Sequence[CaptureFile]") -> bool:
    """Whether it takes long enough to read these files."""
    return sum(file.size for file in files) >= WORTH_A_PROCESS


def worth_a_process(files: "Sequence[CaptureFile]") -> bool:
    """Whether files that do not grow are read sooner by a process beside this one."""
    return is_long(files) and processors() > 1 and all(map(_has_its_name, files))


def _has_its_name(file: "CaptureFile") -> bool:
    """Whether another process finds this file under its path: not what came through a pipe, or was unpacked."""
    try:
        return os.path.samestat(file.path.stat(), os.fstat(file.descriptor))
    except (OSError, ValueError):  # nothing has that name any more; or it cannot be one
        return False


def prepare(*, behind: bool = False) -> None:
    """Have a process wait for `take`, if there is none, and a processor for it. ``behind``: others come first."""
    if not _waiting and processors() > 1:
        reader = _start(behind=behind)
        if reader is not None:
            _waiting.append(reader)


def take(*, behind: bool = False) -> Reader | None:
    """A process that waits for its request: the one that was prepared, or a new one; None where there cannot be one."""
    while _waiting:
        reader = _waiting.pop()
        if reader.process.poll() is None:
            return reader
        reader.end()
    return _start(behind=behind) if processors() > 1 else None


def give_up() -> None:
    """Let go of the process that waits, if there is one."""
    while _waiting:
        _waiting.pop().end()


def _start(*, behind: bool) -> Reader | None:
    memory = _memory()
    try:
        process = subprocess.Popen(
            command(
                WORD,
                "sipview.index.process",
                NO_MEMORY if memory is None else str(memory),
                *([BEHIND] if behind else []),
                libraries=True,
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=creation_flags(behind=behind),
            pass_fds=() if memory is None else (memory,),
        )
    except OSError:  # no more processes
        if memory is not None:
            os.close(memory)
        return None
    return Reader(process, memory)


def _memory() -> int | None:
    """The descriptor of memory for two processes."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # not every Linux has it
            return os.memfd_create("sipview-columns")
    return None
