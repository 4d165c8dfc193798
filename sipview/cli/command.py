"""What a command is, and what the commands share: captures to open, trouble to report, objects to print."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from sipview.session import Analysis, Reading, Snapshot, TakeMessages, named_ports
from sipview.session.call_object import json_lines
from sipview.values import CancelToken, visible

_read: list[Analysis] = []  # the last one lives on: it goes with the process, which is quicker than object by object
_LINES_AT_ONCE = 256  # of JSON, some 64 KB
_MOST_NOTES = 3  # connections, or gaps in them, that are told of one by one


class UsageError(Exception):
    """What was typed cannot be done; the text is a sentence for people."""


class OutputError(Exception):
    """What was asked for cannot be written; the text is a sentence for people."""


class Command(NamedTuple):
    """One word of the command line: what it is called, what it takes, what it does (and returns as exit status).

    ``summary`` stands in the list of commands, ``description`` in the help of this one.
    """

    name: str
    summary: str
    description: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_calls(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add the option that names calls; ``meaning`` is its help."""
    parser.add_argument("--call", metavar="ID", action="append", default=[], help=meaning)


def add_captures(parser: argparse.ArgumentParser, *, several: bool = True) -> None:
    """Add the CAPTURE argument and the options that say how to read it."""
    if several:
        parser.add_argument(
            "captures", metavar="CAPTURE", nargs="+", help="capture files, merged by time; - for standard input"
        )
    else:
        parser.add_argument("captures", metavar="CAPTURE", nargs=1, help="a capture file; - for standard input")
    parser.add_argument("--key-log", metavar="FILE", type=Path, help="secrets of TLS connections, as SSLKEYLOGFILE writes them")
    parser.add_argument(
        "--decode-as",
        metavar="RULE",
        action="append",
        default=[],
        help="what a port carries, such as tcp:5070=sip or udp:4000=rtp; more than once",
    )


@contextmanager
def loaded(
    options: argparse.Namespace,
    *,
    judge_calls: bool = True,
    taken: TakeMessages | None = None,
) -> Iterator[tuple[Analysis, Snapshot]]:
    """The analysis of the captures that were named, loaded whole; progress goes to standard error if that is a terminal.

    ``judge_calls`` is False for a command that needs no calls. ``taken`` is told of messages as they come; where it prints
    them on a terminal, they are the progress.
    """
    if "" in options.captures:
        raise UsageError("the name of a capture is empty")
    analysis = Analysis([Path(name) for name in options.captures], reading=reading_of(options), skip_unreadable=True)
    try:
        show_progress = sys.stderr.isatty() and not (taken is not None and sys.stdout.isatty())
        load = _load_with_progress if show_progress else _load_quietly
        snapshot = load(analysis, judge_calls=judge_calls, taken=taken)
        _read[:] = [analysis]
        yield analysis, snapshot
    finally:
        analysis.close()


def reading_of(options: argparse.Namespace) -> Reading:
    """How to read, from the options that every command takes."""
    try:
        named_ports(options.decode_as)
    except ValueError as error:
        raise UsageError(f"--decode-as {error}") from error
    return Reading(key_log=options.key_log, decode_as=tuple(options.decode_as))


def _load_quietly(analysis: Analysis, *, judge_calls: bool, taken: TakeMessages | None) -> Snapshot:
    return analysis.load(CancelToken(), judge_calls=judge_calls, taken=taken)


def _load_with_progress(analysis: Analysis, *, judge_calls: bool, taken: TakeMessages | None) -> Snapshot:
    from rich.console import Console  # noqa: PLC0415 - costs 50 ms, and only a terminal needs it
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=1.0)
        return analysis.load(
            CancelToken(),
            lambda snapshot: progress.update(task, completed=snapshot.done),
            every_s=0.25,
            judge_calls=judge_calls,
            taken=taken,
        )


def say(text: str) -> None:
    """Say something on standard error, in one line: a file's name may have line ends, and colours for the terminal."""
    with suppress(OSError):  # where nobody listens, the exit status tells
        print(f"sipview: {visible(text)}", file=sys.stderr)


def status_of(snapshot: Snapshot) -> int:
    """The exit status that the capture deserves; says on standard error, in one line, what was wrong with it."""
    index = snapshot.index
    if index is not None and index.unread_connections:
        from sipview.session.quality import unread_words  # noqa: PLC0415 - most captures have none

        for unread in index.unread_connections[:_MOST_NOTES]:
            print(f"sipview: note: encrypted, not read. {visible(unread_words(index, unread))}", file=sys.stderr)
    if index is not None:
        from sipview.index.links import LINK_LAYERS  # noqa: PLC0415 - whoever has read has it; no start shall wait for it

        if any(interface.link_type not in LINK_LAYERS for _, interface in index.interfaces):
            from sipview.session.quality import unread_link_words, unread_links  # noqa: PLC0415

            if unread_links(index):
                print(f"sipview: note: {unread_link_words(index)}", file=sys.stderr)
    if index is not None and index.lost_fragments:
        from sipview.session.quality import lost_fragment_words  # noqa: PLC0415

        print(f"sipview: note: {lost_fragment_words(index)}", file=sys.stderr)
    if index is not None and index.stream_gaps:
        from sipview.session.quality import gap_words  # noqa: PLC0415

        gaps, more = index.stream_gaps, len(index.stream_gaps) + index.more_stream_gaps - _MOST_NOTES
        for gap in gaps[:_MOST_NOTES]:
            print(f"sipview: note: gap in a stream. {gap_words(index, gap)}", file=sys.stderr)
        if more > 0:
            print(f"sipview: note: {more:,} more such gaps.", file=sys.stderr)
    if not snapshot.problems:
        return 0
    first, more = snapshot.problems[0].problem, len(snapshot.problems) - 1
    say(first.text + (f" ({more} more)" if more else ""))
    return 1


class JsonLines:
    """Prints objects as JSON Lines; text that is no Unicode becomes replacement characters."""

    def __init__(self) -> None:
        self._waiting: list[object] = []

    def add(self, item: object) -> None:
        """Print one object."""
        self._waiting.append(item)
        if len(self._waiting) >= _LINES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Hand out what is waiting."""
        sys.stdout.flush()
        sys.stdout.buffer.write(json_lines(self._waiting))
        sys.stdout.buffer.flush()
        self._waiting.clear()
