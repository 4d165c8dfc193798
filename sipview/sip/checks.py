"""What is wrong with the header fields of a message: the rules of RFC 3261 that RFC 4475 and RFC 5118 torture."""

import re
from collections.abc import Callable

from sipview.sip import faults as say
from sipview.sip.authentication import read_authentication
from sipview.sip.content import read_media_type
from sipview.sip.cseq import LARGEST_RSEQ, read_cseq, read_rack
from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.header_fields import field_value, value_pieces
from sipview.sip.message import HeaderField, Message, RequestLine, StatusLine
from sipview.sip.name_addr import read_name_addr
from sipview.sip.octets import LWS, Octets, number
from sipview.sip.parameterized import read_parameterized, read_warning
from sipview.sip.registry import LISTS, MANDATORY, MAY_BE_EMPTY, NAME_ADDRS, SINGLE
from sipview.sip.uri import NameAddr, Parameter
from sipview.sip.via import MAGIC_COOKIE, read_via
from sipview.values import Problem

LARGEST_SECONDS = 2**32 - 1
_LARGEST_MAX_FORWARDS = 255
_CREATE_DIALOGS = ("INVITE", "SUBSCRIBE", "REFER")
_Fields = dict[str, list[HeaderField]]

_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4}"
    r" [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
_Q_VALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def check(message: Message, faults: Faults) -> None:
    """Report everything that is wrong with the header fields of a message.

    Where the header part is cut, what is missing may stand behind the cut, so that is no problem of its own.
    """
    cut = any(problem.kind == "no-empty-line" for problem in faults)
    named: _Fields = {}
    for field in message.fields:
        named.setdefault(field.canonical, []).append(field)
    if not cut:
        _check_presence(message, named, faults)
    for name, fields in named.items():
        read = _READERS.get(name)
        for field in fields[: 1 if name in SINGLE else None]:
            _check_values(field, read, faults)
        if name in SINGLE and len(fields) > 1:
            fault(faults, "repeated-field", field_value(fields[1]), say.repeated(name, len(fields)))
    _check_method(message, named, faults)


def _check_presence(message: Message, named: _Fields, faults: Faults) -> None:
    """The header fields and tags that must be there (RFC 3261 8.1.1, 8.2.6).

    What RFC 2543 did without is asked for only where the topmost branch says that RFC 3261 was followed (8.1.1.7).
    """
    place = Octets("", message.start_line.end)
    for name in MANDATORY:
        fields = named.get(name, [])
        if name in LISTS:
            present = any(piece for field in fields for piece in value_pieces(field))
        else:
            present = bool(fields and fields[0].raw)
        if not present:
            fault(faults, f"no-{name.lower()}", place, say.missing(name))
    if message.body_start < message.trailing_start and "Content-Type" not in named:
        fault(
            faults, "no-content-type", Octets("", message.body_start), "There is a body, but no Content-Type (RFC 3261 20.15)."
        )
    if not _follows_rfc3261(named):
        return
    line = message.start_line
    if isinstance(line, RequestLine):
        if "Max-Forwards" not in named:
            fault(faults, "no-max-forwards", place, "The Max-Forwards header field is missing (RFC 3261 8.1.1.6).")
        if line.method in _CREATE_DIALOGS and "Contact" not in named:
            fault(faults, "no-contact", place, f"Every {line.method} needs a Contact (RFC 3261 8.1.1.8).")
    elif line.status > 100 and (to := _first_name_addr(named, "To")) is not None and not to.tag:
        fault(faults, "no-to-tag", Octets("", to.end), "To has no tag, which every response but 100 needs (RFC 3261 8.2.6.2).")
    if (sender := _first_name_addr(named, "From")) is not None and not sender.tag:
        fault(faults, "no-from-tag", Octets("", sender.end), "From has no tag (RFC 3261 8.1.1.3).")


def _follows_rfc3261(named: _Fields) -> bool:
    pieces = (piece for field in named.get("Via", ()) for piece in value_pieces(field) if piece)
    topmost = next(pieces, None)
    return topmost is not None and (read_via(topmost, []).branch or "").startswith(MAGIC_COOKIE)


def _first_name_addr(named: _Fields, name: str) -> NameAddr | None:
    fields = named.get(name, ())
    return read_name_addr(field_value(fields[0]), []) if fields and fields[0].raw else None


def _check_method(message: Message, named: _Fields, faults: Faults) -> None:
    fields = named.get("CSeq", ())
    line = message.start_line
    if isinstance(line, StatusLine) or not fields:
        return
    part = field_value(fields[0])
    method = read_cseq(part, []).method
    if method and method != line.method:
        fault(faults, "method-mismatch", part, say.method_mismatch(line.method, method))


def _check_values(field: HeaderField, read: "_Reader | None", faults: Faults) -> None:
    """Read every value of a header field for the problems that its reader finds."""
    whole = field_value(field)
    if field.canonical not in LISTS:
        if read is not None and (whole or field.canonical not in MANDATORY):
            read(whole, faults)
        return
    if not whole:
        if field.canonical not in MAY_BE_EMPTY:
            fault(faults, "empty-value", whole, f"{field.canonical} has no value.")
        return
    for piece in value_pieces(field):
        if not piece:
            fault(faults, "empty-value", piece, f"{field.canonical} has a comma without a value beside it (RFC 4475 3.1.2.1).")
        elif read is not None:
            read(piece, faults)


_Reader = Callable[[Octets, Faults], object]


def _read_seconds(name: str, part: Octets, faults: Faults) -> None:
    value = read_parameterized(part, faults)
    if number(value.value, LARGEST_SECONDS) is None:
        fault(
            faults,
            f"bad-{name.lower()}",
            part,
            f"{name} says {shortened(value.value)}, which is no number of seconds below 2**32.",
        )


def _seconds(name: str) -> _Reader:
    return lambda part, faults: _read_seconds(name, part, faults)


def _read_expires(part: Octets, faults: Faults) -> None:
    if number(part.latin, LARGEST_SECONDS) is None:
        fault(faults, "bad-expires", part, say.bad_expires(str(part)))


def _read_max_forwards(part: Octets, faults: Faults) -> None:
    if number(part.latin, _LARGEST_MAX_FORWARDS) is None:
        text = f"Max-Forwards says {shortened(str(part))}, which is no number from 0 to 255 (RFC 3261 20.22)."
        fault(faults, "bad-max-forwards", part, text)


def _read_rseq(part: Octets, faults: Faults) -> None:
    if not number(part.latin, LARGEST_RSEQ):
        fault(
            faults,
            "bad-rseq",
            part,
            f"RSeq says {shortened(str(part))}, which is no number from 1 to 2**32 - 1 (RFC 3262 7.1).",
        )


def _read_date(part: Octets, faults: Faults) -> None:
    if not _DATE.fullmatch(str(part)):
        text = f"Date says {shortened(str(part))}; the form is Sat, 13 Nov 2010 23:29:00 GMT, always GMT (RFC 3261 20.17)."
        fault(faults, "bad-date", part, text)


def _read_call_id(part: Octets, faults: Faults) -> None:
    if any(blank in part.latin for blank in LWS):
        fault(faults, "bad-call-id", part, "The Call-ID has white space in it (RFC 3261 25.1).")


def _read_token(part: Octets, faults: Faults) -> None:
    if not part.is_token:
        fault(
            faults, "bad-token", part, f"{shortened(str(part))} is no single word of the characters that RFC 3261 25.1 allows."
        )


def _read_contact(part: Octets, faults: Faults) -> None:
    for parameter in read_name_addr(part, faults).parameters:
        name = parameter.name.lower()
        if name == "expires" and number(parameter.value or "", LARGEST_SECONDS) is None:
            _parameter_fault(parameter, "bad-contact-expires", "no number of seconds below 2**32", faults)
        elif name == "q" and not _Q_VALUE.fullmatch(parameter.value or ""):
            _parameter_fault(parameter, "bad-q", "no number from 0 to 1 with up to three digits", faults)


def _parameter_fault(parameter: Parameter, kind: str, what: str, faults: Faults) -> None:
    text = f"The parameter {parameter.name} says {shortened(parameter.value or '')}, which is {what}."
    faults.append(Problem(kind, parameter.start, parameter.end, text))


_READERS: dict[str, _Reader] = {
    **dict.fromkeys(NAME_ADDRS, read_name_addr),
    **dict.fromkeys(("Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate"), read_authentication),
    **dict.fromkeys(("Allow", "Allow-Events", "Supported", "Require", "Proxy-Require", "Unsupported"), _read_token),
    **dict.fromkeys(("Reason", "Event", "Subscription-State", "Content-Disposition"), read_parameterized),
    **{name: _seconds(name) for name in ("Min-Expires", "Min-SE", "Retry-After", "Session-Expires")},
    "CSeq": read_cseq,
    "Call-ID": _read_call_id,
    "Contact": _read_contact,
    "Content-Type": read_media_type,
    "Date": _read_date,
    "Expires": _read_expires,
    "Max-Forwards": _read_max_forwards,
    "RAck": read_rack,
    "RSeq": _read_rseq,
    "Via": read_via,
    "Warning": read_warning,
}
"""Header field to what reads one of its values and reports what is wrong with it."""
