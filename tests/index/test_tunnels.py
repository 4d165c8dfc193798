"""SIP and RTP in tunnels and behind the rarer links: held against what was put in, and against tshark."""

import struct
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, LLC, STP
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.index import Flag, PacketIndex, Protocol, reading
from sipview.index.reading import Candidate
from sipview.values import CancelToken
from tests.support.captures import every_ms, interface, open_file, packet, pcap, section, sip, write
from tests.support.needs import CHECKOUT, require_public_captures
from tests.support.tshark import fields
from tests.support.tunnels import (
    INNER_LINK,
    LINK,
    LINKS,
    NETWORK,
    OUTSIDE_4,
    OUTSIDE_6,
    V4,
    Wrapping,
    esp_payload,
    fragments,
    framed,
    in_udp,
)

ALL = NETWORK | LINKS
INVITE = (CHECKOUT / "tests" / "data" / "messages" / "invite_first.sip").read_bytes()
RTP = struct.pack(">BBHII", 0x80, 8, 77, 160, 0xCAFE) + bytes(range(160))
NETWORKS = {
    "v4": IP(src="192.0.2.10", dst="198.51.100.20"),
    "v6": IPv6(src="2001:db8::10", dst="2001:db8:1::20"),
}
_SIP, _RTP = UDP(sport=5060, dport=5070) / Raw(INVITE), UDP(sport=40000, dport=40002) / Raw(RTP)
_TSHARK = ("-d", "udp.port==40000,rtp", "-o", "esp.enable_null_encryption_decode_heuristic:TRUE")

Row = tuple[str, str, int, int, bytes]


def read(path: Path) -> tuple[PacketIndex, list[Candidate]]:
    found: list[Candidate] = []
    for step in reading.read([open_file(path)], CancelToken()):
        index = step.index
        found += step.candidates
    return index, found


def capture(path: Path, frames: Iterable[bytes], link_type: int = 1) -> Path:
    return write(path, pcap(every_ms(frames), link_type=link_type))


def messages(index: PacketIndex, found: Iterable[Candidate]) -> list[bytes]:
    """The bytes of the candidates; those in one packet stand there."""
    return [one.data or index.payload(one.row) for one in found]


def row(index: PacketIndex, number: int) -> Row:
    both = index.endpoints(number)
    assert both is not None
    return (both[0].address, both[1].address, both[0].port, both[1].port, index.payload(number))


def ends(index: PacketIndex) -> set[tuple[str, str]]:
    """The addresses of all packets."""
    return {(index.addresses[of], index.addresses[to]) for of, to in zip(index.source, index.destination, strict=True)}


def write_all(path: Path, frames: Iterable[tuple[int, bytes, int]]) -> Path:
    """A pcapng with frames of many link types; the last number is the length on the wire."""
    frames = list(frames)
    links = sorted({link_type for link_type, *_ in frames})
    parts = [section("<"), *(interface("<", link_type) for link_type in links)]
    parts += [packet("<", links.index(link_type), 0, frame, length) for link_type, frame, length in frames]
    return write(path, *parts)


def names(index: PacketIndex) -> list[str]:
    return [Protocol(number).name for number in index.protocol.tolist()]


def inside(network: Layers) -> list[Row]:
    """The truth about the two packets that the tests wrap."""
    return [(network.src, network.dst, 5060, 5070, INVITE), (network.src, network.dst, 40000, 40002, RTP)]


@pytest.mark.parametrize("version", NETWORKS)
@pytest.mark.parametrize("name", ALL)
def test_what_is_inside_is_found(tmp_path: Path, name: str, version: str) -> None:
    wrapping, network = ALL[name], NETWORKS[version]
    frames = [framed(wrapping, network / _SIP), framed(wrapping, network / _RTP)]
    index, found = read(capture(tmp_path / "two.pcap", frames, wrapping.link_type))
    assert [row(index, 0), row(index, 1)] == inside(network)
    assert names(index) == ["SIP", "RTP"]
    assert not (index.flags & ~(Flag.VLAN | Flag.TUNNEL)).any()
    assert [(one.row, one.frame_offset) for one in found] == [(0, frames[0].index(INVITE))]
    assert messages(index, found) == [INVITE]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, ...]]]:
    """What tshark says, in one run, about four packets in each wrapping that it reads: SIP and RTP, of both versions of IP."""
    known = [name for name, wrapping in ALL.items() if wrapping.tshark]
    frames = [
        (ALL[name].link_type, framed(ALL[name], network / content), 0)
        for name in known
        for network in NETWORKS.values()
        for content in (_SIP, _RTP)
    ]
    columns = (
        "ip.src",
        "ip.dst",
        "ipv6.src",
        "ipv6.dst",
        "udp.srcport",
        "udp.dstport",
        "udp.payload",
        "sip.Method",
        "rtp.ssrc",
    )
    path = write_all(tmp_path_factory.mktemp("tshark") / "all.pcapng", frames)
    found = fields(path, *columns, options=_TSHARK, occurrence="l")
    assert len(found) == len(frames)
    return {name: found[4 * at : 4 * at + 4] for at, name in enumerate(known)}


@pytest.mark.parametrize("name", [name for name, wrapping in ALL.items() if wrapping.tshark])
def test_tshark_finds_the_same(theirs: dict[str, list[tuple[str, ...]]], name: str) -> None:
    """tshark finds what was put in, so it is what such a packet holds, and not only what we think."""
    of_theirs = []
    for number, (source4, destination4, source6, destination6, sport, dport, payload, method, ssrc) in enumerate(theirs[name]):
        addresses = (source4, destination4) if number < 2 else (source6, destination6)
        of_theirs.append((*addresses, int(sport), int(dport), bytes.fromhex(payload)))
        assert (method, ssrc) == (("INVITE", "") if number % 2 == 0 else ("", "0x0000cafe"))
    assert of_theirs == [*inside(NETWORKS["v4"]), *inside(NETWORKS["v6"])]


@given(chain=st.lists(st.sampled_from(sorted(NETWORK)), max_size=6), link=st.sampled_from(["", *LINKS]), six=st.booleans())
def test_tunnels_in_tunnels(tmp_path_factory: pytest.TempPathFactory, chain: list[str], link: str, *, six: bool) -> None:
    network = NETWORKS["v6" if six else "v4"]
    whole = [network / _SIP, network / _RTP]
    for name in chain:
        whole = [NETWORK[name].wrap(one) for one in whole]
    wrapping = LINKS[link] if link else Wrapping(lambda inner: LINK / inner)
    path = tmp_path_factory.mktemp("nested") / "nested.pcap"
    index, _ = read(capture(path, [framed(wrapping, one) for one in whole], wrapping.link_type))
    assert [row(index, 0), row(index, 1)] == inside(network)


def test_deeper_than_anybody_nests_ends(tmp_path: Path) -> None:
    whole = NETWORKS["v4"] / _SIP
    for _ in range(100):
        whole = IP(bytes(V4 / whole))
    labels = bytes(LINK)[:12] + b"\x88\x47" + bytes.fromhex("00011040") * 500
    index, found = read(capture(tmp_path / "deep.pcap", [bytes(LINK / whole), labels]))
    assert found == []
    assert [end.address for end in index.endpoints(0) or ()] == list(OUTSIDE_4)


def _everything() -> list[tuple[int, bytes]]:
    found = []
    for name, wrapping in ALL.items():
        content = NETWORKS["v6" if len(name) % 2 else "v4"] / UDP(sport=5060, dport=5070) / Raw(sip())
        found.append((wrapping.link_type, framed(wrapping, content)))
    return found


EVERYTHING = _everything()


@pytest.mark.parametrize("told", [True, False], ids=["truncated", "short"])
def test_a_frame_cut_anywhere_claims_nothing_that_is_not_there(tmp_path: Path, *, told: bool) -> None:
    frames = [
        (link_type, frame[:size], len(frame) if told else size) for link_type, frame in EVERYTHING for size in range(len(frame))
    ]
    index, _ = read(write_all(tmp_path / "cut.pcapng", frames))
    outside = {OUTSIDE_4, OUTSIDE_6, ("2001:0:1:2::1", "2001:0:1:2::2")}
    inner = {(network.src, network.dst) for network in NETWORKS.values()}
    assert index.count == len(frames)
    for number, (_, frame, _) in enumerate(frames):
        start, length = int(index.payload_start[number]), int(index.payload_length[number])
        assert start + length <= len(frame)
        both = index.endpoints(number)
        if both is None:
            continue
        addresses = (both[0].address, both[1].address)
        assert addresses in outside | inner
        if addresses in inner:
            assert (both[0].port, both[1].port) in {(0, 0), (5060, 5070)}
            if both[0].port:
                assert sip().startswith(index.payload(number))


@given(flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 255)), max_size=60))
def test_damaged_headers_give_rows(tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int, int]]) -> None:
    frames = [(link_type, bytearray(frame)) for link_type, frame in EVERYTHING]
    for which, at, value in flips:
        frame = frames[which % len(frames)][1]
        frame[at % min(len(frame), 200)] = value
    path = tmp_path_factory.mktemp("flips") / "flips.pcapng"
    index, _ = read(write_all(path, ((link_type, bytes(frame), len(frame)) for link_type, frame in frames)))
    assert index.count == len(frames)
    assert (index.payload_start + index.payload_length <= index.captured).all()
    assert (index.transport_start <= index.captured).all()


@given(
    data=st.binary(max_size=120),
    port=st.sampled_from([1701, 2152, 3544, 4500, 4754, 4789, 4790, 6081, 6635, 8472, 9899, 37008]),
    first=st.sampled_from([b"", b"\x08\0\0\0", b"\x30\xff", b"\0\0\x65\x58", b"\0\2", b"\1\0\0\1\1"]),
)  # fmt: skip
def test_any_bytes_on_the_ports_of_tunnels_are_a_datagram(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, port: int, first: bytes
) -> None:
    content = first + data
    frame = bytes(LINK / V4 / UDP(sport=50000, dport=port) / Raw(content))
    index, _ = read(capture(tmp_path_factory.mktemp("any") / "any.pcap", [frame]))
    assert row(index, 0) == (*OUTSIDE_4, 50000, port, content)


TUNNEL_PORTS = (1701, 2152, 3544, 4500, 4754, 4789, 4790, 6081, 6635, 8472, 9060, 9061, 9899, 37008)
DNS = bytes.fromhex("1234010000010000000000000673657276657207657861 6d706c6503636f6d0000010001".replace(" ", ""))


@pytest.mark.parametrize("port", TUNNEL_PORTS)
def test_other_traffic_on_the_ports_of_tunnels_stays_what_it_is(tmp_path: Path, port: int) -> None:
    contents = {"SIP": sip(), "RTP": RTP, "DNS": DNS, "UDP": b"\0"}
    frames = [
        bytes(LINK / V4 / UDP(sport=53 if name == "DNS" else 50000, dport=port) / Raw(data)) for name, data in contents.items()
    ]
    frames += [bytes(LINK / V4 / UDP(sport=port, dport=50000) / Raw(sip()))]
    index, _ = read(capture(tmp_path / "others.pcap", frames))
    assert names(index) == [*contents, "SIP"]
    assert [index.payload(number) for number in range(5)] == [*contents.values(), sip()]
    assert not index.flags.any()


def test_what_is_no_ip_in_a_tunnel(tmp_path: Path) -> None:
    vxlan = struct.pack(">II", 0x08000000, 0x700)
    bridge = bytes(INNER_LINK)[:12] + struct.pack(">H", 38) + bytes(LLC() / STP())
    frames = [
        bytes(LINK / V4 / UDP(sport=50000, dport=4789) / Raw(vxlan + bytes(INNER_LINK / ARP()))),
        bytes(LINK / V4 / UDP(sport=50000, dport=4789) / Raw(vxlan + bridge)),
    ]
    index, _ = read(capture(tmp_path / "others.pcap", frames))
    assert names(index) == ["ARP", "UDP"]
    assert index.endpoints(0) is None
    assert row(index, 1) == (*OUTSIDE_4, 50000, 4789, vxlan + bridge)


@pytest.mark.parametrize("name", NETWORK)
def test_fragments_in_a_tunnel_and_fragments_of_a_tunnel(tmp_path: Path, name: str) -> None:
    """Both are flagged as what they are, and both give the message that they carry."""
    inner = IP(src="192.0.2.10", dst="198.51.100.20", id=7) / _SIP
    parts = [framed(NETWORK[name], IP(bytes(part))) for part in fragments(inner, 200)]
    index, found = read(capture(tmp_path / "in.pcap", parts))
    assert [Flag(flags & ~(Flag.VLAN | Flag.TUNNEL)) for flags in index.flags.tolist()] == [
        Flag.FRAGMENT_FIRST,
        *[Flag.FRAGMENT_LATER] * (len(parts) - 1),
    ]
    assert ends(index) == {(inner.src, inner.dst)}
    assert [(one.source.address, one.data) for one in found] == [(inner.src, INVITE)]

    whole = NETWORK[name].wrap(inner)
    if not isinstance(whole, IP):
        return
    parts = [bytes(LINK / part) for part in fragments(IP(bytes(whole)), 200)]
    index, found = read(capture(tmp_path / "of.pcap", parts))
    assert Flag(int(index.flags[0])) == Flag.FRAGMENT_FIRST
    assert ends(index) == {OUTSIDE_4}
    assert [(one.source.address, one.rows, one.data) for one in found] == [(inner.src, tuple(range(len(parts))), INVITE)]


@pytest.mark.parametrize("check", [0, 12, 16, 24, 32])
@pytest.mark.parametrize("content", ["udp", "tcp"])
def test_esp_without_encryption(tmp_path: Path, content: str, check: int) -> None:
    network, number, frames, expected = NETWORKS["v4"], 17 if content == "udp" else 6, [], []
    for size in range(4):  # as many ways to pad
        sport, message = 5060 + size, sip(body=bytes(size))
        made = UDP(sport=sport, dport=5070) if content == "udp" else TCP(sport=sport, dport=5070, flags="PA", seq=5, ack=6)
        datagram = bytes(IP(bytes(network / made / Raw(message))).payload)
        frames.append(bytes(LINK / esp_payload(network, datagram, number, check)))
        expected.append((network.src, network.dst, sport, 5070, message))
    index, found = read(capture(tmp_path / "esp.pcap", frames))
    assert [row(index, size) for size in range(4)] == expected
    assert messages(index, found) == [message for *_, message in expected]


@given(contents=st.lists(st.binary(min_size=8, max_size=160), min_size=40, max_size=40))
def test_encrypted_esp_stays_closed(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    frames = [bytes(LINK / IP(src=V4.src, dst=V4.dst, proto=50) / Raw(b"\0\0\1\1" + content)) for content in contents]
    index, _ = read(capture(tmp_path_factory.mktemp("esp") / "esp.pcap", frames))
    assert set(names(index)) == {"IPV4"}
    assert not index.flags.any()


def test_gtp_that_is_no_packet_of_a_terminal(tmp_path: Path) -> None:
    echo = struct.pack(">BBHI", 0x32, 1, 4, 0) + bytes(4)
    frame = bytes(LINK / V4 / UDP(sport=2152, dport=2152) / Raw(echo))
    index, _ = read(capture(tmp_path / "echo.pcap", [frame]))
    assert row(index, 0) == (*OUTSIDE_4, 2152, 2152, echo)


def test_encrypted_and_fragmented_802_11_stays_closed(tmp_path: Path) -> None:
    good = framed(LINKS["802.11"], NETWORKS["v4"] / _SIP)
    encrypted, more, later, empty, beacon = (bytearray(good) for _ in range(5))
    encrypted[1] |= 0x40
    more[1] |= 0x04
    later[22] |= 1
    empty[0] |= 0x40
    beacon[0] = 0x80
    index, found = read(capture(tmp_path / "air.pcap", map(bytes, (good, encrypted, more, later, empty, beacon)), 105))
    assert names(index) == ["SIP", *["OTHER"] * 5]
    assert len(found) == 1


def test_a_vxlan_header_on_another_port_has_to_be_exact(tmp_path: Path) -> None:
    inner = bytes(INNER_LINK / NETWORKS["v4"] / _SIP)
    headers = [b"\x08\0\0\0\0\0\7\0", b"\x08\0\0\1\0\0\7\0", b"\x0c\0\0\0\0\0\7\0", b"\x08\0\0\0\0\0\7\1"]
    frames = [bytes(LINK / in_udp(12345, header, framed=False)(Raw(inner))) for header in headers]
    index, _ = read(capture(tmp_path / "vxlan.pcap", frames))
    assert names(index) == ["SIP", "UDP", "UDP", "UDP"]


@pytest.mark.public_captures
@pytest.mark.parametrize(
    ("name", "messages"),
    [("heplify-erspan_sip_ipv4_udp.pcapng", 140), ("hepws-hep.pcap", 6)],
)  # fmt: skip
def test_real_captures(name: str, messages: int, tmp_path: Path) -> None:
    found: list[Candidate] = []
    for step in reading.read([open_file(require_public_captures() / name, tmp_path)], CancelToken()):
        found += step.candidates
    assert len(found) == messages
