"""Which packets belong to a call: held against what tshark finds, and against every way in which messages travel."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from scapy.layers import inet, inet6
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview import environment
from sipview.calls import Call
from sipview.live import InterfaceList
from sipview.session import Analysis
from sipview.session import Reading as HowToRead
from sipview.session.call_packets import packets_of_calls
from sipview.session.support_package import PackageWish, package_parts
from sipview.values import Cancelled, CancelToken
from tests.session.test_support_package import MOMENT
from tests.support import tshark
from tests.support.captures import START_NS, Packet, pcap, sip, udp, write
from tests.support.traps import NAMES, trap

OFFICE = environment.resource_path("samples/small-office.pcap")
PHONE, PBX = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[Analysis]]:
    analyses: list[Analysis] = []
    yield analyses
    for analysis in analyses:
        analysis.close()


def load(opened: list[Analysis], path: Path, key_log: Path | None = None) -> Analysis:
    analysis = Analysis([path], path.parent / "spool" if path != OFFICE else None, reading=HowToRead(key_log=key_log))
    opened.append(analysis)
    analysis.load(CancelToken())
    return analysis


def frames_of(analysis: Analysis, *calls: Call) -> set[int]:
    return {int(row) + 1 for row in np.flatnonzero(packets_of_calls(analysis, calls, CancelToken()))}


@pytest.mark.needs_tshark
def test_messages_and_media_are_those_that_tshark_ties_to_the_call(opened: list[Analysis]) -> None:
    """tshark knows for each RTP packet the message that set it up."""
    analysis = load(opened, OFFICE)
    rows = tshark.fields(OFFICE, "frame.number", "sip.Call-ID", "rtp.setup-frame", "rtcp.setup-frame")
    call_id_of = {int(number): call_id for number, call_id, _, _ in rows if call_id}
    talked = 0
    for call in analysis.snapshot.conversations.calls:
        ids = {leg.call_id for leg in call.legs}
        expected = {number for number, call_id in call_id_of.items() if call_id in ids}
        of_media = [(int(number), int(frame)) for number, _, *setup in rows for frame in setup if frame]
        expected |= {number for number, frame in of_media if call_id_of.get(frame) in ids}
        found = frames_of(analysis, call)
        assert expected <= found
        # what tshark has tied to no call may be media of this one (behind the BYE); messages of others may not
        assert not {number for number in found if call_id_of.get(number, "") not in {*ids, ""}}
        talked += any(setup[0] for number, _, *setup in rows if int(number) in found)
    assert talked


@pytest.mark.parametrize("name", NAMES)
def test_a_call_can_be_read_again_from_its_packets_alone(opened: list[Analysis], tmp_path: Path, name: str) -> None:
    one = trap(name)
    path, log = write(tmp_path / "trap.pcap", one.pcap), write(tmp_path / "keys.log", one.key_log)
    whole = load(opened, path, log)
    (call,) = [call for call in whole.snapshot.conversations.calls if call.state == "completed"]
    parts = package_parts(whole, PackageWish((call.number,)), InterfaceList(), MOMENT, CancelToken())
    (capture,) = [part for part in parts if part.name == "capture.pcapng"]
    assert capture.what.endswith("the key log that it was read with is not in it")
    with (tmp_path / "call.pcapng").open("wb") as target:
        capture.write(target, CancelToken())
    again = load(opened, tmp_path / "call.pcapng", log)
    messages = [whole.message_data(position) for position in call.messages]
    (found,) = [other for other in again.snapshot.conversations.calls if other.legs[0].call_id == call.legs[0].call_id]
    assert [again.message_data(position) for position in found.messages] == messages


def described(port: int) -> bytes:
    return f"v=0\r\no=- 1 1 IN IP4 {PHONE}\r\ns=-\r\nc=IN IP4 {PHONE}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n".encode()


def rtp(number: int) -> bytes:
    return bytes([0x80, 0]) + number.to_bytes(2, "big") + bytes(8) + b"voice"


def test_a_port_belongs_to_a_call_while_that_lasts(opened: list[Analysis], tmp_path: Path) -> None:
    """Two calls one after the other use the same port; each has its own media."""
    seconds = 1_000_000_000
    packets = []
    for number in (0, 1):
        begin = START_NS + number * 3600 * seconds
        call_id = f"{number}@test"
        invite = sip("INVITE", call_id, described(4000))
        busy = sip("INVITE", call_id).replace(b"INVITE sip:bob@10.0.0.2 SIP/2.0", b"SIP/2.0 486 Busy Here")
        packets += [
            Packet(begin, udp(f"{PHONE}/5060", f"{PBX}/5060", invite)),
            Packet(begin + seconds, udp(f"{PBX}/9000", f"{PHONE}/4000", rtp(1))),
            Packet(begin + 2 * seconds, udp(f"{PBX}/5060", f"{PHONE}/5060", busy)),
            Packet(begin + 3 * seconds, udp(f"{PHONE}/4001", "192.0.2.99/777", b"\x80\xc8" + bytes(26))),
            Packet(begin + 60 * seconds, udp(f"{PBX}/9000", f"{PHONE}/4000", rtp(2))),
            Packet(begin + 61 * seconds, udp(f"{PBX}/9000", f"{PHONE}/4002", rtp(3))),
        ]
    analysis = load(opened, write(tmp_path / "ports.pcap", pcap(packets)))
    first, second = analysis.snapshot.conversations.calls
    assert frames_of(analysis, first) == {1, 2, 3, 4}
    assert frames_of(analysis, second) == {7, 8, 9, 10}
    assert frames_of(analysis, first, second) == {1, 2, 3, 4, 7, 8, 9, 10}


def test_media_where_a_candidate_wants_them_belong_to_the_call(opened: list[Analysis], tmp_path: Path) -> None:
    body = described(4000) + b"a=candidate:1 1 UDP 2130706431 192.168.7.7 5004 typ host\r\n"
    frames = [udp(f"{PHONE}/5060", f"{PBX}/5060", sip("INVITE", body=body)), udp("192.168.7.7/5004", f"{PBX}/9000", rtp(1))]
    frames.append(udp("192.168.7.7/5006", f"{PBX}/9000", rtp(1)))
    packets = [Packet(START_NS + number, frame) for number, frame in enumerate(frames)]
    analysis = load(opened, write(tmp_path / "ice.pcap", pcap(packets)))
    assert frames_of(analysis, *analysis.snapshot.conversations.calls) == {1, 2}


def test_whoever_does_not_want_it_any_more_need_not_wait(opened: list[Analysis]) -> None:
    analysis = load(opened, OFFICE)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        packets_of_calls(analysis, analysis.snapshot.conversations.calls, cancel)


LINK = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
LONG_RTP = Raw(bytes([0x80, 0]) + bytes(10) + b"voice" * 600)
Pieces = list[Layers]
fragment: Callable[[Layers, int], Pieces] = inet.fragment
fragment6: Callable[[Layers, int], Pieces] = inet6.fragment6


def datagram(source: str, destination: str, payload: Raw, number: int = 7) -> Layers:
    """A UDP datagram; ends are written ``address/port``."""
    (from_host, from_port), (to_host, to_port) = (end.split("/") for end in (source, destination))
    ports = UDP(sport=int(from_port), dport=int(to_port))
    if ":" in from_host:
        whole: Layers = IPv6(src=from_host, dst=to_host) / IPv6ExtHdrFragment(id=number) / ports / payload
        return whole
    return IP(src=from_host, dst=to_host, id=number) / ports / payload


def in_pieces(packet: Layers) -> Pieces:
    return fragment6(packet, 1280) if isinstance(packet, IPv6) else fragment(packet, 1200)


def ip_in_ip(packet: Layers) -> Layers:
    inner: Layers = IP(src="203.0.113.1", dst="203.0.113.2", id=9) / packet
    return inner


def in_gre(packet: Layers) -> Layers:
    inner: Layers = IP(src="203.0.113.1", dst="203.0.113.2", id=9) / GRE() / packet
    return inner


def in_vxlan(packet: Layers) -> Layers:
    outer = IP(src="203.0.113.1", dst="203.0.113.2", id=9) / UDP(sport=5555, dport=4789, chksum=0) / VXLAN(vni=1, flags=8)
    inner: Layers = outer / LINK / packet
    return inner


SHAPES: dict[str, Callable[[Layers], Pieces]] = {
    "fragments": in_pieces,
    "fragments, the last one first": lambda packet: in_pieces(packet)[::-1],
    "fragments in a tunnel": lambda packet: [in_gre(piece) for piece in in_pieces(packet)],
    "a tunnel in fragments": lambda packet: in_pieces(in_gre(packet)),
    "a tunnel in UDP in fragments": lambda packet: in_pieces(in_vxlan(packet)),
    "a tunnel in fragments, the last one first": lambda packet: in_pieces(ip_in_ip(packet))[::-1],
    "a tunnel in fragments in a tunnel in fragments": lambda packet: [
        IP(bytes(outer)) for inner in in_pieces(in_gre(packet)) for outer in fragment(renumbered(ip_in_ip(inner)), 600)
    ],
}
_numbers = iter(range(100, 60_000))


def renumbered(packet: Layers) -> Layers:
    packet[IP].id = next(_numbers)
    return packet


def capture_of(path: Path, frames: list[Layers]) -> Path:
    packets = [Packet(START_NS + number * 20_000_000, bytes(LINK / frame)) for number, frame in enumerate(frames)]
    return write(path, pcap(packets))


def invite_and_bye(call_id: str, port: int) -> tuple[Layers, Layers]:
    ends = f"{PHONE}/5060", f"{PBX}/5060"
    busy = sip("INVITE", call_id).replace(b"INVITE sip:bob@10.0.0.2 SIP/2.0", b"SIP/2.0 486 Busy Here")
    return datagram(*ends, Raw(sip("INVITE", call_id, described(port)))), datagram(*ends[::-1], Raw(busy))


@pytest.mark.parametrize("shape", SHAPES)
def test_all_fragments_of_media_belong_to_the_call_and_those_of_others_do_not(
    shape: str, opened: list[Analysis], tmp_path: Path
) -> None:
    """Two calls at the same time, whose fragments are mixed."""
    mine = SHAPES[shape](datagram(f"{PBX}/9000", f"{PHONE}/4000", LONG_RTP, 1))
    others = SHAPES[shape](datagram(f"{PBX}/9000", f"{PHONE}/4100", LONG_RTP, 2))
    assert len(mine) == len(others) > 2
    for number, piece in enumerate(others):  # tunnels count their packets
        if isinstance(piece, IP) and piece.src.startswith("203."):
            piece.id += 5000 if shape.count("tunnel") == 1 else 0
            del piece.chksum
        others[number] = piece
    (first, last), (one, other) = invite_and_bye("mine@test", 4000), invite_and_bye("other@test", 4100)
    mixed = [piece for pair in zip(mine, others, strict=True) for piece in pair]
    analysis = load(opened, capture_of(tmp_path / "mixed.pcap", [first, one, *mixed, last, other]))
    calls = {call.legs[0].call_id: call for call in analysis.snapshot.conversations.calls}
    ends = {3 + len(mixed), 4 + len(mixed)}
    assert frames_of(analysis, calls["mine@test"]) == {1, *range(3, 3 + len(mixed), 2), min(ends)}
    assert frames_of(analysis, calls["other@test"]) == {2, *range(4, 4 + len(mixed), 2), max(ends)}


def test_fragments_of_ipv6_behind_a_tag_belong_to_the_call(opened: list[Analysis], tmp_path: Path) -> None:
    home, far = "2001:db8::1", "2001:db8::2"
    body = described(4000).replace(b"IP4 10.0.0.1", b"IP6 2001:db8::1")
    first, last = invite_and_bye("six@test", 4000)
    first = datagram(f"{PHONE}/5060", f"{PBX}/5060", Raw(sip("INVITE", "six@test", body)))
    pieces = [Dot1Q(vlan=7, type=0x86DD) / piece for piece in in_pieces(datagram(f"{far}/9000", f"{home}/4000", LONG_RTP))]
    others = in_pieces(datagram(f"{far}/9000", f"{home}/4200", LONG_RTP, 8))
    analysis = load(opened, capture_of(tmp_path / "six.pcap", [first, *pieces, *others, last]))
    (call,) = analysis.snapshot.conversations.calls
    assert frames_of(analysis, call) == {*range(1, 2 + len(pieces)), 2 + len(pieces) + len(others)}


def test_of_media_that_lack_a_fragment_the_others_belong_to_the_call(opened: list[Analysis], tmp_path: Path) -> None:
    first, last = invite_and_bye("lost@test", 4000)
    begun, _, ended = in_pieces(datagram(f"{PBX}/9000", f"{PHONE}/4000", LONG_RTP))
    analysis = load(opened, capture_of(tmp_path / "lost.pcap", [first, begun, ended, last]))
    assert frames_of(analysis, *analysis.snapshot.conversations.calls) == {1, 2, 3, 4}


def test_all_fragments_of_a_message_belong_to_the_call(opened: list[Analysis], tmp_path: Path) -> None:
    """By UDP in a fragmented tunnel, and by TCP in a fragmented packet, which a connection takes for one."""
    long = sip("INVITE", "long@test", described(4000) + b"a=x:" + b"y" * 3000)
    udp_pieces = in_pieces(in_gre(datagram(f"{PHONE}/5060", f"{PBX}/5060", Raw(long))))
    segment = (
        IP(src=PHONE, dst=PBX, id=77)
        / TCP(sport=6000, dport=5060, seq=1000, flags="PA")
        / Raw(sip("INVITE", "tcp@test", b"z" * 3000))
    )
    frames = [*udp_pieces, *in_pieces(segment)]
    analysis = load(opened, capture_of(tmp_path / "long.pcap", frames))
    calls = {call.legs[0].call_id: call for call in analysis.snapshot.conversations.calls}
    assert frames_of(analysis, calls["long@test"]) == set(range(1, 1 + len(udp_pieces)))
    assert frames_of(analysis, calls["tcp@test"]) == set(range(1 + len(udp_pieces), 1 + len(frames)))


@pytest.mark.needs_tshark
def test_the_media_of_a_package_can_be_put_together_again(opened: list[Analysis], tmp_path: Path) -> None:
    """tshark says what it reads out of the fragments, before and after."""
    first, last = invite_and_bye("mine@test", 4000)
    media = [piece for n in range(20) for piece in in_pieces(datagram(f"{PBX}/9000", f"{PHONE}/4000", LONG_RTP, 100 + n))]
    path = capture_of(tmp_path / "whole.pcap", [first, *media, last])
    analysis = load(opened, path)
    parts = package_parts(analysis, PackageWish((1,)), InterfaceList(), MOMENT, CancelToken())
    (capture,) = [part for part in parts if part.name == "capture.pcapng"]
    with (tmp_path / "call.pcapng").open("wb") as target:
        capture.write(target, CancelToken())
    lengths = [
        tshark.fields(one, "udp.length", display_filter="udp.dstport == 4000") for one in (path, tmp_path / "call.pcapng")
    ]
    assert lengths[0] == lengths[1] == [("3020",)] * 20
