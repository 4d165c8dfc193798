"""Packets of HEP 3 out of a stream: agents that send over TCP write one behind the other, each with its length."""

from sipview.capture.hep import begins_hep, length_of
from sipview.streams.assembly import Cut, Island

_MARK = b"HEP3"


class HepReader:
    """Cuts whole packets of HEP from an island as it grows, from its head to the last byte of its last chunk."""

    __slots__ = ()
    held = 0  # all that waits is in the island

    def read(self, island: Island, *, ended: bool) -> list[Cut]:
        """The packets that are whole now; what belongs to none is passed over. At most one packet (64 KiB) waits."""
        del ended  # a part of a packet tells nothing: its message mostly stands in the last chunk
        cuts: list[Cut] = []
        while island.data:
            if not begins_hep(island.data):
                if _MARK.startswith(island.data):
                    break
                island.pass_over(_out_of_step(island.data))
                continue
            length = length_of(island.data)
            if not length or len(island.data) < length:
                break
            cuts.append(Cut(bytes(island.data[:length]), island.rows(0, length)))
            island.consume(length)
        return cuts


def _out_of_step(data: bytearray) -> int:
    """How many bytes to pass over up to where the next packet may begin."""
    found = data.find(_MARK, 1)
    if found >= 0:
        return found
    kept = next((size for size in (3, 2, 1) if data[1:].endswith(_MARK[:size])), 0)
    return len(data) - kept
