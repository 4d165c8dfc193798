"""The program on an imitated Windows: Npcap found and loaded, interfaces named, loopback captured, nothing of POSIX used."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tshark
from tests.support.imitated_windows import GUIDS, Windows, imitated_windows
from tests.support.needs import CHECKOUT
from tests.support.network import private_network, require_capture_rights, send_udp


@pytest.fixture
def windows(tmp_path: Path) -> Iterator[Windows]:
    folder = tmp_path / "Пользователь Иван"
    folder.mkdir()
    with imitated_windows(folder) as made:
        yield made


def sipview(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "sipview", *map(str, words)]


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        sipview(*words), cwd=CHECKOUT, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )


def test_interfaces_have_the_names_of_windows(windows: Windows) -> None:
    windows.install_npcap()
    done = run("interfaces", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    listed = {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}
    ethernet = listed[rf"\Device\NPF_{GUIDS[0]}"]
    assert (ethernet["label"], ethernet["description"]) == ("Ethernet 2", "Intel(R) I350 Gigabit Network Connection")
    assert (ethernet["ipv4"], ethernet["ipv6"], ethernet["default_route"]) == (["192.0.2.0"], ["2001:db8::"], True)
    assert [one["label"] for one in listed.values()] == [
        "Ethernet 2", "Беспроводная сеть", "isatap.example", "Local Area Connection* 8", "Teredo Tunneling Pseudo-Interface",
        "Loopback",
    ]  # fmt: skip
    assert {one["label"] for one in listed.values() if one["in_all"]} == {"Ethernet 2", "Беспроводная сеть", "Loopback"}
    assert [one["label"] for one in listed.values() if not one["up"]] == ["Беспроводная сеть"]
    loopback = listed[r"\Device\NPF_Loopback"]
    assert (loopback["kind"], loopback["ipv4"], loopback["ipv6"]) == ("loopback", ["127.0.0.1"], ["::1"])
    notes = windows.notes()
    folder = str(windows.npcap)
    loads = [f"SetDllDirectoryW {folder}", f"load {folder}\\Packet.dll", f"load {folder}\\wpcap.dll"]
    assert [line for line in notes if line.startswith(("Set", "load"))][:3] == loads
    assert "pcap_freealldevs" in notes
    assert r"registry HKLM\SYSTEM\CurrentControlSet\Services\npcap\Parameters" in notes
    assert "start sc.exe" in notes


def test_without_npcap_it_is_said_what_to_install(windows: Windows) -> None:
    done = run("interfaces")
    assert done.returncode == 1
    assert "Npcap is not installed, so nothing can be captured here. Install it from https://npcap.com" in done.stderr
    assert "Traceback" not in done.stderr


def test_npcap_that_was_removed_and_left_its_folder_is_not_installed(windows: Windows) -> None:
    windows.npcap.mkdir()
    assert "Npcap is not installed" in run("interfaces").stderr


def test_without_the_variable_that_says_where_windows_is(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINDIR")
    assert "Npcap is not installed" in run("interfaces").stderr


def test_npcap_whose_service_is_stopped(windows: Windows) -> None:
    windows.install_npcap()
    windows.service("1  STOPPED")
    assert "net start npcap" in run("interfaces", "--json").stderr


def test_loopback_is_captured_into_a_folder_with_spaces_and_cyrillic_letters(windows: Windows) -> None:
    windows.install_npcap()
    require_capture_rights()
    target = windows.folder / "Мои захваты" / "звонок 1.pcapng"
    target.parent.mkdir()
    with private_network():
        command = sipview("capture", "-i", "Loopback", "-w", target, "--packets", "20")
        with subprocess.Popen(
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        ) as running:
            assert running.stderr is not None
            assert "capturing Loopback; Ctrl+C ends it" in running.stderr.readline()
            send_udp(5060, [b"x"] * 20)
            out, error = running.communicate(timeout=60)
    assert (running.returncode, error) == (0, "sipview: The limit of 20 packets is reached.\n")
    assert "20 packets, 0 dropped" in out
    assert "the working copy is deleted" in out
    assert len(tshark.fields(target, "frame.number")) == 20
    assert tshark.fields(target, "frame.interface_name")[0] == (r"\Device\NPF_Loopback",)
    assert windows.notes().count("locking") >= 2
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    assert not list((cache / "sipview" / "captures").glob("*"))


def test_a_front_end_that_is_killed_takes_the_engine_along(windows: Windows) -> None:
    """Without the signals of POSIX and without another parent: by the end of the pipe alone."""
    windows.install_npcap()
    require_capture_rights()
    program = (
        "import os, sys\nfrom sipview.live import Capture, Order, Source, Started\n"
        r"capture = Capture(Order(sys.argv[1], (Source('local', r'\Device\NPF_Loopback'),)))"
        "\nwhile not isinstance(event := capture.next_event(20), Started): assert event\n"
        "print(event.process, flush=True)\nsys.stdin.read()"
    )
    with private_network(), subprocess.Popen(
        [sys.executable, "-c", program, windows.folder], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as front_end:  # fmt: skip
        assert front_end.stdout is not None
        engine = os.pidfd_open(int(front_end.stdout.readline()))
        front_end.kill()
        try:
            assert select.select([engine], [], [], 2.0)[0], "the engine goes on unseen"
        finally:
            os.close(engine)


@pytest.mark.parametrize("name", ["fcntl", "pwd", "grp", "resource", "termios"])
def test_the_imitated_windows_has_no_modules_of_posix(windows: Windows, name: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr


def test_every_module_without_a_window_imports_there(windows: Windows) -> None:
    names = [
        ".".join(source.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")
        for folder in ("sipview", "installer")
        for source in (CHECKOUT / folder).rglob("*.py")
        if source.relative_to(CHECKOUT).parts[1] not in {"gui", "app", "__main__.py"}
    ]
    program = "import importlib, sys\nassert sys.platform == 'win32'\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", program, *names], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(names) > 200
