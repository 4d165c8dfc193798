"""Windows with Npcap, imitated on Linux for the processes that a test starts: all above the system's functions is real.

with imitated_windows(tmp_path) as windows:
    subprocess.run([sys.executable, "-m", "sipview", "interfaces", "--json"])
windows.notes()     # what the processes asked of the system

In those processes ``sys.platform`` is ``win32``; modules and functions that only POSIX has are missing; ``msvcrt``, ``winreg``,
``iphlpapi.dll`` and ``sc.exe`` answer as they do on a Russian Windows; Npcap's folder holds libpcap as ``wpcap.dll``, its list
of interfaces is that of Npcap, and whose loopback adapter is ``lo``. A process that is started without saying that it shall
have no console is refused. Files behave as in `windows_files`.
"""

import ctypes
import ctypes.util
import errno
import importlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.support.needs import CHECKOUT
from tests.support.windows_files import as_on_windows

_NOTES = "SIPVIEW_TEST_NOTES"
WITH_QT = "SIPVIEW_TEST_WITH_QT"
"""A variable for a process that opens a window: Qt's own modules are imported before it lives on Windows."""
_POSIX_MODULES = ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog")
_POSIX_NAMES = {
    os: ("fork", "getuid", "geteuid", "getgid", "setsid", "sched_getaffinity", "mkfifo", "chown", "killpg"),
    signal: ("SIGHUP", "SIGUSR1", "SIGALRM", "pthread_sigmask", "alarm"),
    socket: ("AF_UNIX", "AF_PACKET"),
}
_NO_WINDOW = 0x08000000
_START = """
import sys
sys.path.append({checkout!r})
from tests.support import imitated_windows
sys.path.remove({checkout!r})
imitated_windows.imitate()
"""
_SC_QUERY = """#!/bin/sh
printf '\\r\\nИмя_службы: npcap \\r\\n        Тип                : 1  KERNEL_DRIVER  \\r\\n' | iconv -t CP866
printf '        Состояние          : {state} \\r\\n        Код_выхода_Win32   : 0  (0x0)\\r\\n' | iconv -t CP866
"""

GUIDS = [f"{{{number:08X}-0000-4000-8000-00000000000{number}}}" for number in range(5)]
ADAPTERS = [  # name, description, interface type, state, has a gateway, metric
    ("Ethernet 2", "Intel(R) I350 Gigabit Network Connection", 6, 1, True, 25),
    ("Беспроводная сеть", "Intel(R) Wi-Fi 6 AX201 160MHz", 71, 2, False, 50),
    ("Teredo Tunneling Pseudo-Interface", "Microsoft Teredo Tunneling Adapter", 131, 1, False, 75),
    ("isatap.example", "Microsoft ISATAP Adapter", 131, 1, False, 75),
    ("Local Area Connection* 8", "WAN Miniport (Network Monitor)", 6, 1, False, 75),
]
FOUND = [(rf"\Device\NPF_{guid}", description) for guid, (_, description, *_) in zip(GUIDS, ADAPTERS, strict=True)]
FOUND.append((r"\Device\NPF_Loopback", "Adapter for loopback traffic capture"))
LINUX_NAMES = {r"\Device\NPF_Loopback": b"lo"}


class Windows:
    """An imitated Windows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.npcap = Path(f"{folder / 'Windows'}\\System32\\Npcap")
        """On Linux a name with backslashes in it."""
        self._notes = folder / "notes.txt"

    def notes(self) -> list[str]:
        """What was asked of the system, in order."""
        return self._notes.read_text(encoding="utf-8").splitlines() if self._notes.exists() else []

    def service(self, state: str) -> None:
        """What ``sc query npcap`` says of its state."""
        program = self.folder / "Windows/System32/sc.exe"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(_SC_QUERY.format(state=state), encoding="utf-8")
        program.chmod(0o700)

    def install_npcap(self) -> None:
        """Put its files where its installer puts them."""
        library = ctypes.util.find_library("pcap")
        if library is None:
            pytest.skip("libpcap is not installed")
        self.npcap.mkdir()
        for name in ("wpcap.dll", "Packet.dll"):
            Path(f"{self.npcap}\\{name}").write_text(library, encoding="ascii")
        self.service("4  RUNNING")


@contextmanager
def imitated_windows(folder: Path) -> Iterator[Windows]:
    """While this lasts, Python processes that are started live on Windows, which Npcap is not installed on yet."""
    with as_on_windows(folder), pytest.MonkeyPatch.context() as patch:
        windows = Windows(folder)
        start = folder / "start"
        (start / "sitecustomize.py").write_text(
            (start / "sitecustomize.py").read_text(encoding="utf-8") + _START.format(checkout=str(CHECKOUT)), encoding="utf-8"
        )
        for name in ("WINDIR", "SYSTEMROOT"):
            patch.setenv(name, str(folder / "Windows"))
        patch.setenv(_NOTES, str(windows._notes))
        yield windows


def note(text: str) -> None:
    """Write down what was asked, from whichever process."""
    with open(os.environ[_NOTES], "a", encoding="utf-8") as notes:
        notes.write(text + "\n")


# In the processes that live there


def imitate() -> None:
    """Make this process one of Windows. What is imported here has been imported as on Linux."""
    import fcntl
    import platform
    import shutil
    import tempfile

    import platformdirs

    if WITH_QT in os.environ:
        del os.environ[WITH_QT]
        for name in ("QtNetwork", "QtOpenGLWidgets", "QtPrintSupport", "QtSvg", "QtTest", "QtWidgets"):
            importlib.import_module(f"PySide6.{name}")
    platform.platform()
    assert all((shutil, tempfile, platformdirs))
    sys.modules["msvcrt"] = _msvcrt(fcntl)
    sys.modules["winreg"] = _winreg()
    for name in _POSIX_MODULES:
        sys.modules[name] = None  # type: ignore[assignment]  # so the import system is told that there is none
    for module, names in _POSIX_NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    _replace_popen()
    _replace_ctypes()
    parent = os.getppid()
    os.getppid = lambda: parent  # Windows gives an orphan to nobody
    signal.SIGBREAK = signal.SIGQUIT  # type: ignore[attr-defined]  # a name of Windows
    sys.platform = "win32"


def _msvcrt(fcntl: Any) -> ModuleType:
    made: Any = ModuleType("msvcrt")
    made.LK_NBLCK, made.LK_UNLCK = 2, 0

    def locking(descriptor: int, mode: int, size: int) -> None:
        """Locks from where the file stands; EACCES where somebody else holds the lock, also on unlocking what is not locked."""
        assert size == 1
        how = fcntl.LOCK_UN if mode == made.LK_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
        try:
            fcntl.flock(descriptor, how)
        except OSError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error
        note("locking")

    made.locking = locking
    return made  # type: ignore[no-any-return]  # Any, to be given attributes


def _winreg() -> ModuleType:
    made: Any = ModuleType("winreg")
    made.HKEY_LOCAL_MACHINE = "HKLM"

    @contextmanager
    def open_key(root: str, path: str) -> Iterator[str]:
        note(f"registry {root}\\{path}")
        yield path

    def query_value(key: str, name: str) -> tuple[Any, int]:
        return {"AdminOnly": (0, 4), "Type": ("NTP", 1), "NtpServer": ("time.windows.com,0x9", 1)}[name]

    made.OpenKey, made.QueryValueEx = open_key, query_value
    return made  # type: ignore[no-any-return]  # Any, to be given attributes


def _replace_popen() -> None:
    begin: Any = subprocess.Popen.__init__

    def without_a_console(self: Any, *arguments: Any, creationflags: int = 0, **options: Any) -> None:
        assert creationflags == _NO_WINDOW, f"a console would flash up for {arguments}"
        note(f"start {Path(str(arguments[0][0])).name}")
        begin(self, *arguments, **options)

    subprocess.Popen.__init__ = without_a_console  # type: ignore[method-assign]  # of this process
    subprocess.CREATE_NO_WINDOW = _NO_WINDOW  # type: ignore[attr-defined]  # a name of Windows


def _replace_ctypes() -> None:
    """``windll``, ``WinDLL``, and what is found where Npcap lies."""
    load = ctypes.CDLL

    def prefer(folder: str) -> int:
        note(f"SetDllDirectoryW {folder}")
        return 1

    def cdll(name: str, *arguments: Any, **options: Any) -> Any:
        if "\\" not in name and name != "wpcap.dll":
            return load(name, *arguments, **options)
        if not os.path.exists(name):
            raise FileNotFoundError(f"Could not find module '{name}' (or one of its dependencies).")
        note(f"load {name}")
        return _Npcap(name, load(Path(name).read_text(encoding="ascii")))

    made: Any = ctypes
    made.windll = SimpleNamespace(kernel32=SimpleNamespace(SetDllDirectoryW=prefer))
    made.WinDLL = lambda name: SimpleNamespace(GetAdaptersAddresses=_get_adapters_addresses) if name == "iphlpapi" else None
    made.CDLL = cdll
    made.cdll = SimpleNamespace(LoadLibrary=cdll)


class _Npcap:
    """libpcap with what differs in Npcap."""

    def __init__(self, name: str, library: Any) -> None:
        self._name = name
        self._library = library
        self._replaced: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._replaced:
            self._replaced[name] = self._function(name)
        return self._replaced[name]

    def _function(self, name: str) -> Any:
        if name == "pcap_findalldevs":
            return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(_find_all)
        if name == "pcap_freealldevs":
            return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda first: note("pcap_freealldevs"))
        if name == "pcap_create":
            create = self._library.pcap_create
            create.restype, create.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_char_p)
            return ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
                lambda device, error: create(LINUX_NAMES.get(device.decode(), device), ctypes.c_char_p(error))
            )
        try:
            return getattr(self._library, name)
        except AttributeError:
            if name.startswith("pcap_"):
                return SimpleNamespace()  # of Npcap only; scapy gives it a prototype, and nobody calls it
            raise


_kept: list[Any] = []  # structures that the library points to


def _find_all(first: int, error: int) -> int:
    """``pcap_findalldevs``: the list of `FOUND`, each with an IPv4 and an IPv6 address, the loopback adapter without any."""
    del error
    from scapy.libs import winpcapy

    nodes = [winpcapy.pcap_if(name=name.encode(), description=description.encode()) for name, description in FOUND]
    for number, node in enumerate(nodes):
        if number + 1 < len(nodes):
            node.next = ctypes.pointer(nodes[number + 1])
            ipv4 = winpcapy.sockaddr_in(sin_family=socket.AF_INET, sin_addr=(ctypes.c_ubyte * 4)(192, 0, 2, number))
            ipv6 = winpcapy.sockaddr_in6(
                sin6_family=socket.AF_INET6,
                sin6_addr=(ctypes.c_ubyte * 16)(*socket.inet_pton(socket.AF_INET6, f"2001:db8::{number:x}")),
            )
            addresses = [
                winpcapy.pcap_addr(addr=ctypes.cast(ctypes.pointer(one), ctypes.POINTER(winpcapy.sockaddr)))
                for one in (ipv6, ipv4)
            ]
            addresses.insert(1, winpcapy.pcap_addr())  # Npcap knows adapters with an entry and no address in it
            for one, following in pairwise(addresses):
                one.next = ctypes.pointer(following)
            node.addresses = ctypes.pointer(addresses[0])
            _kept.extend((ipv4, ipv6, addresses))
    _kept.extend(nodes)
    ctypes.c_void_p.from_address(first).value = ctypes.addressof(nodes[0])
    return 0


def _get_adapters_addresses(family: int, flags: int, reserved: None, room: Any, size: Any) -> int:
    """GetAdaptersAddresses of iphlpapi.dll: says how much room it needs (more than one gives it at first), then fills it."""
    from sipview.live.windows_interfaces import _AdapterAddresses

    assert (family, reserved) == (0, None)
    assert flags & 0x80, "no gateways are asked for"
    need = 40_000
    if size._obj.value < need:
        size._obj.value = need
        return 111
    assert len(room) >= need
    nodes = [_AdapterAddresses() for _ in ADAPTERS]
    for node, guid, (name, description, kind, state, gateway, metric) in zip(nodes, GUIDS, ADAPTERS, strict=True):
        node.adapter_name, node.friendly_name, node.description = guid.encode(), name, description
        node.interface_type, node.status = kind, state
        node.gateway, node.ipv4_metric, node.ipv6_metric = (1 if gateway else None), metric, metric
    for node, following in pairwise(nodes):
        node.next = ctypes.addressof(following)
    _kept.extend(nodes)
    ctypes.memmove(room, ctypes.byref(nodes[0]), ctypes.sizeof(nodes[0]))
    return 0
