"""HEP as capture agents send it: built by hand from its description, since tshark does not know it."""

import struct
import zlib
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from sipview.index import Flag, PacketIndex, Protocol, reading
from sipview.index.reading import Candidate
from sipview.values import CancelToken, Transport
from tests.support.captures import Packet, every_ms, open_file, pcap, sip, write
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
    compressed = hep_3(*chunks()[:-1], chunk(16, zlib.compress(ACK)))
    frames = [datagram(content) for content in (payload, compressed, hep_3(), b"HEP3")]
    index, found = read(tmp_path / "hep.pcap", every_ms(frames))
    assert {ends_of(index, row) for row in range(4)} == {(*OUTSIDE_4, 40000, 9060)}
    assert index.payload(0) == payload
    assert found == []
    assert not index.flags.any()


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
    index, _ = read(tmp_path / "hep.pcap", every_ms([datagram(good, 12345), *map(datagram, wrong)]))
    assert {ends_of(index, row)[:2] for row in range(index.count)} == {OUTSIDE_4}


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
