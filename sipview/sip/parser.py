"""The full parser: bytes of one message to a `Message`, with every fault as a `Problem` that names its bytes."""

from sipview.sip.message import HeaderField, HeaderValue, Message
from sipview.sip.sdp import SessionDescription
from sipview.sip.uri import NameAddr
from sipview.sip.values import Authentication, CSeq, Via


def parse(data: bytes) -> Message:
    """Parse one message as it came in a datagram or was cut out of a stream; never raises.

    Leading CRLFs are passed over (RFC 3261 7.5). Bytes that are no SIP message give a Message whose start line is as far
    as it could be read, and a problem that says so.
    """
    raise NotImplementedError


def split_values(field: HeaderField) -> tuple[HeaderValue, ...]:
    """The comma-separated values of a header field; commas in quotes, in angle brackets and in comments do not count."""
    raise NotImplementedError


def name_addrs(message: Message, canonical: str) -> tuple[NameAddr, ...]:
    """All name-addr values of the header fields of that name, in order."""
    raise NotImplementedError


def vias(message: Message) -> tuple[Via, ...]:
    """All Via values, topmost first."""
    raise NotImplementedError


def cseq(message: Message) -> CSeq | None:
    """The CSeq, or None where it is missing or unreadable."""
    raise NotImplementedError


def authentications(message: Message, canonical: str) -> tuple[Authentication, ...]:
    """All challenges or credentials of that header name."""
    raise NotImplementedError


def session_description(message: Message) -> SessionDescription | None:
    """The session description in the body (also as a part of a multipart body, RFC 5621), or None."""
    raise NotImplementedError
