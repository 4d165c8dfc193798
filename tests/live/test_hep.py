"""HEP: what sngrep sends as an agent, and datagrams of every kind, become packets that tshark reads as the messages copied."""

import gzip
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.capture.hep import Copied, decode
from sipview.live import Limits, Notice, Order, Source
from sipview.live.hep import Packets
from tests.support import tshark
from tests.support.captures import Packet, pcap, sip, write
from tests.support.hep import MICROSECONDS, SECONDS, chunk, hep2, hep3
from tests.support.needs import CHECKOUT, require_tool
from tests.support.network import capturing, private_network


def raw(path: Path, copied: list[Copied]) -> Path:
    """The packets in a pcap file of raw IP."""
    packets = Packets()
    return write(path, pcap([Packet((one.time_us or 0) * 1000, packets.packet(one)) for one in copied], link_type=101))


def decoded(datagram: bytes) -> Copied:
    copied = decode(datagram)
    assert isinstance(copied, Copied), copied
    return copied


CHECKED = ("-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
WHAT = ("frame.time_epoch", "sip.Method", "udp.srcport", "udp.dstport", "udp.checksum.status")


@pytest.mark.parametrize(
    "datagram",
    [
        hep3(sip()), hep3(sip(), packed=True), hep3(sip()).replace(b"HEP3", b"EEP1"), hep2(sip()), hep2(sip(), order=">"),
    ],
)  # fmt: skip
def test_a_copied_message_is_a_packet_again(tmp_path: Path, datagram: bytes) -> None:
    path = raw(tmp_path / "out.pcap", [decoded(datagram)])
    (seen,) = tshark.fields(path, *WHAT, "ip.src", "ip.dst", "ip.checksum.status", options=CHECKED)
    assert seen == (f"{SECONDS}.{MICROSECONDS:06d}000", "OPTIONS", "5060", "5070", "1", "10.0.0.1", "10.0.0.2", "1")


@pytest.mark.parametrize("body", [b"", b"x", b"\xff\xff"])
def test_checksums_are_right_over_ipv6_too(tmp_path: Path, body: bytes) -> None:
    path = raw(tmp_path / "out.pcap", [decoded(hep3(sip(body=body), "2001:db8::1", "2001:db8::2"))])
    (seen,) = tshark.fields(path, *WHAT, "ipv6.src", "ipv6.dst", options=CHECKED)
    assert seen[1:] == ("OPTIONS", "5060", "5070", "1", "2001:db8::1", "2001:db8::2")


def test_messages_over_tcp_follow_each_other_as_one_stream(tmp_path: Path) -> None:
    messages = [sip(call_id=f"{number}@test") for number in range(5)]
    path = raw(tmp_path / "out.pcap", [decoded(hep3(message, protocol=6)) for message in messages])
    seen = tshark.fields(path, "sip.Call-ID", "tcp.checksum.status", "tcp.analysis.flags", options=CHECKED)
    assert seen == [(f"{number}@test", "1", "") for number in range(5)]


def test_the_first_version_has_no_time(tmp_path: Path) -> None:
    copied = decoded(hep2(sip(), version=1))
    assert (copied.time_us, copied.payload) == (None, sip())


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        (b"", "it is no HEP"),
        (b"GET / HTTP/1.1\r\n\r\n", "it is no HEP"),
        (hep3(sip())[:40], "it is cut"),
        (hep3(b""), "it has no payload"),
        (hep3(b'{"rtcp": 1}', kind=5), "it is a report of the agent and no copied packet"),
        (hep3(sip()).replace(chunk(3, socket.inet_aton("10.0.0.1")), chunk(99, b"1234")), "it has no addresses"),
        (hep3(sip(), packed=True).replace(b"\x78\x9c", b"\0\0"), "its compressed payload is damaged"),
        (b"HEP3" + struct.pack(">H", 12) + struct.pack(">HHH", 0, 1, 2), "a chunk of it claims 2 bytes"),
        (hep2(sip())[:10], "its header is damaged"),
        (hep2(sip())[:20], "it is cut"),
    ],
)
def test_what_is_no_copied_message_is_refused_with_the_reason(datagram: bytes, why: str) -> None:
    assert decode(datagram) == why


def test_a_compressed_payload_cannot_fill_the_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    datagram = hep3(b"?").replace(chunk(15, b"?"), chunk(16, bomb))
    datagram = datagram[:4] + struct.pack(">H", len(datagram)) + datagram[6:]
    assert decode(datagram) == "its payload has more than 65,000 bytes"


@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=80).map(lambda tail: b"HEP3" + struct.pack(">H", 6 + len(tail)) + tail),
        st.binary(max_size=60).map(lambda tail: hep2(b"")[:8] + tail),
    )
)
def test_any_bytes_give_a_message_or_a_reason(datagram: bytes) -> None:
    copied = decode(datagram)
    if isinstance(copied, Copied):
        assert Packets().packet(copied)
    else:
        assert copied


@pytest.fixture
def network() -> Iterator[None]:
    with private_network():
        yield


@pytest.mark.usefixtures("network")
def test_a_port_is_listened_to(tmp_path: Path) -> None:
    order = Order(str(tmp_path), (Source("hep", port=9060),), limits=Limits(free_disk=0))
    with capturing(order) as watched:
        watched.started()
        for host in ("127.0.0.1", "::1"):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as agent:
                for datagram in (hep3(sip(call_id=host)), b"junk", hep2(sip(call_id=host))):
                    agent.sendto(datagram, (host, 9060))
        ended = watched.packets(4).stop()
    assert [tap.by for tap in ended.progress.taps] == ["hep"]
    (notice,) = [event.sentence for event in watched.seen if isinstance(event, Notice)]
    assert notice == "HEP port 9060: 2 packet(s) were left out, mostly because: it is no HEP."
    seen = tshark.fields(tmp_path / "00-000001.pcap", "sip.Call-ID")
    assert seen == [("127.0.0.1",), ("127.0.0.1",), ("::1",), ("::1",)]


@pytest.mark.usefixtures("network")
def test_agents_may_send_over_tcp_too(tmp_path: Path) -> None:
    order = Order(str(tmp_path), (Source("hep", port=9060),), limits=Limits(free_disk=0))
    with capturing(order) as watched:
        watched.started()
        stream = b"".join(hep3(sip(call_id=f"{number}@tcp"), packed=number == 1) for number in range(3))
        with socket.create_connection(("127.0.0.1", 9060)) as agent, socket.create_connection(("::1", 9060)) as other:
            agent.sendall(stream[:100])
            other.sendall(hep3(sip(call_id="other@tcp")))
            watched.packets(1)
            agent.sendall(stream[100:] + b"GET / HTTP/1.1")
            watched.packets(4)
            assert agent.recv(1) == b""  # what follows has no lengths to be cut by
            other.sendall(hep3(b'{"rtcp": 1}', kind=5) + hep3(sip(call_id="last@tcp")))
            ended = watched.packets(5).stop()
    (notice,) = [event.sentence for event in watched.seen if isinstance(event, Notice)]
    assert notice.startswith("HEP port 9060: 2 packet(s) were left out")
    assert ended.progress.packets == 5
    seen = [row[0] for row in tshark.fields(tmp_path / "00-000001.pcap", "sip.Call-ID")]
    assert seen == ["other@tcp", "0@tcp", "1@tcp", "2@tcp", "last@tcp"]


def to_the_millisecond(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """sngrep gives a message over TCP the time of its first segment, tshark that of its last."""
    return [(time[:14], *rest) for time, *rest in rows]


@pytest.mark.usefixtures("network")
def test_what_sngrep_sends_as_an_agent_is_what_it_read(tmp_path: Path) -> None:
    sample = CHECKOUT / "resources" / "samples" / "call-through-pbx.pcap"
    what = ("frame.time_epoch", "ip.src", "ip.dst", "udp.srcport", "udp.dstport", "sip.Call-ID", "sip.CSeq", "sip.Status-Code")
    messages = tshark.fields(sample, *what, display_filter="sip")
    agent = [require_tool("sngrep"), "-N", "-q", "-I", str(sample), "-H", "udp:127.0.0.1:9060"]
    order = Order(str(tmp_path), (Source("hep", port=9060),), limits=Limits(free_disk=0))
    with capturing(order) as watched:
        watched.started()
        with subprocess.Popen(agent, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sngrep:
            watched.packets(len(messages))
            sngrep.kill()
        watched.stop()
    copied = tshark.fields(tmp_path / "00-000001.pcap", *what)
    assert to_the_millisecond(copied) == to_the_millisecond(messages)


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_port_that_is_taken_is_told(tmp_path: Path, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET6, kind) as other:
        other.bind(("::", 9060))
        if kind == socket.SOCK_STREAM:
            other.listen()
        with capturing(Order(str(tmp_path), (Source("hep", port=9060),))) as watched:
            ended = watched.end()
    assert (ended.reason, ended.sentence) == ("failed", "HEP port 9060: the port cannot be opened: Address already in use.")
