"""One line of the packet list, the same in the window and on the command line."""

from collections.abc import Mapping
from typing import NamedTuple

from sipview.calls import Observed
from sipview.index import PacketIndex, Protocol


class PacketLine(NamedTuple):
    """The texts of one packet; ``source`` and ``destination`` are "" where it has no network layer that is read."""

    source: str
    destination: str
    protocol: str
    length: int
    info: str


def message_word(observed: Observed) -> str:
    """A message in a word: its method and whom it is for, or its status and reason."""
    facts = observed.facts
    if facts.method is not None:
        return f"{facts.method} {facts.request_uri}".rstrip()
    return f"{facts.status} {facts.reason or ''}".rstrip()


_NONE: Mapping[int, Observed] = {}


def packet_line(
    index: PacketIndex, row: int, messages: Mapping[int, Observed], quoted: Mapping[int, Observed] = _NONE
) -> PacketLine:
    """The line of one packet; ``messages`` are those that packets complete, ``quoted`` those that ICMP errors are about, by
    row.
    """
    ends = index.endpoints(row)
    observed = messages.get(row)
    length = int(index.length[row])
    source, destination = (end.address for end in ends) if ends is not None else ("", "")
    if observed is not None:
        return PacketLine(source, destination, f"SIP/{observed.transport}", length, message_word(observed))
    info = index.info(row)
    about = quoted.get(row)
    if about is not None:
        info = f"{info}: about {message_word(about)} in frame {about.row + 1}"
    return PacketLine(source, destination, Protocol(int(index.protocol[row])).label, length, info)
