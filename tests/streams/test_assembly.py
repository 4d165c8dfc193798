"""Streams out of segments: whatever happens to the segments, the messages that were sent come out, once."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.streams import Assembler, Cut, Gap, SipCutter, assembly, begins_message
from sipview.streams.assembly import MOST_GAPS, MOST_PUSHES_WAITING, MOST_UNREAD_BYTES


def message(number: int, body: bytes = b"") -> bytes:
    start = b"SIP/2.0 200 OK" if number % 2 else b"INVITE sip:%d@host SIP/2.0" % number
    return start + b"\r\nCall-ID: %d\r\nContent-Length: %d\r\n\r\n" % (number, len(body)) + body


def assembler() -> Assembler:
    return Assembler(begins_message, SipCutter)


def push_all(segments: list[tuple[int, bytes]], *, base: int = 1000, syn: bool = True) -> list[Cut]:
    """Push (offset in the stream, bytes) in that order; rows count from 0."""
    stream = assembler()
    cuts = stream.push(base, b"", -1, syn=True) if syn else []
    for row, (offset, data) in enumerate(segments):
        cuts += stream.push((base + 1 + offset) % (1 << 32), data, row)
    return cuts + stream.finish()


def test_a_message_over_three_segments_names_its_rows() -> None:
    whole = message(1, b"body")
    cuts = push_all([(0, whole[:10]), (10, whole[10:30]), (30, whole[30:])])
    assert [(cut.data, cut.rows) for cut in cuts] == [(whole, (0, 1, 2))]


def test_three_messages_in_a_segment() -> None:
    sent = [message(1), message(2, b"x" * 100), message(3)]
    cuts = push_all([(0, b"".join(sent))])
    assert [cut.data for cut in cuts] == sent


def test_keep_alives_between_messages_are_passed_over() -> None:
    cuts = push_all([(0, b"\r\n\r\n" + message(1) + b"\r\n\r\n" + message(2) + b"\r\n")])
    assert [cut.data for cut in cuts] == [message(1), message(2)]


def test_segments_in_the_wrong_order() -> None:
    whole = message(1, b"body")
    cuts = push_all([(40, whole[40:]), (20, whole[20:40]), (0, whole[:20])])
    assert [cut.data for cut in cuts] == [whole]
    assert sorted(cuts[0].rows) == [0, 1, 2]


def test_the_first_two_segments_swapped_and_no_syn_in_the_capture() -> None:
    whole = message(1, b"body")
    cuts = push_all([(40, whole[40:]), (0, whole[:40])], syn=False)
    assert [cut.data for cut in cuts] == [whole]


def test_a_repeated_segment_brings_nothing_new() -> None:
    whole = message(1)
    assert [cut.data for cut in push_all([(0, whole), (0, whole), (10, whole[10:])])] == [whole]


def test_overlapping_segments_keep_the_bytes_seen_first() -> None:
    whole = message(1, b"first")
    other = message(1, b"other")
    cuts = push_all([(0, whole[:-2]), (10, other[10:])])
    assert [cut.data for cut in cuts] == [whole[:-2] + other[-2:]]


def test_a_capture_that_begins_in_the_middle_of_a_message_goes_on_at_the_next() -> None:
    stream = b"...tail of a body\r\n" + message(2) + message(3)
    assert [cut.data for cut in push_all([(0, stream)], syn=False)] == [message(2), message(3)]


def test_behind_a_hole_messages_come_at_once_where_a_segment_begins_one() -> None:
    stream = assembler()
    first, lost, third = message(1), message(2, b"z" * 50), message(3)
    assert [cut.data for cut in stream.push(0, first, 0)] == [first]
    after = len(first) + len(lost)
    assert [cut.data for cut in stream.push(after, third, 1)] == [third]
    # The lost one was only late.
    assert [cut.data for cut in stream.push(len(first), lost, 2)] == [lost]


def test_a_hole_that_is_never_filled_does_not_hold_up_what_follows() -> None:
    stream = assembler()
    stream.push(0, b"", 0, syn=True)
    cuts = stream.push(500, b"middle of something\r\n" + message(0), 1)
    at = 500 + len(b"middle of something\r\n" + message(0))
    for row in range(MOST_PUSHES_WAITING + 1):
        data = b"more of it\r\n"
        cuts += stream.push(at, data, row)
        at += len(data)
    assert [cut.data for cut in cuts] == [message(0)]


def test_both_directions_in_one_numbering_far_apart() -> None:
    """As exported by some phone applications: two streams under one name do not disturb each other."""
    stream = assembler()
    cuts = stream.push(100, message(1)[:20], 0)
    cuts += stream.push(3_000_000_000, message(2)[:20], 1)
    cuts += stream.push(120, message(1)[20:], 2)
    cuts += stream.push(3_000_000_020, message(2)[20:], 3)
    assert {cut.data for cut in cuts} == {message(1), message(2)}


def test_a_stream_cut_short_gives_what_there_is_and_says_that_it_is_not_whole() -> None:
    whole = message(1, b"x" * 100)
    cuts = push_all([(0, whole[:-40])])
    assert [(cut.data, cut.complete) for cut in cuts] == [(whole[:-40], False)]


def test_a_length_that_lies_does_not_swallow_the_stream() -> None:
    lying = b"INVITE sip:a@b SIP/2.0\r\nContent-Length: 999999999\r\n\r\n"
    cuts = push_all([(0, lying + message(2))])
    assert [cut.data for cut in cuts] == [lying, message(2)]


@pytest.mark.parametrize("more", [-3, 0, 1, 5, 30, 100])
def test_a_length_that_a_gateway_did_not_correct(more: int) -> None:
    body = b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\n"
    length = b"Content-Length: %d" % len(body)
    kind = b"Content-Type: application/sdp\r\n"
    wrong = message(2, body).replace(length, kind + b"Content-Length: %d" % (len(body) + more))
    for pieces in ([wrong + message(4) + message(3)], [wrong, message(4), message(3)]):
        at = [sum(map(len, pieces[:number])) for number in range(len(pieces))]
        cuts = push_all(list(zip(at, pieces, strict=True)))
        assert [cut.data for cut in cuts] == [wrong[: len(wrong) + min(more, 0)], message(4), message(3)]


def test_a_message_in_a_message_is_its_body() -> None:
    for kind in (b"message/sipfrag;version=2.0", b"message/sip", b"application/octet-stream"):
        inner = b"first\r\n" + message(2) + message(3)
        notify = message(6, inner).replace(b"Content-Length", b"Content-Type: " + kind + b"\r\nContent-Length", 1)
        assert [cut.data for cut in push_all([(0, notify + message(4))])] == [notify, message(4)]


SDP = b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


@pytest.mark.parametrize("size", [1, 3, 50, 170, 10_000])
@pytest.mark.parametrize("body", [SDP, SDP.replace(b"\r\n", b"\n"), b""])
def test_a_description_without_a_length_belongs_to_its_message(body: bytes, size: int) -> None:
    head = message(2).replace(b"Content-Length: 0", b"c: application/sdp")
    stream = head + body + message(3) + head + body + b"\r\n\r\n" + head + body
    cuts = push_all([(at, stream[at : at + size]) for at in range(0, len(stream), size)])
    whole = [cut.data for cut in cuts]
    assert [data[: len(head)] for data in whole] == [head, message(3), head, head]
    if size > len(head + body):
        assert whole == [head + body, message(3), head + body, head + body]
    else:  # it ends with the last line that has come
        assert all((head + body).startswith(data) or data == message(3) for data in whole)
        assert not body or all(data.endswith(b"\n") and b"v=0" in data for data in whole[2:])


@pytest.mark.parametrize("header", [b"Content-Length:\r\n 4", b"Content-Length :\n\t4", b"l:\r\n  4", b"CONTENT-LENGTH:4"])
def test_each_way_to_write_the_length(header: bytes) -> None:
    whole = message(2, b"body").replace(b"Content-Length: 4", header)
    assert [cut.data for cut in push_all([(0, whole + message(4))])] == [whole, message(4)]


def test_memory_is_bounded_for_a_stream_of_holes() -> None:
    stream = assembler()
    for number in range(5000):
        stream.push(number * 100_000 % (1 << 31), b"no message here" * 100, number)
    assert sum(len(island.data) for island in stream._islands) <= stream.held <= MOST_UNREAD_BYTES
    assert len(stream._islands) <= 512


@st.composite
def mixed_up(draw: st.DrawFn) -> tuple[list[bytes], list[tuple[int, bytes]], int, bool]:
    """Messages, their stream in segments (shuffled a little, some twice), where numbering starts, and whether SYN is seen."""
    sent = [message(number, draw(st.binary(max_size=300))) for number in range(draw(st.integers(1, 5)))]
    stream = b"\r\n\r\n".join(sent)
    segments, at = [], 0
    while at < len(stream):
        size = draw(st.sampled_from([1, 3, 50, 700]))
        segments.append((at, stream[at : at + size]))
        at += size
    seed = random.Random(draw(st.integers(0, 1 << 30)))
    segments += seed.sample(segments, len(segments) // 3)
    disorder = draw(st.floats(0, 6))
    order = sorted((position + seed.uniform(0, disorder), segment) for position, segment in enumerate(segments))
    return sent, [segment for _, segment in order], draw(st.integers(0, (1 << 32) - 1)), draw(st.booleans())


@given(mixed_up())
def test_every_message_comes_out_once_whatever_the_order(
    case: tuple[list[bytes], list[tuple[int, bytes]], int, bool],
) -> None:
    sent, segments, base, syn = case
    cuts = push_all(segments, base=base, syn=syn)
    assert sorted(cut.data for cut in cuts) == sorted(sent)


@given(st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.binary(max_size=200), st.booleans()), max_size=60))
def test_any_segments_end_in_order(segments: list[tuple[int, bytes, bool]]) -> None:
    stream = assembler()
    given_out = sum(
        len(cut.data) for row, (at, data, syn) in enumerate(segments) for cut in stream.push(at, data, row, syn=syn)
    )
    given_out += sum(len(cut.data) for cut in stream.finish())
    assert given_out <= sum(len(data) for _, data, _ in segments)


def test_of_what_is_forgotten_at_the_bounds_every_byte_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "MOST_GAPS", 1000)
    head = b"INVITE sip:b@host SIP/2.0\r\nContent-Length: 4000000\r\n\r\n"
    stream, size, count = assembler(), 100_000, 120
    stream.push(0, b"", 0, syn=True)
    for row in range(count):  # every second piece, so that nothing becomes whole
        stream.push(1 + 2 * row * size, head.ljust(size, b"x"), row)
    given = sum(len(cut.data) for cut in stream.finish())
    assert sum(gap.size for gap in stream.gaps if gap.captured) + given == count * size
    assert count * size - given > MOST_UNREAD_BYTES
    holes = [gap for gap in stream.gaps if not gap.captured]
    assert holes == [Gap(row, 1 + (2 * row - 1) * size, size, captured=False) for row in range(1, count)]


def test_of_endless_holes_the_first_are_kept_and_all_are_counted() -> None:
    stream = assembler()
    stream.push(0, b"", 0, syn=True)
    for row in range(3000):
        stream.push(1 + 200 * row, message(row)[:40], row)
    stream.finish()
    assert len(stream.gaps) == MOST_GAPS
    assert len(stream.gaps) + stream.more_gaps >= 2999
