"""The bytes of a message as text on screen, and which character came from which byte."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass

from sipview.values import visible

LONGEST_TEXT = 200_000
"""Bytes of a message that are shown as text; what follows is said in a last line."""


@dataclass(frozen=True, slots=True)
class ShownText:
    """``offsets`` holds for each UTF-16 unit of ``text`` (Qt's character positions) the byte that it came from, and the end."""

    text: str
    offsets: "array[int]"

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The character positions that show the bytes from ``start`` to ``end``."""
        last = len(self.offsets) - 1
        return min(bisect_left(self.offsets, start), last), min(bisect_left(self.offsets, end), last)

    def byte_at(self, character: int) -> int:
        """The byte that a character position shows."""
        return self.offsets[max(0, min(character, len(self.offsets) - 1))]


def shown_text(data: bytes) -> ShownText:
    """Text of a message: UTF-8, each CRLF a line end; every other control, and every byte that is no UTF-8, as a symbol.

    A bare CR or LF shows as its symbol before the line end that it may be.
    """
    cut = data[:LONGEST_TEXT]
    pieces: list[str] = []
    offsets = array("q")
    offset = 0
    characters = cut.decode("utf-8", "surrogateescape")
    skip = False
    for at, character in enumerate(characters):
        if skip:
            skip = False
            offset += 1
            continue
        length = 1
        if "\x20" <= character < "\x7f":
            piece = character
        elif character == "\r" and characters[at + 1 : at + 2] == "\n":
            piece, skip = "\n", True
        elif character == "\n":
            piece = "\u240a\n"
        elif character == "\t":
            piece = "\u2409\t"
        elif "\udc80" <= character <= "\udcff":
            piece = f"<{ord(character) - 0xDC00:02X}>"
        else:
            piece = visible(character)
            length = len(character.encode("utf-8", "surrogateescape"))
        pieces.append(piece)
        offsets.extend([offset] * _units(piece))
        offset += length
    if len(data) > LONGEST_TEXT:
        note = f"\n… {len(data) - LONGEST_TEXT:,} more bytes: the Bytes tab shows them all"
        pieces.append(note)
        offsets.extend([offset] * _units(note))
    offsets.append(offset)
    return ShownText("".join(pieces), offsets)


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
