"""The process that skims: requests come on standard input, replies leave on standard output, both as `marshal` writes lists.

A frame is the length of what follows as eight octets, and that. The first frame that leaves is empty: the process is there.
"""

import gc
import marshal
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, NoReturn

from sipview.sip import skim

WORD = "--skim"
"""First word of the command line that makes a frozen sipview this process (`sipview.__main__`)."""

LENGTH = struct.Struct("<Q")
_PACKAGE_FOLDER = Path(__file__).resolve().parent.parent.parent


def command() -> list[str]:
    """The command line of the process. A frozen program has no interpreter beside it: it starts itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, WORD]
    find = f"import sys; sys.path.append({str(_PACKAGE_FOLDER)!r})"
    return [sys.executable, "-I", "-S", "-c", f"{find}; from sipview.skimming.process import main; main()"]


def no_window() -> int:
    """The creation flags that keep Windows from opening a console for it."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW
    else:  # noqa: RET505 - a plain return would be unreachable to mypy on Windows
        return 0


def read_frame(stream: BinaryIO) -> bytes | None:
    """What the next frame holds; None where the stream ends."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Write a frame, and let it go."""
    stream.write(LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def main() -> NoReturn:
    """Skim until standard input ends, and end the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for whoever asks, who then closes the pipe
    gc.disable()  # many tuples, and none of them in a cycle
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    try:
        write_frame(replies, b"")
        while (request := read_frame(requests)) is not None:
            write_frame(replies, marshal.dumps([tuple(skim(data)) for data in marshal.loads(request)]))
    except OSError:  # nobody waits for the reply: a broken pipe, or on Windows an invalid argument
        pass
    os._exit(0)  # at once: taking down what was remembered would keep whoever asked waiting
