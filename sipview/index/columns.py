"""The columns: one row a packet, in file order (of several files: in time order)."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sipview.capture import CaptureFile, Interface
from sipview.values import Endpoint


class Protocol(IntEnum):
    """What a packet is, as far as the index can tell without state; ``label`` is what the packet list shows."""

    OTHER = 0
    ARP = 1
    IPV4 = 2
    IPV6 = 3
    ICMP = 4
    ICMPV6 = 5
    UDP = 6
    TCP = 7
    SCTP = 8
    SIP = 9
    RTP = 10
    RTCP = 11
    STUN = 12
    DNS = 13
    DHCP = 14
    TLS = 15
    FRAGMENT = 16

    @property
    def label(self) -> str:
        """The name in a packet list."""
        return {"OTHER": "Other", "IPV4": "IPv4", "IPV6": "IPv6", "ICMPV6": "ICMPv6", "FRAGMENT": "IP fragment"}.get(
            self.name, self.name
        )


class PacketIndex:
    """Columns over all packets read so far; each array has ``count`` elements. Rows count from 0, frames from 1.

    ``source``/``destination`` (uint32) are positions in ``addresses``; ports (uint16) are 0 where there are none.
    ``payload_start`` (uint32, from the start of the captured bytes) and ``payload_length`` (uint32, captured part) are
    what the transport carries. ``interface`` (uint16) is a position in ``interfaces``. ``protocol`` (uint8) holds `Protocol`.
    """

    files: tuple[CaptureFile, ...]
    interfaces: list[tuple[CaptureFile, Interface]]
    addresses: list[str]
    count: int
    time_ns: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    captured: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint32]
    interface: npt.NDArray[np.uint16]
    protocol: npt.NDArray[np.uint8]
    source: npt.NDArray[np.uint32]
    destination: npt.NDArray[np.uint32]
    source_port: npt.NDArray[np.uint16]
    destination_port: npt.NDArray[np.uint16]
    payload_start: npt.NDArray[np.uint32]
    payload_length: npt.NDArray[np.uint32]

    def endpoints(self, row: int) -> tuple[Endpoint, Endpoint] | None:
        """Source and destination of a packet, or None where it has no network layer that we read."""
        raise NotImplementedError

    def frame(self, row: int) -> bytes:
        """The captured bytes of a packet, from its link layer on."""
        raise NotImplementedError

    def payload(self, row: int) -> bytes:
        """What the transport carries in that packet."""
        raise NotImplementedError

    def time_digits(self, row: int) -> int:
        """How many fractional digits of a second the packet's file gives."""
        raise NotImplementedError
