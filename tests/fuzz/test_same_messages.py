"""However a capture is written, cut into batches or sent, the messages that come out are those that went in."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

from sipview.capture import chained
from sipview.session import Analysis
from sipview.values import CancelToken
from tests.support.captures import (
    Packet,
    every_ms,
    interface,
    old_packet,
    packet,
    pcap,
    pcapng,
    section,
    sip,
    udp,
    write,
)
from tests.support.traps import DIALOGUE, NAMES, PHONE, SERVER, link, trap

Seen = tuple[str, str, str, bytes]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("captures")


def messages(folder: Path, data: bytes, batch: int = chained.BATCH) -> list[Seen]:
    """The messages of a capture: ends, transport and bytes."""
    path = write(folder / "capture", data)
    usual, chained.BATCH = chained.BATCH, batch
    try:
        analysis = Analysis([path], folder / "spool")
        try:
            found = analysis.load(CancelToken()).messages
            return [
                (str(seen.source), str(seen.destination), seen.transport, analysis.message_data(seen.position))
                for seen in found
            ]
        finally:
            analysis.close()
    finally:
        chained.BATCH = usual


def ways(packets: tuple[Packet, ...], secrets: bytes) -> Iterator[bytes]:
    """The same packets in all formats and byte orders."""
    for order in "<>":
        if not secrets:
            yield pcap(packets, order=order)
            yield pcap(packets, order=order, nanoseconds=True)
            yield pcap(packets, order=order, modified=True)
        head = section(order) + interface(order, resolution=9)
        yield head + b"".join(old_packet(order, 0, one.time_ns, one.frame) for one in packets)
        yield pcapng(packets, order)
        middle = len(packets) // 2
        yield pcapng(packets[:middle], order) + pcapng(packets[middle:], "<" if order == ">" else ">")
        yield head + b"".join(packet(order, 0, one.time_ns, one.frame, comment="note " * n) for n, one in enumerate(packets))


@pytest.mark.parametrize("name", [name for name in NAMES if "TLS" not in name])
def test_every_way_to_write_a_capture_gives_the_same_messages(folder: Path, name: str) -> None:
    expected = messages(folder, trap(name).pcapng)
    assert len(expected) == trap(name).messages
    for data in ways(trap(name).packets, b""):
        assert messages(folder, data) == expected


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
@pytest.mark.parametrize("name", NAMES)
def test_the_size_of_a_batch_changes_nothing(folder: Path, name: str, batch: int) -> None:
    data = trap(name).pcapng
    assert messages(folder, data, batch) == messages(folder, data)


@given(data=st.data())
def test_of_a_cut_capture_the_first_messages_come(folder: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["plain UDP", "QinQ", "VXLAN", "bare LF", "SCTP"]))
    whole = trap(name).pcapng if data.draw(st.booleans()) else trap(name).pcap
    expected = messages(folder, whole)
    found = messages(folder, whole[: data.draw(st.integers(200, len(whole)))])
    assert found == expected[: len(found)]


@given(order=st.permutations(range(12)), start=st.integers(0, 3))
def test_datagrams_in_any_order_are_all_there(folder: Path, order: list[int], start: int) -> None:
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", b"\r\n" * start + sip(call_id=f"{number}@x")) for number in order]
    found = messages(folder, pcap(every_ms(frames)))
    assert [data for *_, data in found] == [sip(call_id=f"{number}@x") for number in order]


# TCP


@st.composite
def tcp_captures(draw: st.DrawFn) -> tuple[bytes, Counter[bytes]]:
    """Both sides of connections in segments of any size, some sent again or overlapping, a little out of order."""
    seed = random.Random(draw(st.integers(0, 1 << 32)))
    segments: list[tuple[float, bytes]] = []
    sent: Counter[bytes] = Counter()
    clock = 0.0
    for number in range(draw(st.integers(1, 3))):
        client = 40_000 + number
        base = [draw(st.integers(0, (1 << 32) - 1)), draw(st.sampled_from([0, 1, (1 << 32) - 700, (1 << 31) - 5]))]
        with_syn = draw(st.booleans())
        streams = [bytearray(), bytearray()]
        for turn in range(draw(st.integers(1, 4))):
            body = seed.randbytes(draw(st.sampled_from([0, 0, 10, 900])))
            message = sip("MESSAGE", f"{number}.{turn}@x", body)
            sent[message] += 1
            streams[turn % 2] += message + seed.choice([b"", b"\r\n", b"\r\n\r\n"])
        for side in (0, 1):
            ports = (client, 5060) if side == 0 else (5060, client)
            if with_syn:
                segments.append((clock, _segment(side, ports, base[side], b"", "S" if side == 0 else "SA")))
            at, stream, when = 0, bytes(streams[side]), clock + 1
            while at < len(stream):
                size = seed.choice([1, 7, 100, 500, 1400]) if len(segments) < 300 else 1400
                back = seed.choice([0, 0, 0, min(at, 3)])  # overlaps what was sent
                piece = stream[at - back : at + size]
                frame = _segment(side, ports, (base[side] + 1 + at - back) % (1 << 32), piece)
                when += 1
                # the first segment stays first where no SYN tells that it is
                disorder = seed.uniform(0, 3) if with_syn or at else 0
                segments.append((when + disorder, frame))
                if seed.random() < 0.15:
                    segments.append((when + disorder + seed.uniform(0, 4), frame))
                at += size
        clock += seed.choice([0, 5, 500])
    frames = [frame for _, frame in sorted(segments, key=lambda one: one[0])]
    return pcap(every_ms(frames)), sent


def _segment(side: int, ports: tuple[int, int], sequence: int, data: bytes, flags: str = "PA") -> bytes:
    ends = (PHONE, SERVER) if side == 0 else (SERVER, PHONE)
    header = TCP(sport=ports[0], dport=ports[1], seq=sequence, ack=1, flags=flags)
    return bytes(link(side) / IP(src=ends[0], dst=ends[1]) / header / (Raw(data) if data else b""))


@settings(max_examples=60)
@given(tcp_captures())
def test_segments_in_disorder_give_each_message_once(folder: Path, case: tuple[bytes, Counter[bytes]]) -> None:
    capture, sent = case
    assert Counter(data for *_, data in messages(folder, capture)) == sent


@settings(max_examples=25)
@given(tcp_captures(), st.sampled_from([1, 2, 7]))
def test_batches_cut_connections_anywhere(folder: Path, case: tuple[bytes, Counter[bytes]], batch: int) -> None:
    capture, sent = case
    assert Counter(data for *_, data in messages(folder, capture, batch)) == sent


# IP fragments


@st.composite
def fragmented(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Datagrams in fragments of any size, in any order, some twice, those of several datagrams mixed."""
    seed = random.Random(draw(st.integers(0, 1 << 32)))
    version = draw(st.sampled_from([4, 6]))
    sent, parts = [], []
    for number in range(draw(st.integers(1, 4))):
        message = sip("MESSAGE", f"{number}@x", seed.randbytes(draw(st.sampled_from([0, 500, 3000]))))
        sent.append(message)
        datagram = bytes(UDP(sport=5060, dport=5060, len=8 + len(message), chksum=1) / Raw(message))
        at, pieces = 0, []
        while at < len(datagram):
            size = 8 * seed.randint(4, 200)
            piece, more = datagram[at : at + size], at + size < len(datagram)
            pieces.append(_fragment(version, number + 1, at, piece, more=more))
            at += size
        again = [piece for piece in pieces if seed.random() < 0.1]
        if len(again) == len(pieces):  # it would be a datagram that was captured twice, and is two messages
            again.pop()
        parts += pieces + again
    seed.shuffle(parts)
    return pcap(every_ms(parts)), sent


def _fragment(version: int, identification: int, at: int, piece: bytes, *, more: bool) -> bytes:
    if version == 4:
        header = IP(src=PHONE, dst=SERVER, proto=17, id=identification, flags="MF" if more else 0, frag=at // 8)
        return bytes(link(0) / header / Raw(piece))
    extension = bytes((17, 0)) + (at | more).to_bytes(2, "big") + identification.to_bytes(4, "big")
    return bytes(link(0) / IPv6(src="fd00::1", dst="fd00::2", nh=44) / Raw(extension + piece))


@settings(max_examples=60)
@given(fragmented(), st.sampled_from([1, 3, chained.BATCH]))
def test_fragments_in_any_order_give_each_message_once(folder: Path, case: tuple[bytes, list[bytes]], batch: int) -> None:
    capture, sent = case
    assert sorted(data for *_, data in messages(folder, capture, batch)) == sorted(sent)


@given(data=st.data())
def test_flipped_bytes_harm_only_their_own_packet(folder: Path, data: st.DataObject) -> None:
    """In a capture of datagrams each stands for itself."""
    frames = [udp(f"10.0.0.{number}/5060", "10.0.1.1/5060", sip(call_id=f"{number}@x")) for number in range(1, 9)]
    victim = data.draw(st.integers(0, 7))
    frame = bytearray(frames[victim])
    for at in data.draw(st.lists(st.integers(0, len(frame) - 1), min_size=1, max_size=8)):
        frame[at] ^= data.draw(st.integers(1, 255))
    damaged = [*frames[:victim], bytes(frame), *frames[victim + 1 :]]
    found = {message for *_, message in messages(folder, pcap(every_ms(damaged)))}
    assert found >= {sip(call_id=f"{number}@x") for number in range(1, 9) if number != victim + 1}


def test_the_dialogue_of_the_traps_is_what_it_says() -> None:
    assert [said.data.split(b"\r\n")[0].split(b" ")[0] for said in DIALOGUE[::2]] == [b"INVITE", b"SIP/2.0", b"BYE"]
