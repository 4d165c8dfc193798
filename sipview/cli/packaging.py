"""The support package: the capture, its calls, ladders and figures, and facts about this computer, in one archive."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sipview.cli.command import JsonLines, OutputError, UsageError, add_calls, add_captures, loaded, say, status_of
from sipview.cli.listing import find_call
from sipview.cli.table import Column, print_words
from sipview.export.package import MANIFEST, Part, manifest_size, refuse_to_replace, size_of, write_package
from sipview.export.saving import ExportError
from sipview.live import list_interfaces
from sipview.session.support_package import PackageWish, package_parts
from sipview.values import CancelToken, visible

_COLUMNS = (
    Column("File"), Column("Bytes", right=True), Column("What it is", least=20), Column("Personal data", least=20),
)  # fmt: skip


def package(options: argparse.Namespace) -> int:
    """Write the package, or list what would be in it; returns the exit status."""
    path = None if options.output is None else Path(options.output)
    if path is None and not options.list:
        raise UsageError("say where to write the package (-o FILE.zip), or --list to see what would be in it")
    if path is not None and path.suffix.lower() != ".zip":
        raise UsageError(f"{path}: a package is a ZIP archive; let its name end in .zip")
    with loaded(options) as (analysis, snapshot):
        calls = tuple(dict.fromkeys(find_call(snapshot, text).number for text in options.call))
        moment = datetime.now().astimezone()
        cancel = CancelToken()
        parts = package_parts(analysis, PackageWish(calls or None), list_interfaces(), moment, cancel)
        if path is None or options.list:
            _print(options, parts, [size_of(replace(part, size=None), cancel) for part in parts])
            return status_of(snapshot)
        try:
            refuse_to_replace(path, analysis.paths)
            with _progress(sum(part.size or 0 for part in parts)) as advanced:
                packed = write_package(path, parts, moment, cancel, advanced)
        except ExportError as error:
            raise OutputError(str(error)) from error
        _print(options, parts, [one.size for one in packed])
        say(f"{visible(str(path))} is written, {path.stat().st_size:,} bytes")
        return status_of(snapshot)


def _print(options: argparse.Namespace, parts: Sequence[Part], sizes: Sequence[int]) -> None:
    told = [(part.name, part.what, part.personal) for part in parts]
    told.append((MANIFEST, "The SHA-256 sum of each file", ""))
    sizes = [*sizes, manifest_size(parts)]
    if options.json:
        lines = JsonLines()
        for (name, what, personal), size in zip(told, sizes, strict=True):
            lines.add({"name": name, "size": size, "what": what, "personal": personal})
        lines.flush()
    else:
        rows = ((name, f"{size:,}", what, personal) for (name, what, personal), size in zip(told, sizes, strict=True))
        print_words(_COLUMNS, rows, "")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None] | None]:
    """Who is told how many bytes are packed; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - costs 50 ms, and only a terminal needs it
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("packing", total=total)
        yield lambda done: progress.update(task, completed=min(done, total))


def add_package_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser what ``package`` takes."""
    add_captures(parser)
    add_calls(
        parser,
        "only this call, with its media: its number or a Call-ID; more than once for several. Without it all that was "
        "captured, with the ladders of the calls that did not succeed",
    )
    parser.add_argument("-o", "--output", metavar="FILE.zip", help="write to this file")
    parser.add_argument("--list", action="store_true", help="write nothing: show what would be in it, and what personal data")
    parser.add_argument("--json", action="store_true", help="print the contents as JSON Lines: one object a file")
