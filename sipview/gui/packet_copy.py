"""Packets as text to copy: lines as they are shown, CSV for a spreadsheet, bytes in hexadecimal."""

import csv
import io
from collections.abc import Sequence

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")
_PER_LINE = 16


def as_text(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line, with their titles above."""
    lines = [list(titles), *(list(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(titles))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def as_csv(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Comma-separated values (RFC 4180); no cell is a formula to a spreadsheet."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(titles)
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return written.getvalue()


def defused(cell: str) -> str:
    """A cell that a spreadsheet takes for text: what would begin a formula gets an apostrophe before it, numbers do not."""
    if not cell.lstrip().startswith(_ACTIVE) and not cell.startswith(_ACTIVE):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def as_hex(data: bytes) -> str:
    """Offset, sixteen bytes, and the same as ASCII: what ``text2pcap`` reads."""
    lines = []
    for start in range(0, len(data), _PER_LINE):
        piece = data[start : start + _PER_LINE]
        digits = " ".join(f"{byte:02x}" for byte in piece)
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
        lines.append(f"{start:04x}  {digits:<{_PER_LINE * 3 - 1}}  {letters}")
    return "\n".join(lines)
