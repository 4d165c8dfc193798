"""Moments that a capture may claim, in words, also where the system refuses those before 1970, as Windows does."""

import importlib.util
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from sipview.gui import wording as window_wording
from sipview.session import capture_facts, ladders, wording

SECOND = 1_000_000_000
YEAR_2262 = 2**63 - 1


@pytest.fixture
def windows_datetime(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Python's own datetime as it works on Windows: over functions of the system that refuse negative seconds."""
    monkeypatch.setenv("TZ", "Europe/Moscow")
    time.tzset()
    monkeypatch.setitem(sys.modules, "_datetime", None)
    spec = importlib.util.find_spec("_pydatetime") or importlib.util.find_spec("datetime")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def refusing(seconds: float) -> float:
        if seconds < 0:
            raise OSError(22, "Invalid argument")
        return seconds

    monkeypatch.setattr(
        module,
        "_time",
        SimpleNamespace(
            localtime=lambda seconds: time.localtime(refusing(seconds)),
            gmtime=lambda seconds: time.gmtime(refusing(seconds)),
            struct_time=time.struct_time,
            strftime=time.strftime,
        ),
    )
    monkeypatch.setattr(wording, "timedelta", module.timedelta)
    monkeypatch.setattr(wording, "_EPOCH", module.datetime(1970, 1, 1, tzinfo=module.timezone.utc))
    return module


def test_the_test_itself_refuses_what_windows_refuses(windows_datetime: ModuleType) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        windows_datetime.datetime.fromtimestamp(0).astimezone()
    with pytest.raises(OSError, match="Invalid argument"):
        windows_datetime.datetime.fromtimestamp(-1, windows_datetime.timezone.utc)


@pytest.mark.usefixtures("windows_datetime")
@pytest.mark.parametrize(
    ("time_ns", "utc", "local"),
    [
        (0, "1970-01-01 00:00:00", "03:00:00"),
        (7 * SECOND + 5, "1970-01-01 00:00:07", "03:00:07"),
        (1_700_000_000 * SECOND, "2023-11-14 22:13:20", "01:13:20"),
        (YEAR_2262, "2262-04-11 23:47:16", "02:47:16"),
        (-1, "1969-12-31 23:59:59", "00:00:00"),  # no local time: that of the epoch, in UTC
        (-(2**63), "1677-09-21 00:12:43", "00:00:00"),
    ],
)
def test_any_moment_has_words(time_ns: int, utc: str, local: str) -> None:
    assert f"{wording.in_utc(time_ns):%Y-%m-%d %H:%M:%S}" == utc
    assert capture_facts.moment_words(time_ns).startswith(utc + ".")
    assert ladders._moment(time_ns) == f"{utc} UTC"
    assert window_wording.clock(time_ns) == local
    assert local in window_wording.day_and_clock(time_ns)
