"""Lines of the packet list by the thousand, for lists of millions: the same texts that `packet_line` makes of one packet."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sipview.calls import Observed
from sipview.index import PacketIndex, Protocol
from sipview.index.infos import infos
from sipview.index.texts import LATER, Texts
from sipview.session.packets import protocol_and_info

_LABELS = [protocol.label for protocol in Protocol]


@dataclass(frozen=True, slots=True)
class PacketBlock:
    """The texts of some rows. ``sources`` and ``destinations`` are positions in the `PacketIndex`'s ``addresses``.

    Where ``info`` is `LATER` the text stands in ``words``, in order of the rows: it is as long as a packet likes.
    """

    rows: npt.NDArray[np.int64]
    sources: list[int]
    destinations: list[int]
    protocols: list[str]
    lengths: npt.NDArray[np.uint32]
    info: Texts
    words: list[str]


def packet_block(
    index: PacketIndex, rows: npt.NDArray[np.int64], messages: Mapping[int, Observed], quoted: Mapping[int, Observed]
) -> PacketBlock:
    """The lines of these rows; ``messages`` and ``quoted`` are those of `packet_line`."""
    numbers = rows.tolist()
    found = list(infos(index, rows))
    info = np.zeros((rows.size, max((each.texts.shape[1] for each in found), default=1)), np.uint8)
    for places, texts in found:
        info[places, : texts.shape[1]] = texts
    # what is quoted stands in ICMP errors, which are of no kind that `infos` knows
    apart = (info[:, 0] == 0) | np.fromiter(map(messages.__contains__, numbers), np.bool_, rows.size)
    info[apart] = 0
    info[apart, 0] = LATER
    protocols = [_LABELS[number] for number in index.protocol[rows].tolist()]
    words = []
    for place in np.flatnonzero(apart).tolist():
        protocols[place], said = protocol_and_info(index, numbers[place], messages, quoted)
        words.append(said)
    return PacketBlock(
        rows, index.source[rows].tolist(), index.destination[rows].tolist(), protocols, index.length[rows], info, words
    )
