"""Captures read by a process beside this one, against the same read here, and what happens when that process goes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import GRE, Ether
from scapy.packet import Raw

from sipview.capture import CaptureFile
from sipview.index import Candidate, PacketIndex, Reading, beside, standby
from sipview.index.beside import Beside, LostError
from sipview.index.peeling import KINDS, MessageRows, Peeled
from sipview.processes import read_frame
from sipview.values import Cancelled, CancelToken
from tests.support import traffic
from tests.support.captures import (
    Packet,
    every_ms,
    interface,
    open_file,
    packet,
    pcap,
    pcapng,
    section,
    sip,
    tcp,
    udp,
    write,
)
from tests.support.needs import CHECKOUT
from tests.support.traps import Trap, fragments, traps

LINK = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
DATA = sorted((CHECKOUT / "tests" / "data").rglob("*.pcap"))


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    standby.give_up()


def read_whole(reading: Reading) -> list[Candidate]:
    found = [candidate for step in reading.steps(CancelToken()) for candidate in step.candidates]
    return found + reading.finish().candidates


def known_of(file: CaptureFile) -> tuple[Any, ...]:
    return file.interfaces, file.problems, file.names, file.secrets, file.drops, file.comments


def assert_same(here: PacketIndex, there: PacketIndex) -> None:
    assert here.count == there.count
    for name in KINDS.keys() - {"source", "destination"}:
        assert (getattr(here, name) == getattr(there, name)).all(), name
    for name in ("source", "destination"):  # positions may differ, addresses may not
        assert [here.addresses[number] for number in getattr(here, name)] == [
            there.addresses[number] for number in getattr(there, name)
        ]
    assert [(file.path, interface) for file, interface in here.interfaces] == [
        (file.path, interface) for file, interface in there.interfaces
    ]
    assert [known_of(file) for file in here.files] == [known_of(file) for file in there.files]
    assert here.stream_gaps == there.stream_gaps
    assert here.lost_fragments == there.lost_fragments


def assert_read_alike(paths: Sequence[Path], *, rows: int) -> None:
    """Read these files here and beside; ``rows`` are what they hold."""
    here, there = (Reading([open_file(path) for path in paths], beside=by_another) for by_another in (False, True))
    assert read_whole(there) == read_whole(here)
    assert here.index.count == rows
    assert_same(here.index, there.index)


@pytest.fixture(params=["shared memory", "a pipe"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns come through memory that both processes see, and through a pipe where the system has no such memory."""
    if request.param == "a pipe":
        monkeypatch.delattr(os, "memfd_create", raising=False)


@pytest.fixture
def not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read beside is not read here in the end."""

    def refuse(self: Reading, cancel: CancelToken) -> Iterator[Peeled]:
        raise AssertionError("the other process was lost")

    def unless_asked(self: Reading, cancel: CancelToken) -> Iterator[Peeled]:
        return refuse(self, cancel) if self._beside else batches(self, cancel)

    batches = Reading._batches
    monkeypatch.setattr(Reading, "_batches", unless_asked)


@pytest.fixture(scope="module")
def long_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of several batches; tunnelled fragments hide addresses that are known before those behind them."""
    folder = tmp_path_factory.mktemp("long")
    traffic.write(folder / "traffic.pcap", packets=150_000, sip=2000, seed=5)
    hidden = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=5060, dport=5060) / Raw(sip(call_id="hidden", body=b"x" * 700))
    tunnelled = bytes(GRE(proto=0x0800) / hidden)
    frames = []
    for at in (0, 400, 800):
        more = "MF" if at < 800 else 0
        outside = IP(src="203.0.113.1", dst="203.0.113.2", id=7, proto=47, flags=more, frag=at // 8)
        frames.append(bytes(LINK / outside / Raw(tunnelled[at : at + 400])))
    assert 800 < len(tunnelled) <= 1200
    records = (folder / "traffic.pcap").read_bytes()
    behind = pcap(every_ms([udp("198.51.100.7/5060", "198.51.100.8/5060", sip(call_id="behind"))]))
    return write(folder / "long.pcap", pcap(every_ms(frames)), records[24:], behind[24:])


def test_a_long_capture_is_the_same(both_ways: None, not_here: None, long_path: Path) -> None:
    assert_read_alike([long_path], rows=150_004)


def test_several_files_are_merged_the_same_way(both_ways: None, not_here: None) -> None:
    assert len(DATA) > 10
    assert_read_alike(DATA, rows=sum(len(read_rows(path)) for path in DATA))


def read_rows(path: Path) -> range:
    reading = Reading([open_file(path)])
    read_whole(reading)
    return range(reading.index.count)


@pytest.mark.parametrize("trap", list(traps()), ids=lambda trap: trap.name)
def test_every_trap_is_the_same(not_here: None, tmp_path: Path, trap: Trap) -> None:
    path = write(tmp_path / "trap.pcap", pcap(trap.packets))
    assert_read_alike([path], rows=len(trap.packets))


def test_all_that_a_file_tells_besides_is_told(not_here: None, tmp_path: Path) -> None:
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", sip(call_id=str(number))) for number in range(4)]
    path = write(
        tmp_path / "telling.pcapng",
        section("<", (1, b"by hand")) + interface("<", resolution=9, name="eth0", capture_filter="udp"),
        packet("<", 0, every_ms(frames)[0].time_ns, frames[0], comment="look here"),
        interface("<", resolution=6, name="eth1"),
        packet("<", 1, every_ms(frames)[1].time_ns // 1000, frames[1]),
        section(">") + interface(">", resolution=9, name="eth2"),
        packet(">", 0, every_ms(frames)[2].time_ns, frames[2]),
        packet(">", 9, every_ms(frames)[3].time_ns, frames[3]),  # there is no such interface
    )
    assert_read_alike([path], rows=3)
    file = open_file(path)
    reading = Reading([file], beside=True)
    read_whole(reading)
    assert [one.text for one in file.comments] == ["by hand", "look here"]
    assert [one.name for one in file.interfaces] == ["eth0", "eth1", "eth2"]
    assert file.problems


def test_a_capture_that_ends_inside_a_record_says_so_once(not_here: None, tmp_path: Path) -> None:
    whole = pcap(every_ms([udp("10.0.0.1/5060", "10.0.0.2/5060", sip())] * 3))
    path = write(tmp_path / "cut.pcap", whole[:-20])
    assert_read_alike([path], rows=2)
    file = open_file(path)
    read_whole(Reading([file], beside=True))
    assert [problem.kind for problem in file.problems] == ["cut-record"]


def test_streams_are_put_together_here(not_here: None, tmp_path: Path) -> None:
    message = sip(body=b"v=0\r\n")
    pieces = [message[:50], message[50:120], message[120:]]
    frames = [
        tcp("10.0.0.1/5060", "10.0.0.2/5060", piece, sequence=1 + sum(map(len, pieces[:number])))
        for number, piece in enumerate(pieces)
    ]
    path = write(tmp_path / "stream.pcapng", pcapng(every_ms(frames)))
    reading = Reading([open_file(path)], beside=True)
    assert [candidate.data for candidate in read_whole(reading)] == [message]


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_what_a_lost_process_has_not_sent_is_read_here(monkeypatch: pytest.MonkeyPatch, long_path: Path, batches: int) -> None:
    class Lost(Beside):
        """Whose process goes amid the work."""

        def batches(self) -> Iterator[Peeled]:
            yield from islice(super().batches(), batches)
            assert self._reader is not None
            self._reader.process.kill()
            self._reader.process.wait()
            yield from super().batches()

    monkeypatch.setattr(beside, "Beside", Lost)
    assert_read_alike([long_path], rows=150_004)


def test_the_rest_of_a_batch_is_read_here(both_ways: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frames = [*fragments()[:1], *[udp("10.0.0.1/5060", "10.0.0.2/5060", sip(call_id=str(number))) for number in range(9)]]
    path = write(tmp_path / "short.pcap", pcap(every_ms([*frames, *fragments()[1:]])))

    class Half(Beside):
        """Who gets a part of the first batch."""

        def batches(self) -> Iterator[Peeled]:
            for peeled in super().batches():
                columns = {name: values[:4] for name, values in peeled.columns.items()}
                pieces = [
                    piece._replace(**{name: getattr(piece, name)[piece.rows < 4] for name in piece._fields})
                    for piece in peeled.fragments
                ]
                first = peeled.messages.rows < 4
                messages = MessageRows(*(values[first] for values in peeled.messages))
                yield Peeled(columns, messages, pieces, peeled.bytes_read)
                raise LostError

    monkeypatch.setattr(beside, "Beside", Half)
    assert_read_alike([path], rows=len(frames) + len(fragments()) - 1)


def test_a_file_that_changed_its_size_is_read_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = write(tmp_path / "growing.pcap", pcap(every_ms([udp("10.0.0.1/5060", "10.0.0.2/5060", sip())] * 3)))
    file = open_file(path)
    with path.open("ab") as more:
        more.write(b"\0" * 8)
    index = PacketIndex([file])
    with Beside(index) as other, pytest.raises(LostError):
        next(other.batches())
    reading = Reading([file], beside=True)
    assert len(read_whole(reading)) == 3


def test_what_stands_under_the_name_of_another_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "one.pcap", pcap([Packet(0, udp("10.0.0.1/5060", "10.0.0.2/5060", sip()))]))
    file = open_file(path)
    other = write(tmp_path / "other.pcap", path.read_bytes())
    other.replace(path)
    reading = Reading([file], beside=True)
    assert len(read_whole(reading)) == 1
    assert not standby._has_its_name(file)


def test_stopping_ends_the_process(monkeypatch: pytest.MonkeyPatch, long_path: Path) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(Beside):
        """Whose process is known."""

        def batches(self) -> Iterator[Peeled]:
            assert self._reader is not None
            processes.append(self._reader.process)
            return super().batches()

    monkeypatch.setattr(beside, "Beside", Noted)
    cancel = CancelToken()
    steps = Reading([open_file(long_path)], beside=True).steps(cancel)
    next(steps)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(steps)
    assert len(processes) == 1
    assert processes[0].returncode is not None


def test_only_long_plain_files_are_worth_a_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = open_file(write(tmp_path / "plain.pcap", pcap([Packet(0, b"\0" * 60)])))
    monkeypatch.setattr(standby, "processors", lambda: 2)
    assert not standby.worth_a_process([file])
    monkeypatch.setattr(standby, "WORTH_A_PROCESS", 1)
    assert standby.worth_a_process([file])
    file.path.unlink()
    assert not standby.worth_a_process([file]), "nobody else finds it"
    monkeypatch.setattr(standby, "processors", lambda: 1)
    assert standby.take() is None


def test_a_prepared_process_is_taken_once_and_a_dead_one_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "processors", lambda: 2)
    standby.prepare()
    standby.prepare()
    first = standby.take()
    second = standby.take()
    assert first is not None
    assert second is not None
    assert first.process.pid != second.process.pid
    first.end()
    second.end()
    standby.prepare()
    (waiting,) = standby._waiting
    waiting.process.kill()
    waiting.process.wait()
    third = standby.take()
    assert third is not None
    assert third.process.pid != waiting.process.pid
    third.end()


def test_the_process_ends_with_whoever_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "processors", lambda: 2)
    reader = standby.take(behind=True)
    assert reader is not None
    process = reader.process
    assert process.stdin is not None
    assert process.stdout is not None
    if sys.platform != "win32":
        os.kill(process.pid, signal.SIGINT)  # Ctrl+C is for the one who started it; or it came before it listened
    process.stdin.close()
    assert read_frame(process.stdout) is None
    assert process.wait(30) in {0, -signal.SIGINT}
    reader.end()


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "sipview", standby.WORD], input=b"", capture_output=True, check=True, cwd=CHECKOUT
    )
    assert ran.stdout == b""
    assert ran.stderr == b""
