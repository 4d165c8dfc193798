"""The program: a front end, or one of the processes that work beside it."""

import gc
import signal
import sys
from typing import NoReturn

_PROCESS = "--live-"  # so begin the words that `sipview.live.processes` knows
_SKIM = "--skim"


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
    # Until the modules are loaded Ctrl+C just ends it; Python would say where it was.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # what modules make is no garbage, and looking for some takes a twentieth of their time
    from sipview.app import run  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
