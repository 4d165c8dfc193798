"""A process that reads capture files (`process`), started before anybody knows which, so that nobody waits for its start."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sipview.processes import BEHIND, command, creation_flags, processors

if TYPE_CHECKING:  # nothing here may take long
    from sipview.capture import CaptureFile

WORD = "--index"
"""First word of the command line that makes a frozen sipview this process (`sipview.__main__`)."""

WORTH_A_PROCESS = 1 << 25
"""Bytes of captures that are read sooner with other processes beside, though those must start first."""

_waiting: "list[subprocess.Popen[bytes]]" = []


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
        process = _start(behind=behind)
        if process is not None:
            _waiting.append(process)


def take(*, behind: bool = False) -> "subprocess.Popen[bytes] | None":
    """A process that waits for its request: the one that was prepared, or a new one; None where there cannot be one."""
    while _waiting:
        process = _waiting.pop()
        if process.poll() is None:
            return process
    return _start(behind=behind) if processors() > 1 else None


def give_up() -> None:
    """Let go of the process that waits, if there is one."""
    while _waiting:
        end(_waiting.pop())


def end(process: "subprocess.Popen[bytes]") -> None:
    """Have a process gone, whatever it does."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not sent goes nowhere
                pipe.close()
    process.wait()


def _start(*, behind: bool) -> "subprocess.Popen[bytes] | None":
    try:
        return subprocess.Popen(
            command(WORD, "sipview.index.process", *([BEHIND] if behind else []), libraries=True),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=creation_flags(behind=behind),
        )
    except OSError:  # no more processes
        return None
