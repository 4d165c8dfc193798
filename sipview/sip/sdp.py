"""Session descriptions (RFC 8866) as SIP carries them (RFC 3264)."""

from dataclasses import dataclass

from sipview.values import Problem


@dataclass(frozen=True, slots=True)
class SdpLine:
    """One ``type=value`` line; spans are byte offsets in the message."""

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
    """One ``m=`` block: what is offered or answered (RFC 8866 5.14).

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
        for line in self.lines:
            if line.type == "a":
                key, _, value = line.value.partition(":")
                if key == name:
                    return value
        return None


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole session description. ``session_lines`` stand before the first ``m=``."""

    origin: str
    session_name: str
    address: str
    session_lines: tuple[SdpLine, ...]
    media: tuple[Media, ...]
    problems: tuple[Problem, ...]


def parse_sdp(body: bytes, offset: int = 0) -> SessionDescription:
    """Parse a session description; ``offset`` is where ``body`` begins in the message. Never raises."""
    raise NotImplementedError
