"""Which segments begin with a WebSocket frame that may hold a SIP message, for many at once (RFC 6455 5.2)."""

import numpy as np
import numpy.typing as npt

from sipview.index.columns import PacketIndex
from sipview.index.start_line import KNOWN_METHODS
from sipview.streams import begins_websocket

_HEAD = 16  # bytes: the longest header, with its mask, and two letters
_TEXT, _BINARY = 1, 2
_COMPRESSED = 0x40
_OPCODE_AND_RESERVED, _LENGTH, _MASKED = 0x7F, 0x7F, 0x80
_BEGINNINGS = np.zeros(1 << 16, np.bool_)  # the first two letters of a message
_BEGINNINGS[[int.from_bytes(word[:2], "big") for word in (*KNOWN_METHODS, b"SIP/2.0")]] = True


def begin_framed(index: PacketIndex, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Of these rows, which have a payload that begins with a frame in which a SIP message begins."""
    framed = np.zeros(rows.size, np.bool_)
    first = index.payload_bytes(rows, 0, 1)[:, 0] & _OPCODE_AND_RESERVED
    opcode = first & np.uint8(~_COMPRESSED & 0xFF)
    chosen = np.flatnonzero((opcode == _TEXT) | (opcode == _BINARY))
    if not chosen.size:
        return framed
    head = index.payload_bytes(rows[chosen], 0, _HEAD)
    length, masked = head[:, 1] & _LENGTH, head[:, 1] & _MASKED != 0
    key = 2 + np.select((length == 126, length == 127), (2, 8), 0)
    text = key + np.where(masked, 4, 0)
    line = np.arange(chosen.size)
    letters = [head[line, text + at] ^ np.where(masked, head[line, key + at], np.uint8(0)) for at in (0, 1)]
    believable = _BEGINNINGS[letters[0].astype(np.uint16) << 8 | letters[1]]
    # A compressed one shows no letters. But it is small, so the whole frame is there; of random bytes hardly any fit that.
    size = np.where(length == 126, head[:, 2].astype(np.uint32) << 8 | head[:, 3], np.where(length == 127, 0, length))
    compressed = first[chosen] & _COMPRESSED != 0
    believable = np.where(compressed, text + size == index.payload_length[rows[chosen]], believable)
    for position in chosen[believable].tolist():
        framed[position] = begins_websocket(index.payload(int(rows[position])))
    return framed
