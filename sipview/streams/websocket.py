"""WebSocket frames out of a stream (RFC 6455 5.2), also where the upgrade was not captured; SIP within them is RFC 7118.

Messages may be compressed (RFC 7692): a bit of their first frame says so.
"""

import re
from dataclasses import dataclass

from sipview.streams.assembly import Cut, Island
from sipview.streams.cutting import begins_message
from sipview.streams.deflated import Allowance, Inflater, MissingHistory, Unreadable, beginning_of

_CONTINUATION, _TEXT, _BINARY = 0, 1, 2
_CONTROL = {8, 9, 10}
_RESERVED, _COMPRESSED = 0x30, 0x40  # RSV2 and RSV3; RSV1 (RFC 7692 6)
_LONGEST_FRAME = 4 << 20
_START_LINE = 4096  # bytes that are looked at of a compressed message
_LOOKED_AT = 1 << 16  # bytes that it may unpack to while it is looked at
_OVERHEAD = 100  # bytes that a fragment takes in memory besides its payload, about
_HTTP_START = re.compile(rb"(?:GET [^\r\n]{1,4096} HTTP/1\.1\r\n|HTTP/1\.1 101[ \r])")


def unmask(payload: bytes, key: bytes) -> bytes:
    """The payload of a masked frame (RFC 6455 5.3)."""
    if not payload:
        return b""
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; ``length`` counts its bytes in the stream. ``compressed``: the message that it begins is."""

    final: bool
    opcode: int
    payload: bytes
    length: int
    compressed: bool = False


def read_frame(data: bytes | bytearray, *, partial: bool = False) -> Frame | None:
    """The frame at the start of ``data``; None where it is not all there (or, with ``partial``, not even its header is).

    Raises `ValueError` where these bytes can be no frame that SIP is sent in: reserved bits or opcodes, control frames that
    are fragmented or long, absurd lengths.
    """
    if len(data) < 2:
        return None
    first, second = data[0], data[1]
    opcode, compressed = first & 0x0F, bool(first & _COMPRESSED)
    if first & _RESERVED or opcode not in {_CONTINUATION, _TEXT, _BINARY, *_CONTROL}:
        raise ValueError("reserved bits or opcode")
    if compressed and opcode not in {_TEXT, _BINARY}:
        raise ValueError("only a message as a whole is compressed")
    length, at = second & 0x7F, 2
    if opcode in _CONTROL and (length > 125 or not first & 0x80):
        raise ValueError("control frame that is long or fragmented")
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(data) < at + size:
            return None
        length = int.from_bytes(data[at : at + size], "big")
        at += size
        if length < 126 or (size == 8 and length < 1 << 16):
            raise ValueError("length that is not in its shortest form")
    if length > _LONGEST_FRAME:
        raise ValueError("absurd length")
    key = b""
    if second & 0x80:
        key = bytes(data[at : at + 4])
        at += 4
    if len(data) < at + length and not (partial and len(data) > at):
        return None
    payload = bytes(data[at : at + length])
    return Frame(bool(first & 0x80), opcode, unmask(payload, key) if key else payload, at + length, compressed)


def begins_websocket(data: bytes | bytearray) -> bool:
    """Whether these bytes begin with an upgrade to WebSocket, or with a frame that carries the start of a SIP message.

    A compressed message that repeats others before it does not show what it is: here it counts as one, if all of it is there.
    """
    if _HTTP_START.match(data):
        return b"websocket" in bytes(data[:4096]).lower()
    try:
        frame = read_frame(data, partial=True)
    except ValueError:
        return False
    if frame is None or frame.opcode not in {_TEXT, _BINARY}:
        return False
    if not frame.compressed:
        return begins_message(frame.payload)
    return begins_message(beginning_of(frame.payload, _START_LINE)) or (
        frame.final and len(data) >= frame.length and _repeats_others(frame.payload)
    )


def _repeats_others(payload: bytes) -> bool:
    """Whether these bytes are a whole compressed message, of which a part stands in those before it."""
    try:
        Inflater(Allowance(_LOOKED_AT), from_start=False).unpack(payload)
    except MissingHistory:
        return True
    except Unreadable:
        pass
    return False


class WebSocketReader:
    """Takes an island of a WebSocket connection as it grows; gives the messages, fragments joined (RFC 6455 5.4).

    ``allowance``: what compressed messages may unpack to, these and those of others.
    """

    __slots__ = ("_allowance", "_compressed", "_held", "_inflater", "_parts", "_rows", "_upgraded")

    def __init__(self, allowance: Allowance | None = None) -> None:
        self._allowance = allowance if allowance is not None else Allowance()
        self._parts: list[bytes] = []
        self._rows: dict[int, None] = {}
        self._held = 0  # bytes of a message whose last fragment has not come
        self._compressed = False  # is that message
        self._inflater: Inflater | None = None
        self._upgraded = False

    @property
    def held(self) -> int:
        """How many bytes it keeps: of a message whose last fragment has not come, and of what later ones may repeat."""
        return self._held + (self._inflater.held if self._inflater is not None else 0)

    def read(self, island: Island, *, ended: bool) -> list[Cut]:
        """The data messages that are whole now; their bytes are consumed. Bytes that are no frame are passed over."""
        cuts: list[Cut] = []
        while island.data:
            upgrade = _HTTP_START.match(island.data)
            if upgrade:
                end = island.data.find(b"\r\n\r\n")
                if end < 0:
                    break
                island.consume(end + 4)
                self._upgraded, self._inflater = True, None
                continue
            try:
                frame = read_frame(island.data)
            except ValueError:
                self._lose(island)
                if self._inflater is not None:
                    self._inflater.miss()
                island.pass_over(len(island.data))
                break
            if frame is None:
                break
            carrying = island.rows(0, frame.length)
            island.consume(frame.length)
            if frame.opcode in _CONTROL:
                continue
            if frame.opcode != _CONTINUATION:
                self._lose(island)
                self._compressed = frame.compressed
            self._rows.update(dict.fromkeys(carrying))
            self._parts.append(frame.payload)
            self._held += len(frame.payload) + _OVERHEAD
            if self._held > _LONGEST_FRAME:
                self._lose(island)
            elif frame.final:
                message = self._whole(island)
                if message is not None:
                    cuts.append(Cut(message, tuple(self._rows)))
                self._forget()
        if ended:
            self._lose(island)
        return cuts

    def _whole(self, island: Island) -> bytes | None:
        """The message whose last fragment came; None where it cannot be unpacked."""
        message = b"".join(self._parts)
        if not self._compressed:
            return message
        try:
            return self._history().unpack(message)
        except Unreadable as error:
            island.lose(len(message), next(iter(self._rows)), str(error))
            return None

    def _history(self) -> Inflater:
        if self._inflater is None:
            self._inflater = Inflater(self._allowance, from_start=self._upgraded)
        return self._inflater

    def _lose(self, island: Island) -> None:
        """The fragments that wait will not become a message."""
        if self._parts:
            island.lose(self._held - _OVERHEAD * len(self._parts), next(iter(self._rows)))
            if self._compressed:
                self._history().miss()
        self._forget()

    def _forget(self) -> None:
        self._parts.clear()
        self._rows.clear()
        self._held = 0
        self._compressed = False
