"""What is wrong with some bytes, as a value: input is hostile by default, so this is a result and not an exception."""

from typing import NamedTuple


class Problem(NamedTuple):
    """A named fault in input bytes.

    ``kind`` is a stable lower-case name (``cut-record``, ``no-call-id``); ``start`` and ``end`` are the byte span that it
    concerns, within the file for a capture and within the message for SIP (``start == end`` marks a place); ``text`` is a
    whole sentence for people. ``frame`` is the number of the packet, from 1, where there is one.
    """

    kind: str
    start: int
    end: int
    text: str
    frame: int | None = None
