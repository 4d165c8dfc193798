"""The values of this room: where a message was seen, and what one part of it means."""

from dataclasses import dataclass

from sipview.values import Endpoint, Transport


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a message was seen, as far as known: pasted text has no endpoints."""

    source: Endpoint | None = None
    destination: Endpoint | None = None
    transport: Transport | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part of a message: what it is, what it says, what that means here.

    ``start``/``end`` span its bytes in the message, which are ``value`` as text. ``reference`` names the section that
    each sentence of ``explanation`` stands on, separated by ``; ``. ``problems`` are sentences about what is wrong with
    this part. ``more`` tells what such a part is in general, for who never met one; it may be empty.
    Children lie within their parent's span, in order and apart from each other.
    """

    field: str
    value: str
    explanation: str
    reference: str
    start: int
    end: int
    children: tuple["Explanation", ...] = ()
    problems: tuple[str, ...] = ()
    more: str = ""
