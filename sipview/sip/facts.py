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


# `skim` takes the values apart in this order; the first five are those of `MANDATORY`.
_NAMES = (
    "From", "To", "Call-ID", "CSeq", "Via", "User-Agent", "Server", "Expires", "Reason", "Authorization", "Proxy-Authorization",
    "Content-Type", "Content-Length",
)  # fmt: skip
_SLOT = {name: slot for slot, name in enumerate(_NAMES)}
_CSEQ, _VIA, _EXPIRES, _REASON = (_SLOT[name] for name in ("CSeq", "Via", "Expires", "Reason"))
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

_Line = tuple[str, str, str]
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

    raw_from, raw_to, call_id, raw_cseq, raw_via, agent, server, raw_expires, reasons, own, proxy, content_type, length = found
    start_line, address, cseq = _remembering if body_start < _KEPT else _not_remembering
    method, request_uri, status, reason, start_fault = start_line(start)
    from_uri, from_tag = address(raw_from or "")
    to_uri, to_tag = address(raw_to or "")
    cseq_number, cseq_method, cseq_fault = cseq(raw_cseq or "")
    sent_by, branch = read_via(raw_via or "")

    body_end = len(data)
    if length is not None:
        body_length = number_of(length, 2**32 - 1)
        if body_length is None:
            faults.append(("bad-content-length", say.bad_content_length(length)))
        elif body_length > max(body_end - body_start, 0):
            faults.append(("body-cut", say.body_cut(body_length, max(body_end - body_start, 0))))
        else:
            body_end = body_start + body_length
    expires = None
    if raw_expires is not None:
        expires = number_of(raw_expires, 2**32 - 1)
        if expires is None:
            faults.append(("bad-expires", say.bad_expires(raw_expires)))

    if cseq_fault is not None:
        faults.append(cseq_fault)
    if method != cseq_method and method is not None and cseq_method:
        faults.append(("method-mismatch", say.method_mismatch(method, cseq_method)))
    if body_start > len(data):
        faults = _of_whole_fields(faults, data, fields, again)
    elif not (raw_from and raw_to and call_id and raw_cseq and sent_by):
        present = (raw_from, raw_to, call_id, raw_cseq, first_item(raw_via or ""))
        faults += [
            (f"no-{name.lower()}", say.missing(name)) for name, value in zip(MANDATORY, present, strict=True) if not value
        ]
    if start_fault is not None:
        faults.append(start_fault)

    if method is None:
        agent = server or agent
    # The messages of a call say the same of most of this, and a capture has hundreds of thousands of them.
    return Facts(
        method,
        intern(request_uri),
        status,
        reason,
        intern(call_id or ""),
        cseq_number,
        cseq_method,
        intern(from_uri),
        intern(from_tag),
        intern(to_uri),
        intern(to_tag),
        intern(branch),
        intern(sent_by),
        intern(agent or ""),
        method is not None and (own is not None or proxy is not None),
        body_end > body_start
        and (
            _has_session_description(content_type, data, body_start, body_end)
            or (content_type is None and data.startswith(b"v=0", body_start, body_end))
        ),
        expires,
        reasons or "",
        _sentences(faults) if faults else (),
    )


def _of_whole_fields(
    faults: list[tuple[str, str]], data: bytes, fields: list[_Line], again: list[tuple[int, str]]
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


def _ordinary_lines(data: bytes) -> tuple[str, list[_Line], int]:
    """The start line, the header lines cut at their first colon, and where the body begins.

    Right for the usual message only; the start line is "" for other bytes, and a line that `_gather` finds odd tells too.
    """
    end = data.find(b"\r\n\r\n")
    start, *lines = data[: max(end, 0)].decode("utf-8", "replace").split("\n")
    return start.strip(LWS), [line.partition(":") for line in lines], end + 4


def _gather(lines: list[_Line]) -> tuple[list[str | None], list[tuple[int, str]], bool]:
    """The wanted values by slot, what stands there again, and whether a line was odd: it needs `_odd_lines` then."""
    found: list[str | None] = [None] * len(_NAMES)
    again: list[tuple[int, str]] = []
    slots = _slots
    odd = False
    for name, colon, value in lines:
        slot = slots[name]
        if slot >= 0 and colon:
            if found[slot] is None:
                found[slot] = value.strip(LWS)
            else:
                again.append((slot, value.strip(LWS)))
        elif slot == _ODD:
            odd = True
    return found, again, odd


def _odd_lines(data: bytes) -> tuple[str, list[_Line], int]:
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
    fields = [" ".join(lines).partition(":") if ":" in lines[0] else ("", "", "") for lines in logical]
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
    kind = next((value.strip(LWS) for name, _, value in fields if _slots[name] == _CONTENT_TYPE), None)
    return bool(content) and _has_session_description(kind, content, 0, len(content), depth - 1)


# From, To, CSeq and the start line of one dialog repeat, so what was read is remembered, and its texts are kept once.
_not_remembering = (read_start_line, read_address, read_cseq)
_remembering = (
    lru_cache(maxsize=4096)(read_start_line),
    lru_cache(maxsize=4096)(read_address),
    lru_cache(maxsize=1024)(read_cseq),
)
