"""What a SIP start line looks like (RFC 3261 7.1, 7.2): all that the index knows of SIP's grammar."""

import re

import numpy as np
import numpy.typing as npt

_TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~"
KNOWN_METHODS = (
    b"INVITE", b"ACK", b"BYE", b"CANCEL", b"OPTIONS", b"REGISTER", b"PRACK", b"SUBSCRIBE", b"NOTIFY", b"PUBLISH", b"INFO",
    b"REFER", b"MESSAGE", b"UPDATE",
)  # fmt: skip
SHORTEST = 12  # bytes of the shortest thing that is looked at
_LONGEST_LINE = 1 << 16
_KNOWN = re.compile(rb"(?:" + b"|".join(KNOWN_METHODS) + rb") sips?:")
_REQUEST = re.compile(rb"[-A-Za-z0-9.!%*_+`'~]+[ \t]+[^ \t]")
_VERSION = re.compile(rb"SIP/\d+\.\d+", re.IGNORECASE)
_STATUS = re.compile(rb"SIP/\d+\.\d+[ \t]+\d+([ \t]|$)", re.IGNORECASE)
_FIELD_OR_END = re.compile(rb"[-A-Za-z0-9.!%*_+`'~]+[ \t]*:|\r?\n|\r?\Z|[-A-Za-z0-9.!%*_+`'~]*\Z")

BEGINS_TOKEN_OR_LINE_END = np.zeros(256, np.bool_)
BEGINS_TOKEN_OR_LINE_END[list(_TOKEN + b"\r\n")] = True
TEXT = np.zeros(256, np.bool_)
TEXT[[*range(0x20, 0x7F), *b"\t\r\n"]] = True


def begins_message(data: bytes, start: int = 0) -> bool:
    """Whether a start line begins at ``start``. Methods and versions need not be known; HTTP, RTSP, SSDP are none.

    Behind a known method and a SIP URI nothing else matters: a bad version is worth showing.
    A status line counts only before a header field, an empty line or the end: HTTP servers have been seen to send one for show.
    """
    if _KNOWN.match(data, start) is not None:
        return True
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
