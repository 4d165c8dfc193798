"""What goes through a pipe between two processes."""

import struct
from typing import IO

_LENGTH = struct.Struct("<Q")


def read_frame(stream: IO[bytes]) -> bytes | None:
    """What the next frame holds; None where the stream ends."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(head)
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write a frame, and let it go."""
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()
