"""How much work something is, counted in lines of Python that ran: the same on every machine, so growth can be tested."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(work: Callable[[], object]) -> int:
    """How many lines ran in what ``work`` called."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """``work`` of four times the size runs hardly more than four times the lines."""
    once, fourfold = lines_run(lambda: work(size)), lines_run(lambda: work(4 * size))
    assert fourfold < 4.5 * once, f"{once} lines for {size}, {fourfold} for {4 * size}"
