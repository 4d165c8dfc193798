"""The order of the packet list by Info, for millions of packets: that of the texts, of which most are never made.

Media packets and bare UDP and TCP packets say numbers in a fixed sentence, so the order of their sentences is that of numbers,
looked at as text: what follows a number is less than any digit. The texts of all other packets are made and sorted, and each
is then looked up among the sentences by halving.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias, overload

import numpy as np
import numpy.typing as npt

from sipview.gui.cross_reference import CrossReference
from sipview.index import Flag, PacketIndex, Protocol
from sipview.session import packet_line
from sipview.values import CancelToken

Rows: TypeAlias = npt.NDArray[np.int64]
Keys: TypeAlias = tuple[Rows, ...]  # what counts most first

_ADDS_WORDS = Flag.CUT | Flag.FRAGMENT_FIRST | Flag.FRAGMENT_LATER | Flag.HEP
_RTP_HEADER, _TCP_HEADER = 12, 20
_TCP_FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg")  # from the lowest bit on
_TCP_TOLD = ("syn", "ack", "fin", "rst", "psh", "urg")  # in the order of the sentence
_CHECKED_EVERY = 1024
_PIECE = 1 << 17
_SENTENCES_KEPT = 1 << 14


def info_keys(cross: CrossReference, rows: Rows, cancel: CancelToken) -> Rows:
    """A number for each row: those of two rows are in the order of their Info, whatever the case of its letters.

    Raises `values.Cancelled` when asked to stop.
    """
    index = cross.snapshot.index
    assert index is not None, "rows come from an index"

    def text(row: int) -> str:
        return packet_line(index, row, cross.by_row).info.casefold()

    of_message = np.zeros(len(index.protocol), np.bool_)
    of_message[np.fromiter((seen.row for seen in cross.snapshot.messages), np.int64, len(cross.snapshot.messages))] = True
    bare = ((index.flags[rows] & np.uint16(_ADDS_WORDS)) == 0) & ~of_message[rows]
    protocol, transport_start = index.protocol[rows], index.transport_start[rows]
    media = bare & (protocol == Protocol.RTP) & (index.payload_length[rows] >= _RTP_HEADER)
    header = (index.captured[rows] >= transport_start + np.uint32(_TCP_HEADER)) & (transport_start > 0)
    ports = (index.source_port[rows] | index.destination_port[rows]) != 0
    ported = bare & ports & ((protocol == Protocol.UDP) | ((protocol == Protocol.TCP) & header))
    places = [np.flatnonzero(chosen) for chosen in (ported, media)]  # digits come before letters
    other = np.flatnonzero(~(ported | media))
    texts = _texts(rows[other], text, cancel)
    distinct = sorted(set(texts))
    number = {each: at for at, each in enumerate(distinct)}
    among = np.fromiter((number[each] for each in texts), np.int64, len(texts))
    lasts = np.full(len(rows), -1, np.int64)  # behind the sentences, those that stand at one place in order of their texts
    lasts[other] = among
    columns: list[Rows] = []
    behind_ports = 0
    for chosen, keys_of in zip(places, (_of_ports, _of_media), strict=True):
        column = np.zeros(len(rows), np.int64)
        ranks, firsts = _ranked(_in_pieces(keys_of, index, rows[chosen], cancel))
        sentences = _Sentences(rows[chosen][firsts], text)
        cancel.check()
        stands = np.zeros(len(distinct), np.int64)
        for at, each in enumerate(distinct):
            if at % _CHECKED_EVERY == 0:
                cancel.check()
            place = bisect_left(sentences, each) if len(sentences) else 0
            equal = place < len(sentences) and sentences[place] == each
            stands[at] = 2 * place + equal
            if equal:
                lasts[other[among == at]] = -1
        column[chosen] = 2 * ranks + 1
        column[other] = stands[among]
        for before in columns:
            before[chosen] = behind_ports
        behind_ports = 2 * len(firsts)
        columns.append(column)
    cancel.check()
    return _ranked((*columns, lasts))[0]


def _texts(rows: Rows, text: Callable[[int], str], cancel: CancelToken) -> list[str]:
    texts = []
    for at, row in enumerate(rows.tolist()):
        if at % _CHECKED_EVERY == 0:
            cancel.check()
        texts.append(text(row))
    return texts


class _Sentences(Sequence[str]):
    """The texts of rows, made when they are looked at."""

    def __init__(self, rows: Rows, text: Callable[[int], str]) -> None:
        self._rows = rows
        self._text = lru_cache(_SENTENCES_KEPT)(text)  # texts that are near each other are looked up among the same ones

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        return self._text(int(self._rows[at])) if isinstance(at, int) else [self._text(row) for row in self._rows[at].tolist()]


def _ranked(keys: Keys) -> tuple[Rows, Rows]:
    """The rank of each element, the same for equal ones; and for each rank where the first element of it is."""
    count = len(keys[0])
    order = np.lexsort(keys[::-1])
    begins = np.zeros(count, np.bool_)
    begins[:1] = True
    for key in keys:
        in_order = key[order]
        begins[1:] |= in_order[1:] != in_order[:-1]
    ranks = np.empty(count, np.int64)
    numbers = begins.astype(np.int64)  # to sum truth values up, numpy keeps the interpreter for the time that takes
    np.cumsum(numbers, out=numbers)
    numbers -= 1
    ranks[order] = numbers
    return ranks, order[begins]


def _in_pieces(keys_of: Callable[[PacketIndex, Rows], Keys], index: PacketIndex, rows: Rows, cancel: CancelToken) -> Keys:
    pieces = []
    for at in range(0, max(1, len(rows)), _PIECE):
        cancel.check()
        pieces.append(keys_of(index, rows[at : at + _PIECE]))
    return tuple(np.concatenate(column) for column in zip(*pieces, strict=True))


def _as_text(numbers: Rows, digits: int) -> Rows:
    """Numbers of at most so many digits, in the order of their decimal texts before something that is less than a digit."""
    lengths = np.ones(len(numbers), np.int64)
    for length in range(1, digits):
        lengths += numbers >= 10**length
    return numbers * 10 ** (digits - lengths) * 16 + lengths


def _number(octets: npt.NDArray[np.uint8]) -> Rows:
    number = np.zeros(len(octets), np.int64)
    for column in octets.T:
        number = number << 8 | column
    return number


def _of_media(index: PacketIndex, rows: Rows) -> Keys:
    """``payload type 0, sequence 7, time 1120, SSRC 0x0000002a, mark``"""
    header = index.payload_bytes(rows, 1, 11)
    kind, marked = (header[:, 0] & 0x7F).astype(np.int64), header[:, 0].astype(np.int64) >> 7
    sequence, time, source = (_number(header[:, begin:end]) for begin, end in ((1, 3), (3, 7), (7, 11)))
    return _as_text(kind, 3) << 24 | _as_text(sequence, 5), _as_text(time, 10), source << 1 | marked


def _of_ports(index: PacketIndex, rows: Rows) -> Keys:
    """``5060 → 5062, 40 bytes`` and ``5060 → 5062 [ACK] sequence 1, acknowledged 2, window 3, 40 bytes``"""
    source, destination = (_as_text(ports[rows].astype(np.int64), 5) for ports in (index.source_port, index.destination_port))
    size = _as_text(index.payload_length[rows].astype(np.int64), 10)
    is_tcp = index.protocol[rows] == Protocol.TCP
    flags, sequence, acknowledged, window = (np.zeros(len(rows), np.int64) for _ in range(4))
    of_tcp = rows[is_tcp]
    header = index.frame_bytes(of_tcp, index.transport_start[of_tcp].astype(np.int64), _TCP_HEADER)
    flags[is_tcp] = _flag_order()[header[:, 13] & 0x3F]
    sequence[is_tcp] = _as_text(_number(header[:, 4:8]), 10)
    acknowledged[is_tcp] = _as_text(_number(header[:, 8:12]), 10)
    window[is_tcp] = _as_text(_number(header[:, 14:16]), 5)
    # A blank comes before a comma.
    return source << 24 | destination, ~is_tcp * 64 + flags, sequence, acknowledged, window, size


def _flag_order() -> Rows:
    """For each combination of TCP flags the place of its words among those of all."""
    words = []
    for bits in range(1 << len(_TCP_FLAGS)):
        told = [name for name in _TCP_TOLD if bits >> _TCP_FLAGS.index(name) & 1]
        words.append(", ".join(told) + "]")
    order = sorted(words)
    return np.array([order.index(each) for each in words], np.int64)
