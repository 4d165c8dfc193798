"""Whether RTP passes a capture filter: told of the compiled program, and held against libpcap's own judgement of frames."""

import random

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q
from scapy.packet import Raw

from sipview.live.library import Instruction, Library, LibraryError, LibraryMissing
from sipview.live.presets import ETHERNET, passes
from sipview.live.sound_passing import sound_passes
from tests.support.ether import ETHER
from tests.support.needs import skip_or_fail

HOSTS = " or ".join(f"host 10.0.0.{number}" for number in range(100))
VOICE = Raw(b"\x80\x00" + bytes(170))


@pytest.fixture(scope="module")
def library() -> Library:
    try:
        return Library()
    except LibraryMissing as error:
        skip_or_fail(str(error))


def told(library: Library, expression: str) -> bool:
    program = library.compile_for(ETHERNET, expression)
    try:
        return sound_passes(program.instructions())
    finally:
        program.close()


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "udp",
        "ip6 and udp",
        "host 192.0.2.1",
        "host 255.1.2.3 and udp",
        "net 10.0.0.0/8 and not port 22",
        "udp and not port 5060",
        "udp portrange 10000-20000",
        "portrange 5060-6000",
        "udp src portrange 16384-32767 and dst host 10.1.1.1",
        "udp port 40000",
        "udp[8] & 0xc0 = 0x80",
        "udp[4:2] > 100 and ip[8] < 5",
        "ip[1] & 0xfc == 0xb8",
        "less 250",
        "udp[600] = 7",
        "vlan 100 and udp",
        "vlan 5 and vlan 7 and udp",
        "pppoes and udp",
        "mpls and udp",
        "ether host 00:11:22:33:44:55 and udp",
        "udp port 4789",
        "ip proto 47 or port 5060",
        f"({HOSTS}) and udp",
        f"port 5060 or (({HOSTS}) and portrange 20000-30000)",
    ],
)
def test_filters_that_take_sound(library: Library, expression: str) -> None:
    assert told(library, expression)


@pytest.mark.parametrize(
    "expression",
    [
        "udp port 5060",
        "port 5060 or port 5061",
        "portrange 5060-5090",
        "port 53 or port 5060",
        "ip6 and udp port 5060",
        "host 192.0.2.1 and udp port 5060",
        "udp src port 5060",
        "tcp",
        "tcp or icmp",
        "vlan and port 5060",
        "vlan 7 and vlan 8 and udp port 5061",
        "udp[9] >= 192 and udp[9] <= 223 and udp[8] & 0xc0 = 0x80",
        "udp[8:4] = 0x494e5649 or udp[8:4] = 0x5349502f",
        "port 5060 or (ip[6:2] & 0x3fff != 0)",
        "sctp port 5060",
        "arp",
        f"({HOSTS}) and port 5060",
        "(udp or tcp) and port 5060 and not host 10.0.0.1 or tcp port 443",
    ],
)
def test_filters_that_are_deaf(library: Library, expression: str) -> None:
    assert not told(library, expression)


def test_presets_of_media_take_sound(library: Library) -> None:
    assert told(library, passes("sip-rtp", (5060,), ETHERNET)[0].expression)


def test_no_filter_that_takes_a_frame_of_sound_is_called_deaf(library: Library) -> None:
    """Filters made at random: whatever lets one of these frames pass, by libpcap's own judgement, must be found to."""
    networks = ((IP(src="10.0.0.1", dst="192.0.2.2"), 0x0800), (IPv6(src="2001:db8::1", dst="2001:db8::2"), 0x86DD))
    frames = [
        bytes(link / network / UDP(sport=source, dport=destination) / VOICE)
        for network, ethertype in networks
        for link in (ETHER, ETHER / Dot1Q(vlan=7, type=ethertype))
        for source, destination in ((10_000, 20_002), (16_384, 16_384), (40_000, 7078))
    ]  # fmt: skip
    terms = [
        "udp", "tcp", "port 5060", "portrange 10000-20000", "dst portrange 7000-8000", "src port 16384", "host 10.0.0.1",
        "net 192.0.2.0/24", "dst host 2001:db8::2", "ip6", "ip", "udp[8] & 0xc0 = 0x80", "udp[4:2] > 100", "less 220",
        "greater 230", "ip[8] = 64", "udp[10:2] = 0", "ip[2:2] >= 200", "ether[12:2] = 0x0800", "ip proto 17",
    ]  # fmt: skip
    chance = random.Random(5)
    taken = 0
    for _ in range(400):
        expression = chance.choice(terms)
        for _ in range(chance.randrange(4)):
            expression = f"({expression}) {chance.choice(('and', 'or', 'and not'))} {chance.choice(terms)}"
        if chance.random() < 0.2:
            expression = f"vlan and ({expression})"
        try:
            program = library.compile_for(ETHERNET, expression)
        except LibraryError:  # libpcap finds out by itself that some can take nothing
            continue
        if any(program.keeps(frame) for frame in frames):
            taken += 1
            assert sound_passes(program.instructions()), expression
        program.close()
    assert taken > 100


def test_a_program_that_cannot_be_followed_counts_as_taking_sound() -> None:
    load_x, jump, refuse = Instruction(0x61, 0, 0, 0), Instruction(0x1D, 0, 1, 0), Instruction(6, 0, 0, 0)
    assert sound_passes([Instruction(0x80, 0, 0, 0), load_x, jump, refuse, Instruction(6, 0, 0, 1)])
    assert sound_passes([])
    assert not sound_passes([refuse])
