"""The ladder of one or more calls, as a file, as a page or as text."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sipview.cli.command import Command, OutputError, UsageError, add_calls, add_captures, loaded, say, status_of
from sipview.cli.listing import find_call
from sipview.values import visible

if TYPE_CHECKING:
    from sipview.export.saving import PicturePainter
    from sipview.ladder import TextMeasure

# Only these need a painter (and its fonts); SVG and text are written without.
_PAINTED = {".png", ".pdf"}
_SUFFIXES = (".png", ".svg", ".pdf", ".html", ".txt")
_FOLDS = ("login", "provisional", "retransmissions", "keepalive")
_HIDDEN = ("numbers", "addresses", "call-ids")
_THEMES = ("dark", "light", "print")


def _ladder(options: argparse.Namespace) -> int:
    # Only this command draws.
    from sipview.export.fonts import FontTableMeasure  # noqa: PLC0415
    from sipview.export.palette import PALETTES  # noqa: PLC0415
    from sipview.export.saving import ExportError, save_ladder  # noqa: PLC0415
    from sipview.export.text import text_ladder  # noqa: PLC0415
    from sipview.ladder import FoldKind, LadderOptions, lay_out  # noqa: PLC0415
    from sipview.session.ladders import Ladders, legend_of, positions_of  # noqa: PLC0415
    from sipview.session.naming import name_hosts  # noqa: PLC0415
    from sipview.session.pseudonyms import Hidden  # noqa: PLC0415

    path = None if options.output is None else Path(options.output)
    if path is not None and path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{path}: a ladder is written as {', '.join(_SUFFIXES)}; the name's ending says which")
    with loaded(options) as (analysis, snapshot):
        if not options.call and not snapshot.conversations.calls:
            status_of(snapshot)
            raise UsageError(f"no calls among {len(snapshot.messages):,} SIP messages: there is no ladder to draw")
        named = [find_call(snapshot, text) for text in options.call] or [snapshot.conversations.calls[0]]
        calls = list({call.number: call for call in named}.values())
        painter: PicturePainter | None = None
        measure: TextMeasure = FontTableMeasure()
        if path is not None and path.suffix.lower() in _PAINTED:
            painter, measure = options.make_painter()
        hidden = frozenset(Hidden(what) for what in (_HIDDEN if options.anonymous else options.hide))
        title, subtitle = analysis.heading(calls, with_source=not hidden)
        ladders = Ladders(analysis)
        events = ladders.events(positions_of(calls))
        hosts = name_hosts(snapshot.messages, snapshot.conversations)
        ladder_options = LadderOptions(
            title=title,
            subtitle=subtitle,
            time=options.time,
            ports_apart=options.ports,
            details=options.details,
            fold=frozenset(FoldKind(kind) for kind in options.fold),
            lane_names=hosts.names,
            lane_subtitles=hosts.subtitles,
            legend=legend_of(calls, events),
        )
        names = ladders.anonymous(calls, events, hidden, hosts)
        picture = lay_out(names.events(events), names.options(ladder_options), measure)
        page = ladders.page(calls, names) if path is not None and path.suffix.lower() == ".html" else None
        if path is None:
            print(text_ladder(picture), end="")
        else:
            palette = None if options.theme is None else PALETTES[options.theme]
            try:
                remark = save_ladder(picture, path, painter, palette=palette, scale=options.scale, page=page)
            except ExportError as error:
                raise OutputError(str(error)) from error
            if remark:
                say(remark)
            print(visible(str(path)))
        return status_of(snapshot)


def _scale(text: str) -> float:
    value = float(text)
    if not 0.25 <= value <= 8:
        raise argparse.ArgumentTypeError("the scale is a number from 0.25 to 8")
    return value


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_captures(parser)
    add_calls(parser, "a call's number or Call-ID; more than once draws them together")
    parser.add_argument("-o", "--output", metavar="FILE", help=f"write to this file; its name ends in {', '.join(_SUFFIXES)}")
    parser.add_argument(
        "--time",
        choices=("absolute", "start", "delta"),
        default="start",
        help="times on the left: of day in UTC, since the first message (the default), or since the one before",
    )
    parser.add_argument("--ports", action="store_true", help="a lifeline for each port of a host")
    parser.add_argument(
        "--fold", action="append", choices=_FOLDS, default=[], help="show messages of this kind as one line; more than once"
    )
    parser.add_argument(
        "--details", choices=("none", "short", "sdp"), default="short", help="how much stands on an arrow (default: short)"
    )
    parser.add_argument(
        "--hide", action="append", choices=_HIDDEN, default=[], help="put other words in the place of these; more than once"
    )
    parser.add_argument(
        "--anonymous", action="store_true", help="hide all three: caller, host 1, id 1 ... stand in their place"
    )
    parser.add_argument("--theme", choices=_THEMES, help="the colours (default: print for PDF, else light)")
    parser.add_argument("--scale", type=_scale, default=2.0, help="pixels of a PNG for each point drawn (default: 2)")


COMMANDS = (
    Command(
        "ladder", "the ladder of a call, as a picture, a page or text",
        "The ladder of a call: a line for each host, an arrow for each message. Without --call it is that of the first call, "
        "without -o it is printed as text.",
        "sipview ladder office.pcap --call 3 -o call.png",
        _add_arguments, _ladder,
    ),
)  # fmt: skip
