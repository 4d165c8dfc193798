"""One call, sent in each of the ways that make analyzers lose or invent messages, as captures built here.

Every trap holds the same six messages of a completed call (`DIALOGUE`), so what a reader must find is known beforehand. The
frames are made by scapy and the TLS by OpenSSL: neither knows how we read.
"""

import ssl
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.sctp import SCTP, SCTPChunkData
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Layers
from scapy.packet import Raw

from tests.support.captures import Packet, block, every_ms, pcap, pcapng, section
from tests.support.tls_peers import Peers, write_certificate

PHONE, SERVER = "10.0.0.1", "10.0.0.2"
PHONE_6, SERVER_6 = "2001:db8::1", "2001:db8::2"
CALL_ID = "trap@10.0.0.1"
_SEGMENT = 1400


@dataclass(frozen=True, slots=True)
class Said:
    """One message and which side (0 is the phone that calls, 1 the server) sent it."""

    side: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Trap:
    """A capture, how many SIP messages it holds, over what they came, and the TLS secrets that open it."""

    name: str
    packets: tuple[Packet, ...]
    messages: int
    transport: str
    key_log: bytes = b""

    @property
    def pcap(self) -> bytes:
        """As a pcap file, which cannot hold secrets."""
        return pcap(self.packets)

    @property
    def pcapng(self) -> bytes:
        """As a pcapng file, with the secrets in a Decryption Secrets Block."""
        secrets = block("<", 10, struct.pack("<II", 0x544C534B, len(self.key_log)) + self.key_log) if self.key_log else b""
        head = section("<")
        return head + secrets + pcapng(self.packets).removeprefix(head)


def _message(side: int, start: str, cseq: str, *more: str, tagged: bool = True, body: bytes = b"") -> Said:
    lines = (
        start,
        f"Via: SIP/2.0/UDP {PHONE}:5060;branch=z9hG4bK{cseq.replace(' ', '')};rport",
        f"From: <sip:alice@{PHONE}>;tag=from",
        f"To: <sip:bob@{SERVER}>{';tag=to' if tagged else ''}",
        f"Call-ID: {CALL_ID}",
        f"CSeq: {cseq}",
        "Max-Forwards: 70",
        f"Contact: <sip:{(PHONE, SERVER)[side]}:5060>",
        *more,
        f"Content-Length: {len(body)}",
    )
    return Said(side, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


_SDP = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 10.0.0.1",
        "s=-",
        "c=IN IP4 10.0.0.1",
        "t=0 0",
        "m=audio 4000 RTP/AVP 0",
        "a=rtpmap:0 PCMU/8000",
        "",
    )
).encode()
_LONG = tuple(f"X-Line-{number}: {'long ' * 20}" for number in range(14))

DIALOGUE: tuple[Said, ...] = (
    _message(
        0, f"INVITE sip:bob@{SERVER} SIP/2.0", "1 INVITE", *_LONG, "Content-Type: application/sdp", tagged=False, body=_SDP
    ),
    _message(1, "SIP/2.0 180 Ringing", "1 INVITE"),
    _message(1, "SIP/2.0 200 OK", "1 INVITE", "Content-Type: application/sdp", body=_SDP),
    _message(0, f"ACK sip:bob@{SERVER} SIP/2.0", "1 ACK"),
    _message(0, f"BYE sip:bob@{SERVER} SIP/2.0", "2 BYE"),
    _message(1, "SIP/2.0 200 OK", "2 BYE"),
)
"""The messages of a call from alice to bob, who is called, answers, and is hung up on. The INVITE is longer than 1500 bytes."""


def internet(side: int, *, version: int = 4) -> Layers:
    """The IP header of what that side sends."""
    ends = (PHONE, SERVER) if version == 4 else (PHONE_6, SERVER_6)
    source, destination = ends if side == 0 else ends[::-1]
    return IP(src=source, dst=destination) if version == 4 else IPv6(src=source, dst=destination)


def link(side: int) -> Layers:
    """The Ethernet header of what that side sends."""
    phone, server = "02:00:00:00:00:01", "02:00:00:00:00:02"
    return Ether(src=phone, dst=server) if side == 0 else Ether(src=server, dst=phone)


def datagram(said: Said, *, version: int = 4) -> Layers:
    """A message in one UDP datagram, from its IP header on."""
    return internet(said.side, version=version) / UDP(sport=5060, dport=5060) / Raw(said.data)


def over_udp(wrap: Callable[[int, Layers], Layers], dialogue: Iterable[Said] = DIALOGUE) -> list[bytes]:
    """Frames with a datagram for each message; ``wrap`` puts its headers around what a side sends."""
    return [bytes(wrap(said.side, datagram(said))) for said in dialogue]


@dataclass(slots=True)
class Connection:
    """Writes the segments of a TCP connection; both sides number their bytes."""

    ports: tuple[int, int] = (40000, 5060)
    at: list[int] | None = None

    def open(self) -> list[bytes]:
        """The handshake."""
        self.at = [1000, 9000]
        frames = [self.segment(0, b"", 0, "S"), self.segment(1, b"", 0, "SA")]
        self.at = [1001, 9001]
        return [*frames, self.segment(0, b"", 0, "A")]

    def send(self, side: int, data: bytes) -> bytes:
        """The next bytes of that side, in one segment."""
        frame = self.segment(side, data, 0)
        assert self.at is not None
        self.at[side] += len(data)
        return frame

    def segment(self, side: int, data: bytes, ahead: int, flags: str = "PA") -> bytes:
        """A segment that stands ``ahead`` bytes behind what that side has sent."""
        assert self.at is not None
        sport, dport = self.ports if side == 0 else self.ports[::-1]
        sequence = (self.at[side] + ahead) % (1 << 32)
        header = TCP(sport=sport, dport=dport, flags=flags, seq=sequence, ack=self.at[1 - side] % (1 << 32))
        return bytes(link(side) / internet(side) / header / (Raw(data) if data else b""))


def _plain(side: int, packet: Layers) -> Layers:
    return link(side) / packet


def three_in_a_segment() -> list[bytes]:
    """The 180, the 200 and an OPTIONS of the server in one segment."""
    connection = Connection()
    frames = connection.open()
    frames += _split(connection, DIALOGUE[0])
    options = _message(1, f"OPTIONS sip:alice@{PHONE} SIP/2.0", "7 OPTIONS", tagged=False)
    frames.append(connection.send(1, DIALOGUE[1].data + DIALOGUE[2].data + options.data))
    return frames + [connection.send(said.side, said.data) for said in DIALOGUE[3:]]


def second_in_a_segment() -> list[bytes]:
    """ACK and BYE in one segment."""
    connection = Connection()
    frames = connection.open() + _split(connection, DIALOGUE[0])
    frames += [connection.send(said.side, said.data) for said in DIALOGUE[1:3]]
    frames.append(connection.send(0, DIALOGUE[3].data + DIALOGUE[4].data))
    return [*frames, connection.send(1, DIALOGUE[5].data)]


def segments_out_of_order() -> list[bytes]:
    """The INVITE in two segments, the second one captured first."""
    connection = Connection()
    frames = connection.open()
    first, second = _split(connection, DIALOGUE[0])
    return [*frames, second, first, *(connection.send(said.side, said.data) for said in DIALOGUE[1:])]


def _split(connection: Connection, said: Said) -> list[bytes]:
    return [connection.send(said.side, said.data[at : at + _SEGMENT]) for at in range(0, len(said.data), _SEGMENT)]


def fragments(*, version: int = 4) -> list[bytes]:
    """The INVITE in two IP fragments."""
    invite = datagram(DIALOGUE[0], version=version)
    return [
        *_in_fragments(invite, version),
        *(bytes(_plain(said.side, datagram(said, version=version))) for said in DIALOGUE[1:]),
    ]


def _in_fragments(packet: Layers, version: int) -> list[bytes]:
    payload, kind = bytes(packet.payload), 17
    parts: list[bytes] = []
    header: Layers
    for at in range(0, len(payload), _SEGMENT):  # a multiple of 8
        piece, more = payload[at : at + _SEGMENT], at + _SEGMENT < len(payload)
        if version == 4:
            header = IP(src=PHONE, dst=SERVER, proto=kind, id=77, flags="MF" if more else 0, frag=at // 8)
        else:
            header = IPv6(src=PHONE_6, dst=SERVER_6, nh=44) / Raw(struct.pack(">BBHI", kind, 0, at | more, 77))
        parts.append(bytes(link(0) / header / Raw(piece)))
    return parts


def websocket_frame(payload: bytes, *, masked: bool, first: int = 0x81) -> bytes:
    """A WebSocket frame (RFC 6455 5.2), of text if its ``first`` byte says nothing else."""
    length, mask = len(payload), 0x80 if masked else 0
    head = bytes((first, mask | length)) if length < 126 else struct.pack(">BBH", first, mask | 126, length)
    if not masked:
        return head + payload
    key = b"\x12\x34\x56\x78"
    return head + key + bytes(byte ^ key[at % 4] for at, byte in enumerate(payload))


def websocket_without_upgrade() -> list[bytes]:
    """WebSocket frames of a connection whose beginning was not captured."""
    connection = Connection(ports=(40000, 8088), at=[70_000, 90_000])
    frames = []
    for said in DIALOGUE:
        frames += _split(connection, Said(said.side, websocket_frame(said.data, masked=said.side == 0)))
    return frames


@dataclass(slots=True)
class Deflating:
    """Compresses the messages of one side as RFC 7692 7.2.1 says; ``takeover``: they may repeat what earlier ones said."""

    bits: int = 15
    takeover: bool = True
    _stream: Any = None

    def pack(self, message: bytes) -> bytes:
        """What the frames of a message carry."""
        if self._stream is None or not self.takeover:
            self._stream = zlib.compressobj(9, zlib.DEFLATED, -self.bits)
        packed: bytes = self._stream.compress(message) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return packed.removesuffix(b"\x00\x00\xff\xff")


COMPRESSED_TEXT = 0xC1  # with the bit that says so, and nothing to follow


def upgrade(connection: Connection, agreed: str) -> list[bytes]:
    """How a WebSocket connection for SIP begins (RFC 7118 5.1): ``agreed`` is what extensions it uses."""
    asked = (
        "GET /ws HTTP/1.1\r\nHost: pbx\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    )
    answer = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: sip\r\n"
        f"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: {agreed}\r\n\r\n"
    )
    return [*connection.open(), connection.send(0, asked.encode()), connection.send(1, answer.encode())]


def compressed_websocket() -> list[bytes]:
    """WebSocket messages, each compressed by what it repeats of those before it."""
    connection = Connection(ports=(40000, 8088))
    frames = upgrade(connection, "permessage-deflate")
    sides = (Deflating(), Deflating())
    for said in DIALOGUE:
        packed = sides[said.side].pack(said.data)
        frames.append(connection.send(said.side, websocket_frame(packed, masked=said.side == 0, first=COMPRESSED_TEXT)))
    return frames


def quoted_in_icmp() -> list[bytes]:
    """An INVITE that nobody took, quoted whole in the error, and then the call."""
    lost = Said(0, DIALOGUE[0].data.replace(CALL_ID.encode(), b"unreachable@10.0.0.1"))
    error = link(1) / IP(src=SERVER, dst=PHONE) / ICMP(type=3, code=3) / Raw(bytes(datagram(lost)))
    return [bytes(_plain(0, datagram(lost))), bytes(error), *over_udp(_plain)]


def _vlans(side: int, packet: Layers) -> Layers:
    return link(side) / Dot1AD(vlan=300) / Dot1Q(vlan=42) / packet


def _gre(side: int, packet: Layers) -> Layers:
    return link(side) / IP(src="192.0.2.1", dst="192.0.2.2") / GRE(key_present=1, key=9) / packet


def _vxlan(side: int, packet: Layers) -> Layers:
    outer = link(side) / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=50000, dport=4789, chksum=0)
    return outer / VXLAN(vni=77, flags=8) / link(side) / packet


def _pppoe(side: int, packet: Layers) -> Layers:
    return link(side) / PPPoE(sessionid=5) / PPP() / packet


def bare_line_feeds() -> list[bytes]:
    """All lines end in LF alone."""
    return over_udp(_plain, [Said(said.side, said.data.replace(b"\r\n", b"\n")) for said in DIALOGUE])


def sctp() -> list[bytes]:
    """A DATA chunk for each message (RFC 4168)."""
    frames = []
    for number, said in enumerate(DIALOGUE):
        chunk = SCTPChunkData(beginning=1, ending=1, tsn=100 + number, stream_id=0, data=said.data)
        frames.append(bytes(link(said.side) / internet(said.side) / SCTP(sport=5060, dport=5060, tag=1) / chunk))
    return frames


def over_tls(version: ssl.TLSVersion) -> tuple[list[bytes], bytes]:
    """The call over TLS, written by OpenSSL; and the client's key log."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "keys.log")
        peers = Peers(write_certificate(Path(folder)), log, None, version)
        for said in DIALOGUE:
            peers.send(said.side, said.data)
        peers.close()
        secrets = log.read_bytes()
    connection = Connection(ports=(40000, 5061))
    frames = connection.open()
    frames += [connection.send(side, data) for side, _, data in peers.segments(_SEGMENT)]
    return frames, secrets


_FRAMES: dict[str, tuple[Callable[[], list[bytes]], str, int]] = {
    "plain UDP": (lambda: over_udp(_plain), "UDP", 0),
    "three messages in a TCP segment": (three_in_a_segment, "TCP", 1),
    "second message in a TCP segment": (second_in_a_segment, "TCP", 0),
    "TCP segments out of order": (segments_out_of_order, "TCP", 0),
    "INVITE in two IPv4 fragments": (fragments, "UDP", 0),
    "INVITE in two IPv6 fragments": (lambda: fragments(version=6), "UDP", 0),
    "WebSocket without its upgrade": (websocket_without_upgrade, "WS", 0),
    "WebSocket, compressed": (compressed_websocket, "WS", 0),
    "INVITE quoted in an ICMP error": (quoted_in_icmp, "UDP", 1),
    "QinQ": (lambda: over_udp(_vlans), "UDP", 0),
    "GRE": (lambda: over_udp(_gre), "UDP", 0),
    "VXLAN": (lambda: over_udp(_vxlan), "UDP", 0),
    "PPPoE": (lambda: over_udp(_pppoe), "UDP", 0),
    "bare LF": (bare_line_feeds, "UDP", 0),
    "SCTP": (sctp, "SCTP", 0),
}
_TLS = {"TLS 1.2 with key log": ssl.TLSVersion.TLSv1_2, "TLS 1.3 with key log": ssl.TLSVersion.TLSv1_3}
NAMES = (*_FRAMES, *_TLS)
"""What the traps are called."""


@cache
def trap(name: str) -> Trap:
    """The trap of that name."""
    if name in _TLS:
        frames, secrets = over_tls(_TLS[name])
        return Trap(name, tuple(every_ms(frames)), len(DIALOGUE), "TLS", secrets)
    make, transport, more = _FRAMES[name]
    return Trap(name, tuple(every_ms(make())), len(DIALOGUE) + more, transport)


def traps() -> Iterator[Trap]:
    """All of them."""
    return map(trap, NAMES)
