"""What can be captured on: the values, and the rules about them that hold on every system."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ethernet", "wifi", "loopback", "any", "tunnel", "virtual"]


@dataclass(frozen=True, slots=True)
class CaptureInterface:
    """An interface as people and ``-i`` name it.

    ``name`` is libpcap's; ``label`` is what the system's own settings call it; ``description`` is its hardware or purpose.
    ``up``: it is switched on (a cable: and plugged in). ``usable``: capturing can begin now, else ``why_not`` is a sentence.
    ``default_route``: the way to the internet, the one to choose first. ``in_all``: belongs to "all interfaces", else
    ``left_out`` says why not.
    """

    name: str
    label: str
    kind: Kind
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    up: bool = True
    usable: bool = True
    why_not: str = ""
    description: str = ""
    default_route: bool = False
    in_all: bool = True
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceList:
    """The interfaces, the one to choose first in front; or none and why: ``problem`` is a sentence that says what to do.

    ``problem`` may also stand beside interfaces none of which is usable. ``library`` is the capture library's version.
    """

    interfaces: tuple[CaptureInterface, ...] = ()
    problem: str = ""
    library: str = ""

    def find(self, name: str) -> CaptureInterface | None:
        """The interface with this name, or else with this label."""
        for known in ("name", "label"):
            for interface in self.interfaces:
                if getattr(interface, known) == name:
                    return interface
        return None

    @property
    def all(self) -> tuple[CaptureInterface, ...]:
        """What "all interfaces" means: those that are usable, and belong to it."""
        return tuple(interface for interface in self.interfaces if interface.usable and interface.in_all)

    @property
    def preselected(self) -> CaptureInterface | None:
        """The one that a front end offers first: that of the default route, else the first usable one."""
        usable = [interface for interface in self.interfaces if interface.usable]
        return next((one for one in usable if one.default_route), usable[0] if usable else None)


_ORDER: Sequence[Kind] = ("ethernet", "wifi", "virtual", "tunnel", "loopback", "any")


def in_order(interfaces: Sequence[CaptureInterface]) -> tuple[CaptureInterface, ...]:
    """Default route first, then what is usable, then by kind and label."""
    return tuple(
        sorted(
            interfaces,
            key=lambda one: (not one.default_route, not one.usable, _ORDER.index(one.kind), one.label.casefold(), one.name),
        )
    )
