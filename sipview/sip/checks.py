"""What is wrong with a message beyond its lines: the rules of RFC 3261 that RFC 4475 and RFC 5118 torture."""

from sipview.sip import faults as say
from sipview.sip.cseq import read_cseq
from sipview.sip.faults import Faults, fault
from sipview.sip.header_fields import field_value, value_pieces
from sipview.sip.message import HeaderField, Message, RequestLine
from sipview.sip.octets import Octets, number
from sipview.sip.registry import LISTS, MANDATORY, SINGLE

LARGEST_SECONDS = 2**32 - 1


def check(message: Message, faults: Faults) -> None:
    """Report everything that is wrong with the header fields of a message."""
    named: dict[str, list[HeaderField]] = {}
    for field in message.fields:
        named.setdefault(field.canonical, []).append(field)
    after_start_line = Octets("", message.start_line.end)
    for name in MANDATORY:
        fields = named.get(name, [])[: None if name in LISTS else 1]
        if not any(piece for field in fields for piece in value_pieces(field)):
            fault(faults, f"no-{name.lower()}", after_start_line, say.missing(name))
    for name, fields in named.items():
        if name in SINGLE and len(fields) > 1:
            fault(faults, "repeated-field", field_value(fields[1]), say.repeated(name, len(fields)))
    _check_cseq(message, named, faults)
    _check_expires(named, faults)


def _check_cseq(message: Message, named: dict[str, list[HeaderField]], faults: Faults) -> None:
    fields = named.get("CSeq", ())
    if not fields or not fields[0].raw:
        return
    part = field_value(fields[0])
    cseq = read_cseq(part, faults)
    line = message.start_line
    if isinstance(line, RequestLine) and cseq.method and cseq.method != line.method:
        fault(faults, "method-mismatch", part, say.method_mismatch(line.method, cseq.method))


def _check_expires(named: dict[str, list[HeaderField]], faults: Faults) -> None:
    for field in named.get("Expires", ())[:1]:
        if number(field.raw.decode("latin-1"), LARGEST_SECONDS) is None:
            fault(faults, "bad-expires", field_value(field), say.bad_expires(field.value))
