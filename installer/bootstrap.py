#!/usr/bin/env python3
"""Set sipview up in its checkout, then start it or test it.

    python3 installer/bootstrap.py run [CAPTURE]       open the window on a capture, or on a bundled sample
    python3 installer/bootstrap.py test [ARGUMENT...]  check and test everything; the arguments go to pytest

Needs Python 3.11 or newer, git, and a network connection for the first time. This file alone must also be readable for
older versions of Python, so that they can say what is wrong.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER_NAMES = ["python3.15", "python3.14", "python3.13", "python3.12", "python3.11"]


def newer_python() -> str:
    """How a Python that is new enough is started here, "" where there is none; on Windows by its launcher."""
    for name in NEWER_NAMES:
        if shutil.which(name):
            return name
    check = f"import sys; sys.exit(sys.version_info[:2] < {OLDEST!r})"
    launcher = shutil.which("py")
    return "py -3" if launcher and subprocess.call([launcher, "-3", "-c", check]) == 0 else ""


def explain_old_python() -> str:
    """What to do with a Python that is too old: names a newer one where there is one."""
    running = ".".join(str(part) for part in sys.version_info[:2])
    text = f"sipview needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is Python {running} ({sys.executable})."
    newer = newer_python()
    if newer:
        return f"{text}\nHere is a newer one: {newer} {' '.join(sys.argv)}"
    return f"{text}\nInstall a newer one beside it (from python.org or your system's packages) and start again with that one."


def main() -> int:
    """Do what the command line says; returns the exit status."""
    if sys.version_info[:2] < OLDEST:
        print(explain_old_python(), file=sys.stderr)
        return 2
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from installer.command_line import run  # noqa: PLC0415 (its modules need the newer Python)

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
