"""Tables as comma-separated values (RFC 4180) in which no cell is a formula to a spreadsheet.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and text from a packet may begin with
anything. Which character divides cells is a matter of the user's country: ``a;=b`` is one cell here and two in a spreadsheet
that divides at semicolons, so what stands behind such a character is looked at as well.
"""

import csv
import io
import re
from collections.abc import Sequence

# Some spreadsheets fold the full-width forms into the plain ones.
_BEGINS_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_ACTIVE = re.compile(rf"^(?=[\t\r])|^(?=\s*[{_BEGINS_FORMULA}])|(?<=[;,\t|\r\n])(?=[\s\"']{{0,9}}[{_BEGINS_FORMULA}])")


def as_csv(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as text; no cell is a formula to a spreadsheet."""
    return csv_line(titles) + "".join(csv_line(row) for row in rows)


def csv_line(cells: Sequence[str]) -> str:
    """One row with its line end."""
    written = io.StringIO()
    csv.writer(written).writerow([defused(cell) for cell in cells])
    return written.getvalue()


def defused(cell: str) -> str:
    """A cell that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it, numbers do not."""
    if _ACTIVE.search(cell) is None:
        return cell
    try:
        float(cell)
    except ValueError:
        return _ACTIVE.sub("'", cell)
    return cell
