"""What holds for every test: no trace left in the user's folders, no window on the screen, no unexpected word in a log.

Warnings are errors and Qt messages fail a test by the settings in ``pyproject.toml``. This file adds:

* the user's folders (home, settings, cache) are a temporary folder, also for every process that a test starts;
* Qt draws offscreen, unless a test asks for a display (`x_display`);
* a log record of level WARNING or above fails the test, unless the test says that it expects it:
  ``@pytest.mark.expected_log("regular expression")``; an expected record that does not come fails it too.
"""

import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.needs import require_tool

USER_FOLDERS = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_CACHE_HOME": ".cache",
    "XDG_STATE_HOME": ".local/state",
    "XDG_RUNTIME_DIR": "run",
}
"""Environment variable -> where it points to below the home that is made for the tests."""

_home = pytest.StashKey[str]()

# The tests say what must be so, never how fast: a busy machine fails none of them.
settings.register_profile("sipview", deadline=None)
settings.load_profile("sipview")


def pytest_configure(config: pytest.Config) -> None:
    """Move the user's folders away before anything is imported that remembers them; let the programs of tests hear Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts what runs in its background so, and it is inherited
        signal.signal(signal.SIGINT, signal.default_int_handler)
    home = tempfile.mkdtemp(prefix="sipview-tests-")
    config.stash[_home] = home
    for variable, folder in USER_FOLDERS.items():
        path = Path(home, folder)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[variable] = str(path)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        os.environ.pop(variable, None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the home of the tests."""
    shutil.rmtree(config.stash[_home], ignore_errors=True)


class _Collected(logging.Handler):
    """Keeps the records of one test that are worth a word."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test for a record of level WARNING or above that it did not announce, or for an announced one that is absent."""
    expected = [re.compile(text) for mark in request.node.iter_markers("expected_log") for text in mark.args]
    handler = _Collected()
    root = logging.getLogger()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    unexpected = [text for text in handler.texts if not any(pattern.search(text) for pattern in expected)]
    missing = [pattern.pattern for pattern in expected if not any(pattern.search(text) for text in handler.texts)]
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected), pytrace=False)
    if missing:
        pytest.fail("expected in the log, but not there: " + ", ".join(missing), pytrace=False)


@pytest.fixture(scope="session")
def x_display() -> Iterator[str]:
    """The name (``:99``) of a running X server without a screen, for a program that shall open a real window.

    Hand it to the program as ``DISPLAY``, with ``QT_QPA_PLATFORM=xcb``. Without Xvfb the test is skipped; in CI it fails.
    """
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [require_tool("Xvfb"), "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            pytest.fail(f"Xvfb ended with status {server.wait(30)} before it had a display")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(30)
