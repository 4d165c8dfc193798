"""Interfaces of Linux: what the kernel tells under /sys and /proc about the names that libpcap gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sipview.live.interfaces import CaptureInterface, Kind

# Interface types of <linux/if_arp.h>.
_LOOPBACK, _NONE, _SIT = 772, 65534, 776
_TUNNELS = {_NONE, 768, 769, _SIT, 778, 823}  # tun, IP in IP, IPv6 in IPv6, IPv6 in IPv4, GRE, GRE over IPv6
_IFF_UP = 1
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Found:
    """What libpcap tells about an interface."""

    name: str
    description: str = ""
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()


def linux_interfaces(found: Iterable[Found], permitted: str, root: Path = Path("/")) -> list[CaptureInterface]:
    """The network interfaces among what libpcap found (which also lists D-Bus, Bluetooth, netfilter).

    ``permitted`` is "" where this user may capture, else the sentence why not. ``root`` is where /sys and /proc are.
    """
    default = _default_routes(root)
    made = []
    for one in found:
        device = root / "sys/class/net" / one.name
        if one.name == _ANY:
            made.append(
                CaptureInterface(
                    _ANY, "all interfaces at once", "any", usable=not permitted, why_not=permitted,
                    description="one file, without the frames' own link layer", in_all=False,
                    left_out="its packets are those of the other interfaces",
                )
            )  # fmt: skip
        elif device.is_dir():
            made.append(_interface(one, device, permitted, default_route=one.name in default))
    return made


def _interface(found: Found, device: Path, permitted: str, *, default_route: bool) -> CaptureInterface:
    kind = _kind(device)
    switched_on = _number(device / "flags", 16) & _IFF_UP != 0
    why_not = permitted
    if not switched_on:
        why_not = f"It is switched off; switch it on with: ip link set {found.name} up"
    ipv6_tunnel = _number(device / "type") == _SIT
    return CaptureInterface(
        found.name,
        found.name,
        kind,
        found.ipv4,
        found.ipv6,
        up=switched_on and _text(device / "carrier") != "0",
        usable=not why_not,
        why_not=why_not,
        description=found.description or _driver(device),
        default_route=default_route,
        in_all=not ipv6_tunnel,
        left_out="it tunnels IPv6 through another interface, where the same packets are captured" if ipv6_tunnel else "",
    )


def _kind(device: Path) -> Kind:
    number = _number(device / "type")
    if number == _LOOPBACK:
        return "loopback"
    if (device / "wireless").exists() or (device / "phy80211").exists():
        return "wifi"
    if number in _TUNNELS or (device / "tun_flags").exists():
        return "tunnel"
    return "ethernet" if (device / "device").exists() else "virtual"


def _driver(device: Path) -> str:
    link = device / "device" / "driver"
    return link.resolve().name if link.exists() else ""


def _default_routes(root: Path) -> set[str]:
    """The interfaces with a default route (the mask of all zeros; RTF_UP, and for IPv6 not RTF_REJECT)."""
    names = set()
    for line in _text(root / "proc/net/route").splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 8 and fields[1] == fields[7] == "00000000" and int(fields[3], 16) & 1:
            names.add(fields[0])
    for line in _text(root / "proc/net/ipv6_route").splitlines():
        fields = line.split()
        if len(fields) >= 10 and fields[0] == "0" * 32 and fields[1] == "00" and not int(fields[8], 16) & 0x200:
            names.add(fields[9])
    return names


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path, base: int = 10) -> int:
    try:
        return int(_text(path), base)
    except ValueError:
        return 0
