"""Interfaces: of Linux out of a /sys that the test writes, of Windows out of recorded structures; and a library that fails."""

import ctypes
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sipview.live import CaptureInterface, InterfaceList, check_filter, list_interfaces
from sipview.live.interfaces import in_order
from sipview.live.linux_interfaces import Found, linux_interfaces
from sipview.live.mac_interfaces import mac_interfaces
from sipview.live.permission import how_to_permit
from sipview.live.processes import ANSWERING, command_of
from sipview.live.windows_interfaces import (
    Adapter,
    Npcap,
    _AdapterAddresses,
    adapters_at,
    service_running,
    windows_interfaces,
)
from tests.support.needs import CHECKOUT, require_readable_checkout, require_tool
from tests.support.network import require_capture_rights

ROUTES = (
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "eth1\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
)


def device(root: Path, name: str, number: int, flags: str = "0x1003", **files: str) -> Found:
    folder = root / "sys/class/net" / name
    folder.mkdir(parents=True)
    for file, text in {"type": str(number), "flags": flags, "carrier": "1", **files}.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(text + "\n", encoding="ascii")
    return Found(name, ipv4=("192.0.2.1",) if name == "eth1" else ())


def a_linux(root: Path) -> list[Found]:
    found = [
        device(root, "lo", 772),
        device(root, "eth0", 1, **{"device/vendor": "0x8086"}),
        device(root, "eth1", 1, **{"device/vendor": "0x8086"}),
        device(root, "eth2", 1, flags="0x1002", **{"device/vendor": "0x8086"}),
        device(root, "eth3", 1, carrier="0", **{"device/vendor": "0x8086"}),
        device(root, "wlan0", 1, **{"wireless/status": "0"}),
        device(root, "docker0", 1),
        device(root, "tun0", 65534, tun_flags="0x1001"),
        device(root, "sit0", 776),
        Found("any"),
        Found("bluetooth-monitor"),
        Found("dbus-system"),
    ]
    (root / "proc/net").mkdir(parents=True)
    (root / "proc/net/route").write_text(ROUTES, encoding="ascii")
    return found


def test_linux_tells_kind_state_and_what_belongs_to_all(tmp_path: Path) -> None:
    listed = InterfaceList(in_order(linux_interfaces(a_linux(tmp_path), "", tmp_path)))
    assert {one.name: one.kind for one in listed.interfaces} == {
        "lo": "loopback", "eth0": "ethernet", "eth1": "ethernet", "eth2": "ethernet", "eth3": "ethernet", "wlan0": "wifi",
        "docker0": "virtual", "tun0": "tunnel", "sit0": "tunnel", "any": "any",
    }  # fmt: skip
    assert [one.name for one in listed.all] == ["eth1", "eth0", "eth3", "wlan0", "docker0", "tun0", "lo"]
    assert {one.name for one in listed.interfaces if one.left_out} == {"any", "sit0"}
    assert listed.interfaces[0].name == "eth1"
    assert listed.preselected == listed.interfaces[0]
    assert {one.name for one in listed.interfaces if not one.up} == {"eth2", "eth3"}
    off = listed.find("eth2")
    assert off is not None
    assert (off.usable, off.why_not) == (False, "It is switched off; switch it on with: ip link set eth2 up")


def test_linux_without_the_right_says_so_for_each(tmp_path: Path) -> None:
    listed = linux_interfaces(a_linux(tmp_path), "Not for you", tmp_path)
    assert all(not one.usable for one in listed)
    assert {one.why_not for one in listed if one.name != "eth2"} == {"Not for you"}


GUIDS = [f"{{{number:08X}-0000-0000-0000-00000000000{number}}}" for number in range(6)]
ADAPTERS = [
    Adapter(GUIDS[0], "Ethernet 2", "Intel(R) I350 Gigabit Network Connection", 6, True, 25),
    Adapter(GUIDS[1], "WLAN", "Intel(R) Wi-Fi 6 AX201 160MHz", 71, True, 50),
    Adapter(GUIDS[2], "Teredo Tunneling Pseudo-Interface", "Microsoft Teredo Tunneling Adapter", 131, True),
    Adapter(GUIDS[3], "Local Area Connection* 8", "WAN Miniport (Network Monitor)", 6, True),
    Adapter(GUIDS[4], "Подключение по локальной сети", "Realtek PCIe GbE", 6, False),
    Adapter(GUIDS[5], "vEthernet (Default Switch)", "Hyper-V Virtual Ethernet Adapter", 6, True),
]
FOUND = [
    *(Found(rf"\Device\NPF_{adapter.guid.lower()}", "", ("192.0.2.7",), ("fe80::7",)) for adapter in ADAPTERS),
    Found(r"\Device\NPF_Loopback", "Adapter for loopback traffic capture"),
]
RUNNING = Npcap(running=True, admin_only=False)


def test_windows_has_the_names_that_people_know() -> None:
    made, problem = windows_interfaces(FOUND, ADAPTERS, RUNNING)
    listed = InterfaceList(in_order(made), problem)
    assert problem == ""
    assert [one.label for one in made] == [*(adapter.friendly_name for adapter in ADAPTERS), "Loopback"]
    assert [one.kind for one in made] == ["ethernet", "wifi", "tunnel", "tunnel", "ethernet", "virtual", "loopback"]
    assert [one.label for one in made if one.left_out] == ["Teredo Tunneling Pseudo-Interface", "Local Area Connection* 8"]
    assert not {one.label for one in listed.all} & {"Teredo Tunneling Pseudo-Interface", "Local Area Connection* 8"}
    assert "Loopback" in {one.label for one in listed.all}
    first = listed.find("Ethernet 2")
    assert first is not None
    assert (first.name, first.description) == (rf"\Device\NPF_{GUIDS[0].lower()}", "Intel(R) I350 Gigabit Network Connection")
    assert listed.preselected == first
    assert [one.label for one in made if not one.up] == ["Подключение по локальной сети"]


@pytest.mark.parametrize(
    ("found", "npcap", "says"),
    [
        ([], Npcap(running=False, admin_only=False), "net start npcap"),
        ([FOUND[-1]], Npcap(running=True, admin_only=True), "administrators only"),
        ([], Npcap(running=None, admin_only=False), "Npcap found no interface"),
        (FOUND, Npcap(running=True, admin_only=True), ""),
    ],
)
def test_windows_says_what_is_wrong_with_npcap(found: list[Found], npcap: Npcap, says: str) -> None:
    _, problem = windows_interfaces(found, ADAPTERS, npcap)
    assert says in problem
    assert bool(problem) == bool(says)


def test_adapters_are_read_from_the_structures_of_windows() -> None:
    texts = [ctypes.create_string_buffer(guid.encode()) for guid in GUIDS]
    nodes = [_AdapterAddresses() for _ in ADAPTERS]
    for number, (node, adapter) in enumerate(zip(nodes, ADAPTERS, strict=True)):
        node.adapter_name = ctypes.addressof(texts[number])
        node.friendly_name, node.description = adapter.friendly_name, adapter.description
        node.interface_type, node.status = adapter.interface_type, 1 if adapter.up else 2
        node.ipv4_metric, node.ipv6_metric = adapter.metric or 0, 5000
        node.gateway = 1 if adapter.metric is not None else None
        node.next = ctypes.addressof(nodes[number + 1]) if number + 1 < len(nodes) else None
    assert adapters_at(ctypes.addressof(nodes[0])) == ADAPTERS


def test_the_structure_of_windows_lies_as_its_header_says() -> None:
    """The offsets of IP_ADAPTER_ADDRESSES_LH where pointers have 64 bits, counted from the declaration in <iptypes.h>."""
    offsets = {
        "next": 8, "adapter_name": 16, "description": 64, "friendly_name": 72, "interface_type": 100, "status": 104,
        "gateway": 208, "ipv4_metric": 216, "ipv6_metric": 220,
    }  # fmt: skip
    assert {name: getattr(_AdapterAddresses, name).offset for name in offsets} == offsets


SC_QUERY = (
    "\r\nSERVICE_NAME: npcap \r\n        TYPE               : 1  KERNEL_DRIVER  \r\n        STATE              : {} \r\n"
    "                                (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)\r\n        WIN32_EXIT_CODE    : 0  (0x0)\r\n"
)


@pytest.mark.parametrize(("state", "running"), [("4  RUNNING", True), ("1  STOPPED", False)])
def test_the_state_of_the_service_is_read(state: str, running: bool) -> None:
    assert service_running(SC_QUERY.format(state)) is running
    assert service_running(SC_QUERY.format(state).replace("STATE", "СТАТУС")) is running


def test_a_service_that_does_not_exist_is_not_known_to_be_stopped() -> None:
    assert (
        service_running("[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\nThe service does not exist.\r\n") is None
    )


@pytest.mark.parametrize(
    ("system", "says"), [("win32", "administrator"), ("darwin", "ChmodBPF"), ("linux", "usermod -aG wireshark")]
)
def test_every_system_is_told_what_to_do(system: str, says: str) -> None:
    assert says in how_to_permit(system)


@pytest.mark.parametrize("system", ["darwin", "linux"])
def test_the_command_for_one_time_starts_this_very_program(
    system: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of a virtual environment, say: sudo would not find it by its name."""
    python = tmp_path / "my tools" / "python"
    monkeypatch.setattr(sys, "executable", str(python))
    assert f"sudo '{python}' -m sipview capture" in how_to_permit(system)
    python.parent.mkdir()
    program = python.with_name("sipview")
    program.touch()
    assert f"sudo '{program}' capture" in how_to_permit(system)


def answering_by(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr("sipview.live.asking.command_of", lambda word: [sys.executable, "-c", program])


def test_a_library_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answering_by(monkeypatch, "import time; time.sleep(60)")
    listed = list_interfaces(timeout_s=0.2)
    assert listed.interfaces == ()
    assert listed.problem.startswith("The capture library has not answered for 0 seconds.")


def test_a_library_that_crashes_does_not_take_us_along(monkeypatch: pytest.MonkeyPatch) -> None:
    answering_by(monkeypatch, "import os, sys; print('it broke', file=sys.stderr, flush=True); os.abort()")
    problem = list_interfaces().problem
    assert problem.startswith("The capture library ended the process that asked it, with status ")
    assert "(it broke)" in problem


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import ctypes.util, sys; ctypes.util.find_library = lambda name: None; "
        f"sys.path.insert(0, {str(CHECKOUT)!r}); from sipview.live.answering import main; main()"
    )
    answering_by(monkeypatch, program)
    assert "Install the package libpcap0.8" in list_interfaces().problem
    assert "Install the package libpcap0.8" in check_filter("udp").problem


def test_the_interfaces_of_this_computer() -> None:
    require_capture_rights()
    listed = list_interfaces()
    assert listed.problem == ""
    assert "libpcap" in listed.library
    loopback = listed.find("lo")
    assert loopback is not None
    assert (loopback.kind, loopback.ipv4, loopback.usable) == ("loopback", ("127.0.0.1",), True)
    shown = subprocess.run([require_tool("dumpcap"), "-D", "-M"], capture_output=True, text=True, check=True).stdout
    names = {line.split("\t")[0].split(". ")[1] for line in shown.splitlines()}
    assert {one.name for one in listed.interfaces if one.usable} <= names


def test_a_user_who_may_not_capture_learns_it_from_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    require_capture_rights()
    require_readable_checkout()
    command = [require_tool("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", *command_of(ANSWERING)]
    monkeypatch.setattr("sipview.live.asking.command_of", lambda word: command)
    listed = list_interfaces()
    assert "usermod -aG wireshark" in listed.problem
    assert listed.interfaces
    assert not any(one.usable for one in listed.interfaces)
    assert listed.preselected is None


@pytest.mark.parametrize(
    ("expression", "sentence", "where"),
    [
        ("udp prot 5060", "Syntax error at 'prot'.", "prot"),
        ("udp port 5060 and and tcp", "Syntax error at 'and'.", "and tcp"),
        ("udp port", "The filter ends too early.", ""),
        ("(udp port 5060", "The filter ends too early.", ""),
        ("udp and (tcp or)", "Syntax error at ')'.", ")"),
        ("ip proto \\foo", "Unknown ip proto 'foo'.", "foo"),
        ("tcp é", "Illegal character 'é'.", "é"),
    ],
)
def test_a_filter_that_does_not_compile_is_told_where(expression: str, sentence: str, where: str) -> None:
    if "proto" in expression and not Path("/etc/protocols").exists():
        pytest.skip("without /etc/protocols libpcap takes any name for that of a protocol")
    answer = check_filter(expression)
    assert answer.problem == ""
    assert answer.fault is not None
    assert answer.fault.sentence == sentence
    assert expression[answer.fault.start :].startswith(where)
    assert answer.fault.start == (expression.rfind(where) if where != "and tcp" else expression.find("and tcp"))


@pytest.mark.parametrize(
    "expression", ["", "udp port 5060", "vlan and (udp or tcp) and not host 10.0.0.1", "udp[8:4] = 0x494e5649"]
)
def test_a_filter_that_compiles_has_no_fault(expression: str) -> None:
    answer = check_filter(expression)
    assert (answer.fault, answer.problem) == (None, "")


@pytest.mark.parametrize(("expression", "sound"), [("udp port 5060", False), ("udp", True), ("udp port 7070", True)])
def test_whether_sound_passes_a_filter_is_told(expression: str, sound: bool) -> None:
    assert check_filter(expression).takes_sound == sound


def test_the_ports_of_sip_are_those_that_the_user_names() -> None:
    assert not check_filter("udp port 7070", sip_ports=(7070,)).takes_sound


def test_the_answer_crosses_the_pipe_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = InterfaceList(
        (CaptureInterface("eth0", "Büro", "wifi", ("192.0.2.1",), ("fe80::1",), False, False, "no"),), "p", "v"
    )
    text = msgspec.json.encode(sent).decode()
    answering_by(monkeypatch, f"print({text!r})")
    assert list_interfaces() == sent


PORTS = """
Hardware Port: Ethernet
Device: en0
Ethernet Address: 00:00:5e:00:53:01

Hardware Port: Wi-Fi
Device: en1
Ethernet Address: 00:00:5e:00:53:02

Hardware Port: Thunderbolt Bridge
Device: bridge0
Ethernet Address: 00:00:5e:00:53:03

VLAN Configurations
===================
"""
ROUTE = "   route to: default\ndestination: default\n    gateway: 192.0.2.1\n  interface: en1\n      flags: <UP,GATEWAY>\n"
MAC = [
    (Found("en0"), 0x26), (Found("en1", ipv4=("192.0.2.7",)), 0x16), (Found("awdl0"), 0x16), (Found("bridge0"), 0x26),
    (Found("utun3"), 0x16), (Found("lo0", ipv4=("127.0.0.1",)), 0x37), (Found("gif0"), 0x20), (Found("stf0"), 0x20),
    (Found("stf1"), 0x16),
]  # fmt: skip


def test_macos_has_the_names_of_its_settings() -> None:
    listed = InterfaceList(in_order(mac_interfaces(MAC, "", PORTS, ROUTE)))
    assert {one.name: (one.label, one.kind) for one in listed.interfaces} == {
        "en0": ("Ethernet (en0)", "ethernet"), "en1": ("Wi-Fi (en1)", "wifi"), "awdl0": ("awdl0", "virtual"),
        "bridge0": ("Thunderbolt Bridge (bridge0)", "virtual"), "utun3": ("utun3", "tunnel"), "lo0": ("lo0", "loopback"),
        "gif0": ("gif0", "tunnel"), "stf0": ("stf0", "tunnel"), "stf1": ("stf1", "tunnel"),
    }  # fmt: skip
    assert listed.preselected == listed.find("en1")
    assert [one.name for one in listed.all] == ["en1", "en0", "awdl0", "bridge0", "utun3", "lo0"]
    assert {one.name for one in listed.interfaces if one.left_out} == {"stf0", "stf1"}
    assert {one.name for one in listed.interfaces if not one.up} == {"en0", "bridge0", "gif0", "stf0"}
    off = listed.find("gif0")
    assert off is not None
    assert off.why_not == "It is switched off; switch it on with: sudo ifconfig gif0 up"


def test_macos_that_tells_nothing_more_still_lists_what_there_is() -> None:
    listed = mac_interfaces(MAC, "Not for you", "", "")
    assert [one.label for one in listed] == [found.name for found, _ in MAC]
    assert not any(one.usable or one.default_route for one in listed)
