"""Texts of many rows at once, each a line of a matrix of UTF-8 octets.

So numbers become digits by arithmetic on whole columns, which takes a hundredth of the time that a text of each takes. In a
line the octet 0 is nothing (texts are of different lengths), and the octet 1 (`LATER`) stands for a text that comes later.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from sipview.values import NANOSECONDS

Texts = npt.NDArray[np.uint8]
Key = TypeVar("Key", bound=Hashable)
LATER = 1

_NONE = b"\0"
_QUAD = 4
_QUADS = (np.indices((10,) * _QUAD, np.uint8) + np.uint8(ord("0"))).reshape(_QUAD, -1).T.copy().view(np.uint32)[:, 0]
_OCTETS = np.frombuffer(b"".join(b"%02x" % octet for octet in range(256)), np.uint16)
_MOST_FRACTION_DIGITS = 9


def decimal(numbers: npt.NDArray[np.unsignedinteger]) -> Texts:
    """Numbers in decimal, right-aligned; the longest one fills its line."""
    digits = len(str(int(numbers.max(initial=0))))
    texts = _digits(numbers, digits)
    powers = (numbers >= numbers.dtype.type(10**power) for power in range(1, digits))
    lengths = sum(powers, np.ones(len(numbers), np.int8))
    texts *= np.arange(digits, dtype=np.int8) >= (digits - lengths)[:, None]
    return texts


def hexadecimal(octets: npt.NDArray[np.uint8]) -> Texts:
    """Lines of octets with two digits each."""
    return _OCTETS[octets].view(np.uint8)


def decimal_seconds(
    time_ns: npt.NDArray[np.int64], since_ns: int = 0, digits: npt.NDArray[np.integer] | int = _MOST_FRACTION_DIGITS
) -> Texts:
    """What `values.epoch_text` says about each time since that one, with ``digits`` fractional digits (or an array of them)."""
    since = np.int64(since_ns)
    negative = time_ns < since
    # no difference of two signed numbers is too great for an unsigned one
    magnitude = np.where(negative, since - time_ns, time_ns - since).view(np.uint64)
    whole = magnitude // np.uint64(NANOSECONDS)
    fraction = _digits(magnitude - whole * np.uint64(NANOSECONDS), _MOST_FRACTION_DIGITS)
    kept = np.broadcast_to(digits, time_ns.shape)[:, None]
    fraction = fraction * (np.arange(_MOST_FRACTION_DIGITS) < kept)
    sign, point = _mark("-", negative[:, None]), _mark(".", kept > 0)
    return beside(len(time_ns), sign, decimal(whole), point, fraction)


def beside(count: int, *pieces: bytes | Texts) -> Texts:
    """``count`` lines of pieces one behind the other; bytes are the same in every line."""
    widths = [len(piece) if isinstance(piece, bytes) else piece.shape[1] for piece in pieces]
    blank = b"".join(
        piece if isinstance(piece, bytes) else bytes(width) for piece, width in zip(pieces, widths, strict=True)
    )  # fmt: skip
    lines: Texts = np.frombuffer(bytearray(blank * count), np.uint8).reshape(count, len(blank))
    end = 0
    for piece, width in zip(pieces, widths, strict=True):
        end += width
        if not isinstance(piece, bytes):
            lines[:, end - width : end] = piece
    return lines


def lengths(texts: Texts) -> npt.NDArray[np.intp]:
    """How many octets each text has."""
    counted: npt.NDArray[np.intp] = np.count_nonzero(texts, axis=1)
    return counted


def right_aligned(texts: Texts, width: int) -> Texts:
    """Texts of at most ``width`` octets with blanks before them that fill it."""
    blanks = _mark(" ", np.arange(width) < (width - lengths(texts))[:, None])
    return beside(len(texts), blanks, texts)


class Choice(Generic[Key]):
    """Texts of rows that have few different ones: a key for each row, and what a key says."""

    def __init__(self, keys: Sequence[Key], text_of: Callable[[Key], str]) -> None:
        self._keys = keys
        self._texts = {key: text_of(key).encode() for key in set(keys)}
        self.width = max(map(len, self._texts.values()), default=0)

    def texts(self, width: int = 0, fill: bytes = _NONE) -> Texts:
        """The texts of the rows, filled up to ``width`` octets or those of the longest."""
        width = max(1, width, self.width)
        table = {key: text.ljust(width, fill) for key, text in self._texts.items()}
        return np.frombuffer(b"".join(map(table.__getitem__, self._keys)), np.uint8).reshape(-1, width)


def written(lines: Texts, later: Iterable[bytes] = ()) -> bytes:
    """The lines without the nothing in them; for each `LATER` one of the texts that come ``later``."""
    pieces = lines.tobytes().translate(None, _NONE).split(bytes([LATER]))
    both = [b""] * (2 * len(pieces) - 1)
    both[::2] = pieces
    both[1::2] = later
    return b"".join(both)


def _mark(character: str, where: npt.NDArray[np.bool_]) -> Texts:
    return where * np.uint8(ord(character))


def _digits(numbers: npt.NDArray[np.unsignedinteger], digits: int) -> Texts:
    """Numbers with so many digits, zeros before them."""
    count = -(-digits // _QUAD)
    quads = np.empty((len(numbers), count), np.uint32)
    divisor = np.uint64(10**_QUAD)
    left = numbers.astype(np.uint64)
    for place in reversed(range(count)):
        above = left // divisor
        quads[:, place] = _QUADS[left - above * divisor]
        left = above
    return quads.view(np.uint8)[:, count * _QUAD - digits :]
