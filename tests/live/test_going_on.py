"""A capture that was stopped goes on: one working copy, saved as one; a ring that may not delete at once."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from sipview.live import Choice, Limits, Order, Ring, Source, begin, claim
from sipview.live.engine import Recording
from sipview.live.orders import NO_PROGRESS, TapState
from sipview.live.saving import counted, save
from sipview.live.taps import Tap
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.network import Watched, capturing, private_network, send_udp

LO = (Source("local", "lo"),)


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


def order(folder: Path, ring: Ring | None = None, generation: int = 0) -> Order:
    limits = Limits(free_disk=0)
    return Order(str(folder), LO, Choice(expression="udp port 5060"), limits=limits, ring=ring, generation=generation)


def test_the_parts_of_a_capture_that_went_on_are_saved_as_one(tmp_path: Path) -> None:
    copy = begin(tmp_path)
    first = order(copy.folder)
    copy.describe(first, ("loopback",))
    with capturing(first) as watched:
        send_and_count(watched.started(), 3)
        one = watched.stop()
    copy.ended(one)
    second = replace(first, generation=copy.generation)
    copy.go_on(second)
    with capturing(second) as watched:
        send_and_count(watched.started(), 4)
        ended = watched.stop()
    both = ended.progress.behind(one.progress)
    copy.ended(structs.replace(ended, progress=both))
    assert (both.packets, both.dropped, both.elapsed_s > ended.progress.elapsed_s) == (7, 0, True)
    assert both.kept_bytes == copy.bytes
    assert [path.name for path in copy.files[0]] == ["00-000001.pcap", "00-000002.pcap"]
    saved = tmp_path / "saved.pcapng"
    assert save(copy, saved, CancelToken()).packets == 7
    assert len(tshark.fields(saved, "frame.number")) == 7
    assert tshark.fields(saved, "frame.interface_name", "frame.interface_description") == [("lo", "loopback")] * 7
    copy.delete()


def test_what_went_on_and_was_left_behind_again_tells_of_all_its_parts(tmp_path: Path) -> None:
    """Nobody hears the engine say how it ended, as whoever has shown the capture is gone: so it has left word."""
    copy = begin(tmp_path)
    copy.describe(order(copy.folder), ("loopback",))
    for part, count in enumerate((3, 4)):
        wanted = order(copy.folder, generation=copy.generation)
        if part:
            assert copy.manifest is not None
            copy.go_on(wanted, copy.manifest.last)
        with capturing(wanted) as watched:
            send_and_count(watched.started(), count)
        copy.release()
        copy = claim(copy.folder)
    assert copy.manifest is not None
    assert copy.manifest.ended == "The program that showed the capture is gone; no capture goes on unseen."
    assert copy.manifest.last is not None
    assert (copy.manifest.last.packets, copy.manifest.last.dropped) == (7, 0)
    assert counted(copy, CancelToken()).packets == 7
    copy.delete()


def test_where_the_engine_was_killed_too_its_packets_are_counted(tmp_path: Path) -> None:
    copy = begin(tmp_path)
    copy.describe(order(copy.folder))
    with capturing(order(copy.folder)) as watched:
        send_and_count(watched.started(), 3)
        assert watched.capture.process is not None
        os.kill(watched.capture.process, signal.SIGKILL)
    copy.release()
    copy = claim(copy.folder)
    assert copy.manifest is not None
    assert (copy.manifest.last, copy.manifest.ended) == (None, "")
    found = counted(copy, CancelToken())
    assert (found.packets, found.bytes) == (3, copy.bytes)
    assert [tap.dropped for tap in found.taps] == [None]
    copy.delete()


def send_and_count(watched: Watched, count: int) -> None:
    send_udp(5060, [b"x"] * count)
    watched.packets(count)


def test_a_part_that_could_not_begin_changes_no_counter() -> None:
    before = structs.replace(NO_PROGRESS, packets=5, taps=(TapState("lo", "libpcap", 1, 100, packets=5, dropped=0),))
    assert NO_PROGRESS.behind(before) == before


def test_a_ring_that_goes_on_forgets_the_files_of_the_part_before(tmp_path: Path) -> None:
    ring = Ring(2, seconds=0.05)
    with capturing(order(tmp_path, ring)) as watched:
        watched.until(lambda watched: "00-000004.pcap" in watched.capture.files)
        watched.stop()
    left = sorted(path.name for path in tmp_path.glob("*.pcap"))
    assert len(left) == 2
    newest = int(left[-1][3:9])
    with capturing(order(tmp_path, ring, newest)) as watched:
        watched.until(lambda watched: f"00-{newest + 3:06d}.pcap" in watched.capture.files)
        watched.stop()
    left = sorted(path.name for path in tmp_path.glob("*.pcap"))
    assert len(left) == 2
    assert int(left[0][3:9]) > newest


class EmptyTap:
    """A source that gives nothing."""

    def __init__(self) -> None:
        self.notice = self.refused = ""
        self.packets, self.bytes, self.bytes_in_all = 0, 24, 24

    def take(self, most: int) -> int:
        return 0

    def begin_file(self, name: str) -> None:
        Path(name).write_bytes(bytes(24))

    def state(self) -> TapState:
        return TapState("empty", "test", 1, 262144, 0, self.bytes)

    def flush(self) -> None: ...

    def finish(self) -> None: ...

    def close(self) -> None: ...


def test_a_file_that_somebody_reads_is_forgotten_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows does not delete a file that is open elsewhere."""
    monkeypatch.chdir(tmp_path)
    remove, in_use = os.remove, {"00-000001.pcap"}

    def as_windows(name: str) -> None:
        if name in in_use:
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        remove(name)

    monkeypatch.setattr("os.remove", as_windows)
    taps: list[Tap] = [EmptyTap()]
    now = iter(range(1000))
    recording = Recording(order(tmp_path, Ring(2, seconds=1.0)), taps, lambda event: None, lambda: float(next(now)))
    while not Path("00-000004.pcap").exists():
        assert recording.step() is None
    assert Path("00-000001.pcap").exists()
    assert not Path("00-000002.pcap").exists()
    in_use.clear()
    while not Path("00-000006.pcap").exists():
        assert recording.step() is None
    assert not Path("00-000001.pcap").exists()
