"""Real calls on loopback: sipp's own statistics against what was captured."""

import csv
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sipview.live import Choice, Limits, Order, Source
from tests.support import tshark
from tests.support.needs import require_tool
from tests.support.network import capturing, private_network

CALLS, RATE = 500, 100


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


@contextmanager
def answering(folder: Path) -> Iterator[None]:
    """A sipp that takes calls on port 5060, and echoes their media."""
    command = [require_tool("sipp"), "-sn", "uas", "-i", "127.0.0.1", "-p", "5060", "-rtp_echo", "-mp", "16000", "-nostdin"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sipp:
        try:
            while not Path("/proc/thread-self/net/udp").read_text(encoding="ascii").count(":13C4 "):
                pass  # another process opens the port; nothing tells us when
            yield
        finally:
            sipp.kill()


def call(folder: Path) -> dict[str, str]:
    """Make the calls; sipp's statistics at the end."""
    statistics = folder / "statistics.csv"
    command = [
        require_tool("sipp"), "127.0.0.1:5060", "-sn", "uac", "-i", "127.0.0.1", "-p", "5061", "-mp", "17000", "-m", str(CALLS),
        "-r", str(RATE), "-d", "100", "-nostdin", "-trace_stat", "-stf", str(statistics), "-fd", "600",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(statistics.read_text(encoding="ascii").splitlines(), delimiter=";"))[-1]


def test_as_many_calls_and_messages_are_captured_as_sipp_counts(tmp_path: Path) -> None:
    order = Order(str(tmp_path), (Source("local", "lo"),), Choice("sip"), limits=Limits(free_disk=0))
    with answering(tmp_path), capturing(order) as watched:
        watched.started()
        counted = call(tmp_path)
        ended = watched.stop()
    assert counted["SuccessfulCall(C)"] == str(CALLS)
    assert counted["Retransmissions(C)"] == "0"
    (tap,) = ended.progress.taps
    assert (tap.dropped, tap.dropped_by_interface) == (0, 0)
    seen = tshark.fields(tmp_path / "00-000001.pcap", "sip.Call-ID", "sip.CSeq.method", "sip.Status-Code", display_filter="sip")
    assert len({call_id for call_id, _, _ in seen}) == CALLS
    kinds = [(method, status) for _, method, status in seen]
    expected = [("INVITE", ""), ("INVITE", "180"), ("INVITE", "200"), ("ACK", ""), ("BYE", ""), ("BYE", "200")]
    assert {kind: kinds.count(kind) for kind in expected} == dict.fromkeys(expected, CALLS)
    assert len(seen) == CALLS * len(expected)
