"""What is said of a capture's quality: only what is known, and where to look."""

from pathlib import Path

import pytest

from sipview.session import Analysis
from sipview.session.quality import Quality, Weight, assess
from sipview.values import CancelToken
from tests.support import captures
from tests.support.captures import Packet, udp
from tests.support.ether import ETHER
from tests.support.traps import Connection

ANNA, BEN = "10.0.0.1", "10.0.0.2"
SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
REQUEST = (
    b"OPTIONS sip:ben@pbx SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1\r\nFrom: <sip:anna@pbx>;tag=a\r\n"
    b"To: <sip:ben@pbx>\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)
ANSWER = REQUEST.replace(b"OPTIONS sip:ben@pbx SIP/2.0", b"SIP/2.0 200 OK").replace(b"pbx>\r\nCall", b"pbx>;tag=b\r\nCall")
THERE, BACK = (udp(f"{one}/5060", f"{other}/5060", what) for one, other, what in ((ANNA, BEN, REQUEST), (BEN, ANNA, ANSWER)))


def assessed(*paths: Path) -> Quality:
    analysis = Analysis(paths)
    try:
        quality = assess(analysis.load(CancelToken()))
        assert quality is not None
        return quality
    finally:
        analysis.close()


def of(tmp_path: Path, *packets: Packet) -> Quality:
    return assessed(captures.write(tmp_path / "it.pcap", captures.pcap(packets)))


def at(frame: bytes, ms: float, **more: int) -> Packet:
    return Packet(1_700_000_000_000_000_000 + round(ms * 1_000_000), frame, **more)


def kinds(quality: Quality) -> dict[str, Weight]:
    return {remark.kind: remark.weight for remark in quality.remarks}


def test_a_pcap_never_says_that_nothing_was_dropped(tmp_path: Path) -> None:
    quality = of(tmp_path, at(THERE, 0), at(BACK, 5))
    assert quality.weight is Weight.GOOD
    assert quality.verdict == "No gaps seen: both directions, nothing cut"
    assert kinds(quality)["drops"] is Weight.UNKNOWN


@pytest.mark.parametrize(
    ("dropped", "verdict", "weight"),
    [
        (0, "Capture complete: both directions, nothing dropped", Weight.GOOD),
        (7, "Capture with gaps: 7 packets dropped", Weight.BAD),
    ],
)
def test_a_pcapng_says_what_was_dropped(tmp_path: Path, dropped: int, verdict: str, weight: Weight) -> None:
    statistics = captures.block("<", 5, bytes(4 + 8) + captures.options("<", (5, dropped.to_bytes(8, "little"))))
    path = captures.write(tmp_path / "it.pcapng", captures.pcapng([at(THERE, 0), at(BACK, 5)]), statistics)
    quality = assessed(path)
    assert quality.verdict == verdict
    assert quality.weight is weight


def test_one_direction(tmp_path: Path) -> None:
    quality = of(tmp_path, at(THERE, 0), at(THERE, 500))
    assert quality.verdict == "Mind: no answers from 1 host"
    assert "10.0.0.1 → 10.0.0.2 (2)" in quality.remarks[0].sentence


def test_the_other_direction(tmp_path: Path) -> None:
    quality = of(tmp_path, at(BACK, 0))
    assert "answers without requests" in quality.verdict
    assert quality.weight is Weight.BAD


def test_an_answer_to_a_request_before_the_capture(tmp_path: Path) -> None:
    quality = of(tmp_path, at(BACK, 0), at(THERE.replace(b"bK1", b"bK2"), 9), at(BACK.replace(b"bK1", b"bK2"), 10))
    remark = next(remark for remark in quality.remarks if remark.kind == "orphans")
    assert "the first in frame 1" in remark.sentence


def test_packets_cut_by_the_snapshot_length(tmp_path: Path) -> None:
    quality = of(tmp_path, at(THERE, 0), at(BACK[:96], 5, length=len(BACK)))
    remark = next(remark for remark in quality.remarks if remark.kind == "cut")
    assert remark.weight is Weight.BAD
    assert "1 packet of 2" in remark.sentence
    assert "frame 2" in remark.sentence
    assert "96 bytes" in remark.sentence


def test_time_that_goes_backwards(tmp_path: Path) -> None:
    quality = of(tmp_path, at(THERE, 5000), at(BACK, 2000))
    remark = next(remark for remark in quality.remarks if remark.kind == "clock")
    assert "1 time" in remark.sentence
    assert "3.0 s" in remark.sentence
    assert "frame 2" in remark.sentence
    assert "clock" not in kinds(of(tmp_path, at(THERE, 0.3), at(BACK, 0)))


def test_messages_captured_twice_are_no_retransmissions(tmp_path: Path) -> None:
    assert "copies" in kinds(of(tmp_path, at(THERE, 0), at(THERE, 0.01), at(BACK, 5)))
    assert "copies" not in kinds(of(tmp_path, at(THERE, 0), at(THERE, 500), at(BACK, 505)))


def test_fragments_that_are_missing(tmp_path: Path) -> None:
    from scapy.layers.inet import IP
    from scapy.packet import Raw

    datagram = THERE[34:] + REQUEST * 6  # from the UDP header on; more than its length says does no harm
    pieces = [
        bytes(ETHER / IP(src=ANNA, dst=BEN, id=7, proto=17, flags="MF" * more, frag=start // 8) / Raw(datagram[start:end]))
        for start, end, more in ((0, 800, True), (800, len(datagram), False))
    ]
    assert "fragments" not in kinds(of(tmp_path, *(at(frame, ms) for ms, frame in enumerate(pieces))))
    assert kinds(of(tmp_path, at(pieces[0], 0), at(BACK, 1)))["fragments"] is Weight.BAD


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    whole = captures.pcap([at(THERE, 0), at(BACK, 5)])
    quality = assessed(captures.write(tmp_path / "cut.pcap", whole[:-20]))
    assert kinds(quality)["file"] is Weight.BAD
    assert "1 problem in the file" in quality.verdict


def test_the_sample_is_a_good_capture() -> None:
    quality = assessed(SAMPLES / "call-through-pbx.pcap")
    assert quality.weight in {Weight.GOOD, Weight.NOTE}


def test_no_packets_no_word(tmp_path: Path) -> None:
    analysis = Analysis([captures.write(tmp_path / "none.pcap", captures.pcap([]))])
    assert assess(analysis.load(CancelToken())) is None
    analysis.close()


def test_gaps_in_streams(tmp_path: Path) -> None:
    connection = Connection(at=[1, 1])
    before = [connection.send(0, REQUEST)]
    connection.send(0, REQUEST[:77])
    missing = [*before, connection.send(0, REQUEST)]
    whole = [*before, connection.send(1, ANSWER)]
    assert "streams" not in kinds(of(tmp_path, *(at(frame, ms) for ms, frame in enumerate(whole))))
    quality = of(tmp_path, *(at(frame, ms) for ms, frame in enumerate(missing)))
    (remark,) = (remark for remark in quality.remarks if remark.kind == "streams")
    assert (remark.weight, remark.short) == (Weight.BAD, "1 gap in streams")
    place = f"77 bytes before packet 2 (sequence number {1 + len(REQUEST)}) are not in the capture."
    assert remark.sentence.endswith(place)


def test_packets_of_a_network_that_is_not_known_are_told(tmp_path: Path) -> None:
    frame_relay, ethernet = captures.interface("<", 107), captures.interface("<")
    blocks = [captures.packet("<", number, 10**15, THERE) for number in (0, 1, 0)]
    mixed = captures.write(tmp_path / "mixed.pcapng", captures.section("<"), frame_relay, ethernet, *blocks)
    (remark,) = [each for each in assessed(mixed).remarks if each.kind == "links"]
    assert (remark.weight, remark.short) == (Weight.BAD, "2 packets of an unknown kind")
    assert "2 packets of link type 107" in remark.sentence
    unused = captures.write(tmp_path / "unused.pcapng", captures.section("<"), frame_relay, ethernet, blocks[1])
    assert not [each for each in assessed(unused).remarks if each.kind == "links"]
