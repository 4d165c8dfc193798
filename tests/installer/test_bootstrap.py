"""`installer/bootstrap.py` as a user runs it, in a checkout of its own; and what it says to a Python that is too old."""

import ast
import json
import os
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from installer.system_packages import LIBRARIES, Use, is_there
from installer.virtual_environment import STAMP, Stamp, fingerprint
from tests.support.needs import CHECKOUT, skip_or_fail

BOOTSTRAP = CHECKOUT / "installer" / "bootstrap.py"
BROUGHT = ("installer", "sipview", "resources", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout, without a virtual environment."""
    folder = tmp_path / "sipview checkout"
    for name in BROUGHT:
        source, target = CHECKOUT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "screenshots"))
        else:
            shutil.copy(source, target)
    return folder


@pytest.fixture
def installed(checkout: Path) -> Path:
    """The copy as it is after a first run: with a virtual environment that finds sipview and all it needs, and a stamp."""
    environment = checkout / ".venv"
    venv.create(environment, with_pip=False, symlinks=sys.platform != "win32")
    places = {"base": str(environment), "platbase": str(environment), "installed_base": str(environment)}
    site_packages = Path(sysconfig.get_path("purelib", "venv", vars=places))
    needed = sysconfig.get_path("purelib")
    (site_packages / "for-this-test.pth").write_text(f"{checkout}\n{needed}\n", encoding="utf-8")
    (environment / STAMP).write_text(json.dumps(Stamp(fingerprint(checkout, []), [])._asdict()), encoding="utf-8")
    return checkout


def bootstrap(checkout: Path, *words: str | Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the copy's bootstrap from this folder: without a display, and without apt-get or sudo to change the system with."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_") and name != "CI"}
    environment |= {"QT_QPA_PLATFORM": "", "PATH": "", "PIP_CONFIG_FILE": os.devnull, **variables}
    command = [sys.executable, str(checkout / "installer" / "bootstrap.py"), *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def require_libraries() -> None:
    """Qt draws here, else the test is skipped; in CI it fails."""
    if not sys.platform.startswith("linux"):
        return
    missing = [need.what for need in LIBRARIES if need.use is Use.DRAWING and not is_there(need)]
    if missing:
        skip_or_fail(f"the system lacks {', '.join(missing)}")


def test_it_can_be_read_by_the_python_of_old_systems() -> None:
    ast.parse(BOOTSTRAP.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_an_old_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(sys, "argv", [str(BOOTSTRAP), "run"])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(BOOTSTRAP), run_name="__main__")
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "sipview needs Python 3.11 or newer; this is Python 3.9" in said
    assert "Install a newer one" in said


@pytest.mark.skipif(sys.platform == "win32", reason="programs are found by other rules on Windows")
def test_an_old_python_names_a_newer_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    newer = tmp_path / "python3.12"
    newer.write_text("#!/bin/sh\n", encoding="utf-8")
    newer.chmod(0o755)
    monkeypatch.setattr(sys, "version_info", (3, 10, 0, "final", 0))
    monkeypatch.setattr(sys, "argv", [str(BOOTSTRAP), "test"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit):
        runpy.run_path(str(BOOTSTRAP), run_name="__main__")
    assert f"python3.12 {BOOTSTRAP} test" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="the launcher of Windows is imitated by a shell script")
@pytest.mark.parametrize(("version", "says"), [((3, 12), f"py -3 {BOOTSTRAP} run"), ((3, 10), "Install a newer one")])
def test_an_old_python_on_windows_asks_the_launcher_for_a_newer_one(
    version: tuple[int, int], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program = "import sys; sys.version_info = (*map(int, sys.argv[1:3]), 0, 'final', 0); exec(sys.argv[3])"
    launcher = tmp_path / "py"
    numbers = " ".join(map(str, version))
    launcher.write_text(
        f'#!/bin/sh\n[ "$1 $2" = \'-3 -c\' ] && exec {shlex.quote(sys.executable)} -c {shlex.quote(program)} {numbers} "$3"\n',
        encoding="utf-8",
    )
    launcher.chmod(0o755)
    monkeypatch.setattr(sys, "version_info", (3, 9, 0, "final", 0))
    monkeypatch.setattr(sys, "argv", [str(BOOTSTRAP), "run"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit):
        runpy.run_path(str(BOOTSTRAP), run_name="__main__")
    assert says in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_the_sample_is_listed_and_drawn(installed: Path, tmp_path: Path) -> None:
    require_libraries()
    done = bootstrap(installed, "run", folder=tmp_path)
    picture = tmp_path / "call-through-pbx-ladder.png"
    assert done.returncode == 0, done.stderr
    assert "1001" in done.stdout
    assert "1002" in done.stdout
    assert f"is in {picture}" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert "Installing" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_a_capture_is_found_from_where_the_user_is(installed: Path, tmp_path: Path) -> None:
    require_libraries()
    shutil.copy(CHECKOUT / "resources" / "samples" / "small-office.pcap", tmp_path / "monday.pcap")
    done = bootstrap(installed, "run", "monday.pcap", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "monday-ladder.png").stat().st_size > 1000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_what_is_no_capture_is_said_by_sipview_and_draws_nothing(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.pcap").write_text("Dear all,\n", encoding="utf-8")
    done = bootstrap(installed, "run", "letter.pcap", folder=tmp_path)
    assert done.returncode == 1
    assert "letter.pcap" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "letter-ladder.png").exists()


def test_a_capture_that_is_not_there_is_named_before_anything_is_set_up(checkout: Path, tmp_path: Path) -> None:
    done = bootstrap(checkout, "run", "nowhere.pcap", folder=tmp_path)
    assert done.returncode == 1
    assert "there is no file nowhere.pcap" in done.stderr
    assert not (checkout / ".venv").exists()


def test_an_index_that_does_not_answer_is_explained(checkout: Path, tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound, but nobody listens: the connection is refused
        closed.bind(("127.0.0.1", 0))
        index = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
        done = bootstrap(checkout, "run", folder=tmp_path, PIP_INDEX_URL=index, PIP_RETRIES="1")
    assert done.returncode == 1
    assert "This step failed: installing sipview" in done.stderr
    assert "the package index could not be reached" in done.stderr
    assert "HTTPS_PROXY" in done.stderr


@pytest.mark.parametrize("kind", ["folder", "file", "link to nowhere"])
def test_what_is_no_virtual_environment_is_not_touched(checkout: Path, tmp_path: Path, kind: str) -> None:
    taken = checkout / ".venv"
    if kind == "folder":
        taken.mkdir()
        (taken / "mine").write_text("keep", encoding="utf-8")
    elif kind == "file":
        taken.write_text("keep", encoding="utf-8")
    else:
        try:
            taken.symlink_to(tmp_path / "nowhere")
        except OSError as error:
            pytest.skip(f"links cannot be made here: {error}")
    done = bootstrap(checkout, "run", folder=tmp_path)
    assert done.returncode == 1
    assert "what is there by this name is no virtual environment" in done.stderr
    assert f"Move {taken} away." in done.stderr
    assert "Traceback" not in done.stderr
    assert {"folder": (taken / "mine").is_file(), "file": taken.is_file(), "link to nowhere": taken.is_symlink()}[kind]


def test_a_folder_is_no_capture(checkout: Path, tmp_path: Path) -> None:
    done = bootstrap(checkout, "run", tmp_path, folder=tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path} is a folder" in done.stderr


def test_wrong_words_are_answered_with_the_usage(checkout: Path, tmp_path: Path) -> None:
    done = bootstrap(checkout, "fly", folder=tmp_path)
    assert done.returncode == 2
    assert "run|test" in done.stderr
