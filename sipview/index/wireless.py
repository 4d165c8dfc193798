"""Steps of IEEE 802.11: data frames that are not encrypted, and the headers in which capturing systems wrap them."""

import numpy as np

from sipview.capture import Positions
from sipview.index.layers import FragmentRows, Layer, Peel, Rows, Step, lookup

_DATA = 2  # the frame type
_TO_DISTRIBUTION, _FROM_DISTRIBUTION, _MORE_FRAGMENTS, _PROTECTED, _ORDER = 1, 2, 4, 0x40, 0x80
_NULL, _QOS = 4, 8  # bits of the subtype
_AGGREGATED = 0x80  # in the QoS field: frames in the frame
_MOST_AGGREGATED = 64
_AVS_MAGIC = 0x80211000
_MOST_WORDS = 8
_PPI_LINKS = lookup(1 << 8, {1: Layer.ETHERNET, 9: Layer.PPP, 101: Layer.RAW_IP, 105: Layer.WIRELESS, 127: Layer.RADIOTAP})

_FRAME = np.dtype([("control", "u1"), ("flags", "u1"), ("rest", "V20"), ("sequence", "<u2")])
_QUALITY = np.dtype([("control", "u1"), ("rest", "u1")])
_SUBFRAME = np.dtype([("addresses", "V12"), ("length", ">u2")])
_RADIOTAP = np.dtype([("version", "u1"), ("pad", "u1"), ("length", "<u2"), ("present", "<u4")])
_PRESENT = np.dtype([("bits", "<u4")])
_FLAGS = np.dtype([("flags", "u1")])
_PRISM = np.dtype([("code", ">u4"), ("length", ">u4")])
_PPI = np.dtype([("version", "u1"), ("flags", "u1"), ("length", "<u2"), ("link", "<u4")])
_TIME_PRESENT, _FLAGS_PRESENT, _MORE_PRESENT = 1, 2, 1 << 31
_PADDED = 0x20  # radiotap's flag: the header of the frame is filled up to 4 bytes


def wireless(peel: Peel, rows: Rows) -> None:
    """A frame of IEEE 802.11. Of frames in a frame the first one is the row's; of a fragmented one nothing is read."""
    _wireless(peel, rows, np.zeros(rows.size, np.bool_))


def radiotap(peel: Peel, rows: Rows) -> None:
    """A radiotap header; all that counts in it is its length, and whether the frame's own header is padded."""
    rows, at, head = peel.open(rows, _RADIOTAP)
    length = head["length"].astype(np.int64)
    rows, at, head, length = peel.keep(rows, (head["version"] == 0) & (length >= _RADIOTAP.itemsize), at, head, length)
    field, more = at + _RADIOTAP.itemsize, head["present"] & np.uint32(_MORE_PRESENT) != 0
    for _ in range(_MOST_WORDS):
        if not more.any():
            break
        whole, word = peel.peek(rows, field, _PRESENT)
        field = np.where(more, field + _PRESENT.itemsize, field)
        more &= whole & (word["bits"] & np.uint32(_MORE_PRESENT) != 0)
    timed = head["present"] & np.uint32(_TIME_PRESENT) != 0
    field = np.where(timed, at + ((field - at + 7) & ~7) + 8, field)
    whole, flags = peel.peek(rows, field, _FLAGS)
    padded = whole & (head["present"] & np.uint32(_FLAGS_PRESENT) != 0) & (field < at + length)
    padded &= flags["flags"] & _PADDED != 0
    peel.at[rows] = at + length
    _wireless(peel, rows, padded)


def prism(peel: Peel, rows: Rows) -> None:
    """A Prism header, in the byte order of whoever captured, or an AVS header in its place."""
    rows, at, head = peel.open(rows, _PRISM)
    own = head["code"] & np.uint32(0xFFFFF000) != _AVS_MAGIC
    length = np.where(own & (head["length"] > 0xFFFF), head["length"].byteswap(), head["length"]).astype(np.int64)
    rows, at, length = peel.keep(rows, (length >= _PRISM.itemsize) & (at + length <= peel.end[rows]), at, length)
    peel.pass_on(rows, Layer.WIRELESS, at + length)


def ppi(peel: Peel, rows: Rows) -> None:
    """A Per-Packet Information header, which names the link type that follows."""
    rows, at, head = peel.open(rows, _PPI)
    length = head["length"].astype(np.int64)
    good = (head["version"] == 0) & (length >= _PPI.itemsize) & (head["link"] < _PPI_LINKS.size)
    rows, at, head, length = peel.keep(rows, good, at, head, length)
    peel.pass_on(rows, _PPI_LINKS[head["link"]], at + length)


def _wireless(peel: Peel, rows: Rows, padded: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    at = peel.at[rows]
    whole, head = peel.peek(rows, at, _FRAME)
    peel.cut(rows[~whole])
    rows, at, head, padded = rows[whole], at[whole], head[whole], padded[whole]
    subtype, flags = head["control"] >> 4, head["flags"]
    plain = (head["control"] & 3 == 0) & (head["control"] >> 2 & 3 == _DATA) & (subtype & _NULL == 0)
    plain &= (flags & (_PROTECTED | _MORE_FRAGMENTS) == 0) & (head["sequence"] & 15 == 0)
    both = _TO_DISTRIBUTION | _FROM_DISTRIBUTION
    size = _FRAME.itemsize + np.where(flags & both == both, 6, 0)
    quality = subtype & _QOS != 0
    there, field = peel.peek(rows, at + size, _QUALITY)
    aggregated = quality & there & (field["control"] & _AGGREGATED != 0)
    size += np.where(quality, 2, 0) + np.where(quality & (flags & _ORDER != 0), 4, 0)
    size = np.where(padded, (size + 3) & ~3, size)
    aggregated &= plain
    if aggregated.any():
        _others(peel, rows[aggregated], (at + size)[aggregated])
    size += np.where(aggregated, _SUBFRAME.itemsize, 0)
    peel.pass_on(rows, np.where(plain, np.uint8(Layer.LLC), np.uint8(Layer.NONE)), at + size)


def _others(peel: Peel, rows: Rows, at: Positions) -> None:
    """The frames behind the first one in a frame (A-MSDU, IEEE 802.11 9.3.2.2.2), each filled up to 4 bytes.

    A row has one packet. So these are put beside it as parts of packets are that come in several rows: each is a whole one.
    """
    for number in range(_MOST_AGGREGATED):
        whole, head = peel.peek(rows, at, _SUBFRAME)
        start = at + _SUBFRAME.itemsize
        end = start + head["length"]
        whole &= end <= peel.end[rows]
        rows, at, start, end = rows[whole], at[whole], start[whole], end[whole]
        if not rows.size:
            return
        if number:
            nothing, single = np.zeros(rows.size, np.int64), np.zeros(rows.size, np.bool_)
            layer = np.full(rows.size, Layer.LLC, np.uint8)
            peel.fragments.append(FragmentRows(rows, nothing, nothing, single, layer, start, end))
        at += (end - at + 3) & ~3


STEPS: dict[Layer, Step] = {
    Layer.WIRELESS: wireless,
    Layer.RADIOTAP: radiotap,
    Layer.PRISM: prism,
    Layer.AVS: prism,
    Layer.PPI: ppi,
}
