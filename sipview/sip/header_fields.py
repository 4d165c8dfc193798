"""Cutting the header part into fields, and fields into values (RFC 3261 7.3)."""

import re

from sipview.sip import faults as say
from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.message import HeaderField, HeaderValue
from sipview.sip.octets import Octets
from sipview.sip.registry import CANONICAL_NAMES, NAME_ADDRS

_HEADER_END = re.compile(r"\n\r?\n")
_LINE = re.compile(r"[^\n]*+(?:\n[ \t][^\n]*+)*+\n?")


def header_part(message: Octets, faults: Faults) -> tuple[Octets, int]:
    """The start line and header fields with their line ends, and the offset where the body begins."""
    end = _HEADER_END.search(message.latin)
    if end is None:
        fault(faults, "no-empty-line", message.cut(len(message.latin)), say.HEADER_CUT)
        return message, message.end
    return message.cut(0, end.start() + 1), message.start + end.end()


def first_line(header: Octets) -> Octets:
    """The start line without its line end."""
    end = header.latin.find("\n")
    return _without_line_end(header.cut(0, end + 1 if end >= 0 else None))


def read_fields(lines: Octets, faults: Faults) -> list[HeaderField]:
    """The header fields, each with its continuation lines. A line without a name is a field with an empty name."""
    found: list[HeaderField] = []
    at = 0
    while at < len(lines.latin):
        match = _LINE.match(lines.latin, at)
        end = match.end() if match else len(lines.latin)
        found.append(read_field(_without_line_end(lines.cut(at, end)), faults))
        at = end
    return found


def read_field(line: Octets, faults: Faults) -> HeaderField:
    """One header field with its continuation lines, without the line end behind it."""
    colon = line.latin.find(":")
    name = line.cut(0, max(colon, 0))
    if colon < 0 or "\n" in name.latin:
        fault(faults, "no-colon", line, f"There is no colon in the header line {shortened(str(line))}.")
        name, value = line.cut(0, 0), line.strip()
    else:
        name = name.strip()
        value = line.cut(colon + 1).strip()
        if not name.is_token:
            fault(faults, "bad-field-name", name, f"{shortened(str(name))} is no name of a header field.")
    written = str(name)
    return HeaderField(
        name=written,
        canonical=CANONICAL_NAMES.get(name.latin.lower(), written),
        value=str(value),
        start=line.start,
        end=line.end,
        value_start=value.start,
        value_end=value.end,
        raw=value.latin.encode("latin-1"),
    )


def _without_line_end(line: Octets) -> Octets:
    length = len(line.latin)
    if line.latin.endswith("\r\n"):
        length -= 2
    elif line.latin.endswith("\n"):
        length -= 1
    return line.cut(0, length)


def field_value(field: HeaderField) -> Octets:
    """The value's bytes as sent, with their place in the message."""
    return Octets.of(field.raw, field.value_start)


def value_pieces(field: HeaderField) -> list[Octets]:
    """The comma-separated pieces of a value, empty ones included."""
    return field_value(field).split(",", comments=field.canonical not in NAME_ADDRS and field.canonical != "Via")


def split_values(field: HeaderField) -> tuple[HeaderValue, ...]:
    """The comma-separated values of a header field; commas in quotes, in angle brackets and in comments do not count.

    Comments count only where the grammar has them: in a URI without angle brackets a parenthesis is an ordinary character.
    Empty values (RFC 4475 3.1.2.1) are left out.
    """
    return tuple(HeaderValue(field, str(piece), piece.start, piece.end) for piece in value_pieces(field) if piece)
