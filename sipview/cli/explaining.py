"""One message, each field explained."""

import argparse
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from sipview.cli.command import Command, JsonLines, UsageError, add_captures, loaded, say, status_of
from sipview.session import catalogue
from sipview.values import visible

if TYPE_CHECKING:
    from sipview.explain import Explanation

_LONGEST_VALUE = 100
_END_OF_INPUT = "Ctrl+Z and Enter" if sys.platform == "win32" else "Ctrl+D"
_NARROWEST = 20  # columns for words, however far in they stand


def _explain(options: argparse.Namespace) -> int:
    if options.captures == ["-"] and options.frame is None:
        return _explain_pasted(options)
    if options.frame is None:
        raise UsageError("say which message: --frame N, with N from sipview messages (or paste one into: sipview explain -)")
    with loaded(options) as (analysis, snapshot):
        positions = [seen.position for seen in snapshot.messages if seen.row == options.frame - 1]
        if not positions:
            status_of(snapshot)
            raise UsageError(_no_message(options.frame, snapshot.packets, [seen.row + 1 for seen in snapshot.messages]))
        for position in positions:
            _print(analysis.explain(position), as_json=options.json)
        return status_of(snapshot)


def _explain_pasted(options: argparse.Namespace) -> int:
    # Only this command explains.
    from sipview.explain import Setting, explain  # noqa: PLC0415
    from sipview.sip import parse  # noqa: PLC0415

    if sys.stdin.isatty():  # else whoever typed the command would wait for it
        say(f"paste a message, then press {_END_OF_INPUT}")
    data = sys.stdin.buffer.read()
    if not data.strip():
        raise UsageError("nothing to explain: standard input is empty")
    _print(explain(parse(data), Setting(), catalogue()), as_json=options.json)
    return 0


def _no_message(frame: int, packets: int, frames: Sequence[int]) -> str:
    if not 1 <= frame <= packets:
        return f"there is no packet {frame}: the capture has {packets:,}"
    if not frames:
        return f"packet {frame} completes no SIP message, and no other does"
    nearest = min(frames, key=lambda known: abs(known - frame))
    return f"packet {frame} completes no SIP message; the nearest that does is {nearest}"


def _print(explanations: "Sequence[Explanation]", *, as_json: bool) -> None:
    if as_json:
        lines = JsonLines()
        for explanation in explanations:
            lines.add(_object(explanation))
        lines.flush()
        return
    from shutil import get_terminal_size  # noqa: PLC0415 - loads what packs archives, too

    room = get_terminal_size().columns if sys.stdout.isatty() else None
    for explanation in explanations:
        _print_tree(explanation, 0, room)


def _object(explanation: "Explanation") -> dict[str, object]:
    return {
        "field": explanation.field,
        "value": explanation.value,
        "explanation": explanation.explanation,
        "reference": explanation.reference,
        "start": explanation.start,
        "end": explanation.end,
        "children": [_object(child) for child in explanation.children],
        "problems": explanation.problems,
    }


def _print_tree(explanation: "Explanation", depth: int, room: int | None) -> None:
    """Print a part and its parts, each further in; lines of ``room`` characters, where there is such a bound."""
    indent = "  " * depth
    value = visible(explanation.value)
    if len(value) > _LONGEST_VALUE:
        value = value[: _LONGEST_VALUE - 1] + "…"
    print(f"{indent}{visible(explanation.field)}: {value}")
    reference = f" [{explanation.reference}]" if explanation.reference else ""
    if explanation.explanation:
        _print_words(f"{visible(explanation.explanation)}{reference}", f"{indent}    ", room)
    for problem in explanation.problems:
        _print_words(f"! {visible(problem)}", f"{indent}    ", room)
    for child in explanation.children:
        _print_tree(child, depth + 1, room)


def _print_words(text: str, indent: str, room: int | None) -> None:
    if room is None:
        print(f"{indent}{text}")
        return
    width = max(room, len(indent) + _NARROWEST)
    for line in wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False):
        print(line)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_captures(parser, several=False)
    parser.add_argument(
        "--frame",
        metavar="N",
        type=int,
        help="the number of the packet that completes the message, as sipview messages shows it",
    )
    parser.add_argument("--json", action="store_true", help="JSON Lines: one object a line, parts within it")


COMMANDS = (
    Command(
        "explain", "one message, each part explained; - takes one that is pasted",
        "One message: what each header, parameter and SDP line of it means, with the section of the RFC. Without --frame, - "
        "takes a message that you paste; Ctrl+D ends it (on Windows Ctrl+Z and Enter).",
        "sipview explain office.pcap --frame 16", _add_arguments, _explain,
    ),
)  # fmt: skip
