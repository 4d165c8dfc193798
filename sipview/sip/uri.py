"""SIP, SIPS and tel URIs, and the header values that carry them (RFC 3261 19.1, 20.10, 25.1; RFC 3966)."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.octets import LWS, Octets, number


@dataclass(frozen=True, slots=True)
class Parameter:
    """One ``;name=value`` (``value`` is None where there is no ``=``), with its bytes in the message.

    ``value`` has its quotes removed where it was a quoted-string.
    """

    name: str
    value: str | None
    start: int
    end: int


def parameter_named(parameters: Iterable[Parameter], name: str) -> Parameter | None:
    """The first parameter of that name, which is in lower case: names are compared without case (RFC 3261 7.3.1)."""
    return next((parameter for parameter in parameters if parameter.name.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI. ``scheme`` is in lower case, "" where there is none.

    Without a scheme, and for schemes other than sip, sips and tel, everything (after the scheme) is in ``host``.

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
        return parameter_named(self.parameters, name)

    @property
    def address_of_record(self) -> str:
        """Scheme, user and host (and port) as sent, without password, parameters and headers."""
        host = self.host if self.port is None else f"{self.host}:{self.port}"
        if not self.scheme:
            return self.host
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
        return parameter_named(self.parameters, name)

    @property
    def tag(self) -> str | None:
        """The tag of From and To (RFC 3261 19.3)."""
        found = self.parameter("tag")
        return found.value if found else None


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9.])?")
_UNRESERVED = r"A-Za-z0-9\-_.!~*'()"
_USER = re.compile(rf"(?:[{_UNRESERVED}&=+$,;?/]|%[0-9A-Fa-f]{{2}})*+")
_PASSWORD = re.compile(rf"(?:[{_UNRESERVED}&=+$,]|%[0-9A-Fa-f]{{2}})*+")
_PARAMETER = re.compile(rf"(?:[{_UNRESERVED}\[\]/:&+$=]|%[0-9A-Fa-f]{{2}})*+")
_HEADER = re.compile(rf"(?:[{_UNRESERVED}\[\]/?:+$=]|%[0-9A-Fa-f]{{2}})*+")
_TEL_NUMBER = re.compile(r"\+?[0-9A-Fa-f*#\-.()]+")
_LARGEST_PORT = 65535


def parse_uri(data: bytes, offset: int = 0) -> Uri:
    """The URI that ``data`` is, as pasted or cut out of a message where it began at ``offset``; never raises."""
    return read_uri(Octets.of(data, offset), [])


def read_uri(part: Octets, faults: Faults) -> Uri:
    """Read a URI that stands alone (angle brackets and header parameters are not part of it)."""
    part = part.strip()
    match = _SCHEME.match(part.latin)
    if match is None or part.latin[match.end() : match.end() + 1] != ":":
        fault(faults, "no-scheme", part, f"{shortened(str(part))} is no URI: it begins with no scheme such as sip:.")
        return _opaque(part, "", part)
    if any(blank in part.latin for blank in LWS):
        fault(faults, "space-in-uri", part, "There is white space in the URI.")
    scheme = match[0].lower()
    rest = part.cut(match.end() + 1)
    if scheme in ("sip", "sips"):
        return _read_sip_uri(part, scheme, rest, faults)
    if scheme == "tel":
        return _read_tel_uri(part, rest, faults)
    return _opaque(part, scheme, rest)


def _opaque(whole: Octets, scheme: str, rest: Octets) -> Uri:
    return Uri(
        str(whole), scheme, None, None, str(rest), None, (), (), whole.start, whole.end, (whole.end, whole.end), rest.span
    )  # fmt: skip


def _read_sip_uri(whole: Octets, scheme: str, rest: Octets, faults: Faults) -> Uri:
    user: str | None = None
    password: str | None = None
    user_span = (whole.end, whole.end)
    at = rest.latin.find("@")
    if at >= 0:
        user_part, password_part = _cut_at(rest.cut(0, at), ":")
        user, user_span = str(user_part), user_part.span
        _check_characters(user_part, _USER, "user part", faults)
        if password_part is not None:
            password = str(password_part)
            _check_characters(password_part, _PASSWORD, "password", faults)
        rest = rest.cut(at + 1)
    before_headers, header_part = _cut_at(rest, "?")
    host_part, parameter_part = _cut_at(before_headers, ";")
    host, port = read_host_port(host_part, faults)
    return Uri(
        text=str(whole),
        scheme=scheme,
        user=user,
        password=password,
        host=host,
        port=port,
        parameters=_read_uri_parameters(parameter_part, ";", _PARAMETER, faults),
        headers=_read_uri_parameters(header_part, "&", _HEADER, faults),
        start=whole.start,
        end=whole.end,
        user_span=user_span,
        host_span=host_part.span,
    )


def _read_tel_uri(whole: Octets, rest: Octets, faults: Faults) -> Uri:
    number_part, parameter_part = _cut_at(rest, ";")
    if not _TEL_NUMBER.fullmatch(number_part.latin):
        fault(faults, "bad-number", number_part, f"{shortened(str(number_part))} is no telephone number (RFC 3966 3).")
    parameters = _read_uri_parameters(parameter_part, ";", _PARAMETER, faults)
    return Uri(
        str(whole), "tel", str(number_part), None, "", None, parameters, (), whole.start, whole.end, number_part.span,
        (whole.end, whole.end),
    )  # fmt: skip


def _cut_at(part: Octets, separator: str) -> tuple[Octets, Octets | None]:
    at = part.latin.find(separator)
    return (part, None) if at < 0 else (part.cut(0, at), part.cut(at + 1))


def read_host_port(part: Octets, faults: Faults) -> tuple[str, int | None]:
    """``host``, ``host:port`` or ``[IPv6]:port``. What cannot be read so is the host as a whole, without a port."""
    part = part.strip()
    text = part.latin
    host, port = part, None
    if text.startswith("["):
        bracket = text.find("]")
        after = part.cut(bracket + 1).strip() if bracket >= 0 else part.cut(len(text))
        if bracket < 0 or (after and not after.latin.startswith(":")):
            fault(faults, "bad-host", part, f"{shortened(str(part))} is no IPv6 reference in brackets.")
            return str(part), None
        host = part.cut(0, bracket + 1)
        port = after.cut(1).strip() if after else None
        _check_ipv6(host, faults)
    elif text.count(":") > 1:
        fault(faults, "bad-host", part, f"{shortened(str(part))}: an IPv6 address must stand in brackets (RFC 3261 19.1.1).")
        return str(part), None
    else:
        host, port = part.partition(":")
        _check_host_name(host, faults)
    if port is None:
        return str(host), None
    value = number(port.latin, _LARGEST_PORT)
    if value is None:
        fault(faults, "bad-port", port, f"{shortened(str(port))} is no port.")
        return str(part), None
    return str(host), value


def _check_host_name(host: Octets, faults: Faults) -> None:
    if not host:
        fault(faults, "no-host", host, "The host is missing.")
    elif not _HOST_NAME.fullmatch(host.latin):
        fault(faults, "bad-host", host, f"{shortened(str(host))} is no host name and no address.")


def _check_ipv6(reference: Octets, faults: Faults) -> None:
    address = reference.latin[1:-1]
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        if ":::" in address:
            text = f"{shortened(str(reference))} has three colons in a row, an error of RFC 3261 (RFC 5118 4.10)."
            fault(faults, "three-colons", reference, text)
        else:
            fault(faults, "bad-host", reference, f"{shortened(str(reference))} is no IPv6 address.")


def _check_characters(part: Octets, allowed: re.Pattern[str], what: str, faults: Faults) -> None:
    match = allowed.match(part.latin)
    end = match.end() if match else 0
    if end == len(part.latin):
        return
    bad = part.cut(end, end + 1)
    if bad.latin == "%":
        fault(faults, "bad-escape", bad, f"The {what} has a % without two hexadecimal digits behind it.")
    elif bad.latin not in LWS:
        fault(faults, "bad-character", bad, f"The {what} has a character that must be escaped: {_visible(bad)}.")


def _visible(octets: Octets) -> str:
    return octets.latin if octets.latin.isascii() and octets.latin.isprintable() else f"byte {ord(octets.latin):#04x}"


def _read_uri_parameters(
    part: Octets | None, separator: str, allowed: re.Pattern[str], faults: Faults
) -> tuple[Parameter, ...]:
    if part is None:
        return ()
    found: list[Parameter] = []
    at = part.start
    for text in part.latin.split(separator):
        piece = Octets(text, at).strip()
        at += len(text) + 1
        if not piece:
            fault(faults, "empty-parameter", piece, f"There is nothing between two {separator} of the URI.")
            continue
        _check_characters(piece, allowed, "URI parameter", faults)
        name, value = piece.partition("=")
        found.append(Parameter(str(name), None if value is None else str(value), piece.start, piece.end))
    return tuple(found)


def read_parameters(part: Octets, faults: Faults) -> tuple[Parameter, ...]:
    """Header parameters: ``;name=value;name`` with white space and quoted values (RFC 3261 25.1, generic-param)."""
    found: list[Parameter] = []
    if not part.strip():
        return ()
    before, *pieces = part.split(";")
    if before:
        fault(faults, "unexpected-text", before, f"{shortened(str(before))} does not belong here; a parameter begins with ;.")
    for piece in pieces:
        if not piece:
            fault(faults, "empty-parameter", piece, "There is no parameter behind the ; here.")
        else:
            found.append(read_parameter(piece, faults))
    return tuple(found)


def read_parameter(piece: Octets, faults: Faults) -> Parameter:
    """One ``name``, ``name=value`` or ``name="quoted value"``."""
    name, value = piece.partition("=")
    if not name.is_token:
        fault(faults, "bad-parameter", piece, f"{shortened(str(name))} is no parameter name.")
    elif value is not None and not value.is_quoted:
        if '"' in value.latin:
            fault(faults, "unterminated-quote", value, f"The quotes in the value of {name} do not close.")
        elif any(blank in value.latin for blank in LWS):
            fault(faults, "bad-parameter", value, f"The value of {name} has white space and no quotes.")
        elif not value:
            fault(faults, "bad-parameter", piece, f"{name} has no value behind its =.")
    return Parameter(str(name), None if value is None else value.unquoted, piece.start, piece.end)
