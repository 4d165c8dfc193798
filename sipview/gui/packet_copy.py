"""Packets as text to copy: lines as they are shown, bytes in hexadecimal."""

from collections.abc import Sequence

_PER_LINE = 16


def as_text(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns in line, with their titles above."""
    lines = [list(titles), *(list(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(titles))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def as_hex(data: bytes) -> str:
    """Offset, sixteen bytes, and the same as ASCII: what ``text2pcap`` reads."""
    lines = []
    for start in range(0, len(data), _PER_LINE):
        piece = data[start : start + _PER_LINE]
        digits = " ".join(f"{byte:02x}" for byte in piece)
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece)
        lines.append(f"{start:04x}  {digits:<{_PER_LINE * 3 - 1}}  {letters}")
    return "\n".join(lines)
