"""Which packets belong to a call: held against what tshark finds, and against every way in which messages travel."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

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
