"""What the installer asks of the system, and what it says and does where something is missing."""

import io
import sys
from pathlib import Path

import pytest

from installer.system_packages import LIBRARIES, PYTHON_VENV, Need, Use, ensure, is_there, package_names

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has system packages to install")

ABSENT = Need("libnobody-has-this.so.7", ("libnobody7t64", "libnobody7"), Use.CAPTURE)

# A stand-in for a program: it writes down how it was called.
RECORDING = """#!/bin/sh
echo "$(/usr/bin/env basename "$0") $*" >> "{log}"
exit {status}
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-ins of `apt-get`, `apt-cache` and `sudo` write; they stand first in the search path."""
    log = tmp_path / "log"
    log.touch()
    stand_ins = tmp_path / "bin"
    stand_ins.mkdir()
    for name, status in (("apt-get", 0), ("apt-cache", 0), ("sudo", 1)):
        program = stand_ins / name
        program.write_text(RECORDING.format(log=log, status=status), encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_ins}:/usr/bin:/bin")
    return log


def calls(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"libglib2.0-0t64", "libpcap0.8t64"}, ["libglib2.0-0t64", "libpcap0.8t64"]),  # Debian 13, Ubuntu 24.04
        ({"libglib2.0-0", "libpcap0.8"}, ["libglib2.0-0", "libpcap0.8"]),  # Debian 12, Ubuntu 22.04
        (set(), ["libglib2.0-0", "libpcap0.8"]),  # no lists here: the older name leads to the newer package
    ],
)
def test_packages_are_called_as_the_release_calls_them(known: set[str], expected: list[str]) -> None:
    asked = [need for need in LIBRARIES if len(need.packages) > 1]
    assert package_names(asked, known.__contains__) == expected


def test_the_c_library_is_there_and_an_invented_one_is_not() -> None:
    assert is_there(Need("libc.so.6", ("libc6",), Use.DRAWING))
    assert not is_there(ABSENT)


def test_a_program_is_looked_for_in_the_search_path(log: Path) -> None:
    assert is_there(Need("apt-cache", ("apt",), Use.TESTING))
    assert not is_there(Need("nobody-has-this", ("nobody",), Use.TESTING))
    assert is_there(PYTHON_VENV)


def test_nothing_is_asked_of_the_system_when_nothing_is_missing(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ensure([Need("libc.so.6", ("libc6",), Use.DRAWING)]) == []
    assert calls(log) == []
    assert capfd.readouterr() == ("", "")


def test_root_sees_each_command_before_it_changes_the_system(
    log: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert ensure([ABSENT]) == [ABSENT]
    update, asked, install = calls(log)
    assert update.endswith("update")
    assert asked == "apt-cache show --no-all-versions libnobody7t64"
    assert install.endswith("install -y --no-install-recommends libnobody7t64")
    said = capfd.readouterr().err
    for command in (update, install):
        assert f"Changing the system: env DEBIAN_FRONTEND=noninteractive {command}" in said
    assert "Not possible without libnobody-has-this.so.7: live capture" in said


def test_who_may_not_change_the_system_gets_the_command_for_somebody_who_may(
    log: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "stdin", io.StringIO())  # no terminal, and the stand-in of sudo says no
    assert ensure([ABSENT]) == [ABSENT]
    assert [call for call in calls(log) if call.startswith("apt-get")] == []
    assert "apt-get update && apt-get install -y --no-install-recommends libnobody7t64" in capfd.readouterr().err


def test_a_system_without_apt_gets_the_names_of_the_files(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ensure([ABSENT]) == [ABSENT]
    said = capfd.readouterr().err
    assert "Missing on this system: libnobody-has-this.so.7" in said
    assert "Changing the system" not in said


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_than_linux_are_left_alone(system: str) -> None:
    assert ensure([ABSENT], system) == []
