"""What is missing or of no use in a stream that carries SIP is told, with the packet and the number where it stands."""

from pathlib import Path

import pytest
from scapy.layers.inet import IP
from scapy.layers.sctp import SCTP, SCTPChunkData

from sipview.index import connections
from sipview.index.columns import PacketIndex
from sipview.index.reading import Reading
from sipview.streams import assembly
from sipview.values import CancelToken, Transport
from tests.support.captures import every_ms, open_file, pcap, sip, write
from tests.support.traps import DIALOGUE, NAMES, PHONE, SERVER, Connection, link, trap, websocket_frame
from tests.support.tshark import fields

GARBAGE = b"\x00\x01 what is this?\r\n"


def index_of(path: Path, key_log: bytes = b"") -> PacketIndex:
    """The index of a capture that was read to its end."""
    reading = Reading([open_file(path)], key_log)
    for _ in reading.steps(CancelToken()):
        pass
    return reading.finish().index


def gaps(path: Path, key_log: bytes = b"") -> list[tuple[int, int | None, int, bool]]:
    """Frame number, sequence number, bytes, and whether those were captured."""
    found = (one.gap for one in index_of(path, key_log).stream_gaps)
    return [(gap.row + 1, gap.sequence, gap.size, gap.captured) for gap in found]


def gaps_by_tshark(path: Path) -> list[tuple[int, int, int, bool]]:
    """The same of what tshark finds missing: it marks the segment behind a hole."""
    options = ("-o", "tcp.relative_sequence_numbers:FALSE")
    names = ("frame.number", "tcp.stream", "tcp.srcport", "tcp.seq", "tcp.nxtseq", "tcp.analysis.lost_segment")
    expected: dict[tuple[str, str], int] = {}
    found = []
    for number, stream, port, sequence, following, lost in fields(path, *names, display_filter="tcp", options=options):
        at = expected.get((stream, port), int(sequence))
        if lost:
            found.append((int(number), at, int(sequence) - at, False))
        expected[stream, port] = int(following or sequence)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_said_of_streams_that_are_whole(tmp_path: Path, name: str) -> None:
    one = trap(name)
    assert gaps(write(tmp_path / "trap.pcap", one.pcap), one.key_log) == []


@pytest.mark.needs_tshark
def test_what_is_missing_is_what_tshark_misses(tmp_path: Path) -> None:
    connection = Connection()
    frames = connection.open()
    for number in range(60):
        frame = connection.send(number % 2, sip("MESSAGE", f"{number}@x", bytes(range(65, 65 + number % 26)) * 20))
        if number not in {7, 20, 22, 24, 41, 59}:
            frames.append(frame)
    path = write(tmp_path / "holes.pcap", pcap(every_ms(frames)))
    found = [gap for gap in gaps(path) if not gap[3]]
    assert found == gaps_by_tshark(path)
    assert len(found) == 3  # 20, 22 and 24 follow one another on their side; behind the last one nothing came


@pytest.mark.needs_tshark
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("TLS")][-2:])
def test_a_hole_under_tls_is_told_too(tmp_path: Path, name: str) -> None:
    one = trap(name)
    path = write(tmp_path / "tls.pcap", pcap([*one.packets[:-2], one.packets[-1]]))
    missing = gaps_by_tshark(path)
    assert [gap for gap in gaps(path, one.key_log) if not gap[3]] == missing


def test_a_hole_that_a_later_segment_fills_is_none(tmp_path: Path) -> None:
    connection = Connection()
    frames = connection.open() + [connection.send(0, said.data) for said in DIALOGUE]
    frames[4], frames[5] = frames[5], frames[4]
    assert gaps(write(tmp_path / "late.pcap", pcap(every_ms(frames)))) == []


def test_bytes_between_messages_are_told_but_keep_alives_are_not(tmp_path: Path) -> None:
    connection = Connection()
    frames = connection.open()
    at = 1001 + len(DIALOGUE[0].data)
    frames += [connection.send(0, data) for data in (DIALOGUE[0].data, GARBAGE + DIALOGUE[3].data, b"\r\n\r\n")]
    frames += [connection.send(0, DIALOGUE[4].data)]
    assert gaps(write(tmp_path / "garbage.pcap", pcap(every_ms(frames)))) == [(5, at, len(GARBAGE), True)]


def test_a_capture_that_begins_amid_a_message_tells_of_its_rest(tmp_path: Path) -> None:
    connection = Connection(at=[5000, 9000])
    rest = DIALOGUE[0].data[-300:]
    frames = [connection.send(0, rest), connection.send(0, DIALOGUE[3].data)]
    assert gaps(write(tmp_path / "amid.pcap", pcap(every_ms(frames)))) == [(1, 5000, len(rest), True)]


def test_nothing_is_said_of_connections_that_carry_no_sip(tmp_path: Path) -> None:
    connection = Connection(ports=(40000, 80))
    frames = connection.open()
    frames.append(connection.send(0, b"GET / HTTP/1.1\r\nUser-Agent: SIP/2.0\r\n\r\n"))
    connection.send(0, bytes(500))
    frames.append(connection.send(0, bytes(500)))
    assert gaps(write(tmp_path / "http.pcap", pcap(every_ms(frames)))) == []


def test_a_websocket_message_without_its_end_and_bytes_that_are_no_frame(tmp_path: Path) -> None:
    connection = Connection(ports=(40000, 8088), at=[70_000, 90_000])
    begun = b"\x01\x14" + b"INVITE sip:b@x SIP/2"  # a text frame with more to come
    frames = [connection.send(0, websocket_frame(DIALOGUE[0].data, masked=True)), connection.send(0, begun)]
    frames += [connection.send(1, websocket_frame(DIALOGUE[1].data, masked=False)), connection.send(1, b"\x70" + bytes(49))]
    found = gaps(write(tmp_path / "ws.pcap", pcap(every_ms(frames))))
    assert [(frame, size, captured) for frame, _, size, captured in found] == [(2, 20, True), (4, 50, True)]


def test_a_part_of_an_sctp_message_whose_rest_is_missing(tmp_path: Path) -> None:
    def chunk(data: bytes, tsn: int, *, begin: bool = True, end: bool = True) -> bytes:
        data_chunk = SCTPChunkData(tsn=tsn, beginning=begin, ending=end, stream_id=1, data=data)
        return bytes(link(0) / IP(src=PHONE, dst=SERVER) / SCTP(sport=5060, dport=5060, tag=1) / data_chunk)

    invite = DIALOGUE[0].data
    frames = [chunk(DIALOGUE[3].data, 100), chunk(invite[:500], 101, end=False), chunk(invite[900:], 103, begin=False)]
    path = write(tmp_path / "sctp.pcap", pcap(every_ms(frames)))
    assert gaps(path) == [(2, 101, 500, True), (3, 103, len(invite) - 900, True)]
    assert {one.transport for one in index_of(path).stream_gaps} == {Transport.SCTP}


def test_the_number_of_gaps_that_are_told_of_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_GAPS", 5)
    frames = []
    for port in range(40_000, 40_009):
        connection = Connection(ports=(port, 5060))
        frames += connection.open() + [connection.send(0, said.data) for said in (DIALOGUE[0], DIALOGUE[3])]
        connection.send(0, b"lost")
        frames.append(connection.send(0, DIALOGUE[4].data))
    index = index_of(write(tmp_path / "many.pcap", pcap(every_ms(frames))))
    assert len(index.stream_gaps) == 5
    assert index.more_stream_gaps == 4


def test_the_rest_of_a_message_behind_a_hole_is_told_with_the_hole(tmp_path: Path) -> None:
    connection = Connection()
    frames = [*connection.open(), connection.send(0, DIALOGUE[0].data)]
    connection.send(0, DIALOGUE[3].data[:100])
    rest = DIALOGUE[3].data[100:]
    frames.append(connection.send(0, rest + DIALOGUE[4].data))
    at = 1001 + len(DIALOGUE[0].data)
    told = [(5, at, 100, False), (5, at + 100, len(rest), True)]
    assert gaps(write(tmp_path / "hole.pcap", pcap(every_ms(frames)))) == told


def test_a_message_given_up_at_the_bound_is_told_though_it_is_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "MOST_UNREAD_BYTES", 20_000)
    connection = Connection()
    frames = connection.open()
    endless = sip("MESSAGE", "endless@x").replace(b"Content-Length: 0", b"Content-Length: 4000000") + bytes(1000)
    frames.append(connection.send(0, endless))
    frames += [connection.send(0, bytes(1400)) for _ in range(20)]
    [(frame, sequence, size, captured)] = gaps(write(tmp_path / "endless.pcap", pcap(every_ms(frames))))
    assert (frame, sequence, size, captured) == (4, 1001, len(endless) + 20 * 1400, True)
