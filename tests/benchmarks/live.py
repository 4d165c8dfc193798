"""Loss and load of the capture engine beside dumpcap, on the same traffic by turns; its latency; and 500 calls with media.

    python -m tests.benchmarks.live [--rate PACKETS/S] [--seconds S] [--rounds N] [--calls N]

All traffic stays in a network namespace that this program makes for itself (so it takes root on Linux), and it ends by itself.
The sender (`sender`) gives the kernel packets of 214 bytes (G.711 with its headers) at a steady rate, as far as it can.
"""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sipview.live import Capture, Choice, Limits, Order, Preset, Source
from tests.benchmarks.measured_capture import parser_of
from tests.benchmarks.sender import Sent
from tests.support.captures import Packet, pcap, udp
from tests.support.network import private_network

_MOST_PACKETS = 20_000_000
_MORE_THAN_CAN_BE = 2_000_000  # packets a second


class Run(NamedTuple):
    """What became of the packets of a run.

    ``arrived`` are those that loopback took, as the kernel counts them; ``told`` were dropped as the program that captured says
    (and it asks the kernel), which used ``cpu_s`` of a processor.
    """

    sent: Sent
    arrived: int
    in_file: int
    told: int
    cpu_s: float


def sent_by_another_process(rate: int, seconds: float) -> tuple[Sent, int]:
    """Let another process send; what it says, and how many packets the kernel counted on loopback meanwhile."""
    before = on_loopback()
    command = [sys.executable, "-m", "tests.benchmarks.sender", str(rate), str(seconds)]
    packets, took_s, cpu_s = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Sent(int(packets), float(took_s), float(cpu_s)), on_loopback() - before


def on_loopback() -> int:
    """The packets that came on loopback of this network so far; what its queue had no room for is not among them."""
    for line in Path("/proc/thread-self/net/dev").read_text(encoding="ascii").splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == "lo":
            return int(counters.split()[1])
    raise AssertionError("this network has no loopback")


def by_sipview(folder: Path, rate: int, seconds: float, preset: Preset = "everything") -> Run:
    """The engine captures."""
    capture = Capture(Order(str(folder), (Source("local", "lo"),), Choice(preset), limits=Limits(None, free_disk=0)))
    while capture.started is None and capture.ended is None:
        capture.next_event(1)
    sent, arrived = sent_by_another_process(rate, seconds)
    capture.stop()
    while capture.ended is None:
        capture.next_event(1)
    capture.close()
    return Run(sent, arrived, in_file(folder / "00-000001.pcap"), capture.progress.dropped, capture.progress.cpu_s)


def by_dumpcap(folder: Path, rate: int, seconds: float) -> Run:
    """dumpcap captures."""
    path = folder / "dumpcap.pcap"
    command = ["dumpcap", "-q", "-P", "-p", "-B", "64", "-i", "lo", "-w", str(path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    words = ""
    while not words.startswith("File:"):
        words = process.stderr.readline()
    sent, arrived = sent_by_another_process(rate, seconds)
    time.sleep(0.2)  # it does not take what the kernel still has
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    process.stderr.close()
    dropped = re.search(r"received/dropped on interface .*: \d+/(\d+)", said)
    return Run(sent, arrived, in_file(path), int(dropped.group(1)) if dropped else -1, usage.ru_utime + usage.ru_stime)


def in_file(path: Path) -> int:
    """How many of the sender's packets are in a file, by capinfos; all packets of the namespace are the sender's."""
    done = subprocess.run(["capinfos", "-c", "-M", "-T", "-r", str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout.split("\t")[1])


def compare(rate: int, seconds: float, rounds: int) -> None:
    """What the sender can do alone; then both by turns, a line each."""
    alone, _ = sent_by_another_process(_MORE_THAN_CAN_BE, 1)
    print(
        f"the sender alone reaches {alone.packets / alone.took_s:,.0f} packets/s, "
        f"{1e6 * alone.cpu_s / alone.packets:.2f} µs of a processor each"
    )
    titles = ("sent", "per second", "arrived", "in the file", "lost", "told", "CPU s", "sender's")
    print(f"{'':10}" + "".join(f"{title:>12}" for title in titles))
    for _ in range(rounds):
        for name, run in (("sipview", by_sipview), ("dumpcap", by_dumpcap)):
            if name == "dumpcap" and shutil.which(name) is None:
                continue
            with tempfile.TemporaryDirectory() as folder:
                one = run(Path(folder), rate, seconds)
            counts = (one.sent.packets, round(one.sent.packets / one.sent.took_s), one.arrived, one.in_file,
                      one.arrived - one.in_file, one.told)  # fmt: skip
            line = "".join(f"{count:12,}" for count in counts)
            print(f"{name:10}{line}{one.cpu_s:12.2f}{one.sent.cpu_s:12.2f}", flush=True)


def latency(packets: int, folder: Path) -> None:
    """How long a packet takes until it can be read in the file, on an idle interface; and what an idle engine costs."""
    begun = time.monotonic()
    capture = Capture(Order(str(folder), (Source("local", "lo"),), limits=Limits(None, free_disk=0)))
    while capture.started is None and capture.ended is None:
        capture.next_event(1)
    start_s, path, waited = time.monotonic() - begun, folder / "00-000001.pcap", []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(packets):
            time.sleep(0.05 + number % 7 / 100)
            before, sent = path.stat().st_size, time.monotonic()
            sender.sendto(b"x", ("127.0.0.1", 9))
            while path.stat().st_size == before:
                time.sleep(0.001)
            waited.append(1000 * (time.monotonic() - sent))
    capture.stop()
    while capture.ended is None:
        capture.next_event(1)
    capture.close()
    last = capture.progress
    waited.sort()
    print(
        f"engine ready after {start_s:.2f} s; a packet is in the file after {waited[len(waited) // 2]:.0f} ms (median), "
        f"{waited[-1]:.0f} ms (most); {100 * last.cpu_s / last.elapsed_s:.1f}% of a processor, start included"
    )


@contextmanager
def answering(folder: Path) -> Iterator[None]:
    """A sipp that takes calls and echoes media."""
    command = ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", "5060", "-rtp_echo", "-mp", "16000", "-nostdin"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while ":13C4 " not in Path("/proc/thread-self/net/udp").read_text(encoding="ascii"):
                time.sleep(0.01)
            yield
        finally:
            process.kill()


def calls_with_media(calls: int, folder: Path) -> None:
    """sipp makes calls with media while the engine captures; its count, and ours by tshark."""
    heads = [struct.pack(">BBHII", 0x80, 8, number, number * 160, 7) for number in range(100)]
    voice = [
        Packet(number * 20_000_000, udp("127.0.0.1/7000", "127.0.0.1/7002", head + bytes(160)))
        for number, head in enumerate(heads)
    ]
    (folder / "pcap").mkdir()
    for name in ("g711a.pcap", "dtmf_2833_1.pcap"):
        (folder / "pcap" / name).write_bytes(pcap(voice if name == "g711a.pcap" else voice[:5]))
    capture = Capture(Order(str(folder), (Source("local", "lo"),), Choice("sip-rtp"), limits=Limits(None, free_disk=0)))
    while capture.started is None and capture.ended is None:
        capture.next_event(1)
    with answering(folder):
        command = [
            "sipp", "127.0.0.1:5060", "-sn", "uac_pcap", "-i", "127.0.0.1", "-p", "5061", "-m", str(calls), "-r", "50",
            "-l", "600", "-nostdin", "-trace_stat", "-stf", "statistics.csv", "-timeout", "120",
        ]  # fmt: skip
        subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    capture.stop()
    while capture.ended is None:
        capture.next_event(1)
    capture.close()
    rows = (folder / "statistics.csv").read_text(encoding="ascii").splitlines()
    counted = dict(zip(rows[0].split(";"), rows[-1].split(";"), strict=False))
    path = str(folder / "00-000001.pcap")
    made = subprocess.run(
        ["tshark", "-n", "-r", path, "-Y", 'sip.Method == "INVITE"', "-T", "fields", "-e", "sip.Call-ID"],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    last = capture.progress
    print(
        f"sipp: {counted['SuccessfulCall(C)']} calls succeeded, {counted['FailedCall(C)']} failed, "
        f"{counted['Retransmissions(C)']} retransmissions; captured: {len(set(made))} calls in {last.packets:,} packets, "
        f"{last.dropped} dropped, {last.cpu_s:.2f} s of CPU in {last.elapsed_s:.0f} s"
    )


def main() -> None:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--rate", type=int, default=300_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--calls", type=int, default=500)
    chosen = parser.parse_args()
    if chosen.rate * chosen.seconds > _MOST_PACKETS:
        parser.error(f"more than {_MOST_PACKETS:,} packets would fill the disk")
    with private_network():
        with tempfile.TemporaryDirectory() as folder:
            latency(100, Path(folder))
        compare(chosen.rate, chosen.seconds, chosen.rounds)
        if chosen.calls:
            with tempfile.TemporaryDirectory() as folder:
                calls_with_media(chosen.calls, Path(folder))


if __name__ == "__main__":
    main()
