"""What the packet list says about packets, of many at once: of those kinds that captures are full of.

`describe` says the same about one packet of any kind.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from sipview.index.info import ADDS_WORDS, RTCP, TCP_FLAGS, TLS
from sipview.index.layers import Protocol
from sipview.index.texts import Texts, beside, decimal, hexadecimal

if TYPE_CHECKING:
    from sipview.index.columns import PacketIndex

Rows = npt.NDArray[np.int64]

_NO_WORDS = np.zeros(256, np.bool_)
"""The kinds about which only ports and size are said."""
_NO_WORDS[
    [
        Protocol.OTHER, Protocol.IPV4, Protocol.IPV6, Protocol.UDP, Protocol.SCTP, Protocol.DNS, Protocol.FRAGMENT,
        Protocol.T38,
    ]
] = True  # fmt: skip
_RTP_HEADER = np.dtype([("flags", "u1"), ("kind", "u1"), ("sequence", ">u2"), ("time", ">u4"), ("source", "u1", 4)])
_TCP_HEADER = np.dtype(
    [("ports", ">u4"), ("sequence", ">u4"), ("acknowledged", ">u4"), ("offset", "u1"), ("flags", "u1"), ("window", ">u2"),
     ("rest", ">u4")]
)  # fmt: skip
_RTCP_TOLD = 2
_ARROW = " → ".encode()


class Infos(NamedTuple):
    """The texts of some rows; ``places`` are their positions among the rows that were asked for, ascending."""

    places: Rows
    texts: Texts


def infos(index: "PacketIndex", rows: Rows) -> Iterator[Infos]:
    """What `PacketIndex.info` says about most of these rows, kind by kind; the rows that no kind has are left to that."""
    protocol, size = index.protocol[rows], index.payload_length[rows]
    bare = (index.flags[rows] & np.uint16(ADDS_WORDS)) == 0
    start = index.transport_start[rows]
    header = (start > 0) & (index.captured[rows].astype(np.int64) - start >= _TCP_HEADER.itemsize)
    ported = (index.source_port[rows] | index.destination_port[rows]) != 0
    plain = bare & _NO_WORDS[protocol]
    kinds: tuple[tuple[npt.NDArray[np.bool_], Callable[[PacketIndex, Rows], Texts]], ...] = (
        (bare & (protocol == Protocol.RTP) & (size >= _RTP_HEADER.itemsize), _rtp),
        (bare & (protocol == Protocol.RTCP) & (size >= _RTCP_TOLD), _rtcp),
        (bare & (protocol == Protocol.TCP) & header, _tcp),
        (bare & (protocol == Protocol.TLS) & (size > 0), _tls),
        (plain & ported, _plain),
        (plain & ~ported, _size),
    )
    for these, texts_of in kinds:
        places = np.flatnonzero(these)
        if places.size:
            texts = texts_of(index, rows[places])
            told = texts.any(axis=1)
            yield Infos(places, texts) if told.all() else Infos(places[told], texts[told])


def _rtp(index: "PacketIndex", rows: Rows) -> Texts:
    header = index.payload_bytes(rows, 0, _RTP_HEADER.itemsize).view(_RTP_HEADER)[:, 0]
    kind = header["kind"]
    mark = np.where((kind & np.uint8(0x80)).astype(np.bool_)[:, None], np.frombuffer(b", mark", np.uint8), np.uint8(0))
    return beside(
        len(rows),
        b"payload type ", decimal(kind & np.uint8(0x7F)), b", sequence ", decimal(header["sequence"]),
        b", time ", decimal(header["time"]), b", SSRC 0x", hexadecimal(header["source"]), mark,
    )  # fmt: skip


def _rtcp(index: "PacketIndex", rows: Rows) -> Texts:
    return _RTCP_TEXTS[index.payload_bytes(rows, 1, 1)[:, 0]]


def _tls(index: "PacketIndex", rows: Rows) -> Texts:
    kind = _TLS_TEXTS[index.payload_bytes(rows, 0, 1)[:, 0]]
    return beside(len(rows), kind, b", ", _size(index, rows))


def _tcp(index: "PacketIndex", rows: Rows) -> Texts:
    start = index.transport_start[rows].astype(np.int64)
    header = index.frame_bytes(rows, start, _TCP_HEADER.itemsize).view(_TCP_HEADER)[:, 0]
    return beside(
        len(rows),
        _ports(index, rows), b" [", _TCP_FLAG_TEXTS[header["flags"]], b"] sequence ", decimal(header["sequence"]),
        b", acknowledged ", decimal(header["acknowledged"]), b", window ", decimal(header["window"]), b", ", _size(index, rows),
    )  # fmt: skip


def _plain(index: "PacketIndex", rows: Rows) -> Texts:
    return beside(len(rows), _ports(index, rows), b", ", _size(index, rows))


def _ports(index: "PacketIndex", rows: Rows) -> Texts:
    return beside(len(rows), decimal(index.source_port[rows]), _ARROW, decimal(index.destination_port[rows]))


def _size(index: "PacketIndex", rows: Rows) -> Texts:
    return beside(len(rows), decimal(index.payload_length[rows]), b" bytes")


def _table(words: list[str]) -> Texts:
    """A line for each, found by its number."""
    width = max(map(len, words))
    return np.frombuffer(b"".join(word.encode().ljust(width, b"\0") for word in words), np.uint8).reshape(-1, width)


_RTCP_TEXTS = _table([RTCP.get(kind, "") for kind in range(256)])
_TLS_TEXTS = _table([TLS.get(kind, "") for kind in range(256)])
_TCP_FLAG_TEXTS = _table([", ".join(name for bit, name in TCP_FLAGS if flags & bit) for flags in range(256)])
