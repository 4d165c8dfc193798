"""Reading a few header fields of a message, and not the others: for who looks at one field of thousands of messages.

What is read is read by the full parser. Only which lines it gets to see is found by a pattern, and only in a header part in
which nothing is folded or otherwise strange; any other message is read whole.
"""

import re
from collections.abc import Collection

from sipview.sip.header_fields import read_field
from sipview.sip.message import Message
from sipview.sip.octets import Octets
from sipview.sip.parser import body_end, read_message
from sipview.sip.registry import CANONICAL_NAMES
from sipview.sip.start_line import read_start_line

_HEADER_END = re.compile(rb"\n\r?\n")
_STRANGE = re.compile(rb"\n[ \t\r]")  # a line that goes on with the one before it, or does not begin with its name
_LWS = b" \t\r\n"
_NO_START_LINE = read_start_line(Octets.of(b""), [])


class HeaderPicker:
    """Reads the header fields with these canonical names, in all their spellings; the start line only where it is wanted."""

    def __init__(self, names: Collection[str], *, start_line: bool = False) -> None:
        self._names = frozenset(names)
        self._start_line = start_line
        known = sorted(written for written, canonical in CANONICAL_NAMES.items() if canonical in names)
        unknown = sorted(name for name in names if name.lower() not in CANONICAL_NAMES)  # these are as they are written
        spellings = [rf"(?i:{re.escape(name)})" for name in known] + [re.escape(name) for name in unknown]
        self._line = re.compile(rf"\n(?:{'|'.join(spellings)})[ \t\r]*:([^\n]*)".encode()) if spellings else None

    def pick(self, data: bytes) -> Message:
        """The message that `read_message` gives, but without its other header fields. Its body ends where the message does,
        unless Content-Length is among the names; its start line is that of no request where it was not wanted.
        """
        end = _plain_end(data)
        if end is None:
            return read_message(data)
        found = self._line.finditer(data, 0, end[0]) if self._line is not None else ()
        fields = tuple(  # without the line ends before and behind
            read_field(Octets.of(line[0][1:].removesuffix(b"\r"), line.start() + 1), []) for line in found
        )
        line = _NO_START_LINE
        if self._start_line:
            line = read_start_line(Octets.of(data[: data.index(b"\n")].removesuffix(b"\r")), [])
        return Message(data, line, fields, end[1], body_end(fields, end[1], len(data), []), ())

    def values(self, data: bytes) -> list[str]:
        """The values alone, in order."""
        end = _plain_end(data)
        if end is None:
            return [field.value for field in read_message(data).fields if field.canonical in self._names]
        found = self._line.findall(data, 0, end[0]) if self._line is not None else []
        return [value.strip(_LWS).decode("utf-8", "replace") for value in found]


def _plain_end(data: bytes) -> tuple[int, int] | None:
    """Where a header part without peculiarities ends, and where the body begins; None for any other."""
    end = _HEADER_END.search(data)
    if end is None or data[:1] in (b"\r", b"\n") or _STRANGE.search(data, 0, end.start() + 1) is not None:
        return None
    return end.start() + 1, end.end()
