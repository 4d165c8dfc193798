"""Session descriptions (RFC 8866) as SIP carries them (RFC 3264)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.octets import LWS, Octets, number
from sipview.sip.registry import STATIC_PAYLOAD_TYPES
from sipview.values import Problem


@dataclass(frozen=True, slots=True)
class SdpLine:
    """One ``type=value`` line; spans are byte offsets in the message.

    A line of another form has the type "" and is its own value.
    """

    type: str
    value: str
    start: int
    end: int
    value_start: int


@dataclass(frozen=True, slots=True)
class RtpMap:
    """The encoding of one RTP payload type (RFC 8866 6.6): from ``a=rtpmap``, or static (RFC 3551 6).

    ``static`` tells that no rtpmap line was there.
    """

    payload_type: int
    encoding: str
    clock_rate: int
    channels: int
    static: bool
    format_parameters: str


@dataclass(frozen=True, slots=True)
class Media:
    """One ``m=`` block: what is offered or answered (RFC 8866 5.14). ``lines`` begins with the ``m=`` line.

    ``port`` is 0 where the media is refused or gone (RFC 3264 6), -1 where no port can be read.
    ``address`` is that of its own ``c=`` line or else the session's; ``direction`` is sendrecv, sendonly, recvonly or
    inactive, its own or the session's or sendrecv (RFC 8866 6.7). ``formats`` are as written; ``codecs`` is empty where
    the profile is not RTP.
    """

    kind: str
    port: int
    port_count: int
    profile: str
    formats: tuple[str, ...]
    address: str
    direction: str
    codecs: tuple[RtpMap, ...]
    lines: tuple[SdpLine, ...]

    def attribute(self, name: str) -> str | None:
        """The value of the first ``a=name:value`` (or "" for a bare ``a=name``) in this block, else None."""
        return _attribute(self.lines, name)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole session description. ``session_lines`` stand before the first ``m=``."""

    origin: str
    session_name: str
    address: str
    session_lines: tuple[SdpLine, ...]
    media: tuple[Media, ...]
    problems: tuple[Problem, ...]

    def attribute(self, name: str) -> str | None:
        """The value of the first session-level ``a=name:value`` (or "" for a bare ``a=name``), else None."""
        return _attribute(self.session_lines, name)


def _attribute(lines: Sequence[SdpLine], name: str) -> str | None:
    for line in lines:
        if line.type == "a":
            key, _, value = line.value.partition(":")
            if key == name:
                return value
    return None


_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_TYPES = frozenset("vosiuepcbtrzkam")
_RTPMAP = re.compile(r"([0-9]{1,3})[ \t]+([^/ \t]+)/([0-9]{1,9})(?:/([0-9]{1,3}))?[ \t]*")
_LARGEST_PORT = 65535
_LARGEST_PAYLOAD_TYPE = 127


def parse_sdp(body: bytes, offset: int = 0) -> SessionDescription:
    """Parse a session description; ``offset`` is where ``body`` begins in the message. Never raises."""
    faults: Faults = []
    whole = Octets.of(body, offset)
    lines = _read_lines(whole, faults)
    first_media = next((at for at, line in enumerate(lines) if line.type == "m"), len(lines))
    session_lines = tuple(lines[:first_media])
    address = _address(session_lines, faults)
    direction = _direction(session_lines) or "sendrecv"
    blocks: list[list[SdpLine]] = []
    for line in lines[first_media:]:
        if line.type == "m":
            blocks.append([])
        blocks[-1].append(line)
    media = tuple(_read_media(block, address, direction, faults) for block in blocks)
    _check_session(session_lines, faults, whole)
    return SessionDescription(
        origin=_first_value(session_lines, "o"),
        session_name=_first_value(session_lines, "s"),
        address=address,
        session_lines=session_lines,
        media=media,
        problems=tuple(sorted(faults, key=lambda problem: (problem.start, problem.end))),
    )


def _read_lines(whole: Octets, faults: Faults) -> list[SdpLine]:
    """The lines of the form ``type=value``; empty ones, which end many descriptions, are no lines."""
    found: list[SdpLine] = []
    at = 0
    for text in whole.latin.split("\n"):
        line = whole.cut(at, at + len(text) - text.endswith("\r"))
        at += len(text) + 1
        if not line.latin.strip(LWS):
            continue
        kind = line.latin[:1] if line.latin[1:2] == "=" else ""
        value = line.cut(2) if kind else line
        if not kind or kind not in _TYPES:
            fault(faults, "bad-sdp-line", line, f"{shortened(str(line))} is no line of a session description (RFC 8866 5).")
        found.append(SdpLine(kind, str(value), line.start, line.end, value.start))
    return found


def _first_value(lines: Sequence[SdpLine], kind: str) -> str:
    return next((line.value for line in lines if line.type == kind), "")


def _direction(lines: Sequence[SdpLine]) -> str | None:
    return next((line.value for line in lines if line.type == "a" and line.value in _DIRECTIONS), None)


def _address(lines: Sequence[SdpLine], faults: Faults) -> str:
    """The address of the first ``c=`` line, without the time to live of a multicast address; "" where there is none."""
    line = next((line for line in lines if line.type == "c"), None)
    if line is None:
        return ""
    words = line.value.split()
    if len(words) != 3 or words[0] != "IN" or words[1] not in ("IP4", "IP6"):
        text = f"c= says {shortened(line.value)}; it must be IN IP4 or IN IP6 and an address (RFC 8866 5.7)."
        faults.append(Problem("bad-sdp-address", line.start, line.end, text))
    return words[2].partition("/")[0] if len(words) > 2 else ""


def _check_session(lines: Sequence[SdpLine], faults: Faults, whole: Octets) -> None:
    for kind, name in (("v", "version"), ("o", "origin"), ("s", "session name"), ("t", "time")):
        if not any(line.type == kind for line in lines):
            text = f"The {name} line ({kind}=) is missing from the session description (RFC 8866 5)."
            faults.append(Problem(f"no-sdp-{kind}", whole.start, whole.start, text))
    for line in lines:
        if line.type == "v" and line.value != "0":
            text = f"The version of the session description is {shortened(line.value)} and not 0 (RFC 8866 5.1)."
            faults.append(Problem("bad-sdp-version", line.start, line.end, text))
        elif line.type == "o" and len(line.value.split()) != 6:
            text = "The origin line must have six parts: user, session, version, IN, IP4 or IP6, address (RFC 8866 5.2)."
            faults.append(Problem("bad-sdp-origin", line.start, line.end, text))


def _read_media(lines: Sequence[SdpLine], address: str, direction: str, faults: Faults) -> Media:
    head = lines[0]
    words = head.value.split()
    kind, port_text, profile, *formats = words if len(words) > 3 else [*words, "", "", ""][:3]
    first, slash, count = port_text.partition("/")
    port = number(first, _LARGEST_PORT)
    port_count = number(count, _LARGEST_PORT) if slash else 1
    if port is None or not port_count or not formats:
        text = f"m= says {shortened(head.value)}; it must be media, port, profile and formats (RFC 8866 5.14)."
        faults.append(Problem("bad-sdp-media", head.start, head.end, text))
    own_address = _address(lines, faults) or address
    if not own_address and port:
        text = "There is no c= line for this media, neither its own nor one of the session (RFC 8866 5.7)."
        faults.append(Problem("no-sdp-address", head.start, head.end, text))
    return Media(
        kind=kind,
        port=-1 if port is None else port,
        port_count=port_count or 1,
        profile=profile,
        formats=tuple(formats),
        address=own_address,
        direction=_direction(lines) or direction,
        codecs=_codecs(lines, formats, faults if port else []) if "RTP/" in profile.upper() else (),
        lines=tuple(lines),
    )


def _codecs(lines: Sequence[SdpLine], formats: Sequence[str], faults: Faults) -> tuple[RtpMap, ...]:
    """What each payload type of the ``m=`` line means. One that nothing explains has the encoding "".

    That is no problem of refused media: its formats have no meaning (RFC 3264 6), so nobody asks for these faults.
    """
    mapped: dict[int, tuple[str, int, int]] = {}
    format_parameters: dict[int, str] = {}
    for line in lines:
        if line.type != "a":
            continue
        if line.value.startswith("rtpmap:"):
            match = _RTPMAP.fullmatch(line.value, len("rtpmap:"))
            if match is None:
                text = f"{shortened(line.value)} is no payload type, encoding/clock rate (RFC 8866 6.6)."
                faults.append(Problem("bad-sdp-rtpmap", line.start, line.end, text))
            else:
                mapped.setdefault(int(match[1]), (match[2], int(match[3]), int(match[4] or 1)))
        elif line.value.startswith("fmtp:"):
            written, _, parameters = line.value[len("fmtp:") :].partition(" ")
            described = number(written, _LARGEST_PAYLOAD_TYPE)
            if described is not None:
                format_parameters.setdefault(described, parameters.strip())
    found: list[RtpMap] = []
    for written in formats:
        payload_type = number(written, _LARGEST_PAYLOAD_TYPE)
        if payload_type is None:
            text = f"The format {shortened(written)} is no RTP payload type from 0 to 127 (RFC 8866 5.14)."
            faults.append(Problem("bad-sdp-format", lines[0].start, lines[0].end, text))
            continue
        static = payload_type not in mapped and payload_type in STATIC_PAYLOAD_TYPES
        if payload_type not in mapped and not static:
            text = (
                f"Nothing says what payload type {payload_type} is: it is not static, and a=rtpmap:{payload_type} is missing."
            )
            faults.append(Problem("no-sdp-rtpmap", lines[0].start, lines[0].end, text))
        encoding = mapped.get(payload_type) or STATIC_PAYLOAD_TYPES.get(payload_type, ("", 0, 1))
        found.append(RtpMap(payload_type, *encoding, static, format_parameters.get(payload_type, "")))
    return tuple(found)
