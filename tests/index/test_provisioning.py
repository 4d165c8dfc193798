"""What DHCP tells a phone, in the packet list: messages as scapy and the RFCs write them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from sipview.index import Protocol, reading
from sipview.index.provisioning import dhcp_words
from sipview.values import CancelToken
from tests.support.captures import every_ms, open_file, pcap, write
from tests.support.ether import ETHER

PHONE = bytes.fromhex("805ec0aabbcc")


def option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def message(
    kind: int, *options: bytes, op: int = 2, given: str = "192.168.1.50", sname: bytes = b"", file: bytes = b""
) -> bytes:
    """A DHCP message: the fixed header by scapy, the options by hand."""
    head = bytes(BOOTP(op=op, yiaddr=given, chaddr=PHONE + bytes(10), sname=sname, file=file))[:236]
    return head + b"\x63\x82\x53\x63" + option(53, bytes([kind])) + b"".join(options) + b"\xff"


SIP_NAMES = b"\0" + b"\3pbx\7example\3com\0" + b"\2b2\7example\3com\0"  # RFC 3361 3.1
SIP_ADDRESSES = b"\1" + bytes([192, 0, 2, 10, 192, 0, 2, 11])  # RFC 3361 3.2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((option(66, b"http://prov.example.com/cfg"),), "provisioning server http://prov.example.com/cfg (66)"),
        ((option(66, b"tftp.test\0"), option(67, b"y000.cfg")), "provisioning server tftp.test (66), boot file y000.cfg (67)"),
        ((option(150, bytes([10, 0, 0, 1, 10, 0, 0, 2])),), "TFTP servers 10.0.0.1 10.0.0.2 (150)"),
        ((option(150, b"tftp.example.com"),), "TFTP servers tftp.example.com (150)"),
        ((option(160, b"https://sip.example.com/p"),), "settings from https://sip.example.com/p (160)"),
        ((option(120, SIP_NAMES),), "SIP servers pbx.example.com b2.example.com (120)"),
        ((option(120, SIP_ADDRESSES),), "SIP servers 192.0.2.10 192.0.2.11 (120)"),
        ((option(43, b"http://rps.example.com"),), "vendor options http://rps.example.com (43)"),
        ((option(43, option(1, b"\0\0\0\5") + option(2, b"https://a.test")),), "vendor options 2=https://a.test (43)"),
        ((option(66, b"http://part.one/"), option(66, b"part.two")), "provisioning server http://part.one/part.two (66)"),
    ],
)  # fmt: skip
def test_what_provisions_a_phone_is_told(options: tuple[bytes, ...], told: str) -> None:
    assert dhcp_words(message(5, *options)) == f"Ack 192.168.1.50 to 80:5e:c0:aa:bb:cc, {told}"


def test_what_a_phone_says_of_itself_and_asks_for() -> None:
    asked = option(55, bytes([1, 3, 6, 66, 150, 120, 42]))
    said = message(1, option(12, b"desk-7"), option(60, b"yealink SIP-T46S"), asked, op=1, given="0.0.0.0")
    assert dhcp_words(said) == "Discover from 80:5e:c0:aa:bb:cc, host desk-7, class yealink SIP-T46S, asks for 66 120 150"


def test_the_fields_of_the_header_and_what_overloads_them() -> None:
    plain = message(2, sname=b"tftp.old.example", file=b"phone.cfg")
    assert dhcp_words(plain).endswith("provisioning server tftp.old.example, boot file phone.cfg")
    over = message(2, option(52, b"\3"), sname=option(66, b"10.1.1.1"), file=option(67, b"cfg.xml") + b"\xff")
    assert dhcp_words(over).endswith("provisioning server 10.1.1.1 (66), boot file cfg.xml (67)")


def test_it_stands_in_the_packet_list(tmp_path: Path) -> None:
    frame = bytes(
        ETHER / IP(src="192.168.1.1", dst="192.168.1.50") / UDP(sport=67, dport=68) / Raw(message(5, option(66, b"10.0.0.9")))
    )
    theirs = bytes(
        ETHER / IP() / UDP(sport=68, dport=67) / BOOTP(chaddr=PHONE) / DHCP(options=[("message-type", "request"), "end"])
    )
    for step in reading.read([open_file(write(tmp_path / "dhcp.pcap", pcap(every_ms([frame, theirs]))))], CancelToken()):
        index = step.index
    assert index.protocol.tolist() == [Protocol.DHCP] * 2
    assert index.info(0) == "Ack 192.168.1.50 to 80:5e:c0:aa:bb:cc, provisioning server 10.0.0.9 (66)"
    assert index.info(1) == "Request from 80:5e:c0:aa:bb:cc"


def test_text_is_only_text() -> None:
    evil = dhcp_words(message(5, option(66, b"<b>x</b>\x1b[31m\n" + "\u202egnp".encode()), option(120, b"\0\3a\nb\0")))
    assert "\x1b" not in evil
    assert "\n" not in evil
    assert "\u202e" not in evil
    assert "<b>x</b>" in evil


@pytest.mark.parametrize("value", [b"", b"\0", b"\1", b"\7abc", b"\0\x40abc", b"\0\xc0\x0c", b"\0\3ab", b"\1\1\2\3"])
def test_sip_servers_that_cannot_be_read(value: bytes) -> None:
    words = dhcp_words(message(5, option(120, value)))
    assert words.startswith("Ack 192.168.1.50")
    if value:
        assert ("unreadable" in words) is (value != b"\0\3ab")


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_give_a_line(tail: bytes, whole: bool) -> None:
    words = dhcp_words(message(5)[:240] + tail if whole else tail)
    assert words.isprintable()
    assert len(words) < 2000
