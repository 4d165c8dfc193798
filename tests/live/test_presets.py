"""Presets lose nothing: frames of every shape through the compiled filter, judged by libpcap itself."""

import struct
from collections.abc import Callable, Iterator

import pytest
from scapy.layers import inet, inet6
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import ARP, GRE, CookedLinux, Dot1AD, Dot1Q, Ether, Loopback
from scapy.layers.ppp import PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from sipview.live import PRESETS, Preset
from sipview.live.library import Library, LibraryMissing, Program, linked
from sipview.live.presets import COOKED, ETHERNET, NULL, RAW, WHOLE, passes
from tests.support.ether import ETHER
from tests.support.needs import skip_or_fail

PORTS = (5060, 5070)
SIP = Raw(b"OPTIONS sip:bob@example.com SIP/2.0\r\n\r\n")
LONG_SIP = Raw(b"INVITE sip:bob@example.com SIP/2.0\r\n" + b"X: y\r\n" * 600)
VOICE = Raw(struct.pack(">BBHII", 0x80, 0, 1, 160, 7) + bytes(range(160)))
RTCP = Raw(struct.pack(">BBHI", 0x81, 200, 6, 7) + bytes(20))
DTMF = Raw(struct.pack(">BBHIIBBH", 0x80, 101, 1, 160, 7, 5, 10, 800))
V4, V6 = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="2001:db8::1", dst="2001:db8::2")


@pytest.fixture(scope="module")
def library() -> Library:
    try:
        return Library()
    except LibraryMissing as error:
        skip_or_fail(str(error))


in_fragments: Callable[[Packet, int], list[Packet]] = inet.fragment
in_fragments6: Callable[[Packet, int], list[Packet]] = inet6.fragment6


def links(packet: Packet) -> Iterator[tuple[str, bytes]]:
    """The packet untagged, behind one tag, behind two of each kind, and behind three."""
    kind = 0x0800 if packet.version == 4 else 0x86DD
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    yield "untagged", bytes(ether / packet)
    yield "VLAN", bytes(ether / Dot1Q(vlan=7, type=kind) / packet)
    yield "VLAN in VLAN", bytes(ether / Dot1Q(vlan=7) / Dot1Q(vlan=8, type=kind) / packet)
    yield "QinQ", bytes(ether / Dot1AD(vlan=7) / Dot1Q(vlan=8, type=kind) / packet)
    yield "QinQ, old type", bytes(ether / Dot1Q(vlan=7) / Dot1Q(vlan=8, type=kind) / packet).replace(b"\x81\0", b"\x91\0", 1)
    yield "three tags", bytes(ether / Dot1AD(vlan=6) / Dot1Q(vlan=7) / Dot1Q(vlan=8, type=kind) / packet)


def sip_in_every_shape() -> dict[str, Packet]:
    """Packets of a SIP message over IPv4 and IPv6: whole, in fragments, behind options and extension headers, in tunnels."""
    shapes = {
        "UDP": V4 / UDP(sport=5060, dport=40000) / SIP,
        "UDP, to the second port": V4 / UDP(sport=40000, dport=5070) / SIP,
        "TCP": V4 / TCP(sport=40000, dport=5060) / SIP,
        "TCP without payload": V4 / TCP(sport=5060, dport=40000, flags="S"),
        "SCTP": V4.copy() / Raw(struct.pack(">HHII", 5060, 5060, 1, 0) + bytes(16)),
        "IP options": IP(src="10.0.0.1", dst="10.0.0.2", options=[IPOption_Router_Alert()]) / UDP(sport=5060, dport=5060) / SIP,
        "ICMP about it": V4 / ICMP(type=3, code=3) / V4 / UDP(sport=5060, dport=5060),
        "GRE": V4 / GRE() / V4 / UDP(sport=5060, dport=5060) / SIP,
        "IP in IP": V4 / V4 / UDP(sport=5060, dport=5060) / SIP,
        "IPv6 in IPv4": V4 / V6 / UDP(sport=5060, dport=5060) / SIP,
        "VXLAN": V4 / UDP(sport=50000, dport=4789) / VXLAN(vni=1) / ETHER / V4 / UDP(sport=5060, dport=5060) / SIP,
        "IPv6 UDP": V6 / UDP(sport=5060, dport=40000) / SIP,
        "IPv6 TCP": V6 / TCP(sport=40000, dport=5070) / SIP,
        "IPv6 hop-by-hop": V6 / IPv6ExtHdrHopByHop() / UDP(sport=5060, dport=5060) / SIP,
        "IPv6 routing": V6 / IPv6ExtHdrRouting() / UDP(sport=5060, dport=5060) / SIP,
        "IPv6 destination options": V6 / IPv6ExtHdrDestOpt() / UDP(sport=5060, dport=5060) / SIP,
        "ICMPv6 about it": V6 / ICMPv6DestUnreach() / V6 / UDP(sport=5060, dport=5060),
    }
    shapes["SCTP"][IP].proto = 132
    for number, part in enumerate(in_fragments(V4 / UDP(sport=5060, dport=5060) / LONG_SIP, 1400)):
        shapes[f"IPv4 fragment {number}"] = part
    for number, part in enumerate(in_fragments6(V6 / IPv6ExtHdrFragment(id=7) / UDP(sport=5060, dport=5060) / LONG_SIP, 1400)):
        shapes[f"IPv6 fragment {number}"] = part
    assert sum("fragment" in name for name in shapes) >= 6
    return shapes


def compiled(library: Library, preset: Preset, link_type: int, ports: tuple[int, ...] = PORTS) -> Program:
    return library.link(link_type, [(one.expression, one.snap_length) for one in passes(preset, ports, link_type)])


@pytest.mark.parametrize("preset", PRESETS)
def test_signalling_passes_every_preset_whole_in_every_shape(library: Library, preset: Preset) -> None:
    program = compiled(library, preset, ETHERNET)
    lost = [
        f"{name}, {link}"
        for name, packet in sip_in_every_shape().items()
        for link, frame in links(packet)
        if program.keeps(frame) < len(frame)
    ]
    assert not lost


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("link_type", [COOKED, NULL, RAW])
def test_signalling_passes_on_links_that_are_no_ethernet(library: Library, preset: Preset, link_type: int) -> None:
    program = compiled(library, preset, link_type)
    for name, packet in sip_in_every_shape().items():
        four = packet.version == 4
        heads = {
            COOKED: CookedLinux(proto=0x0800 if four else 0x86DD),
            NULL: Loopback(type=2 if four else 10),  # the AF_ numbers of Linux, where this test runs
        }
        head = bytes(heads[link_type]) if link_type in heads else b""
        frame = head + bytes(packet)
        assert program.keeps(frame) >= len(frame), name


@pytest.mark.parametrize("preset", PRESETS)
def test_tagged_frames_pass_the_pseudo_interface_of_all_interfaces(library: Library, preset: Preset) -> None:
    program = compiled(library, preset, COOKED)
    frame = bytes(CookedLinux(proto=0x8100) / Dot1Q(vlan=8, type=0x0800) / V4 / UDP(sport=5060, dport=5060) / SIP)
    assert program.keeps(frame) >= len(frame)


@pytest.mark.parametrize("preset", PRESETS)
def test_pppoe_sessions_pass(library: Library, preset: Preset) -> None:
    frame = bytes(ETHER / PPPoE(sessionid=1) / Raw(b"\0\x21") / V4 / UDP(sport=5060, dport=5060) / SIP)
    assert compiled(library, preset, ETHERNET).keeps(frame) >= len(frame)


@pytest.mark.parametrize("payload", [VOICE, RTCP, DTMF])
def test_media_passes_but_where_only_sip_is_wanted(library: Library, payload: Raw) -> None:
    for network in (V4, V6):
        for link, frame in links(network / UDP(sport=16384, dport=16386) / payload):
            assert compiled(library, "sip-rtp", ETHERNET).keeps(frame) >= len(frame)
            assert bool(compiled(library, "sip", ETHERNET).keeps(frame)) == (link == "three tags")


def test_what_has_nothing_to_do_with_telephony_stays_out(library: Library) -> None:
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    others = [
        ether / V4 / TCP(sport=443, dport=40000) / Raw(b"x" * 100),
        ether / ARP(),
        ether / V6 / TCP(sport=22, dport=40000),
    ]
    for preset in ("sip", "sip-rtp", "sip-rtp-headers"):
        program = compiled(library, preset, ETHERNET)
        assert [program.keeps(bytes(frame)) for frame in others] == [0, 0, 0]
    assert all(compiled(library, "everything", ETHERNET).keeps(bytes(frame)) for frame in others)


def test_of_voice_just_the_header_is_kept(library: Library) -> None:
    program = compiled(library, "sip-rtp-headers", ETHERNET)
    for network, header in ((V4, 20), (V6, 40)):
        kept = {link: program.keeps(frame) for link, frame in links(network / UDP(sport=16384, dport=16386) / VOICE)}
        ends = 14 + header + 8 + 12
        assert kept.pop("three tags") == WHOLE
        assert kept == {
            "untagged": ends, "VLAN": ends + 4, "VLAN in VLAN": ends + 8, "QinQ": ends + 8, "QinQ, old type": ends + 8
        }  # fmt: skip


def test_where_only_headers_of_voice_are_kept_the_rest_of_media_is_whole(library: Library) -> None:
    program = compiled(library, "sip-rtp-headers", ETHERNET)
    stun = Raw(struct.pack(">HHI", 1, 80, 0x2112A442) + bytes(92))
    sip_elsewhere = Raw(b"NOTIFY sip:bob@example.com SIP/2.0\r\n" + b"X: y\r\n" * 50)
    for payload in (RTCP, DTMF, stun, sip_elsewhere):
        for _, frame in links(V4 / UDP(sport=16384, dport=16386) / payload):
            assert program.keeps(frame) >= len(frame)


def test_dns_is_not_taken_for_voice(library: Library) -> None:
    frame = bytes(ETHER / V4 / UDP(sport=53, dport=40000) / Raw(b"\x80\x01" + bytes(100)))
    assert compiled(library, "sip-rtp-headers", ETHERNET).keeps(frame) >= len(frame)


def test_programs_are_linked_so_that_the_first_that_takes_a_packet_decides(library: Library) -> None:
    program = library.link(ETHERNET, [("udp port 5060", 1000), ("udp", 60), ("tcp", 70)])
    frames = [bytes(ETHER / V4 / layer) for layer in (UDP(dport=5060), UDP(dport=9), TCP(dport=9, sport=9), ICMP())]
    assert [program.keeps(frame) for frame in frames] == [1000, 60, 70, 0]


def test_linking_one_program_changes_nothing(library: Library) -> None:
    program = library.compile_for(ETHERNET, "udp port 5060")
    assert linked([program.instructions()]) == program.instructions()


def test_without_ports_the_usual_ones_are_meant(library: Library) -> None:
    frame = bytes(ETHER / V4 / UDP(sport=5061, dport=40000) / SIP)
    assert compiled(library, "sip", ETHERNET, ()).keeps(frame)
