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
from sipview.sip.skimmed_values import (
    LWS,
    first_item,
    number_of,
    parameter_value,
    read_address,
    read_cseq,
    read_start_line,
    read_via,
)


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
_KEPT = 2048
"""What stands in longer header parts is not remembered: hostile ones would fill the memory."""


class _Slots(dict[str, int]):
    """Names as written to slots, remembered; a capture has few spellings, and hostile ones are not kept without limit."""

    def __missing__(self, written: str) -> int:
        name = written.strip(LWS)
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
    start_line, address, cseq = _remembering if body_start < _KEPT else _not_remembering
    method, request_uri, status, reason, start_fault = start_line(start)
    from_uri, from_tag = address(raw_from)
    to_uri, to_tag = address(raw_to)
    cseq_number, cseq_method, cseq_fault = cseq(raw_cseq)
    sent_by, branch = read_via(found[_VIA] or "")
    call_id = found[_CALL_ID] or ""

    body_end = len(data)
    written = found[_CONTENT_LENGTH]
    if written is not None:
        length = number_of(written, 2**32 - 1)
        if length is None:
            faults.append(("bad-content-length", say.bad_content_length(written)))
        elif length > max(body_end - body_start, 0):
            faults.append(("body-cut", say.body_cut(length, max(body_end - body_start, 0))))
        else:
            body_end = body_start + length
    expires = None
    written = found[_EXPIRES]
    if written is not None:
        expires = number_of(written, 2**32 - 1)
        if expires is None:
            faults.append(("bad-expires", say.bad_expires(written)))

    if cseq_fault is not None:
        faults.append(cseq_fault)
    if method != cseq_method and method is not None and cseq_method:
        faults.append(("method-mismatch", say.method_mismatch(method, cseq_method)))
    if body_start > len(data):
        faults = _of_whole_fields(faults, data, fields, again)
    elif not (raw_from and raw_to and sent_by and raw_cseq and call_id):
        found[_VIA] = first_item(found[_VIA] or "")
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
        return header.strip(LWS), [], end + 4
    return header[:line_end].strip(LWS), _ORDINARY_LINE.findall(header, line_end), end + 4


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
                found[slot] = value.strip(LWS)
            else:
                again.append((slot, value.strip(LWS)))
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
            logical[-1].append(line.strip(LWS))
        else:
            logical.append([line.strip(LWS)])
    # a name does not go over a line end: a line without a colon of its own is no header field, nor are its folds
    fields = [" ".join(lines).partition(":")[::2] if ":" in lines[0] else ("", "") for lines in logical]
    return start.strip(LWS), fields, match.end() if match else len(data) + 1


def _take_repeated(found: list[str | None], again: list[tuple[int, str]], faults: list[tuple[str, str]]) -> None:
    """Put together the header fields that stand more than once, or say that they must not."""
    times: dict[int, int] = {}
    reasons = [found[_REASON] or ""]
    topmost = first_item(found[_VIA] or "")
    for slot, value in again:
        if slot == _REASON:
            reasons.append(value)
        elif slot == _VIA:
            topmost = topmost or first_item(value)
        elif slot not in _MAY_REPEAT:
            times[slot] = times.get(slot, 1) + 1
    if found[_VIA] is not None:
        found[_VIA] = topmost
    found[_REASON] = ", ".join(reason for reason in reasons if reason)
    faults += [("repeated-field", say.repeated(_NAMES[slot], count)) for slot, count in times.items()]


def _has_session_description(content_type: str | None, data: bytes, start: int, end: int, depth: int = 4) -> bool:
    if content_type == "application/sdp":
        return True
    if content_type is None:
        return False
    name, semicolon, parameters = content_type.partition(";")
    name = name.strip(LWS).lower()
    boundary = parameter_value(semicolon + parameters, "boundary")
    if name.startswith("multipart/") and boundary and depth:
        parts = part_spans(data, start, end, boundary.encode())
        return any(_part_has_session_description(data[begin:stop], depth) for begin, stop in parts)
    return name == "application/sdp"


def _part_has_session_description(part: bytes, depth: int) -> bool:
    _, fields, content_start = _odd_lines(b"-\r\n" + part)
    content = part[content_start - 3 :]
    kind = next((value.strip(LWS) for name, value in fields if _slots[name] == _CONTENT_TYPE), None)
    return bool(content) and _has_session_description(kind, content, 0, len(content), depth - 1)


# From, To, CSeq and the start line of one dialog repeat, so what was read is remembered, and its texts are kept once.
_not_remembering = (read_start_line, read_address, read_cseq)
_remembering = (
    lru_cache(maxsize=4096)(read_start_line),
    lru_cache(maxsize=4096)(read_address),
    lru_cache(maxsize=1024)(read_cseq),
)
