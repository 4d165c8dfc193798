"""Long hunts on the command line: calls of sipp that go well and one that fails, on a loopback interface of the test's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sipview.live import Ring
from tests.support import tshark
from tests.support.needs import CHECKOUT, require_tool
from tests.support.network import private_network
from tests.support.patience import PATIENCE_S

BUSY = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="busy">
  <recv request="INVITE" crlf="true"/>
  <send><![CDATA[
SIP/2.0 486 Busy Here
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <recv request="ACK"/>
</scenario>
"""


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


@contextmanager
def answering(folder: Path, port: int, *scenario: str) -> Iterator[None]:
    """A sipp that takes calls on this port."""
    command = [require_tool("sipp"), *scenario, "-i", "127.0.0.1", "-p", str(port), "-nostdin"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sipp:
        try:
            while f":{port:04X} " not in Path("/proc/thread-self/net/udp").read_text(encoding="ascii"):
                pass  # another process opens the port; nothing tells us when
            yield
        finally:
            sipp.kill()


def call(folder: Path, port: int, calls: int) -> int:
    """Make calls one after the other; sipp's exit status, 0 where all were answered."""
    command = [
        require_tool("sipp"), f"127.0.0.1:{port}", "-sn", "uac", "-i", "127.0.0.1", "-p", str(port + 10), "-m", str(calls),
        "-l", "1", "-d", "1", "-nostdin",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=PATIENCE_S, check=False).returncode


@contextmanager
def hunting(path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sipview", "capture", "-i", "lo", "-w", str(path), "--preset", "sip", *words]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: "subprocess.Popen[str]", text: str) -> str:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if text in line:
            return line
    raise AssertionError(f"{text!r} was not said, but: {said}")


def test_the_capture_ends_after_a_call_has_failed(tmp_path: Path) -> None:
    (tmp_path / "busy.xml").write_text(BUSY, encoding="ascii")
    path = tmp_path / "fault.pcapng"
    with (
        answering(tmp_path, 5060, "-sn", "uas"),
        answering(tmp_path, 5061, "-sf", "busy.xml"),
        hunting(path, "--stop-on-failure", "--stop-delay", "1s", "--ring-minutes", "5") as process,
    ):
        until(process, "waiting for a call that fails (4xx, 5xx, 6xx)")
        assert call(tmp_path, 5060, 5) == 0
        assert call(tmp_path, 5061, 1) != 0
        line = until(process, "failed with 486 Busy Here at ")
        assert line.startswith("sipview: The call sipp → service failed")
        assert line.endswith("; the capture ends in 1 s\n")
        out, error = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "the capture ended 1 s later." in error
    assert f": {path} (the working copy is deleted)" in out
    finals = tshark.fields(path, "sip.Status-Code", display_filter='sip.CSeq.method == "INVITE" && sip.Status-Code >= 200')
    assert [status for (status,) in finals] == ["200"] * 5 + ["486"]


def test_failures_that_are_not_waited_for_end_nothing_and_the_processor_rests(tmp_path: Path) -> None:
    (tmp_path / "busy.xml").write_text(BUSY, encoding="ascii")
    with (
        answering(tmp_path, 5061, "-sf", "busy.xml"),
        hunting(tmp_path / "all.pcapng", "--stop-on-failure", "5xx, not 503", "--ring-size", "1M") as process,
    ):
        until(process, "waiting for a call that fails (5xx, not 503)")
        before = _cpu_s(process.pid)
        assert call(tmp_path, 5061, 20) != 0
        spent = _cpu_s(process.pid) - before
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "failed" not in error
    assert len(tshark.fields(tmp_path / "all.pcapng", "frame.number", display_filter="sip.Status-Code == 486")) == 20
    assert ", 0 dropped, " in out
    print(f"processor time of the front end for 20 failed calls: {spent:.2f} s")


def test_sound_that_goes_one_way_is_waited_for_alone(tmp_path: Path) -> None:
    with hunting(tmp_path / "sound.pcapng", "--preset", "sip-rtp", "--stop-on-one-way", "5s", "--stop-delay", "2s") as process:
        until(process, "waiting for a call that has RTP one way only for 5 s")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--stop-on-failure", "busy"], "'busy' is no status; write them like: 4xx, 5xx, 486, 500-503, not 487"),
        (["--stop-on-failure", "200"], "a call fails with a status from 400 to 699"),
        (["--stop-delay", "5s"], "--stop-delay needs --stop-on-failure or --stop-on-one-way"),
        (["--stop-on-one-way"], '--stop-on-one-way needs RTP, which "--preset sip" leaves out'),
        (["--stop-on-one-way", "--preset", "everything", "--filter", "udp port 5060"], "and none passes this --filter; let it"),
        (["--stop-on-one-way", "1s", "--preset", "everything"], "sound can be missed after 3 s at the earliest"),
        (["--ring-minutes", "5", "--ring-time", "10s"], "--ring-minutes stands for --ring-files and --ring-time"),
        (["--ring-minutes", "0"], "'0' is not a number from 1 to"),
    ],
)
def test_wrong_usage_is_told(words: list[str], says: str, tmp_path: Path) -> None:
    with hunting(tmp_path / "x.pcap", *words) as process:
        _, error = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert says in error


def test_a_ring_of_minutes_always_holds_them() -> None:
    ring = Ring.of_minutes(5)
    assert ring.seconds is not None
    assert (ring.files - 1) * ring.seconds == 5 * 60
