"""Things made on another thread ahead of whoever takes them."""

import threading
from collections.abc import Iterator

import pytest

from sipview.index.ahead import ahead


def test_everything_comes_in_order_and_from_another_thread() -> None:
    threads: set[int] = set()

    def numbers() -> Iterator[int]:
        for number in range(100):
            threads.add(threading.get_ident())
            yield number

    assert list(ahead(numbers(), 2)) == list(range(100))
    assert threads
    assert threading.get_ident() not in threads


def test_no_more_is_made_than_may_wait() -> None:
    made: list[int] = []
    third = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    taken = ahead(numbers(), 2)
    assert next(taken) == 0
    assert third.wait(10)
    assert len(made) <= 1 + 2 + 1  # taken, waiting, and being made
    taken.close()
    assert len(made) <= 5


def test_what_goes_wrong_in_making_is_raised_in_taking() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    taken = ahead(numbers(), 5)
    assert next(taken) == 1
    with pytest.raises(OSError, match="gone"):
        next(taken)


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    taken = ahead(iter(range(1000)), 3)
    next(taken)
    taken.close()
    assert threading.active_count() == before
