"""Loss and load of the capture engine beside dumpcap, on the same traffic by turns; its latency; and 500 calls with media.

    python -m tests.benchmarks.live [--rate PACKETS/S] [--seconds S] [--rounds N] [--calls N]

All traffic stays in a network namespace that this program makes for itself (so it takes root on Linux), and it ends by itself.
The sender gives the kernel datagrams of 214 bytes (G.711 with its headers) in batches, at a steady rate, as far as the machine
can.
"""

import argparse
import ctypes
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

from sipview.live import Capture, Choice, Limits, Order, Preset, Source
from tests.support.captures import Packet, pcap, udp
from tests.support.network import private_network

_PORT, _PAYLOAD, _BATCH = 16000, 172, 64
_MOST_PACKETS = 20_000_000


class _Slice(ctypes.Structure):
    _fields_ = (("base", ctypes.c_char_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct mmsghdr of <sys/socket.h>."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("slices", ctypes.POINTER(_Slice)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint),
    )


def send(rate: int, seconds: float) -> int:
    """Send datagrams to a port of loopback whose owner does not read them; how many it were."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    receiver.bind(("127.0.0.1", _PORT))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(("127.0.0.1", _PORT))
    payload = ctypes.create_string_buffer(bytes(_PAYLOAD), _PAYLOAD)
    one = _Slice(ctypes.cast(payload, ctypes.c_char_p), _PAYLOAD)
    batch = (_Message * _BATCH)(*(_Message(slices=ctypes.pointer(one), count=1) for _ in range(_BATCH)))
    sendmmsg = ctypes.CDLL(None, use_errno=True).sendmmsg
    sent, wanted, begun = 0, int(rate * seconds), time.monotonic()
    while sent < wanted:
        due = min(wanted, int((time.monotonic() - begun) * rate))
        if sent >= due:
            time.sleep(0.0005)
        while sent < due:
            done = sendmmsg(sender.fileno(), batch, min(_BATCH, due - sent), 0)
            sent += max(done, 0)
        if time.monotonic() - begun > 3 * seconds:
            break  # the machine cannot do more
    print(f"{sent} {time.monotonic() - begun:.3f}")
    return sent


def sent_by_another_process(rate: int, seconds: float) -> tuple[int, float]:
    """Let another process send; how many, and in how many seconds."""
    command = [sys.executable, "-m", "tests.benchmarks.live", "--send", str(rate), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    count, took = done.stdout.split()
    return int(count), float(took)


def by_sipview(folder: Path, rate: int, seconds: float, preset: Preset = "everything") -> tuple[int, float, int, int, float]:
    """(sent, seconds, in the file, dropped as it tells, CPU seconds) of the engine."""
    capture = Capture(Order(str(folder), (Source("local", "lo"),), Choice(preset), limits=Limits(None, free_disk=0)))
    while capture.started is None and capture.ended is None:
        capture.next_event(1)
    sent, took = sent_by_another_process(rate, seconds)
    capture.stop()
    while capture.ended is None:
        capture.next_event(1)
    capture.close()
    return sent, took, in_file(folder / "00-000001.pcap"), capture.progress.dropped, capture.progress.cpu_s


def by_dumpcap(folder: Path, rate: int, seconds: float) -> tuple[int, float, int, int, float]:
    """The same of dumpcap."""
    path = folder / "dumpcap.pcap"
    command = ["dumpcap", "-q", "-P", "-p", "-B", "64", "-i", "lo", "-w", str(path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    words = ""
    while not words.startswith("File:"):
        words = process.stderr.readline()
    sent, took = sent_by_another_process(rate, seconds)
    time.sleep(0.2)  # it does not take what the kernel still has
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    process.stderr.close()
    dropped = re.search(r"received/dropped on interface .*: \d+/(\d+)", said)
    return sent, took, in_file(path), int(dropped.group(1)) if dropped else -1, usage.ru_utime + usage.ru_stime


def in_file(path: Path) -> int:
    """How many of the sender's packets are in a file, by capinfos; all packets of the namespace are the sender's."""
    done = subprocess.run(["capinfos", "-c", "-M", "-T", "-r", str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout.split("\t")[1])


def compare(rate: int, seconds: float, rounds: int) -> None:
    """Both by turns, a line each."""
    print(f"{'':14}{'sent':>12}{'per second':>12}{'in the file':>13}{'lost':>9}{'told':>8}{'CPU s':>8}")
    for _ in range(rounds):
        for name, run in (("sipview", by_sipview), ("dumpcap", by_dumpcap)):
            if name == "dumpcap" and shutil.which(name) is None:
                continue
            with tempfile.TemporaryDirectory() as folder:
                sent, took, found, told, cpu_s = run(Path(folder), rate, seconds)
            print(f"{name:14}{sent:12,}{sent / took:12,.0f}{found:13,}{sent - found:9,}{told:8,}{cpu_s:8.2f}", flush=True)


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=300_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--send", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.send:
        send(int(chosen.send[0]), float(chosen.send[1]))
        return
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
