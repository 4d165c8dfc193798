"""Every link, network and transport layer, built by scapy and held against tshark."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import ARP, LLC, SNAP, Dot1AD, Dot1Q, Dot3, Ether
from scapy.layers.sctp import SCTP, SCTPChunkData, SCTPChunkSACK
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.index import Flag, PacketIndex, Protocol, peeling, reading
from sipview.values import CancelToken
from tests.support.captures import every_ms, interface, open_file, packet, pcap, section, sip, udp, write
from tests.support.tshark import fields

HELLO = b"hello, this is no protocol at all"
LINK = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = IP(src="192.0.2.1", dst="198.51.100.7")
V6 = IPv6(src="2001:db8::1", dst="2001:db8:0:1::ffff")
PORTS = UDP(sport=40000, dport=40002) / Raw(HELLO)
STREAM = TCP(sport=40001, dport=40003, seq=7, ack=9, flags="PA") / Raw(HELLO)


def indexed(path: Path) -> PacketIndex:
    for step in reading.read([open_file(path)], CancelToken()):
        index = step.index
    return index


def rows(path: Path) -> list[tuple[str, str, int, int, bytes]]:
    index = indexed(path)
    found = []
    for row in range(index.count):
        ends = index.endpoints(row)
        assert ends is not None
        found.append((ends[0].address, ends[1].address, ends[0].port, ends[1].port, index.payload(row)))
    return found


def of_tshark(path: Path) -> list[tuple[str, str, int, int, bytes]]:
    names = ("ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "udp.srcport", "tcp.srcport", "udp.dstport", "tcp.dstport")
    found = []
    for *texts, payload, segment in fields(path, *names, "udp.payload", "tcp.payload"):
        source, destination, sport, dport = (texts[at] or texts[at + 1] for at in (0, 2, 4, 6))
        found.append((source, destination, int(sport or 0), int(dport or 0), bytes.fromhex(payload or segment)))
    return found


ETHERNET = {
    "plain": LINK / V4 / PORTS,
    "tcp": LINK / V4 / STREAM,
    "tcp options": LINK / V4 / TCP(sport=1, dport=2, options=[("MSS", 1460), ("WScale", 7)], flags="S"),
    "ip options": LINK / IP(src="192.0.2.1", dst="198.51.100.7", options=[IPOption_Router_Alert()]) / PORTS,
    "padded": LINK / V4 / UDP(sport=1, dport=2) / Raw(b"x") / Raw(bytes(17)),
    "one tag": LINK / Dot1Q(vlan=7) / V4 / PORTS,
    "two tags": LINK / Dot1AD(vlan=7) / Dot1Q(vlan=8) / V4 / PORTS,
    "four tags": LINK / Dot1Q(vlan=7) / Dot1Q(vlan=8) / Dot1Q(vlan=9) / Dot1Q(vlan=10) / V6 / STREAM,
    "snap": Dot3(src=LINK.src, dst=LINK.dst) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(code=0x800) / V4 / PORTS,
    "ipv6": LINK / V6 / PORTS,
    "ipv6 tcp": LINK / V6 / STREAM,
    "hop by hop": LINK / V6 / IPv6ExtHdrHopByHop() / PORTS,
    "three extensions": LINK / V6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting(addresses=[]) / IPv6ExtHdrDestOpt() / STREAM,
    "atomic fragment": LINK / V6 / IPv6ExtHdrFragment(id=5, offset=0, m=0) / PORTS,
    "authentication": LINK / V4 / AH(nh=17, payloadlen=4, icv=bytes(12)) / PORTS,
    "authentication v6": LINK / V6 / AH(nh=6, payloadlen=4, icv=bytes(12)) / STREAM,
    "mapped": LINK / IPv6(src="::ffff:192.0.2.9", dst="::1") / PORTS,
}  # fmt: skip


@pytest.mark.parametrize("name", ETHERNET)
def test_ends_and_payload_behind_ethernet(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "one.pcap", pcap(every_ms([bytes(ETHERNET[name])])))
    assert rows(path) == of_tshark(path)


def test_all_of_them_in_one_capture(tmp_path: Path) -> None:
    frames = [bytes(frame) for frame in ETHERNET.values()] * 3
    path = write(tmp_path / "all.pcap", pcap(every_ms(frames)))
    assert rows(path) == of_tshark(path)
    tags = (indexed(path).flags[: len(ETHERNET)] & Flag.VLAN) != 0
    assert [name for name, tagged in zip(ETHERNET, tags, strict=True) if tagged] == ["one tag", "two tags", "four tags"]


@pytest.mark.parametrize("kind", [0x9100, 0x9200, 0x9300])
def test_tags_of_old_makes(tmp_path: Path, kind: int) -> None:
    """tshark knows only the first; the frame is built so that the truth is known."""
    frame = bytes(LINK)[:12] + struct.pack(">HHHH", kind, 5, 0x8100, 6) + b"\x08\0" + bytes(V4 / PORTS)
    path = write(tmp_path / "old.pcap", pcap(every_ms([frame])))
    assert rows(path) == [("192.0.2.1", "198.51.100.7", 40000, 40002, HELLO)]


LINKS = {
    "sll": (113, struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800), V4),
    "sll tagged": (113, struct.pack(">HHH8sHHH", 0, 1, 6, bytes(8), 0x8100, 3, 0x86DD), V6),
    "sll2": (276, struct.pack(">HHIHBB8s", 0x86DD, 0, 3, 1, 0, 6, bytes(8)), V6),
    "null little": (0, struct.pack("<I", 2), V4),
    "null big": (0, struct.pack(">I", 2), V4),
    "null v6 of FreeBSD": (0, struct.pack("<I", 28), V6),
    "null v6 of macOS": (0, struct.pack(">I", 30), V6),
    "loop": (108, struct.pack(">I", 24), V6),
    "raw v4": (101, b"", V4),
    "raw v6": (101, b"", V6),
    "ipv4": (228, b"", V4),
    "ipv6": (229, b"", V6),
}


@pytest.mark.parametrize("name", LINKS)
def test_ends_and_payload_behind_other_links(tmp_path: Path, name: str) -> None:
    link_type, header, network = LINKS[name]
    path = write(tmp_path / "one.pcap", pcap(every_ms([header + bytes(network / PORTS)]), link_type=link_type))
    assert rows(path) == of_tshark(path)


def test_several_link_types_in_one_file(tmp_path: Path) -> None:
    parts = [section("<"), *(interface("<", link_type) for link_type, *_ in LINKS.values())]
    parts += [packet("<", at, at, header + bytes(network / PORTS)) for at, (_, header, network) in enumerate(LINKS.values())]
    path = write(tmp_path / "all.pcapng", *parts)
    assert rows(path) == of_tshark(path)


def protocols(tmp_path: Path, *frames: Layers | bytes) -> list[str]:
    index = indexed(write(tmp_path / "some.pcap", pcap(every_ms([bytes(frame) for frame in frames]))))
    return [Protocol(number).name for number in index.protocol.tolist()]


def test_what_has_no_transport_is_named_all_the_same(tmp_path: Path) -> None:
    frames = (
        LINK / ARP(), LINK / V4 / ICMP(), LINK / V6 / ICMPv6EchoRequest(), Ether(type=0x88CC) / Raw(HELLO),
        IP(src="1.2.3.4", dst="1.2.3.5", proto=89) / Raw(HELLO),
    )  # fmt: skip
    assert protocols(tmp_path, *frames[:4], LINK / frames[4]) == ["ARP", "ICMP", "ICMPV6", "OTHER", "IPV4"]


def test_icmp_quotes_a_message_and_is_none(tmp_path: Path) -> None:
    quoted = V4 / UDP(sport=5060, dport=5060) / Raw(sip())
    assert protocols(tmp_path, LINK / V4 / ICMP(type=3, code=3) / quoted) == ["ICMP"]


@pytest.mark.parametrize("network", [V4, V6], ids=["v4", "v6"])
def test_fragments(tmp_path: Path, network: Layers) -> None:
    datagram, size = bytes(UDP(sport=40000, dport=40002, len=3008) / Raw(bytes(3000))), 1400
    frames = []
    for at in range(0, len(datagram), size):
        more = at + size < len(datagram)
        header: Layers
        if network is V4:
            header = IP(src=V4.src, dst=V4.dst, proto=17, id=5, frag=at // 8, flags="MF" if more else 0)
        else:
            header = IPv6(src=V6.src, dst=V6.dst, nh=44) / IPv6ExtHdrFragment(nh=17, id=5, offset=at // 8, m=more)
        frames.append(LINK / header / Raw(datagram[at : at + size]))
    index = indexed(write(tmp_path / "parts.pcap", pcap(every_ms([bytes(frame) for frame in frames]))))
    first, *later = (Flag(flags) for flags in index.flags.tolist())
    assert first == Flag.FRAGMENT_FIRST
    assert set(later) == {Flag.FRAGMENT_LATER}
    assert index.source_port.tolist() == [40000, 0, 0]
    assert [Protocol(number).name for number in index.protocol.tolist()] == ["UDP", "FRAGMENT", "FRAGMENT"]
    assert sum(index.payload_length.tolist()) == 3000


def test_sctp_carries_the_first_whole_user_message(tmp_path: Path) -> None:
    frame = LINK / V4 / SCTP(sport=5060, dport=5062) / SCTPChunkSACK() / SCTPChunkData(data=sip(), beginning=1, ending=1)
    part = LINK / V4 / SCTP(sport=5060, dport=5062) / SCTPChunkData(data=sip(), beginning=1, ending=0)
    path = write(tmp_path / "sctp.pcap", pcap(every_ms([bytes(frame), bytes(part)])))
    index = indexed(path)
    assert index.payload(0) == sip()
    assert index.protocol.tolist() == [Protocol.SIP, Protocol.SCTP]
    assert index.endpoints(0) is not None


def test_impossible_headers_are_flagged(tmp_path: Path) -> None:
    good = bytearray(bytes(LINK / V4 / STREAM))
    short_ip, short_tcp, long_tcp, version = (bytearray(good) for _ in range(4))
    short_ip[14] = 0x44
    short_tcp[14 + 20 + 12] = 0x40
    long_tcp[14 + 20 + 12] = 0xF0
    long_tcp[16:18] = (20 + 40).to_bytes(2)
    version[14] = 0x65
    index = indexed(
        write(tmp_path / "odd.pcap", pcap(every_ms([bytes(one) for one in (good, short_ip, short_tcp, long_tcp, version)])))
    )
    assert index.flags.tolist() == [0, Flag.CUT, Flag.CUT, Flag.CUT, Flag.CUT]
    assert index.endpoints(1) is None
    assert index.payload_length.tolist()[2:4] == [0, 0]


@pytest.mark.parametrize("name", ETHERNET)
def test_a_frame_cut_anywhere_never_claims_bytes_that_are_not_there(tmp_path: Path, name: str) -> None:
    whole = bytes(ETHERNET[name])
    packets = every_ms([whole[:size] for size in range(len(whole))])
    index = indexed(write(tmp_path / "cut.pcap", pcap(packets)))
    for row in range(index.count):
        start, length = int(index.payload_start[row]), int(index.payload_length[row])
        assert start + length <= row
        assert index.payload(row) == whole[start : start + length]


@given(data=st.binary(max_size=120), link_type=st.sampled_from([0, 1, 9, 12, 101, 105, 108, 113, 228, 229, 276]))
def test_any_bytes_give_a_row(tmp_path_factory: pytest.TempPathFactory, data: bytes, link_type: int) -> None:
    path = write(tmp_path_factory.mktemp("any") / "any.pcap", pcap(every_ms([data, data[::-1]]), link_type=link_type))
    index = indexed(path)
    assert index.count == 2
    assert (index.payload_start + index.payload_length <= index.captured).all()


@given(flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=12))
def test_the_short_way_for_plain_datagrams_gives_what_the_steps_give(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    frames = [bytearray(udp("192.0.2.1/5060", "198.51.100.7/40002", HELLO[: 4 * number])) for number in range(8)]
    for at, value in flips:
        frame = frames[at % 8]
        frame[at // 8 % min(len(frame), 50)] = value
    path = write(tmp_path_factory.mktemp("plain") / "plain.pcap", pcap(every_ms([bytes(frame) for frame in frames])))
    short = indexed(path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(peeling, "plain_datagrams", lambda peel: None)
        long = indexed(path)
    for row in range(short.count):
        assert short.endpoints(row) == long.endpoints(row)
    for name in ("protocol", "flags", "transport", "transport_start", "payload_start", "payload_length"):
        assert getattr(short, name).tolist() == getattr(long, name).tolist(), name
