"""pcapng files: sections, interfaces, clocks, every kind of packet block, and what stands beside packets."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.capture import CaptureFile, Comment, chained
from sipview.capture.clock import Clock
from sipview.capture.pcapng import MAX_INTERFACES, MAX_ORDER_CHANGES
from sipview.values import CancelToken, epoch_text
from tests.support.captures import (
    START_NS,
    block,
    every_ms,
    interface,
    old_packet,
    open_file,
    options,
    packet,
    pcapng,
    section,
    simple_packet,
    udp,
    write,
)
from tests.support.tshark import fields

FRAME = bytes(range(61))
LATEST_NS = 2**63 - 1


def read(path: Path) -> tuple[CaptureFile, list[tuple[int, int, bytes]]]:
    """The file, and (interface, time, bytes) of its packets."""
    file = open_file(path)
    found = []
    for batch in file.batches(CancelToken()):
        for number, time_ns, offset, captured in zip(
            batch.interface.tolist(), batch.time_ns.tolist(), batch.offset.tolist(), batch.captured.tolist(), strict=True
        ):
            found.append((number, time_ns, file.data[offset : offset + captured].tobytes()))
    return file, found


def test_sections_of_different_byte_orders_with_their_own_interfaces(tmp_path: Path) -> None:
    parts = [
        section("<"), interface("<", 1, name="eth0", description="to the PBX", capture_filter="port 5060"),
        packet("<", 0, START_NS // 1000, FRAME), interface("<", 113, resolution=9), packet("<", 1, START_NS, FRAME[1:]),
        packet("<", 0, START_NS // 1000 + 1, FRAME[2:]),
        section(">"), interface(">", 101, resolution=3, name="tun0"), packet(">", 0, START_NS // 10**6, FRAME[3:]),
        old_packet(">", 0, START_NS // 10**6 + 5, FRAME[4:]),
        section("<"), interface("<", 276), packet("<", 0, 7, FRAME[5:]),
    ]  # fmt: skip
    path = write(tmp_path / "sections.pcapng", *parts)
    file, found = read(path)
    in_ms = START_NS // 10**6 * 10**6
    assert found == [
        (0, START_NS, FRAME),
        (1, START_NS, FRAME[1:]),
        (0, START_NS + 1000, FRAME[2:]),
        (2, in_ms, FRAME[3:]),
        (2, in_ms + 5_000_000, FRAME[4:]),
        (3, 7000, FRAME[5:]),
    ]
    assert [(one.link_type, one.time_digits, one.name) for one in file.interfaces] == [
        (1, 6, "eth0"),
        (113, 9, ""),
        (101, 3, "tun0"),
        (276, 6, ""),
    ]
    assert (file.interfaces[0].description, file.interfaces[0].filter) == ("to the PBX", "port 5060")
    assert file.problems == []
    told = fields(path, "frame.time_epoch", "frame.cap_len")
    assert told == [(epoch_text(time_ns, 9), str(len(frame))) for _, time_ns, frame in found]


@pytest.mark.parametrize("order", ["<", ">"])
def test_old_and_simple_packets(tmp_path: Path, order: str) -> None:
    path = write(
        tmp_path / "old.pcapng", section(order), interface(order, 1, snap_length=40), packet(order, 0, 5, FRAME[:33]),
        simple_packet(order, FRAME[:40], 61), simple_packet(order, FRAME[:7]), old_packet(order, 0, 9, FRAME[:20]),
    )  # fmt: skip
    _, found = read(path)
    assert [frame for *_, frame in found] == [FRAME[:33], FRAME[:40], FRAME[:7], FRAME[:20]]
    assert [time_ns for _, time_ns, _ in found] == [5000, 5000, 5000, 9000], "a simple packet has the time of the one before"


@given(
    base=st.sampled_from([2, 10]),
    exponent=st.integers(0, 127),
    offset_s=st.one_of(st.integers(-(2**40), 2**40), st.sampled_from([0, 2**63 - 1, -(2**63)])),
    ticks=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5),
)
def test_a_clock_is_exact_or_stops_at_the_ends_of_time(base: int, exponent: int, offset_s: int, ticks: list[int]) -> None:
    clock = Clock.of_options(exponent | (0x80 if base == 2 else 0), offset_s)
    since = [min(int(Fraction(tick * 10**9, base**exponent)), LATEST_NS) for tick in ticks]
    offset_ns = max(-LATEST_NS, min(offset_s * 10**9, LATEST_NS))
    got = clock.nanoseconds(np.array(ticks, np.uint64)).tolist()
    for exact, ours in zip(since, got, strict=True):
        wanted = min(exact + offset_ns, LATEST_NS)
        late = LATEST_NS - 2 * 10**9 - max(offset_ns, 0)
        assert ours == wanted or (exact >= late and ours >= late + offset_ns), (exact, offset_ns)


@pytest.mark.parametrize(
    ("resolution", "offset_s"), [(0x80 | 10, None), (0x80 | 30, 1_000_000_000), (6, -3600), (12, None), (0, 5)]
)
def test_tshark_reads_the_same_times(tmp_path: Path, resolution: int, offset_s: int | None) -> None:
    ticks = [1_700_000_000 * (2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution) + part for part in (0, 1, 999)]
    if offset_s == 1_000_000_000 or resolution == 12:  # else it would be far in the future, or more than 64 bits
        ticks = [tick // 1000 for tick in ticks]
    path = write(
        tmp_path / "clock.pcapng", section("<"), interface("<", 1, resolution=resolution, offset_s=offset_s),
        *(packet("<", 0, tick, FRAME) for tick in ticks),
    )  # fmt: skip
    file, found = read(path)
    for (told,), (_, time_ns, _) in zip(fields(path, "frame.time_epoch"), found, strict=True):
        assert abs(Fraction(told) - Fraction(time_ns, 10**9)) < Fraction(1, 10 ** min(len(told.partition(".")[2]), 9))
    assert 0 <= file.interfaces[0].time_digits <= 9


def test_what_stands_beside_packets(tmp_path: Path) -> None:
    keys = b"CLIENT_RANDOM 00 11\n"
    names = struct.pack("<HH", 1, 4 + 5) + bytes([10, 0, 0, 1]) + b"pbx\0\0" + bytes(3)
    names += struct.pack("<HH", 2, 16 + 6) + bytes(15) + b"\1" + b"local\0" + bytes(2) + bytes(4)
    statistics = struct.pack("<III", 0, 0, 0) + options("<", (5, struct.pack("<Q", 7)), (7, struct.pack("<Q", 5)))
    path = write(
        tmp_path / "beside.pcapng", section("<", (1, b"taken at the PBX")), interface("<"), block("<", 4, names),
        block("<", 10, struct.pack("<II", 0x544C534B, len(keys)) + keys), block("<", 0x0BAD, b"a local extension"),
        block("<", 0x40000BAD, b"custom"), packet("<", 0, 1, FRAME, comment="here it fails"), packet("<", 0, 2, FRAME),
        block("<", 5, statistics),
    )  # fmt: skip
    file, found = read(path)
    assert len(found) == 2
    assert file.names == {"10.0.0.1": "pbx", "::1": "local"}
    assert file.secrets == [keys]
    assert file.drops == {0: 12}
    first = path.read_bytes().index(FRAME)
    assert file.comments == [Comment(None, "taken at the PBX"), Comment(first, "here it fails")]
    assert file.problems == []
    assert fields(path, "frame.comment", display_filter="frame.comment") == [("here it fails",)]


def test_packets_of_an_unknown_interface_are_left_out_and_told(tmp_path: Path) -> None:
    parts = [
        section("<"),
        interface("<"),
        packet("<", 0, 1, FRAME),
        packet("<", 1, 2, FRAME),
        interface("<"),
        packet("<", 1, 3, FRAME),
    ]
    file, found = read(write(tmp_path / "unknown.pcapng", *parts))
    assert [time_ns for _, time_ns, _ in found] == [1000, 3000]
    (problem,) = file.problems
    assert (problem.kind, problem.start) == ("unknown-interface", sum(map(len, parts[:3])))


def test_a_packet_that_claims_more_than_its_block_has_is_cut_to_that(tmp_path: Path) -> None:
    body = struct.pack("<IIIII", 0, 0, 1, 5000, 5000) + FRAME[:40]
    file, found = read(write(tmp_path / "claims.pcapng", section("<"), interface("<"), block("<", 6, body)))
    assert found == [(0, 1000, FRAME[:40])]
    assert [problem.kind for problem in file.problems] == ["lying-length"]


@pytest.mark.parametrize("claim", [0, 3, 12, 33, 4000, 0xFFFFFFFF])
def test_after_a_lying_block_reading_goes_on_where_several_blocks_prove_it(tmp_path: Path, claim: int) -> None:
    packets = every_ms([FRAME] * 100)
    data = bytearray(pcapng(packets))
    each = len(packet("<", 0, 0, FRAME))
    at = len(data) - 50 * each
    struct.pack_into("<I", data, at + 4, claim)
    file, found = read(write(tmp_path / "lies.pcapng", bytes(data)))
    assert [time_ns for _, time_ns, _ in found] == [one.time_ns for one in packets[:50] + packets[51:]]
    (problem,) = file.problems
    assert (problem.kind, problem.start, problem.end) == ("lying-length", at, at + each)


@given(cut=st.integers(28, 4000))
def test_a_file_cut_anywhere_gives_the_whole_blocks_before(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    packets = every_ms([FRAME[: 3 + number] for number in range(40)])
    data = pcapng(packets)[:cut]
    ends = [len(section("<")), len(section("<") + interface("<", resolution=9))]
    for one in packets:
        ends.append(ends[-1] + len(packet("<", 0, 0, one.frame)))
    file, found = read(write(tmp_path_factory.mktemp("cut") / "cut.pcapng", data))
    whole = sum(end <= len(data) for end in ends) - 2
    assert [frame for *_, frame in found] == [one.frame for one in packets[: max(whole, 0)]]
    assert [problem.kind for problem in file.problems] == ([] if len(data) in ends else ["cut-record"])


def test_a_growing_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    packets = every_ms([udp("10.0.0.1/1", "10.0.0.2/2", bytes([number])) for number in range(40)])
    data = pcapng(packets, ">")
    path = write(tmp_path / "grows.pcapng", data[:30])
    file = open_file(path)
    times: list[int] = []
    for end in range(30, len(data) + 77, 77):
        with path.open("ab") as more:
            more.write(data[path.stat().st_size : end])
        times += [time_ns for batch in file.batches(CancelToken()) for time_ns in batch.time_ns.tolist()]
    assert times == [one.time_ns for one in packets]
    assert file.problems == []


def test_more_interfaces_than_anybody_has_are_told(tmp_path: Path) -> None:
    file, found = read(
        write(
            tmp_path / "many.pcapng",
            section("<"),
            interface("<") * (MAX_INTERFACES + 9),
            packet("<", MAX_INTERFACES + 1, 1, FRAME),
        )
    )
    assert found == []
    assert len(file.interfaces) == MAX_INTERFACES
    assert {problem.kind for problem in file.problems} == {"many-interfaces", "unknown-interface"}
    assert len(file.problems) <= chained.MAX_PROBLEMS


@pytest.mark.parametrize("batch", [1, 2])
def test_a_batch_that_begins_with_a_broken_block_has_no_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(chained, "BATCH", batch)
    broken = bytearray(packet("<", 0, 1, FRAME))
    broken[-4:] = b"\xff\xff\xff\xff"  # not the length that stands in front
    good = [packet("<", 0, n, FRAME) for n in range(4)]
    path = write(tmp_path / "broken.pcapng", section("<") + interface("<"), bytes(broken), *good)
    file, found = read(path)
    assert len(found) == 4
    assert [problem.kind for problem in file.problems] == ["lying-length"]


@pytest.mark.parametrize("orders", ["<", "<>"], ids=["one order", "two orders"])
def test_a_file_of_nothing_but_sections_ends_soon(tmp_path: Path, orders: str) -> None:
    parts = [section(order) + interface(order) + packet(order, 0, 1, FRAME) for order in orders] * 3000
    file, found = read(write(tmp_path / "sections.pcapng", *parts))
    if orders == "<":
        assert [number for number, *_ in found] == list(range(3000))
        assert file.problems == []
    else:
        assert len(found) == MAX_ORDER_CHANGES + 1
        assert [problem.kind for problem in file.problems] == ["many-sections"]


@given(flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=10))
def test_flipped_bytes_never_raise_and_stay_inside_the_file(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(
        section("<") + interface("<", name="x") + b"".join(packet("<", 0, n, FRAME, comment="c") for n in range(20))
        + section(">") + interface(">", resolution=9) + b"".join(old_packet(">", 0, n, FRAME) for n in range(20))
    )  # fmt: skip
    for at, value in flips:
        data[28 + at % (len(data) - 28)] = value
    _, found = read(write(tmp_path_factory.mktemp("flip") / "flip.pcapng", bytes(data)))
    assert len(found) <= 40 + 10
