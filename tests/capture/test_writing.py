"""Captures written by sipview, read by tshark and capinfos."""

import re
import struct
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from sipview.capture import CaptureError, CaptureFile
from sipview.capture.writing import About, Describe, Described, Format, Statistics, as_in_file, write_capture
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.captures import START_NS, Packet, every_ms, interface, open_file, packet, pcap, section, sip, udp, write
from tests.support.needs import require_tool

FRAME = udp("10.0.0.1/5060", "10.0.0.2/5060", sip())
ODD = [udp("10.0.0.1/5060", "10.0.0.2/5060", bytes(range(1, 1 + size))) for size in range(1, 9)]
SILENT = About()
WHAT = ("frame.time_epoch", "frame.cap_len", "frame.len", "udp.payload")


def written(
    path: Path,
    files: list[CaptureFile],
    form: Format = "pcapng",
    *,
    about: About = SILENT,
    describe: Describe = as_in_file,
) -> Path:
    with path.open("wb") as target:
        write_capture(target, files, CancelToken(), form, about=about, describe=describe)
    return path


def capinfos(path: Path) -> str:
    done = subprocess.run([require_tool("capinfos"), str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_packets_of_every_length_come_out_as_they_went_in(tmp_path: Path, form: Format, nanoseconds: bool) -> None:
    packets = [*every_ms(ODD), Packet(START_NS + 987_654_321, FRAME[:60], 900), Packet(START_NS + 999_999_999, b"")]
    original = write(tmp_path / "in.pcap", pcap(packets, nanoseconds=nanoseconds))
    copy = written(tmp_path / f"out.{form}", [open_file(original)], form)
    assert tshark.fields(copy, *WHAT) == tshark.fields(original, *WHAT)
    assert "nanoseconds" in capinfos(copy) if nanoseconds else "microseconds" in capinfos(copy)


def test_files_are_merged_by_time_and_keep_their_interfaces(tmp_path: Path) -> None:
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", bytes([number])) for number in range(100)]
    packets = every_ms(frames)
    files = [
        open_file(write(tmp_path / "even.pcap", pcap(packets[::2]))),
        open_file(write(tmp_path / "odd.pcap", pcap(packets[1::2], order=">", nanoseconds=True))),
    ]
    seen = tshark.fields(written(tmp_path / "out.pcapng", files), "udp.payload", "frame.interface_id")
    assert seen == [(f"{number:02x}", str(number % 2)) for number in range(100)]


def test_a_file_whose_clock_was_set_back_loses_nothing(tmp_path: Path) -> None:
    times = [START_NS, START_NS + 5_000_000_000, START_NS - 3_600_000_000_000, START_NS - 3_599_000_000_000]
    packets = [Packet(time_ns, ODD[number]) for number, time_ns in enumerate(times)]
    other = [Packet(START_NS + 1_000_000_000, ODD[7])]
    files = [open_file(write(tmp_path / "a.pcap", pcap(packets))), open_file(write(tmp_path / "b.pcap", pcap(other)))]
    seen = [payload for (payload,) in tshark.fields(written(tmp_path / "out.pcapng", files), "udp.payload")]
    of_first = [payload for payload in seen if payload != ODD[7][42:].hex()]
    assert len(seen) == 5
    assert of_first == [frame[42:].hex() for frame in ODD[:4]]


def test_interfaces_are_described_and_their_losses_told(tmp_path: Path) -> None:
    file = open_file(write(tmp_path / "in.pcap", pcap(every_ms([FRAME] * 3))))

    def describe(number: int, file: CaptureFile, position: int) -> Described:
        named = replace(file.interfaces[position], name="eth0", description="Büro", filter="udp port 5060")
        return Described(named, Statistics(received=3, dropped=21, dropped_by_interface=7))

    about = About("sipview 1", "Linux", "x86", ("What happened", "nobody knows"))
    shown = capinfos(written(tmp_path / "out.pcapng", [file], about=about, describe=describe))
    for line in (
        "Name = eth0", "Description = Büro", "Filter string = udp port 5060", "Number of packets = 3",
        "Number of stat entries = 1",
        "Capture application: sipview 1", "Capture oper-sys:    Linux", "Capture hardware:    x86",
        "Capture comment:     What happened", "Capture comment:     nobody knows",
    ):  # fmt: skip
        assert line in shown
    again = open_file(tmp_path / "out.pcapng")
    assert [batch.offset.size for batch in again.batches(CancelToken())] == [3]
    assert again.drops == {0: 28}
    assert [comment.text for comment in again.comments] == ["What happened", "nobody knows"]


def test_files_of_a_ring_become_one_interface(tmp_path: Path) -> None:
    files = [open_file(write(tmp_path / f"{n}.pcap", pcap(every_ms(ODD[n : n + 1])))) for n in range(3)]
    shown = capinfos(
        written(
            tmp_path / "out.pcapng",
            files,
            describe=lambda number, file, position: Described(replace(file.interfaces[position], name="eth0")),
        )
    )
    assert "Number of interfaces in file: 1" in shown
    assert "Number of packets = 3" in shown


def test_comments_names_and_secrets_go_along(tmp_path: Path) -> None:
    secret = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
    block = struct.pack("<III", 10, 20 + len(secret) + -len(secret) % 4, 0x544C534B) + struct.pack("<I", len(secret))
    block += secret + bytes(-len(secret) % 4) + struct.pack("<I", 20 + len(secret) + -len(secret) % 4)
    names = struct.pack("<HH", 1, 8) + bytes([10, 0, 0, 1]) + b"pbx\0" + bytes(4)
    original = write(
        tmp_path / "in.pcapng",
        section("<", (1, b"about the file")) + interface("<", resolution=9) + block,
        packet("<", 0, START_NS, ODD[0]) + packet("<", 0, START_NS + 1, ODD[1], comment="the broken one"),
        packet("<", 0, START_NS + 2, ODD[2]),
        struct.pack("<II", 4, 12 + len(names)) + names + struct.pack("<I", 12 + len(names)),
    )
    copy = written(tmp_path / "out.pcapng", [open_file(original)])
    assert tshark.fields(copy, "udp.payload", "frame.comment") == tshark.fields(original, "udp.payload", "frame.comment")
    assert "Capture comment:     about the file" in capinfos(copy)
    again = open_file(copy)
    list(again.batches(CancelToken()))
    assert (again.secrets, again.names) == ([secret], {"10.0.0.1": "pbx"})


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_capture_without_packets_is_a_file_that_opens(tmp_path: Path, form: Format) -> None:
    file = open_file(write(tmp_path / "in.pcap", pcap([], link_type=101)))
    shown = capinfos(written(tmp_path / "out", [file], form))
    assert "Raw IP" in shown
    assert re.search(r"Number of packets: +0\b", shown)
    assert re.search(r"Number of packets: +0\b", capinfos(written(tmp_path / "none", [], form)))


def test_pcap_cannot_hold_two_link_types_and_says_so(tmp_path: Path) -> None:
    files = [
        open_file(write(tmp_path / "a.pcap", pcap(every_ms(ODD)))),
        open_file(write(tmp_path / "b.pcap", pcap(every_ms(ODD), link_type=113))),
    ]
    with pytest.raises(CaptureError, match="several \\(1 and 113\\): save them as pcapng"):
        write_capture(BytesIO(), files, CancelToken(), "pcap")


def test_what_was_written_is_told(tmp_path: Path) -> None:
    file = open_file(write(tmp_path / "in.pcap", pcap(every_ms(ODD))))
    target = BytesIO()
    done = write_capture(target, [file], CancelToken())
    assert (done.packets, done.bytes) == (8, len(target.getvalue()))
