"""The nouns of conversations: what came in (`Observed`), and what it amounts to (`Call`, `Leg`, `Conversation`).

They are frozen `msgspec.Struct`s: one is made in a tenth of the time of a frozen dataclass, which sets its fields one by one
through a function, and there are hundreds of thousands.
"""

from enum import StrEnum

from msgspec import Struct

from sipview.sip import Facts
from sipview.values import Endpoint, Transport


class Observed(Struct, frozen=True, gc=False):
    """One SIP message as it was seen on the wire. ``position`` counts messages from 0, ``row`` counts packets from 0."""

    position: int
    row: int
    time_ns: int
    source: Endpoint
    destination: Endpoint
    transport: Transport
    facts: Facts


class CallState(StrEnum):
    """How a call stands when the capture ends, as its caller saw it."""

    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no-answer"
    REDIRECTED = "redirected"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


class DialogState(StrEnum):
    """RFC 3261 12: a dialog is early with a provisional response that has a To tag, confirmed with a 2xx."""

    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class Side(StrEnum):
    """Who did something in a call."""

    CALLER = "caller"
    CALLEE = "callee"


class Dialog(Struct, frozen=True):
    """One dialog of a leg: Call-ID and both tags (RFC 3261 12). A forked INVITE has several in one leg."""

    call_id: str
    from_tag: str
    to_tag: str
    state: DialogState


class Leg(Struct, frozen=True):
    """One Call-ID of a call: what one user agent client and the user agents that it reached said to each other.

    ``source`` sent the first INVITE and ``destination`` got it; ``from_uri``/``to_uri`` as sent in it; ``messages`` are
    positions of its messages in order of time.
    """

    call_id: str
    source: Endpoint
    destination: Endpoint
    from_uri: str
    to_uri: str
    state: CallState
    status: int | None
    dialogs: tuple[Dialog, ...]
    messages: tuple[int, ...]


class Call(Struct, frozen=True):
    """One conversation attempt as a person would count it.

    ``number`` counts calls from 1 in order of start. ``caller``/``callee`` are the user parts of From and To, else the
    URIs. ``status``/``reason`` are those of the final response to the INVITE. ``ring_delay_ns`` is from the INVITE (the
    first, before a challenge) to the first 18x; ``talk_time_ns`` from the 2xx to the BYE. ``joined_by`` says in words why
    legs were joined; ``missing`` what was not captured, where the state is incomplete.
    """

    number: int
    start_ns: int
    end_ns: int
    caller: str
    callee: str
    state: CallState
    status: int | None
    reason: str | None
    hung_up_by: Side | None
    ring_delay_ns: int | None
    talk_time_ns: int | None
    legs: tuple[Leg, ...]
    joined_by: tuple[str, ...]
    missing: str
    messages: tuple[int, ...]


class ConversationKind(StrEnum):
    """What people do with SIP besides calling."""

    REGISTRATION = "registration"
    KEEPALIVE = "options"
    SUBSCRIPTION = "subscription"
    PUBLICATION = "publication"
    MESSAGE = "message"
    OTHER = "other"


class Conversation(Struct, frozen=True):
    """A Call-ID that is no call: a registration, OPTIONS, SUBSCRIBE and its NOTIFYs, MESSAGE, PUBLISH.

    ``outcome`` is a short phrase for people (``registered for 3600 s``, ``refused: 403 Forbidden``, ``no reply``).
    ``failed`` tells whether it ended badly.
    """

    kind: ConversationKind
    call_id: str
    start_ns: int
    end_ns: int
    source: Endpoint
    destination: Endpoint
    from_uri: str
    to_uri: str
    status: int | None
    outcome: str
    failed: bool
    messages: tuple[int, ...]


class Conversations(Struct, frozen=True):
    """Everything the messages so far amount to.

    ``transactions[position]`` is a number that all messages of one transaction share (an ACK to a non-2xx is in its
    INVITE's, RFC 3261 17.1.1.3; a CANCEL has its own); ``retransmission_of[position]`` is the position of the original, or -1.
    """

    calls: tuple[Call, ...]
    others: tuple[Conversation, ...]
    transactions: tuple[int, ...]
    retransmission_of: tuple[int, ...]
