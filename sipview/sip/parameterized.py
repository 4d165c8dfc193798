"""Reading values that are a word and parameters, and Warning (RFC 3261 20.33, 20.43; RFC 3326; RFC 4028; RFC 6665)."""

from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.octets import Octets, number
from sipview.sip.uri import read_parameters
from sipview.sip.values import Parameterized, WarningValue


def read_parameterized(part: Octets, faults: Faults) -> Parameterized:
    """Read ``value;name=value;name``. A comment behind the value (RFC 3261 20.33) is passed over."""
    part = part.strip()
    comment = part.latin.find("(")
    semicolon = part.latin.find(";")
    if 0 <= comment < semicolon or (comment >= 0 and semicolon < 0):
        closing = part.latin.find(")", comment)
        semicolon = part.latin.find(";", closing) if closing >= 0 else -1
        value = part.cut(0, comment).strip()
    else:
        value = part.cut(0, semicolon if semicolon >= 0 else None).strip()
    parameters = read_parameters(part.cut(semicolon), faults) if semicolon >= 0 else ()
    return Parameterized(str(value), parameters, part.start, part.end)


def read_warning(part: Octets, faults: Faults) -> WarningValue:
    """Read ``code agent "text"``."""
    part = part.strip()
    code, rest = part.first_word()
    agent, text = rest.first_word()
    value = number(code.latin, 999)
    if value is None or len(code.latin) != 3 or not agent or not text.is_quoted:
        problem = (
            f"A warning is a code of three digits, a host and a quoted text; this is {shortened(str(part))} (RFC 3261 20.43)."
        )
        fault(faults, "bad-warning", part, problem)
    return WarningValue(value if len(code.latin) == 3 else None, str(agent), text.unquoted, part.start, part.end)
