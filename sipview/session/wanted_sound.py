"""What one side of a call wants of sound, as its session description says: where it shall come, and whether it may pause."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from sipview.index import Protocol
from sipview.session.media_ends import media_ends

MOST_ENDS = 8
"""Of one side; and as many calls may name the same end: of one that more name, packets tell nothing."""

_HEADER_END = re.compile(rb"\n\r?\n")
_SECTION = re.compile(rb"\r?\n(?=m=)")
_DIRECTION = re.compile(rb"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", re.MULTILINE)
_ANYWHERE = ("0.0.0.0", "::")  # which means "on hold" in old descriptions (RFC 3264 8.4)
_TYPES = re.compile(rb"^m=audio \S{1,16} \S{1,32}((?: \d{1,3}){1,40})")
_CODEC = re.compile(rb"^a=rtpmap:(\d{1,3}) ([\w.-]{1,32})/", re.MULTILINE)
_PARAMETERS = re.compile(rb"^a=fmtp:(\d{1,3}) ([^\r\n]{1,500})", re.MULTILINE)
_SUPPRESSION = re.compile(rb"^a=silenceSupp:on\b", re.MULTILINE)  # RFC 3108 5.6.2.11
_COMFORT_NOISE = frozenset({13, 19})  # RFC 3389 4, and what it had been before
_STATIC = {4: b"g723", 18: b"g729"}  # RFC 3551 6
# These pause unless the parameter says "no" (RFC 4856 2.1.8, 2.1.9), those only where it says so (RFC 7587 6.1, RFC 5574 4.1).
_PAUSES_UNLESS = {b"g729": b"annexb=no", b"g723": b"annexa=no"}
_PAUSES_IF = {b"opus": b"usedtx=1", b"speex": b"vad=on"}
_G729, _G723, _RTP_HEADER = 18, 4, 12
_FIRST_DYNAMIC = 96


class WantedSound(NamedTuple):
    """What one side wants: ``ends`` are addresses (canonical text) and ports; ``exchange`` tells offers from one another.

    ``held``: it does not want to hear and be heard. ``noises`` are the payload types of comfort noise that it takes, ``pauses``
    those of speech that may pause on the way to it: silence suppression is agreed.
    """

    exchange: tuple[str, int | None]
    ends: frozenset[tuple[str, int]]
    held: bool
    noises: frozenset[int] = frozenset()
    pauses: frozenset[int] = frozenset()

    def beside(self, other: "WantedSound") -> "WantedSound":
        """The same offer seen twice: a proxy on the way may put itself in the place of a side."""
        ends = self.ends | other.ends
        return WantedSound(
            other.exchange, ends, self.held or other.held or len(ends) > MOST_ENDS, self.noises | other.noises,
            self.pauses | other.pauses,
        )  # fmt: skip


def wanted_sound(exchange: tuple[str, int | None], data: bytes) -> WantedSound:
    """What the session description in a message says of sound (RFC 8866 5.14, RFC 3264 8.4 for hold)."""
    session, *sections = _SECTION.split(_HEADER_END.split(data, 1)[-1])
    audio = [section for section in sections if section.startswith(b"m=audio ")]
    if not audio or len(audio) > MOST_ENDS:
        return WantedSound(exchange, frozenset(), held=True)
    ends = frozenset(end for section in audio for end in _rtp_ends(session + b"\r\n" + section))
    usual = _direction(session, b"sendrecv")
    held = any(
        _direction(section, usual) != b"sendrecv" or section.startswith((b"m=audio 0 ", b"m=audio 0/")) for section in audio
    )
    held = held or any(address in _ANYWHERE for address, _ in ends)
    noises, pauses = zip(*(_suppression(session, section) for section in audio), strict=True)
    return WantedSound(exchange, ends, held, frozenset().union(*noises), frozenset().union(*pauses))


def is_comfort_noise(payload_type: int, size: int, receiver: WantedSound) -> bool:
    """Whether RTP with ``size`` bytes says that there is nothing to be heard: comfort noise, or a frame that describes it."""
    if payload_type in _COMFORT_NOISE or payload_type in receiver.noises:
        return True
    speech = size - _RTP_HEADER
    if payload_type == _G729:  # frames of 10 bytes, of 2 for noise (RFC 3551 4.5.6)
        return speech % 10 == 2
    return payload_type == _G723 and speech == 4  # of 24 or 20 bytes, of 4 for noise (RFC 3551 4.5.3)


def may_pause(payload_type: int, sender: WantedSound, receiver: WantedSound) -> bool:
    """Whether both agreed that nothing need be sent in this payload type while nobody speaks.

    The numbers from 96 on are each side's own, so of those the receiver's word counts alone.
    """
    return payload_type in receiver.pauses and (payload_type >= _FIRST_DYNAMIC or payload_type in sender.pauses)


def _suppression(session: bytes, section: bytes) -> tuple[frozenset[int], frozenset[int]]:
    """The payload types of comfort noise, and those that may pause."""
    listed = _TYPES.match(section)
    types = frozenset(int(number) for number in listed[1].split()) if listed else frozenset[int]()
    codecs = _STATIC | {int(number): name.lower() for number, name in _CODEC.findall(section)}
    parameters = {int(number): text.replace(b" ", b"").lower() for number, text in _PARAMETERS.findall(section)}
    noises = frozenset(number for number in types if number in _COMFORT_NOISE or codecs.get(number) == b"cn")
    if noises or _SUPPRESSION.search(section) or _SUPPRESSION.search(session):
        return noises, types
    return noises, frozenset(number for number in types if _pauses(codecs.get(number, b""), parameters.get(number, b"")))


def _pauses(codec: bytes, parameters: bytes) -> bool:
    unless, only = _PAUSES_UNLESS.get(codec), _PAUSES_IF.get(codec)
    return (unless is not None and unless not in parameters) or (only is not None and only in parameters)


def _rtp_ends(description: bytes) -> Iterator[tuple[str, int]]:
    return ((end.address, end.port) for end in media_ends(description) if end.protocol is Protocol.RTP)


def _direction(section: bytes, otherwise: bytes) -> bytes:
    found = _DIRECTION.search(section)
    return otherwise if found is None else found[1]
