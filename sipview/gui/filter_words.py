"""Filters made by pointing: from a packet's cell, from a part of a message, from a call; and how they are put together."""

from collections.abc import Sequence
from enum import StrEnum

from sipview.calls import Call, Conversation
from sipview.explain import Explanation
from sipview.gui.filter_typing import Verdict, judge, parsed
from sipview.sip import Message

_LONGEST_VALUE = 4000  # characters: a filter is a line to be read
# Parts of a message, by the names of the explained tree from the outermost in, and the fields that have their values.
_PARTS = {
    ("Request-Line", "Method"): "sip.Method",
    ("Request-Line", "Request-URI"): "sip.r-uri",
    ("Request-Line", "Request-URI", "user"): "sip.r-uri.user",
    ("Request-Line", "Request-URI", "host"): "sip.r-uri.host",
    ("Status-Line", "Status-Code"): "sip.Status-Code",
    ("Via", "branch"): "sip.Via.branch",
    ("Via", "received"): "sip.Via.received",
    ("From", "URI"): "sip.from.addr",
    ("From", "URI", "user"): "sip.from.user",
    ("From", "URI", "host"): "sip.from.host",
    ("From", "tag"): "sip.from.tag",
    ("To", "URI"): "sip.to.addr",
    ("To", "URI", "user"): "sip.to.user",
    ("To", "URI", "host"): "sip.to.host",
    ("To", "tag"): "sip.to.tag",
    ("Contact", "URI", "user"): "sip.contact.user",
    ("Contact", "URI", "host"): "sip.contact.host",
    ("CSeq", "number"): "sip.CSeq.seq",
    ("CSeq", "method"): "sip.CSeq.method",
    ("Authorization", "username"): "sip.auth.username",
    ("Authorization", "realm"): "sip.auth.realm",
    ("Proxy-Authorization", "username"): "sip.auth.username",
    ("Proxy-Authorization", "realm"): "sip.auth.realm",
    ("WWW-Authenticate", "realm"): "sip.auth.realm",
    ("Proxy-Authenticate", "realm"): "sip.auth.realm",
}
_ADDRESSES_OF_RECORD = {"sip.from.addr", "sip.to.addr"}


class Join(StrEnum):
    """How a new term meets the filter that is in force."""

    ONLY = "only"
    NOT = "not"
    AND = "and"
    OR = "or"
    AND_NOT = "and-not"


def combined(current: str, term: str, join: Join) -> str:
    """The filter in force and a new term, put together."""
    negated = f"!({term})"
    if join is Join.ONLY or not current.strip():
        return negated if join in {Join.NOT, Join.AND_NOT} else term
    match join:
        case Join.AND:
            return f"{_operand(current, '&&')} && {_operand(term, '&&')}"
        case Join.OR:
            return f"{_operand(current, '||')} || {_operand(term, '||')}"
        case Join.AND_NOT:
            return f"{_operand(current, '&&')} && {negated}"
        case _:
            return negated


def call_term(subjects: Sequence[Call | Conversation]) -> str:
    """The filter on all legs of these calls and conversations."""
    call_ids = dict.fromkeys(
        call_id
        for subject in subjects
        for call_id in ([leg.call_id for leg in subject.legs] if isinstance(subject, Call) else [subject.call_id])
        if call_id
    )
    values = [_quoted(call_id) for call_id in call_ids]
    if not values:
        return ""
    return _checked(f"sip.Call-ID == {values[0]}" if len(values) == 1 else f"sip.Call-ID in {{{', '.join(values)}}}")


def part_term(message: Message, path: Sequence[Explanation]) -> str:
    """The filter on a part of a message, "" where no field has its value. ``path`` leads from the outermost part to it."""
    names = tuple(part.field for part in path)
    part = path[-1]
    if len(path) > 1:
        field = _PARTS.get(names)
        return comparison(field, _part_value(field, part)) if field else ""
    if names[0] in {"Request-Line", "Status-Line"}:
        return comparison(f"sip.{names[0]}", message.data[part.start : part.end].decode("utf-8", "surrogateescape"))
    for line in message.fields:
        if line.start == part.start and line.end == part.end:
            return comparison(_header_field(line.canonical), line.value)
    return ""


def comparison(field_name: str | None, value: str) -> str:
    """``field == value`` as a filter writes it, "" where that is no filter."""
    from sipview.filter import FieldType, find_field  # noqa: PLC0415

    field = find_field(field_name) if field_name else None
    if field is None or len(value) > _LONGEST_VALUE:
        return ""
    return _checked(f"{field.name} == {_quoted(value) if field.type is FieldType.TEXT else value}")


def _part_value(field: str, part: Explanation) -> str:
    """The value of a part as the field has it: a parameter without its name and quotation marks, a URI without parameters."""
    name, equals, value = part.value.partition("=")
    text = value if equals and name.strip().lower() == part.field.lower() else part.value
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if field in _ADDRESSES_OF_RECORD:
        text = text.partition(";")[0].partition("?")[0]
    return text


def _header_field(header: str) -> str | None:
    """The filter's name of a whole header field."""
    from sipview.filter import fields, find_field  # noqa: PLC0415

    known = find_field(f"sip.{header}")
    if known is not None:
        return known.name
    return next((field.name for field in fields().values() if field.header == header), None)


def _quoted(text: str) -> str:
    from sipview.filter.syntax import quoted  # noqa: PLC0415

    return quoted(text)


def _checked(term: str) -> str:
    return term if judge(term).verdict is Verdict.GOOD else ""


def _operand(text: str, sign: str) -> str:
    """A filter as an operand of ``sign``, in parentheses where it would fall apart otherwise."""
    from sipview.filter.tree import Conjunction, Disjunction  # noqa: PLC0415

    other = Disjunction if sign == "&&" else Conjunction
    return f"({text})" if isinstance(parsed(text).tree, other) else text
