"""Starting a process of sipview's own: from a checkout, an installed sipview, and a frozen one."""

import gc
import os
import signal
import sys

BEHIND = "behind"
"""The word that tells a process to let others have a processor first."""

_NICER = 10
_PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def command(word: str, module: str, *words: str, libraries: bool = False) -> list[str]:
    """The command line of a process that runs ``main`` of a ``module``; ``word`` stands for it in a frozen program.

    ``words`` are for it to read. Without ``libraries`` it finds only Python's own and sipview's modules, and starts so much
    quicker. A frozen program has no interpreter beside it: it starts itself (`sipview.__main__`).
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, word, *words]
    folders = [*sys.path, _PACKAGE_FOLDER] if libraries else [_PACKAGE_FOLDER]
    find = f"import sys; sys.path += {[folder for folder in folders if folder]!r}"
    return [sys.executable, "-I", "-S", "-c", f"{find}; from {module} import main; main()", word, *words]


def creation_flags(*, behind: bool) -> int:
    """What Windows is told: no console for it, and where it stands."""
    if sys.platform == "win32":
        import subprocess  # noqa: PLC0415 - the process that is started does without

        return subprocess.CREATE_NO_WINDOW | (subprocess.BELOW_NORMAL_PRIORITY_CLASS if behind else 0)
    else:  # noqa: RET505 - a plain return would be unreachable to mypy on Windows
        return 0


def begin_work() -> None:
    """What such a process does first: leave Ctrl+C to who started it, and stand where it was told to stand.

    It makes a lot, none of it in cycles, and ends soon: nobody looks for garbage in it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    if BEHIND in sys.argv and sys.platform != "win32":
        os.nice(_NICER)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # it stands for fewer than there are in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
