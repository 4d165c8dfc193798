"""The window: a start page, and a page on which calls, ladder and message show the same thing from three sides.

In: paths, and what the user does. Out: pictures, selections, files that the user asked for. Slow questions leave the main
thread by one door (`jobs`) as frozen requests (`requests`). Colours and distances have one place (`tokens`), actions are a
table (`actions`), tables hold a snapshot and row numbers (`row_table`, `packet_table`). Text from a packet stays text:
every label is plain, every tooltip is escaped, controls are made visible (`wording`).
"""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["run"]


def run(paths: Sequence[Path], *, follow: bool = False, argv: Sequence[str] = ("sipview",)) -> int:
    """Open the window on these captures, and run until it is closed; returns the exit status.

    ``follow``: another program still writes them.
    """
    from sipview.gui import starting  # noqa: PLC0415 - who only paints a file needs no widgets

    return starting.run(paths, follow=follow, argv=argv)
