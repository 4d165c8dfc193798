"""What a display filter finds in a capture that was read: the same frames as tshark, and no field without values."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from scapy.layers.dhcp import BOOTP
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, Dot1Q
from scapy.layers.sctp import SCTP
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.filter import FieldType, fields, parse
from sipview.session import Analysis
from sipview.values import CancelToken
from tests.filter.test_same_as_tshark import CASES
from tests.support.captures import Packet, every_ms, interface, packet, pcap, pcapng, section, sip, udp, write
from tests.support.ether import ETHER
from tests.support.needs import CHECKOUT
from tests.support.traps import NAMES, link, trap
from tests.support.tshark_columns import frames_that_pass

DATA = CHECKOUT / "tests" / "data"


@pytest.fixture
def analyses() -> Iterator[list[Analysis]]:
    """Analyses that are closed when the test ends."""
    opened: list[Analysis] = []
    yield opened
    for analysis in opened:
        analysis.close()


def frames(path: Path, texts: list[str], analyses: list[Analysis]) -> dict[str, list[int]]:
    """By filter, the numbers of the frames that pass."""
    analysis = Analysis([path], path.parent / "spool" if path.parent.parent != DATA else None)
    analyses.append(analysis)
    analysis.load(CancelToken())
    return {text: [int(row) + 1 for row in np.flatnonzero(parse(text).evaluate(analysis.fields()))] for text in texts}


@pytest.mark.needs_tshark
@pytest.mark.parametrize("name", CASES)
def test_the_same_frames_pass_as_in_tshark(name: str, analyses: list[Analysis]) -> None:
    texts = CASES[name].strip().splitlines()
    path = DATA / "filter" / name
    assert frames(path, texts, analyses) == frames_that_pass(path, texts)


def _named(packets: list[Packet]) -> bytes:
    """A pcapng file whose interface has a name."""
    return (
        section("<") + interface("<", name="eth7") + b"".join(packet("<", 0, one.time_ns // 1000, one.frame) for one in packets)
    )


AS_SENT = """
sip.from.addr == "sip:alice@example.org;user=phone"
sip.from.addr == "sip:alice@example.org"
sip.from.addr != "sip:alice@example.org;user=phone"
sip.to.addr == "sip:bob@example.org:5070;transport=tcp"
sip.to.addr contains "transport"
sip.contact.uri == "sip:alice@[2001:db8::7]:5071;transport=tcp;ob"
sip.pai.addr == "tel:+4930123;phone-context=+49"
sip.from.display.info == "\\"Alice A.\\""
sip.from.display.info == "Alice A."
sip.from.display.info contains "Alice"
sip.to.display.info == "Bob"
sip.auth.username == "\\"alice\\""
sip.auth.username == "alice"
sip.auth.username matches "^.alice.$"
sip.auth.realm != "\\"example.org\\""
sip.Via.sent-by.address == "2001:db8::7"
sip.Via.sent-by.address contains "["
frame.interface_id
frame.interface_id == 0
frame.interface_name
frame.interface_name == "unknown"
frame.interface_name == "eth7"
""".strip().splitlines()


@pytest.mark.needs_tshark
@pytest.mark.parametrize("make", [pcap, pcapng, _named])
def test_values_are_as_they_were_sent(tmp_path: Path, analyses: list[Analysis], make: Callable[[list[Packet]], bytes]) -> None:
    """With the quotes, the parameters and without the brackets, as Wireshark has them."""
    lines = (
        "REGISTER sip:example.org SIP/2.0",
        "Via: SIP/2.0/TCP [2001:db8::7]:5071;branch=z9hG4bK1",
        'From: "Alice A." <sip:alice@example.org;user=phone>;tag=1',
        "To: Bob<sip:bob@example.org:5070;transport=tcp>",
        "Contact: <sip:alice@[2001:db8::7]:5071;transport=tcp;ob>;expires=60",
        "P-Asserted-Identity: <tel:+4930123;phone-context=+49>",
        'Authorization: Digest username="alice", realm="example.org", nonce="1", uri="sip:example.org", response="2"',
        "Call-ID: as-sent", "CSeq: 1 REGISTER", "Content-Length: 0", "", "",
    )  # fmt: skip
    frame = udp("10.0.0.1/5060", "10.0.0.2/5060", "\r\n".join(lines).encode())
    path = write(tmp_path / "sent.cap", make(list(every_ms([frame, udp("10.0.0.1/5060", "10.0.0.2/5060", sip())]))))
    assert frames(path, AS_SENT, analyses) == frames_that_pass(path, AS_SENT)


HEADERS = """
ip
ipv6
udp
tcp
sctp
ip.addr == 203.0.113.1
ip.addr == 10.0.0.1
ip.src == 10.0.0.1
ip.dst == 10.0.0.1
ip.src != 10.0.0.1
ip.addr != 203.0.113.1
all ip.addr == 10.0.0.0/24
ip.addr == 198.51.100.9
ipv6.addr == 2001:db8:f::1
ipv6.addr == 2001:db8::1
ipv6.src == 2001:db8::1
udp.port == 5060
udp.srcport == 5060
udp.dstport == 4789
udp.port != 5060
!(udp.port == 5060)
udp.port in {4789, 6081}
tcp.port == 5061
tcp.dstport == 5061
tcp.srcport != 40001
sctp.port == 5062
ip.addr == 10.0.0.1 && !udp
""".strip().splitlines()


def with_several_headers() -> list[bytes]:
    """Tunnels in and around both versions of IP, ICMP errors that quote as much as they must or more, and plain packets."""
    v4, v6 = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="2001:db8::1", dst="2001:db8::2")
    out4, out6 = IP(src="203.0.113.1", dst="203.0.113.2"), IPv6(src="2001:db8:f::1", dst="2001:db8:f::2")
    router = IP(src="198.51.100.9", dst="10.0.0.1")
    datagram = UDP(sport=5060, dport=5060) / Raw(sip())
    segment = TCP(sport=40001, dport=5061, seq=1) / Raw(sip())
    made: list[Layers] = [v4 / datagram, v6 / datagram, v4 / segment, v6 / segment]
    for inner in list(made):
        made += [
            out4 / UDP(sport=50000, dport=4789, chksum=0) / VXLAN(vni=1, flags=8) / link(0) / inner,
            IP(src=out4.src, dst=out4.dst, proto=41 if isinstance(inner, IPv6) else 4) / inner,
            IPv6(src=out6.src, dst=out6.dst, nh=41 if isinstance(inner, IPv6) else 4) / inner,
        ]
    for quoted in (bytes(v4 / datagram), bytes(v4 / segment), bytes(v4 / SCTP(sport=5062, dport=5062))):
        made += [router / ICMP(type=3, code=3) / Raw(quoted[:size]) for size in (28, 120)]
        made.append(out4 / router / ICMP(type=11) / Raw(quoted[:28]))
    made.append(router / ICMP(type=8) / Raw(bytes(v4 / datagram)))
    for quoted in (bytes(v6 / datagram), bytes(v6 / segment)):
        made.append(IPv6(src=out6.src, dst=v6.src) / ICMPv6DestUnreach(code=4) / Raw(quoted))
    return [bytes(link(0) / one) for one in made]


@pytest.mark.needs_tshark
def test_a_packet_has_the_ends_of_all_its_headers_as_in_tshark(tmp_path: Path, analyses: list[Analysis]) -> None:
    """Those around a tunnel too, and those that an ICMP error quotes."""
    path = write(tmp_path / "headers.pcap", pcap(every_ms(with_several_headers())))
    assert frames(path, HEADERS, analyses) == frames_that_pass(path, HEADERS)


def test_headers_of_several_files(tmp_path: Path) -> None:
    """Each file has its own link types, and the rows of both are interleaved."""
    packets = every_ms(with_several_headers())
    one, other = write(tmp_path / "one.pcap", pcap(packets[::2])), write(tmp_path / "other.pcapng", pcapng(packets[1::2]))
    whole = write(tmp_path / "whole.pcap", pcap(packets))
    analysis, alone = Analysis([one, other], tmp_path / "a"), Analysis([whole], tmp_path / "b")
    try:
        for each in (analysis, alone):
            each.load(CancelToken())
        for text in HEADERS:
            found, expected = (parse(text).evaluate(each.fields()).tolist() for each in (analysis, alone))
            assert found == expected
    finally:
        analysis.close()
        alone.close()


TAGS = ["vlan", "vlan.id == 42", "vlan.id != 42", "vlan.id in {7, 42}", "all vlan.id < 100", "vlan.id > 42 && udp", "!vlan.id"]


def tagged() -> list[bytes]:
    """Frames with no tag, one and two, with priority bits, and one with tags outside and inside of a tunnel."""
    inner = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=5060, dport=5060) / Raw(sip())
    tunnel = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=50000, dport=4789, chksum=0) / VXLAN(vni=1, flags=8)
    return [
        bytes(one)
        for one in (
            link(0) / inner,
            link(0) / Dot1Q(vlan=42, prio=5) / inner,
            link(0) / Dot1Q(vlan=7) / Dot1Q(vlan=42) / inner,
            link(0) / Dot1Q(vlan=4095, dei=1) / inner,
            link(0) / Dot1Q(vlan=7) / tunnel / link(0) / Dot1Q(vlan=42) / inner,
        )
    ]


@pytest.mark.needs_tshark
def test_all_tags_of_a_frame_are_found_as_in_tshark(tmp_path: Path, analyses: list[Analysis]) -> None:
    path = write(tmp_path / "tags.pcap", pcap(every_ms(tagged())))
    assert frames(path, TAGS, analyses) == frames_that_pass(path, TAGS)


def test_tags_of_provider_bridges_are_tags_too(tmp_path: Path, analyses: list[Analysis]) -> None:
    """tshark has a name of its own for the outer one (802.1ad); who looks for a VLAN means both."""
    path = write(tmp_path / "tags.pcapng", trap("QinQ").pcapng)
    found = frames(path, ["vlan.id == 300", "vlan.id == 42", "vlan.id == 41"], analyses)
    assert [len(each) for each in found.values()] == [6, 6, 0]


def test_tags_of_several_files(tmp_path: Path) -> None:
    packets = every_ms(tagged())
    paths = [write(tmp_path / "a.pcap", pcap(packets[::2])), write(tmp_path / "b.pcapng", pcapng(packets[1::2]))]
    analysis = Analysis(paths, tmp_path / "spool")
    try:
        analysis.load(CancelToken())
        assert parse("vlan.id == 42").evaluate(analysis.fields()).tolist() == [False, True, True, False, True]
    finally:
        analysis.close()


def everything(folder: Path) -> Iterator[Path]:
    """Captures that have every field between them."""
    headers = {field.header: "1" if field.type is FieldType.UNSIGNED else "x" for field in fields().values() if field.header}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name.encode() not in sip())
    lines += "Contact: <sip:c@10.0.0.9>\r\nP-Asserted-Identity: <sip:p@10.0.0.9>\r\n"
    lines += 'Reason: Q.850;cause=16;text="x"\r\nReason: SIP;cause=200\r\n'
    lines += 'Proxy-Authorization: Digest username="u", realm="r", nonce="n", uri="sip:x", response="1"\r\n'
    whole = sip("INVITE").replace(b"From: <", b'From: "Display" <').replace(b"To: <", b'To: "Display" <')
    whole = whole.replace(b";branch=", b":5060;received=10.0.0.9;branch=").replace(
        b"Max-Forwards", lines.encode() + b"Max-Forwards"
    )
    attributes = (
        b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\na=sendrecv\r\nm=audio 4000 RTP/AVP 96\r\n"
    )
    attributes += b"a=rtpmap:96 opus/48000/2\r\n"
    body = whole.replace(b"Content-Type: x", b"Content-Type: application/sdp").partition(b"\r\n\r\n")[0]
    body = body.replace(b"Content-Length: 0", b"Content-Length: %d" % len(attributes)) + b"\r\n\r\n" + attributes
    others = [
        ETHER / ARP(),
        link(0) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=68, dport=67) / BOOTP(),
        link(0) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=5353, dport=53) / DNS(qd=DNSQR(qname="x")),
        link(0) / IPv6(src="fd00::1", dst="fd00::2") / ICMPv6EchoRequest(),
        link(0) / datagram_of(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), 3478),
    ]
    written = [udp("10.0.0.1/5060", "10.0.0.2/5060", body), *map(bytes, others)]
    named = section("<") + interface("<", resolution=9, name="eth0")
    yield write(folder / "all.pcapng", named, *(packet("<", 0, one.time_ns, one.frame) for one in every_ms(written)))
    for name in NAMES:
        yield write(folder / f"trap-{NAMES.index(name)}.pcapng", trap(name).pcapng)
    yield from sorted(DATA.glob("*/*.pcap"))


def datagram_of(payload: bytes, port: int) -> IP:
    return IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=port, dport=port) / Raw(payload)


def test_every_field_finds_something_somewhere(tmp_path: Path, analyses: list[Analysis]) -> None:
    """A field that the table knows and nothing gives values for would be a promise that is never kept."""
    names = list(fields())
    empty = set(names)
    for path in everything(tmp_path):
        found = frames(path, sorted(empty), analyses)
        empty -= {name for name, numbers in found.items() if numbers}
    assert not empty


def test_a_completed_call_has_all_values_of_a_call(tmp_path: Path, analyses: list[Analysis]) -> None:
    path = write(tmp_path / "call.pcapng", trap("plain UDP").pcapng)
    texts = [
        'call.state == "completed"', 'call.from == "alice"', 'call.to == "bob"', "call.status == 200", "call.id == 1",
        "call.legs == 1", "call.duration == 0.005", "call.talk == 0.002", "call.talk > 1", 'call.state == "busy"',
    ]  # fmt: skip
    found = frames(path, texts, analyses)
    assert [len(found[text]) for text in texts] == [6] * 8 + [0, 0]


def test_a_field_that_no_message_has_is_nowhere(tmp_path: Path, analyses: list[Analysis]) -> None:
    path = write(tmp_path / "bare.pcap", pcap(every_ms([udp("10.0.0.1/5060", "10.0.0.2/5060", sip())])))
    absent = [field for field in fields().values() if field.name.startswith(("sip.", "sdp.")) and field.examples]
    texts = [f"{field.name} == {field.examples[0]} && !sip" for field in absent]
    texts += [f"{field.name} in {{{field.examples[0]}}} || sip.RSeq > 1" for field in absent]
    assert not any(frames(path, texts[: len(absent)], analyses).values())
    assert len(frames(path, texts, analyses)) == 2 * len(absent)


def test_fields_follow_the_snapshot(tmp_path: Path) -> None:
    path = write(tmp_path / "grow.pcap", pcap(every_ms([udp("10.0.0.1/5060", "10.0.0.2/5060", sip())] * 5)))
    analysis = Analysis([path], tmp_path / "spool")
    try:
        snapshot = analysis.load(CancelToken())
        assert analysis.fields() is analysis.fields()
        assert analysis.fields().count == snapshot.packets == 5
    finally:
        analysis.close()
