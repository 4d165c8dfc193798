"""The skim: the facts that every message of a capture gives, in one pass.

It shares no reading code with the full parser, so that each is the other's oracle; only names and sentences are common.
"""

import re
from functools import lru_cache
from sys import intern
from typing import NamedTuple

from sipview.sip import faults as say
from sipview.sip.multipart import part_spans
from sipview.sip.registry import CANONICAL_NAMES, MANDATORY


class Facts(NamedTuple):
    """What transactions, dialogs and calls are built from (RFC 3261 12, 17).

    A request has ``method`` and ``request_uri``; a response has ``status`` (100 to 699, or what was written) and
    ``reason``. ``cseq_method`` is the method as written in CSeq, ``cseq_number`` is None where it is missing or no number.
    ``from_uri`` and ``to_uri`` are the address-of-record as sent: the URI without display name, without URI parameters and
    headers (``sip:101@pbx``); ``branch`` is that of the topmost Via. Missing things are None, or "" for texts.
    ``has_credentials``: the request carries Authorization or Proxy-Authorization. ``sdp``: a session
    description is in the body. ``expires``: the Expires header. ``user_agent``: User-Agent, or Server of a response.
    ``reason_header``: Reason (RFC 3326) as sent. ``problems`` are sentences, the worst first; the full parser says where.
    """

    method: str | None
    request_uri: str
    status: int | None
    reason: str | None
    call_id: str
    cseq_number: int | None
    cseq_method: str
    from_uri: str
    from_tag: str
    to_uri: str
    to_tag: str
    branch: str
    via_sent_by: str
    user_agent: str
    has_credentials: bool
    sdp: bool
    expires: int | None
    reason_header: str
    problems: tuple[str, ...]


_LWS = " \t\r\n"
_NAMES = (
    "From", "To", "Call-ID", "CSeq", "Via", "User-Agent", "Server", "Expires", "Reason", "Authorization", "Proxy-Authorization",
    "Content-Type", "Content-Length",
)  # fmt: skip
_SLOT = {name: slot for slot, name in enumerate(_NAMES)}
_FROM, _TO, _CALL_ID, _CSEQ, _VIA = (_SLOT[name] for name in ("From", "To", "Call-ID", "CSeq", "Via"))
_USER_AGENT, _SERVER, _EXPIRES, _REASON = (_SLOT[name] for name in ("User-Agent", "Server", "Expires", "Reason"))
_AUTHORIZATION, _PROXY_AUTHORIZATION = _SLOT["Authorization"], _SLOT["Proxy-Authorization"]
_CONTENT_TYPE, _CONTENT_LENGTH = _SLOT["Content-Type"], _SLOT["Content-Length"]
_FAULTS_OF = {
    _CSEQ: ("bad-cseq", "method-mismatch"),
    _EXPIRES: ("bad-expires",),
    _CONTENT_LENGTH: ("bad-content-length", "body-cut"),
}
_MAY_REPEAT = frozenset({_VIA, _REASON, _AUTHORIZATION, _PROXY_AUTHORIZATION})
_NOT_WANTED = -1
_ODD = -2

# A line without a colon, an empty one too, has an empty name here.
_ORDINARY_LINE = re.compile(r"\n(?:([^:\r\n]*):)?(.*)")
_HEADER_END = re.compile(rb"\n\r?\n")
_ITEM = re.compile(r"""(?:[^,"<]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|<[^>]*+(?:>|\Z))*+""", re.DOTALL)
_PARAMETER = re.compile(r"""(?:[^;"<]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|<[^>]*+(?:>|\Z))*+""", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ADDRESS_MARK = re.compile("[<;]")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# The forms that nearly every From, To and Via has; their readers give the same for these as for all others, but slowly.
_USUAL_PORT = "(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
_USUAL_URI = rf"(sips?:(?:[^@:;?<>,\s]+@)?[A-Za-z0-9.\-]+{_USUAL_PORT})"
_USUAL_ADDRESS = re.compile(rf"""(?:(?:"[^"\\]*"|[^"<;]*)[ ]?<{_USUAL_URI}(?:;[^>@?]*)?>|{_USUAL_URI})(?:;tag=([^;,"<\s]+))?""")
_USUAL_VIA = re.compile(
    rf"""SIP/2\.0/[A-Z]+[ ]([A-Za-z0-9.\-]+{_USUAL_PORT})"""
    r"""(?:;[ac-zAC-Z][\w\-]*+(?:=[\w.:\-]*+)?+)*+;branch=([^;,"<\s]++)(?:;[\w=.:\-]*+)*+"""
)
_BLANKS = re.compile(r"[ \t\r\n]+")
_KEPT = 2048
"""What stands in longer header parts is not remembered: hostile ones would fill the memory."""


class _Slots(dict[str, int]):
    """Names as written to slots, remembered; a capture has few spellings, and hostile ones are not kept without limit."""

    def __missing__(self, written: str) -> int:
        name = written.strip(_LWS)
        slot = _SLOT.get(CANONICAL_NAMES.get(name.lower(), ""), _NOT_WANTED) if name.isascii() else _NOT_WANTED
        if not name or written[0] in " \t":
            slot = _ODD
        if len(self) < 4096 and len(written) < 64:
            self[written] = slot
        return slot


_slots = _Slots()


def skim(data: bytes) -> Facts:
    """Take the facts from the bytes of one SIP message; never raises, whatever the bytes are."""
    start, fields, body_start = _ordinary_lines(data)
    found, again, odd = _gather(fields)
    if odd or not start:
        start, fields, body_start = _odd_lines(data)
        found, again, _ = _gather(fields)
    faults: list[tuple[str, str]] = []
    if again:
        _take_repeated(found, again, faults)

    raw_from, raw_to, raw_cseq = found[_FROM] or "", found[_TO] or "", found[_CSEQ] or ""
    read_start_line, read_address, read_cseq = _remembering if body_start < _KEPT else _not_remembering
    method, request_uri, status, reason, start_fault = read_start_line(start)
    from_uri, from_tag = read_address(raw_from)
    to_uri, to_tag = read_address(raw_to)
    cseq_number, cseq_method, cseq_fault = read_cseq(raw_cseq)
    sent_by, branch = _read_via(found[_VIA] or "")
    call_id = found[_CALL_ID] or ""

    body_end = len(data)
    written = found[_CONTENT_LENGTH]
    if written is not None:
        length = _number(written, 2**32 - 1)
        if length is None:
            faults.append(("bad-content-length", say.bad_content_length(written)))
        elif length > max(body_end - body_start, 0):
            faults.append(("body-cut", say.body_cut(length, max(body_end - body_start, 0))))
        else:
            body_end = body_start + length
    expires = None
    written = found[_EXPIRES]
    if written is not None:
        expires = _number(written, 2**32 - 1)
        if expires is None:
            faults.append(("bad-expires", say.bad_expires(written)))

    if cseq_fault is not None:
        faults.append(cseq_fault)
    if method != cseq_method and method is not None and cseq_method:
        faults.append(("method-mismatch", say.method_mismatch(method, cseq_method)))
    if body_start > len(data):
        faults = _of_whole_fields(faults, data, fields, again)
    elif not (raw_from and raw_to and sent_by and raw_cseq and call_id):
        found[_VIA] = _first_item(found[_VIA] or "")
        faults += [(f"no-{name.lower()}", say.missing(name)) for name in MANDATORY if not found[_SLOT[name]]]
    if start_fault is not None:
        faults.append(start_fault)

    user_agent = found[_USER_AGENT] or ""
    if method is None:
        user_agent = found[_SERVER] or user_agent
    return Facts(
        method,
        request_uri,
        status,
        reason,
        intern(call_id),
        cseq_number,
        cseq_method,
        from_uri,
        from_tag,
        to_uri,
        to_tag,
        branch,
        sent_by,
        intern(user_agent),
        method is not None and (found[_AUTHORIZATION] is not None or found[_PROXY_AUTHORIZATION] is not None),
        body_end > body_start
        and (
            _has_session_description(found[_CONTENT_TYPE], data, body_start, body_end)
            or (found[_CONTENT_TYPE] is None and data.startswith(b"v=0", body_start, body_end))
        ),
        expires,
        found[_REASON] or "",
        _sentences(faults) if faults else (),
    )


def _of_whole_fields(
    faults: list[tuple[str, str]], data: bytes, fields: list[tuple[str, str]], again: list[tuple[int, str]]
) -> list[tuple[str, str]]:
    """The faults of a header part without end: that it has none, and not those of a last field that may be half a field."""
    last = _NOT_WANTED if data.endswith(b"\n") or not fields else _slots[fields[-1][0]]
    if any(slot == last for slot, _ in again):
        last = _NOT_WANTED
    return [("no-empty-line", say.HEADER_CUT), *(fault for fault in faults if fault[0] not in _FAULTS_OF.get(last, ()))]


def _sentences(faults: list[tuple[str, str]]) -> tuple[str, ...]:
    faults.sort(key=lambda fault: say.RANK[fault[0]])
    if faults[0][0] == "not-sip":
        return (faults[0][1],)
    return tuple(text for _, text in faults)


def _ordinary_lines(data: bytes) -> tuple[str, list[tuple[str, str]], int]:
    """The start line, name and value of each header field, and where the body begins.

    Right for the usual message only; the start line is "" for other bytes, and a name that `_gather` finds odd tells too.
    """
    end = data.find(b"\r\n\r\n")
    header = data[: max(end, 0)].decode("utf-8", "replace")
    line_end = header.find("\n")
    if line_end < 0:
        return header.strip(_LWS), [], end + 4
    return header[:line_end].strip(_LWS), _ORDINARY_LINE.findall(header, line_end), end + 4


def _gather(fields: list[tuple[str, str]]) -> tuple[list[str | None], list[tuple[int, str]], bool]:
    """The wanted values by slot, what stands there again, and whether a line was odd: it needs `_odd_lines` then."""
    found: list[str | None] = [None] * len(_NAMES)
    again: list[tuple[int, str]] = []
    slots = _slots
    odd = False
    for name, value in fields:
        slot = slots[name]
        if slot >= 0:
            if found[slot] is None:
                found[slot] = value.strip(_LWS)
            else:
                again.append((slot, value.strip(_LWS)))
        elif slot == _ODD:
            odd = True
    return found, again, odd


def _odd_lines(data: bytes) -> tuple[str, list[tuple[str, str]], int]:
    """The same for a header part with folds, blank lines before it, or no end: its body begins behind the data."""
    begin = len(data) - len(data.lstrip(b"\r\n"))
    match = _HEADER_END.search(data, begin)
    header = data[begin : match.start() if match else None].decode("utf-8", "replace")
    start, _, rest = header.partition("\n")
    logical: list[list[str]] = []
    for line in rest.split("\n"):
        if logical and line[:1] in (" ", "\t"):
            logical[-1].append(line.strip(_LWS))
        else:
            logical.append([line.strip(_LWS)])
    # a name does not go over a line end: a line without a colon of its own is no header field, nor are its folds
    fields = [" ".join(lines).partition(":")[::2] if ":" in lines[0] else ("", "") for lines in logical]
    return start.strip(_LWS), fields, match.end() if match else len(data) + 1


def _take_repeated(found: list[str | None], again: list[tuple[int, str]], faults: list[tuple[str, str]]) -> None:
    """Put together the header fields that stand more than once, or say that they must not."""
    times: dict[int, int] = {}
    for slot, value in again:
        if slot == _REASON:
            found[slot] = f"{found[slot]}, {value}" if found[slot] and value else found[slot] or value
        elif slot == _VIA and not _first_item(found[slot] or ""):
            found[slot] = value
        elif slot not in _MAY_REPEAT:
            times[slot] = times.get(slot, 1) + 1
    faults += [("repeated-field", say.repeated(_NAMES[slot], count)) for slot, count in times.items()]


def _has_session_description(content_type: str | None, data: bytes, start: int, end: int, depth: int = 4) -> bool:
    if content_type == "application/sdp":
        return True
    if content_type is None:
        return False
    name, semicolon, parameters = content_type.partition(";")
    name = name.strip(_LWS).lower()
    boundary = _parameter(semicolon + parameters, "boundary")
    if name.startswith("multipart/") and boundary and depth:
        parts = part_spans(data, start, end, boundary.encode())
        return any(_part_has_session_description(data[begin:stop], depth) for begin, stop in parts)
    return name == "application/sdp"


def _part_has_session_description(part: bytes, depth: int) -> bool:
    _, fields, content_start = _odd_lines(b"-\r\n" + part)
    content = part[content_start - 3 :]
    kind = next((value.strip(_LWS) for name, value in fields if _slots[name] == _CONTENT_TYPE), None)
    return bool(content) and _has_session_description(kind, content, 0, len(content), depth - 1)


def _number(text: str, largest: int) -> int | None:
    if not (text.isdigit() and text.isascii()):
        return None
    if len(text) > 10:
        text = text.lstrip("0") or "0"
        if len(text) > 10:
            return None
    value = int(text)
    return value if value <= largest else None


def _read_start_line(line: str) -> tuple[str | None, str, int | None, str | None, tuple[str, str] | None]:
    """Method, Request-URI, status, reason phrase and what is wrong."""
    if line[:4].upper() == "SIP/":
        version, code, reason = (*_BLANKS.split(line, 2), "", "")[:3]
        status = _number(code, 9_999_999_999)
        fault = None
        if status is None or not 100 <= status <= 699:
            fault = ("bad-status", say.bad_status(code))
        if version.upper() != "SIP/2.0":
            fault = ("bad-version", say.bad_version(version))
        return None, "", -1 if status is None else status, reason, fault
    method, rest = (*_BLANKS.split(line, 1), "")[:2]
    blank = max(rest.rfind(" "), rest.rfind("\t"))
    target, version = (rest[: max(blank, 0)].strip(_LWS), rest[blank + 1 :])
    if version[:4].upper() != "SIP/":
        target, version = rest, ""
    fault = None
    if not target or not version or not _TOKEN.fullmatch(method):
        fault = ("not-sip", say.NOT_SIP)
    elif version.upper() != "SIP/2.0":
        fault = ("bad-version", say.bad_version(version))
    return method, target, None, None, fault


def _read_cseq(value: str) -> tuple[int | None, str, tuple[str, str] | None]:
    """Number, method and what is wrong."""
    if not value:
        return None, "", None
    written, method = (*_BLANKS.split(value, 1), "")[:2]
    number = _number(written, 2**31 - 1)
    fault = ("bad-cseq", say.bad_cseq(value)) if number is None or not _TOKEN.fullmatch(method) else None
    return number, method, fault


def _first_item(value: str) -> str:
    """The first value of a comma-separated list that is not empty."""
    at = 0
    while at < len(value):
        match = _ITEM.match(value, at)
        end = match.end() if match else len(value)
        item = value[at:end].strip(_LWS)
        if item:
            return item
        at = end + 1
    return ""


def _read_via(value: str) -> tuple[str, str]:
    """Sent-by and branch of the topmost Via value."""
    usual = _USUAL_VIA.fullmatch(value)
    if usual is not None:
        return usual[1], usual[2]
    value = _first_item(value)
    head, semicolon, parameters = value.partition(";")
    head = head.strip(_LWS)
    pieces = head.split("/", 2)
    sent_by = head if len(pieces) < 3 else _host_port((*_BLANKS.split(pieces[2].strip(_LWS), 1), "")[1])
    return sent_by, _parameter(semicolon + parameters, "branch")


def _read_address(value: str) -> tuple[str, str]:
    """Address-of-record and tag of a From or To value."""
    usual = _USUAL_ADDRESS.fullmatch(value)
    if usual is not None:
        return usual[1] or usual[2], usual[3] or ""
    quoted = _QUOTED.match(value) if value.startswith('"') else None
    begin = quoted.end() if quoted else 0
    mark = _ADDRESS_MARK.search(value, begin)
    if mark is None:
        return _address_of_record(value[begin:]), ""
    if mark[0] == "<":
        address, _, rest = value[mark.end() :].partition(">")
        return _address_of_record(address), _parameter(rest, "tag")
    return _address_of_record(value[begin : mark.start()]), _parameter(value[mark.start() :], "tag")


def _address_of_record(uri: str) -> str:
    uri = uri.strip(_LWS)
    match = _URI.match(uri)
    if match is None:
        return uri
    scheme, rest = match[1].lower(), match[2]
    if scheme == "tel":
        return f"tel:{rest.partition(';')[0].strip(_LWS)}"
    if scheme not in ("sip", "sips"):
        return f"{scheme}:{rest.strip(_LWS)}"
    user, at, host = rest.partition("@")
    if not at:
        user, host = "", rest
    host = _host_port(host.partition("?")[0].partition(";")[0])
    return f"{scheme}:{user.partition(':')[0].strip(_LWS)}@{host}" if at else f"{scheme}:{host}"


def _host_port(text: str) -> str:
    """``host:port`` without white space around the colon; what is no port stays as it is."""
    text = text.strip(_LWS)
    if text.startswith("["):
        host, bracket, after = text.partition("]")
        host, after = host + bracket, after.strip(_LWS)
        if not bracket or (after and not after.startswith(":")):
            return text
        if not after:
            return host
        written = after[1:].strip(_LWS)
    elif text.count(":") == 1:
        before, _, behind = text.partition(":")
        host, written = before.strip(_LWS), behind.strip(_LWS)
    else:
        return text
    port = _number(written, 65535)
    return text if port is None else f"{host}:{port}"


def _parameter(text: str, name: str) -> str:
    """The value of the first ``;name=value`` in a run of parameters, without quotes; "" where there is none."""
    at = text.find(";")
    if '"' not in text and "<" not in text:
        pieces = text.split(";")[1:]
    else:
        pieces, at = [], 0
        while at <= len(text):
            match = _PARAMETER.match(text, at)
            end = match.end() if match else len(text)
            pieces.append(text[at:end])
            at = end + 1
        pieces = pieces[1:]
    for piece in pieces:
        written, _, value = piece.partition("=")
        if written.strip(_LWS).lower() == name:
            value = value.strip(_LWS)
            return _ESCAPED.sub(r"\1", value[1:-1]) if _QUOTED.fullmatch(value) else value
    return ""


# From, To, CSeq and the start line of one dialog repeat, so what was read is remembered, and its texts are kept once.
_not_remembering = (_read_start_line, _read_address, _read_cseq)
_remembering = (
    lru_cache(maxsize=4096)(_read_start_line),
    lru_cache(maxsize=4096)(_read_address),
    lru_cache(maxsize=1024)(_read_cseq),
)
