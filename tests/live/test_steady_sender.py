"""The sender of the benchmark of loss: what it says that it sent was sent, and is what it says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sipview.live import Limits, Order, Source
from tests.benchmarks.live import on_loopback
from tests.benchmarks.sender import PORT, send
from tests.support import tshark
from tests.support.network import capturing, private_network


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


def test_each_packet_that_it_counts_arrives_once_and_whole(tmp_path: Path) -> None:
    """More than its ring has places; as the kernel counts, and as tshark reads what was captured."""
    before = on_loopback()
    with capturing(Order(str(tmp_path), (Source("local", "lo"),), limits=Limits(free_disk=0))) as watched:
        watched.started()
        sent = send(10_000, 0.1777)
        watched.packets(sent.packets).stop()
    assert sent.packets == on_loopback() - before == 1777
    path = tmp_path / "00-000001.pcap"
    fields = ("udp.dstport", "frame.len", "ip.checksum.status")
    found = tshark.fields(path, *fields, options=("-o", "ip.check_checksum:TRUE"))
    assert found == [(str(PORT), "214", "1")] * sent.packets
