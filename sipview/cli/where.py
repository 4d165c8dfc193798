"""Versions and folders, for bug reports."""

import argparse
import ctypes.util
import platform

from sipview import environment
from sipview.session.system_facts import version_facts


def where(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes the options
    """Print versions and folders; returns the exit status."""
    facts = [
        *version_facts(),
        ("System", platform.platform()),
        ("Capture library", _capture_library()),
        ("Resources", str(environment.resource_path("."))),
        ("Settings", str(environment.config_folder())),
        ("Data", str(environment.data_folder())),
        ("Working copies", str(environment.spool_folder())),
    ]
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        print(f"{name:<{width}}  {value}")
    return 0


def _capture_library() -> str:
    name = "wpcap" if platform.system() == "Windows" else "pcap"
    found = ctypes.util.find_library(name)
    if found is None:
        return "not found" + (" (Npcap, https://npcap.com)" if platform.system() == "Windows" else " (package libpcap)")
    try:
        library = ctypes.CDLL(found)
        library.pcap_lib_version.restype = ctypes.c_char_p
        version: bytes = library.pcap_lib_version()
    except (OSError, AttributeError) as error:
        return f"{found}, which does not load: {error}"
    return f"{found}, {version.decode(errors='replace')}"
