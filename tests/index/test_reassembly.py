"""Messages that no packet holds whole come out of real captures once, with the packets that carry them."""

from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1Q
from scapy.layers.sctp import SCTP, SCTPChunkData
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.calls import CallState
from sipview.index import Candidate, reading
from sipview.index.reading import Reading
from sipview.session import Analysis
from sipview.session import Reading as HowToRead
from sipview.streams.assembly import MOST_PUSHES_WAITING
from sipview.values import CancelToken, Transport
from tests.support.captures import Packet, every_ms, open_file, pcap, sip, tcp, udp, write
from tests.support.traps import DIALOGUE, NAMES, PHONE, SERVER, Connection, fragments, link, trap, websocket_frame


def read(path: Path) -> tuple[list[Candidate], Reading]:
    """The candidates of a capture, in the order they come, and the reading that gave them."""
    reading = Reading([open_file(path)])
    found = [candidate for step in reading.steps(CancelToken()) for candidate in step.candidates]
    return found + list(reading.finish().candidates), reading


def messages(tmp_path: Path, frames: list[bytes]) -> list[bytes]:
    """The messages in these frames."""
    found, _ = read(write(tmp_path / "frames.pcap", pcap(every_ms(frames))))
    return [candidate.data for candidate in found]


@pytest.mark.parametrize("name", NAMES)
def test_each_trap_gives_its_messages_and_one_completed_call(tmp_path: Path, name: str) -> None:
    one = trap(name)
    path, log = write(tmp_path / "trap.pcap", one.pcap), write(tmp_path / "keys.log", one.key_log)
    analysis = Analysis([path], tmp_path / "spool", reading=HowToRead(key_log=log))
    try:
        snapshot = analysis.load(CancelToken())
        assert len(snapshot.messages) == one.messages
        assert {seen.transport for seen in snapshot.messages} == {one.transport}
        found = [analysis.message_data(seen.position).replace(b"\r\n", b"\n") for seen in snapshot.messages]
        sent = [said.data.replace(b"\r\n", b"\n") for said in DIALOGUE]
        assert [data for data in found if data in sent] == sent
        assert CallState.COMPLETED in {call.state for call in snapshot.conversations.calls}
        phone = {"2001:db8::1" if "IPv6" in name else PHONE}
        assert {seen.source.address for seen in snapshot.messages if seen.facts.method == "INVITE"} == phone
        assert snapshot.problems == ()
    finally:
        analysis.close()


def test_the_secrets_of_a_pcapng_file_open_its_connections(tmp_path: Path) -> None:
    for name in NAMES:
        if trap(name).key_log:
            found, _ = read(write(tmp_path / "trap.pcapng", trap(name).pcapng))
            assert [candidate.data for candidate in found] == [said.data for said in DIALOGUE]


def test_a_message_names_the_packet_that_completes_it_and_all_that_carry_it(tmp_path: Path) -> None:
    connection = Connection()
    frames = connection.open()
    data = DIALOGUE[0].data
    frames += [connection.send(0, data[:500]), connection.send(1, b""), connection.send(0, data[500:900])]
    frames += [connection.send(0, data[900:] + DIALOGUE[3].data)]
    found, _ = read(write(tmp_path / "tcp.pcap", pcap(every_ms(frames))))
    assert [(one.row, one.rows, one.frame_offset is None) for one in found] == [(6, (3, 5, 6), True), (6, (6,), False)]
    (invite, ack) = found
    assert str(invite.source) == f"{PHONE}:40000"
    assert str(invite.destination) == f"{SERVER}:5060"
    assert ack.frame_offset is not None
    assert frames[6][ack.frame_offset :].startswith(b"ACK ")


def test_fragments_name_their_packets(tmp_path: Path) -> None:
    frames = fragments()
    swapped = [frames[1], frames[0], *frames[2:]]
    for order, rows in ((frames, (0, 1)), (swapped, (1, 0))):
        found, _ = read(write(tmp_path / "parts.pcap", pcap(every_ms(order))))
        assert (found[0].row, found[0].rows) == (1, rows)
        assert found[0].data == DIALOGUE[0].data


def parts_of(packet: Layers, size: int) -> list[Layers]:
    """An IPv4 packet in fragments."""
    payload = bytes(packet.payload)
    return [
        IP(
            src=packet.src,
            dst=packet.dst,
            proto=packet.proto,
            id=9,
            flags="MF" if at + size < len(payload) else 0,
            frag=at // 8,
        )
        / Raw(payload[at : at + size])
        for at in range(0, len(payload), size)
    ]


def built(packet: Layers) -> Layers:
    """The packet with its computed fields filled in."""
    return IP(bytes(packet))


def test_fragments_inside_and_outside_of_tunnels(tmp_path: Path) -> None:
    said = DIALOGUE[0].data
    inner = built(IP(src=PHONE, dst=SERVER) / UDP(sport=5060, dport=5060) / Raw(said))
    tunnel = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=50000, dport=4789, chksum=0) / VXLAN(vni=1, flags=8)
    inside = [bytes(link(0) / tunnel / link(0) / part) for part in parts_of(inner, 800)]
    outside = [bytes(link(0) / part) for part in parts_of(built(IP(src="192.0.2.1", dst="192.0.2.2") / GRE() / inner), 800)]
    tagged = [bytes(link(0) / Dot1Q(vlan=3) / part) for part in parts_of(inner, 800)]
    for frames in (inside, outside, tagged, inside[::-1], outside[::-1]):
        assert messages(tmp_path, frames) == [said]


def test_fragments_of_a_tunnel_that_carries_fragments(tmp_path: Path) -> None:
    inner = built(IP(src=PHONE, dst=SERVER) / UDP(sport=5060, dport=5060) / Raw(DIALOGUE[0].data))
    frames = []
    for number, part in enumerate(parts_of(inner, 1200)):
        outer = built(IP(src="192.0.2.1", dst=f"192.0.2.{number + 2}") / GRE() / part)
        frames += [bytes(link(0) / piece) for piece in parts_of(outer, 400)]
    assert messages(tmp_path, frames) == [DIALOGUE[0].data]


def test_without_its_first_fragment_a_datagram_is_lost_and_told(tmp_path: Path) -> None:
    found, reading = read(write(tmp_path / "parts.pcap", pcap(every_ms(fragments()[1:]))))
    assert [candidate.data for candidate in found] == [said.data for said in DIALOGUE[1:]]
    (lost,) = reading.reassembly.lost_fragments
    assert (lost.rows, lost.first) == ((0,), False)


def test_without_its_last_fragment_the_beginning_is_given(tmp_path: Path) -> None:
    frames = fragments()
    found, reading = read(write(tmp_path / "parts.pcap", pcap(every_ms([frames[0], *frames[2:]]))))
    (cut,) = [candidate.data for candidate in found if candidate.data.startswith(b"INVITE")]
    assert DIALOGUE[0].data.startswith(cut)
    assert len(cut) > 1000
    (lost,) = reading.reassembly.lost_fragments
    assert lost.first


def test_a_datagram_lost_a_minute_before_is_not_mixed_with_one_of_the_same_identification(tmp_path: Path) -> None:
    first, last = fragments()[:2]
    other = first.replace(b"INVITE ", b"NOTIFY ")
    begun_ns = 1_700_000_000_000_000_000
    for apart_s, whole in ((90, DIALOGUE[0].data), (1, DIALOGUE[0].data.replace(b"INVITE ", b"NOTIFY ", 1))):
        behind_ns = begun_ns + apart_s * 1_000_000_000
        packets = [Packet(begun_ns, other), Packet(behind_ns, last), Packet(behind_ns + 1000, first)]
        found, reading = read(write(tmp_path / "parts.pcap", pcap(packets)))
        assert [one.data for one in found if len(one.rows) == 2] == [whole]
        assert len(reading.reassembly.lost_fragments) == int(apart_s == 90)


def test_a_connection_may_be_in_ipv6_in_tags_and_in_tunnels(tmp_path: Path) -> None:
    data = DIALOGUE[0].data
    outers: list[Layers] = [
        link(0) / IPv6(src="2001:db8::1", dst="2001:db8::2"),
        link(0) / Dot1Q(vlan=3) / IP(src=PHONE, dst=SERVER),
        link(0) / IP(src="192.0.2.1", dst="192.0.2.2") / GRE() / IP(src=PHONE, dst=SERVER),
    ]
    for outer in outers:
        segments = [(0, data[:700]), (700, data[700:])]
        frames = [
            bytes(outer / TCP(sport=40000, dport=5060, seq=77 + at, flags="PA") / Raw(piece))
            for at, piece in reversed(segments)
        ]
        assert messages(tmp_path, frames) == [data]


def test_a_port_that_is_used_again_is_a_new_connection(tmp_path: Path) -> None:
    frames = []
    for number in range(3):
        connection = Connection()
        frames += connection.open()
        connection.at = [1001, 9001]
        frames += [connection.send(0, sip("MESSAGE", f"{number}@x", b"x" * number))]
    # the same sequence numbers each time: a new SYN with the same number is the old one sent again
    found = messages(tmp_path, frames)
    assert found[0] == sip("MESSAGE", "0@x")
    again = Connection(at=[5_000_001, 1])
    syn = again.segment(0, b"", -1, "S")
    assert messages(tmp_path, [*frames, syn, again.send(0, sip("MESSAGE", "9@x"))])[-1] == sip("MESSAGE", "9@x")


def test_a_capture_that_begins_in_mid_stream_goes_on_with_the_next_message(tmp_path: Path) -> None:
    connection = Connection(at=[123_456_789, 1])
    stream = DIALOGUE[0].data + sip("INFO", "1@x") + sip("INFO", "2@x")
    frames = [connection.send(0, stream[at : at + 300]) for at in range(0, len(stream), 300)]
    assert messages(tmp_path, frames[2:]) == [sip("INFO", "1@x"), sip("INFO", "2@x")]


def test_behind_a_lost_segment_messages_come_again(tmp_path: Path) -> None:
    connection = Connection()
    opening = connection.open()
    sent = [sip("INFO", f"{number}@x", b"b" * 50) for number in range(MOST_PUSHES_WAITING + 20)]
    frames = [connection.send(0, data) for data in sent]
    found = messages(tmp_path, [*opening, *frames[:3], *frames[4:]])
    assert found == sent[:3] + sent[4:]


def test_keep_alives_are_no_messages(tmp_path: Path) -> None:
    connection = Connection()
    frames = connection.open()
    for _ in range(30):
        frames += [connection.send(0, b"\r\n\r\n"), connection.send(1, b"\r\n")]
    frames.append(connection.send(0, sip("INFO", "1@x")))
    assert messages(tmp_path, frames) == [sip("INFO", "1@x")]


def test_sip_that_begins_late_in_a_connection_is_found(tmp_path: Path) -> None:
    """After so many segments of something else that the connection was given up."""
    connection = Connection(ports=(40000, 8080))
    frames = connection.open() + [connection.send(0, b"something else " * 20) for _ in range(60)]
    frames += [connection.send(0, sip("INFO", "1@x")), connection.send(0, sip("INFO", "2@x"))]
    assert messages(tmp_path, frames) == [sip("INFO", "1@x"), sip("INFO", "2@x")]


@pytest.mark.parametrize("port", [5060, 7000])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 16, 17, 23, 40])
def test_a_message_in_segments_however_small(tmp_path: Path, port: int, size: int) -> None:
    sent = [sip("INVITE", "1@x"), sip("ACK", "2@x"), sip("BYE", "3@x")]
    stream = b"".join(sent)
    starts = range(0, len(stream), size)
    frames = [tcp("10.0.0.1/40000", f"10.0.0.2/{port}", stream[at : at + size], sequence=1 + at) for at in starts]
    assert messages(tmp_path, frames) == sent


@pytest.mark.parametrize("masked", [True, False])
def test_a_websocket_that_was_idle_for_long(tmp_path: Path, *, masked: bool) -> None:
    """Its upgrade was not captured, and more pings than an undecided connection has segments came before the first message."""
    ping, pong = bytes((0x89, 0x84)) + b"keysPING", bytes((0x8A, 4)) + b"PONG"
    connection = Connection(ports=(40000, 443))
    connection.open()
    frames: list[bytes] = []
    for _ in range(400):
        frames += [connection.send(0, ping), connection.send(1, pong)]
    frames += [connection.send(0, websocket_frame(sip("INFO", f"{number}@x"), masked=masked)) for number in range(2)]
    assert messages(tmp_path, frames) == [sip("INFO", "0@x"), sip("INFO", "1@x")]


def test_a_websocket_whose_capture_begins_in_the_middle_of_a_frame(tmp_path: Path) -> None:
    sent = [sip("INFO", f"{number}@x") for number in range(4)]
    frames = [websocket_frame(one, masked=number % 2 == 1) for number, one in enumerate(sent)]
    stream = frames[0][50:] + b"".join(frames[2::2])
    segments = [tcp("10.0.0.2/443", "10.0.0.1/40000", stream[: len(frames[0]) - 50], sequence=1)]
    segments += [tcp("10.0.0.1/40000", "10.0.0.2/443", frames[1], sequence=9)]
    segments += [tcp("10.0.0.2/443", "10.0.0.1/40000", stream[len(frames[0]) - 50 :], sequence=1 + len(frames[0]) - 50)]
    assert messages(tmp_path, segments) == sent[1:3]


def test_sctp_may_come_in_fragments_of_ip(tmp_path: Path) -> None:
    sent = sip("INVITE", "1@x", body=b"v=0\r\n" * 600)
    packet = bytes(SCTP(sport=5060, dport=5060) / SCTPChunkData(data=sent, tsn=1, beginning=1, ending=1))
    frames = [
        bytes(
            link(0) / IP(src=PHONE, dst=SERVER, id=7, proto=132, frag=at // 8, flags=int(at + 1400 < len(packet))) / Raw(part)
        )
        for at in range(0, len(packet), 1400)
        for part in [packet[at : at + 1400]]
    ]
    assert len(frames) > 2
    found, _ = read(write(tmp_path / "sctp.pcap", pcap(every_ms(frames[::-1]))))
    assert [(one.data, one.transport, str(one.source)) for one in found] == [(sent, Transport.SCTP, f"{PHONE}:5060")]


def test_datagrams_and_connections_keep_the_order_of_the_capture(tmp_path: Path) -> None:
    connection = Connection()
    frames = connection.open()
    half = len(DIALOGUE[0].data) // 2
    frames.append(connection.send(0, DIALOGUE[0].data[:half]))
    frames.append(udp("10.9.9.9/5060", "10.9.9.8/5060", sip(call_id="between@x")))
    frames.append(connection.send(0, DIALOGUE[0].data[half:]))
    frames.append(udp("10.9.9.9/5060", "10.9.9.8/5060", sip(call_id="after@x")))
    assert messages(tmp_path, frames) == [sip(call_id="between@x"), DIALOGUE[0].data, sip(call_id="after@x")]


def test_a_websocket_of_many_segments_on_a_port_that_tells_nothing(tmp_path: Path) -> None:
    """All of them come in one batch of packets, and more than are looked at before a connection is decided on."""
    ids = [f"{number}@browser" for number in range(60)]
    stream = b"".join(websocket_frame(sip("ACK", call_id=one), masked=True) for one in ids)
    starts = range(0, len(stream), 120)
    frames = [tcp("10.0.0.1/40000", "10.0.0.2/8088", stream[at : at + 120], sequence=1 + at) for at in starts]
    found: list[Candidate] = []
    for step in reading.read([open_file(write(tmp_path / "ws.pcap", pcap(every_ms(frames))))], CancelToken()):
        found += step.candidates
    assert [one.data.partition(b"Call-ID: ")[2].partition(b"\r")[0].decode() for one in found] == ids
