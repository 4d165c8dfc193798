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
    source, destination = (end.address for end in ends) if ends is not None else ("", "")
    protocol, info = protocol_and_info(index, row, messages, quoted)
    return PacketLine(source, destination, protocol, int(index.length[row]), info)


def protocol_and_info(
    index: PacketIndex, row: int, messages: Mapping[int, Observed], quoted: Mapping[int, Observed]
) -> tuple[str, str]:
    """The last words of a `packet_line`: what the packet is, and what it says."""
    observed = messages.get(row)
    if observed is not None:
        return f"SIP/{observed.transport}", message_word(observed)
    info = index.info(row)
    about = quoted.get(row)
    if about is not None:
        info = f"{info}: about {message_word(about)} in frame {about.row + 1}"
    return Protocol(int(index.protocol[row])).label, info
