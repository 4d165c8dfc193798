"""The user's word: what a capture does not say of itself, such as the secrets of its connections and what its ports carry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_DECODE_AS = re.compile(r"(?P<transport>udp|tcp):(?P<port>\d{1,5})=(?P<protocol>sip|rtp)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read, where the user knows more than the file says.

    ``key_log`` is a file of TLS secrets (SSLKEYLOGFILE format); ``decode_as`` are rules such as ``udp:5070=sip``.
    """

    key_log: Path | None = None
    decode_as: tuple[str, ...] = ()


NOTHING_SAID = Reading()


def named_ports(rules: Sequence[str]) -> tuple[frozenset[int], frozenset[int]]:
    """The TCP ports that the user says carry SIP, and the UDP ports that carry RTP.

    Raises `ValueError` for a rule that is none, with a sentence.
    """
    sip: set[int] = set()
    rtp: set[int] = set()
    for rule in rules:
        found = _DECODE_AS.fullmatch(rule.strip())
        if found is None or int(found["port"]) > 0xFFFF:
            raise ValueError(f"{rule}: a rule is a transport, a port and what it carries, such as udp:5070=sip or udp:4000=rtp")
        # SIP over UDP is found by content on any port, so a rule for it changes nothing.
        match (found["transport"].lower(), found["protocol"].lower()):
            case ("tcp", "sip"):
                sip.add(int(found["port"]))
            case ("udp", "rtp"):
                rtp.add(int(found["port"]))
    return frozenset(sip), frozenset(rtp)
