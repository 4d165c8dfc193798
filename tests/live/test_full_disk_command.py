"""``sipview capture`` where a disk is full: the working copy's, or that of the file; what was captured is saved, or kept."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sipview import environment
from sipview.live import recoverable
from tests.support import tshark
from tests.support.network import private_network, send_udp
from tests.support.small_disk import small_disk
from tests.support.typed_command import Running, sipview


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


@contextmanager
def sending() -> Iterator[None]:
    """Packets without end."""
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            send_udp(5060, [bytes(1000)] * 100)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join()


def test_the_disk_of_the_working_copy_is_full_and_what_fitted_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "saved.pcapng"
    with small_disk(tmp_path / "small", "2m") as disk:
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        running = Running("capture", "-i", "lo", "-w", path, "--filter", "udp dst port 5060", "--free-disk", "0")
        running.until("capturing lo")
        with sending():
            status, out, said = running.end()
        assert status == 1
        assert "The disk is full (00-000001.pcap cannot be written). What was written before is whole." in said
        assert out.endswith(f"{path} (the working copy is deleted)\n")
        assert len(tshark.fields(path, "frame.number")) > 1000
        assert not [one for one in disk.rglob("*") if one.is_file()]


def test_nothing_can_be_captured_into_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "small", "64k") as disk:
        (disk / "filler").write_bytes(bytes(65536))
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
        status, out, said = sipview("capture", "-i", "lo", "-w", tmp_path / "saved.pcapng")
    assert (status, out) == (1, "")
    assert said.startswith(f"sipview: nothing can be captured into {disk}/sipview")
    assert said.endswith(": No space left on device")


def test_the_disk_of_the_file_is_full_and_the_working_copy_is_kept(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "64k") as disk:
        path = disk / "saved.pcapng"
        running = Running("capture", "-i", "lo", "-w", path, "--packets", "200")
        running.until("capturing lo")
        send_udp(5060, [bytes(1000)] * 200)
        status, out, said = running.end()
        assert (status, out) == (1, "")
        assert not list(disk.iterdir())
    (folder,) = recoverable(environment.spool_folder())
    assert said.splitlines()[-2:] == [
        f"sipview: {path} could not be written: No space left on device",
        f"sipview: the captured packets are kept in {folder}; sipview capture --recover -w FILE saves them",
    ]
    status, out, said = sipview("capture", "--recover", "-w", tmp_path / "saved.pcapng")
    assert (status, out.startswith("200 packets"), said) == (0, True, "")
    assert recoverable(environment.spool_folder()) == []
