"""The structured values of header fields: Via, CSeq, authentication, and the typed readers for a message.

Every reader takes a message (or one header value) and gives a frozen value or None; problems are collected by the parser.
"""

from dataclasses import dataclass

from sipview.sip.uri import Parameter


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
        return next((p for p in self.parameters if p.name.lower() == name), None)

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
        return next((p for p in self.parameters if p.name.lower() == name), None)
