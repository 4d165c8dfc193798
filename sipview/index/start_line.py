"""What a SIP start line looks like (RFC 3261 7.1, 7.2): all that the index knows of SIP's grammar, and where a message ends."""

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~"
KNOWN_METHODS = (
    b"INVITE", b"ACK", b"BYE", b"CANCEL", b"OPTIONS", b"REGISTER", b"PRACK", b"SUBSCRIBE", b"NOTIFY", b"PUBLISH", b"INFO",
    b"REFER", b"MESSAGE", b"UPDATE",
)  # fmt: skip
SHORTEST = 12  # bytes of the shortest thing that is looked at
_LONGEST_LINE = 1 << 16
_LONGEST_HEAD = 1 << 18
_REQUEST = re.compile(rb"[-A-Za-z0-9.!%*_+`'~]+[ \t]+[^ \t]")
_VERSION = re.compile(rb"SIP/\d+\.\d+", re.IGNORECASE)
_STATUS = re.compile(rb"SIP/\d+\.\d+[ \t]+\d+([ \t]|$)", re.IGNORECASE)
_FIELD_OR_END = re.compile(rb"[-A-Za-z0-9.!%*_+`'~]+[ \t]*:|\r?\n|\r?\Z|[-A-Za-z0-9.!%*_+`'~]*\Z")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"\n(?:Content-Length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?\n", re.IGNORECASE)

BEGINS_TOKEN_OR_LINE_END = np.zeros(256, np.bool_)
BEGINS_TOKEN_OR_LINE_END[list(_TOKEN + b"\r\n")] = True
TEXT = np.zeros(256, np.bool_)
TEXT[[*range(0x20, 0x7F), *b"\t\r\n"]] = True


def begins_message(data: bytes, start: int = 0) -> bool:
    """Whether a start line begins at ``start``. Methods and versions need not be known; HTTP, RTSP, SSDP are none.

    A status line counts only before a header field, an empty line or the end: HTTP servers have been seen to send one for show.
    """
    stop = data.find(b"\n", start, start + _LONGEST_LINE)
    if stop < 0:
        return False
    line = data[start:stop].rstrip(b" \t\r")
    if _STATUS.match(line) is not None:
        return _FIELD_OR_END.match(data, stop + 1) is not None
    version = line[max(line.rfind(b" "), line.rfind(b"\t")) + 1 :]
    return _VERSION.fullmatch(version) is not None and _REQUEST.match(line, 0, len(line) - len(version)) is not None


def skip_line_ends(data: bytes, start: int = 0) -> int:
    """Where the first byte that is no line end stands: keep-alives and stray CRLFs may precede a message (RFC 3261 7.5)."""
    return len(data) - len(data[start:].lstrip(b"\r\n"))


def messages_in(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """The spans of the messages that stand one behind the other from ``start`` on, by their Content-Length (RFC 3261 18.3).

    A message without one, or with one that points behind the end, is the last.
    """
    while start < len(data) and begins_message(data, start):
        head_end = _HEAD_END.search(data, start, start + _LONGEST_HEAD)
        length = _LENGTH.search(data, start, head_end.end()) if head_end else None
        if head_end is None or length is None:
            yield start, len(data)
            return
        stop = min(head_end.end() + int(length[1]), len(data))
        yield start, stop
        start = skip_line_ends(data, stop)


def prefix_patterns() -> npt.NDArray[np.uint64]:
    """The beginnings that need no closer look, as rows of (value, mask, value, mask) over two little-endian 64-bit words."""
    rows = []
    for method in KNOWN_METHODS:
        for scheme in (b" sip:", b" sips:"):
            prefix = method + scheme
            mask = b"\xff" * len(prefix)
            words = [int.from_bytes(part.ljust(16, b"\0")[at : at + 8], "little") for at in (0, 8) for part in (prefix, mask)]
            rows.append(words)
    return np.array(rows, np.uint64)
