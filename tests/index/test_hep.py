"""HEP as capture agents send it: built by hand from its description, since tshark does not know it."""

import gzip
import random
import ssl
import struct
import zlib
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from sipview.capture.hep import LONGEST_PAYLOAD
from sipview.index import Flag, PacketIndex, Protocol, reading
from sipview.index.reading import Candidate
from sipview.streams.deflated import ALWAYS_UNPACKED, TOO_MUCH
from sipview.values import CancelToken, Transport
from tests.support.captures import Packet, every_ms, open_file, pcap, sip, tcp, write
from tests.support.tls_peers import Peers, write_certificate
from tests.support.tunnels import LINK, NETWORK, OUTSIDE_4, V4, chunk, fragments, framed, hep_3

ENDS_4, ENDS_6 = ("10.20.30.40", "10.20.30.41"), ("2001:db8::a", "2001:db8::b")
ACK = sip("ACK", call_id="hep")


def chunks(
    ends: tuple[str, str] = ENDS_4, ports: tuple[int, int] = (5080, 5090), protocol: int = 17, payload: bytes = ACK
) -> list[bytes]:
    """The chunks that agents write."""
    first = 3 if "." in ends[0] else 5
    return [
        chunk(1, b"\x02" if first == 3 else b"\x0a"),
        chunk(2, bytes([protocol])),
        *(chunk(first + at, ip_address(end).packed) for at, end in enumerate(ends)),
        *(chunk(7 + at, struct.pack(">H", port)) for at, port in enumerate(ports)),
        chunk(9, struct.pack(">I", 1_700_000_000)),
        chunk(10, struct.pack(">I", 500)),
        chunk(11, b"\x01"),
        chunk(12, struct.pack(">I", 2001)),
        chunk(14, b"myHep"),
        chunk(15, payload),
    ]


def fixed(version: int, ends: tuple[str, str] = ENDS_4, protocol: int = 17, time: bytes = b"") -> bytes:
    """The header of HEP 1 and 2."""
    addresses = b"".join(ip_address(end).packed for end in ends)
    family = 2 if "." in ends[0] else 10
    return struct.pack(">BBBBHH", version, 8 + len(addresses) + len(time), family, protocol, 5080, 5090) + addresses + time


def datagram(payload: bytes, port: int = 9060) -> bytes:
    return bytes(LINK / V4 / UDP(sport=40000, dport=port) / Raw(payload))


def read(path: Path, packets: list[Packet]) -> tuple[PacketIndex, list[Candidate]]:
    found: list[Candidate] = []
    for step in reading.read([open_file(write(path, pcap(packets)))], CancelToken()):
        index = step.index
        found += step.candidates
    return index, found


def ends_of(index: PacketIndex, row: int) -> tuple[str, str, int, int]:
    both = index.endpoints(row)
    assert both is not None
    return (both[0].address, both[1].address, both[0].port, both[1].port)


TOLD = {
    "version 1": fixed(1) + ACK,
    "version 1 of ipv6": fixed(1, ENDS_6) + ACK,
    "version 2": fixed(2, time=struct.pack("<IIHxx", 1_700_000_000, 500, 2001)) + ACK,
    "version 2 without filling": fixed(2, time=struct.pack("<IIH", 1_700_000_000, 500, 2001)) + ACK,
    "version 2 of ipv6": fixed(2, ENDS_6, time=struct.pack("<IIHxx", 1_700_000_000, 500, 2001)) + ACK,
    "version 3": hep_3(*chunks()),
    "version 3 of ipv6": hep_3(*chunks(ENDS_6)),
    "backwards": hep_3(*reversed(chunks())),
    "with chunks of a vendor": hep_3(*(chunk(at, b"acme", vendor=5) for at in range(1, 16)), *chunks()),
    "with chunks of the future": hep_3(*(chunk(at, b"", vendor=0) for at in range(17, 40)), *chunks()[:-1], chunks()[-1]),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_the_agent_tells_is_the_packet(tmp_path: Path, name: str) -> None:
    frame = datagram(TOLD[name])
    index, found = read(tmp_path / "hep.pcap", every_ms([frame]))
    assert ends_of(index, 0) == (*(ENDS_6 if "ipv6" in name else ENDS_4), 5080, 5090)
    assert index.payload(0) == ACK
    assert index.flags.tolist() == [Flag.HEP]
    assert index.told_time_ns(0) == (None if "version 1" in name else 1_700_000_000_000_500_000)
    assert (index.protocol[0], index.transport[0], index.transport_start[0]) == (Protocol.SIP, 17, 0)
    assert [(one.source.address, one.frame_offset) for one in found] == [(ends_of(index, 0)[0], frame.index(ACK))]


def test_version_3_is_known_on_any_port_and_in_any_tunnel(tmp_path: Path) -> None:
    told = V4 / UDP(sport=40000, dport=12345) / Raw(TOLD["version 3"])
    frames = [bytes(LINK / told), *(framed(wrapping, told) for wrapping in NETWORK.values())]
    index, _ = read(tmp_path / "hep.pcap", every_ms(frames))
    assert {ends_of(index, row) for row in range(index.count)} == {(*ENDS_4, 5080, 5090)}


def test_agents_of_different_habits_in_one_capture(tmp_path: Path) -> None:
    frames = [datagram(told) for told in TOLD.values()] * 5
    index, found = read(tmp_path / "hep.pcap", every_ms(frames))
    assert {index.payload(row) for row in range(index.count)} == {ACK}
    assert len(found) == len(frames)
    six = ["ipv6" in name for name in TOLD] * 5
    assert [index.addresses[number] for number in index.source] == [(ENDS_6 if one else ENDS_4)[0] for one in six]


def test_what_is_told_about_other_things(tmp_path: Path) -> None:
    """Reports and log lines have ends too, if no transport that we know."""
    report = b'{"sender_information":{"ntp_timestamp_sec":1}}'
    index, found = read(tmp_path / "hep.pcap", every_ms([datagram(hep_3(*chunks(protocol=0, ports=(0, 0), payload=report)))]))
    assert ends_of(index, 0) == (*ENDS_4, 0, 0)
    assert (index.protocol[0], index.payload(0), found) == (Protocol.UDP, report, [])


@pytest.mark.parametrize(("number", "transport"), [(6, Transport.TCP), (17, Transport.UDP), (132, Transport.SCTP)])
def test_the_transport_is_the_one_that_the_agent_saw(tmp_path: Path, number: int, transport: Transport) -> None:
    """It carries a whole message, and there is nothing of that transport to put together."""
    told = V4 / UDP(sport=40000, dport=9060) / Raw(hep_3(*chunks(protocol=number)))
    frames = [bytes(LINK / told)] * 3 + [bytes(LINK / part) for part in fragments(IP(bytes(told)), 200)]
    index, found = read(tmp_path / "hep.pcap", every_ms(frames))
    assert [one.transport for one in found] == [transport] * 4
    assert index.transport[:3].tolist() == [number] * 3


def test_the_mark_of_the_header_in_a_chunk(tmp_path: Path) -> None:
    told = [*chunks()[:-2], chunk(14, b"HEP3\x00\x40secret"), chunks()[-1]]
    plain = datagram(b"HEP3 is what we speak")
    index, _ = read(tmp_path / "hep.pcap", every_ms([datagram(hep_3(*told)), plain]))
    assert [index.told_time_ns(row) for row in range(2)] == [1_700_000_000_000_500_000, None]


@pytest.mark.parametrize("missing", [2, 3, 11], ids=["source", "destination", "payload"])
def test_what_tells_too_little_stays_a_datagram(tmp_path: Path, missing: int) -> None:
    payload = hep_3(*(one for at, one in enumerate(chunks()) if at != missing))
    frames = [datagram(content) for content in (payload, hep_3(), b"HEP3")]
    index, found = read(tmp_path / "hep.pcap", every_ms(frames))
    assert {ends_of(index, row) for row in range(3)} == {(*OUTSIDE_4, 40000, 9060)}
    assert index.payload(0) == payload
    assert found == []
    assert not index.flags.any()


def packed(payload: bytes = ACK, compress: Callable[[bytes], bytes] = zlib.compress, **other: Any) -> bytes:
    return hep_3(*chunks(**other)[:-1], chunk(16, compress(payload)))


@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress], ids=["zlib", "gzip"])
@pytest.mark.parametrize("ends", [ENDS_4, ENDS_6], ids=["ipv4", "ipv6"])
def test_a_compressed_message_is_read(tmp_path: Path, compress: Callable[[bytes], bytes], ends: tuple[str, str]) -> None:
    told = packed(b"\r\n" + ACK, compress, ends=ends)
    both = hep_3(*chunks(ends=ends), chunk(16, compress(b"something else")))
    index, found = read(tmp_path / "hep.pcap", every_ms([datagram(told), datagram(both)]))
    assert [one.data for one in found] == [ACK, ACK]
    assert [one.frame_offset is None for one in found] == [True, False]
    assert [(one.source.address, one.destination.address, one.transport) for one in found] == [(*ends, Transport.UDP)] * 2
    assert index.told_time_ns(0) == 1_700_000_000_000_500_000


def test_a_compressed_message_in_fragments(tmp_path: Path) -> None:
    message = sip("ACK", call_id="hep", body=random.Random(1).randbytes(1200).hex().encode())
    told = IP(bytes(V4 / UDP(sport=40000, dport=9060) / Raw(packed(message, protocol=6))))
    _, found = read(tmp_path / "hep.pcap", every_ms([bytes(LINK / part) for part in fragments(told, 400)]))
    assert [(one.data, one.transport) for one in found] == [(message, Transport.TCP)]


def test_what_is_compressed_cannot_fill_the_memory_and_may_be_damaged(tmp_path: Path) -> None:
    long = sip("ACK", call_id="long", body=bytes(20_000_000))
    good = packed()
    frames = [
        packed(long),
        good.replace(b"\x78\x9c", b"\x78\x9d"),
        good.replace(b"\x78\x9c", b"\x78\x9c\xff"),
        packed(b"no SIP at all"),
        packed(),
    ]
    _, found = read(tmp_path / "hep.pcap", every_ms([datagram(one) for one in frames]))
    assert [len(one.data) for one in found] == [LONGEST_PAYLOAD + 1, len(ACK)]


def connection(stream: bytes, cuts: Sequence[int], first: int = 1000) -> list[bytes]:
    """A stream over TCP in segments that end at ``cuts``."""
    bounds = [0, *sorted(cuts), len(stream)]
    return [
        tcp("10.9.9.1/40000", "10.9.9.2/9060", stream[begin:end], sequence=first + begin) for begin, end in pairwise(bounds)
    ]


STREAM_IDS = [f"{number}@agent" for number in range(6)]
COPIES = [
    hep_3(*chunks(ENDS_6 if number % 2 else ENDS_4, (5060 + number, 5090), payload=sip("ACK", call_id=STREAM_IDS[number])))
    for number in range(6)
]
STREAM = b"".join(COPIES)


def ids_of(found: list[Candidate]) -> list[str]:
    return [one.data.partition(b"Call-ID: ")[2].partition(b"\r")[0].decode() for one in found]


def test_an_agent_that_sends_over_tcp(tmp_path: Path) -> None:
    """Several copies in a segment, and copies over several segments: each message with the ends that the agent told."""
    frames = connection(STREAM, [10, 500, 501, 1200])
    index, found = read(tmp_path / "hep.pcap", every_ms(frames))
    assert ids_of(found) == STREAM_IDS
    assert [(one.source.address, one.source.port) for one in found] == [
        ((ENDS_6 if number % 2 else ENDS_4)[0], 5060 + number) for number in range(6)
    ]
    assert {one.transport for one in found} == {Transport.UDP}
    assert ends_of(index, 0) == ("10.9.9.1", "10.9.9.2", 40000, 9060)
    assert not index.flags.any()


def test_an_agent_that_sends_for_long(tmp_path: Path) -> None:
    """More segments than are looked at before a connection is decided on."""
    ids = [f"{number}@long" for number in range(200)]
    stream = b"".join(hep_3(*chunks(payload=sip("ACK", call_id=one))) for one in ids)
    _, found = read(tmp_path / "hep.pcap", every_ms(connection(stream, range(100, len(stream), 100))))
    assert ids_of(found) == ids


def test_the_transport_over_tcp_is_what_the_agent_saw_too(tmp_path: Path) -> None:
    stream = b"".join(hep_3(*chunks(protocol=number)) for number in (6, 17, 132, 99))
    _, found = read(tmp_path / "hep.pcap", every_ms(connection(stream, [])))
    assert [one.transport for one in found] == [Transport.TCP, Transport.UDP, Transport.SCTP, Transport.UDP]


def test_an_agent_over_tcp_with_segments_out_of_order_repeated_and_lost(tmp_path: Path) -> None:
    each = [len(b"".join(COPIES[: number + 1])) for number in range(5)]
    frames = connection(STREAM, each)
    _, found = read(tmp_path / "mixed.pcap", every_ms([frames[at] for at in (0, 2, 1, 1, 3, 5, 4)]))
    assert sorted(ids_of(found)) == STREAM_IDS
    halves = connection(STREAM, [*each, each[1] + 20])
    _, found = read(tmp_path / "lost.pcap", every_ms(halves[:2] + halves[3:]))
    assert ids_of(found) == [one for one in STREAM_IDS if one != "2@agent"]


def test_an_agent_over_tcp_whose_beginning_is_not_captured(tmp_path: Path) -> None:
    stream = COPIES[0][70:] + b"".join(COPIES[1:3]) + b"junk" + COPIES[3] + hep_3(*chunks(payload=b'{"rtcp": 1}')) + packed()
    first = len(COPIES[0]) - 70
    _, found = read(tmp_path / "hep.pcap", every_ms(connection(stream, [first, first + len(COPIES[1])])))
    assert ids_of(found)[-4:] == ["1@agent", "2@agent", "3@agent", "hep"]


@pytest.mark.parametrize("carrier", ["udp", "tcp"])
def test_compressed_messages_take_no_more_memory_than_is_allowed(tmp_path: Path, carrier: str) -> None:
    """A megabyte of copies that would be 130 MB of messages: those that are too many are told."""
    large = sip("MESSAGE", body=b"a" * (LONGEST_PAYLOAD - 400))
    copy, count = packed(large), 2000
    stream = copy * count
    frames = [datagram(copy)] * count if carrier == "udp" else connection(stream, range(len(copy), len(stream), len(copy)))
    index, found = read(tmp_path / "many.pcap", every_ms(frames))
    assert ALWAYS_UNPACKED * 0.9 < sum(len(one.data) for one in found) < ALWAYS_UNPACKED * 1.2
    assert len(found) + len(index.stream_gaps) + index.more_stream_gaps == count
    assert {one.gap.why for one in index.stream_gaps} == {TOO_MUCH}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_agent_that_sends_over_tls(tmp_path: Path, version: ssl.TLSVersion) -> None:
    """With the key log each message with the ends that the agent told; without it, a word on what could not be read."""
    log = tmp_path / "keys.log"
    peers = Peers(write_certificate(tmp_path), log, None, version)
    for begin, end in pairwise((0, 30, 700, len(STREAM))):  # records that end amid a copy
        peers.send(0, STREAM[begin:end])
    peers.close()
    frames = [
        tcp(f"10.9.9.{1 + side}/{(40000, 9061)[side]}", f"10.9.9.{2 - side}/{(9061, 40000)[side]}", data, sequence)
        for side, sequence, data in peers.segments(600)
    ]
    path = write(tmp_path / "hep.pcap", pcap(every_ms(frames)))
    steps = list(reading.read([open_file(path)], CancelToken(), log.read_bytes()))
    found = [one for step in steps for one in step.candidates]
    assert ids_of(found) == STREAM_IDS
    assert [one.source.port for one in found] == [5060 + number for number in range(6)]
    assert {one.transport for one in found} == {Transport.UDP}
    *_, closed = reading.read([open_file(path)], CancelToken())
    (unread,) = closed.index.unread_connections
    assert "key log" in unread.reason


@given(cuts=st.lists(st.integers(1, len(STREAM) - 1), max_size=30, unique=True))
def test_a_stream_of_copies_cut_anywhere_is_the_same(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    _, found = read(tmp_path_factory.mktemp("hep") / "hep.pcap", every_ms(connection(STREAM, cuts)))
    assert ids_of(found) == STREAM_IDS


@given(flips=st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_stream_of_copies_loses_what_is_damaged_only(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    stream = bytearray(STREAM)
    for at, value in flips:
        stream[at] = value
    _, found = read(tmp_path_factory.mktemp("hep") / "hep.pcap", every_ms(connection(bytes(stream), [700])))
    assert len(found) <= len(COPIES) + len(flips)
    assert all(len(one.data) < len(STREAM) for one in found)


def test_a_chunk_that_is_too_short_for_its_kind_tells_nothing(tmp_path: Path) -> None:
    short = chunks()
    short[2] = chunk(3, b"\x0a\x14")
    index, _ = read(tmp_path / "hep.pcap", every_ms([datagram(hep_3(*short))]))
    assert ends_of(index, 0) == (*OUTSIDE_4, 40000, 9060)


def test_a_fixed_header_that_cannot_be(tmp_path: Path) -> None:
    good = fixed(1) + ACK
    wrong = [
        bytes([good[0], 17]) + good[2:],
        b"\3" + good[1:],
        good[:2] + b"\7" + good[3:],
        good[:3] + b"\1" + good[4:],
        good[:15],
    ]
    index, _ = read(tmp_path / "hep.pcap", every_ms([datagram(each, port) for port in (9060, 12345) for each in wrong]))
    assert {ends_of(index, row)[:2] for row in range(index.count)} == {OUTSIDE_4}


@pytest.mark.parametrize("version", [1, 2])
def test_the_old_versions_are_found_on_any_port(tmp_path: Path, version: int) -> None:
    head = fixed(version, time=bytes(12) if version == 2 else b"")
    frames = [datagram(head + ACK, port) for port in (9060, 12345)]
    index, found = read(tmp_path / "hep.pcap", every_ms(frames))
    assert ends_of(index, 0) == ends_of(index, 1) != (*OUTSIDE_4, 40000, 9060)
    assert len(found) == 2


@pytest.mark.parametrize("told", [True, False], ids=["truncated", "short"])
@pytest.mark.parametrize("name", TOLD)
def test_a_frame_cut_anywhere_claims_nothing_that_is_not_there(tmp_path: Path, name: str, *, told: bool) -> None:
    whole = datagram(TOLD[name])
    index, _ = read(tmp_path / "hep.pcap", [Packet(0, whole[:at], len(whole) if told else at) for at in range(42, len(whole))])
    for row in range(index.count):
        assert int(index.payload_start[row]) + int(index.payload_length[row]) <= 42 + row
        if ends_of(index, row)[:2] != OUTSIDE_4:
            assert ends_of(index, row) == (*(ENDS_6 if "ipv6" in name else ENDS_4), 5080, 5090)
            assert ACK.startswith(index.payload(row))


@given(flips=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=8), version=st.integers(1, 3))
def test_damaged_headers_give_rows(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], version: int
) -> None:
    payload = bytearray(TOLD[f"version {version}"])
    for at, value in flips:
        payload[at % len(payload)] = value
    index, _ = read(tmp_path_factory.mktemp("hep") / "hep.pcap", every_ms([datagram(bytes(payload))]))
    assert index.payload_start[0] + index.payload_length[0] <= index.captured[0]
    assert index.payload_start[0] >= 42
    assert (index.told_time_ns(0) or 0) >= 0
    assert isinstance(index.info(0), str)
