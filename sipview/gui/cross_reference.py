"""Which message a packet completes, which call or conversation a message belongs to, and what its hosts are called."""

from array import array
from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np
import numpy.typing as npt

from sipview.calls import Call, Conversation, Observed
from sipview.session import Snapshot
from sipview.session.naming import HostNaming
from sipview.values import CancelToken


class MessagesByRow(Mapping[int, Observed]):
    """The messages of a snapshot by the row of the packet that completes them; the first where it completes several."""

    def __init__(self, snapshot: Snapshot, cancel: CancelToken) -> None:
        self._messages = snapshot.messages
        rows = np.frombuffer(array("q", (observed.row for observed in cancel.each(snapshot.messages))), dtype=np.int64)
        self._order = np.argsort(rows, kind="stable")
        self._rows: npt.NDArray[np.int64] = rows[self._order]

    def __getitem__(self, row: int) -> Observed:
        place = int(np.searchsorted(self._rows, row))
        if place < len(self._rows) and self._rows[place] == row:
            return self._messages[int(self._order[place])]
        raise KeyError(row)

    def positions_in(self, passing: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Positions of the messages whose rows are marked in ``passing``, which has an element for each row."""
        known = self._rows < len(passing)
        return self._order[known][passing[self._rows[known]]]

    def __iter__(self) -> Iterator[int]:
        return iter(np.unique(self._rows).tolist())

    def __len__(self) -> int:
        return len(np.unique(self._rows))


class CrossReference:
    """The ways between the lists of one snapshot. Made on a worker thread; two numbers a message.

    ``naming`` is what named the hosts of the snapshot before, if this one goes on from there. Raises `values.Cancelled` when
    asked to stop.
    """

    def __init__(self, snapshot: Snapshot, naming: HostNaming | None = None, cancel: CancelToken | None = None) -> None:
        token = cancel if cancel is not None else CancelToken()
        self.snapshot = snapshot
        self.by_row = MessagesByRow(snapshot, token)
        self.hosts = (naming or HostNaming()).names(snapshot.messages, snapshot.conversations, token)
        self._owner = np.full(len(snapshot.messages), -1, dtype=np.int64)
        conversations = snapshot.conversations
        owners: tuple[Call | Conversation, ...] = (*conversations.calls, *conversations.others)
        positions = chain.from_iterable(owner.messages for owner in token.each(owners))
        messages = np.frombuffer(array("q", positions), dtype=np.int64)
        self._owner[messages] = np.repeat(np.arange(len(owners)), [len(owner.messages) for owner in owners])

    def owner(self, position: int) -> Call | Conversation | None:
        """The call or other conversation that a message belongs to."""
        number = int(self._owner[position]) if position < len(self._owner) else -1
        calls = self.snapshot.conversations.calls
        if number < 0:
            return None
        return calls[number] if number < len(calls) else self.snapshot.conversations.others[number - len(calls)]

    def holding(self, passing: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which calls and which other conversations have a message in one of the rows for which ``passing`` is true."""
        conversations = self.snapshot.conversations
        owners = self._owner[self.by_row.positions_in(passing)]
        held = np.zeros(len(conversations.calls) + len(conversations.others), np.bool_)
        held[owners[owners >= 0]] = True
        return held[: len(conversations.calls)], held[len(conversations.calls) :]

    def message_of_row(self, row: int) -> Observed | None:
        """The message that a packet completes."""
        return self.by_row.get(row)
