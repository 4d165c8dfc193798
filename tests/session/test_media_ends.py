"""Media is where session descriptions say, whatever its content looks like; and where the user says."""

from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from sipview.index import Protocol
from sipview.session import Analysis, Reading
from sipview.session.media_ends import MediaEnd, media_ends
from sipview.values import CancelToken
from tests.support.ether import ETHER
from tests.support.needs import CHECKOUT, require_tool
from tests.support.tshark import fields

SDP = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    b"m=audio 53000 RTP/AVP 0\r\na=rtcp:53007\r\n"
    b"m=image 53020 udptl t38\r\nc=IN IP4 10.0.0.9\r\n"
    b"m=video 0 RTP/AVP 96\r\n"
)


def test_the_ends_that_a_description_names() -> None:
    assert set(media_ends(SDP)) == {
        MediaEnd("10.0.0.1", 53000, Protocol.RTP),
        MediaEnd("10.0.0.1", 53001, Protocol.RTCP),
        MediaEnd("10.0.0.1", 53007, Protocol.RTCP),
        MediaEnd("10.0.0.9", 53020, Protocol.T38),
    }


def test_an_ipv6_address_is_known_however_it_is_written() -> None:
    body = b"c=IN IP6 2001:DB8:0:0::1\r\nm=audio 4000 RTP/AVP 0\r\n"
    assert MediaEnd("2001:db8::1", 4000, Protocol.RTP) in set(media_ends(body))


@pytest.mark.parametrize(
    "body", [b"", b"m=audio 4000 RTP/AVP 0", b"c=IN IP4 300.1.1.1\r\nm=audio 4000 RTP/AVP 0", b"m=audio 99999 x"]
)
def test_what_names_no_end(body: bytes) -> None:
    assert list(media_ends(body)) == []


def protocols(path: Path, *decode_as: str) -> list[Protocol]:
    analysis = Analysis([path], path.parent, reading=Reading(decode_as=decode_as))
    try:
        index = analysis.load(CancelToken()).index
        assert index is not None
        analysis.know_packets()
        return [Protocol(number) for number in index.protocol.tolist()]
    finally:
        analysis.close()


def datagram(source: tuple[str, int], destination: tuple[str, int], payload: bytes) -> Ether:
    return ETHER / IP(src=source[0], dst=destination[0]) / UDP(sport=source[1], dport=destination[1]) / payload


# payload type 70, to an odd port below 1024: nothing that a judgement by content would take for media
ODD_RTP = bytes([0x80, 70]) + bytes(10) + b"voice"


def test_a_description_comes_before_the_judgement_by_content(tmp_path: Path) -> None:
    body = b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 999 RTP/AVP 70\r\n"
    invite = b"INVITE sip:b@h SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n"
    invite += b"Content-Length: %d\r\n\r\n" % len(body) + body
    packets = [
        datagram(("10.0.0.1", 5060), ("10.0.0.2", 5060), invite),
        datagram(("10.0.0.2", 777), ("10.0.0.1", 999), ODD_RTP),
        datagram(("10.0.0.2", 777), ("10.0.0.3", 999), ODD_RTP),
        datagram(("10.0.0.2", 777), ("10.0.0.1", 999), b"\x00\x01no media"),
    ]
    path = tmp_path / "media.pcap"
    wrpcap(str(path), packets)
    assert protocols(path) == [Protocol.SIP, Protocol.RTP, Protocol.UDP, Protocol.UDP]
    assert protocols(path, "udp:777=rtp") == [Protocol.SIP, Protocol.RTP, Protocol.RTP, Protocol.UDP]


def test_t38_and_rtp_of_a_fax_call_as_tshark_counts_them() -> None:
    require_tool("tshark")
    path = CHECKOUT.parent / "shared" / "captures" / "lab" / "15_t38_fax" / "15_t38_fax.pcap"
    if not path.exists():
        pytest.skip("the lab captures lie beside a developer's checkout only")
    found = protocols(path)
    for protocol, name in ((Protocol.T38, "t38"), (Protocol.RTP, "rtp")):
        theirs = [int(number) for (number,) in fields(path, "frame.number", display_filter=name)]
        assert [row + 1 for row, each in enumerate(found) if each is protocol] == theirs
