"""One line about a packet, for the packet list; made when the row is looked at."""

import struct

from sipview.index.layers import Flag, Protocol
from sipview.index.provisioning import dhcp_words

_LONGEST = 200
ADDS_WORDS = Flag.FRAGMENT_FIRST | Flag.FRAGMENT_LATER | Flag.HEP | Flag.CUT
TCP_FLAGS = ((0x02, "SYN"), (0x10, "ACK"), (0x01, "FIN"), (0x04, "RST"), (0x08, "PSH"), (0x20, "URG"))
RTCP = {
    200: "Sender report", 201: "Receiver report", 202: "Source description", 203: "Goodbye", 204: "Application-defined",
    205: "Transport feedback", 206: "Payload-specific feedback", 207: "Extended report",
}  # fmt: skip
_STUN_METHODS = {1: "Binding", 3: "Allocate", 4: "Refresh", 6: "Send", 7: "Data", 8: "Create permission", 9: "Channel bind"}
_STUN_CLASSES = ("request", "indication", "success response", "error response")
_ICMP = {
    0: "Echo reply", 3: "Destination unreachable", 5: "Redirect", 8: "Echo request", 11: "Time exceeded",
    12: "Parameter problem",
}  # fmt: skip
_ICMP_UNREACHABLE = {
    0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable",
    4: "fragmentation needed", 9: "network prohibited", 10: "host prohibited", 13: "communication prohibited",
}  # fmt: skip
_ICMPV6 = {
    1: "Destination unreachable", 2: "Packet too big", 3: "Time exceeded", 4: "Parameter problem", 128: "Echo request",
    129: "Echo reply", 133: "Router solicitation", 134: "Router advertisement", 135: "Neighbor solicitation",
    136: "Neighbor advertisement", 143: "Multicast listener report",
}  # fmt: skip
TLS = {20: "Change cipher spec", 21: "Alert", 22: "Handshake", 23: "Application data"}
_ARP = struct.Struct(">HHBBH6s4s6s4s")


def describe(protocol: Protocol, flags: Flag, ports: tuple[int, int], transport: bytes, payload: bytes) -> str:
    """A short text about a packet, from the bytes of its transport header on, and from its payload (both may be cut)."""
    text = _describe(protocol, ports, transport, payload)
    if not flags & ADDS_WORDS:  # nearly always; each question to an enum costs as much as the text
        return text
    parts = [text]
    if flags & Flag.FRAGMENT_FIRST:
        parts.append("first fragment")
    elif flags & Flag.FRAGMENT_LATER:
        parts.append("later fragment")
    if flags & Flag.HEP:
        parts.append("a copy, not the packet itself")
    if flags & Flag.CUT:
        parts.append("header cut short")
    return ", ".join(part for part in parts if part)


def _describe(protocol: Protocol, ports: tuple[int, int], transport: bytes, payload: bytes) -> str:
    text = ""
    match protocol:
        case Protocol.SIP:
            text = payload.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r")[:_LONGEST].decode("utf-8", "replace")
        case Protocol.RTP if len(payload) >= 12:
            _, marked, sequence, time, source = struct.unpack_from(">BBHII", payload)
            mark = ", mark" if marked & 0x80 else ""
            text = f"payload type {marked & 0x7F}, sequence {sequence}, time {time}, SSRC 0x{source:08x}{mark}"
        case Protocol.RTCP if len(payload) >= 2:
            text = RTCP.get(payload[1], "")
        case Protocol.STUN if len(payload) >= 2:
            text = _stun(int.from_bytes(payload[:2], "big"))
        case Protocol.DHCP:
            text = dhcp_words(payload)
        case Protocol.TLS if payload:
            text = f"{TLS.get(payload[0], '')}, {len(payload)} bytes"
        case Protocol.TCP if len(transport) >= 20:
            text = _tcp(ports, transport, len(payload))
        case Protocol.ICMP if len(transport) >= 2:
            text = _ICMP.get(transport[0], f"type {transport[0]}, code {transport[1]}")
            if transport[0] == 3:
                text += f": {_ICMP_UNREACHABLE.get(transport[1], f'code {transport[1]}')}"
        case Protocol.ICMPV6 if len(transport) >= 2:
            text = _ICMPV6.get(transport[0], f"type {transport[0]}, code {transport[1]}")
        case Protocol.ARP if len(payload) >= _ARP.size:
            text = _arp(payload)
    return text or _plain(ports, len(payload))


def _plain(ports: tuple[int, int], size: int) -> str:
    return f"{ports[0]} → {ports[1]}, {size} bytes" if any(ports) else f"{size} bytes"


def _tcp(ports: tuple[int, int], header: bytes, size: int) -> str:
    _, _, sequence, acknowledged, _, flags, window = struct.unpack_from(">HHIIBBH", header)
    names = ", ".join(name for bit, name in TCP_FLAGS if flags & bit)
    return f"{ports[0]} → {ports[1]} [{names}] sequence {sequence}, acknowledged {acknowledged}, window {window}, {size} bytes"


def _stun(kind: int) -> str:
    """RFC 8489 5: the two bits of the class stand between those of the method."""
    method = (kind & 0x0F) | (kind & 0xE0) >> 1 | (kind & 0x3E00) >> 2
    return f"{_STUN_METHODS.get(method, f'method {method}')} {_STUN_CLASSES[(kind >> 4 & 1) | (kind >> 7 & 2)]}"


def _arp(packet: bytes) -> str:
    _, _, _, _, operation, hardware, sender, _, target = _ARP.unpack_from(packet)
    if operation == 1:
        return f"who has {_dotted(target)}? Tell {_dotted(sender)}"
    return f"{_dotted(sender)} is at {hardware.hex(':')}" if operation == 2 else ""


def _dotted(address: bytes) -> str:
    return ".".join(str(byte) for byte in address)
