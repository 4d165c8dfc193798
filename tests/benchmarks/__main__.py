"""The whole program beside the others, on the same captures in one run.

    python -m tests.benchmarks [--rounds N] [--most PACKETS] [--folder FOLDER]

Captures are generated: RTP with a few calls' SIP in it, the same with more calls up at a time (sngrep looks through all of
them at each packet), and nothing but SIP. Each program runs once a round in a process of its own, by turns, so that what else
the machine does hits all alike; the table has the median and the best of each, and how many times as long as sipview it took.
Then the first kind of capture grows from ten thousand packets to ``--most``. Memory is what a process and its children have to
themselves (RssAnon), and once what they share that is no file (RssShmem), looked at now and then; Linux tells it.
Programs that are not installed are left out. The captures stay in FOLDER for the next run, if one is given.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.measured_capture import parser_of
from tests.support import traffic

_SIPVIEW = (sys.executable, "-m", "sipview")
_FIELDS = ("frame.number", "frame.time_epoch", "ip.src", "ip.dst", "sip.Method", "sip.Status-Code", "sip.Call-ID")
_LOOK_EVERY_S = 0.03  # a look takes a millisecond of a processor that a program on both of two would have used
_USUAL = 2_000_000
_SIP_SHARE = 33_000 / 2_000_000
_CALLS_AT_ONCE = (50, 300)
_SIP_ONLY = 340_000
_SIZES = (10_000, 100_000, 1_000_000, _USUAL, 10_000_000)


class Ran(NamedTuple):
    """One run: how long it took, and how much memory was its own at most, in MB."""

    wall_s: float
    memory_mb: float


def main() -> None:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=_SIZES[-1])
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.folder or Path(scratch)
        output = Path(scratch, "output")
        sip = round(_USUAL * _SIP_SHARE)
        for at_once in _CALLS_AT_ONCE:
            usual = capture_of(folder, _USUAL, sip, at_once)
            beside_others(
                f"{_USUAL:,} packets, {sip:,} of them SIP, {at_once} calls at a time",
                {
                    "sipview calls --json": (*_SIPVIEW, "calls", "--json", str(usual)),
                    "tshark -q -z sip,stat": ("tshark", "-n", "-q", "-z", "sip,stat", "-r", str(usual)),
                    "sngrep -N -q -I -O": ("sngrep", "-N", "-q", "-I", str(usual), "-O", str(output)),
                    "tcpdump udp port 5060": ("tcpdump", "-r", str(usual), "-w", str(output), "udp", "port", "5060"),
                },
                chosen.rounds,
            )
        only = capture_of(folder, _SIP_ONLY, _SIP_ONLY)
        fields = [word for name in _FIELDS for word in ("-e", name)]
        beside_others(
            f"{_SIP_ONLY:,} packets, all of them SIP",
            {
                "sipview messages --json": (*_SIPVIEW, "messages", "--json", str(only)),
                "tshark -Y sip -T fields": ("tshark", "-n", "-r", str(only), "-Y", "sip", "-T", "fields", *fields),
            },
            chosen.rounds,
        )
        growth(folder, [size for size in _SIZES if size <= chosen.most], chosen.rounds)


def capture_of(folder: Path, packets: int, sip: int, at_once: int = _CALLS_AT_ONCE[0]) -> Path:
    """A generated capture; the same bytes every time."""
    path = folder / f"sipview-benchmark-{packets}-{sip}{'' if at_once == _CALLS_AT_ONCE[0] else f'-{at_once}'}.pcap"
    if not path.exists():
        print(f"generating {packets:,} packets, {sip:,} of them SIP", flush=True)
        traffic.write(path, packets, sip, 1, at_once)
    return path


def beside_others(title: str, programs: dict[str, Sequence[str]], rounds: int) -> None:
    """Run the programs by turns, and print the table; the first one is what the others are held against."""
    there = {name: command for name, command in programs.items() if shutil.which(command[0]) is not None}
    runs: dict[str, list[Ran]] = {name: [] for name in there}
    for _ in range(rounds):
        for name, command in there.items():
            runs[name].append(run(command))
    own = median(ran.wall_s for ran in next(iter(runs.values())))
    print(f"\n{title}\n{'':26} {'median':>8} {'best':>8} {'ratio':>7} {'memory':>9}")
    for name, all_runs in runs.items():
        walls = [ran.wall_s for ran in all_runs]
        memory = max(ran.memory_mb for ran in all_runs)
        print(f"{name:26} {median(walls):6.2f} s {min(walls):6.2f} s {median(walls) / own:7.2f} {memory:6.0f} MB", flush=True)
    for name in programs.keys() - there.keys():
        print(f"{name:26} is not installed")


def growth(folder: Path, sizes: Sequence[int], rounds: int) -> None:
    """Print how the time and the memory of a list of calls grow with the capture."""
    print(f"\nsipview calls --json\n{'packets':>12} {'median':>8} {'us a packet':>12} {'memory':>9} {'bytes a packet':>15}")
    for size in sizes:
        capture = capture_of(folder, size, round(size * _SIP_SHARE))
        runs = [run((*_SIPVIEW, "calls", "--json", str(capture))) for _ in range(rounds)]
        wall, memory = median(ran.wall_s for ran in runs), max(ran.memory_mb for ran in runs)
        print(f"{size:12,} {wall:6.2f} s {wall / size * 1e6:12.2f} {memory:6.0f} MB {memory * 1e6 / size:15.0f}", flush=True)


def run(command: Sequence[str]) -> Ran:
    """Run a program without keeping what it prints."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0.0
    while process.poll() is None:
        most = max(most, _memory_mb(process.pid))
        time.sleep(_LOOK_EVERY_S)
    return Ran(time.perf_counter() - began, most)


def _memory_mb(process: int) -> float:
    """What a process and its children have to themselves, and what they share; 0 where nobody tells."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        known = [_kb_of(number) for number in (str(process), *children)]
    except OSError:  # not Linux, or one has just ended
        return 0.0
    return (sum(alone for alone, _ in known) + max(shared for _, shared in known)) / 1024


def _kb_of(process: str) -> tuple[int, int]:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    told = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return int(told.get("RssAnon", "0").split()[0]), int(told.get("RssShmem", "0").split()[0])


if __name__ == "__main__":
    main()
