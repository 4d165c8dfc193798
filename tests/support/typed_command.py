"""``sipview`` as typed: the real program in a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.needs import CHECKOUT, require_tool

SIPVIEW = [sys.executable, "-m", "sipview"]


class Running:
    """A command that runs; what it says on standard error is read line by line."""

    def __init__(self, *words: str | Path, through: Sequence[str] = ()) -> None:
        """``through``: a command that runs the command."""
        self.process = subprocess.Popen(
            [*through, *SIPVIEW, *map(str, words)], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []

    def until(self, text: str) -> None:
        """Read on until it says this."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.strip())
            if text in line:
                return
        raise AssertionError(f"{text!r} was not said, but: {self.said}")

    def end(self, number: signal.Signals | None = None) -> tuple[int, str, str]:
        """Send it this signal; its status, and what it says on standard output and error."""
        if number is not None:
            self.process.send_signal(number)
        out, error = self.process.communicate(timeout=60)
        return self.process.returncode, out, "\n".join([*self.said, *error.strip().splitlines()])


def sipview(*words: str | Path, through: Sequence[str] = ()) -> tuple[int, str, str]:
    """Type it, and wait for its end."""
    return Running(*words, through=through).end()


def through_own_sys() -> list[str]:
    """Runs a command that sees the interfaces of its own network below /sys, as it does outside of a test."""
    return [require_tool("unshare"), "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$@"', "sh"]
