"""A network of a test's own: a Linux network namespace, so that no other traffic comes near it, and none of the test leaves it.

with private_network():          # this thread, and the processes that it starts
    with veth("pbx", "phone"):
        ...
"""

import ctypes
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sipview.live import Capture, Ended, Event, Order
from tests.support.needs import require_tool, skip_or_fail
from tests.support.patience import PATIENCE_S

_CLONE_NEWNET = 0x40000000


def require_capture_rights() -> None:
    """Skip the running test where there are no network namespaces (not Linux); where it may make none, in CI, fail it."""
    if sys.platform != "linux":
        pytest.skip("network namespaces exist on Linux only")
    if os.geteuid() != 0:
        skip_or_fail("to capture in a network namespace takes root")


@contextmanager
def private_network() -> Iterator[None]:
    """Move this thread into a new network with a loopback interface, and back."""
    require_capture_rights()
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as home:
        if libc.unshare(_CLONE_NEWNET) != 0:
            skip_or_fail(f"no network namespace can be made here: {os.strerror(ctypes.get_errno())}")
        try:
            ip("link set lo up")
            yield
        finally:
            libc.setns(home.fileno(), _CLONE_NEWNET)


def ip(arguments: str) -> None:
    """Run the program ``ip``."""
    subprocess.run([require_tool("ip"), *arguments.split()], check=True, capture_output=True)


@contextmanager
def veth(name: str, peer: str) -> Iterator[None]:
    """A pair of Ethernet interfaces that are connected to each other, up and without addresses of IPv6."""
    ip(f"link add {name} type veth peer name {peer}")
    for one in (name, peer):
        with open(f"/proc/sys/net/ipv6/conf/{one}/disable_ipv6", "w", encoding="ascii") as setting:
            setting.write("1")
        ip(f"link set {one} up")
    try:
        yield
    finally:
        subprocess.run([require_tool("ip"), "link", "delete", name], check=False, capture_output=True)


def send_frames(interface: str, frames: list[bytes]) -> None:
    """Put whole Ethernet frames on an interface."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface, 0))
        for frame in frames:
            raw.send(frame)


def send_udp(port: int, payloads: list[bytes], host: str = "127.0.0.1") -> None:
    """Send datagrams; whether anybody listens does not matter."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for payload in payloads:
            sender.sendto(payload, (host, port))


class Watched:
    """A capture under test: waits for what it reports, never for a time."""

    def __init__(self, order: Order) -> None:
        self._changed = threading.Event()
        self.capture = Capture(order, self._changed.set)
        self.seen: list[Event] = []

    def until(self, condition: Callable[["Watched"], object]) -> None:
        """Wait until the condition holds. Fails when the capture ends before, or nothing happens for long."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self._changed.clear()
            self.seen += self.capture.events()
            if condition(self):
                return
            ended = self.capture.ended
            if ended is not None and ended in self.seen:
                raise AssertionError(f"the capture ended: {ended}")
            if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                raise AssertionError(f"waited in vain; the capture stands at {self.capture.progress}")

    def started(self) -> "Watched":
        """Wait until nothing is missed any more."""
        self.until(lambda watched: watched.capture.started)
        return self

    def packets(self, count: int) -> "Watched":
        """Wait until so many packets are written."""
        self.until(lambda watched: watched.capture.progress.packets >= count)
        return self

    def end(self) -> Ended:
        """Wait until it has ended by itself."""
        self.until(lambda watched: watched.capture.ended)
        assert self.capture.ended is not None
        return self.capture.ended

    def stop(self) -> Ended:
        """Stop it, and wait for the end."""
        self.capture.stop()
        return self.end()


@contextmanager
def capturing(order: Order) -> Iterator[Watched]:
    """A capture that is ended in any case."""
    watched = Watched(order)
    try:
        yield watched
    finally:
        watched.capture.close()
