"""Compressed WebSocket messages (permessage-deflate, RFC 7692), also where a capture begins behind the first of them.

What was agreed when the connection was made need not be known: a history of the largest window reads smaller ones as well, and
one that is kept reads what was written without one (RFC 7692 7.2.2). Between messages nothing is kept but that history.
"""

import zlib

LONGEST_UNPACKED = 1 << 20
"""Bytes that a message may unpack to: little that is compressed makes much, and the longest SIP messages are far below."""
ALWAYS_UNPACKED = 64 << 20
"""Bytes that all compressed messages of a capture may unpack to in any case; see `Allowance`."""
TOO_MUCH = "they are compressed, and all messages that are would take too much memory"
# Telephony becomes 3 to 5 times as large. Where a message repeats one before it, only a few bytes are left; so what stands
# around those in a capture counts, too.
_TIMES_LARGER, _AROUND = 16, 64
_WINDOW = 1 << 15
_RAW = -15  # no header, and the largest window
# Behind each message stand the bytes that its sender took away (RFC 7692 7.2.2), and an empty final block: where that is found
# the message was whole.
_ENDING = b"\x00\x00\xff\xff\x03\x00"
# In place of what was not captured. Text holds none of it, so that what a message took from there can be told.
_NOT_CAPTURED = bytes(_WINDOW)
# A message may hold final blocks itself (RFC 7692 7.2.3.4). Each is read anew, so there must not be too many.
_MOST_FINAL_BLOCKS = 16


class Unreadable(ValueError):
    """A compressed message that cannot be read; the text says why, as part of a sentence."""


class MissingHistory(Unreadable):
    """A message that repeats bytes of others before it, which were not captured."""

    def __init__(self) -> None:
        super().__init__("they are compressed, and repeat earlier messages that are not known here")


class _TooLongError(Exception):
    """A message unpacks to more than it may."""


class Allowance:
    """How much what is compressed in a capture may unpack to, all together: a capture is read into so much memory and no more.

    That is `ALWAYS_UNPACKED` and 16 times what the packets with it take in the capture.
    """

    __slots__ = ("_room",)

    def __init__(self, always: int = ALWAYS_UNPACKED) -> None:
        self._room = always

    def room(self, packed: int) -> int:
        """How many bytes that many packed ones may become now."""
        return self._room + _TIMES_LARGER * (packed + _AROUND)

    def take(self, packed: int, unpacked: int) -> None:
        """Note what was unpacked."""
        self._room = self.room(packed) - unpacked


class Inflater:
    """Unpacks the messages of one direction in their order.

    ``from_start`` says that the first one is the first that was sent, so nothing is unknown that they could repeat.
    """

    __slots__ = ("_allowance", "_from_start", "_given_up", "_known")

    def __init__(self, allowance: Allowance, *, from_start: bool) -> None:
        self._allowance = allowance
        self._from_start = from_start
        self._known = b""
        self._given_up = ""

    @property
    def held(self) -> int:
        """How many bytes of history it keeps."""
        return len(self._known)

    def unpack(self, payload: bytes) -> bytes:
        """The message; raises `Unreadable`.

        After a message that unpacks to too much no other is tried: each would cost as much as the first.
        """
        if self._given_up:
            raise Unreadable(self._given_up)
        room = self._allowance.room(len(payload))
        most = min(room, LONGEST_UNPACKED)
        try:
            message = self._inflate(payload + _ENDING, most)
        except zlib.error:
            self._forget()
            raise Unreadable("they are compressed, and damaged") from None
        except _TooLongError:
            self._forget()
            self._allowance.take(len(payload), most)  # the work was done; there shall be little more of it
            self._given_up = TOO_MUCH
            if room > LONGEST_UNPACKED:
                self._given_up = f"they are compressed, and one unpacks to more than {LONGEST_UNPACKED:,} bytes"
            raise Unreadable(self._given_up) from None
        self._allowance.take(len(payload), len(message))
        self._known = (self._known + message)[-_WINDOW:]
        if not self._from_start and b"\0" in message:
            raise MissingHistory
        return message

    def miss(self) -> None:
        """A message that is not in the capture, or only in part, was sent in between."""
        self._forget()

    def _forget(self) -> None:
        self._known, self._from_start = b"", False

    def _inflate(self, data: bytes, room: int) -> bytes:
        history = self._known if self._from_start else (_NOT_CAPTURED + self._known)[-_WINDOW:]
        parts = []
        for _ in range(_MOST_FINAL_BLOCKS):
            stream = zlib.decompressobj(_RAW, history)
            part = stream.decompress(data, room + 1)
            room -= len(part)
            if room < 0:
                raise _TooLongError
            if not stream.eof:
                raise zlib.error
            parts.append(part)
            data = stream.unused_data
            if not data:
                return b"".join(parts)
            history = (history + part)[-_WINDOW:]
        raise zlib.error


def beginning_of(payload: bytes, size: int) -> bytes:
    """Up to ``size`` bytes of a message of which the first compressed bytes are there; b"" where these are none.

    What it repeats of messages before it is not known, and given as zeros.
    """
    try:
        return zlib.decompressobj(_RAW, _NOT_CAPTURED).decompress(payload, size)
    except zlib.error:
        return b""
