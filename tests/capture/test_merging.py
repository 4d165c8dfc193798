"""Several files in the order of time."""

import heapq
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.capture import chained, merge, open_capture
from sipview.values import CancelToken
from tests.support.captures import Packet, pcap, write


def merged(folder: Path, files: list[list[int]]) -> list[tuple[int, int]]:
    """(file, number of the packet in it) in merged order; each packet says its number in its bytes."""
    opened = [
        open_capture(
            write(folder / f"{number}.pcap", pcap([Packet(time * 1000, at.to_bytes(4)) for at, time in enumerate(times)])),
            folder,
        )
        for number, times in enumerate(files)
    ]
    order: list[tuple[int, int]] = []
    for parts in merge(opened, CancelToken()):
        batch: dict[int, tuple[int, int]] = {}
        for part in parts:
            for row, offset in zip(part.rows.tolist(), part.batch.offset.tolist(), strict=True):
                batch[row] = (part.file, int.from_bytes(opened[part.file].data[offset : offset + 4].tobytes()))
        order += [batch[row] for row in range(len(batch))]
    for file in opened:
        file.close()
    return order


@given(
    files=st.lists(st.lists(st.integers(0, 50), max_size=40).map(sorted), min_size=2, max_size=4),
    batch=st.sampled_from([1, 3, 1000]),
)
def test_files_in_order_are_merged_as_by_heapq(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], batch: int
) -> None:
    streams = [[(time, number, at) for at, time in enumerate(times)] for number, times in enumerate(files)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chained, "BATCH", batch)
        found = merged(tmp_path_factory.mktemp("merge"), files)
    assert found == [(number, at) for _, number, at in heapq.merge(*streams)]


@given(files=st.lists(st.lists(st.integers(0, 50), max_size=40), min_size=1, max_size=3), batch=st.sampled_from([1, 3, 1000]))
def test_the_packets_of_one_file_stay_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[int]], batch: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(chained, "BATCH", batch)
        found = merged(tmp_path_factory.mktemp("merge"), files)
    for number, times in enumerate(files):
        assert [at for file, at in found if file == number] == list(range(len(times)))
