"""Interfaces of macOS: libpcap's names with those of the system settings, from what ``networksetup`` and ``route`` print."""

import re
import subprocess
from collections.abc import Iterable

from sipview.live.interfaces import CaptureInterface, Kind
from sipview.live.library import IF_LOOPBACK, IF_UP, IF_WIRELESS
from sipview.live.linux_interfaces import Found

_CONNECTION, _DISCONNECTED = 0x30, 0x20  # PCAP_IF_CONNECTION_STATUS
_TUNNEL = re.compile(r"(?:utun|ipsec|ppp|gif|stf)\d")
_SIX_TO_FOUR = re.compile(r"stf\d")
_VIRTUAL = re.compile(r"(?:bridge|vmnet|vmenet|feth|awdl|llw|anpi|ap)\d")
_PORT = re.compile(r"^Hardware Port: (.+)\nDevice: (\S+)$", re.MULTILINE)
_ROUTE = re.compile(r"^ *interface: (\S+)$", re.MULTILINE)
_ASKING_S = 5
_PORTS, _DEFAULT_ROUTE = ("/usr/sbin/networksetup", "-listallhardwareports"), ("/sbin/route", "-n", "get", "default")


def mac_interfaces(found: Iterable[tuple[Found, int]], permitted: str, ports: str, route: str) -> list[CaptureInterface]:
    """What libpcap found, each with its flags there. ``permitted`` is "" where this user may capture, else why not.

    ``ports`` and ``route`` are what the system prints (`said`).
    """
    labels = {device: port for port, device in _PORT.findall(ports)}
    default = set(_ROUTE.findall(route))
    return [_interface(one, flags, permitted, labels.get(one.name, ""), one.name in default) for one, flags in found]


def _interface(found: Found, flags: int, permitted: str, port: str, default_route: bool) -> CaptureInterface:
    switched_on = flags & IF_UP != 0
    six_to_four = _SIX_TO_FOUR.match(found.name) is not None
    why_not = permitted if switched_on else f"It is switched off; switch it on with: sudo ifconfig {found.name} up"
    return CaptureInterface(
        found.name,
        f"{port} ({found.name})" if port else found.name,
        _kind(found.name, flags, port),
        found.ipv4,
        found.ipv6,
        up=switched_on and flags & _CONNECTION != _DISCONNECTED,
        usable=not why_not,
        why_not=why_not,
        description=found.description,
        default_route=default_route,
        in_all=not six_to_four,
        left_out="it tunnels IPv6 through another interface, where the same packets are captured" if six_to_four else "",
    )


def _kind(name: str, flags: int, port: str) -> Kind:
    if flags & IF_LOOPBACK:
        return "loopback"
    if flags & IF_WIRELESS or port == "Wi-Fi":
        return "wifi"
    if _TUNNEL.match(name):
        return "tunnel"
    return "virtual" if _VIRTUAL.match(name) else "ethernet"


def said() -> tuple[str, str]:
    """What the system says about hardware ports, and about the default route; "" where it says nothing."""
    return _said_by(_PORTS), _said_by(_DEFAULT_ROUTE)


def _said_by(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ASKING_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
