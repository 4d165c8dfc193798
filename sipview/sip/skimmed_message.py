"""The skim: what every message of a capture is asked for, in one pass.

It shares no reading code with the full parser, so that each is the other's oracle; only names and sentences are common.
"""

import re
from sys import intern

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

# `skim_values` takes them apart in this order; the first five are those of `MANDATORY`.
_NAMES = (
    "From", "To", "Call-ID", "CSeq", "Via", "User-Agent", "Server", "Expires", "Reason", "Authorization", "Proxy-Authorization",
    "Content-Type", "Content-Length",
)  # fmt: skip
_SLOT = {name: slot for slot, name in enumerate(_NAMES)}
_TO, _CSEQ, _VIA, _EXPIRES, _REASON = (_SLOT[name] for name in ("To", "CSeq", "Via", "Expires", "Reason"))
_AUTHORIZATION, _PROXY_AUTHORIZATION = _SLOT["Authorization"], _SLOT["Proxy-Authorization"]
_CONTENT_TYPE, _CONTENT_LENGTH = _SLOT["Content-Type"], _SLOT["Content-Length"]
_FAULTS_OF = {
    _CSEQ: ("bad-cseq", "method-mismatch"),
    _EXPIRES: ("bad-expires",),
    _CONTENT_LENGTH: ("bad-content-length", "body-cut"),
}
_NUMBERS = frozenset({_EXPIRES, _CONTENT_LENGTH})
_MAY_REPEAT = frozenset({_VIA, _REASON, _AUTHORIZATION, _PROXY_AUTHORIZATION})
_NOT_WANTED = -1
_ODD = -2

_HEADER_END = re.compile(rb"\n\r?\n")
_MOST_KEPT, _LONGEST_KEPT = 16384, 256

FactValues = tuple[
    str | None, str, int | None, str | None, str, int | None, str, str, str, str, str, str, str, str, bool, bool, int | None,
    str, tuple[str, ...],
]  # fmt: skip
"""The fields of `facts.Facts` in their order: a plain tuple is what one process can send to another."""

_Line = tuple[str, str, str]
"""Name, colon, value as written."""
_Fault = tuple[str, str]
_StartLine = tuple[str, str | None, str, int | None, str | None, _Fault | None]
"""The text, method, Request-URI, status, reason phrase, and what is wrong."""
_Field = tuple[int, str | None, str, str, int | None, _Fault | None]
"""A header field that `skim_values` reads: its slot, its text (None where the message has none), and what that says.

That is URI and tag of an address; sent-by and branch of Via; "", the method, the number and what is wrong of CSeq; "", "" and
the number of Content-Length and Expires. A plain tuple, which is made in a fifth of the time of a named one: most messages
bring a line or two that were not seen before.
"""


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


class _Fields(dict[bytes, _Field]):
    """Lines of header parts to what they say. The messages of a dialog repeat most of theirs, so many are remembered."""

    def __missing__(self, line: bytes) -> _Field:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        field = _read_field(name, colon, value)
        if len(line) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[line] = field
        return field


class _StartLines(dict[bytes, _StartLine]):
    """The same of start lines."""

    def __missing__(self, line: bytes) -> _StartLine:
        read = _read_start_line(line.decode("utf-8", "replace"))
        if len(line) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[line] = read
        return read


def _read_start_line(line: str) -> _StartLine:
    text = line.strip(LWS)
    method, request_uri, status, reason, fault = read_start_line(text)
    return text, method, intern(request_uri), status, reason, fault


def _read_field(name: str, colon: str, value: str) -> _Field:
    slot = _slots[name]
    if slot < 0 or not colon:
        return _ODD_LINE if slot == _ODD else _OTHER_LINE
    return _read_value(slot, value.strip(LWS))


def _read_value(slot: int, text: str) -> _Field:
    # The messages of a call say the same of most of this, and a capture has hundreds of thousands of them.
    if slot == _VIA:
        sent_by, branch = read_via(text)
        return slot, text, intern(sent_by), intern(branch), None, None
    if slot <= _TO:
        uri, tag = read_address(text)
        return slot, text, intern(uri), intern(tag), None, None
    if slot == _CSEQ:
        number, method, fault = read_cseq(text)
        return slot, text, "", intern(method), number, fault
    if slot in _NUMBERS:
        return slot, text, "", "", number_of(text, 2**32 - 1), None
    return slot, intern(text), "", "", None, None


_slots = _Slots()
_fields = _Fields()
_start_lines = _StartLines()
_OTHER_LINE: _Field = (_NOT_WANTED, None, "", "", None, None)
_ODD_LINE: _Field = (_ODD, None, "", "", None, None)


_ABSENT: list[_Field] = [(slot, None, *_read_value(slot, "")[2:]) for slot in range(len(_NAMES))]


def skim_values(data: bytes) -> FactValues:
    """Take the facts from the bytes of one SIP message; never raises, whatever the bytes are."""
    # The usual message first: other bytes have no start line here, or a line that is odd.
    end = data.find(b"\r\n\r\n")
    body_start = end + 4
    lines = data[: end if end >= 0 else 0].split(b"\n")
    start = _start_lines[lines.pop(0)]
    found = _ABSENT[:]
    again: list[_Field] = []
    raw: list[_Line] = []
    odd = not start[0]
    for field in map(_fields.__getitem__, lines):
        slot = field[0]
        if slot >= 0:
            if found[slot][1] is None:
                found[slot] = field
            else:
                again.append(field)
        elif slot == _ODD:
            odd = True
    if odd:
        start_text, raw, body_start = _odd_lines(data)
        start = _read_start_line(start_text)
        found, again = _gather(raw)
    faults: list[_Fault] = []
    if again:
        _take_repeated(found, again, faults)

    of, to, call_id, cseq, via, agent, server, expiry, reasons, own, proxy, content_type, length = found
    _, method, request_uri, status, reason, start_fault = start
    _, from_text, from_uri, from_tag, _, _ = of
    _, to_text, to_uri, to_tag, _, _ = to
    _, via_text, sent_by, branch, _, _ = via
    _, cseq_text, _, cseq_method, cseq_number, cseq_fault = cseq

    body_end = len(data)
    length_text = length[1]
    if length_text is not None:
        body_length = length[4]
        if body_length is None:
            faults.append(("bad-content-length", say.bad_content_length(length_text)))
        elif body_length > max(body_end - body_start, 0):
            faults.append(("body-cut", say.body_cut(body_length, max(body_end - body_start, 0))))
        else:
            body_end = body_start + body_length
    expires = expiry[4]
    if expires is None and expiry[1] is not None:
        faults.append(("bad-expires", say.bad_expires(expiry[1])))

    if cseq_fault is not None:
        faults.append(cseq_fault)
    if method != cseq_method and method is not None and cseq_method:
        faults.append(("method-mismatch", say.method_mismatch(method, cseq_method)))
    if body_start > len(data):
        faults = _of_whole_fields(faults, data, raw, again)
    elif not (from_text and to_text and call_id[1] and cseq_text and sent_by):
        present = (from_text, to_text, call_id[1], cseq_text, first_item(via_text or ""))
        faults += [
            (f"no-{name.lower()}", say.missing(name)) for name, value in zip(MANDATORY, present, strict=True) if not value
        ]
    if start_fault is not None:
        faults.append(start_fault)

    content = content_type[1]
    return (
        method,
        request_uri,
        status,
        reason,
        call_id[1] or "",
        cseq_number,
        cseq_method,
        from_uri,
        from_tag,
        to_uri,
        to_tag,
        branch,
        sent_by,
        (agent[1] if method is not None else server[1] or agent[1]) or "",
        method is not None and (own[1] is not None or proxy[1] is not None),
        body_end > body_start
        and (
            content == "application/sdp"
            or _has_session_description(content, data, body_start, body_end)
            or (content is None and data.startswith(b"v=0", body_start, body_end))
        ),
        expires,
        reasons[1] or "",
        _sentences(faults) if faults else (),
    )


def _of_whole_fields(faults: list[_Fault], data: bytes, fields: list[_Line], again: list[_Field]) -> list[_Fault]:
    """The faults of a header part without end: that it has none, and not those of a last field that may be half a field."""
    last = _NOT_WANTED if data.endswith(b"\n") or not fields else _slots[fields[-1][0]]
    if any(field[0] == last for field in again):
        last = _NOT_WANTED
    return [("no-empty-line", say.HEADER_CUT), *(fault for fault in faults if fault[0] not in _FAULTS_OF.get(last, ()))]


def _sentences(faults: list[_Fault]) -> tuple[str, ...]:
    faults.sort(key=lambda fault: say.RANK[fault[0]])
    if faults[0][0] == "not-sip":
        return (faults[0][1],)
    return tuple(text for _, text in faults)


def _gather(lines: list[_Line]) -> tuple[list[_Field], list[_Field]]:
    """The wanted fields by slot, and those that stand there again."""
    found, again = _ABSENT[:], []
    for line in lines:
        field = _read_field(*line)
        slot = field[0]
        if slot >= 0:
            if found[slot][1] is None:
                found[slot] = field
            else:
                again.append(field)
    return found, again


def _odd_lines(data: bytes) -> tuple[str, list[_Line], int]:
    """The start line, the header lines cut at their first colon, and where the body begins: behind the data if it has none.

    For a header part with folds, with blank lines before it, or without an end.
    """
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


def _take_repeated(found: list[_Field], again: list[_Field], faults: list[_Fault]) -> None:
    """Put together the header fields that stand more than once, or say that they must not."""
    times: dict[int, int] = {}
    reasons = [found[_REASON][1] or ""]
    topmost = first_item(found[_VIA][1] or "")
    for slot, text, *_ in again:
        if slot == _REASON:
            reasons.append(text or "")
        elif slot == _VIA:
            topmost = topmost or first_item(text or "")
        elif slot not in _MAY_REPEAT:
            times[slot] = times.get(slot, 1) + 1
    if found[_VIA][1] is not None:
        found[_VIA] = _read_value(_VIA, topmost)
    found[_REASON] = _REASON, ", ".join(reason for reason in reasons if reason), "", "", None, None
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
