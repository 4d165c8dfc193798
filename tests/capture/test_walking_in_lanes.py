"""Records found in many lanes of a file at once, against the chain followed step by step."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sipview.capture import open_capture
from sipview.capture.walk import LANE, Chain, Mark, walk_lanes
from sipview.values import CancelToken

PCAP = Chain("<", 8, 16, 16)
SECOND = 0x65A1_0000
MARK = Mark(2, struct.pack("<I", SECOND)[2:])
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def record(payload: bytes, second: int = SECOND, claim: int | None = None) -> bytes:
    size = len(payload) if claim is None else claim
    return struct.pack("<IIII", second, 0, size, size) + payload


def step_by_step(data: bytes, start: int, stop: int) -> list[int]:
    found = []
    while start < stop:
        found.append(start)
        start += 16 + struct.unpack_from("<I", data, start + 8)[0]
    return found


def payloads(seed: int, count: int) -> list[bytes]:
    chance = np.random.default_rng(seed)
    sizes = chance.choice([0, 60, 214, 214, 214, 700, 1514, 9000], count, p=[0.02, 0.2, 0.2, 0.2, 0.2, 0.1, 0.05, 0.03])
    return [chance.bytes(int(size)) for size in sizes]


def as_array(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_all_lanes_give_the_chain(seed: int) -> None:
    data = b"".join(record(payload) for payload in payloads(seed, 6000))
    positions, _, whole = walk_lanes(as_array(data), 0, 48, PCAP, MARK, CancelToken())
    assert whole
    assert positions.tolist() == step_by_step(data, 0, 48 * LANE)


def test_the_last_lane_of_the_file_is_left_alone() -> None:
    data = b"".join(record(payload) for payload in payloads(1, 2000))
    positions, *_ = walk_lanes(as_array(data), 0, 1000, PCAP, MARK, CancelToken())
    assert positions.tolist() == step_by_step(data, 0, len(data) - LANE)


def test_packets_that_hold_records_mislead_nobody() -> None:
    """A capture of a capture file's transfer: what looks like records stands inside packets, at every edge of a lane."""
    inner = b"".join(record(bytes(100)) for _ in range(40))
    data = b"".join(record(inner) for _ in range(300))
    found: list[int] = []
    start = 0
    while start < len(data) - LANE:
        positions, *_ = walk_lanes(as_array(data), start, 32, PCAP, MARK, CancelToken())
        assert positions.size, "there is no step without a record"
        found += positions.tolist()
        start = found[-1] + 16 + len(inner)
    assert found == step_by_step(data, 0, start)


def test_records_without_the_mark_are_found_in_the_lane_of_those_before_them() -> None:
    data = b"".join(
        record(payload, SECOND + (0x20000 if 500 < number < 1500 else 0)) for number, payload in enumerate(payloads(2, 4000))
    )
    positions, _, whole = walk_lanes(as_array(data), 0, 40, PCAP, MARK, CancelToken())
    assert whole
    assert positions.tolist() == step_by_step(data, 0, 40 * LANE)


@pytest.mark.parametrize("claim", [0xFFFF_FFFF, 1 << 20, 3])
def test_a_lie_ends_the_lanes_at_the_latest_behind_its_place(claim: int) -> None:
    honest = [record(payload) for payload in payloads(3, 5000)]
    liar = 2000
    honest[liar] = record(bytes(300), claim=claim)
    data = b"".join(honest)
    at = sum(map(len, honest[:liar]))
    positions, *_ = walk_lanes(as_array(data), 0, 80, PCAP, MARK, CancelToken())
    before = positions[positions <= at].tolist()
    assert at - before[-1] < 2 * LANE, "the lanes before the lie are whole"
    assert before == step_by_step(data, 0, at + 1)[: len(before)]


def test_records_that_do_not_move_on_end() -> None:
    """Blocks of a pcapng file whose length is 0."""
    chain, mark = Chain("<", 4, 0, 12), Mark(0, struct.pack("<I", 6))
    data = struct.pack("<II", 6, 0) * (LANE // 2)
    positions, _, whole = walk_lanes(as_array(data), 0, 4, chain, mark, CancelToken())
    assert not whole
    assert set(positions.tolist()) == {0}


@pytest.mark.parametrize(("order", "magic"), [("<", 0xA1B2C3D4), (">", 0xA1B2C3D4), ("<", 0xA1B23C4D)])
def test_a_long_file_gives_each_packet_once(tmp_path: Path, order: str, magic: int) -> None:
    """Also over gaps: where a record lies, reading goes on behind it, with the lanes from there."""
    pieces = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262144, 1)]
    truth, at = [], 24
    for number, payload in enumerate(payloads(4, 60_000)):
        lies = number == 30_000
        size = 1 << 30 if lies else len(payload)
        pieces.append(struct.pack(f"{order}IIII", SECOND + number // 50, number % 1000, size, size) + payload)
        if not lies:
            truth.append((at + 16, len(payload)))
        at += 16 + len(payload)
    path = tmp_path / "long.pcap"
    path.write_bytes(b"".join(pieces))
    assert at > 128 * LANE
    file = open_capture(path, tmp_path)
    found = [
        pair
        for batch in file.batches(CancelToken())
        for pair in zip(batch.offset.tolist(), batch.captured.tolist(), strict=True)
    ]
    assert found == truth
    assert [problem.kind for problem in file.problems] == ["lying-length"]
    file.close()
