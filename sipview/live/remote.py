"""Another computer through the system's ssh: the command line, what can be captured on there, what refusals mean.

Keys, agents, jump hosts and host keys are the business of ssh and its settings. What runs there is one POSIX shell
script, which looks for tcpdump or dumpcap, as an ordinary user's search path often has neither.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from sipview.live.interfaces import CaptureInterface, InterfaceList, Kind, in_order
from sipview.live.processes import no_window
from sipview.values import visible

CONNECT_S = 10
"""How long a connection may take where nobody is asked anything."""
_ASKING_S = 30.0
_LOOK_UP_S = 0.1
_MOST_SAID = 1 << 18
_MOST_INTERFACES = 200
_NO_PROGRAM = "sipview: no capture program"
SEARCH_PATH = "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH LC_ALL=C; has() { command -v $1 >/dev/null 2>&1; }"
REQUIRE_PROGRAM = f'has tcpdump || has dumpcap || {{ echo "{_NO_PROGRAM}" >&2; exit 127; }}'
"""Parts of scripts for the other end: find programs where administrators' ones are, end where none can capture."""

_LIST = "; ".join((
    SEARCH_PATH,
    REQUIRE_PROGRAM,
    "{ tcpdump -D || dumpcap -D; } 2>/dev/null | sed 's/^/device /'",
    "ip -o addr show 2>/dev/null | sed 's/^/address /'",
    "ip route show default 2>/dev/null | sed 's/^/route /'",
    "{ tcpdump -d -i 1 || dumpcap -L -i 1; } >/dev/null 2>&1 && echo permitted || tcpdump -d -i 1 >/dev/null",
))  # fmt: skip
_DEVICE = re.compile(r"device \d+\. ?([\w.@:-]{1,64})(?: \(([^)]*)\))?(?: \[([^\]]*)\])?")
_ADDRESS = re.compile(r"address \d+: ([\w.@:-]{1,64})\s+(inet6?) ([0-9a-fA-F.:]{2,45})/")
_ROUTE = re.compile(r"route default .*\bdev ([\w.@:-]{1,64})")
_NO_NETWORK = ("bluetooth", "nflog", "nfqueue", "dbus-", "usbmon", "ciscodump", "randpkt", "sshdump", "udpdump", "wifidump",
               "dpauxmon", "sdjournal")  # fmt: skip


class Host(NamedTuple):
    """A computer as ssh is told of it: ``address`` is ``pbx`` or ``user@pbx``; ``port`` 0 is what the settings of ssh say."""

    address: str
    port: int = 0

    @property
    def name(self) -> str:
        """Without the user."""
        return self.address.rpartition("@")[2]

    @property
    def words(self) -> str:
        """As one types it behind ``ssh``."""
        return (f"-p {self.port} " if self.port else "") + shlex.quote(self.address)


class Refusal(NamedTuple):
    """Why it does not work, in a sentence without its full stop; ``command`` is for a terminal here, "" where none helps."""

    sentence: str
    command: str = ""


def ssh_command(host: Host, script: str, *, attended: bool, system: str = sys.platform) -> list[str]:
    """The command line that runs a shell script there.

    ``attended``: somebody sits at a terminal, and may be asked for a password or about a host key; else ssh gives up. On
    Windows (``system``, a value of ``sys.platform``) it always does: the engine has no console there to ask at.
    """
    options = ["-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"]
    if not attended or system == "win32":
        options += ["-o", "BatchMode=yes", "-o", f"ConnectTimeout={CONNECT_S}"]
    if host.port:
        options += ["-p", str(host.port)]
    return [_ssh(system), "-T", *options, "--", host.address, f"exec sh -c {shlex.quote(script)}"]


def _ssh(system: str) -> str:
    """The program. Windows looks in the working folder first, where a stranger's may lie: so that of Windows by its path."""
    own = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "OpenSSH", "ssh.exe")
    return own if system == "win32" and os.path.exists(own) else "ssh"


def remote_interfaces(
    host: Host, timeout_s: float = _ASKING_S, unwanted: Callable[[], bool] = lambda: False
) -> tuple[InterfaceList, Refusal | None]:
    """What can be captured on there; a refusal where that cannot be told, or is not permitted. Never raises, asks nobody.

    ``unwanted`` is asked while the answer is waited for: where it says yes, the connection is ended.
    """
    try:
        asking = subprocess.Popen(
            ssh_command(host, _LIST, attended=False),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=no_window(),
        )
    except OSError as error:
        return InterfaceList(), not_started(error)
    until = time.monotonic() + timeout_s
    with asking:
        while True:
            try:
                said, told = asking.communicate(timeout=_LOOK_UP_S)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() >= until or unwanted():
                    asking.kill()
                    name = visible(host.name, 80)
                    return InterfaceList(), Refusal(f"{name} has not answered within {timeout_s:.0f} seconds")
    lines = said[:_MOST_SAID].decode("utf-8", "replace")
    listed = _listed(lines)
    if "permitted" in lines.splitlines():
        return listed, None
    return listed, refusal(told[-_MOST_SAID:].decode("utf-8", "replace"), host)


def not_started(error: OSError) -> Refusal:
    """Why the program ssh could not be started."""
    if isinstance(error, FileNotFoundError):
        return Refusal("The program ssh is not on this computer; install an OpenSSH client")
    return Refusal(f"The program ssh cannot be started: {error.strerror or error}")


def refusal(said: str, host: Host) -> Refusal:
    """What ssh, or a program on the other end, meant by its last words."""
    name = visible(host.name, 80)
    for pattern, sentence, command in _REFUSALS:
        if found := pattern.search(said):
            told = visible(" ".join(found.group().split()), 160).rstrip(".")
            words = sentence.format(name=name, port=f" {host.port}" if host.port else "", told=told)
            known_as = f"[{host.name}]:{host.port}" if host.port not in {0, 22} else host.name
            typed = command.format(words=host.words, known_as=shlex.quote(known_as)) if sys.platform != "win32" else ""
            return Refusal(words, typed)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Capturing on", "File:", "tcpdump: listening", "Warning: Perm"))]
    return Refusal(visible(" ".join(telling[:2]), 400).rstrip(".") or "the connection is closed")


def _refusal(pattern: str, sentence: str, command: str = "") -> tuple[re.Pattern[str], str, str]:
    return re.compile(pattern, re.IGNORECASE), sentence, command


_REFUSALS = (
    _refusal(
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "{name} shows another host key than it had before: it was set up anew, or somebody else answers. Ask who looks after "
        "it; only if all is well, forget the old key",
        "ssh-keygen -R {known_as}",
    ),
    _refusal(
        r"Host key verification failed",
        "The host key of {name} is not known here yet: connect once in a terminal, compare the key, and answer yes",
        "ssh {words}",
    ),
    _refusal(
        r"Permission denied \([^)\n]*\)",
        "{name} has not accepted a key of yours ({told}), and no password is asked here: give it your key once in a terminal",
        "ssh-copy-id {words}",
    ),
    _refusal(r"Too many authentication failures", "{name} was offered too many keys: name the right one in ssh's settings"),
    _refusal(r"Could not resolve hostname[^\n]*", "No computer with the name {name} is known here ({told})"),
    _refusal(
        r"Connection refused",
        "{name} refuses the connection on the SSH port{port} ({told}): no SSH server listens there, or a firewall forbids it",
    ),
    _refusal(
        r"Connection timed out|Operation timed out|No route to host|Network is unreachable|Host is down",
        "{name} cannot be reached on the SSH port{port} ({told}): it is off, elsewhere, or behind a firewall",
    ),
    _refusal(
        r"(?:kex_exchange_identification|Connection closed by|Connection reset by|banner exchange)[^\n]*",
        "{name} closed the connection before the login ({told}): it is no SSH server, or does not want this computer",
    ),
    _refusal(_NO_PROGRAM, "Neither tcpdump nor dumpcap is on {name}: install one there, on Debian with: apt install tcpdump"),
    _refusal(
        r"You don't have permission[^\n.]*|Operation not permitted|CAP_NET_RAW[^\n]*",
        "The user on {name} may not capture there ({told}): take root, or one who may use dumpcap (Debian: group wireshark)",
    ),
    _refusal(
        r"[^\n]*(?:No such device|There is no device named|doesn't exist|is not one of the interfaces)[^\n]*",
        "{name} has no such interface ({told})",
    ),
)


def _listed(said: str) -> InterfaceList:
    """The interfaces in what the script printed."""
    addresses: dict[str, dict[str, list[str]]] = {}
    devices: list[tuple[str, str, str]] = []
    default = set()
    for line in said.splitlines():
        if found := _ADDRESS.match(line):
            addresses.setdefault(found[1], {}).setdefault(found[2], []).append(found[3])
        elif found := _ROUTE.match(line):
            default.add(found[1])
        elif (found := _DEVICE.match(line)) and not found[1].startswith(_NO_NETWORK):
            devices.append((found[1], found[2] or "", found[3] or ""))
    interfaces = []
    for name, description, flags in devices[:_MOST_INTERFACES]:
        kind: Kind = "ethernet"
        if name == "any":
            kind = "any"
        elif "Loopback" in flags or description == "Loopback":
            kind = "loopback"
        elif "Wireless" in flags:
            kind = "wifi"
        found_there = addresses.get(name, {})
        interfaces.append(
            CaptureInterface(
                name, name, kind, tuple(found_there.get("inet", ())), tuple(found_there.get("inet6", ())),
                up="Up" in flags or not flags, default_route=name in default, in_all=kind != "any",
            )
        )  # fmt: skip
    return InterfaceList(in_order(interfaces))
