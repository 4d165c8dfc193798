"""SIP is known by its content, on any port; what only looks like it is not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.index import Candidate, PacketIndex, Protocol, read
from sipview.values import CancelToken
from tests.support.captures import every_ms, open_file, pcap, sip, tcp, udp, write


def found(path: Path) -> tuple[PacketIndex, list[Candidate]]:
    candidates = []
    for step in read([open_file(path)], CancelToken()):
        candidates += step.candidates
        index = step.index
    return index, candidates


def messages(folder: Path, *payloads: bytes, port: int = 33333) -> list[bytes]:
    """Which messages are found in datagrams with these payloads, from and to odd ports."""
    frames = [udp(f"10.0.0.1/{port}", f"10.0.0.2/{port + 1}", payload) for payload in payloads]
    _, candidates = found(write(folder / "some.pcap", pcap(every_ms(frames))))
    return [candidate.data for candidate in candidates]


REST = b"\r\nVia: SIP/2.0/UDP h\r\nCall-ID: 1\r\n\r\n"
METHODS = (
    b"INVITE", b"ACK", b"BYE", b"CANCEL", b"OPTIONS", b"REGISTER", b"PRACK", b"SUBSCRIBE", b"NOTIFY", b"PUBLISH", b"INFO",
    b"REFER", b"MESSAGE", b"UPDATE",
)  # fmt: skip
STARTS = [
    *(method + b" sip:bob@example.com SIP/2.0" for method in METHODS),
    b"SIP/2.0 200 OK",
    b"SIP/2.0 100 ",
    b"SIP/2.0 699",
    b"SIP/2.0 4294967301 better not break the receiver",
    b"SIP/7.0 200 OK",
    b"sip/2.0 200 OK",
    b"SIP/2.0\t200 OK",
    b"SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe",
    b"!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it@example.com SIP/2.0",
    b"RE%47IST%45R sip:registrar.example.com SIP/2.0",
    b"OPTIONS sip:t.watson@example.org SIP/7.0",
    b"NEWMETHOD sip:u@h SIP/2.0",
    b"INVITE <sip:user@example.com> SIP/2.0",
    b"INVITE  sip:user@example.com  SIP/2.0",
    b"INVITE sip:a@b; lr SIP/2.0",
    b"OPTIONS sip:remote-target@example.com SIP/2.0  ",
    b"OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0",
    b"OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0",
    b"INVITE tel:+1 SIP/2.0",
    b"REGIStER sip:h SIP/2.0",
    b"INVITE sips:bob@example.com SIP/2.0",
    b"NOTIFY * SIP/2.0",
    b"X urn:service:sos sip/2.0",
    b"INVITE sip:a@b SIP/2",
    b"INVITE sip:a@b SIP/a.0",
    b"VERYLONG sip:" + b"x" * 5000 + b" SIP/2.0",
]
NOT_SIP = [
    b"NOTIFY * HTTP/1.1",
    b"M-SEARCH * HTTP/1.1",
    b"HTTP/1.1 200 OK",
    b"OPTIONS rtsp://h/ RTSP/1.0",
    b"RTSP/1.0 200 OK",
    b"GET /SIP/2.0 HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"AUEP 1234 aaln/1@gw MGCP 1.0",
    b"SIP/2.0",
    b"SIP is a protocol",
    b"SIP/2.0 OK",
    b"INVITE SIP/2.0",
    b" INVITE sip:a@b SIP/2.0",
    b"x\0INVITE sip:a@b SIP/2.0",
    b"hello hello hello",
    bytes(12),
    b"junk INVITE sip:a@b SIP/2.0 too",
    b"(INVITE) sip:a@b SIP/2.0",
    b"INFO sip SIP/2.0x",
]
TOKENS_AND_SPACES = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~ \t\r\n")


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start[:24].decode("latin-1"))
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_a_message_is_found_with_any_line_ends_and_stray_ones_before(tmp_path: Path, start: bytes, line_end: bytes) -> None:
    message = (start + REST).replace(b"\r\n", line_end)
    payloads = [message, line_end + message, b"\r\n\r\n" + message, b"\n\n\n" + message]
    assert messages(tmp_path, *payloads) == [message] * 4


@pytest.mark.parametrize("start", NOT_SIP, ids=lambda start: start[:24].decode("latin-1"))
def test_what_is_no_message(tmp_path: Path, start: bytes) -> None:
    assert messages(tmp_path, start + REST, start, b"\r\n" + start + REST) == []


@pytest.mark.parametrize("payload", [b"", b"\r\n\r\n", b"\0", b"\r\n\r\n\0\0\0\0\0\0\0\0\0", b"\r" * 1000, b"hello"])
def test_keep_alives_are_no_messages(tmp_path: Path, payload: bytes) -> None:
    assert messages(tmp_path, payload, port=5060) == []


def test_a_web_server_that_talks_like_sip_is_none(tmp_path: Path) -> None:
    """A status line counts on a stream only if header fields follow it."""
    reply = b"SIP/2.0 200 ok\r\nHTTP/1.1 200 ok\r\nContent-Type: text/html\r\n\r\n"
    frames = [
        tcp("10.0.0.1/80", "10.0.0.2/40000", reply),
        tcp("10.0.0.1/81", "10.0.0.2/40000", b"SIP/2.0 200 ok\r\nVia: x\r\n\r\n"),
    ]
    index, _ = found(write(tmp_path / "web.pcap", pcap(every_ms(frames))))
    assert index.protocol.tolist() == [Protocol.TCP, Protocol.SIP]


def test_a_candidate_tells_who_sent_what_where_it_lies(tmp_path: Path) -> None:
    message = sip("INVITE", body=b"v=0\r\n")
    frames = [udp("10.0.0.1/1", "10.0.0.2/2", b"x" * 40), udp("2001:db8::1/5070", "2001:db8::2/5080", b"\r\n" + message)]
    index, (candidate,) = found(write(tmp_path / "one.pcap", pcap(every_ms(frames))))
    assert (candidate.row, candidate.rows, candidate.data) == (1, (1,), message)
    assert (str(candidate.source), str(candidate.destination), candidate.transport) == (
        "[2001:db8::1]:5070",
        "[2001:db8::2]:5080",
        "UDP",
    )
    assert candidate.time_ns == every_ms(frames)[1].time_ns
    assert candidate.frame_offset is not None
    assert index.frame(1)[candidate.frame_offset :] == message


@given(junk=st.binary(min_size=1, max_size=4))
def test_a_message_behind_junk_is_none(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    if set(junk) <= TOKENS_AND_SPACES:
        return  # nothing but line ends, or another method
    assert messages(tmp_path_factory.mktemp("junk"), junk + sip()) == []


LABELS = {
    b"\x80\x08\0\1\0\0\0\xa0\x12\x34\x56\x78" + bytes(160): "RTP",
    b"\x80\x08\0\1\0\0\0\xa0\x12\x34\x56": "UDP",
    b"\x8f\x08\0\1\0\0\0\xa0\x12\x34\x56\x78" + bytes(8): "UDP",
    b"\x80\xc8\0\6" + bytes(24): "RTCP",
    b"\x81\xc9\0\7" + bytes(28): "RTCP",
    b"\x80\xc8\0\x60" + bytes(24): "UDP",
    b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12): "STUN",
    b"\0\1\0\0\x21\x12\xa4\x43" + bytes(12): "UDP",
    b"\x40\x08\0\1\0\0\0\xa0\x12\x34\x56\x78" + bytes(160): "UDP",
}


def test_other_protocols_are_labelled(tmp_path: Path) -> None:
    frames = [udp("10.0.0.1/16384", "10.0.0.2/16386", payload) for payload in LABELS]
    frames += [
        udp("10.0.0.1/40000", "10.0.0.2/53", b"\x80\x08\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"),
        udp("0.0.0.0/68", "255.255.255.255/67", bytes(300)),
    ]
    frames += [
        tcp("10.0.0.1/4000", "10.0.0.2/5061", b"\x16\3\1\0\x20" + bytes(32)),
        tcp("10.0.0.1/4000", "10.0.0.2/5061", b"\x16\3"),
    ]
    index, _ = found(write(tmp_path / "labels.pcap", pcap(every_ms(frames))))
    assert [Protocol(number).name for number in index.protocol.tolist()] == [*LABELS.values(), "DNS", "DHCP", "TLS", "TCP"]
    assert index.info(0) == "payload type 8, sequence 1, time 160, SSRC 0x12345678"
    assert index.info(3) == "Sender report"
    assert index.info(6) == "Binding request"
    assert index.info(1) == "16384 → 16386, 11 bytes"


def test_the_port_of_local_name_service_may_carry_media(tmp_path: Path) -> None:
    """A telephone whose range of ports has 5352 sends its RTCP from 5353."""
    query = b"\0\0\0\0\0\1\0\0\0\0\0\0\4x\xc3\xa9y\5local\0\0\1\0\1"
    payloads = [query, b"\x80\xc8\0\6" + bytes(24), b"\x80\x08\0\1\0\0\0\xa0\x12\x34\x56\x78" + bytes(160)]
    frames = [udp("10.0.0.1/5353", f"10.0.0.2/{port}", payload) for payload in payloads for port in (5353, 4001, 53)]
    index, _ = found(write(tmp_path / "names.pcap", pcap(every_ms(frames))))
    names = [Protocol(number).name for number in index.protocol.tolist()]
    assert names == ["DNS", "DNS", "DNS", "RTCP", "RTCP", "DNS", "RTP", "RTP", "DNS"]
