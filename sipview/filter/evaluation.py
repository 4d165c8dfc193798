"""Tree and source to mask, with as little work as will do.

Every row is undecided at first. An ``&&`` asks its cheapest operand for all undecided rows and the next only for those that
are left; an ``||`` likewise for those that have not passed yet. Each distinct text or address is looked at once.
"""

from collections.abc import Callable, Iterable
from operator import ge, gt, le, lt

import numpy as np

from sipview.filter.columns import BooleanArray, RowArray, Source, TextPart
from sipview.filter.entries import Addresses, Entries, Intervals, TextTest, entries_in, used_codes
from sipview.filter.fields import Field, FieldType, Origin
from sipview.filter.pairs import compare_fields
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
    Texts,
    Value,
)

_FAMILIES = (FieldType.IPV4, FieldType.IPV6)
_BEYOND = 1 << 130  # larger than every address and every number of a column
_ORDER: dict[Relation, Callable[[str, str], bool]] = {
    Relation.GREATER: gt,
    Relation.LESS: lt,
    Relation.GREATER_EQUAL: ge,
    Relation.LESS_EQUAL: le,
}


def evaluate(tree: Node, source: Source) -> BooleanArray:
    """For each row of the source whether the filter lets it pass."""
    return _Evaluation(source).mask(tree, None)


def effort(node: Node) -> Origin:
    """What the dearest column of a tree costs."""
    match node:
        case Everything():
            return Origin.MESSAGE
        case Negation(operand):
            return effort(operand)
        case Conjunction(operands) | Disjunction(operands):
            return max(effort(operand) for operand in operands)
        case FieldComparison():
            return max(node.field.origin, node.other.origin)
        case Contains() | Matches() if node.field.type is FieldType.CONTENT:
            return Origin.BODY
        case _:
            return node.field.origin


class _Evaluation:
    """One source. ``rows`` are the undecided rows, ascending, or None for all; a mask has one element for each of them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._addresses = {family: Addresses(family) for family in _FAMILIES}

    def mask(self, node: Node, rows: RowArray | None) -> BooleanArray:
        match node:
            case Everything():
                return np.ones(self._size(rows), dtype=np.bool_)
            case Negation(operand):
                return ~self.mask(operand, rows)
            case Conjunction(operands):
                return self._decide(operands, rows, decisive=False)
            case Disjunction(operands):
                return self._decide(operands, rows, decisive=True)
            case Exists(field):
                return self._exists(field, rows)
            case FieldComparison():
                return self._compare_fields(node, rows)
            case Comparison(field, quantifier, relation, value):
                negated = relation is Relation.UNEQUAL
                return self._test(field, quantifier, rows, *_passing(relation, value), negated=negated)
            case Membership(field, quantifier, values):
                return self._test(field, quantifier, rows, *_any_of(values))
            case Contains(field, quantifier, text):
                return self._test(field, quantifier, rows, None, lambda value: text != "" and text in value)
            case Matches(field, quantifier, pattern):
                return self._test(field, quantifier, rows, None, pattern.found_in)

    def _size(self, rows: RowArray | None) -> int:
        return self._source.count if rows is None else len(rows)

    def _decide(self, operands: Iterable[Node], rows: RowArray | None, *, decisive: bool) -> BooleanArray:
        """Rows for which an operand gives the decisive value have that, the others its opposite."""
        result = np.full(self._size(rows), decisive)
        undecided: RowArray | None = None  # positions in the result; None: all
        for operand in sorted(operands, key=effort):
            asked = undecided if rows is None else rows if undecided is None else rows[undecided]
            left = np.flatnonzero(self.mask(operand, asked) != decisive)
            if undecided is not None:
                undecided = undecided[left]
            elif len(left) < len(result):
                undecided = left
            if undecided is not None and not len(undecided):
                return result
        result[slice(None) if undecided is None else undecided] = not decisive
        return result

    def _entries(self, field: Field, rows: RowArray | None) -> list[Entries]:
        return [entries_in(part, rows) for part in self._source.column(field, rows)]

    def _exists(self, field: Field, rows: RowArray | None) -> BooleanArray:
        size = self._size(rows)
        found = np.zeros(size, dtype=np.bool_)
        for entries in self._entries(field, rows):
            found |= entries.rows_of(self._values(field, entries), size)
        return found

    def _test(
        self,
        field: Field,
        quantifier: Quantifier,
        rows: RowArray | None,
        numbers: Intervals | None,
        text: TextTest | None,
        *,
        negated: bool = False,
    ) -> BooleanArray:
        """Rows in which any value (or all, of at least one) is in ``numbers`` or passes ``text``; or is not, if negated."""
        size = self._size(rows)
        passed = np.zeros(size, dtype=np.bool_)
        failed = np.zeros(size, dtype=np.bool_)
        for entries in self._entries(field, rows):
            values = self._values(field, entries)
            hits = self._hits(field, entries, numbers, text) ^ negated
            passed |= entries.rows_of(values & hits, size)
            if quantifier is Quantifier.ALL:
                failed |= entries.rows_of(values & ~hits, size)
        return passed & ~failed

    def _compare_fields(self, node: FieldComparison, rows: RowArray | None) -> BooleanArray:
        left, right = (
            [(entries, self._values(field, entries)) for entries in self._entries(field, rows)]
            for field in (node.field, node.other)
        )
        return compare_fields(node.field.type, left, right, node.relation, node.quantifier, self._size(rows))

    def _values(self, field: Field, entries: Entries) -> BooleanArray:
        """Which entries are values of the field."""
        if field.type in _FAMILIES and isinstance(entries.part, TextPart):
            addresses = self._addresses[field.type]
            valid = _by_code(entries, entries.part, lambda text: addresses[text] is not None)
            return valid if entries.present is None else valid & entries.present
        return np.ones(len(entries.data), dtype=np.bool_) if entries.present is None else entries.present

    def _hits(self, field: Field, entries: Entries, numbers: Intervals | None, text: TextTest | None) -> BooleanArray:
        """Which entries pass, as far as they are values."""
        part = entries.part
        if isinstance(part, TextPart):
            if numbers is not None:
                within, addresses = numbers, self._addresses[field.type]

                def text(value: str) -> bool:
                    number = addresses[value]
                    return number is not None and number in within

            if text is not None:
                return _by_code(entries, part, text)
        elif numbers is not None:
            return numbers.mask(entries.data)
        raise TypeError(f"the column of {field.name} ({field.type}) is a {type(part).__name__}")


def _by_code(entries: Entries, part: TextPart, test: TextTest) -> BooleanArray:
    """The test for each entry, made once for each text that these entries use."""
    count = len(part.distinct)  # asked once: the texts of a live capture grow
    passes = np.zeros(count, dtype=np.bool_)
    codes = used_codes(entries, count)
    passes[codes] = [test(part.distinct[code]) for code in codes]
    by_entry: BooleanArray = passes[entries.data]
    return by_entry


def _passing(relation: Relation, value: Value) -> tuple[Intervals | None, TextTest | None]:
    """The numbers, or the texts, that have the relation to a value (for `UNEQUAL`: that have not)."""
    if isinstance(value, Numbers):
        low, high = {
            Relation.EQUAL: (value.low, value.high),
            Relation.UNEQUAL: (value.low, value.high),
            Relation.GREATER: (value.high + 1, _BEYOND),
            Relation.LESS: (-_BEYOND, value.low - 1),
            Relation.GREATER_EQUAL: (value.low, _BEYOND),
            Relation.LESS_EQUAL: (-_BEYOND, value.high),
        }[relation]
        return Intervals([(low, high)]), None
    compared = value.low
    if relation in _ORDER:
        holds = _ORDER[relation]
        return None, lambda text: holds(text, compared)
    return None, lambda text: text == compared


def _any_of(values: tuple[Value, ...]) -> tuple[Intervals | None, TextTest | None]:
    numbers = [(value.low, value.high) for value in values if isinstance(value, Numbers)]
    if numbers:
        return Intervals(numbers), None
    ranges = [value for value in values if isinstance(value, Texts) and value.low < value.high]
    single = {value.low for value in values if isinstance(value, Texts) and value.low == value.high}
    return None, lambda text: text in single or any(value.low <= text <= value.high for value in ranges)
