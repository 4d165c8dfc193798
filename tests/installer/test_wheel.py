"""The wheel: what `pip install .` gives to somebody who has no checkout."""

import configparser
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.needs import CHECKOUT

SHOWN_IN_THE_README_ONLY = "screenshots"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout by the project's own build system, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("sipview-*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the wheel alone."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(folder),
        str(wheel),
    ]
    subprocess.run(command, check=True)
    return folder


def from_wheel(site: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to which sipview is the installed wheel, not the checkout."""
    environment = os.environ | {"PYTHONPATH": str(site)}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=site, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def test_it_holds_every_resource_and_every_module_and_nothing_else(wheel: Path) -> None:
    resources = CHECKOUT / "resources"
    expected = {
        f"sipview/resources/{path.relative_to(resources).as_posix()}" for path in resources.rglob("*") if path.is_file()
    }
    expected = {name for name in expected if not name.startswith(f"sipview/resources/{SHOWN_IN_THE_README_ONLY}/")}
    modules = {path for path in (CHECKOUT / "sipview").rglob("*") if path.is_file() and path.suffix not in {".pyc"}}
    expected |= {path.relative_to(CHECKOUT).as_posix() for path in modules}
    with zipfile.ZipFile(wheel) as opened:
        held = {name for name in opened.namelist() if ".dist-info/" not in name}
    assert held == expected


def test_it_brings_a_command_for_the_terminal_and_one_for_the_desktop(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [name for name in opened.namelist() if name.endswith(".dist-info/entry_points.txt")]
        entries = configparser.ConfigParser()
        entries.read_string(opened.read(name).decode())
    assert dict(entries["console_scripts"]) == {"sipview": "sipview.__main__:main"}
    assert dict(entries["gui_scripts"]) == {"sipview-window": "sipview.app:window_main"}


def test_its_resources_are_found_where_it_is_installed(site: Path) -> None:
    program = "from sipview.environment import resource_path; print(resource_path('samples/call-through-pbx.pcap'))"
    done = from_wheel(site, sys.executable, "-P", "-c", program)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == (site / "sipview" / "resources" / "samples" / "call-through-pbx.pcap").resolve()


def test_its_command_reads_the_sample_and_draws_it(site: Path, tmp_path: Path) -> None:
    (sipview,) = (site / "bin").glob("sipview") if sys.platform != "win32" else (site / "bin").glob("sipview.exe")
    sample = site / "sipview" / "resources" / "samples" / "call-through-pbx.pcap"
    listed = from_wheel(site, sipview, "calls", sample, "--json")
    assert listed.returncode == 0, listed.stderr
    first = json.loads(listed.stdout.splitlines()[0])
    assert (first["from"], first["to"], first["state"]) == ("1001", "1002", "completed")
    picture = tmp_path / "call.svg"
    drawn = from_wheel(site, sipview, "ladder", sample, "--call", str(first["id"]), "-o", picture)
    assert drawn.returncode == 0, drawn.stderr
    assert "INVITE" in picture.read_text(encoding="utf-8")


def test_its_command_explains_from_the_bundled_catalogue(site: Path) -> None:
    sample = site / "sipview" / "resources" / "samples" / "call-through-pbx.pcap"
    messages = from_wheel(site, sys.executable, "-P", "-m", "sipview", "messages", sample, "--json")
    frame = next(m["frame"] for m in map(json.loads, messages.stdout.splitlines()) if m["method"] == "INVITE")
    explained = from_wheel(site, sys.executable, "-P", "-m", "sipview", "explain", sample, "--frame", str(frame))
    assert explained.returncode == 0, explained.stderr
    assert "RFC 3261" in explained.stdout
