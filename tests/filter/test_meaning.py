"""What a filter lets pass, against a reading of it that takes row by row and value by value."""

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.filter import (
    ArraySource,
    Column,
    Field,
    Filter,
    FilterError,
    NumberPart,
    PresencePart,
    RowArray,
    TextPart,
    find_field,
    parse,
)

Row = dict[str, list[str | int]]

NUMBERS = ["frame.number", "udp.port", "udp.srcport", "sip.Status-Code", "call.legs"]
TEXTS = ["sip.Method", "sip.Via", "sip.from.user", "sip.to.user"]
ADDRESSES = ["ip.addr", "ip.src"]
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

some_number = st.integers(0, 6)
some_text = st.sampled_from(["", "a", "A", "b", "ab", "B\\", 'q"', "é", "\n", "\udc80"])
some_address = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.1.1", "9.255.0.1", "::1", "none"])


class Case(NamedTuple):
    """A filter text, and whether a row passes it."""

    text: str
    passes: Callable[[Row], bool]


def quoted(text: str) -> str:
    """A text for a filter, every character of it as an escape of its bytes."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode("utf-8", "surrogateescape")) + '"'


def valued(name: str, row: Row) -> list[object]:
    """The values of a field in a row; of an IPv4 field only IPv4 addresses, as such."""
    found: list[object] = list(row.get(name, []))
    if name in ADDRESSES:
        return [ip_address(str(value)) for value in found if str(value).startswith(("9.", "10."))]
    return found


@st.composite
def single_tests(draw: st.DrawFn) -> Case:
    """One test of a field."""
    name = draw(st.sampled_from(NUMBERS + TEXTS + ADDRESSES))
    kind = draw(st.sampled_from(["exists", "compare", "fields", "set", "search"]))
    value, written = draw(values_of(name))
    if kind == "exists":
        return Case(name, lambda row: bool(valued(name, row)))
    if kind == "set":
        (low, low_written), (high, high_written) = draw(values_of(name)), draw(values_of(name))
        negated = draw(st.sampled_from(["", "not "]))
        return Case(
            f"{name} {negated}in {{{written}, {low_written}..{high_written}}}",
            lambda row: any(v == value or low <= v <= high for v in valued(name, row)) != bool(negated),  # type: ignore[operator]
        )
    if kind == "search" and name in TEXTS:
        piece = draw(some_text)
        if draw(st.booleans()):
            return Case(
                f"{name} contains {quoted(piece)}", lambda row: any(piece != "" and piece in str(v) for v in valued(name, row))
            )
        pattern = re.compile(draw(st.sampled_from(["^a", "b$", "a|b", ".b", "^$"])), re.IGNORECASE)
        return Case(f'{name} matches r"{pattern.pattern}"', lambda row: any(pattern.search(str(v)) for v in valued(name, row)))
    sign = draw(st.sampled_from(sorted(SIGNS)))
    every = sign == "!="
    quantifier = draw(st.sampled_from(["", "any ", "all "]))
    every = every if not quantifier else quantifier == "all "
    other = draw(st.sampled_from([*NUMBERS] if name in NUMBERS else [*TEXTS] if name in TEXTS else [*ADDRESSES]))
    if kind == "fields":

        def passes(row: Row) -> bool:
            results = [SIGNS[sign](a, b) for a in valued(name, row) for b in valued(other, row)]
            return bool(results) and (all(results) if every else any(results))

        return Case(f"{quantifier}{name} {sign} {other}", passes)

    def passes_value(row: Row) -> bool:
        results = [SIGNS[sign](v, value) for v in valued(name, row)]
        return bool(results) and (all(results) if every else any(results))

    return Case(f"{quantifier}{name} {sign} {written}", passes_value)


def values_of(name: str) -> st.SearchStrategy[tuple[object, str]]:
    """A value for a field, and how a filter writes it."""
    if name in NUMBERS:
        return some_number.map(lambda number: (number, str(number)))
    if name in TEXTS:
        return some_text.map(lambda text: (text, quoted(text)))
    return some_address.filter(lambda text: "." in text).map(lambda text: (ip_address(text), text))


def combined(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    """Filters made of filters."""

    def negation(case: Case) -> Case:
        return Case(f"!({case.text})", lambda row: not case.passes(row))

    def joined(sign: str, every: Callable[[Iterator[bool]], bool]) -> Callable[[list[Case]], Case]:
        return lambda cases: Case(
            sign.join(f"({case.text})" for case in cases), lambda row: every(case.passes(row) for case in cases)
        )

    several = st.lists(inner, min_size=2, max_size=3)
    return inner.map(negation) | several.map(joined(" && ", all)) | several.map(joined(" or ", any))


filters = st.recursive(single_tests(), combined, max_leaves=6)

several_numbers, several_texts, several_addresses = (
    st.lists(values, max_size=3) for values in (some_number, some_text, some_address)
)
rows_of_values = st.lists(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(NUMBERS, several_numbers),
            **dict.fromkeys(TEXTS, several_texts),
            **dict.fromkeys(ADDRESSES, several_addresses),
        }
    ),
    max_size=6,
)


def sparse(field: str, rows: Sequence[Row]) -> Column:
    """All values in one part that names the row of each."""
    places = np.array([place for place, row in enumerate(rows) for _ in row[field]], dtype=np.int64)
    values = [value for row in rows for value in row[field]]
    if field in NUMBERS:
        return (NumberPart(np.array(values, dtype=np.uint16), places),)
    return (TextPart.of([str(value) for value in values], places),)


def dense(field: str, rows: Sequence[Row]) -> Column:
    """The first values of all rows in a part, the second ones in another, and so on."""
    parts: list[NumberPart | TextPart] = []
    for turn in range(3):
        present = np.array([len(row[field]) > turn for row in rows], dtype=np.bool_)
        values = [row[field][turn] if len(row[field]) > turn else 0 for row in rows]
        if field in NUMBERS:
            parts.append(NumberPart(np.array(values, dtype=np.int64), None, present))
        else:
            texts = TextPart.of([str(value) for value in values])
            parts.append(TextPart(texts.codes, texts.distinct, None, present))
    return tuple(parts)


@given(case=filters, rows=rows_of_values, layout=st.sampled_from([sparse, dense]))
def test_a_row_passes_as_its_values_say(case: Case, rows: list[Row], layout: Callable[[str, Sequence[Row]], Column]) -> None:
    source = ArraySource(len(rows), {name: layout(name, rows) for name in NUMBERS + TEXTS + ADDRESSES})
    assert parse(case.text).evaluate(source).tolist() == [case.passes(row) for row in rows]


@given(case=filters)
def test_a_filter_written_out_reads_back_as_itself(case: Case) -> None:
    read = parse(case.text)
    assert parse(str(read)) == read
    assert str(parse(str(read))) == str(read)


@given(left=filters, right=filters, rows=rows_of_values)
def test_de_morgan(left: Case, right: Case, rows: list[Row]) -> None:
    source = ArraySource(len(rows), {name: sparse(name, rows) for name in NUMBERS + TEXTS + ADDRESSES})

    def mask(text: str) -> list[bool]:
        return [bool(passed) for passed in parse(text).evaluate(source)]

    a, b = f"({left.text})", f"({right.text})"
    assert mask(f"!({a} && {b})") == mask(f"!{a} || !{b}")
    assert mask(f"!({a} || {b})") == mask(f"!{a} && !{b}")
    assert mask(f"!!{a}") == mask(a)
    assert mask(f"{a} && {b}") == [x and y for x, y in zip(mask(a), mask(b), strict=True)]


MARKS = r"""(){}!<>=~&|,."\' -é"""
WORDS = (
    'sip sip.Method ip.addr frame.number frame.time call.talk 10.0.0.0/8 ::1 0x 08 1.5 "a" r"( "\\x == && .. or not in any '
    "contains matches 999999999999999999999999999999"
)
PIECES = st.sampled_from([*MARKS, *WORDS.split()])


@given(
    text=st.text()
    | st.lists(PIECES, max_size=12).map("".join)
    | st.lists(PIECES, max_size=12).map(" ".join)
    | filters.map(lambda case: case.text[1:])
)
def test_any_text_is_a_filter_or_a_located_fault(text: str) -> None:
    read = read_or_fault(text)
    if isinstance(read, FilterError):
        assert 0 <= read.start <= read.end <= len(text)
        assert read.sentence


def read_or_fault(text: str) -> Filter | FilterError:
    """What `parse` gives, one way or the other."""
    try:
        return parse(text)
    except FilterError as fault:
        return fault


class Watched:
    """A source that remembers what it was asked for."""

    def __init__(self, inner: ArraySource) -> None:
        self.count = inner.count
        self.inner = inner
        self.asked: list[tuple[str, list[int] | None]] = []

    def column(self, wanted: Field, rows: RowArray | None) -> Column:
        self.asked.append((wanted.name, None if rows is None else rows.tolist()))
        return self.inner.column(wanted, rows)


class Refusing(Sequence[str]):
    """Texts that say when one is made."""

    def __init__(self, count: int) -> None:
        self.made: list[int] = []
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: object) -> str:
        assert isinstance(place, int)
        self.made.append(place)
        return "text"


@pytest.fixture
def source() -> Watched:
    """Ten packets; 2, 5 and 7 carry a message."""
    rows = np.array([2, 5, 7])
    return Watched(
        ArraySource(
            10,
            {
                "sip": (PresencePart(rows),),
                "sip.Method": (TextPart.of(["INVITE", "ACK", "INVITE"], rows),),
                "sip.User-Agent": (TextPart.of(["x", "y", "z"], rows),),
                "frame.number": (NumberPart(np.arange(1, 11)),),
                "udp": (PresencePart(present=np.arange(10) % 2 == 1),),
            },
        )
    )


@pytest.mark.parametrize(
    ("text", "asked", "passed"),
    [
        ('sip.User-Agent == "x" && sip.Method == INVITE', [("sip.Method", None), ("sip.User-Agent", [2, 7])], [2]),
        (
            "sip.User-Agent && frame.number < 4 && sip",
            [("sip", None), ("frame.number", [2, 5, 7]), ("sip.User-Agent", [2])],
            [2],
        ),
        ("sip.User-Agent && sip.Method == PRACK", [("sip.Method", None)], []),
        ("sip.User-Agent || frame.number > 0", [("frame.number", None)], [*range(10)]),
        ("sip.User-Agent || frame.number > 3", [("frame.number", None), ("sip.User-Agent", [0, 1, 2])], [2, *range(3, 10)]),
        ("frame.number > 0 && udp", [("frame.number", None), ("udp", None)], [1, 3, 5, 7, 9]),
        ("!(sip && udp)", [("sip", None), ("udp", [2, 5, 7])], [0, 1, 2, 3, 4, 6, 8, 9]),
        ("sip && !(udp && sip.User-Agent)", [("sip", None), ("udp", [2, 5, 7]), ("sip.User-Agent", [5, 7])], [2]),
        ("", [], [*range(10)]),
    ],
)
def test_a_column_is_asked_for_only_where_rows_are_undecided(
    source: Watched, text: str, asked: list[tuple[str, list[int] | None]], passed: list[int]
) -> None:
    assert np.flatnonzero(parse(text).evaluate(source)).tolist() == passed
    assert source.asked == asked


def test_a_text_is_made_only_where_it_is_looked_at() -> None:
    texts = Refusing(1000)
    rows = np.arange(0, 2000, 2)
    source = ArraySource(
        2000, {"sip": (TextPart(np.arange(1000), texts, rows),), "frame.number": (NumberPart(np.arange(2000)),)}
    )
    assert parse("sip").evaluate(source).sum() == 1000
    assert texts.made == []
    assert parse('sip contains "ex" && frame.number in {10, 11, 12}').evaluate(source).sum() == 2
    assert texts.made == [5, 6]


def test_a_field_without_column_is_nowhere() -> None:
    source = ArraySource(3)
    assert not parse("sip").evaluate(source).any()
    assert not parse("sip.Method != ACK").evaluate(source).any()
    assert parse("!(sip.Method == ACK)").evaluate(source).all()


def test_no_rows_are_no_trouble() -> None:
    assert len(parse("sip.from.user == sip.to.user || ip.addr == 10.0.0.0/8").evaluate(ArraySource(0))) == 0


def test_numbers_beyond_a_column_compare_as_numbers() -> None:
    source = ArraySource(3, {"frame.number": (NumberPart(np.array([0, 1, 255], dtype=np.uint8)),)})
    assert parse("frame.number < 300").evaluate(source).all()
    assert not parse("frame.number in {300, 400, 500, 600, 700, 800}").evaluate(source).any()
    assert parse("frame.number in {255..900, 0, 2, 4, 6, 8, 10}").evaluate(source).tolist() == [True, False, True]


def test_a_pattern_cannot_run_away() -> None:
    source = ArraySource(1, {"sip.Method": (TextPart.of(["a" * 50_000 + "!"]),)})
    assert not parse(r'sip.Method matches r"^(a+)+(a|aa)+$"').evaluate(source).any()


def test_sparse_rows_must_match_their_entries() -> None:
    with pytest.raises(ValueError, match="one row for each entry"):
        NumberPart(np.arange(3), np.arange(2))
    with pytest.raises(ValueError, match="one element for each entry"):
        NumberPart(np.arange(3), None, np.ones(2, dtype=np.bool_))
    with pytest.raises(ValueError, match="rows or by a mask"):
        PresencePart()


def test_our_own_fields_are_known() -> None:
    for name in ("state", "from", "to", "duration", "talk", "status", "id", "legs"):
        assert find_field(f"call.{name}") is not None


def test_all_values_in_a_set() -> None:
    part = TextPart.of(["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.3"], np.array([0, 0, 1, 1]))
    source = ArraySource(3, {"ip.addr": (part,)})
    assert parse("all ip.addr in {10.0.0.1, 10.0.0.2}").evaluate(source).tolist() == [True, False, False]
