"""IP fragments: any order, any cut, and what is missing is named."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.streams.fragments import MOST_BYTES, MOST_DATAGRAMS, Datagram, Fragments
from tests.support.effort import assert_linear


def test_two_fragments_in_either_order() -> None:
    for order in ((0, 1), (1, 0)):
        fragments = Fragments()
        pieces = [(0, b"a" * 16, True), (16, b"b" * 5, False)]
        results = [
            fragments.push("id", at, data, row, time_ns=0, more=more)
            for row, (at, data, more) in enumerate(pieces[n] for n in order)
        ]
        assert results[0] is None
        assert results[1] is not None
        assert results[1].data == b"a" * 16 + b"b" * 5


def test_a_missing_first_part_is_told() -> None:
    fragments = Fragments()
    assert fragments.push("id", 16, b"rest", 7, time_ns=0, more=False) is None
    fragments.finish()
    assert [(lost.rows, lost.first) for lost in fragments.lost] == [((7,), False)]


def test_a_repeated_fragment_changes_nothing() -> None:
    fragments = Fragments()
    fragments.push("id", 0, b"a" * 8, 0, time_ns=0, more=True)
    fragments.push("id", 0, b"x" * 8, 1, time_ns=0, more=True)
    assert fragments.push("id", 8, b"b", 2, time_ns=0, more=False) == Datagram(b"a" * 8 + b"b", (0, 2))


def test_a_part_captured_twice_is_no_lost_datagram() -> None:
    fragments = Fragments()
    fragments.push("key", 0, b"a" * 8, 0, time_ns=0, more=True)
    fragments.push("key", 0, b"a" * 8, 1, time_ns=0, more=True)
    assert fragments.push("key", 8, b"b", 2, time_ns=0, more=False) is not None
    fragments.finish()
    assert fragments.lost == []


@pytest.mark.parametrize("direction", [1, -1])
def test_fragments_of_a_lost_datagram_do_not_join_a_later_one_of_the_same_identification(direction: int) -> None:
    """RFC 8200 4.5: what is not whole 60 s after its first fragment came is given up. A clock may be set back, too."""
    late = direction * 60_000_000_001
    fragments = Fragments()
    assert fragments.push("id", 0, b"a" * 8, 0, time_ns=0, more=True) is None
    assert fragments.push("id", 8, b"B", 1, time_ns=late, more=False) is None
    assert fragments.push("id", 0, b"b" * 8, 2, time_ns=late, more=True) == Datagram(b"b" * 8 + b"B", (2, 1))
    fragments.finish()
    assert [(lost.rows, lost.data) for lost in fragments.lost] == [((0,), b"a" * 8)]


def test_a_datagram_may_take_as_long_as_the_rfc_allows() -> None:
    fragments = Fragments()
    fragments.push("id", 0, b"a" * 8, 0, time_ns=5, more=True)
    fragments.push("id", 8, b"b" * 8, 1, time_ns=30_000_000_005, more=True)
    assert fragments.push("id", 16, b"c", 2, time_ns=60_000_000_005, more=False) is not None
    # as long as all of it takes, however short the pauses between its fragments
    fragments.push("other", 0, b"a" * 8, 3, time_ns=5, more=True)
    fragments.push("other", 8, b"b" * 8, 4, time_ns=60_000_000_000, more=True)
    assert fragments.push("other", 16, b"c", 5, time_ns=60_000_000_006, more=False) is None


def test_copies_by_interfaces_whose_clocks_differ_become_whole_each() -> None:
    hour = 3_600_000_000_000
    fragments = Fragments()
    fragments.push("id", 0, b"a" * 8, 0, time_ns=0, more=True)
    fragments.push("id", 0, b"a" * 8, 1, time_ns=hour, more=True)
    assert fragments.push("id", 8, b"b", 2, time_ns=1, more=False) == Datagram(b"a" * 8 + b"b", (0, 2))
    assert fragments.push("id", 8, b"b", 3, time_ns=hour + 1, more=False) == Datagram(b"a" * 8 + b"b", (1, 3))
    fragments.finish()
    assert fragments.lost == []


def test_what_is_left_of_a_copy_is_no_loss_but_a_datagram_of_another_time_is() -> None:
    fragments = Fragments()
    hour = 3_600_000_000_000
    for row, time_ns in ((0, 0), (10, hour)):  # each time a copy of the first fragment, before or behind the whole
        fragments.push("id", 0, b"a" * 8, row, time_ns=time_ns, more=True)
        fragments.push("id", 0, b"a" * 8, row + 1, time_ns=time_ns, more=True)
        assert fragments.push("id", 8, b"b", row + 2, time_ns=time_ns, more=False) is not None
    fragments.push("id", 16, b"c" * 8, 20, time_ns=2 * hour, more=True)
    fragments.finish()
    assert [lost.rows for lost in fragments.lost] == [(20,)]


def test_what_is_lost_again_and_again_does_not_keep_later_datagrams_from_becoming_whole() -> None:
    fragments = Fragments()
    minutes = 120_000_000_000
    for number in range(20):
        fragments.push("id", 0, bytes([number]) * 8, number, time_ns=number * minutes, more=True)
    fragments.push("id", 0, b"w" * 8, 20, time_ns=20 * minutes, more=True)
    assert fragments.push("id", 8, b"x", 21, time_ns=20 * minutes, more=False) == Datagram(b"w" * 8 + b"x", (20, 21))
    fragments.finish()
    assert sorted(lost.rows for lost in fragments.lost) == [(number,) for number in range(20)]


def test_a_hole_under_overlapping_fragments_is_no_datagram() -> None:
    fragments = Fragments()
    fragments.push("id", 0, b"a" * 16, 0, time_ns=0, more=True)
    fragments.push("id", 8, b"a" * 16, 1, time_ns=0, more=True)
    assert fragments.push("id", 32, b"end", 2, time_ns=0, more=False) is None


def test_memory_is_bounded() -> None:
    fragments = Fragments()
    for number in range(3 * MOST_DATAGRAMS):
        fragments.push(number, 8, bytes(8000), number, time_ns=0, more=True)
    assert fragments._bytes <= MOST_BYTES
    assert len(fragments._pending) <= MOST_DATAGRAMS
    assert len(fragments.lost) <= MOST_DATAGRAMS


def test_what_is_kept_of_lost_datagrams_is_bounded_too() -> None:
    fragments = Fragments()
    for number in range(2 * MOST_DATAGRAMS):
        fragments.push(number, 0, bytes(32_000), number, time_ns=0, more=True)
    fragments.finish()
    assert len(fragments.lost) == MOST_DATAGRAMS
    assert sum(len(lost.data) for lost in fragments.lost) <= MOST_BYTES + 32_000
    assert all(lost.first for lost in fragments.lost)


def test_overlapping_fragments_before_a_hole_are_not_joined_again_and_again() -> None:
    def push(count: int) -> None:
        fragments = Fragments()
        fragments.push("id", 60_000, b"the end", 0, time_ns=0, more=False)
        for number in range(count):
            assert fragments.push("id", 8 * number, bytes(800), number + 1, time_ns=0, more=True) is None

    assert_linear(push, 200)


@given(st.binary(min_size=1, max_size=4000), st.integers(1, 60), st.integers(0, 1 << 30))
def test_a_datagram_comes_out_as_it_went_in(data: bytes, eighths: int, seed: int) -> None:
    size = eighths * 8
    pieces = [(at, data[at : at + size]) for at in range(0, len(data), size)]
    disorder = random.Random(seed)
    disorder.shuffle(pieces)
    fragments = Fragments()
    whole = [fragments.push("id", at, piece, at, time_ns=0, more=at + size < len(data)) for at, piece in pieces]
    assert whole[:-1] == [None] * (len(pieces) - 1)
    assert whole[-1] is not None
    assert whole[-1].data == data
    assert whole[-1].rows == tuple(range(0, len(data), size))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 70_000), st.binary(max_size=100), st.booleans()), max_size=50))
def test_any_fragments_end_in_order(fragments: list[tuple[int, int, bytes, bool]]) -> None:
    taker = Fragments()
    for row, (key, offset, data, more) in enumerate(fragments):
        taker.push(key, offset, data, row, time_ns=0, more=more)
    taker.finish()
    assert taker._bytes == 0
