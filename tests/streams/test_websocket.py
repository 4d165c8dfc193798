"""WebSocket frames as RFC 6455 draws them, built here by hand from its figure in section 5.2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.streams import Assembler, Cut, WebSocketReader, begins_websocket
from sipview.streams.websocket import read_frame

INVITE = b"INVITE sip:1002@pbx SIP/2.0\r\nCall-ID: a\r\n\r\n"
RINGING = b"SIP/2.0 180 Ringing\r\nCall-ID: a\r\n\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: pbx\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n"


def frame(payload: bytes, *, opcode: int = 1, final: bool = True, key: bytes = b"") -> bytes:
    head = bytes([(0x80 if final else 0) | opcode])
    mask = 0x80 if key else 0
    if len(payload) < 126:
        head += bytes([mask | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([mask | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([mask | 127]) + len(payload).to_bytes(8, "big")
    if key:
        payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))
    return head + key + payload


def read(*segments: bytes) -> list[Cut]:
    stream = Assembler(begins_websocket, WebSocketReader)
    cuts, at = [], 7
    for row, data in enumerate(segments):
        cuts += stream.push(at, data, row)
        at += len(data)
    return cuts + stream.finish()


def test_an_upgrade_and_then_a_masked_message() -> None:
    assert [cut.data for cut in read(UPGRADE, frame(INVITE, key=b"abcd"))] == [INVITE]


def test_the_upgrade_was_not_captured() -> None:
    assert [cut.data for cut in read(frame(INVITE, key=b"\x00\xff\x10\x20"))] == [INVITE]
    assert [cut.data for cut in read(frame(RINGING))] == [RINGING]


def test_a_message_in_three_frames_with_a_ping_between_them() -> None:
    cuts = read(
        UPGRADE, frame(INVITE[:10], final=False), frame(b"", opcode=9), frame(INVITE[10:20], opcode=0, final=False),
        frame(INVITE[20:], opcode=0),
    )  # fmt: skip
    assert [cut.data for cut in cuts] == [INVITE]


def test_two_messages_in_a_segment_and_one_over_two() -> None:
    both = frame(RINGING) + frame(RINGING, opcode=2)
    cuts = read(both, frame(INVITE)[:9], frame(INVITE)[9:])
    assert [(cut.data, cut.rows) for cut in cuts] == [(RINGING, (0,)), (RINGING, (0,)), (INVITE, (1, 2))]


@pytest.mark.parametrize("length", [125, 126, 127, 65535, 65536])
def test_each_form_of_the_length(length: int) -> None:
    payload = INVITE + b"x" * (length - len(INVITE))
    assert [cut.data for cut in read(frame(payload, key=b"wxyz"))] == [payload]


def test_reserved_bits_are_no_frame() -> None:
    with pytest.raises(ValueError, match="reserved"):
        read_frame(b"\xa1\x00")
    with pytest.raises(ValueError, match="message as a whole"):
        read_frame(b"\xc0\x00")  # the bit for compression stands in the first frame of a message (RFC 7692 6.1)


@given(st.lists(st.binary(max_size=100), max_size=20))
def test_any_bytes_end_in_order(segments: list[bytes]) -> None:
    read(*segments)
    read(UPGRADE, *segments)
