"""How the installer speaks: a line per step, the command before it runs, and a failure that says what to do."""

import shlex
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["Failure", "note", "run_kept", "run_shown", "run_told", "say", "shell_text"]

KEPT_LINES = 30
"""So many of the last lines of a failed command are shown."""


class Failure(Exception):
    """A step that could not be done: which, why, and what the user can do about it."""

    def __init__(self, step: str, why: str, advice: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step = step
        self.why = why
        self.advice = advice


def say(text: str) -> None:
    """Tell the user what happens now. On standard error: standard output belongs to sipview."""
    print(f"==> {text}", file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Tell the user a detail of the step."""
    for line in text.splitlines():
        print(f"    {line}", file=sys.stderr, flush=True)


def shell_text(command: Sequence[str | Path]) -> str:
    """The command as a person would type it."""
    words = [str(word) for word in command]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def run_shown(command: Sequence[str | Path], environment: Mapping[str, str] | None = None, folder: Path | None = None) -> int:
    """Run a command whose output is for the user as it is; returns its exit status."""
    return subprocess.run([str(word) for word in command], env=environment, cwd=folder, check=False).returncode


def run_kept(command: Sequence[str | Path], folder: Path | None = None) -> tuple[int, str]:
    """Run a command; returns its exit status and all that it said, to be shown later."""
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout


def run_told(
    command: Sequence[str | Path], telling: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command with much output: show the lines that start with one of `telling`.

    Returns the exit status and the last lines, to explain a failure.
    """
    last: deque[str] = deque(maxlen=KEPT_LINES)
    with subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            last.append(line.rstrip())
            if line.lstrip().startswith(tuple(telling)):
                note(line.strip()[:160])
    return process.returncode, "\n".join(last)
