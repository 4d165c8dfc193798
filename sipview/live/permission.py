"""Who may capture, and what to do where this user may not."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from sipview.live.processes import no_window

_DEBIAN = Path("/etc/debian_version")
_ASKING_S = 5
_REFUSED = "Capturing is not permitted to this user."


def how_to_permit(system: str = sys.platform) -> str:
    """The sentence for a user who may not capture: exactly what to do on this system (a value of ``sys.platform``)."""
    if system == "win32":
        return f"{_REFUSED} Npcap was installed for administrators only; start sipview as administrator"
    if system == "darwin":
        return (
            f"{_REFUSED} For good: install Wireshark's ChmodBPF (it comes with Wireshark; with Homebrew: "
            f"brew install --cask wireshark-chmodbpf), and log in again. For this one time: sudo {_this_program()} capture"
        )
    program = _this_program()
    once = f"For this one time: sudo {program} capture (or pkexec {program} capture)"
    debian = _DEBIAN.exists()
    if shutil.which("dumpcap") is not None:
        group = "sudo dpkg-reconfigure wireshark-common, answer Yes, then " if debian else ""
        return f"{_REFUSED} For good: {group}sudo usermod -aG wireshark $USER, and log in again. {once}"
    install = "sudo apt install wireshark-common" if debian else "install Wireshark's dumpcap"
    setcap = "sudo setcap cap_net_raw,cap_net_admin+eip $(which dumpcap)"
    return (
        f"{_REFUSED} For good: {install}, then sudo usermod -aG wireshark $USER, and log in again "
        f"(where the package gives its group no right: {setcap}). {once}"
    )


def _this_program() -> str:
    """The words that start this program wherever it is installed: sudo does not look into virtual environments."""
    beside_python = Path(sys.executable).with_name("sipview")  # in a program that is its own Python, that itself
    if beside_python.is_file():
        return shlex.quote(str(beside_python))
    return f"{shlex.quote(sys.executable)} -m sipview"


def usable_dumpcap(interface: str) -> str | None:
    """The path of a dumpcap that this user may capture with on this interface, or None.

    Its own word counts: to tell the link types of an interface it has to open it.
    """
    path = shutil.which("dumpcap")
    if path is None:
        return None
    try:
        said = subprocess.run(
            [path, "-L", "-M", "-i", interface],
            capture_output=True,
            timeout=_ASKING_S,
            check=False,
            creationflags=no_window(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return path if said.returncode == 0 else None
