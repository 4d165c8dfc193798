"""WebSocket frames out of a stream (RFC 6455 5.2), also where the upgrade was not captured; SIP within them is RFC 7118."""

import re
from dataclasses import dataclass, field

from sipview.streams.assembly import Cut, Island
from sipview.streams.cutting import begins_message

_CONTINUATION, _TEXT, _BINARY = 0, 1, 2
_CONTROL = {8, 9, 10}
_LONGEST_FRAME = 4 << 20
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
    """One frame; ``length`` counts its bytes in the stream."""

    final: bool
    opcode: int
    payload: bytes
    length: int


def read_frame(data: bytes | bytearray, *, partial: bool = False) -> Frame | None:
    """The frame at the start of ``data``; None where it is not all there (or, with ``partial``, not even its header is).

    Raises `ValueError` where these bytes can be no frame that SIP is sent in: reserved bits or opcodes, control frames that
    are fragmented or long, absurd lengths.
    """
    if len(data) < 2:
        return None
    first, second = data[0], data[1]
    opcode = first & 0x0F
    if first & 0x70 or opcode not in {_CONTINUATION, _TEXT, _BINARY, *_CONTROL}:
        raise ValueError("reserved bits or opcode")
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
    return Frame(bool(first & 0x80), opcode, unmask(payload, key) if key else payload, at + length)


def begins_websocket(data: bytes | bytearray) -> bool:
    """Whether these bytes begin with an upgrade to WebSocket, or with a frame that carries the start of a SIP message."""
    if _HTTP_START.match(data):
        return b"websocket" in bytes(data[:4096]).lower()
    try:
        frame = read_frame(data, partial=True)
    except ValueError:
        return False
    return frame is not None and frame.opcode in {_TEXT, _BINARY} and begins_message(frame.payload)


@dataclass(slots=True)
class WebSocketReader:
    """Takes an island of a WebSocket connection as it grows; gives the messages, fragments joined (RFC 6455 5.4)."""

    parts: list[bytes] = field(default_factory=list)
    rows: dict[int, None] = field(default_factory=dict)
    held: int = 0
    """Bytes of a message whose last fragment has not come."""

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
                continue
            try:
                frame = read_frame(island.data)
            except ValueError:
                self._lose(island)
                island.pass_over(len(island.data))
                break
            if frame is None:
                break
            carrying = dict.fromkeys(island.rows(0, frame.length))
            self.rows.update(carrying)
            island.consume(frame.length)
            if frame.opcode in _CONTROL:
                if not self.parts:
                    self.rows.clear()
                continue
            if frame.opcode != _CONTINUATION:
                self._lose(island)
                self.rows.update(carrying)
            self.parts.append(frame.payload)
            self.held += len(frame.payload) + _OVERHEAD
            if self.held > _LONGEST_FRAME:
                self._lose(island)
            elif frame.final:
                cuts.append(Cut(b"".join(self.parts), tuple(self.rows)))
                self._forget()
        if ended:
            self._lose(island)
        return cuts

    def _lose(self, island: Island) -> None:
        """The fragments that wait will not become a message."""
        if self.parts:
            island.lose(self.held - _OVERHEAD * len(self.parts), next(iter(self.rows)))
        self._forget()

    def _forget(self) -> None:
        self.parts.clear()
        self.rows.clear()
        self.held = 0
