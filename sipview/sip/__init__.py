"""The bytes of one SIP message: facts, message, URIs, SDP, and what is wrong with them (RFC 3261, RFC 8866).

In: bytes. Out: frozen values with byte spans. Two readers of the same bytes: `skim` takes the few facts that every
message of a big capture needs, `parse` builds everything for the message that somebody opens; a property test holds
them to one answer. Pure: no IO, no numpy, no threads, so it serves on pasted text too. Knows nothing of packets.

Read first: `message` (what `parse` gives), `parser` (it, and the typed readers of a message: addresses, Via, CSeq,
authentication, bodies), `facts` (what `skim` gives) and `skimmed_message` (how), `octets` (bytes that know where they came
from), `checks` (what is wrong), `registry` (header fields, status codes as data).
"""

from importlib import import_module
from typing import TYPE_CHECKING

# Lists of calls and messages need no more than the skim, and the process that skims not even its facts: each is there earlier
# without the rest (PEP 562).
if TYPE_CHECKING:
    from sipview.sip.facts import Facts, skim
    from sipview.sip.message import HeaderField, Message, RequestLine, StatusLine
    from sipview.sip.parser import parse, session_description
    from sipview.sip.sdp_summary import sdp_summary

_PLACES = {
    "Facts": "facts", "skim": "facts",
    "HeaderField": "message", "Message": "message", "RequestLine": "message", "StatusLine": "message",
    "parse": "parser", "session_description": "parser", "sdp_summary": "sdp_summary",
}  # fmt: skip

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


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found
