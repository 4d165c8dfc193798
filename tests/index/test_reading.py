"""The pass over files: rows, candidates, progress, stopping, growing, several files."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.capture import chained
from sipview.index import PacketIndex, Protocol, Reading, read
from sipview.values import Cancelled, CancelToken
from tests.support import traffic
from tests.support.captures import Packet, every_ms, interface, open_file, packet, pcap, section, sip, udp, write
from tests.support.needs import CHECKOUT, require_public_captures
from tests.support.tshark import fields

COLUMNS = (
    "time_ns", "offset", "captured", "length", "interface", "protocol", "flags", "source_port", "destination_port", "transport",
    "transport_start", "payload_start", "payload_length",
)  # fmt: skip


def whole(path: Path) -> tuple[PacketIndex, list[tuple[int, bytes]], list[float]]:
    """The index, (row, message) of the candidates, and the progress that was told."""
    candidates, done = [], []
    for step in read([open_file(path)], CancelToken()):
        candidates += [(candidate.row, candidate.data) for candidate in step.candidates]
        done.append(step.done)
        index = step.index
    return index, candidates, done


@pytest.fixture(scope="module")
def traffic_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("traffic") / "traffic.pcap"
    traffic.write(path, packets=5000, sip=500, seed=3)
    return path


def test_generated_traffic_is_what_it_says(traffic_path: Path) -> None:
    index, candidates, _ = whole(traffic_path)
    told = fields(traffic_path, "frame.time_epoch", "ip.src", "udp.srcport", "ip.dst", "udp.dstport", "sip.Call-ID", "rtp.ssrc")
    assert index.count == len(told) == 5000
    assert len(candidates) == sum(bool(call_id) for *_, call_id, _ in told) == 500
    for row, (time, source, sport, destination, dport, _, ssrc) in enumerate(told):
        ends = index.endpoints(row)
        assert ends is not None
        assert (str(ends[0]), str(ends[1])) == (f"{source}:{sport}", f"{destination}:{dport}")
        assert int(index.time_ns[row]) == int(time.replace(".", ""))
        assert index.protocol[row] == (Protocol.SIP if not ssrc and row in dict(candidates) else Protocol.RTP)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        traffic.write(tmp_path / name, packets=400, sip=100, seed=seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_the_size_of_batches_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    path = tmp_path / "traffic.pcap"
    traffic.write(path, packets=300, sip=60, seed=3)
    usual, usual_candidates, _ = whole(path)
    monkeypatch.setattr(chained, "BATCH", batch)
    index, candidates, done = whole(path)
    assert candidates == usual_candidates
    assert [index.endpoints(row) for row in range(300)] == [usual.endpoints(row) for row in range(300)]
    for name in COLUMNS:
        assert getattr(index, name).tolist() == getattr(usual, name).tolist(), name
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert len(done) >= 300 // batch


def test_both_byte_orders_and_both_formats_give_the_same_rows(tmp_path: Path) -> None:
    packets = every_ms([udp("10.0.0.1/1", "10.0.0.2/2", bytes(at)) for at in range(30)] + [udp("::1/5", "::2/6", sip())])
    blocks = [packet(">", 0, one.time_ns, one.frame) for one in packets]
    files = [
        pcap(packets), pcap(packets, order=">"), pcap(packets, nanoseconds=True), pcap(packets, order=">", modified=True),
        section(">") + interface(">", resolution=9) + b"".join(blocks),
    ]  # fmt: skip
    columns = []
    for number, data in enumerate(files):
        index, candidates, _ = whole(write(tmp_path / f"{number}", data))
        told = [getattr(index, name).tolist() for name in COLUMNS if name != "offset"]
        columns.append((told, [index.endpoints(row) for row in range(31)], candidates))
    assert all(one == columns[0] for one in columns)


def test_an_array_given_out_keeps_its_values_while_the_index_grows(traffic_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chained, "BATCH", 100)
    kept = []
    for step in read([open_file(traffic_path)], CancelToken()):
        column = step.index.time_ns
        kept.append((column, column.copy()))
    assert len({column.size for column, _ in kept}) >= 50
    assert all((column == copy).all() for column, copy in kept)


def test_a_growing_capture_is_read_on(tmp_path: Path, traffic_path: Path) -> None:
    data = traffic_path.read_bytes()
    path = write(tmp_path / "grows.pcap", data[:24])
    reading = Reading([open_file(path)])
    rows = []
    for end in (24, 10_000, 300_000, len(data)):
        with path.open("ab") as more:
            more.write(data[path.stat().st_size : end])
        rows += [candidate.row for step in reading.steps(CancelToken()) for candidate in step.candidates]
    assert reading.index.count == 5000
    assert rows == [row for row, _ in whole(traffic_path)[1]]


def test_a_wish_to_stop_is_heard_and_leaves_what_was_read(traffic_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chained, "BATCH", 100)
    cancel = CancelToken()
    steps = read([open_file(traffic_path)], cancel)
    index = next(steps).index
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(steps)
    assert 100 <= index.count < 2000
    assert index.payload(index.count - 1)


def test_several_files_are_one_in_the_order_of_time(tmp_path: Path) -> None:
    """The answers of a call were captured elsewhere, with another kind of file and link."""
    there = [
        Packet(1_000_000_000 + at * 2_000_000, udp("10.0.0.1/5060", "10.0.0.2/5060", sip(call_id=f"{at}@a")))
        for at in range(20)
    ]
    back = [
        Packet(1_001_000_000 + at * 2_000_000, udp("10.0.0.2/5060", "10.0.0.1/5060", sip(call_id=f"{at}@b"))[14:])
        for at in range(20)
    ]
    blocks = b"".join(packet(">", 0, one.time_ns, one.frame) for one in back)
    first = open_file(write(tmp_path / "there.pcap", pcap(there)))
    second = open_file(write(tmp_path / "back.pcapng", section(">"), interface(">", 101, resolution=9), blocks))
    steps = list(read([first, second], CancelToken()))
    index = steps[-1].index
    assert index.time_ns.tolist() == sorted(one.time_ns for one in there + back)
    candidates = [candidate for step in steps for candidate in step.candidates]
    assert [candidate.row for candidate in candidates] == list(range(40))
    for candidate in candidates:
        side = "ab"[candidate.row % 2]
        assert f"Call-ID: {candidate.row // 2}@{side}\r\n".encode() in candidate.data
        assert candidate.frame_offset is not None
        assert index.frame(candidate.row)[candidate.frame_offset :] == candidate.data
        assert str(candidate.source) == ("10.0.0.1:5060" if side == "a" else "10.0.0.2:5060")
    assert [index.time_digits(row) for row in (0, 1)] == [6, 9]
    assert [file.path.name for file, _ in index.interfaces] == ["there.pcap", "back.pcapng"]


def test_a_million_addresses_are_told_apart(tmp_path: Path) -> None:
    """Here some thousands; the table of addresses grows on the way."""
    ends = [(f"10.{at // 250}.{at % 250}.1/1", f"2001:db8::{at:x}/2") for at in range(3000)]
    frame, frame6 = udp("1.2.3.4/1", "4.3.2.1/1", b""), udp("::1/1", "::2/2", b"")
    frames = []
    for at in range(3000):
        frames.append(frame[:26] + bytes([10, at // 250, at % 250, 1]) + frame[30:])
        frames.append(frame6[:38] + bytes.fromhex("20010db8") + bytes(10) + at.to_bytes(2) + frame6[54:])
    index, _, _ = whole(write(tmp_path / "many.pcap", pcap(every_ms(frames * 2))))
    for row in range(0, index.count, 2):
        four, six = index.endpoints(row), index.endpoints(row + 1)
        assert four is not None
        assert six is not None
        at = row // 2 % 3000
        assert (f"{four[0].address}/1", f"{six[1].address}/2") == (ends[at][0], ends[at][1].replace("::0/", "::/"))
    assert len(set(index.addresses)) == len(index.addresses) == 1 + 3001 + 3001


def test_no_file_and_an_empty_one(tmp_path: Path) -> None:
    index, candidates, done = whole(write(tmp_path / "empty.pcap", pcap([])))
    assert (index.count, candidates, done[-1]) == (0, [], 1.0)
    assert [step.index.count for step in read([], CancelToken())][-1] == 0
    with pytest.raises(IndexError):
        index.frame(0)


@given(flips=st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 255)), max_size=30), cut=st.integers(24, 200_000))
def test_a_damaged_capture_of_a_real_call_never_raises(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], cut: int
) -> None:
    source = next((CHECKOUT / "tests" / "data").glob("12_fork_two_phones/*.pcap"))
    data = bytearray(source.read_bytes()[:cut])
    for at, value in flips:
        if at % len(data) >= 24:
            data[at % len(data)] = value
    index, candidates, _ = whole(write(tmp_path_factory.mktemp("damaged") / "damaged.pcap", bytes(data)))
    assert (index.payload_start.astype(int) + index.payload_length <= index.captured).all()
    for row in range(index.count):
        index.info(row)
        index.endpoints(row)
    assert all(message for _, message in candidates)


@pytest.mark.public_captures
def test_every_capture_of_other_projects_is_read_like_tshark_reads_it(tmp_path: Path) -> None:
    wrong = []
    paths = sorted(require_public_captures().glob("*.*cap*"))
    with ThreadPoolExecutor(os.cpu_count()) as tsharks:
        told = tsharks.map(lambda path: fields(path, "frame.time_epoch", "frame.cap_len", "frame.len"), paths)
        for path, theirs in zip(paths, told, strict=True):
            for step in read([open_file(path, spool=tmp_path)], CancelToken()):
                index = step.index
            ours = [
                (f"{time_ns // 10**9}.{time_ns % 10**9:09d}", str(captured), str(length))
                for time_ns, captured, length in zip(
                    index.time_ns.tolist(), index.captured.tolist(), index.length.tolist(), strict=True
                )
            ]
            if ours != theirs:
                wrong.append(path.name)
            for row in range(index.count):
                index.info(row)
    assert len(paths) > 50
    assert wrong == []


@pytest.mark.public_captures
def test_every_torture_message_is_found_in_a_datagram(tmp_path: Path) -> None:
    folder = require_public_captures().parent / "torture"
    payloads = [path.read_bytes() for path in sorted(folder.glob("*/*.dat"))]
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", payload) for payload in payloads]
    _, candidates, _ = whole(write(tmp_path / "torture.pcap", pcap(every_ms(frames))))
    assert [message for _, message in candidates] == [payload.lstrip(b"\r\n") for payload in payloads]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to a number of bytes")
def test_a_beginning_that_promises_millions_of_packets_takes_no_memory_for_them(tmp_path: Path) -> None:
    """The first batch is all that there is, though the file is long: a process with little memory reads it."""
    path = tmp_path / "sparse.pcap"
    with path.open("wb") as file:
        file.write(pcap(every_ms([udp("10.0.0.1/5060", "10.0.0.2/5060", sip())])))
        file.truncate(1 << 30)
    code = (
        "import resource, sys; from pathlib import Path; from sipview.capture import open_capture\n"
        "from sipview.index import PacketIndex, Reading; from sipview.values import CancelToken\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({3 << 29},) * 2)\n"
        "file = open_capture(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "reading = Reading([file]); list(reading.steps(CancelToken())); print(reading.index.count)\n"
        "index = PacketIndex([file]); index.expect(1 << 16, [(0, 100)])\n"
        "index.append({name: getattr(reading.index, name) for name in index._columns}); print(index.count)"
    )
    ran = subprocess.run([sys.executable, "-c", code, path, tmp_path], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1", "1"]
