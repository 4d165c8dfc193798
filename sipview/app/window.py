"""Starts the window, or says in plain words why there is none."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path


def open_window(paths: Sequence[Path], *, follow: bool = False) -> int:
    """Open the window on these captures, which with ``follow`` still grow; returns the exit status when it was closed."""
    if sys.platform.startswith("linux") and not _has_display():
        print(
            "sipview: there is no display to open a window on (neither WAYLAND_DISPLAY nor DISPLAY is set); "
            "sipview calls CAPTURE prints the calls, sipview --help lists what else works without one",
            file=sys.stderr,
        )
        return 2
    try:
        from sipview import gui  # noqa: PLC0415 - the command line starts without Qt
    except ImportError as error:
        return missing_qt(error)
    return gui.run(paths, follow=follow)


def _has_display() -> bool:
    return bool(os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))


def missing_qt(error: ImportError) -> int:
    """Say what Qt lacks, and how to get it; returns the exit status."""
    print(f"sipview: Qt cannot be loaded: {error}", file=sys.stderr)
    if sys.platform.startswith("linux"):
        print("python3 installer/bootstrap.py run installs the system libraries that Qt needs", file=sys.stderr)
    return 2
