"""``sipview package``: what it prints, what it writes, how it ends."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from sipview import environment
from sipview.cli import packaging
from sipview.export.package import MANIFEST
from sipview.live import InterfaceList
from tests.cli.conftest import Run
from tests.support import tshark
from tests.support.needs import CHECKOUT

OFFICE = environment.resource_path("samples/small-office.pcap")
BUSY = CHECKOUT / "tests" / "data" / "03_busy_486" / "03_busy_486.pcap"


@pytest.fixture(autouse=True)
def _no_questions_to_the_capture_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it answers is tried elsewhere, and takes a process."""
    monkeypatch.setattr(packaging, "list_interfaces", lambda: InterfaceList(library="libpcap 9.9"))


def sums_of(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        told = [line.split("  ") for line in archive.read(MANIFEST).decode().splitlines()]
        assert [name for _, name in told] == names[:-1]
        assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for digest, name in told)
    return {name: digest for digest, name in told}


@pytest.mark.needs_tshark
def test_a_package_is_written_and_everything_in_it_is_right(sipview: Run, tmp_path: Path) -> None:
    path = tmp_path / "case.zip"
    ran = sipview("package", OFFICE, "-o", path)
    assert ran.status == 0
    assert f"{path} is written, {path.stat().st_size:,} bytes" in ran.err
    names = list(sums_of(path))
    assert names[:4] == ["README.txt", "capture.pcapng", "calls.csv", "calls.jsonl"]
    assert all(name in ran.out for name in names)
    with zipfile.ZipFile(path) as archive:
        archive.extract("capture.pcapng", tmp_path)
        assert archive.read("calls.jsonl").decode() == sipview("calls", OFFICE, "--json").out
    fields = ("frame.time_epoch", "frame.len", "ip.id", "udp.payload")
    assert tshark.fields(tmp_path / "capture.pcapng", *fields) == tshark.fields(OFFICE, *fields)


def test_it_can_be_looked_at_before(sipview: Run, tmp_path: Path) -> None:
    listed = sipview("package", OFFICE, "--list", "--json")
    assert listed.status == 0
    written = sipview("package", OFFICE, "-o", tmp_path / "case.zip", "--json")
    assert [one["name"] for one in listed.objects] == [one["name"] for one in written.objects]
    assert {tuple(one) for one in written.objects} == {("name", "size", "what", "personal")}
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert {one["name"]: one["size"] for one in written.objects} == {
            one.filename: one.file_size for one in archive.infolist()
        }
    assert [one["size"] for one in listed.objects] == [one["size"] for one in written.objects]
    table = sipview("package", OFFICE, "-o", tmp_path / "other.zip", "--list")
    assert "Personal data" in table.out
    assert not (tmp_path / "other.zip").exists()


def test_chosen_calls_go_alone(sipview: Run, tmp_path: Path) -> None:
    call_id = sipview("calls", OFFICE, "--json").objects[4]["legs"][0]["call_id"]
    ran = sipview("package", OFFICE, "--call", "1", "--call", call_id, "--call", "1", "-o", tmp_path / "case.zip")
    assert ran.status == 0
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert [json.loads(line)["id"] for line in archive.read("calls.jsonl").splitlines()] == [1, 5]
        drawn = [name for name in archive.namelist() if name.startswith("ladders/")]
    assert drawn == ["ladders/call-0001.svg", "ladders/call-0005.svg"]


def test_standard_input_is_packed_as_well(sipview: Run, tmp_path: Path) -> None:
    ran = sipview("package", "-", BUSY, "-o", tmp_path / "case.zip", stdin=OFFICE.read_bytes())
    assert ran.status == 0
    assert set(sums_of(tmp_path / "case.zip")) > {"capture.pcapng"}


def test_a_damaged_capture_is_packed_as_far_as_it_goes(sipview: Run, tmp_path: Path) -> None:
    (tmp_path / "cut.pcap").write_bytes(OFFICE.read_bytes()[:100_001])
    ran = sipview("package", tmp_path / "cut.pcap", "-o", tmp_path / "case.zip")
    assert ran.status == 1
    assert "cut.pcap" in ran.err
    sums_of(tmp_path / "case.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        assert "cut.pcap" in archive.read("statistics.txt").decode().partition("Problems of the files")[2]


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ((OFFICE,), 2, "-o FILE.zip"),
        ((OFFICE, "-o", "case.tar"), 2, ".zip"),
        ((OFFICE, "-o", "case.zip", "--call", "77"), 2, "no call 77"),
        ((OFFICE, "-o", "nowhere/case.zip"), 1, "nowhere/case.zip could not be written: No such file or directory."),
        (("missing.pcap", "-o", "case.zip"), 1, "missing.pcap"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    sipview: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str | Path, ...], status: int, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = sipview("package", *words)
    assert (ran.status, ran.out) == (status, "")
    assert sentence in ran.err
    assert list(tmp_path.iterdir()) == []


def test_the_capture_is_not_written_over(sipview: Run, tmp_path: Path) -> None:
    capture = tmp_path / "capture.zip"
    capture.write_bytes(OFFICE.read_bytes())
    ran = sipview("package", capture, "-o", capture)
    assert ran.status == 1
    assert "choose another name" in ran.err
    assert capture.read_bytes() == OFFICE.read_bytes()
