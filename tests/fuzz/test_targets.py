"""The fuzzer's targets, on good input and on some damage: so that they stay right, without a fuzzer."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import targets


@cache
def corpus() -> list[bytes]:
    return list(targets.corpus())


def test_the_corpus_has_input_for_every_target() -> None:
    assert {data[0] for data in corpus()} == set(range(len(targets.TARGETS)))


def test_good_input_passes() -> None:
    for data in corpus():
        targets.run(data)


@st.composite
def damaged(draw: st.DrawFn, target: int) -> bytes:
    """One of the good inputs with some bytes changed, a piece doubled, or its end cut off."""
    data = bytearray(draw(st.sampled_from([data for data in corpus() if data[0] == target])))
    for at, value in draw(st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 255)), max_size=6)):
        data[1 + at % (len(data) - 1)] = value
    if draw(st.booleans()):
        at, size = draw(st.integers(1, len(data))), draw(st.integers(0, 600))
        data[at:at] = data[at : at + size]
    if draw(st.integers(0, 3)) == 0:
        del data[draw(st.integers(1, len(data))) :]
    return bytes(data)


@pytest.mark.parametrize("target", range(len(targets.TARGETS)), ids=lambda number: targets.TARGETS[number].__name__)
@given(data=st.data())
def test_damaged_input_is_answered(target: int, data: st.DataObject) -> None:
    targets.run(data.draw(damaged(target)))


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    targets.run(data)
