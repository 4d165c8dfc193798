"""Reading From, To, Contact, Route and the like: name-addr or addr-spec, then header parameters (RFC 3261 20.10, 25.1)."""

import re

from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.octets import LWS, Octets
from sipview.sip.uri import NameAddr, parse_uri, read_parameters, read_uri

_MARK = re.compile("[<;]")
_DISPLAY_NAME = re.compile(rf"(?:[A-Za-z0-9\-.!%*_+`'~]|[{LWS}])*")


def read_name_addr(part: Octets, faults: Faults) -> NameAddr:
    """Read one value. A ``;`` outside of angle brackets begins header parameters, also where there are no brackets."""
    part = part.strip()
    if part.latin == "*":
        nothing = (part.end, part.end)
        return NameAddr(None, parse_uri(b"", part.start), (), part.start, part.end, nothing, wildcard=True)
    quoted = part.quoted_end()
    if not quoted and part.latin.startswith('"'):
        fault(faults, "unterminated-quote", part.cut(0, 1), "The quotes of the display name do not close.")
    mark = _MARK.search(part.latin, quoted)
    if mark is not None and mark[0] == "<":
        return _read_name_addr(part, mark.start(), faults)
    semicolon = mark.start() if mark is not None else len(part.latin)
    display = part.cut(0, quoted)
    address = part.cut(quoted, semicolon).strip()
    if quoted or any(mark in address.latin for mark in "?,"):
        fault(
            faults, "needs-angle-brackets", address,
            f"{shortened(str(address))} needs angle brackets: it has a display name, a comma or a question mark (RFC 3261 20).",
        )  # fmt: skip
    return NameAddr(
        display_name=display.unquoted if quoted else None,
        uri=read_uri(address, faults),
        parameters=read_parameters(part.cut(semicolon), faults),
        start=part.start,
        end=part.end,
        display_name_span=display.span if quoted else (part.end, part.end),
    )


def _read_name_addr(part: Octets, bracket: int, faults: Faults) -> NameAddr:
    display = part.cut(0, bracket).strip()
    closing = part.latin.find(">", bracket)
    if closing < 0:
        fault(faults, "no-closing-bracket", part.cut(bracket), "The < has no >.")
        closing = len(part.latin)
    inner = part.cut(bracket + 1, closing)
    address = inner.strip()
    if len(address.latin) != len(inner.latin):
        fault(faults, "space-in-uri", inner, "There is white space between the angle brackets and the URI.")
    if display and not display.is_quoted and not _DISPLAY_NAME.fullmatch(display.latin):
        fault(faults, "bad-display-name", display, f"The display name {shortened(str(display))} needs quotes (RFC 3261 25.1).")
    return NameAddr(
        display_name=display.unquoted if display else None,
        uri=read_uri(address, faults),
        parameters=read_parameters(part.cut(closing + 1), faults),
        start=part.start,
        end=part.end,
        display_name_span=display.span if display else (part.end, part.end),
    )
