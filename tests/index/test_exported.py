"""Captures of link types that say more, or less, than packets: exported by tshark itself, logged by Linux, with a direction."""

import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.index import PacketIndex, reading
from sipview.index.reading import Candidate
from sipview.values import CancelToken
from tests.support.captures import every_ms, open_file, pcap, sip, write
from tests.support.needs import require_tool
from tests.support.traps import DIALOGUE, NAMES, PHONE, SERVER, trap
from tests.support.tshark import fields

NFLOG, PPP_WITH_DIRECTION, CISCO_WITH_DIRECTION, EXPORTED = 239, 204, 205, 252
FOUR, SIX = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="2001:db8::1", dst="2001:db8::2")


def read(path: Path) -> tuple[PacketIndex, list[Candidate]]:
    found: list[Candidate] = []
    for step in reading.read([open_file(path)], CancelToken()):
        index = step.index
        found += step.candidates
    return index, found


@pytest.mark.needs_tshark
@pytest.mark.parametrize(
    "name", ["plain UDP", "INVITE in two IPv6 fragments", "SCTP", *[name for name in NAMES if "TLS" in name]]
)
def test_what_tshark_exported_is_what_was_there(tmp_path: Path, name: str) -> None:
    one = trap(name)
    log = write(tmp_path / "keys.log", one.key_log)
    whole, path = write(tmp_path / "whole.pcap", one.pcap), tmp_path / "exported.pcapng"
    command = [require_tool("tshark"), "-r", str(whole), "-o", f"tls.keylog_file:{log}", "-U", "OSI layer 7", "-w", str(path)]
    subprocess.run([*command, "-Y", "sip"], check=True, capture_output=True, timeout=60)
    _, found = read(path)
    messages = [one for one in found if one.data]
    assert {one.data for one in messages} == {said.data for said in DIALOGUE}
    _, before = read(whole)
    if not one.key_log:  # what was in TLS it exports twice
        assert [(str(one.source), str(one.destination), one.transport) for one in messages] == [
            (str(one.source), str(one.destination), one.transport) for one in before
        ]
    else:
        assert {one.source.address for one in messages} == {PHONE, SERVER}
    assert [(str(one.row + 1),) for one in messages] == fields(path, "frame.number", display_filter="sip")


def tag(kind: int, value: bytes) -> bytes:
    return struct.pack(">HH", kind, len(value)) + value


ENDS = (
    tag(20, bytes((10, 0, 0, 1)))
    + tag(21, bytes((10, 0, 0, 2)))
    + tag(25, struct.pack(">I", 5060))
    + tag(26, struct.pack(">I", 5070))
)


@given(data=st.binary(max_size=80), cut=st.integers(0, 300), before=st.booleans())
def test_any_bytes_behind_tags_give_rows(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int, *, before: bool
) -> None:
    content = (data + ENDS if before else ENDS + data) + tag(0, b"") + sip()
    path = write(tmp_path_factory.mktemp("tags") / "tags.pcap", pcap(every_ms([content[:cut]]), link_type=EXPORTED))
    index, _ = read(path)
    assert index.count == 1
    assert int(index.payload_start[0]) + int(index.payload_length[0]) <= min(cut, len(content))


def logged(packet: Layers, order: str) -> bytes:
    """As the kernel logs it: the hardware's protocol, a prefix, a time, and the packet."""

    def field(kind: int, value: bytes) -> bytes:
        return struct.pack(order + "HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)

    family = 2 if isinstance(packet, IP) else 10
    head = struct.pack(">BBH", family, 0, 5)
    return head + field(1, b"\x08\0\1\0") + field(10, b"sip:\0") + field(3, bytes(16)) + field(9, bytes(packet))


@pytest.mark.needs_tshark
def test_link_types_of_linux_and_of_dialled_lines(tmp_path: Path) -> None:
    content = UDP(sport=5060, dport=5070) / Raw(sip("ACK"))
    frames = {
        "log": (NFLOG, [logged(FOUR / content, "<"), logged(SIX / content, "<"), logged(FOUR / content, ">")]),
        "dialled": (PPP_WITH_DIRECTION, [b"\0\xff\x03\0\x21" + bytes(FOUR / content), b"\1\x21" + bytes(FOUR / content)]),
        "serial": (CISCO_WITH_DIRECTION, [b"\1\x0f\0\x08\0" + bytes(FOUR / content)]),
    }
    for name, (link_type, packets) in frames.items():
        path = write(tmp_path / f"{name}.pcap", pcap(every_ms(packets), link_type=link_type))
        _, found = read(path)
        assert [one.data for one in found] == [sip("ACK")] * len(packets)
        assert {one.destination.port for one in found} == {5070}
        by_tshark = fields(path, "udp.dstport", display_filter="sip")
        # tshark takes the numbers of a log for its own computer's, and does not know the other direction of serial lines
        assert len(by_tshark) == {"log": 2, "dialled": 2, "serial": 0}[name]


@given(data=st.binary(max_size=120))
def test_any_bytes_in_a_log_give_rows(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = write(tmp_path_factory.mktemp("log") / "log.pcap", pcap(every_ms([b"\2\0\0\0" + data]), link_type=NFLOG))
    index, _ = read(path)
    assert index.count == 1
    assert int(index.payload_start[0]) + int(index.payload_length[0]) <= 4 + len(data)
