"""What a ladder draws, before it has places: one event a message."""

from collections.abc import Sequence
from dataclasses import dataclass

from sipview.calls import Conversations, Observed
from sipview.values import Endpoint


@dataclass(frozen=True, slots=True)
class LadderEvent:
    """One message between two ends.

    ``position`` is the message's; ``title`` is the method (with whom it is for) or status and reason; ``detail`` the
    essential in few words (codecs of the SDP and its address, reason of a hang-up); ``leg`` and ``transaction`` count from 0
    within the drawing and choose the colour role; ``retransmission`` marks a repetition; ``request`` draws a solid line, a
    response a dashed one.
    """

    position: int
    time_ns: int
    source: Endpoint
    destination: Endpoint
    title: str
    detail: str
    leg: int
    transaction: int
    request: bool
    retransmission: bool
    status: int | None


def events_of(
    positions: Sequence[int], messages: Sequence[Observed], conversations: Conversations, details: dict[int, str]
) -> tuple[LadderEvent, ...]:
    """The events of these messages in order of time; ``details`` are the short texts by position (SDP summary)."""
    raise NotImplementedError
