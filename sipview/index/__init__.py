"""One row per packet in numpy columns, and the SIP candidates among them, by content on any port.

In: capture files. Out: a growing `PacketIndex` and, batch by batch, the candidates (bytes that look like SIP). Peels link
layers and tunnels in vectorised passes over the rows that need them; no Python object per packet. Knows what a SIP start
line looks like, and nothing else of SIP's grammar. A long file is read by a process beside this one (`process`, `beside`).

Read first: `columns` (what there is of a packet), `layers` (how headers are taken off), `peeling` (records to columns),
`reading` (the whole pass).
"""

from importlib import import_module
from typing import TYPE_CHECKING

# The process that reads capture files needs the lower half of this room, and is there earlier without the rest (PEP 562).
if TYPE_CHECKING:
    from sipview.index.columns import PacketIndex
    from sipview.index.connections import StreamGap, UnreadConnection
    from sipview.index.layers import Flag, Protocol
    from sipview.index.reading import Candidate, Reading, Step, read

_PLACES = {
    "Candidate": "reading", "Flag": "layers", "PacketIndex": "columns", "Protocol": "layers", "Reading": "reading",
    "Step": "reading", "StreamGap": "connections", "UnreadConnection": "connections", "read": "reading",
}  # fmt: skip

__all__ = ["Candidate", "Flag", "PacketIndex", "Protocol", "Reading", "Step", "StreamGap", "UnreadConnection", "read"]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found
