"""Which form of sipview is started: the window, or text and a picture; and where the picture goes."""

import os
import sys
from pathlib import Path

import pytest

from installer.progress import Failure
from installer.starting import choose_capture, has_display, picture_path, start
from installer.system_packages import LIBRARIES, Need, Use
from tests.support.needs import CHECKOUT

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")

# A stand-in for the Python of the virtual environment: writes down what it should run, and answers as sipview does.
SIPVIEW = r"""#!/bin/sh
echo "$@" >> "{log}"
case "$*" in
  *" calls "*--json) printf '%s\n' '{{"id": 1, "from": "201", "to": "202", "messages": 4}}' \
                                   '{{"id": 2, "from": "205", "to": "204", "messages": 9}}' ;;
  *" calls "*) echo "the table of the calls" ;;
  *" ladder "*) for last in "$@"; do :; done; echo drawn > "$last" ;;
esac
exit {status}
"""


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "office.pcap"


def stand_in(folder: Path, status: int = 0) -> Path:
    program = folder / "python"
    program.write_text(SIPVIEW.format(log=folder / "log", status=status), encoding="utf-8")
    program.chmod(0o755)
    return program


def ran(folder: Path) -> list[str]:
    return (folder / "log").read_text(encoding="utf-8").splitlines()


def lacking(use: Use) -> list[Need]:
    return [need for need in LIBRARIES if need.use is use]


@linux_only
@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_is_what_the_environment_names(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM")
    assert not has_display()
    monkeypatch.setenv(variable, ":1")
    assert has_display()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not has_display()


@linux_only
@pytest.mark.parametrize("status", [0, 3])
def test_with_a_display_the_window_opens_on_the_capture(capture: Path, tmp_path: Path, status: int) -> None:
    assert start(stand_in(tmp_path, status), capture, with_display=True, missing=lacking(Use.CAPTURE)) == status
    assert ran(tmp_path) == [f"-P -m sipview {capture}"]


@linux_only
def test_without_a_display_the_call_with_the_most_messages_is_drawn(
    capture: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert start(stand_in(tmp_path), capture, with_display=False, missing=[]) == 0
    picture = tmp_path / "office-ladder.png"
    assert ran(tmp_path)[-1] == f"-P -m sipview ladder {capture} --call 2 -o {picture}"
    assert capfd.readouterr().out == f"the table of the calls\nThe ladder of call 2 (205 to 204) is in {picture}\n"


@linux_only
@pytest.mark.parametrize(("use", "suffix"), [(Use.WINDOW, ".png"), (Use.DRAWING, ".svg")])
def test_missing_libraries_leave_what_is_possible_without_them(capture: Path, tmp_path: Path, use: Use, suffix: str) -> None:
    assert start(stand_in(tmp_path), capture, with_display=True, missing=lacking(use)) == 0
    assert (tmp_path / f"office-ladder{suffix}").read_text(encoding="utf-8") == "drawn\n"


@linux_only
def test_a_capture_that_was_read_in_part_is_drawn_and_the_exit_status_says_so(capture: Path, tmp_path: Path) -> None:
    assert start(stand_in(tmp_path, status=1), capture, with_display=False, missing=[]) == 1
    assert (tmp_path / "office-ladder.png").exists()


@pytest.mark.parametrize("name", ["monday.pcap", "monday.pcapng.gz", "monday.CAP", "monday"])
def test_the_picture_is_called_after_the_capture(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert picture_path(Path("/somewhere", name), ".png") == tmp_path / "monday-ladder.png"


def test_a_read_only_folder_gets_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    assert picture_path(Path("a.pcap"), ".png") == tmp_path / "temporary" / "a-ladder.png"


def test_without_a_name_it_is_the_bundled_sample_and_a_wrong_name_is_an_error(tmp_path: Path) -> None:
    assert choose_capture(CHECKOUT, None).is_file()
    with pytest.raises(Failure, match="there is no file"):
        choose_capture(CHECKOUT, tmp_path / "nowhere.pcap")
