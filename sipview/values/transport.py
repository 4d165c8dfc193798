"""The transports that carry SIP, by the names that a Via header field gives them."""

from enum import StrEnum


class Transport(StrEnum):
    """Transport protocol of a message (RFC 3261 18, RFC 7118 for WS and WSS, RFC 4168 for SCTP)."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"
    WS = "WS"
    WSS = "WSS"
    SCTP = "SCTP"
