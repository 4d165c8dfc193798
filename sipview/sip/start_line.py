"""Reading the first line: a request line or a status line (RFC 3261 7.1, 7.2)."""

from sipview.sip import faults as say
from sipview.sip.faults import Faults, fault
from sipview.sip.message import RequestLine, StatusLine
from sipview.sip.octets import Octets, number
from sipview.sip.uri import Uri, read_uri

VERSION = "SIP/2.0"
_LARGEST_STATUS = 9_999_999_999


def read_start_line(line: Octets, faults: Faults) -> RequestLine | StatusLine:
    """Read the first line. It is a status line if it begins with ``SIP/``, else as much of a request line as is there."""
    trimmed = line.strip()
    if trimmed.latin[:4].upper() == "SIP/":
        return _read_status_line(trimmed, faults)
    if len(trimmed.latin) != len(line.latin):
        fault(faults, "space-in-start-line", line, "The request line has white space at its end.")
    return _read_request_line(trimmed, faults)


def _read_status_line(line: Octets, faults: Faults) -> StatusLine:
    version, rest = line.first_word()
    code, reason = rest.first_word()
    status = number(code.latin, _LARGEST_STATUS)
    if version.latin.upper() != VERSION:
        fault(faults, "bad-version", version, say.bad_version(str(version)))
    elif status is None or not 100 <= status <= 699:
        fault(faults, "bad-status", code, say.bad_status(str(code)))
    if rest.start > version.end + 1 or "\t" in line.latin[: code.end - line.start]:
        fault(faults, "space-in-start-line", line, "The parts of the status line are not separated by one space.")
    return StatusLine(
        version=str(version),
        status=-1 if status is None else status,
        reason=str(reason),
        start=line.start,
        end=line.end,
        version_span=version.span,
        status_span=code.span,
        reason_span=reason.span,
    )


def _read_request_line(line: Octets, faults: Faults) -> RequestLine:
    method, rest = line.first_word()
    blank = max(rest.latin.rfind(" "), rest.latin.rfind("\t"))
    version = rest.cut(blank + 1)
    if version.latin[:4].upper() == "SIP/":
        target = rest.cut(0, max(blank, 0)).strip()
    else:
        target, version = rest, rest.cut(len(rest.latin))
    if not method.is_token or not target or not version:
        fault(faults, "not-sip", line, say.NOT_SIP)
        uri = read_uri(target, [])
    else:
        if version.latin.upper() != VERSION:
            fault(faults, "bad-version", version, say.bad_version(str(version)))
        if target.start > method.end + 1 or version.start > target.end + 1 or "\t" in line.latin:
            fault(faults, "space-in-start-line", line, "The parts of the request line are not separated by one space.")
        uri = _read_request_uri(target, faults)
    return RequestLine(
        method=str(method),
        uri=uri,
        version=str(version),
        start=line.start,
        end=line.end,
        method_span=method.span,
        uri_span=target.span,
        version_span=version.span,
    )


def _read_request_uri(target: Octets, faults: Faults) -> Uri:
    if target.latin.startswith("<"):
        fault(faults, "bracketed-request-uri", target, "The Request-URI must not stand in angle brackets (RFC 4475 3.1.2.7).")
        return read_uri(target, [])
    uri = read_uri(target, faults)
    if uri.headers:
        headers = target.cut(uri.headers[0].start - target.start)
        fault(faults, "headers-in-request-uri", headers, "The Request-URI must not carry header fields (RFC 3261 19.1.1).")
    return uri
