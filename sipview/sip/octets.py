"""A run of a message's bytes that knows where it came from: what all readers of `sipview.sip` cut their parts from.

The lexical rules of RFC 3261 25.1 (linear white space, quoted strings, tokens) stand here and nowhere else.
"""

import re
from dataclasses import dataclass

LWS = " \t\r\n"
"""Linear white space; a line end inside of a header field is always followed by a blank (RFC 3261 7.3.1)."""

TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_QUOTED = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NOT_BLANK = re.compile(r"[^ \t\r\n]*")

# What hides a separator: a quoted string, an address in angle brackets, a comment; each up to its end or, where that is
# missing, to the end of the text, so that no text is looked at twice.
_HIDING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|<[^>]*+(?:>|\Z)'
_COMMENT = r"\((?:[^)\\]|\\.)*+(?:\)|\\?\Z)"
_PIECES = {
    ",": re.compile(rf'(?:[^,"<]++|{_HIDING})*+', re.DOTALL),
    ";": re.compile(rf'(?:[^;"<]++|{_HIDING})*+', re.DOTALL),
}
_PIECES_WITH_COMMENTS = re.compile(rf'(?:[^,"<(]++|{_HIDING}|{_COMMENT})*+', re.DOTALL)


def unfold(text: str) -> str:
    """The text with each fold (white space around a line end) as one space, and no white space at its ends."""
    if "\n" not in text:
        return text.strip(LWS)
    return " ".join(line.strip(LWS) for line in text.split("\n")).strip(LWS)


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes ``start`` to ``end`` of a message. ``latin`` has one character for each byte, so positions are byte offsets.

    Positions given to the methods count from the beginning of this run.
    """

    latin: str
    start: int

    @classmethod
    def of(cls, data: bytes, offset: int = 0) -> "Octets":
        """All of ``data``, which begins at ``offset`` in the message."""
        return cls(data.decode("latin-1"), offset)

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.start + len(self.latin)

    @property
    def span(self) -> tuple[int, int]:
        """``start`` and ``end``."""
        return self.start, self.end

    def __bool__(self) -> bool:
        return bool(self.latin)

    def __str__(self) -> str:
        """The text as UTF-8, unfolded; bytes that are no UTF-8 become U+FFFD."""
        text = self.latin
        return unfold(text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace"))

    @property
    def unquoted(self) -> str:
        """The text, without the quotes and backslashes if it is a quoted-string (RFC 3261 25.1)."""
        if not self.is_quoted:
            return str(self)
        inner = self.cut(1, len(self.latin) - 1)
        text = inner.latin if inner.latin.isascii() else inner.latin.encode("latin-1").decode("utf-8", "replace")
        if "\n" in text:
            text = " ".join(line.strip(LWS) for line in text.split("\n"))
        return _ESCAPED.sub(r"\1", text) if "\\" in text else text

    @property
    def is_quoted(self) -> bool:
        """Whether this is one whole quoted-string."""
        return self.latin[:1] == '"' and _QUOTED.fullmatch(self.latin) is not None

    @property
    def is_token(self) -> bool:
        """Whether this is one whole token."""
        return TOKEN.fullmatch(self.latin) is not None

    def cut(self, first: int, last: int | None = None) -> "Octets":
        """The run from ``first`` to ``last``, or to the end."""
        return Octets(self.latin[first:last], self.start + first)

    def strip(self) -> "Octets":
        """Without white space at both ends."""
        without_left = self.latin.lstrip(LWS)
        return Octets(without_left.rstrip(LWS), self.end - len(without_left))

    def partition(self, separator: str) -> "tuple[Octets, Octets | None]":
        """What stands before the first ``separator``, and what behind it (None where there is none); both stripped."""
        at = self.latin.find(separator)
        if at < 0:
            return self.strip(), None
        return self.cut(0, at).strip(), self.cut(at + len(separator)).strip()

    def first_word(self) -> "tuple[Octets, Octets]":
        """What stands before the first white space, and the rest; both stripped."""
        whole = self.strip()
        match = _NOT_BLANK.match(whole.latin)
        at = match.end() if match else 0
        return whole.cut(0, at), whole.cut(at).strip()

    def quoted_end(self) -> int:
        """Where the quoted-string that this begins with ends; 0 where there is none or its end is missing."""
        match = _QUOTED.match(self.latin)
        return match.end() if match else 0

    def split(self, separator: str, *, comments: bool = False) -> "list[Octets]":
        """The stripped pieces between separators (``,`` or ``;``) that stand outside of quotes and angle brackets.

        With ``comments`` (only for ``,``) also outside of comments. Empty pieces are in the list.
        """
        piece = _PIECES_WITH_COMMENTS if comments else _PIECES[separator]
        found: list[Octets] = []
        at = 0
        while True:
            match = piece.match(self.latin, at)
            end = match.end() if match else len(self.latin)
            found.append(self.cut(at, end).strip())
            if end >= len(self.latin):
                return found
            at = end + 1


def number(text: str, largest: int) -> int | None:
    """The decimal number that ``text`` is, or None if it is none or above ``largest``; leading zeros do not count."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(largest)):
        return None
    value = int(digits)
    return value if value <= largest else None
