"""SCTP DATA chunks, written by scapy."""

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.sctp import SCTPChunkData, SCTPChunkHeartbeatReq

from sipview.streams.sctp import SctpReader


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


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_any_bytes_end_in_order(packets: list[bytes]) -> None:
    reader = SctpReader()
    for row, packet in enumerate(packets):
        reader.push(packet, row)
