"""pcap files: every variant read, every damage named, and the rest read on."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.capture import CaptureFile, RecordBatch, chained
from sipview.capture.walk import Chain, walk
from sipview.values import Cancelled, CancelToken
from tests.support.captures import START_NS, Packet, every_ms, open_file, pcap, write
from tests.support.needs import CHECKOUT
from tests.support.tshark import fields

FRAMES = [bytes([number]) * (20 + number % 7 * 11) for number in range(200)]
VARIANTS = [
    pytest.param(order, *kind, id=f"{order} {name}")
    for order in "<>"
    for name, kind in {"microseconds": (False, False), "nanoseconds": (True, False), "modified": (False, True)}.items()
]


def records(file: CaptureFile) -> list[tuple[int, bytes, int]]:
    """(time, captured bytes, length on the wire) of all records that are left to read."""
    found = []
    for batch in file.batches(CancelToken()):
        for offset, time_ns, captured, length in zip(
            batch.offset.tolist(), batch.time_ns.tolist(), batch.captured.tolist(), batch.length.tolist(), strict=True
        ):
            found.append((time_ns, file.data[offset : offset + captured].tobytes(), length))
    return found


def expected(packets: list[Packet]) -> list[tuple[int, bytes, int]]:
    return [(one.time_ns, one.frame, one.wire_length) for one in packets]


@pytest.mark.parametrize(("order", "nanoseconds", "modified"), VARIANTS)
def test_every_variant_gives_the_packets_that_were_written(
    tmp_path: Path, order: str, nanoseconds: bool, modified: bool
) -> None:
    packets = [Packet(START_NS + number * 1000, frame, len(frame) + number) for number, frame in enumerate(FRAMES)]
    file = open_file(write(tmp_path / "one.pcap", pcap(packets, order=order, nanoseconds=nanoseconds, modified=modified)))
    assert records(file) == expected(packets)
    assert file.interfaces[0].link_type == 1
    assert file.interfaces[0].time_digits == (9 if nanoseconds else 6)
    assert file.problems == []


@pytest.mark.parametrize(("order", "nanoseconds", "modified"), VARIANTS)
def test_tshark_reads_the_same(tmp_path: Path, order: str, nanoseconds: bool, modified: bool) -> None:
    """So that the test language is no invention of ours."""
    path = write(tmp_path / "one.pcap", pcap(every_ms(FRAMES), order=order, nanoseconds=nanoseconds, modified=modified))
    told = fields(path, "frame.time_epoch", "frame.cap_len", "frame.len")
    ours = [(f"{t // 10**9}.{t % 10**9:09d}", str(len(frame)), str(length)) for t, frame, length in records(open_file(path))]
    assert told == ours


def test_times_after_2038_and_impossible_fractions_are_kept(tmp_path: Path) -> None:
    data = pcap([]) + struct.pack("<IIII", 0xFFFFFFFF, 0xFFFFFFFF, 1, 1) + b"x"
    assert records(open_file(write(tmp_path / "late.pcap", data))) == [(0xFFFFFFFF * 10**9 + 0xFFFFFFFF * 1000, b"x", 1)]


@given(cut=st.integers(24, 2000))
def test_a_file_cut_anywhere_gives_the_whole_records_before(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    packets = every_ms(FRAMES[:30])
    ends = [24]
    for one in packets:
        ends.append(ends[-1] + 16 + len(one.frame))
    data = pcap(packets)[:cut]
    file = open_file(write(tmp_path_factory.mktemp("cut") / "cut.pcap", data))
    whole = sum(end <= len(data) for end in ends) - 1
    assert records(file) == expected(packets[:whole])
    if len(data) in ends:
        assert file.problems == []
    else:
        (problem,) = file.problems
        assert (problem.kind, problem.start, problem.end) == ("cut-record", ends[whole], len(data))


def test_a_growing_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    packets = every_ms(FRAMES)
    data = pcap(packets)
    path = write(tmp_path / "grows.pcap", data[:1000])
    file = open_file(path)
    seen = records(file)
    for end in (1000, 1001, 1500, 1516, 4000, len(data)):
        with path.open("ab") as more:
            more.write(data[path.stat().st_size : end])
        seen += records(file)
    assert seen == expected(packets)
    assert file.problems == []


def test_the_end_of_a_growing_file_is_told_once(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.pcap", pcap(every_ms(FRAMES))[:-3])
    file = open_file(path)
    for _ in range(3):
        records(file)
    assert [problem.kind for problem in file.problems] == ["cut-record"]


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 300_000, 5000, 0x7FFFFFFF])
def test_after_a_lying_length_reading_goes_on_where_several_records_prove_it(tmp_path: Path, claim: int) -> None:
    packets = every_ms(FRAMES)
    data = bytearray(pcap(packets))
    at = 24 + sum(16 + len(one.frame) for one in packets[:100])
    struct.pack_into("<I", data, at + 8, claim)
    data += bytes(max(0, at + 16 + claim - len(data))) if claim == 5000 else b""
    file = open_file(write(tmp_path / "lies.pcap", bytes(data)))
    read = records(file)
    assert read[:100] == expected(packets)[:100]
    if claim != 5000:  # that one stays inside the file, and is what a record may claim
        assert read[100:] == expected(packets)[101:]
        (problem,) = file.problems
        assert (problem.kind, problem.start, problem.end) == ("lying-length", at, at + 16 + len(packets[100].frame))
        assert "lies.pcap" in problem.text
        assert f"byte {at}" in problem.text


@pytest.mark.parametrize(
    "inside", [bytes(200), b"\x01\0\0\0\xff\xff\xff\x7f\x10\0\0\0\x08\0\0\0" * 13], ids=["silence", "noise"]
)
def test_a_length_that_lies_too_short_makes_no_packets_out_of_a_packet(tmp_path: Path, inside: bytes) -> None:
    packets = every_ms([b"x" * 300] * 40 + [b"y" * 60 + inside] + [b"z" * 300] * 40)
    data = bytearray(pcap(packets))
    at = 24 + 40 * 316
    struct.pack_into("<I", data, at + 8, 60)
    file = open_file(write(tmp_path / "short.pcap", bytes(data)))
    read = records(file)
    assert read[:40] == expected(packets)[:40]
    assert read[41:] == expected(packets)[41:]
    (problem,) = file.problems
    assert (problem.kind, problem.start, problem.end) == ("lying-length", at + 76, at + 16 + 60 + len(inside))


def test_where_nothing_proves_a_place_reading_ends_and_says_so(tmp_path: Path) -> None:
    packets = every_ms(FRAMES[:20])
    data = pcap(packets) + struct.pack("<IIII", 1, 1, 0xFFFFFF, 0xFFFFFF) + bytes(range(256)) * 40
    file = open_file(write(tmp_path / "noise.pcap", data))
    assert records(file) == expected(packets)
    (problem,) = file.problems
    assert (problem.kind, problem.start, problem.end) == ("lying-length", len(pcap(packets)), len(data))
    assert records(file) == []


def test_a_file_of_nothing_but_lies_ends_soon(tmp_path: Path) -> None:
    good = pcap(every_ms([b"x" * 40] * 5))[24:]
    lie = struct.pack("<IIII", START_NS // 10**9, 0, 0xFFFFFFFF, 40)
    file = open_file(write(tmp_path / "lies.pcap", pcap([]), (good + lie) * 3000))
    read = records(file)
    assert 5 * (chained.MAX_GAPS - 1) <= len(read) <= 5 * (chained.MAX_GAPS + 1)
    assert len(file.problems) <= chained.MAX_PROBLEMS


def test_a_file_that_shrinks_is_told_and_not_touched_behind_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chained, "BATCH", 16)
    path = write(tmp_path / "shrinks.pcap", pcap(every_ms([b"x" * 1000] * 200)))
    file = open_file(path)
    batches = file.batches(CancelToken())
    assert next(batches).offset.size == 16
    with path.open("r+b") as same:
        same.truncate(5000)
    assert list(batches) == []
    assert [problem.kind for problem in file.problems] == ["shrunk-file"]


CUT_UNDER_A_READER = """
import os, sys, time
from pathlib import Path
from sipview.capture import open_capture
from sipview.values import CancelToken
path, again = Path(sys.argv[1]), sys.argv[2] == "followed"
file = open_capture(path, path.parent)
list(file.batches(CancelToken()))
before = file.data
if again:  # it grows, and is mapped anew: the former array is there still
    with path.open("ab") as same:
        same.write(path.read_bytes()[24:])
    assert len(list(file.batches(CancelToken()))) == 1
    assert file.data.size > before.size
whole = path.read_bytes()
os.truncate(path, 5000)
deadline = time.monotonic() + 20
while not file.has_grown() or file.data[-1]:
    assert time.monotonic() < deadline
list(file.batches(CancelToken()))
for data in (before, file.data):
    assert bytes(data[:5000]) == whole[:5000]
    assert not data[5000:].any()
print([problem.kind for problem in file.problems])
file.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody cut a file that is mapped")
@pytest.mark.parametrize("how", ["read", "followed"])
def test_what_a_file_has_lost_can_still_be_touched(tmp_path: Path, how: str) -> None:
    """In a process of its own: the system ends one that touches a page of a map behind the end of its file."""
    path = write(tmp_path / "shrinks.pcap", pcap(every_ms([b"x" * 1000] * 200)))
    command = [sys.executable, "-c", CUT_UNDER_A_READER, str(path), how]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['shrunk-file']\n", "")


def test_a_wish_to_stop_is_heard_between_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chained, "BATCH", 16)
    file = open_file(write(tmp_path / "long.pcap", pcap(every_ms(FRAMES))))
    cancel = CancelToken()
    batches = file.batches(cancel)
    next(batches)
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(batches)


@given(sizes=st.lists(st.sampled_from([1, 2, 3, 40, 41, 1000]), max_size=300), batch=st.sampled_from([1, 2, 7, 64, 10_000]))
def test_the_size_of_batches_changes_nothing(tmp_path_factory: pytest.TempPathFactory, sizes: list[int], batch: int) -> None:
    packets = every_ms([bytes(size) for size in sizes])
    path = write(tmp_path_factory.mktemp("sizes") / "sizes.pcap", pcap(packets))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chained, "BATCH", batch)
        file = open_file(path)
        assert records(file) == expected(packets)


@given(
    runs=st.lists(st.tuples(st.sampled_from([0, 1, 5, 160, 172]), st.integers(1, 400)), max_size=12),
    limit=st.sampled_from([3, 100, 100_000]),
)
def test_a_walk_in_runs_finds_what_a_walk_step_by_step_finds(runs: list[tuple[int, int]], limit: int) -> None:
    sizes = [size for size, count in runs for _ in range(count)]
    data = b"".join(struct.pack("<III", 0, size, 0) + bytes(size) for size in sizes)
    at = 0
    steps: list[int] = []
    while at + 12 <= len(data) and len(steps) < limit:
        steps.append(at)
        at += 12 + int.from_bytes(data[at + 4 : at + 8], "little")
    assert walk(np.frombuffer(data, np.uint8), 0, Chain("<", 4, 12, 12), limit).tolist() == steps


@given(flips=st.lists(st.tuples(st.integers(24, 9000), st.integers(0, 255)), max_size=8))
def test_flipped_bytes_never_raise_and_stay_inside_the_file(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(pcap(every_ms(FRAMES)))
    for at, value in flips:
        data[at % len(data)] = value
    data[:24] = pcap([])
    file = open_file(write(tmp_path_factory.mktemp("flip") / "flip.pcap", bytes(data)))
    batches: list[RecordBatch] = list(file.batches(CancelToken()))
    for batch in batches:
        assert (batch.offset + batch.captured <= file.size).all()
        assert (np.diff(batch.offset) > 0).all()


def test_zeros_are_no_packets(tmp_path: Path) -> None:
    """As a file has them that was made as long as it should become, before anything was written; or a packed bomb."""
    head, whole = pcap([]), pcap(every_ms(FRAMES))
    file = open_file(write(tmp_path / "zeros.pcap", head, bytes(3 << 20)))
    assert records(file) == []
    assert [(problem.kind, problem.start) for problem in file.problems] == [("lying-length", 24)]
    file = open_file(write(tmp_path / "before.pcap", head, bytes(5000), whole[24:]))
    assert records(file) == expected(every_ms(FRAMES))
    assert [(problem.kind, problem.start, problem.end) for problem in file.problems] == [("lying-length", 24, 5024)]


def test_a_file_has_no_more_packets_than_memory_is_planned_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chained, "BATCH", 10)
    path = write(tmp_path / "many.pcap", pcap(every_ms(FRAMES)))
    monkeypatch.setattr(chained, "MOST_RECORDS", len(FRAMES))
    file = open_file(path)
    assert (len(records(file)), file.problems) == (len(FRAMES), [])
    monkeypatch.setattr(chained, "MOST_RECORDS", 50)
    file = open_file(path)
    assert records(file) == expected(every_ms(FRAMES))[:50]
    begins = 24 + sum(16 + len(frame) for frame in FRAMES[:50])
    [problem] = file.problems
    assert (problem.kind, problem.start) == ("too-many-records", begins)
    assert problem.text == f"many.pcap: byte {begins}: what comes after 50 packets is not read."
