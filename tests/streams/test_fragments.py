"""IP fragments: any order, any cut, and what is missing is named."""

import random

from hypothesis import given
from hypothesis import strategies as st

from sipview.streams.fragments import MOST_BYTES, MOST_DATAGRAMS, Datagram, Fragments
from tests.support.effort import assert_linear


def test_two_fragments_in_either_order() -> None:
    for order in ((0, 1), (1, 0)):
        fragments = Fragments()
        pieces = [(0, b"a" * 16, True), (16, b"b" * 5, False)]
        results = [
            fragments.push("id", at, data, row, more=more) for row, (at, data, more) in enumerate(pieces[n] for n in order)
        ]
        assert results[0] is None
        assert results[1] is not None
        assert results[1].data == b"a" * 16 + b"b" * 5


def test_a_missing_first_part_is_told() -> None:
    fragments = Fragments()
    assert fragments.push("id", 16, b"rest", 7, more=False) is None
    fragments.finish()
    assert [(lost.rows, lost.first) for lost in fragments.lost] == [((7,), False)]


def test_a_repeated_fragment_changes_nothing() -> None:
    fragments = Fragments()
    fragments.push("id", 0, b"a" * 8, 0, more=True)
    fragments.push("id", 0, b"x" * 8, 1, more=True)
    assert fragments.push("id", 8, b"b", 2, more=False) == Datagram(b"a" * 8 + b"b", (0, 2))


def test_a_part_captured_twice_is_no_lost_datagram() -> None:
    fragments = Fragments()
    fragments.push("key", 0, b"a" * 8, 0, more=True)
    fragments.push("key", 0, b"a" * 8, 1, more=True)
    assert fragments.push("key", 8, b"b", 2, more=False) is not None
    fragments.finish()
    assert fragments.lost == []


def test_a_hole_under_overlapping_fragments_is_no_datagram() -> None:
    fragments = Fragments()
    fragments.push("id", 0, b"a" * 16, 0, more=True)
    fragments.push("id", 8, b"a" * 16, 1, more=True)
    assert fragments.push("id", 32, b"end", 2, more=False) is None


def test_memory_is_bounded() -> None:
    fragments = Fragments()
    for number in range(3 * MOST_DATAGRAMS):
        fragments.push(number, 8, bytes(8000), number, more=True)
    assert fragments._bytes <= MOST_BYTES
    assert len(fragments._pending) <= MOST_DATAGRAMS
    assert len(fragments.lost) <= MOST_DATAGRAMS


def test_what_is_kept_of_lost_datagrams_is_bounded_too() -> None:
    fragments = Fragments()
    for number in range(2 * MOST_DATAGRAMS):
        fragments.push(number, 0, bytes(32_000), number, more=True)
    fragments.finish()
    assert len(fragments.lost) == MOST_DATAGRAMS
    assert sum(len(lost.data) for lost in fragments.lost) <= MOST_BYTES + 32_000
    assert all(lost.first for lost in fragments.lost)


def test_overlapping_fragments_before_a_hole_are_not_joined_again_and_again() -> None:
    def push(count: int) -> None:
        fragments = Fragments()
        fragments.push("id", 60_000, b"the end", 0, more=False)
        for number in range(count):
            assert fragments.push("id", 8 * number, bytes(800), number + 1, more=True) is None

    assert_linear(push, 200)


@given(st.binary(min_size=1, max_size=4000), st.integers(1, 60), st.integers(0, 1 << 30))
def test_a_datagram_comes_out_as_it_went_in(data: bytes, eighths: int, seed: int) -> None:
    size = eighths * 8
    pieces = [(at, data[at : at + size]) for at in range(0, len(data), size)]
    disorder = random.Random(seed)
    disorder.shuffle(pieces)
    fragments = Fragments()
    whole = [fragments.push("id", at, piece, at, more=at + size < len(data)) for at, piece in pieces]
    assert whole[:-1] == [None] * (len(pieces) - 1)
    assert whole[-1] is not None
    assert whole[-1].data == data
    assert whole[-1].rows == tuple(range(0, len(data), size))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 70_000), st.binary(max_size=100), st.booleans()), max_size=50))
def test_any_fragments_end_in_order(fragments: list[tuple[int, int, bytes, bool]]) -> None:
    taker = Fragments()
    for row, (key, offset, data, more) in enumerate(fragments):
        taker.push(key, offset, data, row, more=more)
    taker.finish()
    assert taker._bytes == 0
