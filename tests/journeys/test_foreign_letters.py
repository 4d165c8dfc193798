"""The program, its captures, its output and the user's folders where names have spaces, brackets and Cyrillic letters.

Standard output is not in UTF-8, as in a console of a Russian Windows, and in one half of the tests the locale is plain C.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support import tshark
from tests.support.needs import CHECKOUT
from tests.support.network import private_network, require_capture_rights, send_udp

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from sipview.gui import starting
from sipview.gui.main_window import MainWindow

def look():
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow) and window.page.loaded is not None and not window.loading.busy:
            print(len(window.page.loaded.snapshot.conversations.calls), window.windowTitle().encode().hex())
            window.close()

application = starting.make_application()
timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
sys.exit(starting.run([Path(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the program in one, a capture in another, and a home in a third."""
    folder = tmp_path_factory.mktemp("Мои проекты (1)")
    program = folder / "программа сип"
    for name in ("sipview", "resources"):
        shutil.copytree(CHECKOUT / name, program / name, ignore=shutil.ignore_patterns("__pycache__", "screenshots"))
    (folder / "дом Иван").mkdir()
    shutil.copy(CHECKOUT / "resources/samples/call-through-pbx.pcap", folder / "захват 1 звонка.pcap")
    return folder


@pytest.fixture(params=["C", "C.UTF-8"])
def there(folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(folder / "программа сип"))
    monkeypatch.setenv("PYTHONIOENCODING", "cp1251")
    monkeypatch.setenv("LC_ALL", request.param)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder / "дом Иван"))
    monkeypatch.chdir(folder)
    return folder


def python(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-P", *map(str, words)], capture_output=True, timeout=60, check=False)


def sipview(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    return python("-m", "sipview", *words)


def test_it_is_the_copy_that_runs(there: Path) -> None:
    done = python("-c", "import sipview; print(ascii(sipview.__file__))")
    assert ascii(str(there / "программа сип")).strip("'") in done.stdout.decode("ascii")


@pytest.mark.parametrize("name", ["лестница.txt", "лестница.svg", "лестница.html", "лестница.png", "лестница.pdf"])
def test_a_ladder_is_drawn(there: Path, name: str) -> None:
    target = there / f"{os.environ['LC_ALL']} {name}"
    done = sipview("ladder", "захват 1 звонка.pcap", "--call", "1", "-o", target)
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size > 1000


def test_calls_are_listed(there: Path) -> None:
    done = sipview("calls", "захват 1 звонка.pcap")
    assert (done.returncode, done.stderr, done.stdout.count(b"completed")) == (0, b"", 2)
    done = sipview("calls", "нет такого.pcap")
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    assert "нет такого.pcap" in done.stderr.decode("cp1251")


def test_a_package_is_written(there: Path) -> None:
    target = there / f"{os.environ['LC_ALL']} пакет.zip"
    done = sipview("package", "захват 1 звонка.pcap", "-o", target)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(target) as package:
        assert package.testzip() is None
        assert not {character for name in package.namelist() for character in name} & set('<>:"\\|?*')


def test_a_capture_is_saved_and_its_working_copy_is_in_the_home(there: Path) -> None:
    require_capture_rights()
    target = there / f"{os.environ['LC_ALL']} живой захват.pcapng"
    command = [sys.executable, "-P", "-m", "sipview", "capture", "-i", "lo", "-w", str(target), "--packets", "9"]
    with private_network(), subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        assert b"capturing lo" in running.stderr.readline()
        (copy,) = (there / "дом Иван/.cache/sipview/captures").iterdir()
        send_udp(5060, [b"x"] * 9)
        out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert target.name in out.decode("utf-8")
    assert not copy.exists()
    assert len(tshark.fields(target, "frame.number")) == 9


def test_the_window_opens_the_capture(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    done = python("-c", WINDOW, "захват 1 звонка.pcap")
    assert done.returncode == 0, done.stderr
    calls, title = done.stdout.split()
    assert (calls, "захват 1 звонка.pcap" in bytes.fromhex(title.decode()).decode()) == (b"2", True)
