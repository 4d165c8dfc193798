"""All checks of the project, in the order in which they fail fastest; the tests are the last."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from installer.progress import run_shown, say

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
    for name, (tool, *arguments) in CHECKS:
        say(f"Checking {name}: {' '.join([tool, *arguments])}")
        program = shutil.which(tool, path=str(python.parent))
        if program is None or run_shown([program, *arguments], folder=checkout) != 0:
            failed.append(name)
    say("Running the tests")
    status = run_shown([python, "-m", "pytest", *pytest_arguments], folder=checkout)
    if failed:
        print(f"\nFailed before the tests, see above: {', '.join(failed)}", file=sys.stderr)
    return status or (1 if failed else 0)
