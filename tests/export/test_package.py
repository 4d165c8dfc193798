"""An archive of parts: what is in it can be checked, and it is whole or not there."""

import errno
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from sipview.export.package import MANIFEST, Part, manifest_size, refuse_to_replace, size_of, write_package
from sipview.export.saving import ExportError
from sipview.values import Cancelled, CancelToken
from tests.support.needs import CHECKOUT, require_tool

MOMENT = datetime(2026, 3, 14, 15, 9, 26)
TEXTS = {"README.txt": b"read me\n", "b/two.txt": "Jörg\n".encode() * 5000, "a.bin": os.urandom(3_000_000), "empty": b""}


def part(name: str, data: bytes, size: int | None = None) -> Part:
    return Part(name, "", "", lambda target, _: target.write(data), size)


def parts() -> list[Part]:
    return [part(name, data) for name, data in TEXTS.items()]


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_tool_opens_it_and_the_sums_are_right(tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    packed = write_package(path, parts(), MOMENT, CancelToken())
    assert {one.name: (one.size, one.sha256) for one in packed} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in TEXTS.items()
    }
    subprocess.run([require_tool("unzip"), "-q", str(path), "-d", str(tmp_path / "out")], check=True)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in TEXTS} == TEXTS
    checked = subprocess.run(
        [require_tool("sha256sum"), "-c", MANIFEST], cwd=tmp_path / "out", capture_output=True, text=True, check=True
    )
    assert checked.stdout.splitlines() == [f"{name}: OK" for name in TEXTS]
    assert (tmp_path / "out" / MANIFEST).stat().st_size == manifest_size(parts())
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [*TEXTS, MANIFEST]
        assert {one.date_time for one in archive.infolist()} == {(2026, 3, 14, 15, 9, 26)}
        assert not any(one.flag_bits & 8 for one in archive.infolist()), "sizes stand before the data, for simple tools"


def test_the_same_parts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_package(tmp_path / name, parts(), MOMENT, CancelToken())
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_part_that_may_be_huge_can_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    write_package(path, [part("capture", b"small after all", 5 << 30)], MOMENT, CancelToken())
    done = subprocess.run([require_tool("unzip"), "-p", str(path), "capture"], capture_output=True, check=True)
    assert done.stdout == b"small after all"


def test_sizes_are_found_out_by_writing_to_nowhere() -> None:
    assert [size_of(one, CancelToken()) for one in parts()] == [len(data) for data in TEXTS.values()]
    assert size_of(part("known", b"", 17), CancelToken()) == 17


def test_progress_never_goes_back_and_ends_at_the_whole(tmp_path: Path) -> None:
    seen: list[int] = []
    write_package(tmp_path / "case.zip", parts(), MOMENT, CancelToken(), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == sum(map(len, TEXTS.values()))


@pytest.mark.parametrize("there", [b"", b"what stood there"])
def test_nothing_is_left_of_what_was_stopped(tmp_path: Path, there: bytes) -> None:
    path = tmp_path / "case.zip"
    if there:
        path.write_bytes(there)
    cancel = CancelToken()

    def stop_here(target: BinaryIO, _: CancelToken) -> None:
        target.write(b"the beginning")
        cancel.cancel()
        target.write(b"and never the end")

    with pytest.raises(Cancelled):
        write_package(path, [*parts(), Part("stops", "", "", stop_here)], MOMENT, cancel)
    assert left_over(tmp_path) == (["case.zip"] if there else [])
    assert not there or path.read_bytes() == there


def fails_with(number: int) -> Callable[[BinaryIO, CancelToken], object]:
    def write(target: BinaryIO, _: CancelToken) -> None:
        target.write(b"the beginning")
        raise OSError(number, os.strerror(number))

    return write


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"case\.zip could not be written: No space left on device"):
        write_package(tmp_path / "case.zip", [Part("fails", "", "", fails_with(errno.ENOSPC))], MOMENT, CancelToken())
    assert left_over(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no limit of a file's size")
def test_where_the_system_takes_no_more_bytes_nothing_is_left(tmp_path: Path) -> None:
    """The archive itself meets the limit, in the middle of a part and again when it is closed."""
    program = (
        "import resource, sys; from pathlib import Path; from tests.export import test_package as t\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try: t.write_package(Path(sys.argv[1]), t.parts(), t.MOMENT, t.CancelToken())\n"
        "except t.ExportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "case.zip")], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert "case.zip could not be written: File too large." in done.stdout
    assert left_over(tmp_path) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="could not be written: No such file or directory"):
        write_package(tmp_path / "nowhere" / "case.zip", parts(), MOMENT, CancelToken())


def test_the_capture_is_not_written_over(tmp_path: Path) -> None:
    capture = tmp_path / "office.pcap"
    capture.write_bytes(b"packets")
    (tmp_path / "link.zip").symlink_to(capture)
    with pytest.raises(ExportError, match="is the capture itself"):
        refuse_to_replace(tmp_path / "link.zip", [capture])
    refuse_to_replace(tmp_path / "case.zip", [capture, Path("-")])
