"""The VLAN tags of packets, read again when somebody asks: most captures have none, so no column is kept for them."""

import numpy as np
import numpy.typing as npt

from sipview.capture import RecordBatch
from sipview.index.addresses import AddressBook
from sipview.index.columns import PacketIndex
from sipview.index.layers import Flag, Layer, Peel, Rows, Step, lookup
from sipview.index.links import LINK_LAYERS
from sipview.index.steps import STEPS

_AT_ONCE = 1 << 16  # rows
_VLAN_ID = 0x0FFF  # of the tag control information (IEEE 802.1Q 9.6)
_TAG = np.dtype([("tag", ">u2"), ("type", ">u2")])
_LINK_LAYERS = lookup(1 << 16, LINK_LAYERS)


def vlan_ids(index: PacketIndex, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows below ``count`` and VLAN numbers, one pair a tag, in order of rows: all tags of a frame, from the outside in,
    also those of frames inside tunnels.
    """
    tagged = np.flatnonzero((index.flags[:count] & np.uint16(Flag.VLAN)) != 0)
    found: list[tuple[Rows, npt.NDArray[np.int64]]] = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    numbers = index.interface[tagged]
    for number in np.flatnonzero(np.bincount(numbers)).tolist():
        of_interface = tagged[numbers == number]
        for start in range(0, of_interface.size, _AT_ONCE):
            found += _peeled(index, number, of_interface[start : start + _AT_ONCE])
    rows, ids = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(rows, kind="stable")
    return rows[order], ids[order]


def _peeled(index: PacketIndex, interface: int, rows: Rows) -> list[tuple[Rows, npt.NDArray[np.int64]]]:
    """The tags that are met while the layers of these rows are taken off once more."""
    file, described = index.interfaces[interface]
    found: list[tuple[Rows, npt.NDArray[np.int64]]] = []

    def note(peel: Peel, at: Rows) -> None:
        whole, head = peel.peek(at, peel.at[at], _TAG)
        found.append((rows[at[whole]], (head["tag"][whole] & _VLAN_ID).astype(np.int64)))
        STEPS[Layer.VLAN](peel, at)

    batch = RecordBatch(
        index.offset[rows], index.time_ns[rows], index.captured[rows], index.length[rows], np.zeros(rows.size, np.uint16), 0
    )
    layers = np.full(rows.size, _LINK_LAYERS[described.link_type], np.uint8)
    steps: dict[Layer, Step] = {**STEPS, Layer.VLAN: note}
    Peel(file.data, batch, layers, AddressBook()).run(steps)
    return found
