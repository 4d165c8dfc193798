"""What the user typed to `bootstrap`: ``run [CAPTURE]`` or ``test [ARGUMENT...]``."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from installer.checking import check_everything
from installer.progress import Failure, note
from installer.starting import choose_capture, has_display, start
from installer.system_packages import LIBRARIES, TEST_TOOLS, ensure, in_ci
from installer.virtual_environment import VirtualEnvironment

__all__ = ["run"]

CHECKOUT = Path(__file__).resolve().parent.parent


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description="Set sipview up in this checkout (in .venv), then start it or test it."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="run|test")
    starting = commands.add_parser(
        "run", help="open the window on a capture; without a display, print the calls and draw a ladder"
    )
    starting.add_argument(
        "capture", nargs="?", type=Path, metavar="CAPTURE", help="a capture file; without it, a bundled sample"
    )
    testing = commands.add_parser("test", help="lint, types, import contracts and all tests")
    testing.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="handed on to pytest")
    return parser


def _run(typed: argparse.Namespace) -> int:
    environment = VirtualEnvironment(CHECKOUT)
    needs = [*LIBRARIES, *environment.needs()]
    if typed.command == "run":
        capture = choose_capture(CHECKOUT, typed.capture)
        missing = ensure(needs)
        environment.prepare(groups=[])
        return start(environment.python, capture, with_display=has_display(), missing=missing)
    ensure([*needs, *TEST_TOOLS] if in_ci() else needs)
    environment.prepare(groups=["test"])
    return check_everything(environment.python, CHECKOUT, typed.arguments)


def _end(number: int, _frame: FrameType | None) -> None:
    """End when told to, and by that (`subprocess.run` sees to it) also the program that was started."""
    sys.exit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Do what was typed; returns the exit status: that of the program, 1 for a failed step, 2 for wrong usage."""
    typed = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    try:
        return _run(typed)
    except Failure as failure:
        print(f"\nThis step failed: {failure.step}", file=sys.stderr)
        note(failure.why)
        print("What to do:", file=sys.stderr)
        note(failure.advice)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
