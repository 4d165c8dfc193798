"""A language to script calls: it reads like the protocol, and gives what the tracker takes.

::

    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    call = anna.calls(ben)
    invite = call.invite()
    script.wait(0.1)
    invite.answered(180)
    script.wait(3)
    invite.answered(200)
    call.ack(invite)
    script.wait(20)
    call.bye(by=ben).answered(200)

    script.calls()[0].state  # completed

``anna.calls(ben, through=[proxy])`` puts every message on each hop of the way, as a capture beside the proxy sees it.
Answers and requests come 1 ms apart; `Script.wait` lets time pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import count, pairwise
from typing import Any, Self

from msgspec import structs

from sipview.calls import Call, Conversation, Conversations, Observed, Tracker
from sipview.sip import Facts
from sipview.values import NANOSECONDS, Endpoint, Transport

START_NS = 1_700_000_000 * NANOSECONDS
_MESSAGE_NS = NANOSECONDS // 1000

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    302: "Moved Temporarily",
    407: "Proxy Authentication Required",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    600: "Busy Everywhere",
    603: "Decline",
    607: "Unwanted",
}
"""Reason phrases of RFC 3261 21 that HTTP does not share."""

BLANK = Facts(
    method=None,
    request_uri="",
    status=None,
    reason=None,
    call_id="",
    cseq_number=None,
    cseq_method="",
    from_uri="",
    from_tag="",
    to_uri="",
    to_tag="",
    branch="",
    via_sent_by="",
    user_agent="",
    has_credentials=False,
    sdp=False,
    expires=None,
    reason_header="",
    problems=(),
)


class Script:
    """A capture in the making: a clock, and the messages so far."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self.messages: list[Observed] = []
        self.fresh = count(1)  # numbers for branches, tags and Call-IDs

    def phone(self, name: str, address: str = "", port: int = 5060) -> "Phone":
        """A user agent (or proxy, or registrar) of that name; without ``address`` it gets one of its own."""
        return Phone(self, name, Endpoint(address or f"10.0.0.{next(self.fresh)}", port))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += round(seconds * NANOSECONDS)

    def see(self, source: Endpoint, destination: Endpoint, facts: Facts, transport: Transport = Transport.UDP) -> Observed:
        """Capture one message."""
        position = len(self.messages)
        observed = Observed(position, 2 * position, self.now_ns, source, destination, transport, facts)
        self.messages.append(observed)
        self.now_ns += _MESSAGE_NS
        return observed

    def conversations(self) -> Conversations:
        """What a tracker makes of it all, the capture ending now."""
        tracker = Tracker()
        for observed in self.messages:
            tracker.add(observed)
        return tracker.conversations(self.now_ns)

    def calls(self) -> tuple[Call, ...]:
        """The calls."""
        return self.conversations().calls

    def call(self) -> Call:
        """The only call."""
        (call,) = self.calls()
        return call

    def other(self) -> Conversation:
        """The only conversation, which is no call."""
        conversations = self.conversations()
        assert conversations.calls == ()
        (other,) = conversations.others
        return other

    def without(self, *lost: Observed) -> Self:
        """The same capture in which these messages are missing."""
        left = [observed for observed in self.messages if observed not in lost]
        self.messages = [structs.replace(observed, position=position) for position, observed in enumerate(left)]
        return self


@dataclass(frozen=True)
class Phone:
    """One end of a dialog, or an element on the way."""

    script: Script
    name: str
    at: Endpoint

    @property
    def uri(self) -> str:
        """Its address-of-record."""
        return f"sip:{self.name}@example.org"

    def calls(self, callee: "Phone", through: Sequence["Phone"] = (), call_id: str = "") -> "Dialogue":
        """Begin to talk under a Call-ID of its own."""
        number = next(self.script.fresh)
        return Dialogue(self, callee, tuple(through), call_id or f"call-{number}@{self.at.address}", f"from-{number}")

    asks = calls


@dataclass
class Dialogue:
    """What two ends say to each other under one Call-ID."""

    caller: Phone
    callee: Phone
    through: tuple[Phone, ...]
    call_id: str
    from_tag: str
    to_tag: str = ""
    cseq: dict[str, int] = field(default_factory=lambda: {"caller": 100, "callee": 9000})

    def invite(self, **facts: Any) -> "Request":
        """An INVITE that begins the call: no To tag, the next CSeq."""
        facts.setdefault("to_tag", "")
        return self.request("INVITE", self.caller, **facts)

    def reinvite(self, by: Phone | None = None) -> "Request":
        """An INVITE within the dialog (RFC 3261 14)."""
        return self.request("INVITE", by)

    def ack(self, invite: "Request", **facts: Any) -> "Request":
        """The ACK: to a 2xx a request of its own on the whole way, else in the transaction of its INVITE, hop by hop."""
        if invite.last_status < 300:
            facts.setdefault("cseq_number", invite.hops[0].facts.cseq_number)
            return self.request("ACK", invite.sender, **facts)
        return replace(invite, hops=[]).sent_like(invite, "ACK", to_tag=invite.to_tag or self.to_tag, **facts)

    def cancel(self, invite: "Request", **facts: Any) -> "Request":
        """A CANCEL: same branch and CSeq number as its INVITE, on each hop (9.1)."""
        return replace(invite, hops=[]).sent_like(invite, "CANCEL", **facts)

    def bye(self, by: Phone | None = None, **facts: Any) -> "Request":
        """A BYE by one of the two."""
        return self.request("BYE", by, **facts)

    def request(self, method: str, by: Phone | None = None, **facts: Any) -> "Request":
        """Any request, of the caller unless ``by`` says otherwise, seen on every hop."""
        sender = by or self.caller
        backwards = sender is self.callee
        side = "callee" if backwards else "caller"
        if "cseq_number" not in facts:
            self.cseq[side] += 1
        told = structs.replace(
            BLANK,
            method=method,
            request_uri=self.callee.uri,
            call_id=self.call_id,
            cseq_number=self.cseq[side],
            cseq_method=method,
            from_uri=(self.callee if backwards else self.caller).uri,
            from_tag=self.to_tag if backwards else self.from_tag,
            to_uri=(self.caller if backwards else self.callee).uri,
            to_tag=self.from_tag if backwards else self.to_tag,
        )
        told = structs.replace(told, **facts)
        path = [self.caller, *self.through, self.callee]
        request = Request(self, sender)
        request.travel(list(reversed(path)) if backwards else path, told)
        return request


@dataclass
class Request:
    """A request on its way; ``hops`` is the message as seen on each hop, the sender's first."""

    dialogue: Dialogue
    sender: Phone
    hops: list[Observed] = field(default_factory=list)
    last_status: int = 0
    to_tag: str = ""
    responses: list[Observed] = field(default_factory=list)

    def travel(self, path: Sequence[Phone], facts: Facts) -> None:
        """Go from each element to the next, each putting its own Via on top."""
        script = self.dialogue.caller.script
        for element, following in pairwise(path):
            branch = facts.branch or f"z9hG4bK-{next(script.fresh)}"
            told = structs.replace(facts, branch=branch, via_sent_by=facts.via_sent_by or str(element.at))
            self.hops.append(script.see(element.at, following.at, told))

    def sent_like(self, invite: "Request", method: str, **facts: Any) -> "Request":
        """Go the way of that INVITE with its branches (ACK to a refusal, CANCEL)."""
        for hop in invite.hops:
            told = structs.replace(hop.facts, method=method, cseq_method=method, sdp=False)
            told = structs.replace(told, **facts)
            self.hops.append(self.dialogue.caller.script.see(hop.source, hop.destination, told))
        return self

    def again(self, hop: int = 0) -> Observed:
        """Send it again on one hop, word for word."""
        seen = self.hops[hop]
        return self.dialogue.caller.script.see(seen.source, seen.destination, seen.facts)

    def answered(self, status: int, tag: str | None = None, **facts: Any) -> Self:
        """Get a response, seen on every hop on its way back; it sets the To tag of an initial INVITE's dialog."""
        dialogue = self.dialogue
        asked = self.hops[0].facts
        to_tag = asked.to_tag
        if not to_tag and status > 100:
            to_tag = tag if tag is not None else self.to_tag or f"to-{next(dialogue.caller.script.fresh)}"
            self.to_tag = to_tag
            if asked.method == "INVITE" and status < 300:
                dialogue.to_tag = to_tag
        self.last_status = status
        for hop in reversed(self.hops):
            told = structs.replace(
                hop.facts,
                method=None,
                request_uri="",
                status=status,
                reason=REASONS.get(status) or HTTPStatus(status).phrase,
                to_tag=to_tag,
                has_credentials=False,
                expires=None,
            )
            told = structs.replace(told, **facts)
            self.responses.append(dialogue.caller.script.see(hop.destination, hop.source, told))
        return self

    def response_again(self, response: int = -1) -> Observed:
        """Send one of the responses again."""
        seen = self.responses[response]
        return self.dialogue.caller.script.see(seen.source, seen.destination, seen.facts)
