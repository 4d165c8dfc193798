"""What all connections together may keep, whatever the capture holds."""

import numpy as np
import pytest

from sipview.index import connections
from sipview.index.connections import MOST_HELD_BYTES, Batch, Connections, Found
from sipview.index.layers import Protocol
from sipview.index.undecided import Segment
from sipview.streams.tls import KeyLog
from tests.support.captures import sip


class Feed:
    """Segments by row, as a capture would have them; ``push`` takes a batch of them."""

    def __init__(self) -> None:
        self.segments: list[tuple[int, Segment]] = []
        self.connections = Connections(KeyLog(b""), lambda row: self.segments[row][1])

    def push(self, *sent: tuple[int, int, bytes]) -> list[Found]:
        """Flow, sequence number and bytes of each segment."""
        first = len(self.segments)
        for row, (flow, sequence, data) in enumerate(sent, first):
            self.segments.append((flow, Segment(row, 0, sequence, syn=False, data=data)))
        size = len(sent)
        begins = [data.startswith((b"INVITE ", b"SIP/2.0 ")) for _, _, data in sent]
        return self.connections.take(
            Batch(
                np.arange(first, first + size),
                np.array([flow for flow, _, _ in sent], np.uint64),
                np.where(begins, Protocol.SIP, Protocol.TCP),
                np.zeros(size, np.bool_),
                np.zeros(size, np.bool_),
                np.array([len(data) for _, _, data in sent]),
            )
        )


def held(feed: Feed) -> int:
    return sum(connection.held for connection in feed.connections._open.values())


def test_messages_that_never_become_whole_take_no_more_than_their_bound() -> None:
    feed = Feed()
    part = sip("INVITE", "half@x").replace(b"Content-Length: 0", b"Content-Length: 200000") + bytes(40_000)
    given = 0
    for flow in range(3000):
        given += len(feed.push((flow, 1, part)))
        assert held(feed) == feed.connections._held <= MOST_HELD_BYTES
    assert given == 3000 - len(feed.connections._open)  # what is ended is given as far as it goes
    assert given > 1000


def test_the_idlest_connection_is_ended_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_MOST_CONNECTIONS", 10)
    feed, whole = Feed(), sip("INVITE", "trunk@x")
    feed.push((0, 1, whole))
    for flow in range(1, 30):
        assert not feed.push((0, len(whole) * flow + 1, whole[:100]))
        feed.push((flow, 1, sip("INVITE", "phone@x")))
        [found] = feed.push((0, len(whole) * flow + 101, whole[100:]))
        assert found.cut.data == whole
    assert len(feed.connections._open) == 10


def test_half_a_million_rows_of_nothing_are_bounded() -> None:
    feed = Feed()
    for start in range(0, 1 << 17, 1 << 12):
        feed.push(*[(flow, 1, b"x") for flow in range(start, start + (1 << 12))])
    assert len(feed.connections._undecided._beginnings) <= 1 << 15
