"""When the installer must install again, and how it explains what pip says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from installer.progress import Failure
from installer.virtual_environment import VirtualEnvironment, explain_pip, fingerprint, group_requirements

PROJECT = """
[build-system]
requires = ["hatchling>=1.24"]
[project]
name = "sipview"
dependencies = ["numpy>=2.0"]
[dependency-groups]
lint = ["ruff>=0.8"]
test = ["pytest>=8.2", {include-group = "lint"}]
[tool.ruff]
line-length = 128
"""


def prints(folder: Path, text: str) -> tuple[str, str]:
    """The fingerprints without and with the tests' requirements."""
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return fingerprint(folder, []), fingerprint(folder, ["test"])


def test_a_group_brings_the_groups_it_includes() -> None:
    project = {"dependency-groups": {"lint": ["ruff>=0.8"], "test": ["pytest>=8.2", {"include-group": "lint"}]}}
    assert group_requirements(project, "test") == ["pytest>=8.2", "ruff>=0.8"]


def test_a_linter_setting_installs_nothing_again(tmp_path: Path) -> None:
    assert prints(tmp_path, PROJECT) == prints(tmp_path, PROJECT.replace("128", "100"))


def test_a_requirement_of_the_tests_concerns_only_them(tmp_path: Path) -> None:
    for_running, for_testing = prints(tmp_path, PROJECT)
    running_now, testing_now = prints(tmp_path, PROJECT.replace("ruff>=0.8", "ruff>=0.9"))
    assert running_now == for_running
    assert testing_now != for_testing


def test_a_requirement_of_sipview_and_a_moved_checkout_concern_all(tmp_path: Path) -> None:
    before = prints(tmp_path / "here", PROJECT)
    assert not {*before} & {*prints(tmp_path / "here", PROJECT.replace("numpy>=2.0", "numpy>=2.1"))}
    assert not {*before} & {*prints(tmp_path / "there", PROJECT)}


@pytest.mark.parametrize(
    ("said", "why", "advice"),
    [
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError(...: [Errno 101] Network is unreachable')'\n"
            "ERROR: No matching distribution found for numpy>=2.0",
            "could not be reached",
            "HTTPS_PROXY",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: 'C:\\\\long'\n"
            "HINT: This error might have occurred since this system does not have Windows Long Path support enabled.",
            "paths as long",
            "short path",
        ),
        ("ERROR: No matching distribution found for PySide6-Essentials>=6.9.3", "has no build", "64-bit"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full", "1 GB"),
        ("ERROR: something new", "see above", "pip"),
    ],
)
def test_pip_is_put_into_plain_words(said: str, why: str, advice: str) -> None:
    explained = explain_pip(said)
    assert why in explained[0]
    assert advice in explained[1]


@pytest.mark.parametrize("made", [False, True])
def test_a_checkout_of_somebody_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool) -> None:
    checkout = tmp_path / "their checkout"
    checkout.mkdir()
    (checkout / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    environment = VirtualEnvironment(checkout)
    if made:
        environment.folder.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # an administrator may write anywhere
    with pytest.raises(Failure) as failed:
        environment.prepare([])
    assert failed.value.why == f"nothing may be written into {environment.folder if made else checkout}"
    assert "a checkout of your own" in failed.value.advice


@pytest.mark.parametrize("name", ["plain", "Мои загрузки (1)"])
def test_sipview_is_found_in_a_folder_whose_name_is_not_in_the_encoding_of_the_system(tmp_path: Path, name: str) -> None:
    """As pip leaves it, the environment of such a checkout does not even start, or on Windows lacks sipview."""
    checkout = tmp_path / name
    (checkout / "sipview").mkdir(parents=True)
    (checkout / "sipview" / "__init__.py").write_text("", encoding="ascii")
    environment = VirtualEnvironment(checkout)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    (packages,) = environment.folder.glob("lib/python*/site-packages")
    (packages / "_editable_impl_sipview.pth").write_text(str(checkout), encoding="utf-8")
    variables = {**os.environ, "LC_ALL": "C"}

    def found() -> bool:
        command: list[str | Path] = [environment.python, "-I", "-c", "import sipview"]
        return subprocess.run(command, env=variables, capture_output=True, check=False).returncode == 0

    assert found() == (name.isascii() or sys.version_info >= (3, 13))
    environment.point_to_checkout()
    assert found()


def test_not_even_the_first_start_compiles(tmp_path: Path) -> None:
    room = tmp_path / "sipview" / "values"
    room.mkdir(parents=True)
    for folder in (room.parent, room):
        (folder / "__init__.py").write_text("", encoding="ascii")
    (room / "wrong.py").write_text("a file that cannot be compiled is no reason to end", encoding="ascii")
    environment = VirtualEnvironment(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    environment.compile_checkout()
    tag = sys.implementation.cache_tag
    assert {path.relative_to(tmp_path) for path in tmp_path.glob("sipview/**/*.pyc")} == {
        Path("sipview", "__pycache__", f"__init__.{tag}.pyc"),
        Path("sipview", "values", "__pycache__", f"__init__.{tag}.pyc"),
    }
