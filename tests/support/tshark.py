"""What tshark says about a capture: the independent reader."""

import subprocess
from pathlib import Path

from tests.support.needs import require_tool

_BETWEEN = "\x1f"


def fields(
    path: Path, *names: str, display_filter: str = "", options: tuple[str, ...] = (), occurrence: str = "f"
) -> list[tuple[str, ...]]:
    """The texts of these fields for each packet: the first of several values, or the last (``occurrence`` "l")."""
    command = [require_tool("tshark"), "-n", "-r", str(path), *options, "-T", "fields", "-E", f"separator={_BETWEEN}"]
    command += ["-E", f"occurrence={occurrence}"]
    if display_filter:
        command += ["-Y", display_filter]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=100, check=False)
    return [tuple(line.split(_BETWEEN)) for line in done.stdout.split("\n")[:-1]]
