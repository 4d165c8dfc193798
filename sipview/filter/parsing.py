"""Text to `Filter`: the parse tree, with every name looked up and every value read as its field's type."""

from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token, Tree

from sipview.filter.columns import BooleanArray, Source
from sipview.filter.errors import FilterError, shown
from sipview.filter.evaluation import evaluate
from sipview.filter.fields import Field, FieldType, find_field, suggest_field
from sipview.filter.literals import Written, field_in_value_place, read_text, read_value
from sipview.filter.patterns import Pattern, PatternError
from sipview.filter.syntax import DEPTH_LIMIT, quoted, read
from sipview.filter.tree import (
    Comparison,
    Conjunction,
    Contains,
    Disjunction,
    Everything,
    Exists,
    FieldComparison,
    Matches,
    Membership,
    Negation,
    Node,
    Numbers,
    Quantifier,
    Relation,
    Span,
    Texts,
    Value,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A display filter that was understood. Two filters are equal if their trees are."""

    tree: Node

    def __str__(self) -> str:
        """A text that `parse` reads as this filter: operators and quotation marks in one way of writing."""
        return str(self.tree)

    def evaluate(self, source: Source) -> BooleanArray:
        """For each of the source's rows whether it passes. The source is asked for columns only as far as needed."""
        return evaluate(self.tree, source)

    @property
    def fields(self) -> frozenset[Field]:
        """The fields that the filter names."""
        return frozenset(_fields(self.tree))


_RELATIONS: dict[str, tuple[Relation, Quantifier]] = {
    "==": (Relation.EQUAL, Quantifier.ANY),
    "eq": (Relation.EQUAL, Quantifier.ANY),
    "any_eq": (Relation.EQUAL, Quantifier.ANY),
    "===": (Relation.EQUAL, Quantifier.ALL),
    "all_eq": (Relation.EQUAL, Quantifier.ALL),
    "!=": (Relation.UNEQUAL, Quantifier.ALL),
    "ne": (Relation.UNEQUAL, Quantifier.ALL),
    "all_ne": (Relation.UNEQUAL, Quantifier.ALL),
    "~=": (Relation.UNEQUAL, Quantifier.ANY),
    "!==": (Relation.UNEQUAL, Quantifier.ANY),
    "any_ne": (Relation.UNEQUAL, Quantifier.ANY),
    ">": (Relation.GREATER, Quantifier.ANY),
    "gt": (Relation.GREATER, Quantifier.ANY),
    "<": (Relation.LESS, Quantifier.ANY),
    "lt": (Relation.LESS, Quantifier.ANY),
    ">=": (Relation.GREATER_EQUAL, Quantifier.ANY),
    "ge": (Relation.GREATER_EQUAL, Quantifier.ANY),
    "<=": (Relation.LESS_EQUAL, Quantifier.ANY),
    "le": (Relation.LESS_EQUAL, Quantifier.ANY),
}
"""What an operator asks, and of which of a field's values (Wireshark 4.0: ``!=`` asks all, every other asks any)."""


def parse(text: str) -> Filter:
    """The filter that a text says; an empty text lets everything pass. Raises `FilterError`, and nothing else."""
    return Filter(_node(read(text), 0))


def _node(tree: Tree[Token], depth: int) -> Node:
    if depth > DEPTH_LIMIT:
        raise FilterError(*_extent(tree), f"The filter is nested more than {DEPTH_LIMIT} deep.")
    match tree.data:
        case "start":
            return _node(_tree(tree.children[0]), depth) if tree.children else Everything()
        case "group":
            return _node(_tree(tree.children[1]), depth + 1)
        case "negation":
            return Negation(_node(_tree(tree.children[1]), depth + 1))
        case "conjunction":
            return Conjunction(tuple(_node(_tree(child), depth + 1) for child in tree.children))
        case "disjunction":
            return Disjunction(tuple(_node(_tree(child), depth + 1) for child in tree.children))
        case _:
            return _test(tree)


def _test(tree: Tree[Token]) -> Node:
    words = [child for child in tree.children if isinstance(child, Token)]
    quantifier = Quantifier(words.pop(0)) if words[0].type == "QUANTIFIER" else None
    name = words.pop(0)
    field = _field(name)
    span = Span(*_extent(tree))
    match tree.data:
        case "exists":
            return Exists(field, span)
        case "membership":
            elements = tuple(_element(field, child) for child in tree.children if isinstance(child, Tree))
            member = Membership(field, quantifier or Quantifier.ANY, elements, span)
            return Negation(member) if words[0].type == "NOT" else member
        case "comparison":
            return _comparison(field, name, words[0], _written(words[1]), quantifier, span)
        case _:
            return _search(field, name, words[0], _written(words[1]), quantifier or Quantifier.ANY, span)


def _field(name: Token) -> Field:
    field = find_field(name)
    if field is not None:
        return field
    suggestion = suggest_field(name)
    if suggestion is not None:
        sentence = f"There is no field {shown(name)}. Did you mean {suggestion}?"
    elif name[0].isalpha():
        sentence = f"There is no field {shown(name)}."
    else:
        sentence = f"{shown(name)} is no field. A test begins with one, as in sip.Status-Code == 486."
    raise FilterError(*_place(name), sentence, suggestion)


def _values_needed(field: Field, name: Token) -> None:
    if field.type in {FieldType.PROTOCOL, FieldType.CONTENT}:
        searched = ", or searched with contains and matches" if field.type is FieldType.CONTENT else ""
        raise FilterError(*_place(name), f"{field.name} is a protocol: it can stand alone{searched}, but has no value.")


def _comparison(
    field: Field, name: Token, operator: Token, written: Written, quantifier: Quantifier | None, span: Span
) -> Comparison | FieldComparison:
    _values_needed(field, name)
    relation, usual = _RELATIONS[operator]
    other = field_in_value_place(written)
    if other is None:
        return Comparison(field, quantifier or usual, relation, read_value(field, written), span)
    if other.type is not field.type:
        raise FilterError(
            written.start,
            written.end,
            f"{field.name} ({field.type}) and {other.name} ({other.type}) cannot be compared.",
            quoted(written.text) if field.type is FieldType.TEXT else None,
        )
    return FieldComparison(field, quantifier or usual, relation, other, span)


def _element(field: Field, tree: Tree[Token]) -> Value:
    """One element of a set: a value, or the range between two."""
    tokens = [child for child in tree.children if isinstance(child, Token)]
    if field.type in {FieldType.PROTOCOL, FieldType.CONTENT}:
        raise FilterError(*_extent(tree), f"{field.name} is a protocol and has no value to look for in a set.")
    first, last = (read_value(field, _written(token)) for token in (tokens[0], tokens[-1]))
    if len(tokens) == 1:
        return first
    written = f"{first.written}..{last.written}"
    if isinstance(first, Numbers) and isinstance(last, Numbers):
        return Numbers(first.low, last.high, written)
    assert isinstance(first, Texts), "one field has values of one type"
    assert isinstance(last, Texts), "one field has values of one type"
    return Texts(first.low, last.high, written)


def _search(
    field: Field, name: Token, operator: Token, written: Written, quantifier: Quantifier, span: Span
) -> Contains | Matches:
    contains = operator.type == "CONTAINS"
    if field.type not in {FieldType.TEXT, FieldType.CONTENT}:
        raise FilterError(
            *_place(name),
            f"{field.name} is no text ({field.type}), and {'contains' if contains else 'matches'} looks into texts.",
        )
    if written.kind == "WORD" and (not contains or field.type is FieldType.CONTENT):
        raise FilterError(
            written.start, written.end, f"Expected a text in double quotes, not {shown(written.text)}.", quoted(written.text)
        )
    if field_in_value_place(written) is not None:
        raise FilterError(
            written.start,
            written.end,
            f"sipview looks for texts in fields, not for fields such as {written.text}.",
            quoted(written.text),
        )
    text = read_text(written)
    if contains:
        return Contains(field, quantifier, text, quoted(text), span)
    try:
        return Matches(field, quantifier, Pattern(text), quoted(text), span)
    except PatternError as error:
        found = written.text.find(error.fragment) if error.fragment else -1
        start, end = (
            (written.start + found, written.start + found + len(error.fragment)) if found > 0 else (written.start, written.end)
        )
        raise FilterError(start, end, f"The pattern cannot be used: {error.sentence}.") from None


def _written(token: Token) -> Written:
    return Written(str(token), token.type, *_place(token))


def _tree(child: Tree[Token] | Token) -> Tree[Token]:
    assert isinstance(child, Tree), "the grammar gives a subtree here"
    return child


def _place(token: Token) -> tuple[int, int]:
    start = token.start_pos or 0
    return start, start + len(token)


def _extent(tree: Tree[Token]) -> tuple[int, int]:
    return tree.meta.start_pos, tree.meta.end_pos


def _fields(node: Node) -> Iterator[Field]:
    match node:
        case Everything():
            return
        case Negation(operand):
            yield from _fields(operand)
        case Conjunction(operands) | Disjunction(operands):
            for operand in operands:
                yield from _fields(operand)
        case FieldComparison():
            yield node.field
            yield node.other
        case _:
            yield node.field
