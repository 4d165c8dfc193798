"""A filter as a tree of frozen values; ``str`` of a node is a filter text that reads back as the same tree."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

from sipview.filter.fields import Field
from sipview.filter.patterns import Pattern


class Quantifier(StrEnum):
    """A field can have several values in one packet: must one of them pass, or all (of at least one)?"""

    ANY = "any"
    ALL = "all"


class Relation(StrEnum):
    """How a value compares."""

    EQUAL = "=="
    UNEQUAL = "!="
    GREATER = ">"
    LESS = "<"
    GREATER_EQUAL = ">="
    LESS_EQUAL = "<="


@dataclass(frozen=True, slots=True)
class Span:
    """Positions of characters in the filter text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers from ``low`` to ``high``, both included: a number, an address, a network, or a range of them.

    ``written`` is how the text has it. Low above high is empty.
    """

    low: int
    high: int
    written: str = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts from ``low`` to ``high`` in order of their characters, both included; one text where they are equal."""

    low: str
    high: str
    written: str = dataclasses.field(compare=False)


Value = Numbers | Texts


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty filter: every row passes."""

    def __str__(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there."""

    field: Field
    span: Span = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return self.field.name


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field's values against a value."""

    field: Field
    quantifier: Quantifier
    relation: Relation
    value: Value
    span: Span = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{_compared(self.field, self.quantifier, self.relation)} {self.value.written}"


@dataclass(frozen=True, slots=True)
class FieldComparison:
    """A field's values against another field's, in the same row; every pair of values counts."""

    field: Field
    quantifier: Quantifier
    relation: Relation
    other: Field
    span: Span = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{_compared(self.field, self.quantifier, self.relation)} {self.other.name}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A field's values in a set of values and ranges.

    With `Quantifier.ALL` all values must be in the set (Wireshark 4.0 wants all to equal the same element of it).
    """

    field: Field
    quantifier: Quantifier
    values: tuple[Value, ...]
    span: Span = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{_quantified(self.field, self.quantifier)} in {{{', '.join(value.written for value in self.values)}}}"


@dataclass(frozen=True, slots=True)
class Contains:
    """A field's text has ``text`` in it, in the same case. An empty text is in nothing, as in Wireshark."""

    field: Field
    quantifier: Quantifier
    text: str
    written: str = dataclasses.field(compare=False)
    span: Span = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{_quantified(self.field, self.quantifier)} contains {self.written}"


@dataclass(frozen=True, slots=True)
class Matches:
    """A pattern is found in a field's text, whatever the case."""

    field: Field
    quantifier: Quantifier
    pattern: Pattern
    written: str = dataclasses.field(compare=False)
    span: Span = dataclasses.field(compare=False)

    def __str__(self) -> str:
        return f"{_quantified(self.field, self.quantifier)} matches {self.written}"


@dataclass(frozen=True, slots=True)
class Negation:
    """What the operand does not let pass."""

    operand: "Node"

    def __str__(self) -> str:
        return f"!({self.operand})"


@dataclass(frozen=True, slots=True)
class Conjunction:
    """What all operands let pass."""

    operands: tuple["Node", ...]

    def __str__(self) -> str:
        return " && ".join(_operand(operand) for operand in self.operands)


@dataclass(frozen=True, slots=True)
class Disjunction:
    """What one of the operands lets pass."""

    operands: tuple["Node", ...]

    def __str__(self) -> str:
        return " || ".join(_operand(operand) for operand in self.operands)


Test = Exists | Comparison | FieldComparison | Membership | Contains | Matches
Node = Everything | Test | Negation | Conjunction | Disjunction


def _operand(node: Node) -> str:
    return f"({node})" if isinstance(node, Conjunction | Disjunction) else str(node)


def _quantified(tested: Field, quantifier: Quantifier) -> str:
    return f"all {tested.name}" if quantifier is Quantifier.ALL else tested.name


def _compared(tested: Field, quantifier: Quantifier, relation: Relation) -> str:
    """Field and operator. Only ``!=`` asks all values by itself (Wireshark 4.0)."""
    match relation, quantifier:
        case Relation.UNEQUAL, Quantifier.ANY:
            return f"{tested.name} ~="
        case Relation.EQUAL, Quantifier.ALL:
            return f"{tested.name} ==="
        case Relation.EQUAL | Relation.UNEQUAL, _:
            return f"{tested.name} {relation}"
        case _:
            return f"{_quantified(tested, quantifier)} {relation}"
