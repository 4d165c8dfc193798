"""The walk over a chain of records: each one's length says where the next begins.

This is the only work that is done packet by packet in Python, so it is written for speed. Telephony traffic comes in runs
of records of the same length (a codec sends equal packets), and a run is followed without Python: guess that the next
records are as long as the last one, read all their length fields at once, and keep the part where the guess was right.
That is no heuristic: the positions found are exactly those of the chain.

Far ahead in a long file the chain is followed in many lanes at once (`walk_lanes`), each from a place where a record seems to
begin. A lane counts only when the one before it arrives exactly there, so this is no heuristic either.
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.capture.gather import Bytes, Positions, bring_near, gather
from sipview.values import CancelToken

_SHORTEST_GOOD_RUN = 12  # below this many records a guess costs more than the plain walk
_LONGEST_STRETCH = 512  # plain steps between two guesses where guessing does not pay
_FIRST_GUESS, _LONGEST_GUESS = 64, 4096
LANE = 1 << 14  # bytes: some dozen records; so many lanes as are walked at once should fit into the processor's cache
_REACHES = (1 << 10, 1 << 12)  # bytes of a lane in which its first record is looked for, and where there is none, again
_TRIES = 8
_ROUNDS = 8  # steps of all lanes between two looks whether they are through
_LENGTH = np.int64(0xFFFF_FFFF)
_PROOF = 2  # marked records in a row that make a place likely
_LIKELY_LENGTH = 1 << 16


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


class Mark(NamedTuple):
    """What most records of a file have in common: these ``octets``, ``at`` that many bytes into each."""

    at: int
    octets: bytes


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


def walk_lanes(
    data: Bytes, start: int, lanes: int, chain: Chain, mark: Mark, cancel: CancelToken
) -> tuple[Positions, int, bool]:
    """The positions of the records from ``start`` on in up to ``lanes`` stretches of `LANE` bytes; where the next one begins;
    and whether these are the records in all of the stretches.

    They are exactly the chain's, as `walk` would give them. A lane that began at a wrong place ends them before it, and the
    last `LANE` bytes of ``data`` are left alone. Raises `values.Cancelled` when asked to stop.
    """
    stop = min(start + lanes * LANE, data.size - LANE)
    if stop <= start:
        return np.empty(0, np.int64), start, False
    for _ in range(2):  # what is read again stays near longer: the second time takes 6 ms of 472 MB, and the walk 11 ms less
        bring_near(data, start, stop)
    begins = np.append(start, _likely_starts(data, start + LANE, stop, chain, mark))
    ends = np.append(begins[1:], stop)
    # opaque, since numpy is slow with numbers that are not aligned; eight bytes, since it is slow to add 32 bits to 64
    length_at = chain.length_at if chain.order == "<" else chain.length_at - 4
    words = np.ndarray((data.size - length_at - 7,), "V8", data.data, length_at, (1,))
    word, overhead, last = np.dtype(chain.order + "i8"), np.int64(chain.overhead), np.int64(data.size - chain.header)
    at, rounds = begins, [begins]
    while len(rounds) < LANE // chain.header and (at < ends).any():
        cancel.check()
        # a lane that is through goes on into the next one, which costs less than to hold it
        for _ in range(_ROUNDS):
            step = words[np.minimum(at, last)].view(word) & _LENGTH
            step += overhead
            step += at
            at = step
            rounds.append(at)
    steps = np.array(rounds).T
    inside = steps < ends[:, np.newaxis]
    counts = inside.sum(axis=1)
    through = counts < len(rounds)
    arrived = steps[np.arange(begins.size), np.where(through, counts, -1)]
    wrong = np.flatnonzero(~through[:-1] | (arrived[:-1] != begins[1:]))
    good = int(wrong[0]) + 1 if wrong.size else begins.size
    return steps[:good][inside[:good]], int(arrived[good - 1]), good == begins.size and bool(through[-1])


def _likely_starts(data: Bytes, first: int, stop: int, chain: Chain, mark: Mark) -> Positions:
    """Where records seem to begin in the lanes from ``first`` to ``stop``, at most one in each lane.

    The lanes are looked through together: one by one, in Python, they took as long as half the walk.
    """
    edges = np.arange(first, stop, LANE)
    starts = np.full(edges.size, -1)
    for reach in _REACHES:
        lanes = np.flatnonzero(starts < 0)
        near = np.ndarray((edges.size, reach), np.uint8, data.data, first, (LANE, 1))
        marked = _marked(near if lanes.size == edges.size else near[lanes], mark.octets)
        for _ in range(_TRIES):  # the first place in each lane that has the mark, and is not known to be wrong
            column = marked.argmax(axis=1)
            there = np.flatnonzero(marked[np.arange(lanes.size), column])
            if not there.size:
                break
            lanes, marked, column = lanes[there], marked[there], column[there]
            positions = edges[lanes] + column - mark.at
            likely = _likely(data, positions, edges[lanes], stop, chain, mark)
            starts[lanes[likely]] = positions[likely]
            marked[np.arange(lanes.size), column] = False
            lanes, marked = lanes[~likely], marked[~likely]
    return starts[starts >= 0]


def _marked(lanes: npt.NDArray[np.uint8], octets: bytes) -> npt.NDArray[np.bool_]:
    """Where the ``octets`` begin in each line of an array of bytes."""
    width = lanes.shape[1] - len(octets) + 1
    marked: npt.NDArray[np.bool_] = lanes[:, :width] == octets[0]
    for number, octet in enumerate(octets[1:], 1):
        marked &= lanes[:, number : number + width] == octet
    return marked


def _likely(data: Bytes, positions: Positions, edges: Positions, stop: int, chain: Chain, mark: Mark) -> npt.NDArray[np.bool_]:
    """At which positions several records in a row have the mark and a bearable length."""
    octets = f"<u{len(mark.octets)}"
    header = np.dtype(
        {
            "names": ["mark", "length"],
            "formats": [octets, chain.order + "u4"],
            "offsets": [mark.at, chain.length_at],
            "itemsize": chain.header,
        }
    )
    wanted = np.frombuffer(mark.octets, octets)
    likely: npt.NDArray[np.bool_] = positions >= edges
    for _ in range(_PROOF):
        heads = gather(data, positions, header)
        lengths = heads["length"].astype(np.int64)
        likely &= (positions < stop) & (heads["mark"] == wanted)
        likely &= (lengths <= _LIKELY_LENGTH) & (lengths >= chain.header - chain.overhead)
        positions = positions + lengths + chain.overhead
    return likely
