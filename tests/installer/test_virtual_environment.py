"""When the installer must install again, and how it explains what pip says."""

from pathlib import Path

import pytest

from installer.virtual_environment import explain_pip, fingerprint, group_requirements

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
        ("ERROR: No matching distribution found for PySide6-Essentials>=6.9.3", "has no build", "64-bit"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full", "1 GB"),
        ("ERROR: something new", "see above", "pip"),
    ],
)
def test_pip_is_put_into_plain_words(said: str, why: str, advice: str) -> None:
    explained = explain_pip(said)
    assert why in explained[0]
    assert advice in explained[1]
