"""The packet list, made by the block, says of each packet what `packet_line` says of one."""

import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from sipview.cli import packet_list, table
from sipview.cli.packet_list import Packets
from sipview.cli.table import print_list
from sipview.index.infos import infos
from sipview.session import Analysis, Reading, packet_line
from sipview.session.call_object import json_line
from sipview.values import CancelToken, epoch_text
from tests.cli.conftest import Run
from tests.support.captures import START_NS, Packet, every_ms, interface, packet, pcap, pcapng, section, sip, udp, write
from tests.support.needs import CHECKOUT, require_public_captures

OURS = [path for folder in ("tests/data", "resources/samples") for path in sorted((CHECKOUT / folder).rglob("*.pcap"))]
SHARED = CHECKOUT.parent / "shared" / "captures"
OTHERS = (
    sorted(path for path in SHARED.rglob("*") if path.suffix in {".pcap", ".pcapng", ".cap"}) if SHARED.is_dir() else [SHARED]
)
MOST = 5_000_000  # octets of a capture whose lines are made one by one too
NUMBERS = (0, 1, 7, 9, 10, 99, 100, 5060, 9999, 10_000, 65535)


@contextmanager
def opened(*paths: Path, spool: Path) -> Iterator[Packets]:
    logs = [log for path in paths for log in path.parent.glob("*.keylog.txt") if path.name.startswith(log.name.split(".")[0])]
    analysis = Analysis(paths, spool, reading=Reading(key_log=logs[0] if logs else None), skip_unreadable=True)
    try:
        snapshot = analysis.load(CancelToken())
        analysis.know_packets()
        if snapshot.index is not None:
            yield Packets(snapshot.index, {seen.row: seen for seen in snapshot.messages}, analysis.quoted)
    finally:
        analysis.close()


def one_by_one(packets: Packets, rows: list[int], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The list of these rows for people and in JSON, each row made by itself."""
    index = packets.index
    texts, objects = [], []
    for row in rows:
        line, time_ns = packet_line(index, row, packets.messages, packets.quoted), int(index.time_ns[row])
        since = epoch_text(time_ns - int(index.time_ns[0]))
        texts.append((str(row + 1), since, line.source, line.destination, line.protocol, str(line.length), line.info))
        objects.append(json_line({"frame": row + 1, "time": epoch_text(time_ns, index.time_digits(row)), **line._asdict()}))
    capsys.readouterr()
    print_list(packet_list._COLUMNS, texts, "No packets to show.", texts[-1] if texts else None)
    return capsys.readouterr().out, b"".join(objects).decode()


def check(packets: Packets, rows: list[int], capsys: pytest.CaptureFixture[str]) -> str:
    """The list by the block is the one that is made one by one, line by line; returns it."""
    people, objects = one_by_one(packets, rows, capsys)
    packet_list.print_packets(packets, np.array(rows, np.int64))
    ours = capsys.readouterr().out
    assert ours.split("\n") == people.split("\n")
    packet_list.print_packets_as_json(packets, np.array(rows, np.int64))
    assert capsys.readouterr().out.split("\n") == objects.split("\n")
    return people


def motley(chance: random.Random, count: int) -> list[bytes]:
    """Packets of all kinds that lists are full of, and some of others; many of them damaged."""

    def number(most: int) -> int:
        return min(most, chance.choice([*NUMBERS, chance.randrange(most + 1)]))

    def media() -> bytes:
        return bytes([0x80, number(255), *number(65535).to_bytes(2, "big")]) + chance.randbytes(8 + number(160))

    def one() -> Layers:
        source, target = f"10.0.0.{number(255)}", f"172.16.254.{number(255)}"
        whole = IP(src=source, dst=target)
        layer = chance.choice([whole, whole, IPv6(src=f"2001:db8::{number(9999)}", dst="::1")])
        sport, dport = number(65535), number(65535)
        datagram = UDP(sport=sport, dport=dport)
        data = chance.choice(
            [media(), media(), bytes(number(99)), b"\x81" + bytes([chance.choice([199, 200, 201, 210]), 0, 6]) + bytes(24),
             bytes.fromhex("000100002112a442") + bytes(12), chance.randbytes(4), sip(), sip().replace(b"bob", b"\xff\xc2\x85")]
        )  # fmt: skip
        segment = TCP(
            sport=sport, dport=dport, flags=number(255), seq=number(2**32 - 1), ack=number(2**32 - 1), window=number(65535)
        )  # fmt: skip
        secret = bytes([chance.randrange(18, 26), 3, 3, 0, 8]) + bytes(8)
        return chance.choice(
            [layer / datagram / Raw(data), layer / datagram / Raw(data), layer / segment, layer / segment / Raw(data),
             layer / segment / Raw(secret), IP(src=source, dst=target, flags="MF") / datagram / Raw(data),
             IP(src=source, dst=target, proto=number(255)) / Raw(data), whole / ICMP(type=3), ARP(op=1 + number(3)), Raw(data)]
        )  # fmt: skip

    def damaged(frame: bytes) -> bytes:
        if chance.random() < 0.2:
            frame = frame[: chance.randrange(len(frame) + 1)]
        elif chance.random() < 0.2:
            at = chance.randrange(len(frame))
            frame = frame[:at] + chance.randbytes(1) + frame[at + 1 :]
        return frame

    return [damaged(bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / one())) for _ in range(count)]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_lines_of_our_captures(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(path, spool=tmp_path) as packets:
        check(packets, list(range(packets.index.count)), capsys)


@pytest.mark.public_captures
@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_lines_of_captures_of_others(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    require_public_captures()
    if path.stat().st_size > MOST:
        pytest.skip("to make its lines one by one takes long")
    with opened(path, spool=tmp_path) as packets:
        check(packets, list(range(packets.index.count)), capsys)


@pytest.mark.parametrize("seed", range(4))
def test_lines_of_packets_of_all_kinds(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    frames = motley(chance, 500)
    monkeypatch.setattr(packet_list, "_BLOCK", 40)  # columns grow from block to block
    monkeypatch.setattr(table, "_MEASURED", 40)
    latest = START_NS + 10**12 if seed % 2 else 4 * 10**18
    times = [chance.randrange(START_NS, latest) for _ in frames]
    packets = [Packet(time, frame, len(frame) + chance.choice([0, 0, 40])) for time, frame in zip(times, frames, strict=True)]
    body = pcap(packets, nanoseconds=True) if seed % 2 else pcapng(packets)
    with opened(write(tmp_path / "motley", body), spool=tmp_path) as found:
        rows = list(range(found.index.count))
        listed = check(found, rows, capsys)
        by_block = sum(each.places.size for each in infos(found.index, np.array(rows)))
        assert by_block > len(rows) / 2
        check(found, sorted(chance.sample(rows, 100)), capsys)
        check(found, rows[7:8], capsys)
        check(found, [], capsys)
    for words in (
        "payload type ", ", mark", " [SYN", "] sequence ", "Application data, ", "Receiver report", "Binding request",
        " → 5060, ", "who has ", "SIP/UDP", "OPTIONS sip:", "first fragment", "header cut short",
    ):  # fmt: skip
        assert words in listed, words


def test_times_have_the_digits_of_their_own_interface(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = udp("10.0.0.1/7", "10.0.0.2/9", b"data")
    path = write(
        tmp_path / "digits.pcapng",
        section("<"), *(interface("<", resolution=digits) for digits in (0, 3, 6, 9)), interface("<", offset_s=-9),
        *(packet("<", number, ticks, frame) for number, ticks in ((2, 7), (0, 12), (1, 12_345), (3, 10**18 + 9), (4, 123))),
    )  # fmt: skip
    with opened(path, spool=tmp_path) as packets:
        check(packets, list(range(5)), capsys)
        packet_list.print_packets_as_json(packets, np.arange(5))
    times = [json.loads(line)["time"] for line in capsys.readouterr().out.splitlines()]
    assert times == ["0.000007", "12", "12.345", "1000000000.000000009", "-8.999877"]


def test_files_that_are_merged_keep_their_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packets = every_ms([udp("10.0.0.1/7", "10.0.0.2/9", bytes(size)) for size in range(9)])
    first = write(tmp_path / "a.pcap", pcap(packets[::2]))
    second = write(tmp_path / "b.pcap", pcap(packets[1::2], nanoseconds=True))
    with opened(first, second, spool=tmp_path) as found:
        check(found, list(range(9)), capsys)


def test_an_error_says_which_message_it_is_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=5060, dport=5060) / Raw(sip())
    error = IP(src="10.0.0.2", dst="10.0.0.1") / ICMP(type=3, code=3) / request
    frames = [bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / layers) for layers in (request, error)]
    with opened(write(tmp_path / "error.pcap", pcap(every_ms(frames))), spool=tmp_path) as packets:
        assert "port unreachable: about OPTIONS sip:bob@10.0.0.2 in frame 1\n" in check(packets, [0, 1], capsys)


def test_blocks_are_printed_as_they_are_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first lines come at once, and of millions only a block is held."""
    monkeypatch.setattr(packet_list, "_BLOCK", 10)
    printed = []

    def watched(packets: Packets, rows: packet_list.Rows) -> bytes:
        printed.append(capsys.readouterr().out.count("\n"))
        return made(packets, rows)

    made = packet_list.json_lines
    monkeypatch.setattr(packet_list, "json_lines", watched)
    path = write(tmp_path / "some.pcap", pcap(every_ms([udp("10.0.0.1/7", "10.0.0.2/9", b"data")] * 35)))
    with opened(path, spool=tmp_path) as packets:
        packet_list.print_packets_as_json(packets, np.arange(35))
    assert printed == [0, 10, 10, 10]


def test_a_terminal_gets_the_lines_that_fit(sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "some.pcap", pcap(every_ms([udp("10.0.0.1/7", "10.0.0.2/9", sip() + b"\r\n" * 90)] * 3)))
    wide = sipview("packets", path).out
    monkeypatch.setenv("COLUMNS", "76")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    narrow = sipview("packets", path).out.splitlines()
    assert max(map(len, narrow[1:])) <= 76 < max(map(len, wide.splitlines()))
    assert narrow[1].split()[:5] == wide.splitlines()[1].split()[:5]


def test_a_capture_without_packets_has_no_lines(sipview: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "none.pcap", pcap([]))
    assert sipview("packets", path).out == "No packets to show.\n"
    assert sipview("packets", path, "--json").out == ""
