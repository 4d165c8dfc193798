"""Files that are broken, absent or hostile: one clear sentence with file and byte offset, and what could be read is shown."""

import gzip
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from sipview.capture import chained, spooling
from sipview.capture.mapping import Mapping
from sipview.index import PacketIndex
from tests.cli.conftest import Ran, Run
from tests.support.captures import START_NS, Packet, every_ms, pcap, pcapng, sip, udp, write
from tests.support.needs import CHECKOUT
from tests.support.traps import Connection

COMMANDS = ("calls", "messages", "packets")
BUSY = CHECKOUT / "tests" / "data" / "03_busy_486" / "03_busy_486.pcap"
FRAMES = [udp("10.0.0.1/5060", "10.0.0.2/5060", sip("INVITE", f"{number:02}@x")) for number in range(20)]
PACKETS = every_ms(FRAMES)
WHOLE = pcap(PACKETS)
SENTENCE = re.compile(r"sipview: (?P<file>.+): byte (?P<at>\d+): [^\n]+\.( \(\d+ more\))?\n")


def told(ran: Ran, name: str, at: int | None = None) -> None:
    """One sentence was said, about this file and byte, and the status says that not all was read."""
    assert ran.status == 1
    sentence = SENTENCE.fullmatch(ran.err)
    assert sentence is not None, ran.err
    assert sentence["file"] == name
    if at is not None:
        assert int(sentence["at"]) == at
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"From: me\nTo: you\n", "text file"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "not a capture file"),
        (b"\xd4\xc3\xb2\xa1", "header"),
        (b"\x0a\x0d\x0d\x0a", "section header"),
        (b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x00\x00\x00\x00" + bytes(16), "section header"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"some text"), "text file"),
        (gzip.compress(WHOLE)[:12], "too early"),
        (b"PK\x03\x04" + bytes(60), "unpack it first"),
    ],
)
def test_what_is_no_capture_is_told_in_one_sentence(
    sipview: Run, tmp_path: Path, command: str, data: bytes, words: str
) -> None:
    path = write(tmp_path / "input.pcap", data)
    for form in ((), ("--json",)):
        ran = sipview(command, path, *form)
        told(ran, "input.pcap")
        assert ran.out == ""
        assert words in ran.err
    told(sipview(command, "-", stdin=data), "standard input")


def test_each_command_that_opens_captures_tells_it(sipview: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "input.pcap", b"no capture at all")
    for words in (("ladder", path), ("ladder", path, "-o", tmp_path / "x.svg"), ("explain", path, "--frame", "1")):
        told(sipview(*words), "input.pcap", 0)
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_file_and_a_folder_are_told(sipview: Run, tmp_path: Path, command: str) -> None:
    told(sipview(command, tmp_path / "absent.pcap"), "absent.pcap", 0)
    told(sipview(command, tmp_path), tmp_path.name, 0)
    told(sipview(command, BUSY, tmp_path / "absent.pcap"), "absent.pcap", 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_of_several_captures_those_that_can_be_opened_are_shown(sipview: Run, tmp_path: Path, command: str) -> None:
    alone = sipview(command, BUSY, "--json")
    ran = sipview(command, tmp_path / "absent.pcap", BUSY, tmp_path, "--json")
    assert (ran.status, ran.objects) == (1, alone.objects)
    assert ran.err == f"sipview: absent.pcap: byte 0: cannot be read: {os.strerror(2).lower()}. (1 more)\n"
    none = sipview(command, tmp_path / "absent.pcap", tmp_path)
    assert (none.status, none.out, none.err) == (1, "", ran.err)


def test_a_ladder_names_only_the_captures_that_it_was_made_of(sipview: Run, tmp_path: Path) -> None:
    ran = sipview("ladder", BUSY, tmp_path / "absent.pcap")
    assert ran.status == 1
    assert "absent" not in ran.out


def test_a_name_that_is_empty_is_wrong_usage(sipview: Run) -> None:
    """As of a variable of the shell that is not set."""
    ran = sipview("calls", "")
    assert (ran.status, ran.out, ran.err) == (2, "", "sipview: the name of a capture is empty\n")


def test_a_file_without_permission_is_told(sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "secret.pcap", WHOLE)
    path.chmod(0)
    if os.access(path, os.R_OK):  # an administrator may read all the same: let the system say no in its place

        def refuse(self: Path, *how: object, **more: object) -> object:
            raise PermissionError(13, "Permission denied", str(self))

        monkeypatch.setattr(Path, "open", refuse)
    ran = sipview("calls", path)
    told(ran, "secret.pcap", 0)
    assert "permission" in ran.err.lower()


def records(data: bytes = WHOLE) -> Iterator[int]:
    """Where each record of a pcap file begins."""
    at = 24
    while at < len(data):
        yield at
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("inside", [1, 15, 16, 17, 200])
def test_of_a_file_cut_in_a_record_all_before_is_shown(sipview: Run, tmp_path: Path, command: str, inside: int) -> None:
    start = list(records())[12]
    path = write(tmp_path / "cut.pcap", WHOLE[: start + inside])
    ran = sipview(command, path, "--json")
    told(ran, "cut.pcap", start)
    assert len(ran.objects) == 12
    table = sipview(command, path)
    told(table, "cut.pcap", start)
    assert len(table.out.splitlines()) == 13
    told(sipview(command, "-", stdin=WHOLE[: start + inside]), "standard input", start)


def test_a_ladder_and_an_explanation_of_a_cut_file_are_given(sipview: Run, tmp_path: Path) -> None:
    start = list(records())[12]
    path = write(tmp_path / "cut.pcap", WHOLE[: start + 5])
    for words in (
        ("ladder", path, "--call", "2"),
        ("explain", path, "--frame", "3"),
        ("ladder", path, "-o", tmp_path / "a.txt"),
    ):
        ran = sipview(*words)
        told(ran, "cut.pcap", start)
        assert ran.out
    assert "INVITE" in (tmp_path / "a.txt").read_text("utf-8")


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0x7FFFFFFF, 300_000, 60])
def test_after_a_length_that_lies_the_rest_is_shown(sipview: Run, tmp_path: Path, claim: int) -> None:
    data, start = bytearray(WHOLE), list(records())[9]
    struct.pack_into("<I", data, start + 8, claim)
    ran = sipview("messages", write(tmp_path / "lies.pcap", bytes(data)), "--json")
    told(ran, "lies.pcap")
    assert {found["call_id"] for found in ran.objects} >= {f"{number:02}@x" for number in range(20) if number != 9}


@pytest.mark.parametrize("where", ["front", "back"])
def test_a_block_that_lies_is_told(sipview: Run, tmp_path: Path, where: str) -> None:
    data = bytearray(pcapng(PACKETS))
    each = (len(data) - len(pcapng([]))) // len(PACKETS)
    start = len(data) - 10 * each
    struct.pack_into("<I", data, start + 4 if where == "front" else start + each - 4, 0x00FFFFFF)
    ran = sipview("messages", write(tmp_path / "lies.pcapng", bytes(data)), "--json")
    told(ran, "lies.pcapng", start)
    assert [found["call_id"] for found in ran.objects] == [f"{number:02}@x" for number in range(20) if number != 10]


def test_lengths_inside_a_frame_that_lie_are_no_trouble(sipview: Run, tmp_path: Path) -> None:
    """Each of the first 60 bytes of a frame in turn is all ones: IP and UDP lengths, versions, types."""
    frames = [FRAMES[0][:at] + b"\xff" + FRAMES[0][at + 1 :] for at in range(60)]
    path = write(tmp_path / "odd.pcap", pcap(every_ms(frames)))
    ran = sipview("packets", path, "--json")
    assert (ran.status, len(ran.objects)) == (0, 60)
    assert sipview("messages", path, "--json").status == 0


def test_a_file_that_vanishes_while_open_is_read_to_its_end(
    sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "vanishes.pcap", WHOLE)
    monkeypatch.setattr(chained, "BATCH", 4)
    shrank, looks = Mapping.shrank, 0

    def and_remove(self: Mapping) -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:
            path.unlink()
        return shrank(self)

    monkeypatch.setattr(Mapping, "shrank", and_remove)
    ran = sipview("messages", path, "--json")
    assert (ran.status, len(ran.objects), ran.err) == (0, 20, "")
    assert looks > 2
    assert not path.exists()


def test_a_file_that_shrinks_while_open_is_told(sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "shrinks.pcap", WHOLE)
    monkeypatch.setattr(Mapping, "shrank", lambda self: True)
    told(sipview("messages", path), "shrinks.pcap")


@pytest.mark.parametrize("cut", [30, 100, -9, -1])
def test_of_a_cut_gzip_file_all_before_is_shown(sipview: Run, tmp_path: Path, cut: int) -> None:
    noise = [Packet(START_NS, udp("10.0.0.1/1", "10.0.0.2/2", os.urandom(500))) for _ in range(20)]
    packed = gzip.compress(pcap([*PACKETS, *noise]))
    path = write(tmp_path / "cut.pcap.gz", packed[:cut])
    ran = sipview("messages", path, "--json")
    told(ran, "cut.pcap.gz")
    assert len(ran.objects) == (20 if cut < 0 else len(ran.objects))


def test_a_gzip_file_that_explodes_is_read_to_the_limit(sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = len(WHOLE) + 5000
    monkeypatch.setattr(spooling, "UNPACK_LIMIT", limit)
    monkeypatch.setattr("sipview.capture.opening.open_capture.__defaults__", (None, limit))
    bomb = WHOLE + pcap([Packet(START_NS, bytes(200_000))])[24:] * 100
    ran = sipview("messages", write(tmp_path / "bomb.pcap.gz", gzip.compress(bomb)), "--json")
    told(ran, "bomb.pcap.gz", limit)
    assert len(ran.objects) == 20


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("batches", [0, 2])
def test_where_memory_ends_what_was_read_is_shown(
    sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, batches: int
) -> None:
    monkeypatch.setattr(chained, "BATCH", 5)
    append, left = PacketIndex.append, batches

    def until_it_ends(self: PacketIndex, columns: Any, **how: Any) -> None:
        nonlocal left
        if not left:
            raise MemoryError
        left -= 1
        append(self, columns, **how)

    monkeypatch.setattr(PacketIndex, "append", until_it_ends)
    ran = sipview(command, write(tmp_path / "large.pcap", WHOLE), "--json")
    told(ran, "large.pcap", list(records())[9] + 16 if batches else 0)
    assert "not enough memory" in ran.err
    assert len(ran.objects) == 5 * batches


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to a number of bytes")
@pytest.mark.parametrize("command", COMMANDS)
def test_little_memory_ends_in_a_sentence(tmp_path: Path, command: str) -> None:
    """A real process with less memory than it wants."""
    path = tmp_path / "large.pcap"
    with path.open("wb") as file:
        file.truncate(40 << 30)
        file.write(WHOLE)
    limit = f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({8 << 30},) * 2); from sipview import app; "
    started = [sys.executable, "-c", f"{limit}sys.exit(app.main(sys.argv[1:]))", command, str(path), "--json"]
    ran = subprocess.run(started, capture_output=True, text=True, timeout=60, check=False)
    told(Ran(ran.returncode, ran.stdout, ran.stderr), "large.pcap", 0)
    assert "not enough memory" in ran.stderr


def test_packets_of_an_unknown_network_are_told(sipview: Run, tmp_path: Path) -> None:
    ran = sipview("messages", write(tmp_path / "relay.pcap", pcap(PACKETS, link_type=107)))
    assert ran.status == 0
    assert re.fullmatch(r"sipview: note: [^\n]+ 20 packets of link type 107\.\n", ran.err)


def test_of_several_bad_files_one_sentence_is_said(sipview: Run, tmp_path: Path) -> None:
    starts = list(records())
    paths = [write(tmp_path / f"{number}.pcap", WHOLE[: starts[number] + 3]) for number in (5, 9)]
    ran = sipview("messages", *paths, "--json")
    told(ran, "5.pcap", starts[5])
    assert ran.err.endswith("(1 more)\n")
    assert len(ran.objects) == 14


def test_a_key_log_that_cannot_be_read_is_told(sipview: Run, tmp_path: Path) -> None:
    ran = sipview("calls", BUSY, "--key-log", tmp_path / "absent.log")
    assert ran.status == 1
    assert "absent.log: No such file" in ran.err
    assert ran.err.count("\n") == 1


def test_a_key_log_of_nonsense_is_no_trouble(sipview: Run, tmp_path: Path) -> None:
    log = write(tmp_path / "keys.log", b"CLIENT_RANDOM x y\n" * 1000 + bytes(range(256)) * 100)
    assert sipview("calls", BUSY, "--key-log", log).status == 0


@pytest.mark.parametrize("name", ["no/such/folder/x.svg", "x.svg"])
def test_a_picture_that_cannot_be_written_is_told(sipview: Run, tmp_path: Path, name: str) -> None:
    if name == "x.svg":
        (tmp_path / name).mkdir()
    ran = sipview("ladder", BUSY, "-o", tmp_path / name)
    assert (ran.status, ran.out) == (1, "")
    assert re.fullmatch(r"sipview: .*x\.svg could not be written: .*\n", ran.err)


def test_fragments_that_are_missing_are_told(tmp_path: Path, sipview: Run) -> None:
    """What a capture filter by port leaves: of one datagram the first part, of another the last."""
    parts = []
    for number, kept in ((7, 0), (8, 1)):
        whole = bytes(UDP(sport=5060, dport=5060) / Raw(sip("INVITE", f"{number}@x", body=b"v=0\r\n" * 500)))
        at, piece = ((0, whole[:1400]), (1400, whole[1400:]))[kept]
        header = IP(src="10.0.0.1", dst="10.0.0.2", id=number, proto=17, frag=at // 8, flags="MF" if not at else 0)
        parts.append(bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / header / Raw(piece)))
    path = write(tmp_path / "parts.pcap", pcap(every_ms([FRAMES[0], *parts])))
    ran = sipview("messages", path)
    assert ran.status == 0
    assert ran.err == (
        "sipview: note: Of 2 datagrams not all IP fragments are in the capture, from packet 2 on; of 1 the first is missing.\n"
    )


def test_gaps_in_streams_are_told_with_their_packets(tmp_path: Path, sipview: Run) -> None:
    frames = []
    for port in range(40_000, 40_005):
        connection = Connection(ports=(port, 5060))
        frames += [*connection.open(), connection.send(0, sip("MESSAGE", f"{port}@x"))]
        connection.send(0, bytes(10))
        frames.append(connection.send(0, sip("MESSAGE", f"{port}.2@x")))
    ran = sipview("messages", write(tmp_path / "gaps.pcap", pcap(every_ms(frames))))
    assert ran.status == 0
    *notes, more = ran.err.splitlines()
    at = 1001 + len(sip("MESSAGE", "40000@x"))
    assert notes == [
        f"sipview: note: gap in a stream. From 10.0.0.1:{40_000 + number} to 10.0.0.2:5060 over TCP: 10 bytes before packet "
        f"{5 * number + 5} (sequence number {at}) are not in the capture."
        for number in range(3)
    ]
    assert more == "sipview: note: 2 more such gaps."
