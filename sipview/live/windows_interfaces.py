"""Interfaces of Windows: the names that people know, joined by GUID to the ``\\Device\\NPF_{...}`` names of Npcap."""

import contextlib
import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sipview.live.interfaces import CaptureInterface, Kind
from sipview.live.linux_interfaces import Found
from sipview.live.processes import no_window

# Interface types (IANA ifType-MIB) and states of GetAdaptersAddresses.
_SOFTWARE_LOOPBACK, _WIFI, _TUNNEL, _PPP, _PROPRIETARY_VIRTUAL = 24, 71, 131, 23, 53
_UP = 1
_TUNNELLING = re.compile(r"teredo|isatap|6to4|wan miniport", re.IGNORECASE)
_VIRTUAL = re.compile(r"virtual|hyper-v|vmware|virtualbox|tap-windows|wintun|wireguard|docker|vpn", re.IGNORECASE)
_GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
_LOOPBACK_NAME = "NPF_Loopback"


@dataclass(frozen=True, slots=True)
class Adapter:
    """What GetAdaptersAddresses tells about an adapter. ``metric`` is the least of its default routes, None without one."""

    guid: str
    friendly_name: str
    description: str
    interface_type: int
    up: bool
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class Npcap:
    """How Npcap is set up: whether its service runs (None: not to be found out), and whether only administrators may use it."""

    running: bool | None
    admin_only: bool


def windows_interfaces(found: Iterable[Found], adapters: Sequence[Adapter], npcap: Npcap) -> tuple[list[CaptureInterface], str]:
    """The interfaces that Npcap found, with Windows' names; and what is wrong with Npcap itself ("": nothing)."""
    by_guid = {adapter.guid.upper(): adapter for adapter in adapters}
    routed = [adapter for adapter in adapters if adapter.metric is not None and adapter.up]
    default = min(routed, key=lambda adapter: adapter.metric or 0).guid.upper() if routed else ""
    made = []
    for one in found:
        guid = _GUID.search(one.name)
        adapter = by_guid.get(guid.group().upper()) if guid else None
        made.append(_interface(one, adapter, default_route=adapter is not None and adapter.guid.upper() == default))
    return made, _problem(made, npcap)


def _interface(found: Found, adapter: Adapter | None, *, default_route: bool) -> CaptureInterface:
    description = adapter.description if adapter else found.description
    friendly = adapter.friendly_name if adapter else ""
    tunnelling = (adapter is not None and adapter.interface_type == _TUNNEL) or bool(_TUNNELLING.search(description))
    kind = _kind(found, adapter, description, tunnelling=tunnelling)
    label = "Loopback" if kind == "loopback" else friendly or description or found.name
    return CaptureInterface(
        found.name,
        label,
        kind,
        found.ipv4 or (("127.0.0.1",) if kind == "loopback" else ()),
        found.ipv6 or (("::1",) if kind == "loopback" else ()),
        up=adapter.up if adapter else True,
        description=description if description != label else "",
        default_route=default_route,
        in_all=not tunnelling,
        left_out="it is a tunnelling adapter of Windows; its packets pass through another interface" if tunnelling else "",
    )


def _kind(found: Found, adapter: Adapter | None, description: str, *, tunnelling: bool) -> Kind:
    if found.name.endswith(_LOOPBACK_NAME) or (adapter and adapter.interface_type == _SOFTWARE_LOOPBACK):
        return "loopback"
    if tunnelling or (adapter and adapter.interface_type == _PPP):
        return "tunnel"
    if adapter and adapter.interface_type == _WIFI:
        return "wifi"
    if (adapter and adapter.interface_type == _PROPRIETARY_VIRTUAL) or _VIRTUAL.search(description):
        return "virtual"
    return "ethernet"


def _problem(made: Sequence[CaptureInterface], npcap: Npcap) -> str:
    if npcap.running is False:
        return (
            "Npcap is installed, but its service is stopped (updates of Windows can do that). As administrator: net start npcap"
        )
    if npcap.admin_only and not any(one.kind != "loopback" for one in made):
        return (
            "Npcap was installed for administrators only, and this program runs without their rights: answer Yes when Windows "
            "asks, or install Npcap again without that option"
        )
    if not made:
        return "Npcap found no interface. As administrator: net stop npcap, then net start npcap"
    return ""


if sys.platform == "win32":
    import winreg

    def npcap_setup() -> Npcap:
        """How Npcap is set up here, from the registry and the service's state."""
        admin_only = False
        with (
            contextlib.suppress(OSError),  # not Npcap, or an old one
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Services\npcap\Parameters") as key,
        ):
            admin_only = bool(winreg.QueryValueEx(key, "AdminOnly")[0])
        return Npcap(service_running(_said_by_service_control()), admin_only)

    def windows_adapters() -> list[Adapter]:
        """The adapters that GetAdaptersAddresses lists."""
        ask: Any = ctypes.WinDLL("iphlpapi").GetAdaptersAddresses
        size = ctypes.c_uint32(1 << 15)
        for _ in range(4):  # the list may grow between two calls
            room = ctypes.create_string_buffer(size.value)
            status = ask(0, _GAA_FLAGS, None, room, ctypes.byref(size))
            if status == 0:
                return adapters_at(ctypes.addressof(room))
            if status != _OVERFLOW:
                break
        return []


def _said_by_service_control() -> str:
    program = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "sc.exe")
    try:
        said = subprocess.run(
            [program, "query", "npcap"], capture_output=True, timeout=5, check=False, creationflags=no_window()
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.decode("ascii", "replace")


def service_running(said: str) -> bool | None:
    """Whether the service runs, from what ``sc query`` prints (the number after STATE, as its words are translated)."""
    states = re.findall(r":\s*(\d)\s+[A-Z_]+\s*\r?$", said, re.MULTILINE)
    numbers = [int(state) for state in states]
    return None if not numbers else numbers[-1] == 4


class _AdapterAddresses(ctypes.Structure):
    """IP_ADAPTER_ADDRESSES as far as it is needed (<iptypes.h>, since Windows Vista)."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("index", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("adapter_name", ctypes.c_char_p),
        ("unicast", ctypes.c_void_p),
        ("anycast", ctypes.c_void_p),
        ("multicast", ctypes.c_void_p),
        ("dns_server", ctypes.c_void_p),
        ("dns_suffix", ctypes.c_wchar_p),
        ("description", ctypes.c_wchar_p),
        ("friendly_name", ctypes.c_wchar_p),
        ("physical_address", ctypes.c_ubyte * 8),
        ("physical_address_length", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("mtu", ctypes.c_uint32),
        ("interface_type", ctypes.c_uint32),
        ("status", ctypes.c_int),
        ("ipv6_index", ctypes.c_uint32),
        ("zones", ctypes.c_uint32 * 16),
        ("prefix", ctypes.c_void_p),
        ("transmit_speed", ctypes.c_uint64),
        ("receive_speed", ctypes.c_uint64),
        ("wins", ctypes.c_void_p),
        ("gateway", ctypes.c_void_p),
        ("ipv4_metric", ctypes.c_uint32),
        ("ipv6_metric", ctypes.c_uint32),
    )


_GAA_FLAGS = 0x2 | 0x4 | 0x8 | 0x80  # no anycast, multicast, DNS servers; gateways too
_OVERFLOW = 111


def adapters_at(address: int) -> list[Adapter]:
    """The adapters of the list of IP_ADAPTER_ADDRESSES that begins at this address in memory."""
    adapters = []
    while address:
        one = _AdapterAddresses.from_address(address)
        metric = min(one.ipv4_metric, one.ipv6_metric) if one.gateway else None
        adapters.append(
            Adapter(
                one.adapter_name.decode("ascii", "replace"), one.friendly_name or "", one.description or "",
                one.interface_type, one.status == _UP, metric,
            )
        )  # fmt: skip
        address = one.next or 0
    return adapters
