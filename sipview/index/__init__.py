"""One row per packet in numpy columns, and the SIP candidates among them, by content on any port.

In: capture files. Out: a growing `PacketIndex` and, batch by batch, the candidates (bytes that look like SIP). Peels link
layers and tunnels in vectorised passes over the rows that need them; no Python object per packet. Knows what a SIP start
line looks like, and nothing else of SIP's grammar.
"""

from sipview.index.columns import Flag, PacketIndex, Protocol
from sipview.index.connections import StreamGap, UnreadConnection
from sipview.index.reading import Candidate, Reading, Step, read

__all__ = ["Candidate", "Flag", "PacketIndex", "Protocol", "Reading", "Step", "StreamGap", "UnreadConnection", "read"]
