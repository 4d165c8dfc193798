"""The table of fields. Where Wireshark has the name, type and meaning are Wireshark's."""

from sipview.filter.fields import Field, FieldType, Origin

_METHODS = (
    "INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "REFER",
    "MESSAGE", "UPDATE",
)  # fmt: skip
_QUOTED_METHODS = tuple(f'"{method}"' for method in _METHODS)
_STATUS_CODES = (
    "100",
    "180",
    "183",
    "200",
    "302",
    "401",
    "403",
    "404",
    "407",
    "408",
    "480",
    "486",
    "487",
    "488",
    "500",
    "503",
    "603",
)
_STATES = (
    "ringing",
    "answered",
    "completed",
    "cancelled",
    "busy",
    "declined",
    "no-answer",
    "redirected",
    "failed",
    "incomplete",
)

_USER = ('"1001"',)
_HOST = ('"10.0.0.1"',)
_URI = ('"sip:1001@10.0.0.1"',)
_V4 = ("10.0.0.1", "10.0.1.0/24")
_V6 = ("2001:db8::1", "2001:db8::/32")
_SECONDS = ("1.5",)
_MOMENT = ('"2024-05-31 14:00:00"',)


def _protocol(name: str, description: str) -> Field:
    return Field(name, FieldType.PROTOCOL, Origin.PACKET, description)


def _packet(name: str, type_: FieldType, description: str, examples: tuple[str, ...] = (), largest: int = 0xFFFF_FFFF) -> Field:
    return Field(name, type_, Origin.PACKET, description, examples, largest)


def _fact(name: str, description: str, examples: tuple[str, ...] = (), type_: FieldType = FieldType.TEXT) -> Field:
    return Field(name, type_, Origin.MESSAGE, description, examples)


def _part(
    name: str, description: str, examples: tuple[str, ...] = (), type_: FieldType = FieldType.TEXT, largest: int = 0xFFFF_FFFF
) -> Field:
    return Field(name, type_, Origin.HEADER, description, examples, largest)


def _call(name: str, type_: FieldType, description: str, examples: tuple[str, ...] = ()) -> Field:
    return Field(name, type_, Origin.CALL, description, examples)


_PACKETS = (
    _packet("frame.number", FieldType.UNSIGNED, "Number of the packet in the capture, from 1", ("1",)),
    _packet("frame.time", FieldType.MOMENT, "When the packet was captured; local time, or UTC if that is written", _MOMENT),
    _packet("frame.time_epoch", FieldType.SPAN, "When the packet was captured: seconds since 1970", ("1700000000",)),
    _packet("frame.time_relative", FieldType.SPAN, "Seconds since the first packet", _SECONDS),
    _packet("frame.len", FieldType.UNSIGNED, "Length of the packet on the wire, in bytes", ("1500",)),
    _packet("frame.cap_len", FieldType.UNSIGNED, "Length of what was captured of the packet, in bytes", ("96",)),
    _packet("frame.interface_id", FieldType.UNSIGNED, "Number of the interface in the capture, from 0", ("0",)),
    _packet("frame.interface_name", FieldType.TEXT, "Name of the interface", ('"eth0"',)),
    _protocol("vlan", "Packets with a VLAN tag"),
    _packet("vlan.id", FieldType.UNSIGNED, "VLAN number of a tag (802.1Q)", ("100",), 0xFFFF),
    _protocol("arp", "ARP: who has an address"),
    _protocol("ip", "Internet Protocol version 4"),
    _packet("ip.addr", FieldType.IPV4, "Source or destination IPv4 address", _V4),
    _packet("ip.src", FieldType.IPV4, "Source IPv4 address", _V4),
    _packet("ip.dst", FieldType.IPV4, "Destination IPv4 address", _V4),
    _protocol("ipv6", "Internet Protocol version 6"),
    _packet("ipv6.addr", FieldType.IPV6, "Source or destination IPv6 address", _V6),
    _packet("ipv6.src", FieldType.IPV6, "Source IPv6 address", _V6),
    _packet("ipv6.dst", FieldType.IPV6, "Destination IPv6 address", _V6),
    _protocol("icmp", "ICMP: errors and echo of IPv4"),
    _protocol("icmpv6", "ICMPv6: errors, echo and neighbours of IPv6"),
    _protocol("udp", "User Datagram Protocol"),
    _packet("udp.port", FieldType.UNSIGNED, "Source or destination UDP port", ("5060",), 0xFFFF),
    _packet("udp.srcport", FieldType.UNSIGNED, "Source UDP port", ("5060",), 0xFFFF),
    _packet("udp.dstport", FieldType.UNSIGNED, "Destination UDP port", ("5060",), 0xFFFF),
    _protocol("tcp", "Transmission Control Protocol"),
    _packet("tcp.port", FieldType.UNSIGNED, "Source or destination TCP port", ("5060", "5061"), 0xFFFF),
    _packet("tcp.srcport", FieldType.UNSIGNED, "Source TCP port", ("5060", "5061"), 0xFFFF),
    _packet("tcp.dstport", FieldType.UNSIGNED, "Destination TCP port", ("5060", "5061"), 0xFFFF),
    _protocol("sctp", "Stream Control Transmission Protocol"),
    _packet("sctp.port", FieldType.UNSIGNED, "Source or destination SCTP port", ("5060",), 0xFFFF),
    _packet("sctp.srcport", FieldType.UNSIGNED, "Source SCTP port", ("5060",), 0xFFFF),
    _packet("sctp.dstport", FieldType.UNSIGNED, "Destination SCTP port", ("5060",), 0xFFFF),
    _protocol("tls", "Transport Layer Security"),
    _protocol("dns", "Domain Name System"),
    _protocol("dhcp", "Dynamic Host Configuration Protocol"),
    _protocol("stun", "STUN, which ICE and TURN use (RFC 8489)"),
    _protocol("rtp", "Media (RFC 3550)"),
    _packet("rtp.ssrc", FieldType.UNSIGNED, "Synchronization source of a media stream", ("0x1234abcd",)),
    _packet("rtp.p_type", FieldType.UNSIGNED, "Payload type: which codec (RFC 3551)", ("0", "8", "101"), 0xFF),
    _packet("rtp.seq", FieldType.UNSIGNED, "Sequence number of a media packet", ("1",), 0xFFFF),
    _packet("rtp.timestamp", FieldType.UNSIGNED, "Media time of a packet, in clock ticks", ("160",)),
    _packet("rtp.marker", FieldType.BOOLEAN, "The marker bit: first packet after silence", ("True", "False")),
    _protocol("rtcp", "Reports about media (RFC 3550 6)"),
)  # fmt: skip

_MESSAGES = (
    Field("sip", FieldType.CONTENT, Origin.MESSAGE, "Session Initiation Protocol; also: sip contains \"text\""),
    _fact("sip.Method", "Method of a request", _QUOTED_METHODS),
    _fact("sip.Status-Code", "Status code of a response", _STATUS_CODES, FieldType.UNSIGNED),
    _fact("sip.Call-ID", "Identifies a dialog's messages (RFC 3261 20.8)", ('"a84b4c76e66710@pc33"',)),
    _fact("sip.CSeq", "Number and method of the transaction, as sent", ('"1 INVITE"',)),
    _fact("sip.CSeq.seq", "Number in CSeq", ("1",), FieldType.UNSIGNED),
    _fact("sip.CSeq.method", "Method in CSeq: a response has it too", _QUOTED_METHODS),
    _part("sip.from.addr", "URI in From", _URI),
    _fact("sip.from.user", "User part of From: who calls", _USER),
    _fact("sip.from.host", "Host part of From", _HOST),
    _fact("sip.from.tag", "Tag of From"),
    _part("sip.to.addr", "URI in To", _URI),
    _fact("sip.to.user", "User part of To: who is called", _USER),
    _fact("sip.to.host", "Host part of To", _HOST),
    _fact("sip.to.tag", "Tag of To: there once somebody answered"),
    _fact("sip.r-uri", "Request-URI: where the request goes next", _URI),
    _fact("sip.r-uri.user", "User part of the Request-URI", _USER),
    _fact("sip.r-uri.host", "Host part of the Request-URI", _HOST),
    _part("sip.Request-Line", "First line of a request, as sent", ('"INVITE sip:1001@10.0.0.1 SIP/2.0"',)),
    _part("sip.Status-Line", "First line of a response, as sent", ('"SIP/2.0 486 Busy Here"',)),
    _part("sip.from.display.info", "Display name in From, as sent"),
    _part("sip.to.display.info", "Display name in To, as sent"),
    _part("sip.contact.uri", "URI in Contact", _URI),
    _part("sip.contact.user", "User part of Contact", _USER),
    _part("sip.contact.host", "Host part of Contact", _HOST),
    _part("sip.pai.addr", "URI in P-Asserted-Identity", _URI),
    _part("sip.pai.user", "User part of P-Asserted-Identity", _USER),
    _part("sip.Via.transport", "Transport in a Via", ('"UDP"', '"TCP"', '"TLS"', '"WS"', '"WSS"')),
    _part("sip.Via.sent-by.address", "Host in a Via: which hop sent it", _HOST),
    _part("sip.Via.sent-by.port", "Port in a Via", ("5060",), FieldType.UNSIGNED, 0xFFFF),
    _part("sip.Via.branch", "Branch of a Via: identifies the transaction", ('"z9hG4bK776asdhds"',)),
    _part("sip.Via.received", "Where a Via's message really came from (RFC 3261 18.2.1)", _HOST),
    _part("sip.auth.username", "User name in credentials", _USER),
    _part("sip.auth.realm", "Realm of a challenge or of credentials"),
    _part("sip.reason_cause_q850", "Q.850 cause in Reason (RFC 3326)", ("16", "17", "34"), FieldType.UNSIGNED),
    _part("sip.reason_cause_sip", "SIP status in Reason (RFC 3326)", ("200", "487"), FieldType.UNSIGNED),
    _part("sip.msg_hdr", "All header fields of a message, as sent"),
    Field("sdp", FieldType.CONTENT, Origin.MESSAGE, "Session description (RFC 8866); also: sdp contains \"text\""),
    _part("sdp.owner", "Origin line (o=)"),
    _part("sdp.session_name", "Session name (s=)"),
    _part("sdp.connection_info", "Connection line (c=), as sent", ('"IN IP4 10.0.0.1"',)),
    _part("sdp.connection_info.address", "Address in a connection line: where media shall go", _HOST),
    _part("sdp.media", "Media line (m=), as sent", ('"audio 4000 RTP/AVP 0 101"',)),
    _part("sdp.media.media", "Kind of media", ('"audio"', '"video"', '"image"')),
    _part("sdp.media.port", "Port in a media line; 0 refuses the media", ("4000", "0"), FieldType.UNSIGNED, 0xFFFF),
    _part("sdp.media.proto", "Profile in a media line", ('"RTP/AVP"', '"RTP/SAVP"', '"udptl"')),
    _part("sdp.media_attr", "Attribute of a media block (a=), as sent", ('"sendonly"', '"rtpmap:0 PCMU/8000"')),
    _part("sdp.session_attr", "Attribute of the whole session (a=), as sent"),
    _part("sdp.mime.type", "Codec name in an rtpmap attribute", ('"PCMU"', '"PCMA"', '"opus"', '"telephone-event"')),
    _part("sdp.sample_rate", "Clock rate in an rtpmap attribute", ('"8000"', '"48000"')),
)  # fmt: skip

_CALLS = (
    _call("call.state", FieldType.TEXT, "How the packet's call ended", tuple(f'"{state}"' for state in _STATES)),
    _call("call.from", FieldType.TEXT, "Who called", _USER),
    _call("call.to", FieldType.TEXT, "Who was called", _USER),
    _call("call.status", FieldType.UNSIGNED, "Final status of the call's INVITE", _STATUS_CODES),
    _call("call.duration", FieldType.SPAN, "Seconds from the call's first message to its last", ("60",)),
    _call("call.talk", FieldType.SPAN, "Seconds that the call was up: from 2xx to BYE", ("60",)),
    _call("call.id", FieldType.UNSIGNED, "Number of the call, from 1 in order of start", ("1",)),
    _call("call.legs", FieldType.UNSIGNED, "How many legs (Call-IDs) the call has", ("1", "2")),
)

_NUMBER_HEADERS = ("Content-Length", "Expires", "Max-Breadth", "Max-Forwards", "Retry-After", "RSeq")

_TEXT_HEADERS = (
    "Accept", "Accept-Contact", "Accept-Encoding", "Accept-Language", "Accept-Resource-Priority", "Alert-Info", "Allow",
    "Allow-Events", "Answer-Mode", "Authentication-Info", "Authorization", "Call-Info", "Contact", "Content-Disposition",
    "Content-Encoding", "Content-Language", "Content-Type", "Date", "Diversion", "Error-Info", "Event", "Feature-Caps",
    "Flow-Timer", "From", "Geolocation", "Geolocation-Error", "Geolocation-Routing", "History-Info", "Identity",
    "Info-Package", "In-Reply-To", "Join", "MIME-Version", "Min-Expires", "Min-SE", "Organization",
    "P-Access-Network-Info", "P-Answer-State", "P-Asserted-Identity", "P-Asserted-Service", "P-Associated-URI",
    "P-Called-Party-ID", "P-Charging-Function-Addresses", "P-Charging-Vector", "P-Early-Media", "P-Media-Authorization",
    "P-Preferred-Identity", "P-Preferred-Service", "P-Profile-Key", "P-Refused-URI-List", "P-Served-User",
    "P-User-Database", "P-Visited-Network-ID", "Path", "Permission-Missing", "Priority", "Privacy", "Proxy-Authenticate",
    "Proxy-Authorization", "Proxy-Require", "RAck", "Reason", "Record-Route", "Recv-Info", "Refer-Sub", "Refer-To",
    "Reject-Contact", "Replaces", "Reply-To", "Request-Disposition", "Require", "Resource-Priority", "Response-Source",
    "Route", "Security-Client", "Security-Server", "Security-Verify", "Server", "Service-Route", "Session-Expires",
    "Session-ID", "Subject", "Subscription-State", "Supported", "Target-Dialog", "Timestamp", "To", "Trigger-Consent",
    "Unsupported", "User-Agent", "Via", "Warning", "WWW-Authenticate",
)  # fmt: skip

# Where Wireshark does not spell a field as its header field.
_RENAMED_HEADERS = {
    "sip.ETag": "SIP-ETag",
    "sip.If_Match": "SIP-If-Match",
    "sip.Identity-info": "Identity-Info",
    "sip.Priv-Answer-mode": "Priv-Answer-Mode",
    "sip.Referred-by": "Referred-By",
    "sip.uui": "User-to-User",
}


def _header(name: str, header: str, type_: FieldType = FieldType.TEXT) -> Field:
    return Field(name, type_, Origin.HEADER, f"The {header} header field", header=header)


FIELDS: tuple[Field, ...] = (
    *_PACKETS,
    *_MESSAGES,
    *_CALLS,
    *(_header(f"sip.{header}", header, FieldType.UNSIGNED) for header in _NUMBER_HEADERS),
    *(_header(f"sip.{header}", header) for header in _TEXT_HEADERS),
    *(_header(name, header) for name, header in _RENAMED_HEADERS.items()),
)
