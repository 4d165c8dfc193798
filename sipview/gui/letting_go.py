"""Letting go of a capture that is not shown any more, without anybody noticing.

Unmapping half a gigabyte takes tens of milliseconds. And Python frees in one go whatever was held by one thing only: the
values of some hundred thousand messages would stop all threads for a second. So they go a few at a time, on a worker.
"""

from collections.abc import Callable

from sipview.gui.requests import Loaded

_AT_A_TIME = 256


def letting_go_of(loaded: Loaded) -> Callable[[], None]:
    """What closes a capture, for `Jobs.dispose`. Whoever shows it must have let go of it by then."""
    held = [loaded]

    def let_go() -> None:
        loaded = held.pop()
        loaded.analysis.close()
        snapshot = loaded.snapshot
        conversations = snapshot.conversations
        piles: list[list[object]] = [
            list(pile) for pile in (conversations.calls, conversations.others, conversations.transactions, snapshot.messages)
        ]
        del loaded, snapshot, conversations  # from here on the piles alone hold what is in them
        for pile in piles:
            while pile:
                del pile[-_AT_A_TIME:]  # another thread may have its turn before the next few

    return let_go
