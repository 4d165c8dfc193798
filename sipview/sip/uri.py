"""SIP, SIPS and tel URIs, and the header values that carry them (RFC 3261 19.1, 20.10, 25.1; RFC 3966)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``;name=value`` (``value`` is None where there is no ``=``), with its bytes in the message.

    ``value`` has its quotes removed where it was a quoted-string.
    """

    name: str
    value: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI. ``scheme`` is in lower case; for schemes other than sip, sips and tel everything after it is in ``host``.

    ``user`` is as sent (escapes kept), None where there is none; a tel URI has its number there and no ``host``.
    ``host`` keeps the brackets of an IPv6 reference. ``parameters`` follow ``;``, ``headers`` follow ``?``.
    Spans are byte offsets in the message; a part that is missing has an empty span at ``end``.
    """

    text: str
    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None
    parameters: tuple[Parameter, ...]
    headers: tuple[Parameter, ...]
    start: int
    end: int
    user_span: tuple[int, int]
    host_span: tuple[int, int]

    def parameter(self, name: str) -> Parameter | None:
        """The URI parameter of that name (compared without case)."""
        return next((p for p in self.parameters if p.name.lower() == name), None)

    @property
    def address_of_record(self) -> str:
        """Scheme, user and host (and port) as sent, without password, parameters and headers."""
        host = self.host if self.port is None else f"{self.host}:{self.port}"
        if self.scheme == "tel":
            return f"tel:{self.user or ''}"
        return f"{self.scheme}:{self.user}@{host}" if self.user is not None else f"{self.scheme}:{host}"


@dataclass(frozen=True, slots=True)
class NameAddr:
    """The value of From, To, Contact, Route, Record-Route, Refer-To ...: name-addr or addr-spec, and header parameters.

    ``display_name`` has quotes and escapes removed, None where there is none. ``wildcard`` marks ``Contact: *``.
    """

    display_name: str | None
    uri: Uri
    parameters: tuple[Parameter, ...]
    start: int
    end: int
    display_name_span: tuple[int, int]
    wildcard: bool = False

    def parameter(self, name: str) -> Parameter | None:
        """The header parameter of that name (compared without case)."""
        return next((p for p in self.parameters if p.name.lower() == name), None)

    @property
    def tag(self) -> str | None:
        """The tag of From and To (RFC 3261 19.3)."""
        found = self.parameter("tag")
        return found.value if found else None
