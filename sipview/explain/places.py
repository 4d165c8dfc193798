"""Addresses as they stand in messages: of what kind they are, and whether two of them are the same place."""

import ipaddress
from collections.abc import Iterable

from sipview.values import Endpoint

DEFAULT_PORTS = {"TLS": 5061, "WS": 80, "WSS": 443}
"""The port of a transport where none is written (RFC 3261 19.1.2, RFC 7118 5); 5060 for all others."""

_KINDS = {
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),  # RFC 1918 3, RFC 4193 3
    "shared": ("100.64.0.0/10",),  # RFC 6598 7
    "link-local": ("169.254.0.0/16", "fe80::/10"),  # RFC 3927 2.1, RFC 4291 2.5.6
    "loopback": ("127.0.0.0/8", "::1/128"),
    "unspecified": ("0.0.0.0/32", "::/128"),
}
_NETWORKS = [(kind, ipaddress.ip_network(text)) for kind, texts in _KINDS.items() for text in texts]

NOT_PUBLIC = frozenset({"private", "shared", "link-local", "loopback"})
"""The kinds of addresses that nobody on the internet can send to."""


def address_of(host: str) -> str | None:
    """The canonical text of the IP address that ``host`` is (with or without brackets), or None for a domain name."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None


def kind_of(host: str) -> str:
    """``domain``, ``public``, or one of private, shared, link-local, loopback and unspecified for an address."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "domain"
    return next((kind for kind, network in _NETWORKS if address in network), "public")


def default_port(transport: str, scheme: str = "sip") -> int:
    """The port that is meant where none is written."""
    return 5061 if scheme == "sips" else DEFAULT_PORTS.get(transport.upper(), 5060)


def written(host: str, port: int | None) -> str:
    """Host and port as they are written in messages."""
    return host if port is None else f"{host}:{port}"


def same_address(host: str, endpoint: Endpoint) -> bool:
    """Whether ``host`` is the address of ``endpoint``."""
    return address_of(host) == address_of(endpoint.address)


def enumerated(items: Iterable[str], longest: int = 6) -> str:
    """``a, b and c``; of a long list the first ``longest`` and how many more there are."""
    texts = list(items)
    if len(texts) > longest:
        return f"{', '.join(texts[:longest])} and {len(texts) - longest} more"
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def counted(number: int, noun: str) -> str:
    """``1 proxy``, ``2 proxies``."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def duration(seconds: int) -> str:
    """A number of seconds as people say it: ``90 seconds``, ``30 minutes``, ``1 hour``."""
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if (seconds >= 2 * size and seconds % size == 0) or seconds == size:
            return counted(seconds // size, noun)
    return counted(seconds, "second")
