"""The program: a front end, or one of the processes that work beside it."""

import gc
import os
import signal
import sys
from typing import NoReturn

_PROCESS = "--live-"  # so begin the words that `sipview.live.processes` knows
_SKIM = "--skim"
_INDEX = "--index"
_CAPTURE = "capture"


def main() -> NoReturn:
    """Be what the command line says, and end the process."""
    # A frozen sipview has no other program to start than itself, and a capture engine must not load a window.
    words = sys.argv[1:]
    if words and words[0].startswith(_PROCESS):
        from sipview.live.processes import run_as  # noqa: PLC0415

        status = run_as(words)
        if status is not None:
            sys.exit(status)
    if words[:1] == [_SKIM]:
        from sipview.skimming.process import main as skim  # noqa: PLC0415

        skim()
    if words[:1] == [_INDEX]:
        from sipview.index.process import main as index  # noqa: PLC0415

        index()
    # Until the modules are loaded Ctrl+C just ends it; Python would say where it was.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # what modules make is no garbage, and looking for some takes a twentieth of their time
    _prepare(words)
    from sipview.app import run  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    run()


def _prepare(words: list[str]) -> None:
    """Start the process that reads long captures, if one seems to be named: it takes as long to be there as this one."""
    if words[:1] == [_CAPTURE]:  # which may run for days, and reads nothing
        return
    from sipview.index.standby import WORTH_A_PROCESS, prepare  # noqa: PLC0415

    if any(_size_of(word) >= WORTH_A_PROCESS for word in words):
        prepare(behind=_size_of(words[0]) > 0)  # a first word that is a file is for the window


def _size_of(word: str) -> int:
    """The size of the file of that name, 0 if there is none."""
    try:
        return os.stat(word).st_size if os.path.isfile(word) else 0
    except (OSError, ValueError):
        return 0


if __name__ == "__main__":
    main()
