"""Picks a front end: the window, or the command line; and hands the command line what paints pictures.

In: the words typed. Out: an exit status. The only room besides `gui` that may start Qt, and only when it is needed.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sipview import cli
from sipview.app.window import open_window

if TYPE_CHECKING:
    from sipview.export.saving import PicturePainter
    from sipview.ladder import TextMeasure


def main(arguments: Sequence[str] | None = None) -> int:
    """Run sipview as the command line says; returns the exit status.

    A first word that names a command runs it, and one that could, but names neither a command nor a file, is a command
    mistyped; anything else that is no option is a capture for the window. After ``--follow`` come captures that another
    program still writes.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--follow"] and len(words) > 1:
        return open_window([Path(word) for word in words[1:]], follow=True)
    if words == ["--follow"]:
        return cli.misuse("--follow takes the captures that another program still writes, one or more")
    if words[:1] == ["--"]:
        return open_window([Path(word) for word in words[1:]])
    if words and (words[0].startswith("-") or (words[0].isalpha() and not Path(words[0]).exists()) or _is_command(words[0])):
        return cli.main(words, _make_painter)
    return open_window([Path(word) for word in words])


def _is_command(word: str) -> bool:
    return any(word == command.name for command in cli.COMMANDS)


def run() -> NoReturn:
    """Be the program: do what `main` does, and end the process with its status.

    What Ctrl+C has stopped ends by that signal where there are signals, so that a loop of the shell ends as well.
    After a list the process ends at once: taking down hundreds of thousands of objects one by one would be a good part of all
    the time. With Qt or a capture engine there are things to be put in order, and it ends as usual.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # while modules were loaded, see `sipview.__main__`
        signal.signal(signal.SIGINT, signal.default_int_handler)
    status = main()
    if status == cli.INTERRUPTED and sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    if "PySide6" not in sys.modules and "sipview.live" not in sys.modules:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.flush()
        os._exit(status)
    sys.exit(status)


def window_main() -> int:
    """Open the window on the captures that were named, if any; returns the exit status."""
    return open_window([Path(word) for word in sys.argv[1:]])


def _make_painter() -> "tuple[PicturePainter, TextMeasure]":
    from sipview.app.painting import make_painter  # noqa: PLC0415 - Qt costs 0.2 s and system libraries

    return make_painter()
