"""``sipview capture`` and ``sipview interfaces``, as typed: the real program in a process of its own."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from sipview import cli, environment
from sipview.live import recoverable
from tests.support import tshark
from tests.support.needs import CHECKOUT, require_tool
from tests.support.network import private_network, send_udp
from tests.support.typed_command import SIPVIEW, Running, sipview


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("name", ["out.pcap", "out.pcapng"])
def test_it_captures_until_it_is_stopped(tmp_path: Path, number: signal.Signals, name: str) -> None:
    running = Running("capture", "-i", "lo", "-w", tmp_path / name, "--preset", "sip")
    running.until("capturing lo; Ctrl+C ends it")
    send_udp(5060, [b"x" * 100] * 200)
    status, out, _ = running.end(number)
    captured = tshark.fields(tmp_path / name, "frame.number", display_filter="udp.dstport == 5060 && !icmp")
    assert (status, len(captured)) == (0, 200)
    everything = len(tshark.fields(tmp_path / name, "frame.number"))
    assert out.startswith(f"{everything:,} packets, 0 dropped, ")
    assert out.endswith(f" s: {tmp_path / name} (the working copy is deleted)\n")
    assert recoverable(environment.spool_folder()) == []
    assert not list((environment.spool_folder() / "captures").iterdir())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_saved_file_tells_about_itself(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    status, _, error = sipview(
        "capture", "-i", "lo", "-i", "any", "-w", path, "--filter", "udp port 5060", "--duration", "0.2s"
    )
    assert (status, "The limit of 0.2 seconds is reached." in error) == (0, True)
    shown = subprocess.run([require_tool("capinfos"), str(path)], capture_output=True, text=True, check=True).stdout
    for text in (
        "Name = lo",
        "Name = any",
        "Filter string = udp port 5060",
        "Capture application: sipview",
        "Encapsulation = Linux cooked",
    ):
        assert text in shown


def test_all_is_every_usable_interface(tmp_path: Path) -> None:
    running = Running("capture", "-i", "all", "-w", tmp_path / "out.pcapng")
    running.until("capturing lo; Ctrl+C ends it")  # a new network has no other that is up
    assert running.end(signal.SIGINT)[0] == 0


def test_a_ring_becomes_one_file(tmp_path: Path) -> None:
    path = tmp_path / "out.pcap"
    ring = ["--ring-files", "2", "--ring-size", "1M"]
    running = Running("capture", "-i", "lo", "-w", path, "--filter", "udp port 5060", "--snaplen", "2000", *ring)
    running.until("capturing")
    for _ in range(30):
        send_udp(5060, [bytes(1000)] * 100)
    status, out, _ = running.end(signal.SIGINT)
    kept = len(tshark.fields(path, "frame.number"))
    assert (status, out.split(" packets")[0]) == (0, f"{kept:,}")
    assert 900 < kept < 2000
    assert path.stat().st_size <= 2 << 20


def test_the_limit_of_packets(tmp_path: Path) -> None:
    running = Running("capture", "-i", "lo", "-w", tmp_path / "out.pcapng", "--packets", "10")
    running.until("capturing")
    send_udp(5060, [b"x"] * 20)
    status, out, error = running.end()
    assert (status, out.split(",")[0]) == (0, "10 packets")
    assert "The limit of 10 packets is reached." in error


def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    words = ["capture", "-i", "lo", "-w", str(tmp_path / "out.pcapng"), "--duration", "1.2s"]
    with subprocess.Popen([*SIPVIEW, *words], cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # the terminal is closed
            pass
        process.wait()
    os.close(ours)
    assert b"0 of 2,000,000 packets  0/s  0 dropped" in shown
    assert b"% CPU" in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-i", "lo"], "the following arguments are required: -w"),
        (["-w", "x.pcap"], "say where to capture: -i NAME (see sipview interfaces)"),
        (["-i", "eth77", "-w", "x.pcap"], "there is no interface eth77; there are: "),
        (["-i", "lo", "-w", "x.pcap", "--filter", "udp prot 5060"], "--filter: Syntax error at 'prot' (at character 5)"),
        (["-i", "lo", "-w", "x.pcap", "--filter", "udp", "--preset", "sip"], "--filter stands alone"),
        (["-i", "lo", "-w", "x.pcap", "--packets", "many"], "'many' is not a number from 0 to"),
        (["-i", "lo", "-w", "x.pcap", "--size", "big"], "'big' is no size; write it like 500M or 2G"),
        (["-i", "lo", "-w", "x.pcap", "--duration", "0"], "'0' is no duration; write it like 90s, 15m or 2h"),
        (["-i", "lo", "-w", "x.pcap", "--ring-files", "3"], "--ring-files needs --ring-size or --ring-time"),
        (["-i", "lo", "-w", "x.pcap", "--ring-size", "1k"], "a file of a ring has at least 1.0 MiB"),
        (["-i", "lo", "-w", "/nowhere/x.pcap"], "there is no folder /nowhere"),
        (["-i", "lo", "-w", "/dev/null"], "/dev/null is no file"),
        (["-i", "lo", "-w", "-"], "to pipe packets, use tcpdump -w -"),
        (["--hep", "9060", "-i", "lo", "-w", "x.pcap"], "--hep takes what agents send"),
        (["--hep", "port", "-w", "x.pcap"], "'port' is no port; write it like 9060 or 192.0.2.1:9060"),
        (["--ssh", "pbx", "-i", "all", "-w", "x.pcap"], "with --ssh, name the interfaces"),
        (["--recover", "-w", "x.pcap"], "there is no capture to recover"),
    ],
)
def test_wrong_usage_is_told(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["capture", *words], no_painter)
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert says in said.err


def no_painter() -> NoReturn:
    raise AssertionError("capturing paints nothing")


def test_two_captures_into_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    first = Running("capture", "-i", "lo", "-w", path)
    first.until("capturing")
    status, _, error = sipview("capture", "-i", "lo", "-w", path)
    assert (status, f"another capture is running that will be saved to {path}" in error) == (2, True)
    assert first.end(signal.SIGINT)[0] == 0


def test_a_capture_that_was_killed_is_offered_and_recovered(tmp_path: Path) -> None:
    running = Running("capture", "-i", "lo", "-w", tmp_path / "first.pcapng", "--filter", "udp port 5060")
    running.until("capturing")
    send_udp(5060, [b"x"] * 33)
    (folder,) = (environment.spool_folder() / "captures").iterdir()
    while not (file := folder / "00-000001.pcap").exists() or len(tshark.fields(file, "frame.number")) < 33:
        pass
    running.end(signal.SIGKILL)
    while folder not in recoverable(environment.spool_folder()):  # the engine ends within 2 s
        pass
    running = Running("capture", "-i", "lo", "-w", tmp_path / "second.pcapng")
    running.until(f"a capture that was not saved is in {folder}; sipview capture --recover -w FILE saves it")
    running.until("capturing")
    assert running.end(signal.SIGINT)[0] == 0
    status, out, _ = sipview("capture", "--recover", "-w", tmp_path / "first.pcapng")
    assert (status, out.split(",")[0]) == (0, "33 packets")
    assert len(tshark.fields(tmp_path / "first.pcapng", "frame.number")) == 33
    assert not folder.exists()


def test_a_capture_that_cannot_be_saved_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    running = Running("capture", "-i", "lo", "-w", folder / "out.pcapng")
    running.until("capturing")
    send_udp(5060, [b"x"])
    folder.rmdir()
    status, _, error = running.end(signal.SIGINT)
    assert status == 1
    assert "No such file or directory" in error
    assert "the captured packets are kept in " in error
    (kept,) = recoverable(environment.spool_folder())
    assert sipview("capture", "--recover", "-w", tmp_path / "saved.pcap")[0] == 0
    assert not kept.exists()


def test_interfaces_are_listed_for_scripts() -> None:
    status, out, _ = sipview("interfaces", "--json")
    listed = {one["name"]: one for one in map(json.loads, out.splitlines())}
    assert status == 0
    assert listed["lo"]["kind"] == "loopback"
    assert {"name", "label", "ipv4", "ipv6", "kind", "up", "usable", "why_not"} <= set(listed["lo"])
    assert listed["any"]["in_all"] is False


def test_interfaces_are_listed_for_people() -> None:
    status, out, error = sipview("interfaces")
    assert (status, error) == (0, "")
    assert out.splitlines()[0].split() == ["Name", "Label", "Kind", "IPv4", "IPv6", "State", "Remark"]
    assert "127.0.0.1" in out
