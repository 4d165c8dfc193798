"""What a ladder draws, before it has places: one event a message."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

from sipview.calls import Conversations, Observed
from sipview.ladder.reason import reason_in_words
from sipview.sip import Facts
from sipview.values import Endpoint

# Methods that are for somebody: their label names the user of the Request-URI. Those inside a dialog (ACK, BYE, ...) go to
# the peer's Contact, whose user part says nothing to a reader.
_CHALLENGES = frozenset({401, 407})
_FOR_SOMEBODY = frozenset({"INVITE", "MESSAGE", "OPTIONS", "PUBLISH", "REFER", "SUBSCRIBE"})


@dataclass(frozen=True, slots=True)
class LadderEvent:
    """One message between two ends.

    ``position`` is the message's; ``title`` is the method (with whom it is for) or status and reason; ``detail`` the
    essential in few words (codecs of the SDP and its address, reason of a hang-up); ``leg`` counts Call-IDs from 0 within
    the drawing and ``transaction`` requests from 0 within their leg, and both choose the colour role; ``retransmission``
    marks a repetition; ``request`` draws a solid line, a response a dashed one. ``method`` is that of CSeq, which a
    response has as well; ``cseq`` is the whole, for the tooltip. ``credentials`` says that a request answers a challenge;
    ``media`` are the lines of its SDP in short, one a stream. ``undelivered`` is why it did not arrive, where the network told.

    A transaction here is what a reader takes for one: an ACK and a CANCEL belong to their INVITE, all hops of a request
    through proxies are one (RFC 3261 16.6: a proxy changes neither CSeq nor the tags), and a request that is repeated with
    the password that was asked for is the one before (RFC 3261 22.2: all of it but CSeq and the credentials stays).
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
    method: str = ""
    cseq: str = ""
    credentials: bool = False
    media: tuple[str, ...] = ()
    undelivered: str = ""


def events_of(
    positions: Sequence[int],
    messages: Sequence[Observed],
    conversations: Conversations,
    details: Mapping[int, str],
    media: Mapping[int, tuple[str, ...]] = MappingProxyType({}),
    undelivered: Mapping[int, str] = MappingProxyType({}),
) -> tuple[LadderEvent, ...]:
    """The events of these messages in order of time.

    By position: ``details`` are the short texts (SDP summary), ``media`` what the SDP says stream by stream,
    ``undelivered`` what the network says of those that did not arrive.
    """
    chosen = sorted((messages[position] for position in positions), key=lambda seen: (seen.time_ns, seen.position))
    legs: dict[str, int] = {}
    transactions: list[dict[object, int]] = []
    numbers: list[Iterator[int]] = []
    challenged: dict[tuple[int, str, str], int] = {}  # by leg, sender and method
    events = []
    for seen in chosen:
        facts, position = seen.facts, seen.position
        leg = legs.setdefault(facts.call_id, len(legs))
        if leg == len(transactions):
            transactions.append({})
            numbers.append(count())
        known = transactions[leg]
        if facts.cseq_number is None:
            key: object = conversations.transactions[position]
        else:
            key = (facts.from_tag, facts.cseq_number)
        sender = (leg, facts.from_tag, facts.cseq_method)
        if key not in known:
            repeated = challenged.pop(sender, None) if facts.method is not None and facts.has_credentials else None
            known[key] = next(numbers[leg]) if repeated is None else repeated
        transaction = known[key]
        if facts.status in _CHALLENGES:
            challenged[sender] = transaction
        events.append(
            LadderEvent(
                position=position,
                time_ns=seen.time_ns,
                source=seen.source,
                destination=seen.destination,
                title=_title(facts),
                detail=_detail(facts, details.get(position, "")),
                leg=leg,
                transaction=transaction,
                request=facts.method is not None,
                retransmission=conversations.retransmission_of[position] >= 0,
                status=facts.status,
                method=facts.cseq_method or facts.method or "",
                cseq=f"{'?' if facts.cseq_number is None else facts.cseq_number} {facts.cseq_method}".rstrip(),
                credentials=facts.method is not None and facts.has_credentials,
                media=media.get(position, ()),
                undelivered=undelivered.get(position, ""),
            )
        )
    return tuple(events)


def _title(facts: Facts) -> str:
    if facts.method is None:
        return f"{'?' if facts.status is None else facts.status} {facts.reason or ''}".rstrip()
    if facts.method == "INVITE" and facts.to_tag:
        return "re-INVITE"  # inside its dialog (RFC 3261 14), where the Request-URI is the peer's Contact
    if facts.method == "REGISTER":
        user = user_of(facts.to_uri)  # its Request-URI names the registrar's domain only (RFC 3261 10.2)
    elif facts.method in _FOR_SOMEBODY and not facts.to_tag:
        user = user_of(facts.request_uri)
    else:
        user = ""
    return f"{facts.method} {user}".rstrip()


def _detail(facts: Facts, given: str) -> str:
    words = []
    if facts.method is not None:
        if facts.has_credentials:
            words.append("with credentials")
    elif facts.status in _CHALLENGES:
        words.append("password asked")
    elif facts.status is not None and facts.status >= 200 and facts.cseq_method != "INVITE":
        words.append(f"for {facts.cseq_method}")
    if given:
        words.append(given)
    elif facts.sdp:
        words.append("SDP")
    if facts.reason_header:
        words.append(reason_in_words(facts.reason_header))
    return " · ".join(word for word in words if word)


def user_of(uri: str) -> str:
    """The user part of a SIP URI, or the number of a tel URI, as sent; "" where there is none (RFC 3261 19.1.1, RFC 3966)."""
    scheme, colon, rest = uri.partition(":")
    if not colon:
        return ""
    if scheme.lower() == "tel":
        return rest.partition(";")[0]
    user, at, _host = rest.partition("@")
    if not at:
        return ""
    return user.partition(":")[0].partition(";")[0]
