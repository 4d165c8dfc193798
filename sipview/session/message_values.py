"""What the filter's fields say of one parsed message: header fields, parts of them, and the session description."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sipview.filter import Field, FieldType
from sipview.sip import Message, RequestLine, StatusLine, session_description
from sipview.sip.parser import authentications, name_addrs, vias
from sipview.sip.picking import HeaderPicker
from sipview.sip.registry import CANONICAL_NAMES
from sipview.sip.sdp import Media, SdpLine, SessionDescription

Values = Iterator[str | int]
ValuesOf = Callable[[Message], Values]
BODY_FIELDS = frozenset({"Content-Type", "Content-Length"})
"""The header fields that say what the body is, and where it ends."""
_AUTHENTICATION = ("WWW-Authenticate", "Proxy-Authenticate", "Authorization", "Proxy-Authorization")


class Reader(NamedTuple):
    """Reads the ``values`` of a message. ``needs`` are the canonical names of the header fields that it looks at, None for
    all: a message without the others is good enough. ``start_line``: it looks at that as well.
    """

    values: ValuesOf
    needs: frozenset[str] | None
    start_line: bool = False


def header_values(wanted: Field) -> Callable[[bytes], list[str | int]]:
    """The reader of a field that is a whole header field: of a message's bytes its values as sent, or as a number where it
    is one.
    """
    assert wanted.header is not None, "only fields of header fields come here"
    values = HeaderPicker({CANONICAL_NAMES.get(wanted.header.lower(), wanted.header)}).values
    if wanted.type is not FieldType.UNSIGNED:
        return lambda data: [*values(data)]
    return lambda data: [int(value) for value in values(data) if value.isascii() and value.isdigit() and len(value) <= 10]


def _line(kind: type[RequestLine] | type[StatusLine]) -> Reader:
    def values(message: Message) -> Values:
        line = message.start_line
        if isinstance(line, kind):
            yield message.data[line.start : line.end].decode("utf-8", "replace")

    return Reader(values, frozenset(), start_line=True)


def _as_sent(message: Message, start: int, end: int) -> str:
    """What stands there, with its quotes: that is what these fields hold in Wireshark."""
    return message.data[start:end].decode("utf-8", "replace")


def _uris(header: str, part: str) -> Reader:
    def values(message: Message) -> Values:
        for address in name_addrs(message, header):
            if part == "display" and address.display_name is not None:
                yield _as_sent(message, *address.display_name_span)
            elif part == "uri" and not address.wildcard:
                yield address.uri.text
            elif part == "user" and address.uri.user is not None:
                yield address.uri.user
            elif part == "host" and address.uri.host:
                yield address.uri.host

    return Reader(values, frozenset({header}))


def _vias(part: str) -> Reader:
    def values(message: Message) -> Values:
        for via in vias(message):
            found = via.parameter(part) if part in {"branch", "received"} else None
            if part == "transport":
                yield via.transport
            elif part == "host":
                yield via.host.removeprefix("[").removesuffix("]")
            elif part == "port" and via.port is not None:
                yield via.port
            elif found is not None and found.value is not None:
                yield found.value

    return Reader(values, frozenset({"Via"}))


def _authentication(parameter: str) -> Reader:
    def values(message: Message) -> Values:
        for name in _AUTHENTICATION:
            for item in authentications(message, name):
                found = item.parameter(parameter)
                if found is not None and found.value is not None:
                    yield _as_sent(message, found.start, found.end).partition("=")[2].strip()

    return Reader(values, frozenset(_AUTHENTICATION))


def _cause(protocol: str) -> Reader:
    """The cause of Reason values of one protocol (RFC 3326 2)."""

    def values(message: Message) -> Values:
        for field in message.named("Reason"):
            for value in field.value.split(","):
                name, *parameters = (part.strip() for part in value.split(";"))
                for parameter in parameters:
                    key, _, written = parameter.partition("=")
                    if name.upper() == protocol and key.strip().lower() == "cause" and written.strip().isdecimal():
                        yield int(written.strip()[:9])

    return Reader(values, frozenset({"Reason"}))


def _all_headers(message: Message) -> Values:
    if message.fields:
        yield message.data[message.fields[0].start : message.fields[-1].end].decode("utf-8", "replace")


def _sdp(values_of: Callable[[SessionDescription], Values]) -> Reader:
    def values(message: Message) -> Values:
        description = session_description(message)
        if description is not None:
            yield from values_of(description)

    return Reader(values, BODY_FIELDS)


def _lines(description: SessionDescription) -> Iterator[SdpLine]:
    yield from description.session_lines
    for media in description.media:
        yield from media.lines


def _sdp_lines(kind: str, *, session: bool = True, media: bool = True) -> Reader:
    def values(description: SessionDescription) -> Values:
        blocks = ([description.session_lines] if session else []) + [block.lines for block in description.media if media]
        return (line.value for block in blocks for line in block if line.type == kind)

    return _sdp(values)


def _connection_addresses(description: SessionDescription) -> Values:
    for line in _lines(description):
        parts = line.value.split()
        if line.type == "c" and len(parts) >= 3:
            yield parts[2].partition("/")[0]


def _media(value_of: Callable[[Media], str | int]) -> Reader:
    return _sdp(lambda description: (value_of(media) for media in description.media))


def _rtpmaps(part: str) -> Reader:
    def values(description: SessionDescription) -> Values:
        for media in description.media:
            for codec in media.codecs:
                if not codec.static:
                    yield codec.encoding if part == "encoding" else str(codec.clock_rate)

    return _sdp(values)


VALUES_OF: dict[str, Reader] = {
    "sip.Request-Line": _line(RequestLine),
    "sip.Status-Line": _line(StatusLine),
    "sip.from.addr": _uris("From", "uri"),
    "sip.to.addr": _uris("To", "uri"),
    "sip.from.display.info": _uris("From", "display"),
    "sip.to.display.info": _uris("To", "display"),
    "sip.contact.uri": _uris("Contact", "uri"),
    "sip.contact.user": _uris("Contact", "user"),
    "sip.contact.host": _uris("Contact", "host"),
    "sip.pai.addr": _uris("P-Asserted-Identity", "uri"),
    "sip.pai.user": _uris("P-Asserted-Identity", "user"),
    "sip.Via.transport": _vias("transport"),
    "sip.Via.sent-by.address": _vias("host"),
    "sip.Via.sent-by.port": _vias("port"),
    "sip.Via.branch": _vias("branch"),
    "sip.Via.received": _vias("received"),
    "sip.auth.username": _authentication("username"),
    "sip.auth.realm": _authentication("realm"),
    "sip.reason_cause_q850": _cause("Q.850"),
    "sip.reason_cause_sip": _cause("SIP"),
    "sip.msg_hdr": Reader(_all_headers, None),
    "sdp.owner": _sdp_lines("o"),
    "sdp.session_name": _sdp_lines("s"),
    "sdp.connection_info": _sdp_lines("c"),
    "sdp.connection_info.address": _sdp(_connection_addresses),
    "sdp.media": _sdp_lines("m"),
    "sdp.media.media": _media(lambda media: media.kind),
    "sdp.media.port": _media(lambda media: media.port),
    "sdp.media.proto": _media(lambda media: media.profile),
    "sdp.media_attr": _sdp_lines("a", session=False),
    "sdp.session_attr": _sdp_lines("a", media=False),
    "sdp.mime.type": _rtpmaps("encoding"),
    "sdp.sample_rate": _rtpmaps("rate"),
}
