"""Packets in tunnels and behind rarer links, built by scapy where it knows them, else by hand from the specification.

Each `Wrapping` puts one IP packet into a frame. Those in ``NETWORK`` make an IP packet again, so they can be nested.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scapy.contrib.etherip import EtherIP
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header, GTPPDUSessionContainer
from scapy.contrib.mpls import MPLS, EoMCW
from scapy.contrib.nsh import NSH
from scapy.contrib.tzsp import TZSP, TZSPTagEnd, TZSPTagRawRSSIByte, TZSPTagRXChannel
from scapy.layers.dot11 import Dot11, Dot11QoS, RadioTap
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.layers.ipsec import AH
from scapy.layers.l2 import GRE, LLC, SNAP, Dot1AD, Dot1Q, Dot3, Ether
from scapy.layers.l2tp import L2TP
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Layers
from scapy.packet import Raw

OUTSIDE_4, OUTSIDE_6 = ("203.0.113.1", "203.0.113.2"), ("2001:db8:f::1", "2001:db8:f::2")
LINK = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
INNER_LINK = Ether(src="00:1b:21:00:00:03", dst="00:1b:21:00:00:04")  # of a known maker: tshark guesses by that
V4, V6 = IP(src=OUTSIDE_4[0], dst=OUTSIDE_4[1]), IPv6(src=OUTSIDE_6[0], dst=OUTSIDE_6[1])
_WIRELESS: dict[str, Any] = {"addr1": "02:00:00:00:00:01", "addr2": "02:00:00:00:00:02", "addr3": "02:00:00:00:00:03"}


@dataclass(frozen=True, slots=True)
class Wrapping:
    """``wrap`` makes a frame of ``link_type`` out of an IP packet. ``tshark``: whether it reads this without being told."""

    wrap: Callable[[Layers], Layers]
    link_type: int = 1
    tshark: bool = True


def ethertype(packet: Layers) -> int:
    """The EtherType of an IP packet."""
    return 0x0800 if isinstance(packet, IP) else 0x86DD


def ppp_protocol(packet: Layers) -> int:
    """The protocol number of an IP packet in PPP."""
    return 0x0021 if isinstance(packet, IP) else 0x0057


def protocol(packet: Layers) -> int:
    """The number of an IP packet in IP."""
    return 4 if isinstance(packet, IP) else 41


def in_udp(port: int, header: bytes = b"", *, framed: bool = True) -> Callable[[Layers], Layers]:
    """A tunnel in UDP: a header, and then an Ethernet frame or an IP packet."""
    return lambda packet: V4 / UDP(sport=50000, dport=port) / Raw(header + bytes(INNER_LINK / packet if framed else packet))


def _word(*words: int) -> bytes:
    return struct.pack(f">{len(words)}I", *words)


def gre(kind: int, header: bytes = b"", *, framed: bool = True, **options: Any) -> Callable[[Layers], Layers]:
    """A tunnel in GRE."""
    return lambda packet: V4 / GRE(proto=kind, **options) / Raw(header + bytes(INNER_LINK / packet if framed else packet))


def esp_null(check: int, outer: Layers = V4) -> Callable[[Layers], Layers]:
    """ESP in transport mode without encryption, or in tunnel mode; ``check`` is the size of the integrity check value."""

    def wrap(packet: Layers) -> Layers:
        whole = bytes(packet)
        return esp_payload(outer, whole, protocol(packet), check)

    return wrap


def esp_payload(outer: Layers, payload: bytes, number: int, check: int) -> Layers:
    """ESP around a payload (RFC 4303 2), with the padding that it recommends."""
    padding = -(len(payload) + 2) % 4
    trailer = bytes(range(1, padding + 1)) + bytes((padding, number))
    content = Raw(_word(0x1234, 7) + payload + trailer + bytes(range(100, 100 + check)))
    if isinstance(outer, IP):
        return IP(src=outer.src, dst=outer.dst, proto=50) / content
    return IPv6(src=outer.src, dst=outer.dst, nh=50) / content


def _gtp_extended(packet: Layers) -> Layers:
    header = GTP_U_Header(teid=5, E=1, next_ex=0x85) / GTPPDUSessionContainer(type=0, QFI=9)
    return V4 / UDP(sport=2152, dport=2152) / header / packet


def _gtp(packet: Layers) -> Layers:
    header = struct.pack(">BBHI", 0x30, 255, len(packet), 5)
    return V6 / UDP(sport=2152, dport=2152) / Raw(header + bytes(packet))


def _gtp_sequence(packet: Layers) -> Layers:
    header = struct.pack(">BBHIHBB", 0x32, 255, len(packet) + 4, 5, 99, 0, 0)
    return V4 / UDP(sport=2152, dport=2152) / Raw(header + bytes(packet))


def _pptp(packet: Layers) -> Layers:
    content = b"\xff\x03" + struct.pack(">H", ppp_protocol(packet)) + bytes(packet)
    header = struct.pack(">HHHHII", 0x3081, 0x880B, len(content), 1, 5, 6)
    return IP(src=V4.src, dst=V4.dst, proto=47) / Raw(header + content)


def _teredo(packet: Layers) -> Layers:
    inside = IPv6(src="2001:0:1:2::1", dst="2001:0:1:2::2", nh=protocol(packet)) / packet
    return V4 / UDP(sport=3544, dport=40000) / Raw(b"\0\1\0\0" + bytes(9) + b"\0\0" + bytes(6) + bytes(inside))


def _wireless(header: Layers) -> Callable[[Layers], Layers]:
    return lambda packet: header / _SUBNETWORK / SNAP(code=ethertype(packet)) / packet


def _framed(header: bytes, behind: bytes = b"") -> Callable[[Layers], Layers]:
    """A header that ends with an EtherType, and what stands between that and the packet."""
    return lambda packet: Raw(header + struct.pack(">H", ethertype(packet)) + behind + bytes(packet))


def _family(order: str, *families: int, rest: bytes = b"") -> Callable[[Layers], Layers]:
    return lambda packet: Raw(struct.pack(order + "I", families[isinstance(packet, IPv6)]) + rest + bytes(packet))


_SUBNETWORK = LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
_QUALITY = Dot11(type=2, subtype=8, FCfield=1, **_WIRELESS) / Dot11QoS()
_DISTRIBUTED = Dot11(type=2, subtype=0, FCfield=3, addr4="02:00:00:00:00:04", **_WIRELESS)
_PLAIN_WIRELESS = Dot11(type=2, subtype=0, FCfield=2, **_WIRELESS)
_PADDED_RADIOTAP = struct.pack("<BBHIBx", 0, 0, 10, 2, 0x20)  # flags: the header is filled up to 4 bytes
_EXTENDED_RADIOTAP = struct.pack("<BBHIIQB7x", 0, 0, 28, 0x80000003, 0, 99, 0)
_AVS = struct.pack(">II56x", 0x80211001, 64)
_SNAP = bytes.fromhex("aaaa03000000")

# IP packets that hold an IP packet
NETWORK = {
    "ip in ipv4": Wrapping(lambda packet: IP(src=V4.src, dst=V4.dst, proto=protocol(packet)) / packet),
    "ip in ipv6": Wrapping(lambda packet: IPv6(src=V6.src, dst=V6.dst, nh=protocol(packet)) / packet),
    "ip in ipv6 behind options": Wrapping(lambda packet: V6 / IPv6ExtHdrDestOpt(nh=protocol(packet)) / packet),
    "ip behind authentication": Wrapping(lambda packet: V4 / AH(nh=protocol(packet), payloadlen=4, icv=bytes(12)) / packet),
    "gre": Wrapping(lambda packet: V4 / GRE(proto=ethertype(packet)) / packet),
    "gre in ipv6": Wrapping(lambda packet: V6 / GRE(proto=ethertype(packet), key_present=1, key=7) / packet),
    "gre with all": Wrapping(
        lambda packet: V4 / GRE(proto=ethertype(packet), chksum_present=1, key_present=1, seqnum_present=1) / packet
    ),
    "gre with a frame": Wrapping(gre(0x6558, key_present=1)),
    "gre with a tagged frame": Wrapping(
        lambda packet: V4 / GRE(proto=0x6558) / INNER_LINK / Dot1AD(vlan=3) / Dot1Q(vlan=4) / packet
    ),
    "gre of pptp": Wrapping(_pptp),
    "gre with mpls": Wrapping(lambda packet: V4 / GRE(proto=0x8847) / MPLS(label=17, s=0) / MPLS(label=18, s=1) / packet),
    "gre with nsh": Wrapping(
        lambda packet: V4 / GRE(proto=0x894F) / NSH(mdtype=2, length=2, nextproto=1 if isinstance(packet, IP) else 2) / packet
    ),
    "gre in udp": Wrapping(lambda packet: V4 / UDP(sport=50000, dport=4754) / GRE(proto=ethertype(packet)) / packet),
    "erspan 1": Wrapping(gre(0x88BE)),
    "erspan 2": Wrapping(gre(0x88BE, _word(0x10640000, 5), seqnum_present=1)),
    "erspan 2 without a sequence number": Wrapping(gre(0x88BE, _word(0x10640000, 5)), tshark=False),
    "erspan 3": Wrapping(gre(0x22EB, _word(0x20640000, 99, 0x00008000), seqnum_present=1)),
    "erspan 3 with a subheader": Wrapping(gre(0x22EB, _word(0x20640000, 99, 0x00008001, 0x04000000, 0), seqnum_present=1)),
    "erspan 3 without a sequence number": Wrapping(gre(0x22EB, _word(0x20640000, 99, 0x00008000))),
    "mpls in ip": Wrapping(lambda packet: IP(src=V4.src, dst=V4.dst, proto=137) / MPLS(label=17, s=1) / packet),
    "mpls in udp": Wrapping(lambda packet: V4 / UDP(sport=50000, dport=6635) / MPLS(label=17, s=1) / packet),
    "ether ip": Wrapping(lambda packet: IP(src=V4.src, dst=V4.dst, proto=97) / EtherIP() / INNER_LINK / packet),
    "frame in ipv6": Wrapping(lambda packet: IPv6(src=V6.src, dst=V6.dst, nh=143) / INNER_LINK / packet),
    "l2tp 3": Wrapping(
        lambda packet: IP(src=V4.src, dst=V4.dst, proto=115) / Raw(_word(7, 0x12345678)) / INNER_LINK / packet, tshark=False
    ),
    "esp null": Wrapping(esp_null(12)),
    "esp null in ipv6": Wrapping(esp_null(16, V6), tshark=False),
    "esp null in udp": Wrapping(
        lambda packet: V4 / UDP(sport=4500, dport=4500) / esp_payload(V4, bytes(packet), protocol(packet), 12).payload
    ),
    "vxlan": Wrapping(lambda packet: V4 / UDP(sport=50000, dport=4789) / VXLAN(vni=7) / INNER_LINK / packet),
    "vxlan with a tagged frame": Wrapping(
        lambda packet: V4 / UDP(sport=50000, dport=4789) / VXLAN(vni=7) / INNER_LINK / Dot1Q(vlan=3) / packet
    ),
    "vxlan with a group policy": Wrapping(in_udp(4789, _word(0x88000005, 0x00000700))),
    "vxlan of old Linux": Wrapping(in_udp(8472, _word(0x08000000, 0x00000700)), tshark=False),
    "vxlan on another port": Wrapping(in_udp(12345, _word(0x08000000, 0x00000700)), tshark=False),
    "vxlan gpe": Wrapping(in_udp(4790, _word(0x0C000003, 0x00000700))),
    "geneve": Wrapping(lambda packet: V4 / UDP(sport=50000, dport=6081) / GENEVE(vni=7) / INNER_LINK / packet),
    "geneve with options": Wrapping(in_udp(6081, _word(0x03406558, 0x700, 0x01028002, 0, 0))),
    "gtp-u": Wrapping(_gtp),
    "gtp-u with a sequence number": Wrapping(_gtp_sequence),
    "gtp-u with an extension": Wrapping(_gtp_extended),
    "l2tp": Wrapping(
        lambda packet: V4 / UDP(sport=1701, dport=1701) / L2TP(hdr="length", session_id=3, tunnel_id=4)
        / HDLC() / PPP(proto=ppp_protocol(packet)) / packet
    ),
    "l2tp with all": Wrapping(
        lambda packet: V4 / UDP(sport=50000, dport=1701)
        / Raw(struct.pack(">HHHHHHH", 0x4A02, len(packet) + 20, 4, 3, 1, 2, 4) + bytes(4))
        / Raw(struct.pack(">H", ppp_protocol(packet))) / packet
    ),
    "teredo": Wrapping(_teredo),
    "tzsp": Wrapping(
        lambda packet: V4 / UDP(sport=50000, dport=37008) / TZSP() / TZSPTagRXChannel(rx_channel=3)
        / TZSPTagRawRSSIByte(raw_rssi=9) / TZSPTagEnd() / INNER_LINK / packet
    ),
    "tzsp of 802.11": Wrapping(
        lambda packet: V4 / UDP(sport=50000, dport=37008)
        / Raw(struct.pack(">BBHBB", 1, 0, 18, 0, 1)) / Raw(bytes(_wireless(_PLAIN_WIRELESS)(packet)))
    ),
}  # fmt: skip

# frames that hold an IP packet
LINKS = {
    "pppoe": Wrapping(lambda packet: LINK / PPPoE(sessionid=7) / PPP(proto=ppp_protocol(packet)) / packet),
    "pppoe in two tags": Wrapping(
        lambda packet: LINK / Dot1AD(vlan=3) / Dot1Q(vlan=4) / PPPoE(sessionid=7) / PPP(proto=ppp_protocol(packet)) / packet
    ),
    "mpls": Wrapping(lambda packet: LINK / MPLS(label=17, s=0) / MPLS(label=18, s=0) / MPLS(label=19, s=1) / packet),
    "mpls with a frame": Wrapping(lambda packet: LINK / MPLS(label=17, s=1) / EoMCW() / INNER_LINK / packet),
    "mpls with a frame without a control word": Wrapping(lambda packet: LINK / MPLS(label=17, s=1) / INNER_LINK / packet),
    "mpls multicast": Wrapping(lambda packet: Ether(src=LINK.src, dst=LINK.dst, type=0x8848) / MPLS(label=17, s=1) / packet),
    "provider backbone": Wrapping(lambda packet: Raw(bytes(LINK)[:12] + b"\x88\xe7" + _word(5)) / INNER_LINK / packet),
    "vn tag": Wrapping(_framed(bytes(LINK)[:12] + b"\x89\x26" + _word(5))),
    "snap": Wrapping(
        lambda packet: Dot3(src=LINK.src, dst=LINK.dst) / _SUBNETWORK / SNAP(code=ethertype(packet)) / packet
    ),
    "bridged in snap": Wrapping(
        lambda packet: Dot3(src=LINK.src, dst=LINK.dst, len=len(packet) + 24)
        / Raw(bytes.fromhex("aaaa030080c200070000")) / INNER_LINK / packet
    ),
    "ppp": Wrapping(lambda packet: PPP(proto=ppp_protocol(packet)) / packet, 9),
    "ppp with a short protocol": Wrapping(lambda packet: Raw(bytes((0xFF, 3, ppp_protocol(packet)))) / packet, 9),
    "ppp in hdlc": Wrapping(lambda packet: HDLC() / PPP(proto=ppp_protocol(packet)) / packet, 50),
    "cisco hdlc in the link type of ppp": Wrapping(_framed(b"\x0f\0"), 50),
    "pppoe as a link type": Wrapping(lambda packet: PPPoE(sessionid=7) / PPP(proto=ppp_protocol(packet)) / packet, 51),
    "cisco hdlc": Wrapping(_framed(b"\x0f\0"), 104),
    "802.11": Wrapping(_wireless(_PLAIN_WIRELESS), 105),
    "802.11 with quality": Wrapping(_wireless(_QUALITY), 105),
    "802.11 between access points": Wrapping(_wireless(_DISTRIBUTED), 105),
    "radiotap": Wrapping(lambda packet: RadioTap() / _wireless(_QUALITY)(packet), 127),
    "radiotap that pads": Wrapping(_framed(_PADDED_RADIOTAP + bytes(_QUALITY) + bytes(2) + _SNAP), 127),
    "radiotap with more words": Wrapping(_framed(_EXTENDED_RADIOTAP + bytes(_QUALITY) + _SNAP), 127),
    "prism": Wrapping(_framed(struct.pack("<II136x", 0x44, 144) + bytes(_PLAIN_WIRELESS) + _SNAP), 119),
    "avs": Wrapping(_framed(_AVS + bytes(_PLAIN_WIRELESS) + _SNAP), 163),
    "avs in the link type of prism": Wrapping(_framed(_AVS + bytes(_PLAIN_WIRELESS) + _SNAP), 119),
    "ppi": Wrapping(_framed(struct.pack("<BBHI", 0, 0, 8, 105) + bytes(_PLAIN_WIRELESS) + _SNAP), 192),
    "enc": Wrapping(_family("<", 2, 24, rest=bytes(8)), 109),
    "pflog": Wrapping(lambda packet: Raw(bytes((61, 24 if isinstance(packet, IPv6) else 2)) + bytes(62) + bytes(packet)), 117),
    "ipnet": Wrapping(
        lambda packet: Raw(struct.pack(">BBHI16x", 1, (2, 26)[isinstance(packet, IPv6)], 0, len(packet))) / packet, 226
    ),
    "sll of 802.11": Wrapping(
        _framed(struct.pack(">HHH8sH", 0, 801, 6, bytes(8), 4) + bytes(_PLAIN_WIRELESS) + _SNAP), 113, tshark=False
    ),
    "sll of a gre device": Wrapping(_framed(struct.pack(">HHH8s", 0, 778, 4, bytes(8))), 113),
}  # fmt: skip


def framed(wrapping: Wrapping, packet: Layers) -> bytes:
    """The packet wrapped, in an Ethernet frame where it is an IP packet again."""
    wrapped = wrapping.wrap(packet)
    return bytes(LINK / wrapped if isinstance(wrapped, IP | IPv6) else wrapped)


def fragments(whole: IP, size: int) -> list[IP]:
    """An IPv4 packet without options in parts with ``size`` bytes, or less, of its payload."""
    content = bytes(whole)[20:]
    parts = []
    for at in range(0, len(content), size):
        more = "MF" if at + size < len(content) else 0
        header = IP(src=whole.src, dst=whole.dst, proto=bytes(whole)[9], id=7, frag=at // 8, flags=more)
        parts.append(header / Raw(content[at : at + size]))
    return parts


def chunk(kind: int, value: bytes, vendor: int = 0) -> bytes:
    """A chunk of HEP 3."""
    return struct.pack(">HHH", vendor, kind, 6 + len(value)) + value


def hep_3(*chunks: bytes) -> bytes:
    """A packet of HEP 3."""
    content = b"".join(chunks)
    return b"HEP3" + struct.pack(">H", 6 + len(content)) + content
