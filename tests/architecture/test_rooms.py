"""The rooms of sipview: which there are, and what each can do without.

Which room may import which is held by import-linter; `installer/bootstrap.py test` runs it.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sipview
from tests.support.needs import CHECKOUT

PACKAGE = CHECKOUT / "sipview"
QT_ROOMS = {"gui", "app"}
SCAPY_ROOMS = {"live", "dissect"}
UNTELLING_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager", "managers"}

REFUSING_QT = """
import importlib.abc, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"PySide6", "shiboken6", "pyqtgraph"}:
            raise ImportError(f"{name} is refused by this test")

sys.meta_path.insert(0, Refuse())
"""
"""A program that begins with this lives in a world without Qt."""


def rooms() -> set[str]:
    return {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")}


def sources() -> Iterator[Path]:
    return PACKAGE.rglob("*.py")


def dotted(source: Path) -> str:
    parts = source.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floors_of_the_docstring() -> list[list[str]]:
    """The floors under "The rooms": each line's first column, split at the bars."""
    text = sipview.__doc__ or ""
    block = text.partition("The rooms, from the top")[2].partition("::\n\n")[2].partition("\n\n")[0]
    return [re.split(r" {2,}", line.strip())[0].split(" | ") for line in block.splitlines()]


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_map_in_the_docstring_shows_exactly_the_rooms_there_are() -> None:
    shown = [room for floor in floors_of_the_docstring() for room in floor]
    assert len(shown) == len(set(shown))
    assert set(shown) == rooms()


def test_the_map_shows_the_floors_that_the_import_contract_holds() -> None:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [
        contract["layers"] for contract in settings["tool"]["importlinter"]["contracts"] if contract["type"] == "layers"
    ]
    assert [[name.removeprefix("sipview.") for name in layer.split(" | ")] for layer in layers] == floors_of_the_docstring()


def test_every_room_outside_of_gui_and_app_imports_without_qt() -> None:
    names = [dotted(source) for source in sources() if source.relative_to(PACKAGE).parts[0] not in QT_ROOMS]
    assert len(names) > len(rooms() - QT_ROOMS)
    names.remove("sipview.__main__")
    done = run_python(REFUSING_QT + "import importlib\nfor name in sys.argv[1:]: importlib.import_module(name)", *names)
    assert done.returncode == 0, done.stderr


def test_the_world_without_qt_has_no_qt() -> None:
    done = run_python(REFUSING_QT + "import PySide6.QtCore")
    assert done.returncode == 1
    assert "refused by this test" in done.stderr


def test_the_command_line_shows_calls_without_qt() -> None:
    sample = str(CHECKOUT / "resources" / "samples" / "call-through-pbx.pcap")
    done = run_python(REFUSING_QT + "from sipview.app import main\nsys.exit(main(sys.argv[1:]))", "calls", sample, "--json")
    assert done.returncode == 0, done.stderr
    assert '"from":"1001"' in done.stdout.replace(": ", ":")


@pytest.mark.parametrize("heavy", ["PySide6", "scapy", "rich", "hypothesis"])
def test_the_command_line_imports_without_what_it_needs_seldom(heavy: str) -> None:
    done = run_python("import sys, sipview.cli\nprint(*sys.modules)")
    assert done.returncode == 0, done.stderr
    assert heavy not in {name.partition(".")[0] for name in done.stdout.split()}


def test_scapy_stays_out_of_rooms_that_work_in_bulk() -> None:
    for source in sources():
        if source.relative_to(PACKAGE).parts[0] in SCAPY_ROOMS:
            continue
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [name for name in names if name.partition(".")[0] == "scapy"], f"{source}:{getattr(node, 'lineno', 0)}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    folders = [PACKAGE, CHECKOUT / "installer", CHECKOUT / "tests"]
    named = {path for folder in folders for path in folder.rglob("*") if path.suffix == ".py" or path.is_dir()}
    assert not sorted(path for path in named if path.stem in UNTELLING_NAMES)
