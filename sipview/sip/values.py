"""The structured values of header fields: Via, CSeq, authentication, and the typed readers for a message.

Every reader takes a message (or one header value) and gives a frozen value or None; problems are collected by the parser.
"""

from dataclasses import dataclass

from sipview.sip.uri import Parameter, parameter_named


@dataclass(frozen=True, slots=True)
class Via:
    """One Via value: ``SIP/2.0/UDP host:port;branch=...`` (RFC 3261 20.42; rport: RFC 3581)."""

    protocol: str
    transport: str
    host: str
    port: int | None
    parameters: tuple[Parameter, ...]
    start: int
    end: int
    sent_by_span: tuple[int, int]

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name (compared without case)."""
        return parameter_named(self.parameters, name)

    @property
    def branch(self) -> str | None:
        """The transaction identifier (RFC 3261 8.1.1.7)."""
        found = self.parameter("branch")
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class CSeq:
    """RFC 3261 20.16. ``number`` is None where it is no number or above 2**31 - 1."""

    number: int | None
    method: str
    number_span: tuple[int, int]
    method_span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Authentication:
    """A challenge or credentials (RFC 3261 22, RFC 7616): scheme, then ``name=value`` pairs."""

    scheme: str
    parameters: tuple[Parameter, ...]
    start: int
    end: int

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name (compared without case)."""
        return parameter_named(self.parameters, name)


@dataclass(frozen=True, slots=True)
class RAck:
    """RFC 3262 7.2: which reliable provisional response a PRACK acknowledges. Numbers are None where they are none."""

    rseq: int | None
    cseq: int | None
    method: str


@dataclass(frozen=True, slots=True)
class WarningValue:
    """One Warning value (RFC 3261 20.43): ``code`` is None where it is no number of three digits."""

    code: int | None
    agent: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parameterized:
    """A value with parameters behind it: Reason, Event, Subscription-State, Session-Expires, Retry-After, Accept ...

    ``value`` is what stands before the first ``;``, without the comment that Retry-After may have.
    """

    value: str
    parameters: tuple[Parameter, ...]
    start: int
    end: int

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name (compared without case)."""
        return parameter_named(self.parameters, name)
