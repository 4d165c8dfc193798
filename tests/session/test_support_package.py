"""What goes to a support desk: the right files with the right words, whatever the packets hold."""

import csv
import io
import json
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sipview import environment
from sipview.export.package import Part
from sipview.live import CaptureInterface, InterfaceList, Order, Source, WorkingCopy, begin
from sipview.live.orders import Choice, Ended, Progress, TapState
from sipview.session import Analysis
from sipview.session.support_package import MOST_LADDERS, PackageWish, package_parts
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.captures import START_NS, Packet, block, interface, packet, pcap, section, sip, udp, write

MOMENT = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
OFFICE = environment.resource_path("samples/small-office.pcap")
LISTED = InterfaceList(
    (CaptureInterface("eth7", "Uplink", "ethernet", ("192.0.2.7",), ("2001:db8::7",)),), library="libpcap 9.9"
)
NASTY = '=cmd|"/C calc"!A0;=1+1\x1b[31m\u202e../../etc/passwd'
Packed = dict[str, bytes]
Pack = Callable[..., Packed]


@pytest.fixture
def pack() -> Iterator[Pack]:
    opened: list[Analysis] = []

    def pack_it(paths: Sequence[Path], calls: tuple[int, ...] | None = None, copy: WorkingCopy | None = None) -> Packed:
        analysis = Analysis(paths)
        opened.append(analysis)
        analysis.load(CancelToken())
        parts = package_parts(analysis, PackageWish(calls), LISTED, MOMENT, CancelToken(), copy)
        return {part.name: content(part) for part in parts}

    yield pack_it
    for analysis in opened:
        analysis.close()


def content(part: Part) -> bytes:
    stream = io.BytesIO()
    part.write(stream, CancelToken())
    assert part.size is None or abs(part.size - len(stream.getvalue())) < 2000
    return stream.getvalue()


def invites(count: int, name: str = "alice") -> list[Packet]:
    """So many calls that are refused."""
    packets = []
    for number in range(count):
        request = sip("INVITE", f"{number}@test").replace(b"sip:alice@", f"sip:{name}@".encode())
        refusal = request.replace(b"INVITE sip:bob@10.0.0.2 SIP/2.0", b"SIP/2.0 403 Forbidden")
        time_ns = START_NS + number * 1_000_000_000
        packets += [Packet(time_ns, udp("10.0.0.1/5060", "10.0.0.2/5060", request))]
        packets += [Packet(time_ns + 1_000_000, udp("10.0.0.2/5060", "10.0.0.1/5060", refusal))]
    return packets


def rows(packed: Packed) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packed["calls.csv"].decode("utf-8-sig"), newline="")))


def test_a_capture_goes_with_its_calls_failed_ladders_and_facts(pack: Pack) -> None:
    packed = pack([OFFICE])
    calls = [json.loads(line) for line in packed["calls.jsonl"].splitlines()]
    failed = [call["id"] for call in calls if call["state"] not in {"completed", "answered"}]
    assert 0 < len(failed) < len(calls)
    assert list(packed) == [
        "README.txt", "capture.pcapng", "calls.csv", "calls.jsonl", *(f"ladders/call-{number:04d}.svg" for number in failed),
        "statistics.txt", "system.txt",
    ]  # fmt: skip
    assert [(row["Call"], row["From"], row["To"], row["State"]) for row in rows(packed)] == [
        (str(call["id"]), call["from"], call["to"], call["state"]) for call in calls
    ]
    for name in packed:
        assert name == "README.txt" or name in packed["README.txt"].decode()
        if name.endswith(".svg"):
            assert ET.fromstring(packed[name]).tag.endswith("svg")


@pytest.mark.needs_tshark
def test_tshark_reads_all_packets_of_several_captures_in_the_order_of_time(pack: Pack, tmp_path: Path) -> None:
    packets = invites(20)
    even, odd = write(tmp_path / "even.pcap", pcap(packets[::2])), write(tmp_path / "odd.pcap", pcap(packets[1::2]))
    (tmp_path / "out.pcapng").write_bytes(pack([odd, even])["capture.pcapng"])
    whole = write(tmp_path / "whole.pcap", pcap(packets))
    names = ("frame.time_epoch", "sip.Call-ID", "sip.Status-Code", "frame.len")
    assert tshark.fields(tmp_path / "out.pcapng", *names) == tshark.fields(whole, *names)


@pytest.mark.needs_tshark
def test_files_that_are_not_in_order_are_merged_in_order_all_the_same(pack: Pack, tmp_path: Path) -> None:
    packets = invites(20)
    mixed = write(tmp_path / "mixed.pcap", pcap([*packets[10:30], *packets[:10]]))
    other = write(tmp_path / "other.pcap", pcap(packets[30:]))
    for calls in (None, tuple(range(1, 21))):
        (tmp_path / "out.pcapng").write_bytes(pack([mixed, other], calls)["capture.pcapng"])
        times = [float(time) for (time,) in tshark.fields(tmp_path / "out.pcapng", "frame.time_epoch")]
        assert len(times) == len(packets)
        assert times == sorted(times)


@pytest.mark.needs_tshark
def test_chosen_calls_leave_all_others_out(pack: Pack, tmp_path: Path) -> None:
    packed = pack([write(tmp_path / "calls.pcap", pcap(invites(12)))], (3, 12))
    (tmp_path / "out.pcapng").write_bytes(packed["capture.pcapng"])
    assert [row for (row,) in tshark.fields(tmp_path / "out.pcapng", "sip.Call-ID")] == ["2@test"] * 2 + ["11@test"] * 2
    assert [row["Call"] for row in rows(packed)] == ["3", "12"]
    assert [name for name in packed if name.startswith("ladders/")] == ["ladders/call-0003.svg", "ladders/call-0012.svg"]
    for name in set(packed) - {"capture.pcapng"}:
        assert b"5@test" not in packed[name]


def test_one_of_a_thing_is_told_as_one(pack: Pack, tmp_path: Path) -> None:
    packed = pack([write(tmp_path / "one.pcap", pcap(invites(1)[:1]))], (1,))
    readme = packed["README.txt"].decode()
    assert "    1 packet of the chosen call, with no media." in readme
    assert "List of 1 call, for a spreadsheet." in readme
    assert b"The packets of call 1." in packed["capture.pcapng"]
    assert " 1 packet " in packed["statistics.txt"].decode()


def test_text_of_packets_names_no_file_and_is_no_formula(pack: Pack, tmp_path: Path) -> None:
    packed = pack([write(tmp_path / "nasty.pcap", pcap(invites(1, NASTY)))])
    assert [name for name in packed if "/" in name] == ["ladders/call-0001.svg"]
    assert all(name.isascii() and ".." not in name for name in packed)
    text = packed["calls.csv"].decode("utf-8-sig")
    for divider in (",", ";", "\t"):
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=divider):
            assert not [cell for cell in row if cell.lstrip(' "').startswith(("=", "@"))]
    for name in set(packed) - {"capture.pcapng"}:
        assert not set("\x1b\u202e") & set(packed[name].decode())


def test_a_storm_of_failed_calls_is_drawn_in_part_and_said_to_be(pack: Pack, tmp_path: Path) -> None:
    packed = pack([write(tmp_path / "storm.pcap", pcap(invites(MOST_LADDERS + 1)))])
    assert sum(name.startswith("ladders/") for name in packed) == MOST_LADDERS
    assert f"{MOST_LADDERS + 1} calls did not succeed; the first {MOST_LADDERS}" in packed["README.txt"].decode()
    assert len(rows(packed)) == MOST_LADDERS + 1


@pytest.mark.parametrize("packets", [[], [Packet(START_NS, b"")]], ids=["none", "an empty one"])
def test_a_capture_of_nothing_is_packed_as_well(pack: Pack, tmp_path: Path, packets: list[Packet]) -> None:
    packed = pack([write(tmp_path / "nothing.pcap", pcap(packets))])
    assert list(packed) == ["README.txt", "capture.pcapng", "calls.csv", "calls.jsonl", "statistics.txt", "system.txt"]
    assert rows(packed) == []
    (tmp_path / "out.pcapng").write_bytes(packed["capture.pcapng"])
    again = Analysis([tmp_path / "out.pcapng"])
    assert again.load(CancelToken()).packets == len(packets)
    again.close()


def test_losses_that_the_file_tells_are_in_the_figures(pack: Pack, tmp_path: Path) -> None:
    frame = udp("10.0.0.1/5060", "10.0.0.2/5060", sip())
    counted = struct.pack("<HHQHHQ", 4, 8, 9, 7, 8, 41) + bytes(4)  # isb_ifrecv, isb_osdrop
    parts = interface("<", 1, name="eth9"), packet("<", 0, 1_000_000, frame), block("<", 5, bytes(12) + counted)
    path = write(tmp_path / "lossy.pcapng", section("<"), *parts)
    told = pack([path])["statistics.txt"].decode()
    assert "Capture with gaps: 41 packets dropped" in told
    assert any(line.startswith("eth9") and "41 dropped" in line for line in told.splitlines())


@pytest.mark.parametrize(
    ("dropped", "verdict"),
    [(0, "Capture complete: both directions, nothing dropped"), (41, "Capture with gaps: 41 packets dropped")],
)
def test_a_capture_of_our_own_tells_its_interfaces_and_losses(pack: Pack, tmp_path: Path, dropped: int, verdict: str) -> None:
    """Also where a ring has begun another file, or the capture was continued: then an interface has several."""
    copy = begin(tmp_path / "spool")
    try:
        order = Order(str(copy.folder), (Source("local", "eth0"), Source("local", "eth7")), Choice("sip"))
        copy.describe(order, ["Office uplink"])
        files = [copy.folder / "00-000001.pcap", copy.folder / "00-000002.pcap"]
        for file, packets in zip(files, (invites(2)[:2], invites(2)[2:]), strict=True):
            write(file, pcap(packets))
        tap = TapState("eth0", "libpcap", 1, 262144, packets=4, bytes=100, dropped=dropped, dropped_by_interface=0)
        none = TapState("eth7", "", 0, 0, dropped=0, dropped_by_interface=0, lost="eth7: the interface is switched off")
        copy.ended(Ended("asked", "Stopped by the user.", Progress(1.0, 4, 100, 100, 0.0, 1 << 40, (tap, none))))
        packed = pack(files, copy=copy)
    finally:
        copy.delete()
    told = packed["statistics.txt"].decode()
    assert verdict in told
    (line,) = [line for line in told.splitlines() if line.startswith("eth0")]
    assert all(words in line for words in ("Office uplink", "4 packets", f"{dropped} dropped"))
    for words in ("Stopped by the user.", "Captured without eth7: the interface is switched off."):
        assert words in told
        assert words.encode() in packed["capture.pcapng"]


def test_facts_about_the_computer_are_those_of_this_one(pack: Pack) -> None:
    told = pack([OFFICE])["system.txt"].decode()
    assert environment.version() in told
    assert "libpcap 9.9" in told
    assert any(line.startswith("eth7") and "192.0.2.7, 2001:db8::7" in line for line in told.splitlines())
    assert "Time zone" in told
    assert str(Path.home()) not in told
