"""Many pieces of a file at once, against its bytes cut out one by one; and the beginnings of frames that come with records."""

import struct
from pathlib import Path

import numpy as np
import pytest

from sipview.capture import gather, open_capture
from sipview.capture.gather import spread
from sipview.capture.words import FIRST_OCTET, words_of
from sipview.values import CancelToken

DATA = np.random.default_rng(1).integers(0, 256, 3_000_000, np.uint8)
PIECE = np.dtype({"names": ["a", "b", "c"], "formats": ["<u4", ">u2", "u1"], "offsets": [1, 5, 9], "itemsize": 11})


def places(count: int, order: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """In steps or anywhere; some pieces are partly or wholly behind the end."""
    chance = np.random.default_rng(count)
    found = np.sort(chance.integers(0, DATA.size + 30, count)) if order != "near" else np.arange(count) * 100 + 3
    return chance.permutation(found) if order == "mixed" else found


@pytest.mark.parametrize("order", ["near", "sorted", "mixed"])
@pytest.mark.parametrize("count", [0, 1, 1500, 30_000])
def test_pieces_are_those_of_the_bytes(count: int, order: str) -> None:
    positions = places(count, order)
    padded = DATA.tobytes() + bytes(60)
    truth = [struct.unpack_from("<xI2s2xBx", padded, position) for position in positions.tolist()]
    found = gather(DATA, positions, PIECE)
    fields = spread(DATA, positions, PIECE)
    assert found["a"].tolist() == fields["a"].tolist() == [a for a, _, _ in truth]
    assert found["b"].tolist() == fields["b"].tolist() == [int.from_bytes(b, "big") for _, b, _ in truth]
    assert found["c"].tolist() == fields["c"].tolist() == [c for _, _, c in truth]
    assert all(field.dtype.isnative for field in fields.values())


def frames() -> list[bytes]:
    chance = np.random.default_rng(2)
    return [chance.bytes(int(size)) for size in chance.choice([0, 3, 49, 50, 200, 1400], 20_000)]


def pcap(order: str, magic: int, header: int) -> bytes:
    pieces = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262144, 1)]
    for number, frame in enumerate(frames(), 1):
        pieces += [
            struct.pack(f"{order}IIII", 1_700_000_000, number % 1000, len(frame), len(frame) or 1),
            bytes(header - 16),
            frame,
        ]
    return b"".join(pieces)


def pcapng(order: str, *, simple: bool) -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        size = struct.pack(f"{order}I", len(body) + 12)
        return struct.pack(f"{order}I", kind) + size + body + size

    pieces = [
        block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1)),
        block(1, struct.pack(f"{order}HHI", 1, 0, 0)),
    ]
    for number, frame in enumerate(frames()):
        padded = frame + bytes(-len(frame) % 4)
        if simple and number % 3 == 0:
            pieces.append(block(3, struct.pack(f"{order}I", len(frame)) + padded))
        else:
            pieces.append(block(6, struct.pack(f"{order}IIIII", 0, 0, number, len(frame), len(frame)) + padded))
    return b"".join(pieces)


FILES = {
    "pcap": pcap("<", 0xA1B2C3D4, 16),
    "pcap, other byte order": pcap(">", 0xA1B2C3D4, 16),
    "pcap, modified": pcap("<", 0xA1B2CD34, 24),
    "pcapng": pcapng("<", simple=False),
    "pcapng, other byte order": pcapng(">", simple=False),
    "pcapng with simple packets": pcapng("<", simple=True),
}


@pytest.mark.parametrize("kind", FILES)
def test_records_bring_the_beginnings_of_their_frames(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "capture"
    path.write_bytes(FILES[kind])
    file = open_capture(path, tmp_path)
    padded = FILES[kind] + bytes(60)
    count = 0
    for batch in file.batches(CancelToken()):
        assert batch.words is not None
        truth = [padded[at + FIRST_OCTET : at + FIRST_OCTET + 40] for at in batch.offset.tolist()]
        assert [b"".join(each) for each in zip(*map(_octets, batch.words), strict=True)] == truth
        assert [word.tolist() for word in words_of(file.data, batch.offset)] == [word.tolist() for word in batch.words]
        count += batch.offset.size
    assert count == len(frames())
    file.close()


def _octets(words: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> list[bytes]:
    data = words.tobytes()
    return [data[at : at + 8] for at in range(0, len(data), 8)]
