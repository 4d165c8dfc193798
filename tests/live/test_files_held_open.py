"""As on Windows, where a file that anybody has open stays: the ring, the working copy, and the full disk."""

import io
import mmap
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sipview.capture.writing import complete_or_nothing
from sipview.export.saving import ExportError, write_whole
from sipview.live import Limits, Order, Ring, Source, begin, recoverable
from sipview.live.orders import SMALLEST_RING_FILE, FileDeleted
from sipview.live.packet_file import PacketFile
from sipview.live.taps import DiskFull, cut_to_whole_records
from tests.support import tshark
from tests.support.captures import every_ms, pcap, udp
from tests.support.needs import CHECKOUT
from tests.support.network import Watched, capturing, private_network, require_capture_rights, send_udp
from tests.support.windows_files import as_on_windows

FILLING = [bytes(1400)] * 200


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    folder = tmp_path / "notes"
    folder.mkdir()
    with as_on_windows(folder) as told:
        yield told


def a_file(path: Path) -> Path:
    path.write_bytes(pcap(every_ms([udp("192.0.2.1/5060", "192.0.2.2/5060", bytes(100))] * 3)))
    return path


def test_the_test_itself_refuses_what_windows_refuses(tmp_path: Path, refused: Callable[[], list[str]]) -> None:
    held, other = a_file(tmp_path / "held"), a_file(tmp_path / "other")
    with held.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        for attempt in (held.unlink, lambda: other.replace(held), lambda: held.rename(other), lambda: os.truncate(held, 10)):
            with pytest.raises(PermissionError):
                attempt()
        elsewhere = subprocess.run(
            [sys.executable, "-P", "-c", "import os, sys; os.remove(sys.argv[1])", held], capture_output=True, check=False
        )
        assert b"PermissionError" in elsewhere.stderr
    assert len(refused()) == 5
    os.truncate(held, 10)
    other.replace(held)
    held.unlink()
    assert len(refused()) == 5


def ring_until(watched: Watched, name: str) -> None:
    while name not in watched.capture.forgotten:
        send_udp(9, FILLING)
        watched.until(lambda one: True)


def test_a_ring_tells_of_a_forgotten_file_and_deletes_it_when_nobody_reads_it(
    tmp_path: Path, refused: Callable[[], list[str]]
) -> None:
    folder = tmp_path / "capture"
    folder.mkdir()
    first = folder / "00-000001.pcap"
    order = Order(str(folder), (Source("local", "lo"),), limits=Limits(free_disk=0), ring=Ring(2, size=SMALLEST_RING_FILE))
    require_capture_rights()
    with private_network(), capturing(order) as watched:
        watched.started()
        with first.open("rb"):
            ring_until(watched, "00-000002.pcap")
            assert first.exists()
            assert first.name in watched.capture.forgotten
            assert first.name not in watched.capture.files
        watched.until(lambda _: not first.exists())
        watched.stop()
        told = [event.name for event in watched.seen if isinstance(event, FileDeleted)]
        assert sorted(path.name for path in folder.glob("*.pcap")) == sorted(watched.capture.files)
    assert len(told) == len(set(told))
    assert f"remove {first}" in refused()


def test_a_working_copy_that_is_read_is_deleted_by_the_next_start_and_not_offered(
    tmp_path: Path, refused: Callable[[], list[str]]
) -> None:
    copy = begin(tmp_path)
    file, folder = a_file(copy.folder / "00-000001.pcap"), copy.folder
    copy.describe(Order(str(folder), (Source("local", "lo"),)))
    with file.open("rb"):
        assert not copy.delete(patience_s=0)
        assert recoverable(tmp_path) == []
        assert file.exists()
    assert recoverable(tmp_path) == []
    assert not folder.exists()
    assert {line.partition(" ")[0] for line in refused()} == {"unlink"}


def test_a_working_copy_is_deleted_when_its_reader_lets_go_in_time(
    tmp_path: Path, refused: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = begin(tmp_path)
    file = a_file(copy.folder / "00-000001.pcap")
    with file.open("rb") as reader:
        monkeypatch.setattr("time.sleep", lambda _: reader.close())
        assert copy.delete()
    assert not copy.folder.exists()
    assert refused() == [f"unlink {file}"]


def test_a_record_that_a_full_disk_cut_stays_in_a_file_that_is_mapped(tmp_path: Path, refused: Callable[[], list[str]]) -> None:
    path = a_file(tmp_path / "cut.pcap")
    whole = path.stat().st_size
    os.truncate(path, whole + 7)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        assert cut_to_whole_records(str(path)) == (3, whole)
        assert path.stat().st_size == whole + 7
        assert len(tshark.fields(path, "frame.number")) == 3
    assert refused() == [f"truncate {path}"]
    assert cut_to_whole_records(str(path)) == (3, whole)
    assert path.stat().st_size == whole


class Mapped(io.FileIO):
    """A file on a full disk that somebody has mapped."""

    def write(self, data: object) -> int:
        return super().write(bytes(data)[:-1])  # type: ignore[call-overload]  # a buffer of any kind, as FileIO takes it

    def truncate(self, size: int | None = None) -> int:
        raise PermissionError(13, "Permission denied")


def test_a_tap_says_that_the_disk_is_full_also_where_its_file_is_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PacketFile(b"")
    monkeypatch.setattr("builtins.open", lambda name, mode, buffering: Mapped(name, mode))
    file.begin(str(tmp_path / "mapped.pcap"))
    with pytest.raises(DiskFull):
        file.write(b"record")
    file.close()


def test_the_command_captures_saves_and_deletes_its_working_copy(tmp_path: Path, refused: Callable[[], list[str]]) -> None:
    require_capture_rights()
    with private_network():
        command = [
            sys.executable,
            "-m",
            "sipview",
            "capture",
            "-i",
            "lo",
            "-w",
            str(tmp_path / "out.pcapng"),
            "--packets",
            "20",
        ]
        with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            assert running.stderr is not None
            assert "capturing lo" in running.stderr.readline()
            send_udp(9, [b"x"] * 20)
            out, _ = running.communicate(timeout=60)
    assert "20 packets" in out
    assert "the working copy is deleted" in out
    assert refused() == []
    assert recoverable(Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sipview") == []


def test_a_file_that_is_open_is_not_replaced_and_it_is_said_why(tmp_path: Path, refused: Callable[[], list[str]]) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    target = a_file(folder / "held.pcapng")
    before = target.read_bytes()
    with target.open("rb"):
        with (
            pytest.raises(PermissionError, match="the file of this name is protected, or open in a program") as told,
            complete_or_nothing(target) as file,
        ):
            file.write(b"new")
        assert told.value.filename == str(target)
        with pytest.raises(ExportError, match="could not be written: the file of this name is protected, or open"):
            write_whole(target, lambda unfinished: unfinished.write_bytes(b"new"))
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("held.pcapng", before)]
    assert [line.partition(" ")[0] for line in refused()] == ["replace", "replace"]


def test_a_file_with_the_longest_of_names_is_saved(tmp_path: Path) -> None:
    target = tmp_path / f"{'n' * 248}.pcapng"
    with complete_or_nothing(target) as file:
        file.write(b"new")
    assert target.read_bytes() == b"new"
