"""The explanation of one message as a tree."""

from dataclasses import dataclass

from sipview.explain.catalogue import Catalogue
from sipview.sip import Message
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

    ``start``/``end`` span its bytes in the message. ``problems`` are sentences about what is wrong with this part.
    """

    field: str
    value: str
    explanation: str
    reference: str
    start: int
    end: int
    children: tuple["Explanation", ...] = ()
    problems: tuple[str, ...] = ()


def explain(message: Message, setting: Setting, catalogue: Catalogue) -> tuple[Explanation, ...]:
    """Explain every part of a message: start line, each header field with its parts, the body with each SDP line."""
    raise NotImplementedError
