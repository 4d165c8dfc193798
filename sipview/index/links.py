"""Steps of the link layers, down to the EtherType that names the network layer."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sipview.index.layers import Flag, Layer, Layers, Peel, Protocol, Rows, Step, lookup

# the first layer of a frame by its LINKTYPE number
LINK_LAYERS = {
    0: Layer.LOOPBACK,
    1: Layer.ETHERNET,
    9: Layer.PPP,
    12: Layer.RAW_IP,
    14: Layer.RAW_IP,
    50: Layer.PPP,
    51: Layer.PPPOE,
    101: Layer.RAW_IP,
    104: Layer.CISCO_HDLC,
    105: Layer.WIRELESS,
    108: Layer.LOOPBACK,
    109: Layer.ENC,
    113: Layer.LINUX_SLL,
    117: Layer.PFLOG,
    119: Layer.PRISM,
    127: Layer.RADIOTAP,
    163: Layer.AVS,
    192: Layer.PPI,
    204: Layer.PPP_DIRECTION,
    205: Layer.CISCO_DIRECTION,
    226: Layer.IPNET,
    228: Layer.IPV4,
    229: Layer.IPV6,
    239: Layer.NFLOG,
    252: Layer.EXPORTED,
    276: Layer.LINUX_SLL2,
}
ETHERTYPES = lookup(
    1 << 16,
    {
        0x0800: Layer.IPV4,
        0x0806: Layer.ARP,
        0x86DD: Layer.IPV6,
        0x6558: Layer.ETHERNET,  # transparent Ethernet bridging
        0x8847: Layer.MPLS,
        0x8848: Layer.MPLS,
        0x8864: Layer.PPPOE,
        0x88E7: Layer.BACKBONE_TAG,
        0x8926: Layer.VN_TAG,
        0x894F: Layer.NSH,
        **dict.fromkeys((0x8100, 0x88A8, 0x9100, 0x9200, 0x9300), Layer.VLAN),
        **dict.fromkeys(range(1536), Layer.LLC),  # these are lengths (IEEE 802.3)
    },
)
# address families of the systems that write the NULL link type
FAMILIES = lookup(64, {2: Layer.IPV4, **dict.fromkeys((10, 23, 24, 28, 30), Layer.IPV6)})
_VERSIONS = lookup(16, {4: Layer.IPV4, 6: Layer.IPV6})
_WITHOUT_ETHERTYPE = (770, 801, 802, 803, 824)  # ARPHRD of Frame Relay, 802.11 and netlink: another number stands there
_WIRELESS = lookup(1 << 16, {801: Layer.WIRELESS, 802: Layer.PRISM, 803: Layer.RADIOTAP})  # by ARPHRD
_LLC_TYPE = 4  # stands for an EtherType where there is none (Linux's ETH_P_802_2)
_SNAP, _IP_SAP, _UNNUMBERED = 0xAAAA, 0x0606, 3
_ETHERTYPE_FOLLOWS, _BRIDGED, _OF_BRIDGES = 0x000000, 0x0080C2, 0x0000F8  # organisations in SNAP
_BRIDGED_ETHERNET, _PAD = (1, 7), 2  # with and without the frame check sequence (RFC 2684 5.2), and bytes before the frame

_ETHERNET = np.dtype([("addresses", "V12"), ("type", ">u2")])
_VLAN = np.dtype([("tag", ">u2"), ("type", ">u2")])
_LLC = np.dtype(
    [("service", ">u2"), ("control", "u1"), ("organisation_high", "u1"), ("organisation_low", ">u2"), ("type", ">u2")]
)
_SAP_SIZE = 3  # of the header without SNAP
_SLL = np.dtype([("direction", ">u2"), ("hardware", ">u2"), ("address", "V10"), ("type", ">u2")])
_SLL2 = np.dtype([("type", ">u2"), ("reserved", "V2"), ("interface", ">u4"), ("hardware", ">u2"), ("rest", "V10")])
_FAMILY = np.dtype([("family", "<u4")])
_FIRST = np.dtype([("version", "u1")])


def ethernet(peel: Peel, rows: Rows) -> None:
    """Ethernet II and IEEE 802.3."""
    rows, at, head = peel.open(rows, _ETHERNET)
    peel.pass_on(rows, ETHERTYPES[head["type"]], at + _ETHERNET.itemsize)


def vlan(peel: Peel, rows: Rows) -> None:
    """One tag of IEEE 802.1Q or 802.1ad; the next one is another layer."""
    rows, at, head = peel.open(rows, _VLAN)
    peel.flags[rows] |= np.uint16(Flag.VLAN)
    peel.pass_on(rows, ETHERTYPES[head["type"]], at + _VLAN.itemsize)


def llc(peel: Peel, rows: Rows) -> None:
    """IEEE 802.2: with SNAP an EtherType or a bridged frame, or IP by its own number; else nothing that we read."""
    rows, at, head = peel.open(rows, _LLC)
    information = head["control"] == _UNNUMBERED
    organisation = head["organisation_high"].astype(np.uint32) << np.uint32(16) | head["organisation_low"]
    typed = ((organisation == _ETHERTYPE_FOLLOWS) | (organisation == _OF_BRIDGES)) & (head["type"] >= 1536)
    layers = np.where(typed, ETHERTYPES[head["type"]], np.uint8(Layer.NONE))
    bridged = (organisation == _BRIDGED) & np.isin(head["type"], _BRIDGED_ETHERNET)
    layers[bridged] = Layer.ETHERNET
    layers[~information | (head["service"] != _SNAP)] = Layer.NONE
    internet = information & (head["service"] == _IP_SAP)
    layers[internet] = Layer.IPV4
    peel.pass_on(rows, layers, at + np.where(internet, _SAP_SIZE, np.where(bridged, _LLC.itemsize + _PAD, _LLC.itemsize)))


def linux_sll(peel: Peel, rows: Rows) -> None:
    """Linux "cooked" capture (LINKTYPE_LINUX_SLL)."""
    rows, at, head = peel.open(rows, _SLL)
    peel.pass_on(rows, _cooked(head), at + _SLL.itemsize)


def linux_sll2(peel: Peel, rows: Rows) -> None:
    """Linux "cooked" capture, version 2 (LINKTYPE_LINUX_SLL2)."""
    rows, at, head = peel.open(rows, _SLL2)
    peel.pass_on(rows, _cooked(head), at + _SLL2.itemsize)


def _cooked(head: npt.NDArray[Any]) -> Layers:
    """What follows a cooked header: what its type names, read as the hardware demands. A GRE device gives GRE's types."""
    layers: Layers = ETHERTYPES[head["type"]]
    layers[head["type"] < 1536] = Layer.NONE
    layers[head["type"] == _LLC_TYPE] = Layer.LLC
    return np.where(np.isin(head["hardware"], _WITHOUT_ETHERTYPE), _WIRELESS[head["hardware"]], layers)


def loopback(peel: Peel, rows: Rows) -> None:
    """BSD loopback (LINKTYPE_NULL, LINKTYPE_LOOP): an address family, in the byte order of whoever captured."""
    rows, at, head = peel.open(rows, _FAMILY)
    family = np.where(head["family"] > 0xFFFF, head["family"].byteswap(), head["family"])
    peel.pass_on(rows, FAMILIES[np.minimum(family, FAMILIES.size - 1)], at + _FAMILY.itemsize)


def raw_ip(peel: Peel, rows: Rows) -> None:
    """No link layer: the version of IP stands in the first four bits."""
    rows, at, head = peel.open(rows, _FIRST)
    peel.pass_on(rows, _VERSIONS[head["version"] >> 4], at)


def arp(peel: Peel, rows: Rows) -> None:
    """ARP: named, and not opened. In a tunnel it has nothing to do with the addresses outside."""
    peel.protocol[rows] = Protocol.ARP
    for learned in (peel.source, peel.destination, peel.source_port, peel.destination_port):
        learned[rows] = 0
    peel.transport[rows] = 0
    peel.transport_start[rows] = 0
    peel.carry(rows, peel.at[rows])
    peel.layer[rows] = Layer.NONE


STEPS: dict[Layer, Step] = {
    Layer.ETHERNET: ethernet,
    Layer.VLAN: vlan,
    Layer.LLC: llc,
    Layer.LINUX_SLL: linux_sll,
    Layer.LINUX_SLL2: linux_sll2,
    Layer.LOOPBACK: loopback,
    Layer.RAW_IP: raw_ip,
    Layer.ARP: arp,
}
