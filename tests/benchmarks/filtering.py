"""How long a display filter takes over the packets of a capture that sipview has open, beside tshark with the same filter.

    python -m tests.benchmarks.filtering [CAPTURE] [--packets N] [--sip N] [--rounds N] [--filter TEXT]...

Without CAPTURE a file is generated. For each filter: the first evaluation in a session, which makes the columns that it asks
for; the best of the next ones, in which they are there (the window evaluates a filter again for what it changes); how many
packets pass; and what ``tshark -2 -Y`` takes for the same, which reads the file each time, and how many pass there.
"""

import gc
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sipview.filter import parse
from sipview.session import Analysis
from sipview.values import CancelToken
from tests.benchmarks.measured_capture import add_capture, capture_of, parser_of

FILTERS = (
    'sip.Method == "INVITE" && ip.addr == 10.0.1.0/24',
    'sip.Method == "INVITE" && ip.addr == 10.1.1.0/24',
    'sip.Status-Code >= 400 || sip.CSeq.method == "CANCEL"',
    'sip.User-Agent contains "build 3"',
    "sip.Max-Forwards == 70 && udp.port == 5060",
    "rtp.seq > 1000 && udp.port > 20000",
)
_WANTED_S, _WANTED_TIMES = 0.1, 100


def main() -> None:
    """The command line."""
    parser = parser_of(__doc__)
    add_capture(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--filter", action="append", dest="filters", help="instead of the usual ones")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        capture = capture_of(chosen, Path(folder))
        compare(capture, Path(folder), chosen.filters or FILTERS, chosen.rounds)


def compare(capture: Path, spool: Path, filters: tuple[str, ...] | list[str], rounds: int) -> None:
    """Evaluate all filters here and there, and print the table."""
    analysis = Analysis([capture], spool)
    analysis.load(CancelToken())
    parse("sip")  # the window has read the grammar when somebody types
    print(f"{analysis.snapshot.packets:,} packets, {len(analysis.snapshot.messages):,} messages")
    for text in filters:
        snapshot = replace(analysis.snapshot)  # of another snapshot no column is there yet
        gc.collect()
        took = []
        passing = 0
        for _ in range(rounds + 1):
            began = time.perf_counter()
            mask = parse(text).evaluate(analysis.fields(snapshot))
            took.append(time.perf_counter() - began)
            passing = int(np.count_nonzero(mask))
        first, again = took[0], min(took[1:])
        print(f"{text}\n    {passing:9,} pass; first {first * 1e3:6.0f} ms, again {again * 1e3:6.1f} ms", flush=True)
        if shutil.which("tshark") is not None:
            there, seconds = tshark(capture, text, rounds)
            print(
                f"    {there:9,} pass in tshark -2 -Y: {seconds:.1f} s = {seconds / first:,.0f} times the first, "
                f"{seconds / again:,.0f} times the next (wanted: {_WANTED_S * 1e3:.0f} ms, {_WANTED_TIMES} times)",
                flush=True,
            )
    analysis.close()


def tshark(capture: Path, text: str, rounds: int) -> tuple[int, float]:
    """How many packets pass, and the best time in seconds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        command = ["tshark", "-n", "-2", "-r", str(capture), "-Y", text, "-T", "fields", "-e", "frame.number"]
        done = subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    return len(done.stdout.split()), best


if __name__ == "__main__":
    main()
