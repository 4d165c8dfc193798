"""What stands inside pcapng blocks besides packets: options, interfaces, names, statistics."""

import ipaddress
import struct
from collections.abc import Iterator

import numpy as np

from sipview.capture.clock import Clock
from sipview.capture.gather import Bytes, Positions, gather
from sipview.capture.records import Interface

END_OF_OPTIONS, COMMENT = 0, 1
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL, _IF_FILTER, _IF_TSOFFSET = 2, 3, 9, 11, 14
_ISB_IFDROP, _ISB_OSDROP = 5, 7
_NRB_END, _NRB_IPV4, _NRB_IPV6 = 0, 1, 2
_MOST_OPTIONS = 64  # of one packet


def text_of(value: bytes) -> str:
    """An option's text; some writers end it with a NUL."""
    return value.rstrip(b"\0").decode("utf-8", "replace")


def options(body: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """The (code, value) pairs of an option list, as far as it is whole."""
    head = struct.Struct(order + "HH")
    at = 0
    while at + head.size <= len(body):
        code, length = head.unpack_from(body, at)
        at += head.size
        if code == END_OF_OPTIONS or at + length > len(body):
            return
        yield code, body[at : at + length]
        at += (length + 3) & ~3


def interface_of(body: bytes, order: str) -> tuple[Interface, Clock] | None:
    """An Interface Description Block's body (without the two block lengths); None where it is too short."""
    if len(body) < 8:
        return None
    link_type, _, snap_length = struct.unpack_from(order + "HHI", body)
    found = dict(options(body[8:], order))
    resolution = found.get(_IF_TSRESOL, b"")[:1] or b"\x06"
    offset = found.get(_IF_TSOFFSET, b"")
    offset_s = struct.unpack(order + "q", offset)[0] if len(offset) == 8 else 0
    clock = Clock.of_options(resolution[0], offset_s)
    kind_and_filter = found.get(_IF_FILTER, b"")
    interface = Interface(
        link_type,
        clock.digits,
        snap_length,
        name=text_of(found.get(_IF_NAME, b"")),
        description=text_of(found.get(_IF_DESCRIPTION, b"")),
        filter=text_of(kind_and_filter[1:]) if kind_and_filter[:1] == b"\0" else "",
    )
    return interface, clock


def names_of(body: bytes, order: str) -> Iterator[tuple[str, str]]:
    """The (address, host name) pairs of a Name Resolution Block's body; of several names the first."""
    head = struct.Struct(order + "HH")
    at = 0
    while at + head.size <= len(body):
        kind, length = head.unpack_from(body, at)
        at += head.size
        if kind == _NRB_END or at + length > len(body):
            return
        size = {_NRB_IPV4: 4, _NRB_IPV6: 16}.get(kind)
        if size is not None and length > size:
            address = ipaddress.ip_address(body[at : at + size])
            yield str(address), body[at + size : at + length].split(b"\0", 1)[0].decode("utf-8", "replace")
        at += (length + 3) & ~3


def packets_dropped(body: bytes, order: str) -> tuple[int, int] | None:
    """Of an Interface Statistics Block's body: the interface's number and the packets lost in all; None where not told."""
    if len(body) < 12:
        return None
    found = {code: value for code, value in options(body[12:], order) if len(value) == 8}
    if _ISB_IFDROP not in found and _ISB_OSDROP not in found:
        return None
    lost = sum(int(struct.unpack(order + "Q", found[code])[0]) for code in (_ISB_IFDROP, _ISB_OSDROP) if code in found)
    return int(struct.unpack_from(order + "I", body)[0]), lost


def packet_comments(data: Bytes, starts: Positions, ends: Positions, order: str) -> Iterator[tuple[int, str]]:
    """(position in ``starts``, text) of the comments in many option lists, each lying at ``starts:ends`` of ``data``."""
    head = np.dtype([("code", order + "u2"), ("length", order + "u2")])
    rows = np.flatnonzero(starts + head.itemsize <= ends)
    at = starts[rows]
    for _ in range(_MOST_OPTIONS):
        if not rows.size:
            return
        heads = gather(data, at, head)
        at = at + head.itemsize
        stop = at + heads["length"]
        whole = (heads["code"] != END_OF_OPTIONS) & (stop <= ends[rows])
        for row, begin, end in zip(
            *(part[whole & (heads["code"] == COMMENT)].tolist() for part in (rows, at, stop)), strict=True
        ):
            yield row, text_of(data[begin:end].tobytes())
        at = at + ((heads["length"].astype(np.int64) + 3) & ~3)
        whole &= at + head.itemsize <= ends[rows]
        rows, at = rows[whole], at[whole]
