"""How many packets each interface has carried, as the kernel counts them: no capture, no right, next to no cost."""

import sys
from pathlib import Path

_RECEIVED, _SENT = 1, 9  # columns of packets in /proc/net/dev


def packet_counts(root: Path = Path("/"), system: str = sys.platform) -> dict[str, int]:
    """Packets received and sent since the interface exists, by its name; ``any`` is the sum. Empty where nobody tells.

    What a computer sends to itself is counted once. ``root`` is where /proc is; ``system`` a value of ``sys.platform``.
    """
    if system != "linux":
        return {}
    try:
        lines = (root / "proc/net/dev").read_text(encoding="ascii", errors="replace").splitlines()[2:]
    except OSError:
        return {}
    counts: dict[str, int] = {}
    for line in lines:
        name, _, numbers = line.partition(":")
        columns = numbers.split()
        if len(columns) > _SENT and columns[_RECEIVED].isdecimal() and columns[_SENT].isdecimal():
            sent = 0 if name.strip() == "lo" else int(columns[_SENT])
            counts[name.strip()] = int(columns[_RECEIVED]) + sent
    if counts:
        counts["any"] = sum(counts.values())
    return counts
