"""What is opened as a capture, and what is refused in which words."""

import dataclasses
import errno
import gzip
import io
import mmap
import os
import re
import struct
import subprocess
import sys
import threading
import tracemalloc
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from sipview.capture import CaptureError, CaptureFile, open_capture, spooling
from sipview.capture.spooling import COMPRESSIONS, UNPACK_LIMIT, unpack_limit
from sipview.values import Cancelled, CancelToken
from tests.support.captures import every_ms, open_file, pcap, pcapng, write
from tests.support.small_disk import small_disk

PACKETS = every_ms([bytes([number % 256]) * 50 for number in range(3000)])
DATA = pcap(PACKETS)
PACK = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress, "lz4": import_module("lz4.frame").compress}

may_mount = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or sys.platform != "linux", reason="only root on Linux mounts a small disk"
)


def count(file: CaptureFile) -> int:
    return sum(batch.offset.size for batch in file.batches(CancelToken()))


@pytest.mark.parametrize("name", [one.name for one in COMPRESSIONS])
@pytest.mark.parametrize("data", [DATA, pcapng(PACKETS)], ids=["pcap", "pcapng"])
def test_a_compressed_file_reads_like_the_plain_one_and_leaves_no_copy(tmp_path: Path, name: str, data: bytes) -> None:
    spool = tmp_path / "spool"
    file = open_capture(write(tmp_path / "packed", PACK[name](data)), spool)
    assert count(file) == len(PACKETS)
    assert file.data.tobytes() == data
    assert file.problems == []
    if os.name == "posix":
        assert list(spool.iterdir()) == [], "the copy has no name, so that it goes with the process"
    file.close()
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("name", [one.name for one in COMPRESSIONS])
def test_several_frames_and_padding_are_one_file(tmp_path: Path, name: str) -> None:
    pieces = PACK[name](DATA[:10_001]) + PACK[name](DATA[10_001:]) + bytes(5000)
    assert count(open_file(write(tmp_path / "two", pieces))) == len(PACKETS)


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_frames_without_data_are_passed_over(tmp_path: Path, name: str) -> None:
    """`pzstd` puts one before each frame, seekable archives end with one (RFC 8878 3.1.2)."""
    one, other = (struct.pack("<II", 0x184D2A50 + kind, size) + bytes(size) for kind, size in ((0, 4), (14, 3000)))
    parts = (one, PACK[name](DATA[:10_001]), other, one, PACK[name](DATA[10_001:]), bytes(70_000), other)
    file = open_file(write(tmp_path / "packed", *parts))
    assert count(file) == len(PACKETS)
    assert file.problems == []


@pytest.mark.parametrize("behind", [b"\x50\x2a\x4d\x18", struct.pack("<II", 0x184D2A50, 1 << 31), b"\x28\xb5", b"x"])
def test_what_is_no_frame_behind_one_is_told(tmp_path: Path, behind: bytes) -> None:
    packed = PACK["zstd"](DATA)
    file = open_file(write(tmp_path / "more.zst", packed, behind))
    assert count(file) == len(PACKETS)
    told = [(problem.kind, problem.start) for problem in file.problems]
    assert told == ([] if len(behind) == 8 else [("data-behind-compression", len(packed))])


def test_a_window_that_would_take_all_memory_is_named(tmp_path: Path) -> None:
    packing = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=30)).compressobj()
    path = write(tmp_path / "long.zst", packing.compress(DATA) + packing.flush())
    with pytest.raises(CaptureError, match=r"long\.zst: byte 0: the zstd data asks for a window of more than 128 MiB"):
        open_file(path)


@pytest.mark.parametrize("name", [one.name for one in COMPRESSIONS])
def test_of_a_cut_compressed_file_the_beginning_is_read(tmp_path: Path, name: str) -> None:
    noise = pcap(every_ms([os.urandom(1000) for _ in range(300)]))
    packed = PACK[name](noise)
    file = open_file(write(tmp_path / "cut", packed[: len(packed) // 2]))
    assert 0 < count(file) < 300
    assert [problem.kind for problem in file.problems] == ["cut-compression", "cut-record"]
    assert file.problems[0].start == len(packed) // 2


def test_of_a_damaged_compressed_file_the_beginning_is_read(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(pcap(every_ms([os.urandom(500).hex().encode() for _ in range(300)]))))
    packed[-8] ^= 0xFF  # of the check sum
    file = open_file(write(tmp_path / "damaged.gz", bytes(packed)))
    assert count(file) > 0
    assert file.problems[0].kind == "damaged-compression"


def test_what_follows_compressed_data_is_told(tmp_path: Path) -> None:
    file = open_file(write(tmp_path / "more.gz", gzip.compress(DATA), b"something else"))
    assert count(file) == len(PACKETS)
    assert [problem.kind for problem in file.problems] == ["data-behind-compression"]


def test_unpacking_stops_at_its_limit(tmp_path: Path) -> None:
    bomb = gzip.compress(pcap(PACKETS) + bytes(50_000_000))
    file = open_file(write(tmp_path / "bomb.gz", bomb), unpack_limit=len(DATA) + 100)
    assert file.size == len(DATA) + 100
    assert file.problems[0].kind == "unpack-limit"


@pytest.mark.parametrize("name", [one.name for one in COMPRESSIONS])
def test_a_bomb_takes_no_more_memory_and_disk_than_the_limit(tmp_path: Path, name: str) -> None:
    packed = PACK[name](pcap(PACKETS)) + PACK[name](bytes(100 << 20)) * 2
    path = write(tmp_path / "bomb", packed)
    tracemalloc.start()
    file = open_file(path, unpack_limit=60 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 << 20  # zstd makes up to 32 MiB at once, in parts that it then joins
    assert file.size == 60 << 20
    assert [problem.kind for problem in file.problems] == ["unpack-limit"]


def test_of_a_small_file_less_is_unpacked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert unpack_limit(100) == unpack_limit(10 << 20) == 1 << 30
    assert unpack_limit(100 << 20) == 100 * (100 << 20)
    assert unpack_limit(1 << 40) == UNPACK_LIMIT
    monkeypatch.setattr(spooling, "_ALWAYS_UNPACKED", len(DATA))
    path = write(tmp_path / "bomb.zst", PACK["zstd"](DATA + bytes(20_000_000)))
    file = open_file(path)
    assert file.size == max(len(DATA), 100 * path.stat().st_size) < 20_000_000
    assert file.problems[0].kind == "unpack-limit"


@may_mount
@pytest.mark.parametrize("piped", [False, True])
def test_where_the_disk_is_full_what_fits_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, piped: bool) -> None:
    noise = pcap(every_ms([os.urandom(700) for _ in range(8000)]))
    path = write(tmp_path / "large.gz", gzip.compress(noise, 1))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(noise)))
    with small_disk(tmp_path / "small", "2m") as folder:
        file = open_capture(Path("-") if piped else path, folder)
        assert 1500 < count(file) < 3000
        full = file.problems[0]
        assert (full.kind, full.start) == ("disk-full", file.size)
        assert f"no more room in {folder}" in full.text
        file.close()


@may_mount
@pytest.mark.parametrize("piped", [False, True])
def test_where_nothing_fits_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, piped: bool) -> None:
    path = write(tmp_path / "some.gz", gzip.compress(DATA))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(DATA)))
    with small_disk(tmp_path / "small", "8k") as folder:
        (folder / "fill").write_bytes(bytes(8192))
        with pytest.raises(CaptureError, match=r"byte 0: there is no more room in"):
            open_capture(Path("-") if piped else path, folder)


def test_too_little_memory_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hungry:
        eof, unused_data = False, b""

        def decompress(self, _: bytes) -> bytes:
            raise MemoryError

    hungry = dataclasses.replace(COMPRESSIONS[0], decompressor=Hungry)
    monkeypatch.setattr(spooling, "COMPRESSIONS", (hungry,))
    with pytest.raises(MemoryError):
        open_capture(write(tmp_path / "some.gz", gzip.compress(DATA)), tmp_path)


def test_a_file_that_cannot_be_mapped_is_told_with_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(mmap, "mmap", refuse)
    with pytest.raises(CaptureError, match=rf"large\.pcap: byte 0: has {len(DATA):,} bytes.*not enough memory\.") as error:
        open_capture(write(tmp_path / "large.pcap", DATA), tmp_path)
    assert "\n" not in str(error.value)


def test_unpacking_hears_the_wish_to_stop(tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        open_capture(write(tmp_path / "long.gz", gzip.compress(DATA)), tmp_path, cancel)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"Dear all,\nplease find attached", "a text file"),
        (b"\x7fELF\x02\x01\x01\0", "not a capture file"),
        (DATA[:23], "file header"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0", "section header"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0nope", "section header"),
        (b"snoop\0\0\0\0\0\0\2", "snoop capture"),
        (b"GMBU\0\2", "Network Monitor"),
        (b"PK\x03\x04....", "ZIP"),
        (gzip.compress(b"only text in here"), "a text file"),
        (gzip.compress(b""), "is empty"),
        (gzip.compress(DATA)[:9], "ends too early"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff\xff", "damaged"),
    ],
)
def test_what_is_no_capture_is_refused_in_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(CaptureError, match=words) as error:
        open_file(write(tmp_path / "strange.bin", content))
    text = str(error.value)
    assert re.match(r"strange\.bin: byte (0|9): ", text)
    assert text.endswith(".")
    assert "\n" not in text


def test_a_folder_a_missing_file_and_a_forbidden_one_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CaptureError, match=r"byte 0: is a folder"):
        open_capture(tmp_path, tmp_path)
    with pytest.raises(CaptureError, match=r"gone\.pcap: byte 0: cannot be read: no such file"):
        open_capture(tmp_path / "gone.pcap", tmp_path)

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "secret.pcap", DATA)
    monkeypatch.setattr(Path, "open", forbidden)  # file modes do not bind an administrator
    with pytest.raises(CaptureError, match=r"secret\.pcap: byte 0: cannot be read: permission denied"):
        open_capture(path, tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has devices in the file system")
def test_a_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="is a device"):
        open_capture(Path("/dev/zero"), tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX can remove an open file")
def test_a_file_that_vanishes_while_open_stays_readable(tmp_path: Path) -> None:
    path = write(tmp_path / "vanishes.pcap", DATA)
    file = open_file(path)
    path.unlink()
    assert count(file) == len(PACKETS)


@pytest.mark.parametrize("data", [DATA, gzip.compress(DATA)], ids=["plain", "gzip"])
def test_standard_input_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    file = open_file(Path("-"), tmp_path / "spool")
    assert count(file) == len(PACKETS)
    assert file.path == Path("-")


def test_nonsense_on_standard_input_is_refused_by_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"hello")))
    with pytest.raises(CaptureError, match=r"^standard input: byte 0: is a text file"):
        open_capture(Path("-"), tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes in the file system")
def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(DATA,))
    writer.start()
    assert count(open_file(pipe, tmp_path / "spool")) == len(PACKETS)
    writer.join()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has files without a name")
def test_a_killed_process_leaves_no_copy(tmp_path: Path) -> None:
    path = write(tmp_path / "one.pcap.gz", gzip.compress(DATA))
    program = (
        "import os, pathlib, sys; from sipview.capture import open_capture\n"
        "file = open_capture(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path), str(tmp_path / "spool")], check=False, timeout=60)
    assert done.returncode == -9
    assert list((tmp_path / "spool").iterdir()) == []


def test_closing_while_somebody_holds_an_array_is_no_crash(tmp_path: Path) -> None:
    file = open_file(write(tmp_path / "held.pcap", DATA))
    held = file.data[:4]
    file.close()
    assert held.tobytes() == DATA[:4]
