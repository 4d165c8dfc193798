"""Compressed messages as RFC 7692 shows them, byte for byte."""

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.streams.deflated import LONGEST_UNPACKED, Allowance, Inflater, MissingHistory, Unreadable, beginning_of


@pytest.mark.parametrize(
    "payloads",
    [
        ["f2 48 cd c9 c9 07 00"],  # 7.2.3.1
        ["f2 48 cd c9 c9 07 00", "f2 00 11 00 00"],  # 7.2.3.2: the second one repeats the first
        ["f2 48 cd c9 c9 07 00", "f2 48 cd c9 c9 07 00"],  # 7.2.3.2: without what came before
        ["00 05 00 fa ff 48 65 6c 6c 6f 00"],  # 7.2.3.3: not compressed within
        ["f3 48 cd c9 c9 07 00 00"],  # 7.2.3.4: a final block
        ["f3 48 cd c9 c9 07 00 00", "f2 00 11 00 00"],
        ["f2 48 05 00 00 00 ff ff ca c9 c9 07 00"],  # 7.2.3.5: two blocks
    ],
)
def test_the_examples_of_the_rfc(payloads: list[str]) -> None:
    inflater = Inflater(Allowance(), from_start=True)
    assert [inflater.unpack(bytes.fromhex(payload)) for payload in payloads] == [b"Hello"] * len(payloads)


def test_an_empty_message() -> None:
    assert Inflater(Allowance(), from_start=True).unpack(b"\x00") == b""


def test_zeros_are_text_where_everything_is_known() -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packing.compress(b"a\0b") + packing.flush(zlib.Z_SYNC_FLUSH)
    assert Inflater(Allowance(), from_start=True).unpack(packed[:-4]) == b"a\0b"


def test_what_is_not_known_is_not_invented_and_what_comes_new_is_read() -> None:
    inflater = Inflater(Allowance(), from_start=False)
    with pytest.raises(MissingHistory):
        inflater.unpack(bytes.fromhex("f2 00 11 00 00"))
    assert inflater.unpack(bytes.fromhex("f2 48 cd c9 c9 07 00")) == b"Hello"
    assert inflater.unpack(bytes.fromhex("f2 00 11 00 00")) == b"Hello"


def test_after_too_much_nothing_more_is_tried() -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packing.compress(bytes(LONGEST_UNPACKED + 1)) + packing.flush(zlib.Z_SYNC_FLUSH)
    inflater = Inflater(Allowance(), from_start=True)
    for payload in (packed[:-4], bytes.fromhex("f2 48 cd c9 c9 07 00")):
        with pytest.raises(Unreadable, match="more than 1,048,576 bytes"):
            inflater.unpack(payload)
    assert inflater.held == 0


def test_all_together_unpack_to_no_more_than_is_allowed() -> None:
    allowance = Allowance(2 * LONGEST_UNPACKED)
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = (packing.compress(b"a" * LONGEST_UNPACKED) + packing.flush(zlib.Z_SYNC_FLUSH))[:-4]
    read = 0
    for _ in range(20):  # each a connection of its own
        with suppress(Unreadable):
            read += len(Inflater(allowance, from_start=True).unpack(packed))
    assert read == 2 * LONGEST_UNPACKED
    with pytest.raises(Unreadable, match="all messages that are would take too much memory"):
        Inflater(allowance, from_start=True).unpack(packed)
    assert Inflater(allowance, from_start=True).unpack(bytes.fromhex("f2 48 cd c9 c9 07 00")) == b"Hello"


def test_a_connection_that_repeats_itself_for_ever_is_read() -> None:
    """Of each message but the first one a few bytes are left; those are allowed for."""
    inflater, packing = Inflater(Allowance(0), from_start=True), zlib.compressobj(9, zlib.DEFLATED, -15)
    for number in range(2000):
        message = b"OPTIONS sip:bob@example.org SIP/2.0\r\n" + b"X-Header: something or other\r\n" * 20 + b"%d" % number
        packed = packing.compress(message) + packing.flush(zlib.Z_SYNC_FLUSH)
        assert inflater.unpack(packed[:-4]) == message


def test_many_final_blocks_do_not_take_long() -> None:
    with pytest.raises(Unreadable, match="damaged"):
        Inflater(Allowance(), from_start=True).unpack(b"\x03\x00" * (1 << 20))


def test_a_beginning_is_there_before_the_end_is() -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packing.compress(b"OPTIONS sip:x SIP/2.0\r\n" + bytes(range(256)) * 9) + packing.flush(zlib.Z_SYNC_FLUSH)
    assert beginning_of(packed[: len(packed) // 2], 7) == b"OPTIONS"


@given(st.lists(st.binary(max_size=60), max_size=8), st.booleans())
def test_any_bytes_are_a_message_or_a_named_problem(payloads: list[bytes], from_start: bool) -> None:
    inflater = Inflater(Allowance(), from_start=from_start)
    for payload in payloads:
        with suppress(Unreadable):
            assert len(inflater.unpack(payload)) <= LONGEST_UNPACKED
        assert inflater.held <= 1 << 15
