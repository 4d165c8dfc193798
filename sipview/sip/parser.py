"""The full parser: bytes of one message to a `Message`, with every fault as a `Problem` that names its bytes."""

import re
from dataclasses import replace

from sipview.sip import faults as say
from sipview.sip.authentication import read_authentication
from sipview.sip.checks import check
from sipview.sip.content import SDP, SIP_FRAGMENT, body_parts
from sipview.sip.cseq import read_cseq
from sipview.sip.faults import Faults, fault
from sipview.sip.header_fields import field_value, first_line, header_part, read_fields, split_values, value_pieces
from sipview.sip.message import HeaderField, Message
from sipview.sip.name_addr import read_name_addr
from sipview.sip.octets import TOKEN, Octets, number
from sipview.sip.registry import LISTS
from sipview.sip.sdp import SessionDescription, parse_sdp
from sipview.sip.start_line import read_start_line
from sipview.sip.uri import NameAddr
from sipview.sip.values import Authentication, CSeq, Via
from sipview.sip.via import read_via

__all__ = [
    "authentications",
    "cseq",
    "fragment",
    "name_addrs",
    "parse",
    "read_message",
    "session_description",
    "split_values",
    "vias",
]

LARGEST_LENGTH = 2**32 - 1
_FIELD_LINE = re.compile(rf"{TOKEN.pattern}[ \t]*:")


def parse(data: bytes) -> Message:
    """Parse one message as it came in a datagram or was cut out of a stream; never raises.

    Leading CRLFs are passed over (RFC 3261 7.5). Bytes that are no SIP message give a Message whose start line is as far
    as it could be read, and a problem that says so. Problems stand in the order of their bytes.
    """
    faults: Faults = []
    message = _read(data, faults)
    check(message, faults)
    return replace(
        message, problems=tuple(sorted(_worth_telling(faults, message), key=lambda problem: (problem.start, problem.end)))
    )


def read_message(data: bytes) -> Message:
    """The message that `parse` gives, without its problems: what header fields say is not looked at, and that is most of
    the time. For who reads thousands of messages to find some.
    """
    return _read(data, [])


def _read(data: bytes, faults: Faults) -> Message:
    header, body_start = header_part(Octets.of(data).cut(len(data) - len(data.lstrip(b"\r\n"))), faults)
    start_line = read_start_line(first_line(header), faults)
    fields = tuple(read_fields(_behind_first_line(header), faults))
    return Message(data, start_line, fields, body_start, body_end(fields, body_start, len(data), faults), ())


def _worth_telling(faults: Faults, message: Message) -> Faults:
    """The faults without those that only follow from another: the bytes are no SIP, or the last field is half a field."""
    kinds = {problem.kind for problem in faults}
    if "not-sip" in kinds:
        return [problem for problem in faults if problem.kind == "not-sip"]
    if "no-empty-line" in kinds and message.fields and not message.data.endswith(b"\n"):
        start = message.fields[-1].start
        return [problem for problem in faults if problem.start < start or problem.kind in ("no-empty-line", "repeated-field")]
    return faults


def fragment(message: Message) -> Message | None:
    """The piece of SIP in a ``message/sipfrag`` body (RFC 3420), such as a NOTIFY about a transfer carries, or None.

    Its ``data`` and spans are those of the whole message. A fragment may lack its start line: the request line has the
    method "" then. What else a fragment leaves out is no problem.
    """
    part = next((part for part in body_parts(message) if part.media_type and part.media_type.name == SIP_FRAGMENT), None)
    if part is None:
        return None
    whole = Octets.of(message.data[part.start : part.end], part.start)
    faults: Faults = []
    header, body_start = header_part(whole, [])
    if _FIELD_LINE.match(header.latin):
        start_line = read_start_line(header.cut(0, 0), [])
        fields = read_fields(header, faults)
    else:
        start_line = read_start_line(first_line(header), faults)
        fields = read_fields(_behind_first_line(header), faults)
    return Message(message.data, start_line, tuple(fields), body_start, part.end, tuple(faults))


def _behind_first_line(header: Octets) -> Octets:
    return header.cut(header.latin.find("\n") + 1 or len(header.latin))


def body_end(fields: tuple[HeaderField, ...], body_start: int, data_end: int, faults: Faults) -> int:
    """Where the body ends: as Content-Length says, or with the data where that is missing, no number or too large."""
    field = next((field for field in fields if field.canonical == "Content-Length"), None)
    if field is None:
        return data_end
    value = field_value(field)
    length = number(value.latin, LARGEST_LENGTH)
    if length is None:
        fault(faults, "bad-content-length", value, say.bad_content_length(str(value)))
        return data_end
    if length > data_end - body_start:
        fault(faults, "body-cut", value, say.body_cut(length, data_end - body_start))
        return data_end
    return body_start + length


def name_addrs(message: Message, canonical: str) -> tuple[NameAddr, ...]:
    """All name-addr values of the header fields of that name, in order; empty values of a list are left out."""
    found: list[NameAddr] = []
    for field in message.named(canonical):
        pieces = [piece for piece in value_pieces(field) if piece] if canonical in LISTS else [field_value(field)]
        found += [read_name_addr(piece, []) for piece in pieces]
    return tuple(found)


def vias(message: Message) -> tuple[Via, ...]:
    """All Via values, topmost first."""
    return tuple(read_via(piece, []) for field in message.named("Via") for piece in value_pieces(field) if piece)


def cseq(message: Message) -> CSeq | None:
    """The CSeq, or None where it is missing or empty."""
    field = message.first("CSeq")
    return read_cseq(field_value(field), []) if field is not None and field.raw else None


def authentications(message: Message, canonical: str) -> tuple[Authentication, ...]:
    """All challenges or credentials of that header name; each header field holds one (RFC 3261 7.3.1)."""
    return tuple(read_authentication(field_value(field), []) for field in message.named(canonical))


def session_description(message: Message) -> SessionDescription | None:
    """The session description in the body (also as a part of a multipart body, RFC 5621), or None."""
    for part in body_parts(message):
        if part.media_type is not None and part.media_type.name == SDP and part.end > part.start:
            return parse_sdp(message.data[part.start : part.end], part.start)
    return None
