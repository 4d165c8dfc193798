"""The main job: the window on a capture; where there is no display, its calls as text and a ladder as a picture."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from installer.progress import Failure, note, run_shown, say
from installer.system_packages import Need, Use

__all__ = ["choose_capture", "has_display", "picture_path", "start"]

SAMPLE = Path("resources/samples/call-through-pbx.pcap")
CAPTURE_SUFFIXES = {".pcap", ".pcapng", ".cap", ".gz"}


def choose_capture(checkout: Path, typed: Path | None) -> Path:
    """The capture that was named, else the bundled sample; absolute. Raises `Failure` where there is no such file."""
    if typed is None:
        return checkout / SAMPLE
    if not typed.is_file():
        raise Failure(
            "looking for the capture",
            f"{typed} is a folder" if typed.is_dir() else f"there is no file {typed}",
            "Name a capture file (pcap or pcapng), or none for a sample.",
        )
    return typed.absolute()


def has_display() -> bool:
    """Whether a window can be seen: always on Windows and macOS; elsewhere where a display is named."""
    if os.environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal")):
        return False
    return sys.platform in {"win32", "darwin"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def picture_path(capture: Path, suffix: str) -> Path:
    """Where the ladder goes: ``<capture>-ladder<suffix>`` in the current folder, in the temporary one if that is read-only."""
    name = capture.name
    while Path(name).suffix.lower() in CAPTURE_SUFFIXES:
        name = Path(name).stem
    folder = Path.cwd() if os.access(Path.cwd(), os.W_OK) else Path(tempfile.gettempdir())
    return folder / f"{name}-ladder{suffix}"


def _most_telling(calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The call with the most messages, the first of these."""
    return max(calls, key=lambda call: int(call["messages"]))


def _without_window(sipview: Sequence[str | Path], capture: Path, can_draw: bool) -> int:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    status = run_shown([*sipview, "calls", capture], environment)
    answer = subprocess.run([*sipview, "calls", capture, "--json"], env=environment, capture_output=True, check=False)
    calls = [json.loads(line) for line in answer.stdout.splitlines() if line.strip()]
    if not calls:
        if status == 0:
            say("There is no call in it, so there is no ladder to draw.")
        return status
    call = _most_telling(calls)
    picture = picture_path(capture, ".png" if can_draw else ".svg")
    picture.unlink(missing_ok=True)  # so that what is there afterwards is of now
    ladder = [*sipview, "ladder", capture, "--call", str(call["id"]), "-o", picture]
    drawn = subprocess.run([str(word) for word in ladder], env=environment, stdout=subprocess.DEVNULL, check=False).returncode
    if picture.is_file() and drawn in {0, 1}:
        print(f"The ladder of call {call['id']} ({call['from']} to {call['to']}) is in {picture}", flush=True)
    return max(status, drawn)


def start(python: Path, capture: Path, *, with_display: bool, missing: Sequence[Need]) -> int:
    """Run sipview on this capture; `missing` is what the system lacks. Returns sipview's exit status."""
    # -P: a folder named sipview where the user happens to be is not the program.
    sipview: list[str | Path] = [python, "-P", "-m", "sipview"]
    lacking = {need.use for need in missing}
    if with_display and not lacking & {Use.DRAWING, Use.WINDOW}:
        say(f"Opening {capture}")
        return run_shown([*sipview, capture])
    say("No window here: the calls as text, and a ladder as a picture")
    note(f"Capture: {capture}")
    return _without_window(sipview, capture, Use.DRAWING not in lacking)
