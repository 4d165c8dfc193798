"""The facts that every message of a capture gives, and how to have them."""

from msgspec import Struct

from sipview.sip.skimmed_message import skim_values


class Facts(Struct, frozen=True, gc=False):
    """What transactions, dialogs and calls are built from (RFC 3261 12, 17).

    A request has ``method`` and ``request_uri``; a response has ``status`` (100 to 699, or what was written) and
    ``reason``. ``cseq_method`` is the method as written in CSeq, ``cseq_number`` is None where it is missing or no number.
    ``from_uri`` and ``to_uri`` are the address-of-record as sent: the URI without display name, without URI parameters and
    headers (``sip:101@pbx``); ``branch`` is that of the topmost Via. Missing things are None, or "" for texts.
    ``has_credentials``: the request carries Authorization or Proxy-Authorization. ``sdp``: a session
    description is in the body. ``expires``: the Expires header. ``user_agent``: User-Agent, or Server of a response.
    ``reason_header``: Reason (RFC 3326) as sent. ``problems`` are sentences, the worst first; the full parser says where.

    A struct, since there are hundreds of thousands: it is made, and asked, in half the time of a named tuple.
    """

    method: str | None
    request_uri: str
    status: int | None
    reason: str | None
    call_id: str
    cseq_number: int | None
    cseq_method: str
    from_uri: str
    from_tag: str
    to_uri: str
    to_tag: str
    branch: str
    via_sent_by: str
    user_agent: str
    has_credentials: bool
    sdp: bool
    expires: int | None
    reason_header: str
    problems: tuple[str, ...]


def skim(data: bytes) -> Facts:
    """Take the facts from the bytes of one SIP message; never raises, whatever the bytes are."""
    return Facts(*skim_values(data))
