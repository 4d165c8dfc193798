"""An ICMP error that quotes a message is tied to it, and is no message itself."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.packet import Packet
from scapy.utils import wrpcap

from sipview.export.fonts import FontTableMeasure
from sipview.ladder import LadderOptions, lay_out
from sipview.session import Analysis, packet_line, quoted
from sipview.session.ladders import Ladders
from sipview.session.quoted import quotation
from sipview.values import CancelToken
from tests.support.ether import ETHER


def invite(number: int) -> bytes:
    return b"INVITE sip:%d@10.0.0.2 SIP/2.0\r\nCall-ID: %d\r\nCSeq: 1 INVITE\r\nVia: SIP/2.0/UDP h\r\n\r\n" % (number, number)


def analysed(path: Path, packets: Sequence[Packet]) -> Analysis:
    wrpcap(str(path), packets)
    analysis = Analysis([path], path.parent)
    analysis.load(CancelToken())
    analysis.know_packets()
    return analysis


def over_ipv4(payload: bytes) -> Packet:
    return IP(src="10.0.0.1", dst="10.0.0.2", id=7) / UDP(sport=5060, dport=5062) / payload


def test_the_error_names_the_message_that_it_quotes(tmp_path: Path) -> None:
    quoted = bytes(over_ipv4(invite(2)))[:80]
    error = IP(src="10.0.0.254", dst="10.0.0.1") / ICMP(type=3, code=3) / quoted
    packets = [ETHER / over_ipv4(invite(number)) for number in (1, 2, 3)] + [ETHER / error]
    analysis = analysed(tmp_path / "icmp.pcap", packets)
    snapshot = analysis.snapshot
    assert len(snapshot.messages) == 3
    assert {row: seen.facts.call_id for row, seen in analysis.quoted.items()} == {3: "2"}
    assert snapshot.index is not None
    line = packet_line(snapshot.index, 3, {}, analysis.quoted)
    assert line.protocol == "ICMP"
    assert "port unreachable" in line.info
    assert "about INVITE sip:2@10.0.0.2 in frame 2" in line.info
    analysis.close()


def test_eight_bytes_of_a_quotation_are_enough_to_find_the_ends(tmp_path: Path) -> None:
    error = IP(src="10.0.0.254", dst="10.0.0.1") / ICMP(type=11, code=0) / bytes(over_ipv4(invite(1)))[:28]
    analysis = analysed(tmp_path / "icmp.pcap", [ETHER / over_ipv4(invite(1)), ETHER / error])
    assert [seen.facts.call_id for seen in analysis.quoted.values()] == ["1"]
    analysis.close()


def test_ipv6(tmp_path: Path) -> None:
    packet = IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=5060, dport=5060) / invite(1)
    error = IPv6(src="2001:db8::2", dst="2001:db8::1") / ICMPv6DestUnreach(code=4) / bytes(packet)
    analysis = analysed(tmp_path / "icmp.pcap", [ETHER / packet, ETHER / error])
    assert [seen.facts.call_id for seen in analysis.quoted.values()] == ["1"]
    assert len(analysis.snapshot.messages) == 1
    analysis.close()


def markers(path: Path, packets: Sequence[Packet]) -> list[str]:
    """The words behind the arrows of the ladder of the only call."""
    analysis = analysed(path, packets)
    try:
        ladders, (call,) = Ladders(analysis), analysis.snapshot.conversations.calls
        picture = lay_out(ladders.events(call.messages), LadderOptions(), FontTableMeasure())
        return [arrow.marker for arrow in picture.arrows]
    finally:
        analysis.close()


def about(payload: bytes, kind: int, code: int = 0) -> Packet:
    return ETHER / IP(src="10.0.0.254", dst="10.0.0.1") / ICMP(type=kind, code=code) / bytes(over_ipv4(payload))


def test_the_ladder_says_at_its_arrow_what_did_not_arrive(tmp_path: Path) -> None:
    call = ETHER / over_ipv4(invite(1))
    refused = about(invite(1), 3, 3)
    assert markers(tmp_path / "a.pcap", [call, refused, call, refused]) == ["port unreachable", "repeated, port unreachable"]
    assert markers(tmp_path / "b.pcap", [call, about(invite(1), 11)]) == ["time exceeded"]


def test_what_was_passed_on_all_the_same_and_what_is_about_others_is_not_marked(tmp_path: Path) -> None:
    call = ETHER / over_ipv4(invite(1))
    others = [about(invite(1), 5, 1), about(invite(1), 4), about(b"OPTIONS sip:x SIP/2.0\r\n", 3, 3)]
    assert markers(tmp_path / "c.pcap", [call, *others]) == [""]


def test_a_flood_of_pings_does_not_stop_the_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoted, "_MOST_LOOKED_AT", 2)
    call, ping = ETHER / over_ipv4(invite(1)), ETHER / IP(src="10.0.0.1", dst="10.0.0.9") / ICMP()
    refused = about(invite(1), 3, 3)
    assert markers(tmp_path / "d.pcap", [call, ping, refused]) == ["port unreachable"]
    assert markers(tmp_path / "e.pcap", [call, ping, ping, refused]) == [""]
    assert markers(tmp_path / "f.pcap", [ping, ping, call, refused]) == ["port unreachable"]  # those before are not looked at


def test_errors_about_what_is_not_there_end_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quoted, "_MOST_COMPARED", 5)
    calls = [ETHER / over_ipv4(invite(number)) for number in (1, 2)]
    nothing, second = about(b"OPTIONS sip:x SIP/2.0\r\n", 3, 3), about(invite(2), 3, 3)
    for errors, known in (([nothing, second], {3: "2"}), ([nothing, nothing, nothing, second], {})):
        analysis = analysed(tmp_path / f"{len(errors)}.pcap", [*calls, *errors])
        assert {row: seen.facts.call_id for row, seen in analysis.quoted.items()} == known
        analysis.close()


@pytest.mark.parametrize("kind", [0, 8])
def test_an_echo_quotes_nothing(kind: int) -> None:
    assert quotation(bytes(ICMP(type=kind)) + bytes(over_ipv4(invite(1))), version_6=False) is None


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_end_in_order(data: bytes, version_6: bool) -> None:
    quotation(data, version_6=version_6)
