"""SCTP DATA chunks, written by scapy."""

import random

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.sctp import SCTPChunkData, SCTPChunkHeartbeatReq

from sipview.streams.sctp import MOST_HELD_BYTES, SctpReader
from tests.support.effort import assert_linear


def chunk(data: bytes, tsn: int, *, begin: bool = True, end: bool = True) -> bytes:
    return bytes(SCTPChunkData(data=data, tsn=tsn, beginning=begin, ending=end, stream_id=1))


def test_two_messages_in_a_packet() -> None:
    packet = chunk(b"INVITE", 1) + bytes(SCTPChunkHeartbeatReq()) + chunk(b"ACK", 2)
    assert [cut.data for cut in SctpReader().push(packet, 5)] == [b"INVITE", b"ACK"]


def test_a_message_over_three_chunks_out_of_order_and_across_the_end_of_the_numbering() -> None:
    reader = SctpReader()
    assert reader.push(chunk(b"three", 0, begin=False), 1) == []
    assert reader.push(chunk(b"one", (1 << 32) - 2, end=False), 2) == []
    cuts = reader.push(chunk(b"two", (1 << 32) - 1, begin=False, end=False), 3)
    assert [(cut.data, cut.rows) for cut in cuts] == [(b"onetwothree", (2, 3, 1))]


def test_a_chunk_sent_again_is_no_second_message() -> None:
    reader = SctpReader()
    assert len(reader.push(chunk(b"INVITE", 9), 1)) == 1
    assert reader.push(chunk(b"INVITE", 9), 2) == []


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(0, (1 << 32) - 1), st.randoms(use_true_random=False))
def test_every_message_comes_out_whatever_the_order(sizes: list[int], first: int, disorder: random.Random) -> None:
    packets, messages, tsn = [], [], first
    for number, size in enumerate(sizes):
        parts = [f"{number}.{part} ".encode() for part in range(size)]
        messages.append(b"".join(parts))
        for part, data in enumerate(parts):
            packets.append(chunk(data, tsn % (1 << 32), begin=part == 0, end=part == size - 1))
            tsn += 1
    disorder.shuffle(packets)
    reader = SctpReader()
    found = [cut.data for row, packet in enumerate(packets) for cut in reader.push(packet, row)]
    assert sorted(found) == sorted(messages)
    assert reader.held == 0


def test_fragments_that_never_become_whole_take_no_more_than_their_bound() -> None:
    reader = SctpReader()
    for tsn in range(3000):
        reader.push(chunk(bytes(4000), 2 * tsn, begin=False, end=False), tsn)
        assert reader.held <= MOST_HELD_BYTES
    whole = chunk(b"INVI", 10_001, end=False) + chunk(b"TE", 10_002, begin=False)
    assert [cut.data for cut in reader.push(whole, 1)] == [b"INVITE"]


def test_work_grows_with_the_fragments_and_not_with_those_that_wait() -> None:
    def push(count: int) -> None:
        reader = SctpReader()
        for tsn in range(count):
            reader.push(waiting[tsn], tsn)

    waiting = [chunk(b"x", tsn, begin=False, end=False) for tsn in range(2000)]
    assert_linear(push, 500)


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_any_bytes_end_in_order(packets: list[bytes]) -> None:
    reader = SctpReader()
    for row, packet in enumerate(packets):
        reader.push(packet, row)
