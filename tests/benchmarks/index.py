"""How long the pass from a capture file to columns and SIP candidates takes, and how much memory it keeps.

    python -m tests.benchmarks.index [CAPTURE] [--packets N] [--sip N] [--rounds N]

Without CAPTURE a file is generated. Each program runs once a round in a process of its own, by turns, so that what else the
machine does hits all alike; the best round counts. The comparison: tcpdump copies the file's port 5060 to nowhere (a pass in C
that looks at every packet), and tshark makes its SIP statistics.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.measured_capture import add_capture, capture_of, parser_of

_PASS = """
import sys, time
from pathlib import Path
from sipview.capture import open_capture
from sipview.index import read
from sipview.values import CancelToken

def private_mb():
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon", "RssShmem"))) // 1024

began, cpu, peak, first, messages, rows = time.perf_counter(), time.process_time(), 0, 0.0, 0, 0
file = open_capture(Path(sys.argv[1]), Path(sys.argv[2]))
for step in read([file], CancelToken()):
    messages += len(step.candidates)
    rows = step.index.count
    first = first or time.perf_counter() - began
    peak = max(peak, private_mb())
print(time.perf_counter() - began, time.process_time() - cpu, first, peak, private_mb(), rows, messages)
file.close()
"""


def main() -> None:
    """The command line."""
    parser = parser_of(__doc__)
    add_capture(parser)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        capture = capture_of(chosen, Path(folder))
        compare(capture, Path(folder), chosen.rounds)


def compare(capture: Path, folder: Path, rounds: int) -> None:
    """Run all programs by turns, and print the table."""
    others = {
        "tcpdump, port 5060": ["tcpdump", "-r", str(capture), "-w", os.devnull, "udp", "port", "5060"],
        "tshark -z sip,stat": ["tshark", "-n", "-q", "-z", "sip,stat", "-r", str(capture)],
    }
    best: dict[str, float] = {}
    passes = []
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-c", _PASS, str(capture), str(folder)], check=True, capture_output=True, text=True
        )
        passes.append([float(word) for word in done.stdout.split()])
        for name, command in others.items():
            if shutil.which(command[0]) is not None:
                began = time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                best[name] = min(best.get(name, float("inf")), time.perf_counter() - began)
    wall, cpu, first, peak, kept, rows, messages = min(passes)
    print(f"{capture.stat().st_size / 1e6:,.0f} MB, {rows:,.0f} packets, {messages:,.0f} SIP messages")
    print(f"sipview's pass         {wall:6.2f} s  ({cpu:.2f} s of CPU, first rows after {first:.2f} s)")
    print(f"                       private memory {kept:,.0f} MB at the end, {peak:,.0f} MB at most")
    for name, seconds in best.items():
        print(f"{name:22} {seconds:6.2f} s  = {seconds / wall:5.1f} times the pass")


if __name__ == "__main__":
    main()
