"""Byte streams of one connection: put together out of segments, decrypted, unframed, cut into SIP messages.

In: segments (sequence number, bytes, row) in whatever order they were captured, with holes, overlaps and repetitions. Out:
whole messages, each with the rows that carry it. Pure: no IO, no numpy; knows connections, not packets, and of SIP only how
a stream is cut into messages (RFC 3261 18.3). Bounded: a stream that never becomes SIP is forgotten.

`assembly` puts segments of TCP together, `sctp` the chunks of SCTP, `fragments` the datagrams of IP; `tls` decrypts
with the secrets of an endpoint; `websocket` and `hep` unframe; `deflated` unpacks; `cutting` cuts.
"""

from sipview.streams.assembly import Assembler, Cut, Gap, Island, Reader
from sipview.streams.cutting import SipCutter, begins_message
from sipview.streams.deflated import Allowance
from sipview.streams.hep import HepReader
from sipview.streams.websocket import WebSocketReader, begins_websocket

__all__ = [
    "Allowance",
    "Assembler",
    "Cut",
    "Gap",
    "HepReader",
    "Island",
    "Reader",
    "SipCutter",
    "WebSocketReader",
    "begins_message",
    "begins_websocket",
]
