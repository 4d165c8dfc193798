"""The engine on real interfaces: in a network namespace of the test, compared with what tshark reads and the kernel counts."""

import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from sipview.live import Choice, FileDeleted, FileOpened, Limits, Order, Ring, Source, Started
from sipview.live.presets import WHOLE
from tests.support import tshark
from tests.support.needs import CHECKOUT
from tests.support.network import capturing, ip, private_network, send_frames, send_udp, veth

LO = (Source("local", "lo"),)
ETHERNET = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
DATAGRAM = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=40000, dport=5060)
FREE = Limits(free_disk=0)


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


SIP_PORT = Choice(expression="udp port 5060")


def order(
    folder: Path,
    *sources: Source,
    choice: Choice = SIP_PORT,
    snap_length: int = WHOLE,
    promiscuous: bool = False,
    limits: Limits = FREE,
    ring: Ring | None = None,
) -> Order:
    return Order(str(folder), sources or LO, choice, snap_length, promiscuous, limits, ring)


def payloads(path: Path) -> list[str]:
    return [text for (text,) in tshark.fields(path, "udp.payload", display_filter="udp && !icmp")]


def numbered(count: int, first: int = 0) -> list[bytes]:
    return [struct.pack(">I", number) for number in range(first, first + count)]


def test_every_packet_is_in_the_file_in_order_and_counted(tmp_path: Path) -> None:
    with capturing(order(tmp_path)) as watched:
        watched.started()
        send_udp(5060, numbered(5000))
        ended = watched.packets(5000).stop()
    assert ended.reason == "asked"
    assert payloads(tmp_path / "00-000001.pcap") == [payload.hex() for payload in numbered(5000)]
    (tap,) = ended.progress.taps
    assert (tap.title, tap.by, tap.link_type, tap.packets, tap.dropped, tap.dropped_by_interface) == (
        "lo",
        "libpcap",
        1,
        5000,
        0,
        0,
    )
    assert tap.bytes == ended.progress.bytes == (tmp_path / "00-000001.pcap").stat().st_size
    assert ended.progress.cpu_s > 0


def test_what_passed_before_the_wish_to_stop_is_not_lost(tmp_path: Path) -> None:
    with capturing(order(tmp_path)) as watched:
        watched.started()
        send_udp(5060, numbered(100))
        ended = watched.stop()  # at once: the kernel still gathers
    assert ended.progress.packets == 100


def test_the_file_can_be_read_while_the_capture_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "00-000001.pcap"
    with capturing(order(tmp_path)) as watched:
        watched.started()
        for count in (1, 2, 3):
            send_udp(5060, [b"x"])
            watched.packets(count)
            assert len(payloads(path)) == count


def test_each_interface_has_its_file_and_its_link_type(tmp_path: Path) -> None:
    with veth("pbx", "phone"):
        ip("tuntap add dev tun7 mode tun")
        ip("link set tun7 up")
        sources = [Source("local", name) for name in ("lo", "pbx", "any", "tun7")]
        with capturing(order(tmp_path, *sources)) as watched:
            watched.started()
            send_udp(5060, [b"on lo"])
            send_frames("phone", [bytes(ETHERNET / DATAGRAM / Raw(b"on veth"))])
            ended = watched.packets(5).stop()  # any sees the frame leave phone and reach pbx
    assert [tap.packets for tap in ended.progress.taps] == [1, 1, 3, 0]
    files = [tmp_path / f"0{number}-000001.pcap" for number in range(4)]
    assert payloads(files[0]) == [b"on lo".hex()]
    assert payloads(files[1]) == [b"on veth".hex()]
    assert [struct.unpack_from("<I", file.read_bytes(), 20)[0] for file in files] == [1, 1, 113, 101]


def test_tagged_frames_pass_the_presets_in_the_kernel(tmp_path: Path) -> None:
    frames = [
        ETHERNET / DATAGRAM / Raw(b"untagged"),
        ETHERNET / Dot1Q(vlan=7) / DATAGRAM / Raw(b"tagged"),
        ETHERNET / Dot1Q(vlan=7, type=0x8100) / Dot1Q(vlan=8) / DATAGRAM / Raw(b"twice"),
        ETHERNET / Dot1Q(vlan=7) / IP(src="10.0.0.1", dst="10.0.0.2", flags="MF", frag=100) / Raw(b"fragment"),
    ]
    with veth("pbx", "phone"), capturing(order(tmp_path, Source("local", "pbx"), choice=Choice("sip"))) as watched:
        watched.started()
        send_frames("phone", [bytes(frame) for frame in frames])
        ended = watched.packets(4).stop()
    assert ended.progress.packets == 4
    tags = tshark.fields(tmp_path / "00-000001.pcap", "vlan.id", "ip.frag_offset", occurrence="a")
    assert [vlan for vlan, _ in tags] == ["", "7", "7,8", "7"]


def test_of_voice_only_headers_reach_the_disk(tmp_path: Path) -> None:
    voice = struct.pack(">BBHII", 0x80, 0, 1, 160, 7) + bytes(range(1, 161))
    media = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=16384, dport=16386) / Raw(voice)
    frames = [ETHERNET / media, ETHERNET / Dot1Q(vlan=7) / media, ETHERNET / DATAGRAM / Raw(b"X" * 300)]
    headers_only = order(tmp_path, Source("local", "pbx"), choice=Choice("sip-rtp-headers"))
    with veth("pbx", "phone"), capturing(headers_only) as watched:
        watched.started()
        send_frames("phone", [bytes(frame) for frame in frames])
        watched.packets(3).stop()
    lengths = tshark.fields(tmp_path / "00-000001.pcap", "frame.cap_len", "frame.len")
    assert lengths == [("54", "214"), ("58", "218"), ("342", "342")]
    assert voice[12:20] not in (tmp_path / "00-000001.pcap").read_bytes()


def test_the_limit_of_packets_is_kept_exactly_over_all_interfaces(tmp_path: Path) -> None:
    limits = Limits(packets=1234, free_disk=0)
    sources = (Source("local", "lo"), Source("local", "any"))
    with capturing(order(tmp_path, *sources, limits=limits)) as watched:
        watched.started()
        send_udp(5060, numbered(1000))
        ended = watched.end()
    assert (ended.reason, ended.sentence) == ("packets", "The limit of 1,234 packets is reached.")
    assert sum(len(payloads(tmp_path / f"0{number}-000001.pcap")) for number in range(2)) == ended.progress.packets == 1234


def test_the_limit_of_size_is_passed_by_less_than_a_packet(tmp_path: Path) -> None:
    with capturing(order(tmp_path, limits=Limits(size=100_000, free_disk=0))) as watched:
        watched.started()
        send_udp(5060, [bytes(1000)] * 500)
        ended = watched.end()
    assert ended.reason == "size"
    assert 100_000 <= (tmp_path / "00-000001.pcap").stat().st_size < 100_000 + 16 + 42 + 1000


def test_it_ends_after_its_duration(tmp_path: Path) -> None:
    with capturing(order(tmp_path, limits=Limits(duration_s=0.3, free_disk=0))) as watched:
        ended = watched.started().end()
    assert (ended.reason, ended.sentence) == ("duration", "The limit of 0.3 seconds is reached.")


def test_it_leaves_the_disk_to_others(tmp_path: Path) -> None:
    with capturing(order(tmp_path, limits=Limits(free_disk=1 << 60))) as watched:
        ended = watched.end()
    assert ended.reason == "free-disk"
    assert "the capture leaves 1,048,576.0 TiB to others" in ended.sentence


def test_a_ring_keeps_the_newest_within_its_bound(tmp_path: Path) -> None:
    ring = Ring(files=3, size=1 << 20)
    with capturing(order(tmp_path, ring=ring, snap_length=2000)) as watched:
        watched.started()
        most = 0
        for first in range(0, 5000, 250):
            send_udp(5060, [payload + bytes(996) for payload in numbered(250, first)])
            watched.packets(first + 250)
            most = max(most, sum(file.stat().st_size for file in tmp_path.glob("*.pcap")))
        ended = watched.stop()
    files = sorted(tmp_path.glob("*.pcap"))
    assert sorted(watched.capture.files) == [file.name for file in files]
    assert len(files) == 3
    assert most <= 3 << 20
    assert all(file.stat().st_size <= 1 << 20 for file in files)
    opened = [event.name for event in watched.seen if isinstance(event, FileOpened)]
    assert len(opened) > 4
    assert [event.name for event in watched.seen if isinstance(event, FileDeleted)] == opened[:-3]
    kept = [int(payload[:8], 16) for file in files for payload in payloads(file)]
    assert kept == list(range(5000 - len(kept), 5000))  # the newest, without a gap where a file ends
    assert ended.progress.packets == 5000
    assert ended.progress.kept_bytes == sum(file.stat().st_size for file in files)


def test_a_ring_by_time_begins_files_for_all_interfaces_together(tmp_path: Path) -> None:
    sources = (Source("local", "lo"), Source("local", "any"))
    with capturing(order(tmp_path, *sources, ring=Ring(files=2, seconds=0.2))) as watched:
        watched.started()
        watched.until(lambda watched: "01-000004.pcap" in watched.capture.files)
        watched.stop()
    names = sorted(file.name for file in tmp_path.glob("*.pcap"))
    assert len(names) == 4
    assert [name[:2] for name in names] == ["00", "00", "01", "01"]
    assert names[0][2:] == names[2][2:]


def test_a_trigger_stops_it_a_while_after_and_says_why(tmp_path: Path) -> None:
    with capturing(order(tmp_path)) as watched:
        watched.started()
        watched.capture.stop(after_s=0.3, why="A call failed: 503.")
        watched.capture.stop(after_s=60, why="Too late to matter.")
        begun = time.monotonic()
        send_udp(5060, [b"after the trigger"])
        ended = watched.end()
    assert time.monotonic() - begun >= 0.25
    assert (ended.reason, ended.sentence, ended.progress.packets) == ("asked", "A call failed: 503.", 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with capturing(order(tmp_path)) as watched:
        watched.started()
        send_udp(5060, numbered(10))
        assert watched.capture.started
        os.kill(watched.capture.started.process, number)
        ended = watched.end()
    assert (ended.reason, ended.progress.packets) == ("asked", 10)
    assert len(payloads(tmp_path / "00-000001.pcap")) == 10


def test_promiscuous_mode_is_off_unless_asked_for(tmp_path: Path) -> None:
    def promiscuous() -> bool:
        shown = subprocess.run(["ip", "-d", "link", "show", "pbx"], capture_output=True, text=True, check=True).stdout
        return "promiscuity 1" in shown

    with veth("pbx", "phone"):
        for asked in (False, True):
            with capturing(order(tmp_path, Source("local", "pbx"), promiscuous=asked)) as watched:
                watched.started()
                assert promiscuous() == asked
                watched.stop()


def test_the_snap_length_cuts_packets_and_keeps_their_true_length(tmp_path: Path) -> None:
    with capturing(order(tmp_path, snap_length=100)) as watched:
        watched.started()
        send_udp(5060, [bytes(500)])
        ended = watched.packets(1).stop()
    assert ended.progress.taps[0].snap_length == 100 < WHOLE
    assert tshark.fields(tmp_path / "00-000001.pcap", "frame.cap_len", "frame.len") == [("100", "542")]


def test_folders_with_spaces_and_letters_of_other_alphabets(tmp_path: Path) -> None:
    folder = tmp_path / "запись звонков"
    folder.mkdir()
    with capturing(order(folder)) as watched:
        watched.started()
        send_udp(5060, [b"x"])
        watched.packets(1).stop()
    assert len(payloads(folder / "00-000001.pcap")) == 1


def test_it_starts_with_few_imports() -> None:
    program = "import sys, sipview.live.engine\nfrom sipview.live.library import Library\nLibrary()\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=CHECKOUT, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "PySide6", "rich", "argparse"}
    assert "scapy.all" not in done.stdout.split()


def test_a_frozen_program_is_its_own_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sipview.live.processes import ENGINE, command_of

    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command_of(ENGINE) == [sys.executable, "--live-engine"]
    monkeypatch.undo()
    started = [sys.executable, "-m", "sipview", "--live-engine"]  # what a frozen program is, seen from its own main
    monkeypatch.setattr("sipview.live.running.command_of", lambda word: started)
    monkeypatch.chdir(CHECKOUT)
    with capturing(order(tmp_path)) as watched:
        watched.started()
        assert isinstance(watched.capture.started, Started)
        assert watched.stop().reason == "asked"
