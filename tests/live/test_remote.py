"""Capturing on another computer: its end is played here, by a program called ssh that runs what it is told."""

import os
import select
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sipview.live import Choice, Limits, Order, Ring, Source
from sipview.live.piped import remote_command
from tests.support import tshark
from tests.support.needs import require_tool
from tests.support.network import capturing, private_network, send_udp

PBX = Source("ssh", "lo", "user@pbx")
SIP_PORT = Choice(expression="udp port 5060")

SSH = """#!{python}
import os, sys
words = sys.argv[1:]
at = words.index("--")
assert words[at + 1] == "user@pbx", words
os.environ.update(SSH_CONNECTION={connection!r}, SHELL="/bin/sh")
{before}
os.execv("/bin/sh", ["sh", "-c", " ".join(words[at + 2:])])
"""


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    require_tool("tcpdump")
    with private_network():
        yield


def other_end(folder: Path, monkeypatch: pytest.MonkeyPatch, connection: str = "", before: str = "") -> None:
    """Put a program called ssh in front of the search path."""
    programs = folder / "bin"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(SSH.format(python=sys.executable, connection=connection, before=before), encoding="utf-8")
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


def order(folder: Path, choice: Choice = SIP_PORT, limits: Limits | None = None, ring: Ring | None = None) -> Order:
    return Order(str(folder), (PBX,), choice, limits=limits or Limits(free_disk=0), ring=ring)


def remote_tcpdumps() -> list[str]:
    """The tcpdumps in this network namespace."""
    ours = os.readlink("/proc/thread-self/ns/net")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text(encoding="ascii") == "tcpdump\n" and os.readlink(process / "ns/net") == ours:
                found.append(process.name)
        except OSError:
            continue
    return found


def test_packets_of_the_other_computer_come_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch)
    with capturing(order(tmp_path)) as watched:
        watched.started()
        assert len(remote_tcpdumps()) == 1
        send_udp(5060, [b"x" * 100] * 300)
        send_udp(5070, [b"not wanted"] * 300)
        ended = watched.packets(300).stop()
    (tap,) = ended.progress.taps
    assert (ended.reason, tap.title, tap.by, tap.packets, tap.dropped) == ("asked", "user@pbx:lo", "ssh", 300, 0)
    assert len(tshark.fields(tmp_path / "00-000001.pcap", "frame.number")) == 300
    assert remote_tcpdumps() == []


def test_when_we_are_gone_nothing_goes_on_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch)
    with capturing(order(tmp_path)) as watched:
        watched.started()
        (tcpdump,) = remote_tcpdumps()
        there = os.pidfd_open(int(tcpdump))
        assert watched.capture.started
        os.kill(watched.capture.started.process, 9)
        watched.end()
    assert select.select([there], [], [], 5)[0]
    os.close(there)


def test_limits_and_rings_hold_for_a_remote_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch)
    with capturing(order(tmp_path, limits=Limits(packets=250, free_disk=0))) as watched:
        watched.started()
        send_udp(5060, [b"x"] * 400)
        ended = watched.end()
    assert (ended.reason, ended.progress.packets) == ("packets", 250)
    assert len(tshark.fields(tmp_path / "00-000001.pcap", "frame.number")) == 250
    ring = tmp_path / "ring"
    ring.mkdir()
    with capturing(order(ring, ring=Ring(2, size=1 << 20))) as watched:
        watched.started()
        for count in (900, 1800, 2700):  # each comes within a second, which tcpdump takes its time for
            send_udp(5060, [bytes(1000)] * 900)
            watched.packets(count)
        watched.stop()
    files = sorted(ring.glob("*.pcap"))
    assert len(files) == 2
    assert files[0].name > "00-000001.pcap"
    assert all(file.stat().st_size <= 1 << 20 for file in files)
    assert all(len(tshark.fields(file, "frame.number")) > 100 for file in files)


def test_the_connection_itself_is_not_captured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch, connection="127.0.0.1 5060 127.0.0.1 22")
    with capturing(order(tmp_path, Choice())) as watched:
        watched.started()
        tried = subprocess.run(  # a TCP connection of the same ends, which nobody answers
            [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 22), 1, ('127.0.0.1', 5060))"],
            capture_output=True, check=False,
        )  # fmt: skip
        assert b"ConnectionRefusedError" in tried.stderr
        send_udp(5070, [b"x"] * 5)
        watched.packets(5).stop()
    assert tshark.fields(tmp_path / "00-000001.pcap", "frame.number", display_filter="tcp") == []
    assert len(tshark.fields(tmp_path / "00-000001.pcap", "frame.number", display_filter="udp.dstport == 5070 && !icmp")) == 5


@pytest.mark.parametrize("preset", ["sip", "sip-rtp", "everything"])
def test_tcpdump_takes_every_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preset: str) -> None:
    other_end(tmp_path, monkeypatch, connection="127.0.0.1 5060 127.0.0.1 22")
    choice = {"sip": Choice("sip"), "sip-rtp": Choice("sip-rtp"), "everything": Choice("everything")}[preset]
    with capturing(order(tmp_path, choice)) as watched:
        watched.started()
        send_udp(5060, [b"x"] * 5)
        assert watched.packets(5).stop().reason == "asked"


def test_what_ssh_says_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch, before='sys.exit("ssh: connect to host pbx port 22: Connection refused")')
    with capturing(order(tmp_path)) as watched:
        ended = watched.end()
    assert ended.reason == "failed"
    assert ended.sentence == (
        "user@pbx:lo: pbx refuses the connection on the SSH port (Connection refused): no SSH server listens there, or a "
        "firewall forbids it."
    )


def test_what_tcpdump_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch)
    with capturing(order(tmp_path, Choice(expression="udp prot 5060"))) as watched:
        ended = watched.end()
    assert ended.reason == "failed"
    assert "syntax error" in ended.sentence


def test_where_tcpdump_may_not_capture_dumpcap_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_tool("dumpcap")
    programs = tmp_path / "programs"
    programs.mkdir()
    tcpdump = programs / "tcpdump"
    tcpdump.write_text('#!/bin/sh\necho "tcpdump: lo: You don\'t have permission to capture on that device" >&2\nexit 1\n')
    tcpdump.chmod(0o755)
    path = f'os.environ["PATH"] = {str(programs)!r} + ":" + os.environ["PATH"]'
    other_end(tmp_path, monkeypatch, connection="127.0.0.1 5060 127.0.0.1 22", before=path)
    with capturing(order(tmp_path)) as watched:
        watched.started()
        send_udp(5060, [b"x" * 100] * 30)
        ended = watched.packets(30).stop()
    assert (ended.reason, ended.progress.packets, ended.progress.dropped) == ("asked", 30, 0)


def test_stopping_while_the_other_computer_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "reached"
    os.mkfifo(fifo)
    other_end(tmp_path, monkeypatch, before=f"open({str(fifo)!r}, 'w').close(); sys.stdin.read()")
    with capturing(order(tmp_path)) as watched:
        fifo.open().close()  # the connection has begun, and leads nowhere
        ended = watched.stop()
    assert (ended.reason, ended.sentence) == ("asked", "Stopped before the capture had begun.")


def test_a_connection_that_breaks_leaves_what_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch)
    with capturing(order(tmp_path)) as watched:
        watched.started()
        send_udp(5060, [b"x"] * 20)
        watched.packets(20)
        (tcpdump,) = remote_tcpdumps()
        os.kill(int(tcpdump), 9)
        ended = watched.end()
    assert ended.reason == "source-lost"
    assert ended.sentence.startswith("user@pbx:lo: ssh has ended: ")
    assert len(tshark.fields(tmp_path / "00-000001.pcap", "frame.number")) == 20


def test_a_shell_on_the_way_reads_no_commands_out_of_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch)
    trap = tmp_path / "trap"
    evil = Order(str(tmp_path), (Source("ssh", f"lo; touch {trap}", "user@pbx"),), Choice(expression=f"udp'; touch {trap}; '"))
    with capturing(evil) as watched:
        assert watched.end().reason == "failed"
    assert not trap.exists()
    command = remote_command(Source("ssh", "lo", "-oProxyCommand=touch trap"), order(tmp_path))
    assert command[command.index("-oProxyCommand=touch trap") - 1] == "--"


def test_voice_cannot_be_left_out_there_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other_end(tmp_path, monkeypatch)
    with capturing(order(tmp_path, Choice("sip-rtp-headers"))) as watched:
        assert "Only the engine of sipview itself can leave out voice" in watched.end().sentence
