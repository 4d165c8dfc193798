"""Whatever goes wrong ends in a clear sentence, and what was captured before is on the disk and opens."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sipview.live import Choice, InUse, Limits, Notice, Order, Source, begin, claim, recoverable
from sipview.live.engine import Recording
from sipview.live.orders import TapState
from sipview.live.processes import ENGINE, command_of
from sipview.live.saving import save
from sipview.live.taps import Tap
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.needs import CHECKOUT, require_readable_checkout, require_tool
from tests.support.network import capturing, ip, private_network, send_udp, veth
from tests.support.small_disk import small_disk

LO = Source("local", "lo")
SIP_PORT = Choice(expression="udp port 5060")
FREE = Limits(free_disk=0)
NOBODY = 65534


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


def order(folder: Path, *sources: Source, choice: Choice = SIP_PORT, limits: Limits = FREE) -> Order:
    return Order(str(folder), sources or (LO,), choice, limits=limits)


def count(path: Path) -> int:
    """How many packets tshark finds."""
    return len(tshark.fields(path, "frame.number"))


def as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let engines run as a user who may not capture."""
    require_readable_checkout()
    unprivileged = [
        require_tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all",
        *command_of(ENGINE),
    ]  # fmt: skip
    monkeypatch.setattr("sipview.live.running.command_of", lambda word: unprivileged)


def test_an_interface_that_vanishes(tmp_path: Path) -> None:
    with veth("pbx", "phone"), capturing(order(tmp_path, Source("local", "pbx"), choice=Choice())) as watched:
        watched.started()
        ip("address add 10.9.0.1/24 dev pbx")
        ip("neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev pbx")
        send_udp(5060, [b"x"] * 20, "10.9.0.2")
        watched.packets(20)
        ip("link delete pbx")
        ended = watched.end()
    assert ended.reason == "source-lost"
    assert ended.sentence.startswith("pbx: the interface cannot be captured on any more (")
    assert count(tmp_path / "00-000001.pcap") == ended.progress.packets >= 20


def test_of_two_interfaces_one_vanishes_and_the_other_goes_on(tmp_path: Path) -> None:
    with veth("pbx", "phone"), capturing(order(tmp_path, LO, Source("local", "pbx"))) as watched:
        watched.started()
        ip("link delete pbx")
        watched.until(lambda watched: [event for event in watched.seen if isinstance(event, Notice)])
        send_udp(5060, [b"x"] * 7)
        ended = watched.packets(7).stop()
    (notice,) = [event.sentence for event in watched.seen if isinstance(event, Notice)]
    assert notice.startswith("pbx: ")
    assert notice.endswith("The other sources go on.")
    assert ended.reason == "asked"
    assert [tap.packets for tap in ended.progress.taps] == [7, 0]
    assert [bool(tap.lost) for tap in ended.progress.taps] == [False, True]
    assert count(tmp_path / "00-000001.pcap") == 7


def test_an_interface_that_does_not_exist(tmp_path: Path) -> None:
    with capturing(order(tmp_path, Source("local", "eth77"))) as watched:
        ended = watched.end()
    assert ended.reason == "failed"
    assert ended.sentence.startswith("eth77: there is no such interface")


def test_an_interface_that_is_switched_off(tmp_path: Path) -> None:
    with veth("pbx", "phone"):
        ip("link set pbx down")
        with capturing(order(tmp_path, Source("local", "pbx"))) as watched:
            assert "pbx: the interface is switched off" in watched.end().sentence


def test_a_filter_that_does_not_compile(tmp_path: Path) -> None:
    with capturing(order(tmp_path, choice=Choice(expression="udp prot 5060"))) as watched:
        ended = watched.end()
    assert ended.reason == "filter"
    assert ended.sentence == "The capture filter does not work: can't parse filter expression: syntax error."


def test_a_user_who_may_not_capture_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_nobody(monkeypatch)
    tmp_path.chmod(0o777)
    with capturing(order(open_folder(tmp_path))) as watched:
        ended = watched.end()
    assert ended.reason == "not-permitted"
    assert ended.sentence.startswith("lo: Capturing is not permitted to this user. For good: ")
    assert "sudo usermod -aG wireshark $USER" in ended.sentence


def open_folder(tmp_path: Path) -> Path:
    """A folder that any user may write to and reach."""
    folder = tmp_path / "open"
    folder.mkdir()
    for one in (folder, *folder.parents):
        if one.owner() == "root" and one not in {Path("/"), Path("/tmp")}:
            one.chmod(0o777)
    return folder


def test_dumpcap_captures_for_a_user_who_may_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its group's right is played by a copy with the capabilities that Debian's package gives it."""
    require_readable_checkout()
    folder = open_folder(tmp_path)
    programs = folder / "bin"
    programs.mkdir(mode=0o755)
    copy = programs / "dumpcap"
    copy.write_bytes(Path(require_tool("dumpcap")).read_bytes())
    copy.chmod(0o755)
    subprocess.run([require_tool("setcap"), "cap_net_raw,cap_net_admin+eip", str(copy)], check=True)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    unprivileged = [
        require_tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command_of(ENGINE)
    ]  # fmt: skip
    monkeypatch.setattr("sipview.live.running.command_of", lambda word: unprivileged)
    with capturing(order(folder)) as watched:
        watched.started()
        send_udp(5060, [b"x"] * 50)
        ended = watched.packets(50).stop()
    (tap,) = ended.progress.taps
    assert (ended.reason, tap.by, tap.packets, tap.link_type, tap.dropped) == ("asked", "dumpcap", 50, 1, 0)
    assert count(folder / "00-000001.pcap") == 50


def test_a_full_disk_leaves_a_file_of_whole_packets(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "1m") as folder, capturing(order(folder)) as watched:
        watched.started()
        stop = threading.Event()
        sender = threading.Thread(target=send_until, args=(stop,))
        sender.start()
        try:
            ended = watched.end()
        finally:
            stop.set()
            sender.join()
        assert ended.reason == "disk-full"
        assert ended.sentence.startswith("The disk is full (")
        command = [require_tool("capinfos"), "-c", "-M", "-T", "-r", str(folder / "00-000001.pcap")]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert int(shown.stdout.split("\t")[1]) == ended.progress.packets > 500


def send_until(stop: threading.Event) -> None:
    while not stop.is_set():
        send_udp(5060, [bytes(1000)] * 100)


def test_a_disk_that_is_full_from_the_beginning(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "4k") as folder:
        (folder / "filler").write_bytes(bytes(4096))
        with capturing(order(folder)) as watched:
            ended = watched.end()
    assert (ended.reason, ended.progress.packets) == ("disk-full", 0)
    assert ended.sentence.startswith("The disk is full")


def test_an_engine_that_is_killed(tmp_path: Path) -> None:
    copy = begin(tmp_path)
    copy.describe(order(copy.folder))
    with capturing(order(copy.folder)) as watched:
        watched.started()
        send_udp(5060, [b"x"] * 30)
        watched.packets(30)
        assert watched.capture.started
        os.kill(watched.capture.started.process, signal.SIGKILL)
        ended = watched.end()
    assert ended.reason == "failed"
    assert ended.sentence == "The capture engine was ended by signal 9; what it had written is on the disk."
    saved = tmp_path / "saved.pcapng"
    assert save(copy, saved, CancelToken()).packets == count(saved) == 30
    copy.delete()


def test_ctrl_c_that_reaches_the_engine_before_it_listens_is_no_fault(tmp_path: Path) -> None:
    """The terminal sends it to the engine as well."""
    with capturing(order(tmp_path)) as watched:
        assert watched.capture.process is not None
        os.kill(watched.capture.process, signal.SIGINT)
        ended = watched.end()
    assert ended.reason == "asked"
    assert ended.sentence.startswith("Stopped ")


FRONT_END = """
import sys, time
from sipview.live import Capture, Choice, Limits, Order, Source, begin
from pathlib import Path
copy = begin(Path(sys.argv[1]))
order = Order(str(copy.folder), (Source("local", "lo"),), Choice(expression="udp port 5060"), limits=Limits(free_disk=0))
copy.describe(order)
capture = Capture(order)
while capture.started is None or capture.progress.packets < 25:
    capture.next_event(1)
    if capture.started: print(capture.started.process, flush=True)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_front_end_that_is_killed_takes_the_engine_along_and_its_capture_is_found(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FRONT_END, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as front_end:
        assert front_end.stdout is not None
        engine = int(front_end.stdout.readline())
        send_udp(5060, [b"x"] * 25)
        while front_end.stdout.readline() != "ready\n":
            pass
        assert recoverable(tmp_path) == []  # it is in use
        (folder,) = (tmp_path / "captures").iterdir()
        with pytest.raises(InUse):
            claim(folder)
        engine_ended = os.pidfd_open(engine)
        front_end.kill()
    wait_readable(engine_ended, 2.0)
    assert recoverable(tmp_path) == [folder]
    copy = claim(folder)
    assert copy.manifest is not None
    assert copy.manifest.order.sources == (LO,)
    saved = tmp_path / "saved.pcapng"
    assert save(copy, saved, CancelToken()).packets == count(saved) == 25
    copy.delete()
    assert recoverable(tmp_path) == []
    assert not folder.exists()


def wait_readable(descriptor: int, seconds: float) -> None:
    """Wait for the end of a process; fails when it does not come in time."""
    try:
        assert select.select([descriptor], [], [], seconds)[0], "the engine goes on unseen"
    finally:
        os.close(descriptor)


def test_a_file_cut_inside_a_packet_is_saved_up_to_it(tmp_path: Path) -> None:
    copy = begin(tmp_path)
    copy.describe(order(copy.folder))
    with capturing(order(copy.folder)) as watched:
        watched.started()
        send_udp(5060, [b"x" * 100] * 10)
        watched.packets(10).stop()
    (path,) = copy.files[0]
    os.truncate(path, path.stat().st_size - 50)
    saved = tmp_path / "saved.pcapng"
    assert save(copy, saved, CancelToken()).packets == count(saved) == 9
    copy.delete()


def test_two_captures_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    copies = [begin(tmp_path), begin(tmp_path)]
    with capturing(order(copies[0].folder)) as one, capturing(order(copies[1].folder)) as other:
        one.started()
        other.started()
        send_udp(5060, [b"x"] * 40)
        for watched in (one, other):
            assert watched.packets(40).stop().progress.packets == 40
    for copy in copies:
        assert count(copy.files[0][0]) == 40
        copy.delete()


def test_an_engine_has_its_folder_for_itself(tmp_path: Path) -> None:
    with capturing(order(tmp_path)) as one:
        one.started()
        with capturing(order(tmp_path)) as other:
            ended = other.end()
            assert (ended.reason, ended.sentence) == ("failed", f"Another capture writes to {tmp_path}.")
        assert one.stop().reason == "asked"


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with capturing(order(tmp_path / "gone")) as watched:
        ended = watched.end()
    assert (ended.reason, ended.sentence) == ("failed", f"{tmp_path / 'gone'}: No such file or directory.")


class SteadyTap:
    """A source that gives one packet whenever it is asked."""

    def __init__(self) -> None:
        self.notice = self.refused = ""
        self.packets, self.bytes, self.bytes_in_all = 0, 24, 24

    def take(self, most: int) -> int:
        self.packets += 1
        return 1

    def begin_file(self, name: str) -> None:
        Path(name).write_bytes(bytes(24))

    def state(self) -> TapState:
        return TapState("steady", "test", 1, 262144, self.packets, self.bytes)

    def flush(self) -> None: ...

    def finish(self) -> None: ...

    def close(self) -> None: ...


def test_the_clock_set_back_changes_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits go by the monotonic clock: here it moves on while the time of day jumps back by an hour."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.time", lambda: 0.0)
    now = iter(range(1000))
    taps: list[Tap] = [SteadyTap()]
    recording = Recording(
        order(tmp_path, limits=Limits(duration_s=30, free_disk=0)), taps, lambda event: None, lambda: float(next(now))
    )
    steps = 1
    while (over := recording.step()) is None:
        steps += 1
    assert over == ("duration", "The limit of 30 seconds is reached.")
    assert steps <= 30
    assert recording.progress().elapsed_s >= 30
