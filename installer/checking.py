"""All checks of the project, side by side, told in the order in which they fail fastest; the tests come after them."""

import os
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from installer.progress import run_kept, run_shown, say

__all__ = ["check_everything"]

CHECKS = (
    ("lint", ["ruff", "check"]),
    ("format", ["ruff", "format", "--check"]),
    ("types", ["mypy"]),
    *(
        # a cache of its own, as mypy reads nothing from that of another system
        (f"types on {name}", ["mypy", "--platform", system, "--cache-dir", f".mypy_cache/{system}", "sipview", "installer"])
        for name, system in (("Windows", "win32"), ("macOS", "darwin"))
    ),
    ("import contracts", ["lint-imports", "--no-logo"]),
)


def check_everything(python: Path, checkout: Path, pytest_arguments: Sequence[str]) -> int:
    """Run every check, also after one has failed, so that one run tells all; returns 0 only if all passed."""
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        running = [side_by_side.submit(_outcome, python, checkout, command) for _, command in CHECKS]
        for (name, command), outcome in zip(CHECKS, running, strict=True):
            say(f"Checking {name}: {' '.join(command)}")
            status, said = outcome.result()
            print(said, end="", flush=True)
            if status != 0:
                failed.append(name)
    say("Running the tests")
    status = run_shown([python, "-m", "pytest", *pytest_arguments], folder=checkout)
    if failed:
        print(f"\nFailed before the tests, see above: {', '.join(failed)}", file=sys.stderr)
    return status or (1 if failed else 0)


def _outcome(python: Path, checkout: Path, command: Sequence[str]) -> tuple[int, str]:
    """The exit status of a check, and what it said. Its program is beside ``python``."""
    tool, *arguments = command
    program = shutil.which(tool, path=str(python.parent))
    return (1, f"{tool} is not installed\n") if program is None else run_kept([program, *arguments], checkout)
