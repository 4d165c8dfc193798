"""Texts of many rows at once are those that Python makes of each."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.index.texts import Choice, Texts, beside, decimal, decimal_seconds, hexadecimal, right_aligned, written
from sipview.values import epoch_text

INT64 = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.integers(-2_000_000_000, 2_000_000_000), st.sampled_from([-(2**63), 0, 2**63 - 1])
)


def told(texts: Texts) -> list[str]:
    return written(beside(len(texts), texts, b"\n")).decode().splitlines()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.uint64, np.dtype(">u2"), np.dtype(">u4")])
@given(data=st.data())
def test_decimal(kind: npt.DTypeLike, data: st.DataObject) -> None:
    most = int(np.iinfo(np.dtype(kind)).max)
    edges = [edge for power in range(20) for edge in (10**power - 1, 10**power) if edge <= most]
    numbers = data.draw(st.lists(st.one_of(st.integers(0, most), st.sampled_from([*edges, most])), min_size=1, max_size=20))
    texts = decimal(np.array(numbers, kind))
    assert told(texts) == [str(number) for number in numbers]
    assert told(right_aligned(texts, 21)) == [f"{number:>21}" for number in numbers]


@given(times=st.lists(st.tuples(INT64, st.integers(0, 9)), min_size=1, max_size=20), since=INT64)
def test_seconds(times: list[tuple[int, int]], since: int) -> None:
    moments, digits = (np.array(column, np.int64) for column in zip(*times, strict=True))
    assert told(decimal_seconds(moments, 0, digits)) == [epoch_text(*one) for one in times]
    assert told(decimal_seconds(moments, since, 6)) == [epoch_text(moment - since) for moment, _ in times]


@given(st.lists(st.binary(min_size=4, max_size=4), min_size=1))
def test_hexadecimal(octets: list[bytes]) -> None:
    assert told(hexadecimal(np.frombuffer(b"".join(octets), np.uint8).reshape(-1, 4))) == [one.hex() for one in octets]


def test_texts_of_any_length_stand_where_they_belong() -> None:
    later = np.array([[0], [1], [1]], np.uint8)
    names = Choice([7, 8, 7], {7: "sieben", 8: ""}.__getitem__)
    lines = beside(3, b"<", names.texts(), b"|", names.texts(8, b" "), b"|", later, b">\n")
    assert written(lines, [b"a\0\1", b"zweite"]) == b"<sieben|sieben  |>\n<|        |a\0\1>\n<sieben|sieben  |zweite>\n"


def test_no_rows_are_no_text() -> None:
    nothing = np.zeros(0, np.int64)
    lines = beside(0, decimal(nothing.view(np.uint64)), decimal_seconds(nothing), Choice([], str).texts(), b"\n")
    assert written(lines) == b""
