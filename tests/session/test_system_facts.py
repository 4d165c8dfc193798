"""Facts about a computer: honest about its clock, complete about what sipview is built on."""

import ctypes
import re
import socket
import tomllib
from datetime import datetime, timedelta, timezone

import pytest

from sipview.live import InterfaceList
from sipview.session import time_source
from sipview.session.system_facts import LIBRARIES, system_facts
from sipview.session.time_source import kernel_sentence, time_facts, windows_source, zone_facts
from tests.support.needs import CHECKOUT


def test_every_library_that_is_needed_is_told() -> None:
    needed = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert set(LIBRARIES) == {re.split(r"[<>=!~]", line)[0] for line in needed}


@pytest.mark.parametrize(
    ("status", "error_us", "words"),
    [(0x40, 16_000_000, "not marked as synchronised"), (0x2001, 4_321, "is synchronised, and off by 4.3 ms at most"),
     (0x2041, 1, "not marked as synchronised")],
)  # fmt: skip
def test_the_kernels_word_is_told_as_it_is(status: int, error_us: int, words: str) -> None:
    assert words in kernel_sentence(status, error_us)


@pytest.mark.parametrize(
    ("processes", "words"),
    [(["bash", "chronyd"], "chronyd"), (["systemd-timesyn", "ptp4l"], "ptp4l, systemd-timesyn"), (["bash"], "no time service")],
)
def test_who_keeps_the_clock_is_looked_for(processes: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_source, "_running", lambda: processes)
    kept = dict(time_facts("linux"))
    assert kept["Kept by"].startswith(words)
    assert set(kept) == {"Local time", "Time zone", "Clock", "Kept by", "The kernel says", "Clock source"}


def test_a_system_without_that_question_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: str | None) -> object:
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert dict(time_facts("darwin"))["The kernel says"] == "not known (no such library)"


@pytest.mark.parametrize(
    ("kind", "words"),
    [("NTP", "NTP, from time.windows.com,0x9"), ("NT5DS", "the computers of its domain"), ("NoSync", "nothing"),
     ("AllSync", "domain, or NTP from time.windows.com"), ("Other", "not known (Other)")],
)  # fmt: skip
def test_the_time_service_of_windows_is_put_into_words(kind: str, words: str) -> None:
    assert words in windows_source(kind, "time.windows.com,0x9")


def test_windows_is_asked_and_its_silence_told() -> None:
    """Here there is no w32tm: the same as on a Windows that refuses."""
    told = dict(time_facts("win32"))
    assert told["Set by"] == "not known"
    assert told["w32tm status"].startswith("cannot be asked")


def test_the_zone_is_told_with_its_distance() -> None:
    india = timezone(timedelta(hours=5, minutes=30), "IST")
    moment = datetime(2026, 7, 1, 12, 0, tzinfo=india)
    (local, zone) = zone_facts(moment)
    assert zone.name == "Time zone"
    assert re.search(r"UTC[+-]\d\d:\d\d", zone.value)
    assert local.value == moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def test_without_a_capture_library_interfaces_have_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "if_nameindex", lambda: [(1, "lo"), (2, "eth3")])
    *_, interfaces = system_facts(InterfaceList(problem="libpcap is not installed"))
    assert dict(interfaces.facts) == {"Capturing": "libpcap is not installed", "Known by name only": "lo, eth3"}
