"""Another computer over SSH: a real server on loopback, and everything that people see go wrong."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sipview import environment
from sipview.live import Choice, Limits, Order, Source
from sipview.live.remote import Host, refusal, remote_interfaces
from tests.support import tshark
from tests.support.needs import require_tool
from tests.support.network import capturing, private_network, send_udp
from tests.support.ssh_server import PORT, Server, ssh_server
from tests.support.typed_command import Running, sipview


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    require_tool("tcpdump")
    with private_network(), ssh_server(tmp_path) as running:
        yield running


def source(server: Server, port: int = PORT) -> Source:
    return Source("ssh", "lo", server.address, port, attended=False)


def test_packets_come_through_a_real_server(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.trust(monkeypatch)
    with capturing(Order(str(tmp_path), (source(server),), Choice("sip"), limits=Limits(free_disk=0))) as watched:
        watched.started()
        send_udp(5060, [b"x" * 100] * 20)
        ended = watched.packets(20).stop()
    assert (ended.reason, ended.progress.dropped) == ("asked", 0)
    seen = tshark.fields(tmp_path / "00-000001.pcap", "frame.number", display_filter="!icmp")
    assert len(seen) == 20  # and nothing of the connection itself


def test_it_is_captured_as_typed_until_ctrl_c(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.trust(monkeypatch)
    path = tmp_path / "there.pcapng"
    running = Running("capture", "--ssh", f"{server.address}:{PORT}", "-i", "lo", "-i", "eth77", "-w", path, "--preset", "sip")
    running.until(f"capturing {server.address}:lo; Ctrl+C ends it")
    assert any("Captured without" in line and "127.0.0.1 has no such interface" in line for line in running.said)
    send_udp(5060, [b"x" * 100] * 20)
    while not any(captured.stat().st_size > 20 * 100 for captured in environment.spool_folder().rglob("00-*.pcap")):
        assert running.process.poll() is None
    status, out, said = running.end(signal.SIGINT)
    assert (status, "0 dropped" in out) == (0, True), said
    assert len(tshark.fields(path, "frame.number", display_filter="!icmp")) == 20


@pytest.mark.parametrize("host", ["pbx:0", "pbx:99999", "user@", "user@[::1]:70000"])
def test_a_host_that_is_none_is_told(host: str, tmp_path: Path) -> None:
    status, _, said = sipview("capture", "--ssh", host, "-w", tmp_path / "there.pcapng")
    assert (status, f"{host!r} is no host; write it like user@pbx" in said) == (2, True)


def test_the_interfaces_of_the_other_computer_are_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.trust(monkeypatch)
    listed, refused = remote_interfaces(Host(server.address, PORT))
    assert refused is None
    loopback = listed.find("lo")
    assert loopback is not None
    assert (loopback.kind, loopback.ipv4) == ("loopback", ("127.0.0.1",))
    assert listed.find("any") is not None
    assert not [one for one in listed.interfaces if one.name.startswith(("bluetooth", "nf", "dbus"))]


def test_a_key_that_is_not_accepted(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.trust(monkeypatch, key="other_key")
    _, refused = remote_interfaces(Host(server.address, PORT))
    assert refused is not None
    assert refused.sentence.startswith("127.0.0.1 has not accepted a key of yours")
    assert refused.command == f"ssh-copy-id -p {PORT} {server.address}"


def test_a_host_key_that_nobody_knows(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.trust(monkeypatch, known="known_to_nobody")
    _, refused = remote_interfaces(Host(server.address, PORT))
    assert refused is not None
    assert refused.sentence.startswith("The host key of 127.0.0.1 is not known here yet")
    assert refused.command == f"ssh -p {PORT} {server.address}"


def test_a_host_key_that_has_changed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.trust(monkeypatch, known="known_otherwise")
    _, refused = remote_interfaces(Host(server.address, PORT))
    assert refused is not None
    assert refused.sentence.startswith("127.0.0.1 shows another host key than it had before")
    assert refused.command == f"ssh-keygen -R '[127.0.0.1]:{PORT}'"


def test_a_computer_that_takes_no_connection(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.trust(monkeypatch)
    with capturing(Order(str(tmp_path), (source(server, PORT + 1),))) as watched:
        ended = watched.end()
    assert ended.reason == "failed"
    assert "127.0.0.1 refuses the connection on the SSH port 2223 (Connection refused)" in ended.sentence


def test_an_answer_that_nobody_wants_any_more_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = tmp_path / "reached"
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\ntouch {reached}\nexec sleep 600\n", encoding="ascii")
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    _, refused = remote_interfaces(Host("pbx"), unwanted=reached.exists)
    assert refused is not None
    assert refused.sentence.startswith("pbx has not answered")


def test_without_an_ssh_client_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, refused = remote_interfaces(Host("pbx"))
    assert refused is not None
    assert refused.sentence == "The program ssh is not on this computer; install an OpenSSH client"


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("ssh: Could not resolve hostname pbx: Name or service not known", "No computer with the name pbx is known here"),
        ("ssh: connect to host pbx port 22: No route to host", "pbx cannot be reached on the SSH port ("),
        ("ssh: connect to host pbx port 22: Connection timed out", "pbx cannot be reached on the SSH port ("),
        ("kex_exchange_identification: Connection closed by remote host", "pbx closed the connection before the login"),
        ("sipview: no capture program", "Neither tcpdump nor dumpcap is on pbx"),
        (
            "tcpdump: eth0: You don't have permission to capture on that device\n(socket: Operation not permitted)",
            "The user on pbx may not capture there",
        ),
        ("tcpdump: eht0: No such device exists\n(SIOCGIFHWADDR: No such device)", "pbx has no such interface"),
        ("Something \x1b[31mnew", "Something ␛[31mnew"),
        ("", "the connection is closed"),
    ],
)
def test_what_programs_say_is_said_in_plain_words(said: str, means: str) -> None:
    assert refusal(said, Host("root@pbx")).sentence.startswith(means)
