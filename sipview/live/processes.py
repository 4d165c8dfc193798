"""How the other processes of this room are started: from a checkout, an installed sipview, and a frozen one."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

ENGINE, ANSWERING, ACTIVITY = "--live-engine", "--live-answering", "--live-activity"
"""First words of the command line that make sipview one of these processes (`sipview.__main__`)."""

_MODULES = {ENGINE: "sipview.live.engine", ANSWERING: "sipview.live.answering", ACTIVITY: "sipview.live.activity"}
"""Each has a function ``main`` that returns the exit status."""
_PACKAGE_FOLDER = Path(__file__).resolve().parent.parent.parent


def run_as(words: list[str]) -> int | None:
    """Be the process that the first word asks for, and return its exit status; None where it asks for none."""
    if not words or words[0] not in _MODULES:
        return None
    status: int = import_module(_MODULES[words[0]]).main()
    return status


def command_of(word: str) -> list[str]:
    """The command line of such a process. A frozen program has no interpreter beside it: it starts itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, word]
    start = f"import sys; sys.path.append({str(_PACKAGE_FOLDER)!r}); from {_MODULES[word]} import main; sys.exit(main())"
    return [sys.executable, "-P", "-c", start]


def no_window() -> int:
    """The creation flags that keep Windows from opening a console for it."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW
    else:  # noqa: RET505 - a plain return would be unreachable to mypy on Windows
        return 0


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Ctrl+C, which a terminal sends to all that runs in it, waits for a process started in this block: for `hear_interrupts`.

    Before that its interpreter is being set up, and would die of it, with one status or another, or lose it.
    """
    if sys.platform == "win32":  # without a console there is no Ctrl+C
        yield
    else:
        former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)


def hear_interrupts() -> None:
    """Let Ctrl+C come, also one that came before; whoever calls this knows what to do with it."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
