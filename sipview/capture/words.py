"""The beginning of each frame, gathered together with the header of its record.

What costs most in reading a capture is waiting for memory, packet by packet. The headers of a frame stand right behind that of
its record, so whoever has fetched that has them at hardly any cost, and who comes for them later waits once more.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.capture.gather import Bytes, Positions, spread

FIRST_OCTET = 10
"""Of a frame: from there on, in Ethernet, no field of the headers of IPv4 and UDP stands in two words."""

_NAMES = ("word_0", "word_1", "word_2", "word_3", "word_4")
_WORD = 8
Words = tuple[npt.NDArray[np.uint64], ...]
"""The octets of each frame from `FIRST_OCTET` on: five arrays of eight octets, in the order in which they stand in the file. Of
a shorter frame also octets that follow it."""


def followed_by_words(header: np.dtype[Any]) -> np.dtype[Any]:
    """The header of a record with the words of the frame behind it."""
    fields = {name: (kind, at) for name, (kind, at, *_) in (header.fields or {}).items()}
    for number, name in enumerate(_NAMES):
        fields[name] = np.dtype(np.uint64), header.itemsize + FIRST_OCTET + number * _WORD
    kinds, begins = zip(*fields.values(), strict=True)
    size = header.itemsize + FIRST_OCTET + len(_NAMES) * _WORD
    return np.dtype({"names": list(fields), "formats": kinds, "offsets": begins, "itemsize": size})


def words_among(fields: Mapping[str, npt.NDArray[Any]]) -> Words:
    """The words among the fields of what was read with `followed_by_words`."""
    return tuple(fields[name] for name in _NAMES)


def words_of(data: Bytes, frames: Positions) -> Words:
    """The words of the frames that begin at these positions."""
    return words_among(spread(data, frames, followed_by_words(np.dtype([]))))
