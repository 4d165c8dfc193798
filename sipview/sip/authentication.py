"""Reading challenges and credentials (RFC 3261 20.7, 20.44, 25.1; RFC 7616)."""

from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.octets import Octets
from sipview.sip.uri import Parameter, read_parameter
from sipview.sip.values import Authentication


def read_authentication(part: Octets, faults: Faults) -> Authentication:
    """Read ``Scheme name=value, name="value"``; a scheme that is unknown may carry anything (RFC 4475 3.3.7)."""
    part = part.strip()
    scheme, rest = part.first_word()
    if not scheme.is_token:
        fault(faults, "bad-authentication", scheme, f"{shortened(str(scheme))} is no authentication scheme.")
    parameters: list[Parameter] = []
    for piece in rest.split(","):
        if piece:
            parameters.append(read_parameter(piece, faults))
        elif rest:
            fault(faults, "empty-parameter", piece, "There is nothing between two commas of the authentication.")
    return Authentication(str(scheme), tuple(parameters), part.start, part.end)
