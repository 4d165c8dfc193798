"""A filter that Wireshark knows lets the same frames pass here, on columns that tshark itself gave."""

from pathlib import Path

import numpy as np
import pytest

from sipview.filter import FieldType, FilterError, fields, parse
from tests.support.needs import CHECKOUT
from tests.support.tshark_columns import columns_of, frames_that_pass, tshark_types

pytestmark = pytest.mark.needs_tshark

DATA = CHECKOUT / "tests" / "data" / "filter"
LAB = CHECKOUT.parent / "shared" / "captures" / "lab"

BUSY = """
sip.Method == "INVITE"
sip.Method == INVITE
sip.Method eq "invite"
sip.Method == 5
sip.Method > "B"
sip.Method != "REGISTER"
sip.Method ~= "REGISTER"
sip.Method contains "inv"
sip.Method contains "INV"
sip.Method contains ""
sip.Method matches "^inv"
sip.Method ~ "e$"
sip.Method matches ""
sip.Method matches r"^\\w{3}$"
sip.Method matches "^\\\\w{3}$"
sip.Method in {"INVITE", ACK}
sip.Method in {"A".."J"}
sip.Method == "\\x49NVITE"
sip.Method == "\\111NVITE"
frame.number == 0x3
frame.number == 010
frame.number == 0b11
frame.number == +3
frame.number == 1 or frame.number == 2 and frame.number == 3
frame.number == 3 and frame.number == 2 || frame.number == 1
not frame.number == 1 and frame.number < 4
!frame.number
!(sip) && udp
!!sip
frame.number in {1, 3..5}
frame.number in {5..1}
frame.number not in {1, 3..5}
not frame.number not in {1, 3..5}
frame.number>5&&frame.number<=8
sip.Status-Code
sip.Status-Code >= 400
sip.Status-Code == 0x1e6
sip.Status-Code != 200
!(sip.Status-Code == 200)
sip.Status-Code not in {200}
sip.Status-Code in {200..299, 486}
ip.addr == 10.3.0.12
ip.addr == 10.3.0.11/31
ip.addr != 10.3.0.12
!(ip.addr == 10.3.0.12)
ip.addr ~= 10.3.0.1
ip.addr !== 10.3.0.1
ip.addr any_ne 10.3.0.1
ip.addr all_ne 10.3.0.12
ip.addr === 10.3.0.1
ip.addr all_eq 10.3.0.0/24
any ip.addr == 10.3.0.12
all ip.addr == 10.3.0.0/28
all ip.addr > 10.3.0.1
ip.addr > 10.3.0.11
ip.addr > 10.3.0.0/28
ip.addr <= 10.3.0.5/24
ip.src < 10.3.0.11
ip.addr in {10.3.0.9..10.3.0.11}
ip.addr in {10.4.0.0/16, 10.3.0.12}
ip.addr not in {10.3.0.12}
ip.src == ip.dst
ip.src != ip.dst
ip.addr == ip.src
ip.addr != ip.src
ip.addr ~= ip.src
ip.addr === ip.src
ip.src < ip.dst
udp.srcport == udp.dstport
tcp.srcport >= tcp.dstport
sip.from.user == sip.to.user
sip.from.user != sip.to.user
udp.port == 5060
all udp.port == 5060
tcp.port in {5060, 5080}
tcp && !sip
arp or icmp or rtp
ip.addr == 10.3.0.1 and not sip or arp
(ip.addr == 10.3.0.1 and not (sip or arp))
frame.time_relative > 2.3 && frame.time_relative < 2.372
frame.time_relative == 2.371792
frame.time_relative > -1
frame.time_relative in {2.37..2.3718}
frame.time_epoch > 1795330030.5
frame.time > "2026-11-22 06:47:10.323 UTC"
frame.time <= "Nov 22, 2026 06:47:09.142500 UTC"
frame.time >= "2026-11-22T06:47:13Z"
frame.time < "2026-11-22 07:47:10+01:00"
frame.len > 400 && frame.cap_len <= 500
sip.Via
sip.Via contains "10.3.0.11"
all sip.Via contains "10.3.0.11"
sip.Via.branch matches "^z9hG4bKPj"
sip.Via.sent-by.address != "10.3.0.11"
sip.Via.sent-by.port == 5060
sip.CSeq contains "INVITE"
sip.CSeq.method == "INVITE" && sip.CSeq.seq > 1
sip.from.user == 1001
sip.from.user in {1000..1001}
sip.to.tag && sip.Status-Code < 400
sip.r-uri.user == "1002" || sip.r-uri.host == "10.3.0.12"
sip.Request-Line matches "^INVITE sip:1002@10\\\\.3"
sip.Status-Line == "SIP/2.0 486 Busy Here"
sip.User-Agent && !sip.Server
sip.Expires == 0
sip.Content-Length > 0
sip.contact.user == "1002"
sdp
sdp.media.port == 5072
sdp.mime.type == "opus"
sdp.mime.type == "OPUS"
all sdp.mime.type != "opus"
sdp.connection_info.address == "10.3.0.11"
sip contains "Busy"
sip contains "busy"
sip matches "busy"
sip matches r"0\\r\\n\\r$"
sip matches r"0\\r\\n\\r\\z"
"""

IPV6 = """
ipv6.addr == fd00::/8
ipv6.addr == FD00:10::11
ipv6.addr == ff02::1:ff00:12
ipv6.addr != ff02::/16
!(ipv6.addr == ff02::/16)
ipv6.addr ~= ff02::16
ipv6.addr in {ff02::/16, fd00::1..fd00::ff}
ipv6.src > fd00::
ipv6.src == ipv6.dst
ip or ip.addr
ipv6 && !ip.addr == 10.0.0.1
icmpv6
rtp.p_type == 120
rtp.marker == 1
rtp.marker == True
rtp.marker == FALSE
rtp.marker == true
rtp.marker != 1
rtp.marker
rtp.ssrc > 0x7fffffff
rtp.seq in {0..65535} and rtcp
rtp or rtcp and udp.port == 4001
sdp.mime.type in {"PCMU", "PCMA"}
"""

VLAN = """
vlan
vlan.id == 100
vlan.id != 100
vlan.id > 0x63 && sip
tcp.port == 5060 or rtp.p_type in {0, 8}
"""

NOISE = """
icmp
ip.addr == 10.190.0.11
icmp && ip.src == ip.dst
icmp && ip.src ~= ip.dst
icmp && ip.addr === ip.addr
icmp && ip.src > ip.dst
icmp && all ip.src > ip.dst
icmp && all ip.src >= 10.0.0.0/8
stun || dns
udp.srcport in {5060} and icmp
udp.port > udp.dstport
all udp.srcport <= udp.dstport
"""

CASES = {"busy.pcap": BUSY, "ipv6_call.pcap": IPV6, "vlan_call.pcap": VLAN}


def same_frames_pass(capture: Path, block: str) -> None:
    """Hold each filter of a block of lines against tshark's reading of it."""
    texts = block.strip().splitlines()
    theirs = frames_that_pass(capture, texts)
    source = columns_of(capture)
    ours = {text: [int(row) + 1 for row in np.flatnonzero(parse(text).evaluate(source))] for text in texts}
    assert ours == theirs


@pytest.mark.parametrize("capture", CASES)
def test_the_same_frames_pass(capture: str) -> None:
    same_frames_pass(DATA / capture, CASES[capture])


def test_the_same_frames_pass_where_icmp_quotes_packets() -> None:
    capture = LAB / "19_linphone_direct_call_noise" / "19_linphone_direct_call_noise.pcap"
    if not capture.is_file():
        pytest.skip("the lab's captures are not beside this checkout")
    same_frames_pass(capture, NOISE)


WRONG = """
frame.number == "abc"
frame.number == abc
frame.number == 3.5
frame.number == 08
frame.number == 5_060
udp.port == 65536
rtp.p_type < 256
rtp.ssrc == 0x1ffffffff
frame.time_relative > 5s
frame.time_relative > 1e0
frame.time_relative == 2.3717920001
frame.time == 5
tcp.port == 5060.0
ip.addr == 10.0.0.0/33
ip.addr == 10.0.0
ip.addr == "10.0.0.0/8"
ip.addr == 2001:db8::1
ip.addr contains "10"
ip.addr matches "10"
ipv6.addr == 1.2.3.4
ipv6.addr == fe80::1%eth0
sip.Status-Code == "200"
sip.Status-Code contains "2"
sip.Method matches inv
sip.Method matches "("
sip.Method matches "a{99999}"
sip.Method matches "^\\w+$"
sip.Method == "IN\\qVITE"
sip.Method == "\\8"
sip.Method == r"INVITE
sip.Method == "INVITE
sip.Method == 'INVITE'
sip.Method = "INVITE"
sip.Method in
sip.Method in "INVITE"
sip.Method in {"INVITE" "ACK"}
frame.number in {}
frame.number in {1,}
frame.number in {1..}
sip.from.user == *86
sip.from.user == a@b
sip.from.user == zoë
sip.from.user == sip
frame.number == udp
ip.src == frame.number
sip contains INVITE
sip AND udp
sip.method == "INVITE"
SIP
1 == frame.number
1
"abc"
(sip
sip)
()
sip sip
sip ==
== sip
&& sip
sip &&
sip | udp
sip xor udp
frame.number==1;
"""


def test_what_tshark_refuses_is_refused_here() -> None:
    texts = WRONG.strip().splitlines()
    known = frames_that_pass(DATA / "busy.pcap", [*texts, "sip"])
    assert list(known) == ["sip"]
    for text in texts:
        with pytest.raises(FilterError) as caught:
            parse(text)
        assert 0 <= caught.value.start <= caught.value.end <= len(text), text


TYPES = {
    FieldType.PROTOCOL: {""},
    FieldType.CONTENT: {""},
    FieldType.UNSIGNED: {"FT_UINT8", "FT_UINT16", "FT_UINT32"},
    FieldType.BOOLEAN: {"FT_BOOLEAN"},
    FieldType.SPAN: {"FT_RELATIVE_TIME"},
    FieldType.MOMENT: {"FT_ABSOLUTE_TIME"},
    FieldType.IPV4: {"FT_IPv4"},
    FieldType.IPV6: {"FT_IPv6"},
    FieldType.TEXT: {"FT_STRING"},
}


def test_every_field_but_our_own_has_the_type_and_the_range_of_wiresharks() -> None:
    for field in fields().values():
        if not field.name.startswith("call."):
            theirs = tshark_types()[field.name]
            assert theirs in TYPES[field.type], field.name
            if field.type is FieldType.UNSIGNED:
                assert field.largest == (1 << int(theirs.removeprefix("FT_UINT"))) - 1, field.name
