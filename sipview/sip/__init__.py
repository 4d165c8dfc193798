"""The bytes of one SIP message: facts, message, URIs, SDP, and what is wrong with them (RFC 3261, RFC 8866).

In: bytes. Out: frozen values with byte spans. Two readers of the same bytes: `skim` takes the few facts that every
message of a big capture needs, `parse` builds everything for the message that somebody opens; a property test holds
them to one answer. Pure: no IO, no numpy, no threads, so it serves on pasted text too. Knows nothing of packets.

Read first: `message` (what `parse` gives), `parser` (it, and the typed readers of a message: addresses, Via, CSeq,
authentication, bodies), `facts` (the skim), `octets` (bytes that know where they came from), `checks` (what is wrong),
`registry` (methods, status codes, header fields as data).
"""

from sipview.sip.facts import Facts, skim
from sipview.sip.message import HeaderField, Message, RequestLine, StatusLine
from sipview.sip.parser import parse, session_description
from sipview.sip.sdp_summary import sdp_summary

__all__ = [
    "Facts",
    "HeaderField",
    "Message",
    "RequestLine",
    "StatusLine",
    "parse",
    "sdp_summary",
    "session_description",
    "skim",
]
