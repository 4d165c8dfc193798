"""What a body is: its media type, the parts of a multipart body, a fragment of SIP (RFC 3261 7.4, RFC 2046, RFC 5621)."""

from dataclasses import dataclass

from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.header_fields import field_value, header_part, read_fields
from sipview.sip.message import HeaderField, Message
from sipview.sip.multipart import part_spans
from sipview.sip.octets import Octets
from sipview.sip.uri import Parameter, parameter_named, read_parameters

SDP = "application/sdp"
SIP_FRAGMENT = "message/sipfrag"
_DEEPEST = 4
"""Multipart bodies in multipart bodies are followed so far down and no further."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """The value of Content-Type (RFC 3261 20.15): ``name`` is ``type/subtype`` in lower case."""

    name: str
    parameters: tuple[Parameter, ...]
    start: int
    end: int

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name (compared without case)."""
        return parameter_named(self.parameters, name)


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part of a body: ``data[start:end]`` of the message is its content, ``fields`` the header fields of the part.

    A body that is not multipart is one part with the message's own content type and without fields.
    """

    media_type: MediaType | None
    fields: tuple[HeaderField, ...]
    start: int
    end: int


def read_media_type(part: Octets, faults: Faults) -> MediaType:
    """Read a Content-Type value."""
    part = part.strip()
    semicolon = part.latin.find(";")
    name = part if semicolon < 0 else part.cut(0, semicolon).strip()
    major, minor = name.partition("/")
    if not major.is_token or minor is None or not minor.is_token:
        fault(faults, "bad-content-type", name, f"{shortened(str(name))} is no media type such as application/sdp.")
    parameters = read_parameters(part.cut(semicolon), faults) if semicolon >= 0 else ()
    return MediaType(str(name).lower(), parameters, part.start, part.end)


def media_type(message: Message) -> MediaType | None:
    """The Content-Type of a message, or None."""
    return _media_type_of(message.first("Content-Type"))


def _media_type_of(field: HeaderField | None) -> MediaType | None:
    return read_media_type(field_value(field), []) if field is not None else None


def body_parts(message: Message) -> tuple[BodyPart, ...]:
    """The parts of the body that are not multipart themselves, in order; none where there is no body.

    Without a Content-Type, a body that begins with ``v=0`` counts as a session description, as in RFC 2543.
    """
    if message.body_start >= message.trailing_start:
        return ()
    found: list[BodyPart] = []
    whole = BodyPart(media_type(message), (), message.body_start, message.trailing_start)
    if whole.media_type is None and message.body.startswith(b"v=0"):
        whole = BodyPart(MediaType(SDP, (), whole.start, whole.start), (), whole.start, whole.end)
    _collect(message.data, whole, _DEEPEST, found)
    return tuple(found)


def _collect(data: bytes, part: BodyPart, depth: int, found: list[BodyPart]) -> None:
    boundary = part.media_type.parameter("boundary") if part.media_type is not None else None
    is_multipart = part.media_type is not None and part.media_type.name.startswith("multipart/")
    if not is_multipart or boundary is None or not boundary.value or depth == 0:
        found.append(part)
        return
    for start, end in part_spans(data, part.start, part.end, boundary.value.encode()):
        header, content_start = header_part(Octets.of(data[start:end], start), [])
        fields = tuple(read_fields(header, [])) if not data.startswith((b"\n", b"\r\n"), start, end) else ()
        if not fields:
            content_start = start + (2 if data.startswith(b"\r\n", start) else 1)
        kind = _media_type_of(next((field for field in fields if field.canonical == "Content-Type"), None))
        _collect(data, BodyPart(kind, fields, min(content_start, end), end), depth - 1, found)
