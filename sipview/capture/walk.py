"""The walk over a chain of records: each one's length says where the next begins.

This is the only work that is done packet by packet in Python, so it is written for speed. Telephony traffic comes in runs
of records of the same length (a codec sends equal packets), and a run is followed without Python: guess that the next
records are as long as the last one, read all their length fields at once, and keep the part where the guess was right.
That is no heuristic: the positions found are exactly those of the chain.
"""

import struct
from dataclasses import dataclass

import numpy as np

from sipview.capture.gather import Bytes, Positions

_SHORTEST_GOOD_RUN = 12  # below this many records a guess costs more than the plain walk
_LONGEST_STRETCH = 512  # plain steps between two guesses where guessing does not pay
_FIRST_GUESS, _LONGEST_GUESS = 64, 4096


@dataclass(frozen=True, slots=True)
class Chain:
    """How a format chains its records.

    ``order`` is "<" or ">"; the 32-bit length stands ``length_at`` bytes into the record, and the next record begins
    ``overhead`` bytes plus that length further. ``header`` is the least size of a record.
    """

    order: str
    length_at: int
    overhead: int
    header: int


def walk(data: Bytes, start: int, chain: Chain, limit: int) -> Positions:
    """The positions of up to ``limit`` records from ``start`` on, as far as their headers lie inside ``data``.

    Lengths are followed without being judged: a record that lies leads to at most one position too many, and the caller,
    who looks at all records of the batch at once, finds it. A record that does not move on is the last one given.
    """
    length_at, overhead = chain.length_at, chain.overhead
    read_length = struct.Struct(chain.order + "I").unpack_from
    word = np.dtype(chain.order + "u4")
    last = data.size - chain.header
    view = data.data
    ndarray, arange = np.ndarray, np.arange
    found = np.empty(limit, np.int64)
    count, offset, stretch, guess, usual, length = 0, start, 1, _FIRST_GUESS, -1, 0
    while count < limit and offset <= last:
        if stretch == 1:
            found[count] = offset
            length = read_length(view, offset + length_at)[0]
            offset += overhead + length
            count += 1
        else:
            positions: list[int] = []
            add = positions.append
            for _ in range(min(stretch, limit - count)):
                add(offset)
                length = read_length(view, offset + length_at)[0]
                offset += overhead + length
                if offset > last:
                    break
            found[count : count + len(positions)] = positions
            count += len(positions)
        if overhead + length < chain.header:
            break
        if usual < 0:
            usual = length
        stride = overhead + usual
        room = min(guess, limit - count, (last - offset) // stride + 1)
        if room <= 0:
            continue
        same = ndarray((room,), word, view, offset + length_at, (stride,)) == usual
        run = int(same.argmin())
        if same[run]:  # no smallest one: all are true
            run = room
            guess = min(2 * guess, _LONGEST_GUESS)
        else:
            guess = _FIRST_GUESS
        if run:
            stop = offset + run * stride
            found[count : count + run] = arange(offset, stop, stride)
            count += run
            offset = stop
        if run >= _SHORTEST_GOOD_RUN or run == room:
            stretch = 1
        else:
            stretch, usual = min(2 * stretch, _LONGEST_STRETCH), length
    return found[:count]
