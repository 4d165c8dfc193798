"""SIP over SCTP that UDP carries (RFC 6951): held against tshark, which knows it by the same port."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from scapy.layers.inet import UDP
from scapy.layers.sctp import SCTP, SCTPChunkData, SCTPChunkSACK
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.index import PacketIndex, Protocol, reading
from sipview.index.headers import all_headers
from sipview.index.reading import Candidate
from sipview.values import CancelToken
from tests.support.captures import Packet, every_ms, open_file, pcap, sip, write
from tests.support.traps import DIALOGUE, PHONE, SERVER, internet, link
from tests.support.tshark import fields

ENCAPSULATION = 9899


def framed(side: int, *chunks: Layers, port: int = ENCAPSULATION) -> bytes:
    """A packet of that side with these chunks."""
    packet = SCTP(sport=5060 + side, dport=5061 - side, tag=7)
    for chunk in chunks:
        packet = packet / chunk
    return bytes(link(side) / internet(side) / UDP(sport=port, dport=port) / packet)


def data(tsn: int, content: bytes, *, begin: bool = True, end: bool = True) -> Layers:
    return SCTPChunkData(tsn=tsn, beginning=begin, ending=end, stream_id=1, data=content)


def read(path: Path) -> tuple[PacketIndex, list[Candidate]]:
    found: list[Candidate] = []
    for step in reading.read([open_file(path)], CancelToken()):
        index = step.index
        found += step.candidates
    return index, found


def capture(path: Path, frames: Iterable[bytes]) -> Path:
    return write(path, pcap(every_ms(frames)))


@pytest.mark.needs_tshark
def test_a_call_is_what_tshark_sees(tmp_path: Path) -> None:
    sack = SCTPChunkSACK(cumul_tsn_ack=1, a_rwnd=1000)
    frames = [framed(said.side, sack, data(10 + number, said.data)) for number, said in enumerate(DIALOGUE)]
    path = capture(tmp_path / "call.pcap", frames)
    index, found = read(path)
    assert [(one.row, one.data) for one in found] == list(enumerate(said.data for said in DIALOGUE))
    assert {str(one.transport) for one in found} == {"SCTP"}
    names = ("frame.number", "sctp.srcport", "sctp.dstport", "sip.CSeq")
    of_ours = [
        (str(number + 1), str(index.source_port[number]), str(index.destination_port[number]), said.data)
        for number, said in enumerate(DIALOGUE)
    ]
    of_theirs = fields(path, *names, display_filter="sip")
    assert [one[:3] for one in of_theirs] == [one[:3] for one in of_ours]
    assert all(f"CSeq: {cseq}".encode() in one[3] for (*_, cseq), one in zip(of_theirs, of_ours, strict=True))


def test_both_headers_are_known_to_a_filter(tmp_path: Path) -> None:
    index, _ = read(capture(tmp_path / "call.pcap", [framed(0, data(1, sip()))]))
    _, transports = all_headers(index, 1)
    assert list(zip(transports.number.tolist(), transports.source.tolist(), strict=True)) == [(17, ENCAPSULATION), (132, 5060)]


def test_a_message_over_two_packets_and_two_in_one(tmp_path: Path) -> None:
    invite = DIALOGUE[0].data
    frames = [
        framed(0, data(1, invite[:701], end=False)), framed(0, data(2, invite[701:], begin=False)),
        framed(1, data(5, DIALOGUE[1].data), data(6, DIALOGUE[2].data)),
    ]  # fmt: skip
    index, found = read(capture(tmp_path / "parts.pcap", frames))
    assert [(one.rows, one.data) for one in found] == [
        ((0, 1), invite), ((2,), DIALOGUE[1].data), ((2,), DIALOGUE[2].data)
    ]  # fmt: skip
    assert (found[0].source.address, found[0].destination.address) == (PHONE, SERVER)
    assert index.stream_gaps == ()


def test_what_is_no_sctp_on_that_port_stays_what_it_is(tmp_path: Path) -> None:
    whole = framed(0, data(1, sip()))
    payload = whole[42:]
    other = payload[:12] + b"\xf0" + payload[13:]  # a type of chunk that does not exist
    short = payload[:-4]  # the chunk claims more than there is
    frames = [bytes(link(0) / internet(0) / UDP(sport=4000, dport=9899) / Raw(content)) for content in (other, short, sip())]
    index, found = read(capture(tmp_path / "other.pcap", frames))
    assert [Protocol(number) for number in index.protocol] == [Protocol.UDP, Protocol.UDP, Protocol.SIP]
    assert [one.row for one in found] == [2]


def test_a_packet_that_was_captured_in_part(tmp_path: Path) -> None:
    whole = framed(0, data(1, sip()))
    packets = [Packet(0, whole[:size], len(whole)) for size in range(len(whole))]
    index, _ = read(write(tmp_path / "cut.pcap", pcap(packets)))
    assert index.count == len(whole)
    assert (index.payload_start + index.payload_length <= index.captured).all()
    assert index.source_port[-1] == 5060
