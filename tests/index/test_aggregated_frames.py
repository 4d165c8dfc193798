"""Frames in a frame of IEEE 802.11 (A-MSDU): each of them may hold a message; held against tshark."""

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.index import PacketIndex, reading
from sipview.index.reading import Candidate
from sipview.values import CancelToken
from tests.support.captures import every_ms, open_file, pcap, sip, write
from tests.support.tshark import fields

WIRELESS, RADIOTAP = 105, 127
ENDS: dict[str, Any] = {"addr1": "02:00:00:00:00:01", "addr2": "02:00:00:00:00:02", "addr3": "02:00:00:00:00:03"}
HEADER = bytes(Dot11(type=2, subtype=8, FCfield=1, **ENDS) / Dot11QoS(A_MSDU_Present=1))


def message(number: int) -> bytes:
    return sip("MESSAGE", f"{number}@air", bytes(number))


def packet(number: int) -> Layers:
    network = IPv6(src="2001:db8::1", dst="2001:db8::2") if number % 2 else IP(src="10.0.0.1", dst="10.0.0.2")
    return network / UDP(sport=5060 + number, dport=5070) / Raw(message(number))


def aggregate(*packets: Layers) -> bytes:
    """One frame with these packets, each in a frame of its own that is filled up to 4 bytes but for the last."""
    parts = []
    for one in packets:
        kind = 0x0800 if isinstance(one, IP) else 0x86DD
        content = bytes.fromhex("aaaa03000000") + struct.pack(">H", kind) + bytes(one)
        parts.append(bytes(12) + struct.pack(">H", len(content)) + content)
    return HEADER + b"".join(part + bytes(-len(part) % 4) for part in parts[:-1]) + parts[-1]


def read(path: Path) -> tuple[PacketIndex, list[Candidate]]:
    found: list[Candidate] = []
    for step in reading.read([open_file(path)], CancelToken()):
        index = step.index
        found += step.candidates
    return index, found


@pytest.mark.needs_tshark
@pytest.mark.parametrize("link_type", [WIRELESS, RADIOTAP])
def test_each_message_is_found_as_by_tshark(tmp_path: Path, link_type: int) -> None:
    before = bytes(RadioTap()) if link_type == RADIOTAP else b""
    frames = [before + aggregate(*map(packet, numbers)) for numbers in ([0, 1, 2], [3], [4, 5])]
    path = write(tmp_path / "air.pcap", pcap(every_ms(frames), link_type=link_type))
    _, found = read(path)
    assert sorted((one.row, one.source.port, one.data) for one in found) == [
        (row, 5060 + number, message(number)) for row, number in ((0, 0), (0, 1), (0, 2), (1, 3), (2, 4), (2, 5))
    ]
    assert {(one.source.address, one.destination.address) for one in found} == {
        ("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")
    }  # fmt: skip
    of_theirs = [ids.split(",") for (ids,) in fields(path, "sip.Call-ID", occurrence="a")]
    assert [[f"{number}@air" for number in numbers] for numbers in ([0, 1, 2], [3], [4, 5])] == of_theirs


def test_a_stream_goes_on_in_the_second_frame_of_a_frame(tmp_path: Path) -> None:
    network, whole = IP(src="10.0.0.1", dst="10.0.0.2"), message(90)
    parts = [
        network / TCP(sport=40000, dport=5060, flags="PA", seq=1000 + at, ack=1) / Raw(whole[at : at + 100])
        for at in range(0, len(whole), 100)
    ]
    _, found = read(write(tmp_path / "air.pcap", pcap(every_ms([aggregate(packet(0), *parts)]), link_type=WIRELESS)))
    assert sorted(one.data for one in found) == sorted([message(0), whole])


@given(size=st.integers(0, 900), flips=st.lists(st.tuples(st.integers(0, 899), st.integers(0, 255)), max_size=6))
def test_damaged_frames_give_rows(tmp_path_factory: pytest.TempPathFactory, size: int, flips: list[tuple[int, int]]) -> None:
    frame = bytearray(aggregate(*map(packet, range(3))))
    for at, value in flips:
        frame[at % len(frame)] = value
    path = write(tmp_path_factory.mktemp("air") / "air.pcap", pcap(every_ms([bytes(frame[:size])]), link_type=WIRELESS))
    index, found = read(path)
    assert index.count == 1
    assert all(one.row == 0 for one in found)
