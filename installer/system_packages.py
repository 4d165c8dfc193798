"""What sipview needs from the system, and how Debian and Ubuntu give it.

Whether it is there is asked of those who will use it: the dynamic loader, the search path, Python's importer. Only what is
missing is installed; the commands are shown before they run. Where they may not run, they are printed for somebody who may.
"""

import ctypes
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from installer.progress import note, run_told, say, shell_text

__all__ = ["LIBRARIES", "PYTHON_VENV", "TEST_TOOLS", "Need", "Use", "ensure", "in_ci", "is_there", "package_names"]


class Use(Enum):
    """What a need is good for; without it, that cannot be done."""

    DRAWING = "the window, and ladders as PNG and PDF"
    WINDOW = "the window"
    CAPTURE = "live capture"
    SETTING_UP = "setting up"
    TESTING = "tests against the real thing"


class Need(NamedTuple):
    """A library, program or Python module of the system, and the packages that hold it (the newest name first)."""

    what: str
    packages: tuple[str, ...]
    use: Use


LIBRARIES = (
    Need("libglib-2.0.so.0", ("libglib2.0-0t64", "libglib2.0-0"), Use.DRAWING),
    Need("libGL.so.1", ("libgl1",), Use.DRAWING),
    Need("libEGL.so.1", ("libegl1",), Use.DRAWING),
    Need("libfontconfig.so.1", ("libfontconfig1",), Use.DRAWING),
    Need("libdbus-1.so.3", ("libdbus-1-3",), Use.DRAWING),
    Need("libxkbcommon.so.0", ("libxkbcommon0",), Use.DRAWING),
    Need("libxcb-cursor.so.0", ("libxcb-cursor0",), Use.WINDOW),
    Need("libxcb-icccm.so.4", ("libxcb-icccm4",), Use.WINDOW),
    Need("libxcb-keysyms.so.1", ("libxcb-keysyms1",), Use.WINDOW),
    Need("libxcb-shape.so.0", ("libxcb-shape0",), Use.WINDOW),
    Need("libxkbcommon-x11.so.0", ("libxkbcommon-x11-0",), Use.WINDOW),
    Need("libpcap.so.0.8", ("libpcap0.8t64", "libpcap0.8"), Use.CAPTURE),
)
"""Qt's libraries (it draws through GL even without a display) and libpcap."""

TEST_TOOLS = (
    Need("tshark", ("tshark",), Use.TESTING),
    Need("sipp", ("sip-tester",), Use.TESTING),
    Need("sngrep", ("sngrep",), Use.TESTING),
    Need("tcpdump", ("tcpdump",), Use.TESTING),
    Need("ssh", ("openssh-client",), Use.TESTING),
    Need("sshd", ("openssh-server",), Use.TESTING),
    Need("ip", ("iproute2",), Use.TESTING),
    Need("setcap", ("libcap2-bin",), Use.TESTING),
    Need("Xvfb", ("xvfb",), Use.TESTING),
    Need("xauth", ("xauth",), Use.TESTING),
    Need("pdftotext", ("poppler-utils",), Use.TESTING),
    Need("unzip", ("unzip",), Use.TESTING),
)
"""Independent readers and senders of SIP, a display without a screen, readers of our PDF and ZIP."""

PYTHON_VENV = Need("ensurepip", (f"python3.{sys.version_info.minor}-venv", "python3-venv"), Use.SETTING_UP)
"""Debian keeps this part of Python in a package of its own."""

NONINTERACTIVE = ["env", "DEBIAN_FRONTEND=noninteractive"]
APT_UPDATE = ["apt-get", "-o", "Acquire::Retries=3", "update"]
APT_INSTALL = [
    "apt-get",
    "-o",
    "Acquire::Retries=3",
    "-o",
    "DPkg::Lock::Timeout=120",
    "install",
    "-y",
    "--no-install-recommends",
]


def in_ci() -> bool:
    """Whether this is CI (environment variable ``CI=true``), where tests need the real thing."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def is_there(need: Need) -> bool:
    """Whether the system has it now."""
    if ".so" in need.what:
        try:
            ctypes.CDLL(need.what)
        except OSError:
            return False
        return True
    if need.use is Use.SETTING_UP:
        importlib.invalidate_caches()
        return importlib.util.find_spec(need.what) is not None
    return shutil.which(need.what) is not None


def _apt_knows(package: str) -> bool:
    if shutil.which("apt-cache") is None:
        return False
    return subprocess.run(["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False).returncode == 0


def package_names(needs: Iterable[Need], known: Callable[[str], bool] = _apt_knows) -> list[str]:
    """The packages for these needs by the names that this release uses; where none is known, the oldest name."""
    return [next((name for name in need.packages if known(name)), need.packages[-1]) for need in needs]


def _rights() -> list[str] | None:
    """What goes before a command that changes the system: nothing for root, ``sudo`` where it can be asked, else None."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if sys.stdin.isatty() or subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo"]
    return None


def _change_system(rights: Sequence[str], command: Sequence[str]) -> bool:
    """Show the command, run it, and show how it ended where it failed."""
    whole = [*rights, *NONINTERACTIVE, *command]
    say(f"Changing the system: {shell_text(whole)}")
    status, last = run_told(whole, ["Need to get", "After this operation"])
    if status != 0:
        note(last)
    return status == 0


def _install(missing: Sequence[Need]) -> None:
    rights = _rights()
    if rights is None:
        note("They need an administrator (there is no sudo here that could be asked). The command:")
        note(f"apt-get update && {shell_text([*APT_INSTALL[:1], *APT_INSTALL[-3:], *package_names(missing)])}")
        return
    _change_system(rights, APT_UPDATE)  # if this fails, older lists may still do
    _change_system(rights, [*APT_INSTALL, *package_names(missing)])


def ensure(needs: Iterable[Need], system: str = sys.platform) -> list[Need]:
    """Have these things on the system, as far as possible; returns what is missing still, after telling the user.

    On Windows and macOS the wheels bring all of it. On other systems than Debian's kin, what is missing is only named.
    """
    if not system.startswith("linux"):
        return []
    missing = [need for need in needs if not is_there(need)]
    if not missing:
        return []
    say(f"Missing on this system: {', '.join(need.what for need in missing)}")
    if shutil.which("apt-get") is None:
        note("Install the packages of your system that hold these files.")
    else:
        _install(missing)
        missing = [need for need in missing if not is_there(need)]
    for use in Use:
        names = [need.what for need in missing if need.use is use]
        if names:
            note(f"Not possible without {', '.join(names)}: {use.value}.")
    return missing
