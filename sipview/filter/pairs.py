"""One field against another in the same row, where both can have several values: linear in the number of values.

Every pair of a row's values counts, but an order is decided by the least and the greatest alone, and equality by values
that both have; so no pairs are ever made.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.filter.columns import BooleanArray, RowArray, TextPart
from sipview.filter.entries import Addresses, Entries, used_codes
from sipview.filter.fields import FieldType
from sipview.filter.tree import Quantifier, Relation

Side = Sequence[tuple[Entries, BooleanArray]]
"""The entries of each part of a column, and which of them are values."""

_Keys = npt.NDArray[np.int64]


class _Keyed(NamedTuple):
    """One part with its values as keys: equal values have equal keys, in the values' order. ``where`` as in `Entries`."""

    keys: _Keys
    values: BooleanArray
    where: RowArray | None


def compare_fields(
    type_: FieldType, left: Side, right: Side, relation: Relation, quantifier: Quantifier, size: int
) -> BooleanArray:
    """Rows in which any pair (or all, of at least one) of a left and a right value has the relation."""
    ranks = _ranks(type_, (*left, *right))
    left_keyed, right_keyed = ([_keyed(entries, values, ranks) for entries, values in side] for side in (left, right))
    left_least, left_most = _extremes(left_keyed, size)
    right_least, right_most = _extremes(right_keyed, size)
    both = (left_least <= left_most) & (right_least <= right_most)
    every = quantifier is Quantifier.ALL

    def all_equal() -> BooleanArray:
        equal: BooleanArray = (left_least == left_most) & (right_least == right_most) & (left_least == right_least)
        return equal

    holds: BooleanArray
    match relation:
        case Relation.EQUAL:
            holds = all_equal() if every else _meeting(left_keyed, right_keyed, size)
        case Relation.UNEQUAL:
            holds = ~_meeting(left_keyed, right_keyed, size) if every else ~all_equal()
        case Relation.GREATER:
            holds = left_least > right_most if every else left_most > right_least
        case Relation.GREATER_EQUAL:
            holds = left_least >= right_most if every else left_most >= right_least
        case Relation.LESS:
            holds = left_most < right_least if every else left_least < right_most
        case Relation.LESS_EQUAL:
            holds = left_most <= right_least if every else left_least <= right_most
    return both & holds


def _ranks(type_: FieldType, sides: Side) -> dict[str, int]:
    """The place of each text, or of each address, in the order of all that occur; equal ones have one place."""
    texts = {
        part.distinct[code]
        for entries, _ in sides
        if isinstance(part := entries.part, TextPart)
        for code in used_codes(entries, len(part.distinct))
    }
    if type_ not in {FieldType.IPV4, FieldType.IPV6}:
        return {text: rank for rank, text in enumerate(sorted(texts))}
    addresses = Addresses(type_)
    numbers = {text: number for text in texts if (number := addresses[text]) is not None}
    rank_of = {number: rank for rank, number in enumerate(sorted(set(numbers.values())))}
    return {text: rank_of[number] for text, number in numbers.items()}


def _keyed(entries: Entries, values: BooleanArray, ranks: dict[str, int]) -> _Keyed:
    part = entries.part
    if not isinstance(part, TextPart):
        return _Keyed(entries.data.astype(np.int64), values, entries.where)
    count = len(part.distinct)
    rank = np.zeros(count, dtype=np.int64)
    codes = used_codes(entries, count)
    rank[codes] = [ranks.get(part.distinct[code], 0) for code in codes]
    return _Keyed(rank[entries.data], values, entries.where)


def _extremes(side: Sequence[_Keyed], size: int) -> tuple[_Keys, _Keys]:
    """The least and the greatest key of each row; the other way round where a row has none."""
    bounds = np.iinfo(np.int64)
    least = np.full(size, bounds.max)
    most = np.full(size, bounds.min)
    for keys, values, where in side:
        if where is None:
            np.minimum(least, keys, out=least, where=values)
            np.maximum(most, keys, out=most, where=values)
        else:
            np.minimum.at(least, where[values], keys[values])
            np.maximum.at(most, where[values], keys[values])
    return least, most


def _meeting(left: Sequence[_Keyed], right: Sequence[_Keyed], size: int) -> BooleanArray:
    """Rows in which a key is on both sides."""
    found = np.zeros(size, dtype=np.bool_)
    if all(keyed.where is None for keyed in (*left, *right)):
        for a in left:
            for b in right:
                found |= a.values & b.values & (a.keys == b.keys)
        return found
    left_rows, left_keys = _flat(left, size)
    right_rows, right_keys = _flat(right, size)
    _, ranks = np.unique(np.concatenate((left_keys, right_keys)), return_inverse=True)
    pairs = np.concatenate((left_rows, right_rows)) * (len(ranks) + 1) + ranks  # one number for row and key
    found[np.intersect1d(pairs[: len(left_rows)], pairs[len(left_rows) :]) // (len(ranks) + 1)] = True
    return found


def _flat(side: Sequence[_Keyed], size: int) -> tuple[RowArray, _Keys]:
    """Row and key of each value of a column."""
    rows = [(np.arange(size) if where is None else where)[values] for _, values, where in side]
    keys = [keys[values] for keys, values, _ in side]
    none = np.zeros(0, dtype=np.int64)
    return np.concatenate((none, *rows)), np.concatenate((none, *keys))
