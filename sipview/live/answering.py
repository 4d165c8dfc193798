"""A short-lived process that asks the capture library, so that the program does not wait for it, crash with it, or load it.

On Windows, loading Npcap may ask for elevation, or hang; on any system a broken library may end the process that loads it. One
request as a line of JSON on standard input, one answer as a line of JSON on standard output.
"""

import ctypes
import os
import socket
import sys
from typing import Any

import msgspec

from sipview.live import permission
from sipview.live.filters import FilterFault, fault_of
from sipview.live.interfaces import CaptureInterface, InterfaceList, Kind, in_order
from sipview.live.library import (
    IF_LOOPBACK,
    IF_UP,
    IF_WIRELESS,
    PERMISSION_DENIED,
    PROMISCUOUS_DENIED,
    Library,
    LibraryError,
    LibraryMissing,
)
from sipview.live.linux_interfaces import Found, linux_interfaces
from sipview.live.presets import ETHERNET, SIP_PORTS
from sipview.live.sound_passing import sound_passes


class AskInterfaces(msgspec.Struct, frozen=True, tag="interfaces"):
    """What can be captured on? Answered by `InterfaceList`."""


class AskFilter(msgspec.Struct, frozen=True, tag="filter"):
    """Does this filter compile for this link type, and does it take sound? Answered by `FilterAnswer`."""

    expression: str
    link_type: int = 1
    sip_ports: tuple[int, ...] = SIP_PORTS


class FilterAnswer(msgspec.Struct, frozen=True):
    """``fault`` is None where the filter compiles. ``problem``: it could not be tried (the library is missing).

    ``takes_sound``: whether RTP can pass it, as far as is known.
    """

    fault: FilterFault | None = None
    problem: str = ""
    takes_sound: bool = True


def interfaces() -> InterfaceList:
    """What can be captured on here, by the capture library loaded into this process."""
    try:
        library = Library()
    except LibraryMissing as error:
        return InterfaceList(problem=str(error))
    try:
        nodes = [(_found(library, node), int(node.flags)) for node in library.interfaces()]
    except LibraryError as error:
        return InterfaceList(problem=f"The capture library cannot list the interfaces: {error}", library=library.version)
    found = [one for one, _ in nodes]
    problem = ""
    if sys.platform == "win32":
        from sipview.live.windows_interfaces import npcap_setup, windows_adapters, windows_interfaces  # noqa: PLC0415

        listed, problem = windows_interfaces(found, windows_adapters(), npcap_setup())
    elif sys.platform == "linux":
        problem = _not_permitted(library, "lo")
        listed = linux_interfaces(found, problem)
    elif sys.platform == "darwin":
        from sipview.live.mac_interfaces import mac_interfaces, said  # noqa: PLC0415

        problem = _not_permitted(library, "lo0")
        listed = mac_interfaces(nodes, problem, *said())
    else:
        listed = [_by_flags(one, flags) for one, flags in nodes]
    return InterfaceList(in_order(listed), problem, library.version)


def _by_flags(found: Found, flags: int) -> CaptureInterface:
    """An interface of a system that tells no more than libpcap does."""
    kind: Kind = "loopback" if flags & IF_LOOPBACK else "wifi" if flags & IF_WIRELESS else "ethernet"
    return CaptureInterface(found.name, found.description or found.name, kind, found.ipv4, found.ipv6, up=bool(flags & IF_UP))


def _not_permitted(library: Library, loopback: str) -> str:
    """Why this user may not capture on Linux or macOS, "" where it is permitted. The right is the same on each interface."""
    try:
        handle = library.open(loopback, snap_length=64, promiscuous=False, buffer_bytes=1 << 16, timeout_ms=100)
    except LibraryError as error:
        if error.code in {PERMISSION_DENIED, PROMISCUOUS_DENIED} and permission.usable_dumpcap(loopback) is None:
            return permission.how_to_permit()
        return ""
    library.pcap_close(handle)
    return ""


def _found(library: Library, node: Any) -> Found:  # noqa: ANN401 - a structure of ctypes
    ipv4, ipv6 = [], []
    address = node.addresses
    while address:
        socket_address = address.contents.addr
        family = socket_address.contents.sa_family if socket_address else None
        if family == socket.AF_INET:
            raw = bytes(ctypes.cast(socket_address, ctypes.POINTER(library.structures.sockaddr_in)).contents.sin_addr)
            ipv4.append(socket.inet_ntop(socket.AF_INET, raw))
        elif family == socket.AF_INET6:
            raw = bytes(ctypes.cast(socket_address, ctypes.POINTER(library.structures.sockaddr_in6)).contents.sin6_addr)
            ipv6.append(socket.inet_ntop(socket.AF_INET6, raw))
        address = address.contents.next
    return Found(library.text(node.name), library.text(node.description), tuple(ipv4), tuple(ipv6))


def answer(request: bytes) -> bytes:
    """The answer to one request."""
    asked = msgspec.json.decode(request, type=AskInterfaces | AskFilter)
    if isinstance(asked, AskInterfaces):
        return msgspec.json.encode(interfaces())
    try:
        return msgspec.json.encode(_checked(Library(), asked))
    except LibraryMissing as error:
        return msgspec.json.encode(FilterAnswer(problem=str(error)))


def _checked(library: Library, asked: AskFilter) -> FilterAnswer:
    fault = fault_of(library, asked.expression, asked.link_type)
    if fault is not None or asked.link_type != ETHERNET:
        return FilterAnswer(fault)
    program = library.compile_for(ETHERNET, asked.expression)
    try:
        return FilterAnswer(takes_sound=sound_passes(program.instructions(), asked.sip_ports))
    finally:
        program.close()


def main() -> int:
    """Answer the request on standard input."""
    request = b""
    while not request.endswith(b"\n") and (piece := os.read(0, 1 << 16)):
        request += piece
    os.write(1, answer(request) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
