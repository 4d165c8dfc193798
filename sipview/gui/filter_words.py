"""Filters made by pointing: from a packet's cell, from a call; and how they are put together."""

from collections.abc import Sequence
from enum import StrEnum

from sipview.calls import Call, Conversation
from sipview.gui.filter_typing import Verdict, judge, parsed

_LONGEST_VALUE = 4000  # characters: a filter is a line to be read


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


def comparison(field_name: str | None, value: str) -> str:
    """``field == value`` as a filter writes it, "" where that is no filter."""
    from sipview.filter import FieldType, find_field  # noqa: PLC0415

    field = find_field(field_name) if field_name else None
    if field is None or len(value) > _LONGEST_VALUE:
        return ""
    return _checked(f"{field.name} == {_quoted(value) if field.type is FieldType.TEXT else value}")


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
