"""The entries of a column's part that still matter, and whether each has a value that passes."""

import socket
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from sipview.filter.columns import BooleanArray, IntegerArray, NumberPart, Part, PresencePart, RowArray, TextPart
from sipview.filter.fields import FieldType

TextTest = Callable[[str], bool]


class Intervals:
    """A set of whole numbers: those from each low to its high, whatever the pairs' order and overlap."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        self.lows: list[int] = []
        self.highs: list[int] = []
        for low, high in sorted(pairs):
            if low > high:
                continue
            if self.highs and low <= self.highs[-1] + 1:
                self.highs[-1] = max(self.highs[-1], high)
            else:
                self.lows.append(low)
                self.highs.append(high)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.lows, number) - 1
        return place >= 0 and number <= self.highs[place]

    def mask(self, values: IntegerArray) -> BooleanArray:
        """Which of the values are in the set."""
        bounds = np.iinfo(values.dtype)
        least, most = int(bounds.min), int(bounds.max)
        within = [
            (max(low, least), min(high, most))
            for low, high in zip(self.lows, self.highs, strict=True)
            if low <= most and high >= least
        ]
        if len(within) > 4:
            lows = np.array([low for low, _ in within], dtype=values.dtype)
            highs = np.array([high for _, high in within], dtype=values.dtype)
            place = np.searchsorted(lows, values, side="right")
            return (place > 0) & (values <= highs[place - 1])
        found = np.zeros(len(values), dtype=np.bool_)
        for low, high in within:
            if low == high:
                found |= values == low
            elif low == least:
                found |= values <= high
            elif high == most:
                found |= values >= low
            else:
                found |= (values >= low) & (values <= high)
        return found


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of one part. ``where`` is the position of each among the rows that matter; None: one entry for each of them.

    ``data`` are the numbers, or the codes of texts; ``present`` says which entries are values at all (None: all).
    """

    part: Part
    data: IntegerArray
    where: RowArray | None
    present: BooleanArray | None

    def rows_of(self, chosen: BooleanArray, size: int) -> BooleanArray:
        """Which of the rows that matter have one of the chosen entries."""
        if self.where is None:
            return chosen
        rows = np.zeros(size, dtype=np.bool_)
        rows[self.where[chosen]] = True
        return rows


def entries_in(part: Part, rows: RowArray | None) -> Entries:
    """What of a part lies in ``rows`` (ascending; None: everywhere)."""
    match part:
        case NumberPart(values):
            data = _integers(values)
        case TextPart(codes):
            data = codes
        case PresencePart():
            data = np.ones(len(_one_of(part)), dtype=np.uint8)
    if part.rows is None:
        if rows is None:
            return Entries(part, data, None, part.present)
        return Entries(part, data[rows], None, None if part.present is None else part.present[rows])
    if rows is None:
        return Entries(part, data, part.rows, None)
    place = np.searchsorted(rows, part.rows)
    inside = place < len(rows)
    inside[inside] = rows[place[inside]] == part.rows[inside]
    return Entries(part, data[inside], place[inside], None)


def _integers(values: IntegerArray | BooleanArray) -> IntegerArray:
    return cast("IntegerArray", values.view(np.uint8) if values.dtype == np.bool_ else values)


def _one_of(part: PresencePart) -> RowArray | BooleanArray:
    given = part.rows if part.rows is not None else part.present
    assert given is not None, "a presence is given by rows or by a mask"
    return given


class Addresses(dict[str, int | None]):
    """The number of each address text of one family (`IPV4` or `IPV6`), None for every other text; each is read once."""

    def __init__(self, family: FieldType) -> None:
        super().__init__()
        self._family = socket.AF_INET if family is FieldType.IPV4 else socket.AF_INET6

    def __missing__(self, text: str) -> int | None:
        try:
            number = int.from_bytes(socket.inet_pton(self._family, text))
        except (OSError, ValueError):  # no address; a null or an undecodable character
            number = None
        self[text] = number
        return number


def used_codes(entries: Entries, count: int) -> Sequence[int]:
    """Which of ``count`` distinct texts these entries use, so that no other text needs to be made."""
    if len(entries.data) >= count:
        return range(count)
    return [int(code) for code in np.unique(entries.data)]
