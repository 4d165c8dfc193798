"""What a support desk asks about a computer: its system, its interfaces, its versions, its clock.

No name of a user, of the computer or of a folder is among it.
"""

import os
import platform
import socket
import sys
from collections.abc import Iterator
from importlib import metadata

from sipview import environment
from sipview.export.fact_sheet import Fact, Section
from sipview.live import CaptureInterface, InterfaceList
from sipview.session.time_source import time_facts

LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "platformdirs", "rich", "msgspec", "lark", "google-re2", "wcwidth",
    "cryptography", "lz4", "zstandard", "jinja2", "scapy",
)  # fmt: skip
"""What sipview is built on, by the names of the package index."""


def system_facts(listed: InterfaceList) -> tuple[Section, ...]:
    """All of it; ``listed`` is what `live.list_interfaces` answers."""
    return (
        Section("Versions", [*version_facts(), Fact("Capture library", listed.library or listed.problem or "not known")]),
        Section("System", list(_system())),
        Section("Time", time_facts()),
        Section("Network interfaces", list(_interfaces(listed))),
    )


def version_facts() -> list[Fact]:
    """sipview, Python and the libraries."""
    python = f"{platform.python_version()} ({platform.python_implementation()}, {8 * _word_bytes()} bit)"
    if getattr(sys, "frozen", False):
        python += ", inside of the program"
    return [
        Fact("sipview", environment.version()),
        Fact("Python", python),
        *(Fact(name, version_of(name)) for name in LIBRARIES),
    ]


def version_of(library: str) -> str:
    """The version of an installed library."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def _word_bytes() -> int:
    return 8 if sys.maxsize > 1 << 32 else 4


def _system() -> Iterator[Fact]:
    yield Fact("Name", _system_name())
    yield Fact("Kernel", f"{platform.system()} {platform.release()} {platform.version()}")
    yield Fact("Processor", f"{platform.machine()}, {os.cpu_count() or 'an unknown number of'} cores")


def _system_name() -> str:
    match platform.system():
        case "Linux":
            try:
                return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
            except OSError:
                return "Linux"
        case "Darwin":
            return f"macOS {platform.mac_ver()[0]}"
        case "Windows":
            release, version, *_ = platform.win32_ver()
            return f"Windows {release} {platform.win32_edition() or ''} {version}"
        case other:
            return other


def _interfaces(listed: InterfaceList) -> Iterator[Fact]:
    if listed.problem:
        yield Fact("Capturing", listed.problem)
    if listed.interfaces:
        yield from (Fact(one.name, _interface(one)) for one in listed.interfaces)
        return
    try:
        names = [name for _, name in socket.if_nameindex()]
    except OSError:
        names = []
    yield Fact("Known by name only", ", ".join(names) or "none")


def _interface(one: CaptureInterface) -> str:
    named = [word for word in (one.label, one.description) if word and word != one.name]
    state = "up" if one.up else "down"
    addresses = ", ".join((*one.ipv4, *one.ipv6)) or "no address"
    route = "default route" if one.default_route else ""
    return " · ".join(part for part in (*named, one.kind, state, addresses, route, one.why_not) if part)
