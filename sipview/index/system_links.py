"""Steps of the link types that only one operating system writes: BSD's packet filter and encapsulation, Solaris's IPNET."""

import numpy as np

from sipview.index.layers import Layer, Peel, Rows, Step
from sipview.index.links import FAMILIES

_ENC = np.dtype([("family", ">u4"), ("index", ">u4"), ("flags", ">u4")])
_PFLOG = np.dtype([("length", "u1"), ("family", "u1"), ("rest", "V2")])
_IPNET = np.dtype([("version", "u1"), ("family", "u1"), ("rest", "V22")])
_IPNET_IPV6 = 26  # Solaris's number


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


STEPS: dict[Layer, Step] = {Layer.ENC: enc, Layer.PFLOG: pflog, Layer.IPNET: ipnet}
