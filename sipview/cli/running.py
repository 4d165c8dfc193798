"""From the words typed to a command that runs, and from what happened to an exit status."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sipview import environment
from sipview.capture import CaptureError
from sipview.cli import explaining, later, listing, picturing
from sipview.cli.command import Command, OutputError, UsageError, say

if TYPE_CHECKING:
    from sipview.export.saving import PicturePainter
    from sipview.ladder import TextMeasure

DONE, INCOMPLETE, USAGE = 0, 1, 2
INTERRUPTED = 130
"""By Ctrl+C: what a shell reports of a program that the signal ended."""

_SWITCH_S = 0.0003

COMMANDS: tuple[Command, ...] = (
    *listing.COMMANDS,
    *explaining.COMMANDS,
    *picturing.COMMANDS,
    *later.COMMANDS,
)


def main(arguments: Sequence[str], make_painter: "Callable[[], tuple[PicturePainter, TextMeasure]]") -> int:
    """Run one command; returns the exit status.

    ``make_painter`` is called only by a command that writes PNG or PDF: it gives a painter and the measure of its fonts.
    """
    # Reading goes on two threads, and numpy's on the second waits for its turn so much less: an eighth of the whole time.
    sys.setswitchinterval(_SWITCH_S)
    _open_what_is_closed()
    if sys.stdout is None:
        return _say("standard output is closed", INCOMPLETE)
    _write_any_text()
    try:
        status = _run(arguments, make_painter)
        sys.stdout.flush()
    except UsageError as error:
        status = _say(str(error), USAGE)
    except (CaptureError, OutputError) as error:
        status = _say(str(error), INCOMPLETE)
    except OSError as error:
        status = DONE if _nobody_reads(error) else _say(f"{error.filename or 'output'}: {error.strerror or error}", INCOMPLETE)
    except MemoryError:
        status = _say("this process has not enough memory for that", INCOMPLETE)
    except KeyboardInterrupt:
        status = INTERRUPTED
    _let_go_of_output()
    return status


def misuse(text: str) -> int:
    """Say what is wrong with what was typed; returns the exit status."""
    return _say(text, USAGE)


def _run(arguments: Sequence[str], make_painter: "Callable[[], tuple[PicturePainter, TextMeasure]]") -> int:
    parser = _parser(arguments)
    try:
        options, unknown = parser.parse_known_args(arguments)
        if unknown:
            options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    except SystemExit as ended:  # argparse has said what is wrong, or printed the help
        return USAGE if ended.code else DONE
    if options.version:
        print(f"sipview {environment.version()}")
        return DONE
    if not hasattr(options, "run"):
        parser.print_help(sys.stderr)
        return USAGE
    options.make_painter = make_painter
    status: int = options.run(options)
    return status


def _nobody_reads(error: OSError) -> bool:
    """Whether the reader of our output (head, say) has had enough; Windows calls writing to a closed pipe invalid."""
    return isinstance(error, BrokenPipeError) or (error.errno == errno.EINVAL and error.filename is None)


def _say(text: str, status: int) -> int:
    say(text)
    return status


def _open_what_is_closed() -> None:
    """Let nothing stand in for standard input and error where they are closed; Python would take output for error."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - to the end
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _let_go_of_output() -> None:
    """Hand out what waits; where nobody takes it, it goes nowhere, or Python would complain at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_any_text() -> None:
    """Let standard output take what any packet holds, whatever the system's encoding: UTF-8 but on a terminal.

    There a character that it does not know becomes a question mark.
    """
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding=out.encoding if out.isatty() else "utf-8", errors="replace")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these words: only the command that they begin with is told what it takes."""
    parser = argparse.ArgumentParser(
        prog="sipview",
        usage="sipview [CAPTURE ...]\n       sipview --follow CAPTURE [CAPTURE ...]\n       sipview COMMAND ...",
        description="Analyzer for SIP calls in network captures. Without a command it opens the window; with --follow on "
        "captures that another program still writes.",
        epilog="sipview COMMAND --help tells more of one of them, with an example. The exit status is 0 if all went well, 1 if "
        "a capture could be read only in part or not at all, 2 for wrong usage.",
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version, and do nothing else")
    parser.set_defaults(parser=parser)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", prog="sipview")
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            epilog=f"example: {command.example}",
        )
        if words and words[0] == command.name:
            command.add_arguments(sub)
        sub.set_defaults(run=command.run, parser=sub)
    return parser
