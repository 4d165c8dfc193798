"""SCTP whose messages are split, mixed (RFC 8260) and sent on several paths (RFC 9260 6.4): held against tshark."""

import struct
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest
from scapy.layers.inet import IP
from scapy.layers.sctp import SCTP, SCTPChunkData
from scapy.packet import Raw

from sipview.index.reading import Candidate, read
from sipview.values import CancelToken
from tests.support.captures import every_ms, open_file, pcap, sip, write
from tests.support.traps import PHONE, SERVER, link
from tests.support.tshark import fields

PATHS = ((PHONE, SERVER), ("10.1.0.1", "10.1.0.2"))
TAG = 0x5EC0DE77
_BEGIN, _END = 2, 1


def framed(chunks: bytes, *, path: int = 0, tag: int = TAG) -> bytes:
    """A packet on one of the two paths between the same hosts."""
    source, destination = PATHS[path]
    return bytes(link(0) / IP(src=source, dst=destination) / SCTP(sport=5060, dport=5060, tag=tag) / Raw(chunks))


def data(tsn: int, content: bytes, flags: int = _BEGIN | _END) -> bytes:
    """A DATA chunk."""
    return bytes(SCTPChunkData(tsn=tsn, beginning=bool(flags & _BEGIN), ending=bool(flags & _END), stream_id=1, data=content))


def i_data(tsn: int, stream: int, message: int, fragment: int, content: bytes, flags: int) -> bytes:
    """An I-DATA chunk (RFC 8260 2.1), which scapy does not know; the first fragment has the payload's protocol instead."""
    number = 0 if flags & _BEGIN else fragment
    head = struct.pack(">BBHIHHII", 64, flags, 20 + len(content), tsn, stream, 0, message, number)
    return head + content + bytes(-len(content) % 4)


def messages(path: Path) -> list[Candidate]:
    return [candidate for step in read([open_file(path)], CancelToken()) for candidate in step.candidates]


def ids(found: Iterable[Candidate]) -> list[tuple[str, str]]:
    """Frame number and Call-ID of each message."""
    return [(str(one.row + 1), one.data.partition(b"Call-ID: ")[2].partition(b"\r")[0].decode()) for one in found]


def ids_by_tshark(path: Path) -> list[tuple[str, str]]:
    lines = fields(path, "frame.number", "sip.Call-ID", display_filter="sip", occurrence="a")
    return [(number, one) for number, many in lines for one in many.split(",")]


ONE, OTHER = sip("MESSAGE", "one@sctp", b"1" * 300), sip("MESSAGE", "other@sctp", b"2" * 300)


@pytest.mark.needs_tshark
def test_fragments_of_two_messages_by_turns(tmp_path: Path) -> None:
    frames = [
        framed(i_data(1, 1, 0, 0, ONE[:200], _BEGIN)), framed(i_data(2, 2, 0, 0, OTHER[:200], _BEGIN)),
        framed(i_data(3, 1, 0, 1, ONE[200:300], 0)), framed(i_data(4, 2, 0, 1, OTHER[200:], _END)),
        framed(i_data(5, 1, 0, 2, ONE[300:], _END) + i_data(6, 1, 1, 0, sip("MESSAGE", "next@sctp"), _BEGIN | _END)),
    ]  # fmt: skip
    path = write(tmp_path / "mixed.pcap", pcap(every_ms(frames)))
    found = messages(path)
    assert [one.data for one in found] == [OTHER, ONE, sip("MESSAGE", "next@sctp")]
    assert [one.rows for one in found] == [(1, 3), (0, 2, 4), (4,)]
    assert ids(found) == ids_by_tshark(path)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_mixed_fragments_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    chunks = [
        i_data(1, 1, 7, 0, ONE[:200], _BEGIN), i_data(2, 1, 8, 0, OTHER[:200], _BEGIN), i_data(3, 1, 7, 1, ONE[200:], _END),
        i_data(4, 1, 8, 1, OTHER[200:], _END),
    ]  # fmt: skip
    path = write(tmp_path / "mixed.pcap", pcap(every_ms(framed(chunks[at]) for at in order)))
    assert sorted(one.data for one in messages(path)) == sorted((ONE, OTHER))


@pytest.mark.needs_tshark
def test_a_message_whose_fragments_went_two_ways(tmp_path: Path) -> None:
    frames = [
        framed(data(70, sip("MESSAGE", "first@sctp"))), framed(data(71, ONE[:200], _BEGIN)),
        framed(data(72, ONE[200:], _END), path=1), framed(data(73, OTHER), path=1),
    ]  # fmt: skip
    path = write(tmp_path / "paths.pcap", pcap(every_ms(frames)))
    found = messages(path)
    assert [one.data for one in found] == [sip("MESSAGE", "first@sctp"), ONE, OTHER]
    assert (found[2].source.address, found[2].destination.address) == PATHS[1]
    assert ids(found) == ids_by_tshark(path)


def test_a_message_sent_again_on_the_other_path_is_one(tmp_path: Path) -> None:
    frames = [framed(data(70, ONE)), framed(data(70, ONE), path=1), framed(data(71, OTHER), path=1)]
    found = messages(write(tmp_path / "paths.pcap", pcap(every_ms(frames))))
    assert [one.data for one in found] == [ONE, OTHER]


@pytest.mark.parametrize(("tag", "tsn"), [(0, 70), (1, 70), (TAG, 70 + (1 << 20))])
def test_hosts_that_have_nothing_in_common_but_a_tag(tmp_path: Path, tag: int, tsn: int) -> None:
    """Tags that nobody chose at random, and numbers far apart: two associations."""
    frames = [framed(data(70, ONE), tag=tag), framed(data(tsn, OTHER), path=1, tag=tag)]
    found = messages(write(tmp_path / "two.pcap", pcap(every_ms(frames))))
    assert [one.data for one in found] == [ONE, OTHER]
