"""The process that skims: requests come on standard input, replies leave on standard output, both as `marshal` writes them.

The first frame that leaves is empty: the process is there.
A request is the messages themselves, or where they lie in the file whose descriptor the process was given.
"""

import marshal
import mmap
import os
import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NoReturn, cast

from sipview import processes
from sipview.processes import BEHIND, begin_work, read_frame, write_frame
from sipview.sip.skimmed_message import skim_values

WORD = "--skim"
"""First word of the command line that makes a frozen sipview this process (`sipview.__main__`).

The words behind it are the descriptor of a file, or "-", and perhaps `processes.BEHIND`.
"""


def command(file: int | None = None, *, behind: bool = False) -> list[str]:
    """The command line of the process, which inherits the descriptor ``file``; ``behind``: others have a processor first."""
    descriptor = "-" if file is None else str(file)
    return processes.command(WORD, "sipview.skimming.process", descriptor, *([BEHIND] if behind else []))


def request_for(messages: Sequence[bytes | memoryview], places: Sequence[int | None] | None) -> bytes:
    """Ask for the facts of these messages. ``places`` are where they begin in the file, None for one that is not whole there.

    Without them, or with a None among them, the messages themselves are sent, which costs more than skimming some.
    """
    if places is None or None in places:
        return marshal.dumps([bytes(message) for message in messages])
    starts = array("q", cast("Sequence[int]", places))
    return marshal.dumps((starts.tobytes(), array("q", map(len, messages)).tobytes()))


def main() -> NoReturn:
    """Skim until standard input ends, and end the process."""
    begin_work()
    words = sys.argv[sys.argv.index(WORD) + 1 :]
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    try:
        write_frame(replies, b"")
        while (request := read_frame(requests)) is not None:
            asked = _messages(marshal.loads(request), words[0])
            write_frame(replies, marshal.dumps(list(map(skim_values, asked))))
    except OSError:  # nobody waits for the reply: a broken pipe, or on Windows an invalid argument
        pass
    os._exit(0)  # at once: taking down what was remembered would keep whoever asked waiting


def _messages(asked: list[bytes] | tuple[bytes, bytes], file: str) -> Iterable[bytes]:
    if isinstance(asked, list):
        return asked
    starts, lengths = (array("q", packed) for packed in asked)
    data = _mapped(int(file))
    return (data[start : start + length] for start, length in zip(starts, lengths, strict=True))


@lru_cache(maxsize=1)
def _mapped(file: int) -> mmap.mmap:
    return mmap.mmap(file, 0, access=mmap.ACCESS_READ)
