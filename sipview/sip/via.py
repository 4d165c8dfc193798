"""Reading one Via value (RFC 3261 20.42, 25.1)."""

from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.octets import Octets
from sipview.sip.uri import read_host_port, read_parameters
from sipview.sip.values import Via

MAGIC_COOKIE = "z9hG4bK"
"""Every branch that RFC 3261 8.1.1.7 made begins with this."""


def read_via(part: Octets, faults: Faults) -> Via:
    """Read one Via value. Where ``protocol/version/transport`` is not there, everything before ``;`` is in ``host``."""
    part = part.strip()
    semicolon = part.latin.find(";")
    head = part if semicolon < 0 else part.cut(0, semicolon).strip()
    parameters = read_parameters(part.cut(len(part.latin) if semicolon < 0 else semicolon), faults)
    name, after_name = head.partition("/")
    version, after_version = after_name.partition("/") if after_name is not None else (name, None)
    if after_version is None:
        fault(faults, "bad-via", head, f"A Via begins with SIP/2.0/ and the transport; this is {shortened(str(head))}.")
        return Via("", "", str(head), None, parameters, part.start, part.end, head.span)
    transport, sent_by = after_version.first_word()
    if name.latin.upper() != "SIP" or version.latin != "2.0":
        fault(faults, "bad-via-version", name, f"The Via is of {shortened(f'{name}/{version}')} and not of SIP/2.0.")
    if not transport.is_token:
        fault(faults, "bad-via", after_version, "The Via names no transport.")
    host, port = read_host_port(sent_by, faults)
    via = Via(f"{name}/{version}", str(transport), host, port, parameters, part.start, part.end, sent_by.span)
    if via.branch == MAGIC_COOKIE:
        fault(
            faults, "bad-branch", part, f"The branch is only {MAGIC_COOKIE}, without anything that identifies the transaction."
        )
    return via
