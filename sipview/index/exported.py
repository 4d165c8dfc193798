"""What Wireshark exports (File, Export PDUs): messages without their packets, each behind tags that tell of those.

So people hand on what was decrypted, without the keys. As with the copies of capture agents, what the tags tell becomes the
packet.
"""

import numpy as np
import numpy.typing as npt

from sipview.capture import gather
from sipview.index.layers import Flag, Layer, Peel, Protocol, Rows, Step

_END, _IPV4_ENDS, _IPV6_ENDS, _PORT_KIND, _PORTS = 0, (20, 21), (22, 23), 24, (25, 26)
_KINDS, _MOST_TAGS = 27, 64
_SIZES = np.zeros(_KINDS, np.int64)
_SIZES[[*_IPV4_ENDS, _PORT_KIND, *_PORTS]] = 4
_SIZES[[*_IPV6_ENDS]] = 16
# by the kind of the ports: none, SCTP, TCP, UDP
_TRANSPORTS, _PROTOCOLS = (
    np.array([17, 132, 6, 17], np.uint8),
    np.array([Protocol.UDP, Protocol.SCTP, Protocol.TCP, Protocol.UDP], np.uint8),
)
_TAG = np.dtype([("kind", ">u2"), ("length", ">u2")])
_WORD = np.dtype([("value", ">u4")])
_IPV6 = np.dtype([("high", ">u8"), ("low", ">u8")])


def exported(peel: Peel, rows: Rows) -> None:
    """LINKTYPE_WIRESHARK_UPPER_PDU: tags of a kind, a length and a value, and behind the last one the message."""
    peel.layer[rows] = Layer.NONE
    at = peel.at[rows].copy()
    values = np.zeros((_KINDS, rows.size), np.int64)  # where the value of each kind begins; 0: there is none
    start = np.zeros(rows.size, np.int64)
    waiting = np.arange(rows.size)
    for _ in range(_MOST_TAGS):
        there, tag = peel.peek(rows[waiting], at[waiting], _TAG)
        waiting, tag = waiting[there], tag[there]
        if not waiting.size:
            break
        value = at[waiting] + _TAG.itemsize
        last = tag["kind"] == _END
        start[waiting[last]] = value[last]
        kind = np.minimum(tag["kind"], _KINDS - 1).astype(np.intp)
        good = (
            ~last
            & (tag["kind"] < _KINDS)
            & (tag["length"] >= _SIZES[kind])
            & (value + tag["length"] <= peel.end[rows[waiting]])
        )
        values[kind[good], waiting[good]] = value[good]
        at[waiting] = value + tag["length"]
        waiting = waiting[~last]
    for source, destination in (_IPV4_ENDS, _IPV6_ENDS):
        told = np.flatnonzero((start != 0) & (values[source] != 0) & (values[destination] != 0))
        start_of_told, start[told] = start[told], 0  # with both kinds the first counts
        _tell(peel, rows[told], values[:, told], (source, destination), start_of_told)


def _tell(peel: Peel, rows: Rows, values: npt.NDArray[np.int64], ends: tuple[int, int], start: npt.NDArray[np.int64]) -> None:
    if not rows.size:
        return
    frames = peel.start[rows]
    places = np.concatenate([frames + values[end] for end in ends])
    if ends == _IPV4_ENDS:
        addresses = peel.addresses.ipv4(gather(peel.data, places, _WORD)["value"])
    else:
        found = gather(peel.data, places, _IPV6)
        addresses = peel.addresses.ipv6(found["high"], found["low"])
    kind, *ports = (
        np.where(values[number] != 0, gather(peel.data, frames + values[number], _WORD)["value"], 0)
        for number in (_PORT_KIND, *_PORTS)
    )
    kind = np.where(kind < _TRANSPORTS.size, kind, 0)
    peel.source[rows], peel.destination[rows] = addresses[: rows.size], addresses[rows.size :]
    peel.source_port[rows], peel.destination_port[rows] = (port.astype(np.uint16) for port in ports)
    peel.protocol[rows], peel.transport[rows] = _PROTOCOLS[kind], _TRANSPORTS[kind]
    peel.flags[rows] |= np.uint16(Flag.HEP)
    peel.carry(rows, start)


STEPS: dict[Layer, Step] = {Layer.EXPORTED: exported}
