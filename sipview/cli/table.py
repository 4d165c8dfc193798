"""Tables for people: long lists, a line each as it comes, and short tables of words, which are wrapped.

On a terminal both keep to its width. A pipe gets every column and every character: what is cut would be a lie to a script.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sipview.values import cells, cut_to_cells, visible

if TYPE_CHECKING:
    from rich.console import Console

GAP = "  "
_MEASURED = 10_000
"""So many rows are held at a time: those that the widths are taken from."""

_ANY_WIDTH = 10_000
_WIDEST = 200
"""In a pipe columns are lined up so far: where one user's name has 60,000 characters, not each row shall be as long."""
# Hebrew, Arabic and their kin: a terminal that orders them right to left would take the columns beside along.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff]")
_LEFT_TO_RIGHT_MARK = "\u200e"


class Column(NamedTuple):
    """One column of a table.

    ``least`` is the number of cells that it may be cut to on a narrow terminal; None: it is never cut. ``spare`` says whether
    it may be left out there: 0 never, else the greater the sooner.
    """

    heading: str
    right: bool = False
    least: int | None = None
    spare: int = 0


def print_list(columns: Sequence[Column], rows: Iterable[Sequence[str]], empty: str, last: Sequence[str] | None = None) -> None:
    """Print rows under headings as they come, in bounded memory; ``empty`` is said instead where there are none.

    Widths are those of the first rows and of ``last``, the last row (where numbers and times are longest). In a pipe they grow
    with wider rows that come later. Cells are text, never markup. Columns that a terminal has no room for are left out, which
    is told on standard error.
    """
    blocks = _blocks(rows)
    block = next(blocks, None)
    if block is None:
        print(empty)
        return
    console = _console() if sys.stdout.isatty() else None
    widths = _wider([cells(column.heading) for column in columns], [*block, _shown(last)] if last is not None else block)
    shown = list(range(len(columns))) if console is None else fit(columns, widths, console.width)
    if console is None:
        widths = _lined_up(widths)
    layout = _Layout([columns[number] for number in shown], [widths[number] for number in shown], console)
    heading = layout.line([column.heading for column in layout.columns])
    if console is None:
        print(heading)
    else:
        console.print(heading, style="bold", no_wrap=True, overflow="ignore", crop=False)
    while block is not None:
        if console is None:
            layout.set_widths(_lined_up(_wider(layout.widths, block)))
        sys.stdout.write("".join(f"{layout.line([row[number] for number in shown])}\n" for row in block))
        block = next(blocks, None)
    left_out = [column.heading for number, column in enumerate(columns) if number not in shown]
    if left_out:
        sys.stdout.flush()
        print(f"sipview: note: this terminal has no room for {', '.join(left_out)}", file=sys.stderr)


class Block(Protocol):
    """Rows whose lines are made together, for a pipe."""

    @property
    def widths(self) -> Sequence[int]:
        """How many cells the widest texts of the columns have; the last column, which nothing follows, is left out."""

    def lines(self, widths: list[int]) -> bytes:
        """The lines with columns of these widths, each with its line feed, in UTF-8."""


def pipe_blocks(columns: Sequence[Column], blocks: Iterable[Block], empty: str, last: Block) -> None:
    """Print blocks of rows to a pipe, as `print_list` prints their rows one by one; ``last`` has the last row alone."""
    widths = [*map(max, (cells(column.heading) for column in columns[:-1]), last.widths)]
    begun = False
    for block in blocks:
        widths = [*map(max, widths, block.widths)]
        if not begun:
            print(_Layout(columns, [*widths, 0], None).line([column.heading for column in columns]))
            sys.stdout.flush()
            begun = True
        lines = block.lines(widths)
        sys.stdout.buffer.write(lines if os.linesep == "\n" else lines.replace(b"\n", os.linesep.encode()))
        sys.stdout.buffer.flush()
    if not begun:
        print(empty)


def fit(columns: Sequence[Column], widths: list[int], room: int) -> list[int]:
    """The positions of those columns that have room beside each other; ``widths`` is narrowed for them.

    First columns are left out until the others fit when all are cut to their least, then the widest are cut.
    """
    least = [width if column.least is None else min(width, column.least) for column, width in zip(columns, widths, strict=True)]
    shown = list(range(len(columns)))
    for number in sorted(shown, key=lambda number: -columns[number].spare):
        if columns[number].spare and _taken(least, shown) > room:
            shown.remove(number)
    while _taken(widths, shown) > room:
        wide = [number for number in shown if widths[number] > least[number]]
        if not wide:
            break
        widths[max(wide, key=lambda number: widths[number])] -= 1
    return shown


def _taken(widths: Sequence[int], shown: Sequence[int]) -> int:
    return sum(widths[number] for number in shown) + len(GAP) * (len(shown) - 1)


class _Layout:
    """Columns with their widths; makes a line of a row. Cells are cut for a terminal only (``console``)."""

    def __init__(self, columns: Sequence[Column], widths: list[int], console: "Console | None") -> None:
        self.columns = columns
        self._cut = console is not None
        self._mark = _LEFT_TO_RIGHT_MARK if console is not None and console.encoding.startswith("utf") else ""
        self.set_widths(widths)

    def set_widths(self, widths: list[int]) -> None:
        self.widths = widths
        aligned = zip(self.columns, widths, strict=True)
        self._plain = GAP.join(f"{{:{'>' if column.right else '<'}{width}}}" for column, width in aligned)

    def line(self, row: Sequence[str]) -> str:
        if not self._cut and "".join(row).isascii():  # hardly any row is else, and millions may come
            return self._plain.format(*row).rstrip()
        parts = []
        for text, column, width in zip(row, self.columns, self.widths, strict=True):
            size = cells(text)
            shown = text
            if self._cut and size > width and column.least is not None:
                shown = cut_to_cells(text, width)
                size = cells(shown)
            if self._mark and not shown.isascii() and _RIGHT_TO_LEFT.search(shown):
                shown = f"{self._mark}{shown}{self._mark}"
            blank = " " * (width - size)
            parts.append(blank + shown if column.right else shown + blank)
        return GAP.join(parts).rstrip()


def _blocks(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    waiting = iter(rows)
    while block := [_shown(row) for row in islice(waiting, _MEASURED)]:
        yield block


def _shown(row: Sequence[str]) -> Sequence[str]:
    together = "".join(row)
    return row if together.isascii() and together.isprintable() else [visible(cell) for cell in row]


def _wider(widths: Sequence[int], rows: Iterable[Sequence[str]]) -> list[int]:
    """The widths, and where cells of these rows are wider, theirs."""
    return [max(width, *map(cells, column)) for width, column in zip(widths, zip(*rows, strict=True), strict=True)]


def _lined_up(widths: Iterable[int]) -> list[int]:
    return [min(width, _WIDEST) for width in widths]


def print_words(columns: Sequence[Column], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Print a short table whose cells are words to read: on a terminal they are wrapped, but for columns that are never cut.

    Where a terminal has no room for the columns beside each other, they stand below each other.
    """
    from rich.table import Table  # noqa: PLC0415 - costs 50 ms, and lists do without
    from rich.text import Text  # noqa: PLC0415

    shown = [[visible(cell) for cell in row] for row in rows]
    if not shown:
        print(empty)
        return
    console = _console()
    least = [
        width if column.least is None else min(width, column.least)
        for column, width in zip(columns, _wider([cells(column.heading) for column in columns], shown), strict=True)
    ]
    if _taken(least, range(len(columns))) > console.width:
        _print_below_each_other(columns, shown, console.width)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column.heading, justify="right" if column.right else "left", no_wrap=column.least is None, overflow="fold"
        )  # fmt: skip
    for row in shown:
        table.add_row(*map(Text, row))
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


def _print_below_each_other(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> None:
    for number, row in enumerate(rows):
        if number:
            print()
        for column, cell in zip(columns, row, strict=True):
            if cell:
                print(fill(f"{column.heading}: {cell}", room, subsequent_indent="  ", break_on_hyphens=False))


def _console() -> "Console":
    from rich.console import Console  # noqa: PLC0415 - costs 50 ms, and only a terminal needs it

    return Console(width=None if sys.stdout.isatty() else _ANY_WIDTH, markup=False, highlight=False, emoji=False)
