"""What DHCP tells a phone: where it gets its settings and which SIP servers it has (RFC 2131, 2132, 3361)."""

import struct
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address

from sipview.values import visible

_OPTIONS_AT = 240
_ETHERNET = b"\1\6"  # type and length of hardware addresses, in an older BOOTP
_COOKIE = b"\x63\x82\x53\x63"
_MESSAGE_TYPES = ("", "Discover", "Offer", "Request", "Decline", "Ack", "Nak", "Release", "Inform", "Force renew")
_V6_TYPES = ("", "Solicit", "Advertise", "Request", "Confirm", "Renew", "Rebind", "Reply", "Release", "Decline",
             "Reconfigure", "Information request", "Relay forward", "Relay reply")  # fmt: skip
_PAD, _END = 0, 255
_HOST, _VENDOR, _OVERLOAD, _MESSAGE_TYPE, _ASKED, _CLASS = 12, 43, 52, 53, 55, 60
_TFTP_NAME, _BOOT_FILE, _SIP_SERVERS, _TFTP_ADDRESSES, _SETTINGS_URL = 66, 67, 120, 150, 160
_PROVISIONING = (_TFTP_NAME, _BOOT_FILE, _VENDOR, _SIP_SERVERS, _TFTP_ADDRESSES, _SETTINGS_URL)
_FILE, _SERVER_NAME = slice(108, 236), slice(44, 108)
_LONGEST = 100  # characters of one value
_SHORTEST_TEXT = 4
_MOST_SERVERS = 8


def dhcp_words(payload: bytes) -> str:
    """One line about a DHCP message; "" where it cannot be told what it is. All text of the message is made visible."""
    if payload[236:240] != _COOKIE:
        is_v6 = payload and payload[1:3] != _ETHERNET and payload[0] < len(_V6_TYPES)
        return _V6_TYPES[payload[0]] if is_v6 else ""
    options = _options(payload)
    kind = options.get(_MESSAGE_TYPE, b"\0")[:1]
    number = kind[0] if kind else 0
    words = _MESSAGE_TYPES[number] if number < len(_MESSAGE_TYPES) else f"type {number}"
    given = payload[16:20]
    if payload[0] == 2 and any(given):
        words += f" {IPv4Address(given)}"
    hardware = payload[28 : 28 + min(payload[2], 16)]
    to = f"{'to' if payload[0] == 2 else 'from'} {hardware.hex(':')}" if hardware else ""
    parts = [" ".join(filter(None, (words, to))), *_hints(options, payload)]
    return ", ".join(part for part in parts if part)


def _hints(options: Mapping[int, bytes], payload: bytes) -> Iterator[str]:
    for code, name in ((_HOST, "host"), (_CLASS, "class")):
        if text := _text(options.get(code, b"")):
            yield f"{name} {text}"
    if text := _text(options.get(_TFTP_NAME, b"")) or _field(payload, _SERVER_NAME, options, 2):
        yield f"provisioning server {text} (66)" if _TFTP_NAME in options else f"provisioning server {text}"
    if text := _text(options.get(_BOOT_FILE, b"")) or _field(payload, _FILE, options, 1):
        yield f"boot file {text} (67)" if _BOOT_FILE in options else f"boot file {text}"
    if servers := options.get(_TFTP_ADDRESSES):
        yield f"TFTP servers {_addresses(servers) or _text(servers)} (150)"
    if url := _text(options.get(_SETTINGS_URL, b"")):
        yield f"settings from {url} (160)"
    if servers := options.get(_SIP_SERVERS):
        yield f"SIP servers {_sip_servers(servers)} (120)"
    if text := _vendor_text(options.get(_VENDOR, b"")):
        yield f"vendor options {text} (43)"
    asked = [str(code) for code in _PROVISIONING if code in options.get(_ASKED, b"")]
    if asked:
        yield f"asks for {' '.join(asked)}"


def _options(payload: bytes) -> dict[int, bytes]:
    """The options by code; the parts of a long one are put together (RFC 3396), also those in other fields (RFC 2132 9.3)."""
    found: dict[int, bytes] = {}
    _read(payload[_OPTIONS_AT:], found)
    overload = found.get(_OVERLOAD, b"\0")[:1]
    if overload in {b"\1", b"\3"}:
        _read(payload[_FILE], found)
    if overload in {b"\2", b"\3"}:
        _read(payload[_SERVER_NAME], found)
    return found


def _read(area: bytes, found: dict[int, bytes]) -> None:
    at = 0
    while at < len(area) and area[at] != _END:
        if area[at] == _PAD:
            at += 1
            continue
        if at + 1 >= len(area):
            return
        code, length = struct.unpack_from("BB", area, at)
        found[code] = found.get(code, b"") + area[at + 2 : at + 2 + length]
        at += 2 + length


def _field(payload: bytes, place: slice, options: Mapping[int, bytes], overloaded: int) -> str:
    """The text of a field of the fixed header, unless it holds options."""
    overload = options.get(_OVERLOAD, b"\0")[:1]
    if overload and overload[0] & overloaded:
        return ""
    return _text(payload[place].partition(b"\0")[0])


def _text(value: bytes) -> str:
    """A value as text, "" where it is none."""
    return visible(value.rstrip(b"\0").decode("utf-8", "replace").strip(), _LONGEST)


def _addresses(value: bytes) -> str:
    """A list of IPv4 addresses; "" where that cannot be (some servers write a name there)."""
    if not value or len(value) % 4 or all(32 <= byte < 127 for byte in value):
        return ""
    shown = [str(IPv4Address(value[at : at + 4])) for at in range(0, min(len(value), 4 * _MOST_SERVERS), 4)]
    return " ".join(shown)


def _sip_servers(value: bytes) -> str:
    """RFC 3361 3: names as DNS writes them (encoding 0), or addresses (encoding 1)."""
    if value[0] == 1:
        return _addresses(value[1:]) or "unreadable"
    names: list[str] = []
    labels: list[str] = []
    at = 1
    while value[0] == 0 and at < len(value) and len(names) < _MOST_SERVERS:
        length = value[at]
        if length > 63:
            break
        if length:
            labels.append(visible(value[at + 1 : at + 1 + length].decode("utf-8", "replace"), 63))
        elif labels:
            names.append(".".join(labels))
            labels = []
        at += 1 + length
    if labels:  # the root's label is missing: cut, or never written
        names.append(".".join(labels))
    return " ".join(names) or "unreadable"


def _vendor_text(value: bytes) -> str:
    """What is plain text in the vendor's options: all of them, or the values of sub-options (RFC 2132 8.4)."""
    if _is_text(value):
        return _text(value)
    inner: dict[int, bytes] = {}
    _read(value, inner)
    return " ".join(f"{code}={_text(part)}" for code, part in inner.items() if _is_text(part))[: 2 * _LONGEST]


def _is_text(value: bytes) -> bool:
    value = value.rstrip(b"\0")
    return len(value) >= _SHORTEST_TEXT and all(32 <= byte < 127 for byte in value)
