"""One SIP message in full: start line, header fields, body, each with the bytes that it came from.

All spans are byte offsets in the message (`start` inclusive, `end` exclusive), so that a window can mark what it explains.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sipview.sip.uri import Uri
from sipview.values import Problem


@dataclass(frozen=True, slots=True)
class RequestLine:
    """RFC 3261 7.1."""

    method: str
    uri: Uri
    version: str
    start: int
    end: int
    method_span: tuple[int, int]
    uri_span: tuple[int, int]
    version_span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """RFC 3261 7.2. ``status`` is -1 where the written code is no number."""

    version: str
    status: int
    reason: str
    start: int
    end: int
    version_span: tuple[int, int]
    status_span: tuple[int, int]
    reason_span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One header field line, with its folded continuation lines (RFC 3261 7.3.1).

    ``name`` is as sent, ``canonical`` the registered long form (``v`` and ``VIA`` become ``Via``; an unknown name stays
    as sent). ``value`` is unfolded and stripped. ``start``/``end`` span the whole line without its line end,
    ``value_start``/``value_end`` the value's bytes as sent, which are in ``raw``. A line without a colon has the name ""
    and the whole line as its value.
    """

    name: str
    canonical: str
    value: str
    start: int
    end: int
    value_start: int
    value_end: int
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class HeaderValue:
    """One value of a header field that may hold several, separated by commas (RFC 3261 7.3.1)."""

    field: HeaderField
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message. ``data`` is what was parsed, ``body`` what Content-Length (or the datagram's end) leaves.

    ``trailing_start`` is where bytes begin that belong to no message (after Content-Length on UDP, RFC 3261 18.3), or
    ``len(data)``.
    """

    data: bytes
    start_line: RequestLine | StatusLine
    fields: tuple[HeaderField, ...]
    body_start: int
    trailing_start: int
    problems: tuple[Problem, ...]

    @property
    def body(self) -> bytes:
        """The body's bytes."""
        return self.data[self.body_start : self.trailing_start]

    @property
    def is_request(self) -> bool:
        """Whether this is a request."""
        return isinstance(self.start_line, RequestLine)

    @property
    def method(self) -> str | None:
        """The method of a request, else None."""
        return self.start_line.method if isinstance(self.start_line, RequestLine) else None

    @property
    def status(self) -> int | None:
        """The status code of a response, else None."""
        return self.start_line.status if isinstance(self.start_line, StatusLine) else None

    def named(self, canonical: str) -> Iterator[HeaderField]:
        """The header fields of one canonical name, in order."""
        return (field for field in self.fields if field.canonical == canonical)

    def first(self, canonical: str) -> HeaderField | None:
        """The first header field of that canonical name."""
        return next(self.named(canonical), None)
