"""Which legs are one call: the place where a B2BUA's two legs come together.

A leg is one Call-ID. Today every leg is a call of its own; what joins legs (a B2BUA, a transfer) is to be decided here and
nowhere else, and said in words in ``reasons``.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sipview.calls.legs import JudgedLeg
from sipview.calls.model import Call, Leg


class Joined(NamedTuple):
    """The legs of one call, the caller's first, and why they belong together."""

    legs: tuple[JudgedLeg, ...]
    reasons: tuple[str, ...] = ()


def group_legs(legs: Iterable[JudgedLeg]) -> list[Joined]:
    """Group legs (in order of start) into calls, in order of start."""
    return [Joined((leg,)) for leg in legs]


def call_of(number: int, joined: Joined) -> Call:
    """The call that these legs make up; its story is that of the first leg, the caller's."""
    caller_leg = joined.legs[0]
    leg = caller_leg.leg
    if len(joined.legs) == 1:
        legs: tuple[Leg, ...] = (leg,)
        messages, end_ns = leg.messages, caller_leg.end_ns
    else:
        legs = tuple(judged.leg for judged in joined.legs)
        messages = tuple(sorted(position for member in legs for position in member.messages))
        end_ns = max(judged.end_ns for judged in joined.legs)
    return Call(
        number=number,
        start_ns=caller_leg.start_ns,
        end_ns=end_ns,
        caller=user_or_uri(leg.from_uri),
        callee=user_or_uri(leg.to_uri),
        state=leg.state,
        status=leg.status,
        reason=caller_leg.reason,
        hung_up_by=caller_leg.hung_up_by,
        ring_delay_ns=caller_leg.ring_delay_ns,
        talk_time_ns=caller_leg.talk_time_ns,
        legs=legs,
        joined_by=joined.reasons,
        missing=caller_leg.missing,
        messages=messages,
    )


def user_or_uri(uri: str) -> str:
    """The user part of a sip or sips URI, the number of a tel URI, else the URI; escapes stay as sent."""
    scheme, _, rest = uri.partition(":")
    match scheme.lower():
        case "sip" | "sips":
            userinfo = rest.rpartition("@")[0]
            return userinfo.partition(":")[0] or uri
        case "tel":
            return rest.partition(";")[0] or uri
    return uri
