"""What a filter is evaluated on: columns of values by row, which a `Source` gives for a field when asked.

A column is a tuple of parts, because a field can have several values in one row: ``udp.port`` is two parts (source and
destination port), ``sip.Via`` one part in which a row occurs several times. No parts: the field is nowhere.

A part gives one value per *entry*. Without ``rows`` entry i is that of row i, and ``present`` (if given) says where it is
one at all. With ``rows`` the part is sparse: entry i belongs to row ``rows[i]``; rows ascend and may repeat.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from sipview.filter.fields import Field

BooleanArray: TypeAlias = npt.NDArray[np.bool_]
RowArray: TypeAlias = npt.NDArray[np.int64]
IntegerArray: TypeAlias = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class NumberPart:
    """Whole numbers (or booleans): ports, lengths, status codes; times in nanoseconds."""

    values: IntegerArray | BooleanArray
    rows: RowArray | None = None
    present: BooleanArray | None = None

    def __post_init__(self) -> None:
        _check(len(self.values), self.rows, self.present)


@dataclass(frozen=True, slots=True)
class TextPart:
    """Texts, each by its position in ``distinct``: header values, addresses, states.

    ``distinct`` may be any sequence, also one that makes a text only when it is asked for, and may grow meanwhile. Where few
    entries are undecided only their texts are asked for, and none at all to learn whether the field exists (but for
    addresses: an entry that is no address of the field's family counts as missing, so ``ip.addr`` and ``ipv6.addr`` can
    share a column).
    """

    codes: IntegerArray
    distinct: Sequence[str]
    rows: RowArray | None = None
    present: BooleanArray | None = None

    def __post_init__(self) -> None:
        _check(len(self.codes), self.rows, self.present)

    @classmethod
    def of(cls, texts: Iterable[str], rows: RowArray | None = None) -> "TextPart":
        """A part made of one text per entry, equal ones stored once."""
        code_of: dict[str, int] = {}
        codes = np.fromiter((code_of.setdefault(text, len(code_of)) for text in texts), dtype=np.uint32)
        return cls(codes, tuple(code_of), rows)


@dataclass(frozen=True, slots=True)
class PresencePart:
    """That a field is there, and nothing more: in ``rows``, or where ``present`` says so."""

    rows: RowArray | None = None
    present: BooleanArray | None = None

    def __post_init__(self) -> None:
        if (self.rows is None) == (self.present is None):
            raise ValueError("a presence is given by rows or by a mask")


Part = NumberPart | TextPart | PresencePart
Column = tuple[Part, ...]


class Source(Protocol):
    """Rows with named columns. Rows are packets for the packet list; a table of calls can be a source just as well."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        ...

    def column(self, wanted: Field, rows: RowArray | None) -> Column:
        """The values of a field, as its type says (`FieldType`): `NumberPart` for numbers, times and booleans, `TextPart`
        for texts and addresses, any part for a protocol; `TextPart` for a protocol that is searched as text.

        ``rows`` (ascending, without repeats) are the only rows whose values matter any more; None means all. Where values
        are dear (a message to be parsed), make those only; where they are at hand, give the whole column and ignore
        ``rows``. Dense parts always have `count` entries. What this raises (a `values.Cancelled`, say) goes through.
        """
        ...


@dataclass(frozen=True, slots=True)
class ArraySource:
    """A source whose columns are all at hand, by field name; a field without column is nowhere."""

    count: int
    columns: Mapping[str, Column] = field(default_factory=dict)

    def column(self, wanted: Field, rows: RowArray | None) -> Column:  # noqa: ARG002  # all is at hand
        """The whole column."""
        return self.columns.get(wanted.name, ())


def _check(entries: int, rows: RowArray | None, present: BooleanArray | None) -> None:
    if rows is not None and (len(rows) != entries or present is not None):
        raise ValueError("a sparse part has one row for each entry, and no mask")
    if present is not None and len(present) != entries:
        raise ValueError("a mask has one element for each entry")
