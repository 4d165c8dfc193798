"""The virtual environment ``.venv`` of a checkout: sipview installed in place, with what it needs.

A stamp in it says what was installed from which requirements. While the stamp holds, `VirtualEnvironment.prepare` has
nothing to do and takes milliseconds.
"""

import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from installer.progress import Failure, note, run_told, say, shell_text
from installer.system_packages import PYTHON_VENV, Need, package_names

__all__ = ["VirtualEnvironment", "explain_pip", "fingerprint", "group_requirements"]

STAMP = "sipview-stamp.json"
TELLING = ("Collecting", "Downloading", "Installing collected", "Successfully installed")

NO_NETWORK = (
    "NewConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "NameResolutionError", "ProxyError", "SSLError",
    "Temporary failure in name resolution", "Network is unreachable", "Connection refused", "Connection reset",
    "getaddrinfo failed",
)  # fmt: skip
"""Words of pip that mean: the package index was not reached."""


class Stamp(NamedTuple):
    """What was installed: the `fingerprint` of it, and the dependency groups that came along."""

    fingerprint: str
    groups: list[str]


def read_project(checkout: Path) -> dict[str, Any]:
    """The ``pyproject.toml`` of the checkout."""
    return tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))


def group_requirements(project: dict[str, Any], group: str) -> list[str]:
    """The requirements of a dependency group of a ``pyproject.toml``, with the groups that it includes (PEP 735)."""
    found: list[str] = []
    for entry in project["dependency-groups"][group]:
        found += [entry] if isinstance(entry, str) else group_requirements(project, entry["include-group"])
    return found


def fingerprint(checkout: Path, groups: Sequence[str]) -> str:
    """A text that changes when what must be installed changes: not with the settings of linters and the like."""
    project = read_project(checkout)
    counts = {
        "checkout": str(checkout),
        "build": project["build-system"],
        "project": project["project"],
        "hatch": project.get("tool", {}).get("hatch", {}),
        "groups": {group: group_requirements(project, group) for group in groups},
    }
    return hashlib.sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()


def explain_pip(last_lines: str) -> tuple[str, str]:
    """Why pip failed and what to do, from its last lines."""
    if any(word in last_lines for word in NO_NETWORK):
        return (
            "the package index could not be reached",
            "Check the network connection. Behind a proxy set HTTPS_PROXY; with an index of your own set PIP_INDEX_URL.\n"
            "Then run the same command again: it goes on from here.",
        )
    if "Long Path support" in last_lines:
        return (
            "Windows refuses paths as long as these",
            "Move this checkout to a folder with a short path, such as C:\\sipview, or enable long paths (pip names the page).",
        )
    if "No space left" in last_lines:
        return (
            "the disk is full",
            "Free about 1 GB where this checkout is (or in the temporary folder) and run the same command again.",
        )
    if "No matching distribution" in last_lines:
        running = (
            f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()} ({platform.machine()})"
        )
        return (
            f"a package has no build for {running}",
            "Use a 64-bit CPython, 3.11 or newer, on a system of the last five years; the package is named above.",
        )
    return "pip ended with an error, see above", "Mend what pip says above and run the same command again."


class VirtualEnvironment:
    """The virtual environment of one checkout; nothing happens before `prepare`."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.folder = checkout / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def needs(self) -> list[Need]:
        """What the system must have for it to be made: nothing once it is there, and nothing where another pip can be used."""
        return [] if self.python.exists() or importlib.util.find_spec("pip") is not None else [PYTHON_VENV]

    def prepare(self, groups: Sequence[str]) -> None:
        """Have sipview installed in it, with these dependency groups. Raises `Failure` where that is not possible."""
        if self._is_ready(groups):
            return
        self._must_be_writable()
        if not self._answers("import pip"):
            self._make()
        wanted = sorted({*groups, *self._known(self._stamp().groups)})
        self._install(wanted)
        self.compile_checkout()
        stamp = Stamp(fingerprint(self.checkout, wanted), wanted)
        (self.folder / STAMP).write_text(json.dumps(stamp._asdict()), encoding="utf-8")

    def _must_be_writable(self) -> None:
        place = self.folder if self.folder.is_dir() else self.checkout
        if not os.access(place, os.W_OK):
            raise Failure(
                "setting up .venv in the checkout",
                f"nothing may be written into {place}",
                "Run this as the user that it belongs to, or make a checkout of your own and run it there.",
            )

    def _stamp(self) -> Stamp:
        """What was installed last; nothing where that cannot be told."""
        try:
            kept = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
            return Stamp(str(kept["fingerprint"]), [str(group) for group in kept["groups"]])
        except (OSError, ValueError, KeyError, TypeError):
            return Stamp("", [])

    def _is_ready(self, groups: Sequence[str]) -> bool:
        """Whether the stamp holds, and Python still finds sipview (its base may have been upgraded or removed)."""
        stamp = self._stamp()
        known = self._known(stamp.groups)
        return (
            set(groups) <= set(stamp.groups) == set(known)
            and stamp.fingerprint == fingerprint(self.checkout, known)
            and self._answers("import sipview")
        )

    def _known(self, groups: Sequence[str]) -> list[str]:
        """Those of the groups that ``pyproject.toml`` has (an older checkout may have had others)."""
        return [group for group in groups if group in read_project(self.checkout)["dependency-groups"]]

    def _answers(self, statement: str) -> bool:
        """Whether its Python runs, is new enough, and can do this."""
        check = f"import sys; assert sys.version_info >= (3, 11); {statement}"
        try:
            return subprocess.run([self.python, "-I", "-c", check], capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    def _make(self) -> None:
        step = f"making a virtual environment in {self.folder}"
        if self._is_something_else():
            raise Failure(step, "what is there by this name is no virtual environment", f"Move {self.folder} away.")
        command: list[str | Path] = [sys.executable, "-m", "venv", "--clear", self.folder]
        if importlib.util.find_spec("ensurepip") is None:
            if importlib.util.find_spec("pip") is None:
                raise Failure(step, f"this Python ({sys.executable}) has neither ensurepip nor pip", self._how_to_get_pip())
            command.insert(-1, "--without-pip")
        say(f"{step[0].upper()}{step[1:]} (Python {platform.python_version()})")
        status, last = run_told(command, [])
        if status == 0 and "--without-pip" in command:
            status, last = run_told([sys.executable, "-m", "pip", "--python", self.python, "install", "pip"], TELLING)
        if status != 0:
            note(last)
            raise Failure(step, "Python ended with an error, see above", f"The command was: {shell_text(command)}")

    def _is_something_else(self) -> bool:
        """Whether the name is taken: by a file, a link to nowhere, or a folder with other things in it."""
        if not self.folder.is_dir():
            return os.path.lexists(self.folder)
        return any(self.folder.iterdir()) and not (self.folder / "pyvenv.cfg").exists()

    @staticmethod
    def _how_to_get_pip() -> str:
        if platform.system() == "Linux":
            names = " ".join(package_names([PYTHON_VENV]))
            return f"On Debian and Ubuntu, as an administrator: apt-get install {names}\nElsewhere, install a complete Python."
        return "Install Python from python.org, with pip."

    def _install(self, groups: Sequence[str]) -> None:
        project = read_project(self.checkout)
        requirements = [requirement for group in groups for requirement in group_requirements(project, group)]
        say("Installing sipview and what it needs into .venv (the first time some 150 MB come over the network)")
        pip: list[str | Path] = [self.python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        # A user's setting "user = true" would make pip refuse in a virtual environment.
        status, last = run_told([*pip, "-e", self.checkout, *requirements], TELLING, os.environ | {"PIP_USER": "0"})
        if status != 0:
            note(last)
            why, advice = explain_pip(last)
            raise Failure("installing sipview and what it needs into .venv", why, advice)
        self.point_to_checkout()

    def compile_checkout(self) -> None:
        """Compile sipview, which pip leaves undone in a checkout: else the first start does it, and each one of whoever may not
        write there.
        """
        subprocess.run(
            [self.python, "-I", "-m", "compileall", "-q", self.checkout / "sipview"], capture_output=True, check=False
        )

    def point_to_checkout(self) -> None:
        """Write the way from the environment to the checkout as a relative one.

        pip writes the path of the checkout in UTF-8 into a file which Python before 3.13 reads in the system's own encoding, so
        that with a name such as Загрузки in it sipview would not be found, on Windows above all.
        """
        for packages in (self.folder / "Lib" / "site-packages", *self.folder.glob("lib/python*/site-packages")):
            for path in packages.glob("*sipview*.pth"):
                path.write_text(f"{os.path.relpath(self.checkout, packages)}\n", encoding="ascii")
