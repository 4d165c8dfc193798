"""The checks run side by side, and each is told of, whatever became of the others."""

import shlex
import sys
from pathlib import Path

import pytest

from installer import checking

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs of this test are shell scripts")


def program(folder: Path, name: str, said: str, status: int = 0, before: str = "") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{before}\necho {shlex.quote(said)} $*\nexit {status}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its "tests" pass; beside it are a check that fails and one that passes, and one is missing."""
    monkeypatch.setattr(
        checking, "CHECKS", (("lint", ["strict", "--all"]), ("types", ["lenient"]), ("contracts", ["nowhere"]))
    )  # fmt: skip
    mark = shlex.quote(str(tmp_path / "lenient-is-done"))
    program(tmp_path, "strict", "all is wrong", 1, before=f"while ! [ -e {mark} ]; do sleep 0.01; done")
    program(tmp_path, "lenient", "nothing to say", before=f"touch {mark}")
    return program(tmp_path, "python", "ran")


def test_a_failed_check_fails_all_and_the_others_are_told(
    python: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)  # the first waits for the second
    assert checking.check_everything(python, tmp_path, ["-k", "one"]) == 1
    out, err = capfd.readouterr()
    assert out.splitlines() == ["all is wrong --all", "nothing to say", "nowhere is not installed", "ran -m pytest -k one"]
    assert [line for line in err.splitlines() if line.startswith("==>")] == [
        "==> Checking lint: strict --all", "==> Checking types: lenient", "==> Checking contracts: nowhere",
        "==> Running the tests",
    ]  # fmt: skip
    assert err.rstrip().endswith("Failed before the tests, see above: lint, contracts")


def test_all_pass(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHECKS", (("types", ["lenient"]),))
    assert checking.check_everything(python, tmp_path, []) == 0


def test_the_tests_say_how_it_ended(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHECKS", (("types", ["lenient"]),))
    program(tmp_path, "python", "ran", 5)
    assert checking.check_everything(python, tmp_path, []) == 5
