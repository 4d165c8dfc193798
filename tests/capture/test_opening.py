"""What is opened as a capture, and what is refused in which words."""

import gzip
import io
import os
import re
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from sipview.capture import CaptureError, CaptureFile, open_capture
from sipview.capture.spooling import COMPRESSIONS
from sipview.values import Cancelled, CancelToken
from tests.support.captures import every_ms, open_file, pcap, pcapng, write

PACKETS = every_ms([bytes([number % 256]) * 50 for number in range(3000)])
DATA = pcap(PACKETS)
PACK = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress, "lz4": import_module("lz4.frame").compress}


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
