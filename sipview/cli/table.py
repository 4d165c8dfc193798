"""Tables for people on a terminal."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sipview.values import visible


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, and whether its cells stand right."""

    heading: str
    right: bool = False


def columns(*headings: str) -> tuple[Column, ...]:
    """Columns by their headings; one that ends in ``>`` has its cells on the right."""
    return tuple(Column(heading.removesuffix(">"), heading.endswith(">")) for heading in headings)


def print_table(headed: Sequence[Column], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Print rows under headings; ``empty`` is said instead where there are none. Cells are text, never markup."""
    from rich.console import Console  # noqa: PLC0415 - costs 50 ms, and --json does without
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in headed:
        table.add_column(column.heading, justify="right" if column.right else "left", no_wrap=True, overflow="ellipsis")
    count = 0
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
        count += 1
    if not count:
        print(empty)
        return
    # A pipe gets every character: a cut column would be a lie to a script.
    width = None if sys.stdout.isatty() else 10_000
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())
