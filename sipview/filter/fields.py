"""What a display filter can name: fields, their types, and what to say of a name that is none."""

import difflib
import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache


class FieldType(StrEnum):
    """What values a field has; the value is how a sentence calls it.

    In columns a time is a whole number of nanoseconds (a moment since the epoch, a span since its start), a boolean 0 or
    1, an address its text. A protocol is there or not; a `CONTENT` protocol can also be searched as text.
    """

    PROTOCOL = "protocol"
    CONTENT = "protocol with text"
    UNSIGNED = "whole number"
    BOOLEAN = "True or False"
    SPAN = "number of seconds"
    MOMENT = "date and time"
    IPV4 = "IPv4 address"
    IPV6 = "IPv6 address"
    TEXT = "text"


class Origin(IntEnum):
    """Where a field's values come from, in the order of what they cost: the cheap side of an ``&&`` is asked first.

    `MESSAGE` fields are known of every message after the skim, `PACKET` fields are columns over all packets, `CALL`
    fields are those of the call that a packet belongs to, `HEADER` fields need the message parsed in full, and `BODY`
    fields its text.
    """

    MESSAGE = 0
    PACKET = 1
    CALL = 2
    HEADER = 3
    BODY = 4


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name as Wireshark spells it, and what a completion says of it.

    ``largest`` bounds the values of an `UNSIGNED` field. ``header`` is the name of the SIP header field whose values
    these are, where the field is a whole header field value. ``examples`` are values as one would write them in a filter.
    """

    name: str
    type: FieldType
    origin: Origin
    description: str
    examples: tuple[str, ...] = ()
    largest: int = 0xFFFF_FFFF
    header: str | None = None


_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*")
"""A header field name as far as a filter can write it (RFC 3261 25.1 ``token``, without the rarer marks)."""

_NEAR_MISS = 0.82
"""Similarity from which an unknown header name counts as a misspelt one; ``X-`` names are never misspelt."""


@lru_cache(maxsize=1)
def fields() -> dict[str, Field]:
    """All fields of the table by name."""
    from sipview.filter.field_table import FIELDS  # noqa: PLC0415  # the table is written in terms of this module

    return {field.name: field for field in FIELDS}


def find_field(name: str) -> Field | None:
    """The field of that name; ``sip.X-Anything`` is a header field even where no table knows it."""
    known = fields().get(name)
    if known is not None or not name.startswith("sip."):
        return known
    header = name.removeprefix("sip.")
    if not _TOKEN.fullmatch(header) or (not header.upper().startswith("X-") and _similar_header(header)):
        return None
    return Field(name, FieldType.TEXT, Origin.HEADER, f"The {header} header field", header=header)


def suggest_field(name: str) -> str | None:
    """The name that somebody probably meant, or None."""
    by_fold = {known.casefold(): known for known in fields()}
    folded = name.casefold()
    if folded in by_fold:
        return by_fold[folded]
    for field in fields().values():
        if field.header is not None and f"sip.{field.header}".casefold() == folded:
            return field.name
    if name.startswith("sip.") and (similar := _similar_header(name.removeprefix("sip."))):
        return similar
    close = difflib.get_close_matches(folded[:80], by_fold, n=1, cutoff=0.7)
    return by_fold[close[0]] if close else None


def _similar_header(header: str) -> str | None:
    """The field that a ``sip.`` name was probably meant to be, by what stands after the dot."""
    known = {name.removeprefix("sip.").casefold(): name for name in fields() if name.startswith("sip.")}
    known |= {field.header.casefold(): field.name for field in fields().values() if field.header}
    close = difflib.get_close_matches(header.casefold()[:80], known, n=1, cutoff=_NEAR_MISS)
    return known[close[0]] if close else None
