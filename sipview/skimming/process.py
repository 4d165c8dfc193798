"""The process that skims: requests come on standard input, replies leave on standard output, both as `marshal` writes them.

A frame is the length of what follows as eight octets, and that. The first frame that leaves is empty: the process is there.
A request is the messages themselves, or where they lie in the file whose descriptor the process was given.
"""

import gc
import marshal
import mmap
import os
import signal
import struct
import subprocess
import sys
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, NoReturn, cast

from sipview.sip import skim

WORD = "--skim"
"""First word of the command line that makes a frozen sipview this process (`sipview.__main__`).

The words behind it are the descriptor of a file, or "-", and perhaps `_BEHIND`.
"""
_BEHIND = "behind"
_NICER = 10

LENGTH = struct.Struct("<Q")
_PACKAGE_FOLDER = Path(__file__).resolve().parent.parent.parent


def command(file: int | None = None, *, behind: bool = False) -> list[str]:
    """The command line of the process, which inherits the descriptor ``file``; ``behind``: others have a processor first.

    A frozen program has no interpreter beside it: it starts itself.
    """
    words = [WORD, "-" if file is None else str(file), *([_BEHIND] if behind else [])]
    if getattr(sys, "frozen", False):
        return [sys.executable, *words]
    find = f"import sys; sys.path.append({str(_PACKAGE_FOLDER)!r})"
    return [sys.executable, "-I", "-S", "-c", f"{find}; from sipview.skimming.process import main; main()", *words]


def creation_flags(*, behind: bool) -> int:
    """What Windows is told: no console for it, and where it stands."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if behind else 0)
    else:  # noqa: RET505 - a plain return would be unreachable to mypy on Windows
        return 0


def read_frame(stream: IO[bytes]) -> bytes | None:
    """What the next frame holds; None where the stream ends."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write a frame, and let it go."""
    stream.write(LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def request_for(messages: Sequence[bytes], places: Sequence[int | None] | None) -> bytes:
    """Ask for the facts of these messages. ``places`` are where they begin in the file, None for one that is not whole there.

    Without them, or with a None among them, the messages themselves are sent, which costs more than skimming some.
    """
    if places is None or None in places:
        return marshal.dumps(list(messages))
    starts = array("q", cast("Sequence[int]", places))
    return marshal.dumps((starts.tobytes(), array("q", map(len, messages)).tobytes()))


def main() -> NoReturn:
    """Skim until standard input ends, and end the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for whoever asks, who then closes the pipe
    words = sys.argv[sys.argv.index(WORD) + 1 :]
    if _BEHIND in words and sys.platform != "win32":
        os.nice(_NICER)
    gc.disable()  # many tuples, and none of them in a cycle
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    try:
        write_frame(replies, b"")
        while (request := read_frame(requests)) is not None:
            asked = _messages(marshal.loads(request), words[0])
            write_frame(replies, marshal.dumps([tuple(skim(data)) for data in asked]))
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
