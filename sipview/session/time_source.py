"""What this computer's clock is set by, as far as it can be found out without guessing.

A capture is compared with the logs of other machines, so a support desk wants to know how far its times can be trusted. The
kernel says whether somebody keeps its clock (RFC 1589, `ntp_adjtime`), the list of processes who that is; Windows tells by its
time service. What nobody tells is called not known.
"""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sipview.export.fact_sheet import Fact

_UNSYNCHRONISED = 0x40  # STA_UNSYNC of <sys/timex.h>, the same on Linux and macOS
_KEEPERS = ("chronyd", "ntpd", "systemd-timesyn", "timesyncd", "openntpd", "ptp4l", "phc2sys", "timed")
_ASKING_S = 5
_MOST_LINES = 20
_LONGEST_LINE = 300


def time_facts(system: str = sys.platform) -> list[Fact]:
    """The clock, who keeps it, the time zone; of a system named as ``sys.platform`` names it."""
    facts = [*zone_facts(), Fact("Clock", _clock())]
    if system == "win32":
        return [*facts, *_windows_facts()]
    facts.append(Fact("Kept by", _kept_by(_running()) if system == "linux" else _configured_servers(Path("/etc/ntp.conf"))))
    facts.append(Fact("The kernel says", kernel_word()))
    if system == "linux":
        facts.append(Fact("Clock source", _text(Path("/sys/devices/system/clocksource/clocksource0/current_clocksource"))))
    return facts


def zone_facts(now: datetime | None = None) -> list[Fact]:
    """Local time, its zone, and UTC."""
    local = (now or datetime.now()).astimezone()
    offset = local.strftime("%z")
    name = _zone_name()
    zone = f"{local.tzname() or 'without a name'}, UTC{offset[:3]}:{offset[3:5]}" + (f" ({name})" if name else "")
    return [Fact("Local time", local.strftime("%Y-%m-%d %H:%M:%S")), Fact("Time zone", zone)]


class _Timex(ctypes.Structure):
    """The beginning of ``struct timex``, which Linux and macOS have in common; the rest is room for what follows."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("most_error", ctypes.c_long),
        ("error", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


def kernel_word() -> str:
    """Whether the kernel's clock is kept by somebody, in its own words; nothing is changed by asking."""
    try:
        library = ctypes.CDLL(None)
        ask = getattr(library, "ntp_adjtime", None) or library.adjtimex
        timex = _Timex()
        if ask(ctypes.byref(timex)) < 0:
            return "not known (it does not answer)"
    except (OSError, AttributeError, TypeError) as error:
        return f"not known ({error})"
    return kernel_sentence(timex.status, timex.most_error)


def kernel_sentence(status: int, most_error_us: int) -> str:
    """What status and largest error (microseconds) of ``struct timex`` mean."""
    if status & _UNSYNCHRONISED:
        return "the clock is not marked as synchronised: nobody keeps it, or who does has not said so"
    return f"the clock is synchronised, and off by {most_error_us / 1000:,.1f} ms at most"


def _clock() -> str:
    told = time.get_clock_info("time")
    return f"{told.implementation}, resolution {told.resolution:g} s"


def _running() -> Iterable[str]:
    """The names of the processes that run here, as far as this user may see them."""
    try:
        folders = [entry for entry in os.listdir("/proc") if entry.isdecimal()]
    except OSError:
        return ()
    return [_text(Path("/proc") / folder / "comm") for folder in folders]


def _kept_by(processes: Iterable[str]) -> str:
    found = sorted({name for name in processes if name in _KEEPERS})
    return ", ".join(found) if found else "no time service that is known here runs (a container is kept by its host)"


def _configured_servers(path: Path) -> str:
    servers = [line.split()[1] for line in _text(path).splitlines() if line.startswith("server ") and len(line.split()) > 1]
    return f"{', '.join(servers)} ({path})" if servers else "not known"


def _zone_name() -> str:
    """The name of the zone in the database of zones, where the system tells it."""
    named = os.environ.get("TZ", "")
    if named:
        return named
    place = os.path.realpath("/etc/localtime")
    return place.partition("/zoneinfo/")[2]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _windows_facts() -> list[Fact]:
    program = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "w32tm.exe")
    facts = [Fact("Set by", _windows_source())]
    for word in ("status", "configuration"):
        facts += [Fact(f"w32tm {word}", said) for said in _said_by([program, "/query", f"/{word}"])]
    return facts


if sys.platform == "win32":
    import winreg

    def _windows_source() -> str:
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Services\W32Time\Parameters") as key:
                kind = str(winreg.QueryValueEx(key, "Type")[0])
                servers = str(winreg.QueryValueEx(key, "NtpServer")[0])
        except OSError as error:
            return f"not known ({error.strerror})"
        return windows_source(kind, servers)

else:

    def _windows_source() -> str:
        return "not known"


def windows_source(kind: str, servers: str) -> str:
    """What the values ``Type`` and ``NtpServer`` of the Windows time service mean."""
    match kind.upper():
        case "NTP":
            return f"NTP, from {servers}"
        case "NT5DS":
            return "the computers of its domain"
        case "ALLSYNC":
            return f"the computers of its domain, or NTP from {servers}"
        case "NOSYNC":
            return "nothing: the time service is set up to leave the clock alone"
        case _:
            return f"not known ({kind})"


def _said_by(command: list[str | Path]) -> list[str]:
    """What a program prints, line by line, in the words of the system's language; or why it prints nothing."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_ASKING_S, check=False, creationflags=flags)
    except subprocess.TimeoutExpired:
        return ["no answer"]
    except OSError as error:
        return [f"cannot be asked: {error.strerror}"]
    lines = [line.strip() for line in done.stdout.decode("oem" if sys.platform == "win32" else "utf-8", "replace").splitlines()]
    return [line[:_LONGEST_LINE] for line in lines if line][:_MOST_LINES] or [f"no answer (status {done.returncode})"]
