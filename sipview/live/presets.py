"""Capture filters that lose nothing: what each preset means as BPF, for a link type.

A filter of ports alone is a trap: a later fragment has no ports, a tagged frame has them elsewhere, and behind an extension
header libpcap does not find them. Whatever may carry what is looked for, and cannot be looked into by BPF, is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Preset = Literal["sip", "sip-rtp", "sip-rtp-headers", "everything"]
PRESETS: dict[Preset, str] = {
    "sip": "SIP only: the SIP ports, fragments, ICMP, tunnels",
    "sip-rtp": "SIP and RTP: the same, and all UDP",
    "sip-rtp-headers": "SIP and RTP headers: the same, but of RTP nothing behind the header (no voice is stored)",
    "everything": "Everything that passes",
}
SIP_PORTS = (5060, 5061)
WHOLE = 262144
"""The snap length that cuts no packet; what other tools take for whole."""

ETHERNET, NULL, RAW, LOOP, COOKED, COOKED_2 = 1, 0, 12, 108, 113, 276
_HEADERS = {ETHERNET: 14, NULL: 4, RAW: 0, LOOP: 4, COOKED: 16, COOKED_2: 20}
_IPV4, _IPV6, _UDP, _RTP = 20, 40, 8, 12
_TAG = 4

_FRAGMENTS = "ip[6:2] & 0x3fff != 0"  # more to come, or not the first (RFC 791 3.1)
# Hop-by-hop, routing, fragment, ESP, authentication, destination options, mobility, HIP, shim6: libpcap looks behind none.
_EXTENDED = "(ip6 and ({}))".format(" or ".join(f"ip6[6] = {number}" for number in (0, 43, 44, 50, 51, 60, 135, 139, 140)))
_ICMP = "icmp or icmp6"
# IP in IP, IPv6 in IPv4, GRE, AH and L2TP; the UDP ports of VXLAN, Geneve, GTP-U and TZSP, and that of SCTP in UDP.
_TUNNELS = (
    "ip proto 4 or ip proto 41 or ip proto 47 or ip proto 51 or ip proto 115 or ip6 proto 4 or ip6 proto 41 or ip6 proto 47 or "
    "udp port 4789 or udp port 8472 or udp port 6081 or udp port 2152 or udp port 37008 or udp port 9899"
)
_OTHER_LINKS = "ether proto 0x8864 or ether proto 0x8847 or ether proto 0x8848"  # PPPoE sessions, MPLS
_TAGGED = "ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100"
# RTP, and not RTCP, by its first two octets (RFC 3550 5.1, RFC 5761 4), where there is more behind its header than a DTMF event
# (RFC 4733 2.3) has; an IPv4 header without options, so that its end is known.
_VOICE_IPV4 = (
    "ip[0] = 0x45 and ip[6:2] & 0x3fff = 0 and ip[9] = 17 and udp[8] & 0xc0 = 0x80 "
    "and (udp[9] < 192 or udp[9] > 223) and udp[4:2] > 24"
)
_VOICE_IPV6 = "ip6 and ip6[6] = 17 and ip6[48] & 0xc0 = 0x80 and (ip6[49] < 192 or ip6[49] > 223) and ip6[44:2] > 24"


@dataclass(frozen=True, slots=True)
class Pass:
    """A class of packets: the filter that takes it ("": every packet), and how many bytes of each are kept."""

    expression: str
    snap_length: int = WHOLE


def passes(preset: Preset, ports: Sequence[int], link_type: int, snap_length: int = WHOLE) -> tuple[Pass, ...]:
    """What a preset captures on a link, as classes of which the first that takes a packet decides.

    ``link_type`` is what ``pcap_datalink`` says; ``ports`` are those of SIP. All presets but "sip-rtp-headers" have one class.
    """
    if preset == "everything":
        return (Pass("", snap_length),)
    if preset == "sip":
        return (Pass(_wherever(_sip(ports), link_type), snap_length),)
    whole = Pass(_wherever(f"udp or {_sip(ports)}", link_type), snap_length)
    if preset == "sip-rtp":
        return (whole,)
    signalling = Pass(_wherever(f"port 53 or {_sip(ports)}", link_type, unknown=False), snap_length)
    return (signalling, *_voice(link_type, snap_length), whole)


def _sip(ports: Sequence[int]) -> str:
    wanted = " or ".join(f"port {port}" for port in ports) or "portrange 5060-5061"
    return f"{wanted} or ({_FRAGMENTS}) or {_EXTENDED} or {_ICMP} or {_TUNNELS}"


def _wherever(expression: str, link_type: int, *, unknown: bool = True) -> str:
    """The expression for untagged frames, and those behind one tag and two; ``unknown``: and any frame with three tags.

    In libpcap each "vlan" moves the place where the network layer is looked for by one tag, for all that comes later. Where the
    kernel keeps a tag beside the frame (Linux mostly does), the frame that the filter sees has one tag less.
    """
    if link_type == ETHERNET:
        once = f"({expression} or {_OTHER_LINKS})"
        return f"{once} or (vlan and {once}) or (vlan and {once})" + (" or vlan" if unknown else "")
    if link_type in {COOKED, COOKED_2}:  # libpcap has no "vlan" for these
        return f"{expression} or {_OTHER_LINKS}" + (f" or {_TAGGED}" if unknown else "")
    return expression


def _voice(link_type: int, snap_length: int) -> list[Pass]:
    """RTP with a payload, a class for each place where its header can end.

    Where the length of the link's header is not known, and behind IPv4 options or more than two tags, RTP stays whole.
    """
    link = _HEADERS.get(link_type)
    if link is None:
        return []
    tags = range(3 if link_type == ETHERNET else 1)
    return [
        Pass("vlan and " * tag + f"({expression})", min(link + tag * _TAG + network + _UDP + _RTP, snap_length))
        for tag in tags
        for expression, network in ((_VOICE_IPV4, _IPV4), (_VOICE_IPV6, _IPV6))
    ]
