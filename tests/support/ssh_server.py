"""A real SSH server on loopback with throwaway keys, and a client that knows it (or does not), for a test.

with private_network(), ssh_server(folder) as server:
    server.trust(monkeypatch)     # from now on "ssh" means: with this key, and this server's host key known
"""

import getpass
import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.needs import require_tool, skip_or_fail
from tests.support.patience import PATIENCE_S

PORT = 2222
_SEPARATED = Path("/run/sshd")
_SERVER = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PermitUserEnvironment no
"""
_CLIENT = """#!/bin/sh
exec {ssh} -F none -o IdentitiesOnly=yes -o IdentityFile={key} -o UserKnownHostsFile={known} -o GlobalKnownHostsFile=none "$@"
"""


class Server:
    """The server: ``user`` may log in with the key that `trust` takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.user = getpass.getuser()
        self.address = f"{self.user}@127.0.0.1"

    def trust(self, monkeypatch: pytest.MonkeyPatch, *, key: str = "user_key", known: str = "known_hosts") -> None:
        """Put an ssh in front of the search path that has this key, and knows the host keys in this file."""
        programs = self._folder / "bin"
        programs.mkdir(exist_ok=True)
        ssh = programs / "ssh"
        real = next(path for path in (shutil.which("ssh", path=each) for each in _paths(programs)) if path)
        ssh.write_text(_CLIENT.format(ssh=real, key=self._folder / key, known=self._folder / known), encoding="utf-8")
        ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", os.pathsep.join((str(programs), *_paths(programs))))


def _paths(without: Path) -> list[str]:
    return [path for path in os.environ["PATH"].split(os.pathsep) if path != str(without)]


@contextmanager
def ssh_server(folder: Path) -> Iterator[Server]:
    """Run one until the end; where there is none to run, or this is not root, skip the test with the reason."""
    sshd = shutil.which("sshd", path=os.environ["PATH"] + os.pathsep + "/usr/sbin") or require_tool("sshd")
    require_tool("ssh")
    if os.geteuid() != 0:
        skip_or_fail("to run an SSH server takes root")
    for name in ("host_key", "user_key", "other_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    public = (folder / "user_key.pub").read_text(encoding="ascii")
    (folder / "authorized_keys").write_text(public, encoding="ascii")
    for known, key in (("known_hosts", "host_key"), ("known_otherwise", "other_key")):
        kind, blob, *_ = (folder / f"{key}.pub").read_text(encoding="ascii").split()
        (folder / known).write_text(f"[127.0.0.1]:{PORT} {kind} {blob}\n", encoding="ascii")
    (folder / "known_to_nobody").touch()
    (folder / "sshd_config").write_text(_SERVER.format(port=PORT, folder=folder), encoding="ascii")
    made = not _SEPARATED.exists()
    _SEPARATED.mkdir(mode=0o755, exist_ok=True)
    running = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL)
    try:
        _wait_until_open()
        yield Server(folder)
    finally:
        running.terminate()
        running.wait(PATIENCE_S)
        if made:
            shutil.rmtree(_SEPARATED, ignore_errors=True)


def _wait_until_open() -> None:
    """Until the port takes connections: the server says nowhere else that it is ready."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", PORT)) == 0:
                return
        if time.monotonic() > deadline:
            pytest.fail("the SSH server did not begin")
