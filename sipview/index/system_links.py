"""Steps of the link types that only one operating system writes: BSD's packet filter and encapsulation, Solaris's IPNET, the
log of Linux's packet filter.
"""

import numpy as np

from sipview.index.layers import Layer, Peel, Rows, Step
from sipview.index.links import FAMILIES

_ENC = np.dtype([("family", ">u4"), ("index", ">u4"), ("flags", ">u4")])
_PFLOG = np.dtype([("length", "u1"), ("family", "u1"), ("rest", "V2")])
_IPNET = np.dtype([("version", "u1"), ("family", "u1"), ("rest", "V22")])
_IPNET_IPV6 = 26  # Solaris's number
_NFLOG = np.dtype([("family", "u1"), ("version", "u1"), ("group", ">u2")])
_FIELD = np.dtype([("length", "<u2"), ("kind", "<u2")])
_PAYLOAD, _MOST_FIELDS = 9, 32


def enc(peel: Peel, rows: Rows) -> None:
    """What passes through IPsec of OpenBSD (LINKTYPE_ENC), in the byte order of whoever captured."""
    rows, at, head = peel.open(rows, _ENC)
    family = np.where(head["family"] > 0xFFFF, head["family"].byteswap(), head["family"])
    peel.pass_on(rows, FAMILIES[np.minimum(family, FAMILIES.size - 1)], at + _ENC.itemsize)


def pflog(peel: Peel, rows: Rows) -> None:
    """What a packet filter of BSD logged (LINKTYPE_PFLOG); its length is without the filling up to 4 bytes."""
    rows, at, head = peel.open(rows, _PFLOG)
    length = (head["length"].astype(np.int64) + 3) & ~3
    rows, at, head, length = peel.keep(rows, length >= _PFLOG.itemsize, at, head, length)
    peel.pass_on(rows, FAMILIES[np.minimum(head["family"], FAMILIES.size - 1)], at + length)


def ipnet(peel: Peel, rows: Rows) -> None:
    """Solaris's IP observability devices (LINKTYPE_IPNET)."""
    rows, at, head = peel.open(rows, _IPNET)
    layers = np.where(head["family"] == _IPNET_IPV6, np.uint8(Layer.IPV6), FAMILIES[head["family"] & 63])
    peel.pass_on(rows, np.where(head["family"] < FAMILIES.size, layers, np.uint8(Layer.NONE)), at + _IPNET.itemsize)


def nflog(peel: Peel, rows: Rows) -> None:
    """What rules of Linux's packet filter log (LINKTYPE_NFLOG): fields, each filled up to 4 bytes, of which one is the packet.

    Their numbers have the byte order of whoever captured; a length is small, so the wrong order shows.
    """
    rows, at, head = peel.open(rows, _NFLOG)
    peel.layer[rows] = Layer.NONE
    layers = np.where(head["version"] == 0, FAMILIES[np.minimum(head["family"], FAMILIES.size - 1)], np.uint8(Layer.NONE))
    at = at + _NFLOG.itemsize
    for _ in range(_MOST_FIELDS):
        there, field = peel.peek(rows, at, _FIELD)
        swapped = (field["kind"] > 0xFF) | (field["kind"] == 0) & (field["length"] > 0xFF)
        length, kind = (np.where(swapped, field[name].byteswap(), field[name]).astype(np.int64) for name in ("length", "kind"))
        good = there & (length >= _FIELD.itemsize)
        packet = good & (kind == _PAYLOAD)
        peel.pass_on(rows[packet], layers[packet], at[packet] + _FIELD.itemsize)
        going_on = good & ~packet
        if not going_on.any():
            return
        rows, layers, at = rows[going_on], layers[going_on], (at + ((length + 3) & ~3))[going_on]


STEPS: dict[Layer, Step] = {Layer.ENC: enc, Layer.PFLOG: pflog, Layer.IPNET: ipnet, Layer.NFLOG: nflog}
