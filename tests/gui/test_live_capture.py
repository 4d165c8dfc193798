"""A live capture in the window: the real engine on a loopback interface of the test's own, with SIP that the test sends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from sipview import environment
from sipview.gui import capture_requests, interface_list
from sipview.gui.capture_control import CaptureState
from sipview.gui.capture_requests import CaptureWish
from sipview.live import Choice, InterfaceList, Ring
from sipview.live.orders import SMALLEST_RING_FILE
from sipview.live.permission import how_to_permit
from sipview.session import Analysis
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.capturing_user import User, folders, invite, press, write
from tests.support.needs import CHECKOUT
from tests.support.network import send_udp, veth

pytestmark = pytest.mark.usefixtures("network")

SAMPLE = environment.resource_path("samples/small-office.pcap")


@pytest.fixture(scope="module")
def calls_of_sample() -> int:
    analysis = Analysis([SAMPLE])
    calls = len(analysis.load(CancelToken()).conversations.calls)
    analysis.close()
    return calls


def test_calls_appear_while_the_capture_runs_and_are_saved_at_the_end(user: User, tmp_path: Path) -> None:
    user.begin()
    assert user.bar.isVisible()
    assert "Capturing on lo" in user.bar.headline.text()
    user.send(1, 2)
    user.wait(lambda: user.calls() == 2)
    user.wait(lambda: user.window.page.ladder.view.picture is not None)
    assert user.control.state is CaptureState.RUNNING
    user.send(3)
    user.wait(lambda: user.calls() == 3)
    user.stop()
    assert "Not saved" in user.bar.headline.text()
    (folder,) = folders()
    user.save(tmp_path / "fault.pcapng")
    user.wait(lambda: not user.window.live.there)
    user.wait(lambda: not folder.exists())
    assert "The working copy is deleted" in user.window.status.currentMessage()
    assert not user.bar.isVisible()
    user.wait(lambda: user.calls() == 3)
    assert user.window.windowTitle().startswith("fault.pcapng")
    ids = [
        row[0]
        for row in tshark.fields(tmp_path / "fault.pcapng", "sip.Call-ID", display_filter="sip.Method == INVITE && !icmp")
    ]
    assert ids == ["call-1@test", "call-2@test", "call-3@test"]


def test_a_capture_that_is_not_saved_is_asked_about(user: User, qtbot: QtBot) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.window.close()
    user.answer("Cancel")
    assert user.window.isVisible()
    assert user.control.state is CaptureState.RUNNING
    user.stop()
    user.window.open_captures([SAMPLE])
    user.answer("Cancel")
    assert user.calls() == 1
    user.window.open_captures([SAMPLE])
    user.answer("Discard")
    user.wait(lambda: user.calls() > 1)
    user.wait(lambda: not folders())


def test_the_engine_is_killed_and_what_was_captured_is_there(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    process = user.control.engine
    assert process is not None
    os.kill(process, signal.SIGKILL)
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    assert "was ended by signal 9" in user.window.notice.text
    assert user.calls() == 1


def test_a_paused_view_stands_still_while_packets_are_captured(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    press(user.qtbot, user.bar.pause)
    user.send(2)
    user.wait(lambda: user.control.progress is not None and user.control.progress.packets >= 4)
    user.wait(lambda: user.window.live._held_back is not None)
    assert user.calls() == 1
    press(user.qtbot, user.bar.pause)
    user.wait(lambda: user.calls() == 2)
    user.stop()


def test_the_button_that_begins_a_capture_ends_it(user: User) -> None:
    toolbar = user.window.bars.toolbar

    def word() -> str:
        button = toolbar.widgetForAction(user.window.actions_["capture"])
        assert isinstance(button, QToolButton)
        assert button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        return button.text().strip()

    assert word() == "Capture"
    user.begin()
    user.wait(lambda: word() == "Stop")
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.window.actions_["capture"].trigger()
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    assert word() == "Capture"


def test_restarting_throws_away_and_begins_again(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.window.actions_["reload"].trigger()
    user.wait(lambda: user.control.state is CaptureState.RUNNING and user.calls() == 0)
    user.send(7)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    assert len(folders()) == 1


def test_following_a_file_that_another_program_writes(user: User, tmp_path: Path, calls_of_sample: int) -> None:
    whole = SAMPLE.read_bytes()
    path = tmp_path / "other.pcap"
    path.write_bytes(whole[: len(whole) // 3])
    user.window.follow_captures([path])
    user.wait(lambda: user.calls() > 0)
    before = user.calls()
    with path.open("ab") as file:
        file.write(whole[len(whole) // 3 :])
    user.wait(lambda: user.calls() > before)
    assert "Following other.pcap" in user.window.status.remark.text()
    press(user.qtbot, user.window.status.stop)
    user.wait(lambda: not user.window.loading.busy)
    assert user.calls() == calls_of_sample


def test_the_interface_that_carries_sip_is_told(user: User) -> None:
    user.wait(lambda: user.card.interfaces.rows)
    (row,) = [row for row in user.card.interfaces.rows if row.interface.name == "lo"]

    def told() -> bool:
        user.send(1)
        return row.state.text() == "carries SIP now"

    user.wait(told)


def test_where_the_kernel_does_not_count_traffic_is_shown_and_new_interfaces_are_noticed(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and macOS, where the capture library counts, and Qt knows which interfaces there are."""
    monkeypatch.setattr(interface_list, "packet_counts", dict)
    shown = user.card.interfaces
    user.wait(lambda: shown.rows)
    before = shown.rows
    user.card.look()
    user.wait(lambda: shown.rows is not before)
    asked: list[None] = []
    shown.stale.connect(lambda: asked.append(None))
    user.wait(lambda: [row.line.isVisible() for row in shown.rows if row.interface.name == "lo"] == [True])
    shown._measure()
    assert asked == []
    with veth("pbx", "phone"):
        user.wait(lambda: asked)


def test_a_capture_filter_is_checked_as_it_is_typed(user: User) -> None:
    user.wait(user.card.start.isEnabled)
    packets = user.card.packets
    packets.preset.setCurrentText("Own capture filter")
    write(packets.expression, "udp prot 5060")
    user.wait(lambda: "prot" in packets.verdict.text())
    assert not user.card.start.isEnabled()
    packets.expression.clear()
    write(packets.expression, "udp port 5060")
    user.wait(lambda: packets.verdict.text().startswith("The filter is understood."))
    assert user.card.start.isEnabled()


def test_without_the_right_to_capture_there_is_a_command_to_copy_and_all_else_works(
    user: User, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, calls_of_sample: int
) -> None:
    user.wait(lambda: user.card.interfaces.rows)
    monkeypatch.setattr(capture_requests, "list_interfaces", lambda: InterfaceList(problem=how_to_permit("linux")))
    press(user.qtbot, user.card.permit.findChildren(QPushButton)[0])
    user.wait(user.card.permit.isVisible)
    assert not user.card.start.isEnabled()
    copy = next(one for one in user.card.permit.findChildren(QPushButton) if one.text() == "Copy")
    press(user.qtbot, copy)
    assert qapp.clipboard().text().startswith("sudo ")
    user.window.open_captures([SAMPLE])
    user.wait(lambda: user.calls() == calls_of_sample)


WINDOW = """
import sys
from PySide6.QtCore import QTimer
from sipview.gui import starting
from sipview.gui.main_window import MainWindow
from sipview.gui.capture_requests import CaptureWish
from sipview.live import Choice

def begin(window):
    control = window.live.control
    control.progressed.connect(lambda progress: print(control.engine, progress.packets, flush=True))
    control.start(CaptureWish(("lo",), ("lo",), Choice("sip")))

shown = MainWindow.show
def show(self):
    shown(self)
    QTimer.singleShot(0, lambda: begin(self))
MainWindow.show = show
sys.exit(starting.run([]))
"""


def test_the_engine_ends_when_the_window_is_killed_and_the_capture_is_offered_at_the_next_start(user: User) -> None:
    program = subprocess.Popen([sys.executable, "-c", WINDOW], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
    try:
        assert program.stdout is not None
        engine = 0
        for line in program.stdout:
            engine, packets = map(int, line.split())
            if packets >= 2:
                break
            user.send(1)
        program.kill()
        user.wait(lambda: not Path(f"/proc/{engine}/stat").exists() or _state_of(engine) == "Z")
    finally:
        program.kill()
        program.wait()
        if program.stdout is not None:
            program.stdout.close()
    user.window.live.control.recovery.look()
    user.wait(lambda: user.window.live.recovery is not None)
    dialog = user.window.live.recovery
    assert dialog is not None
    (recover,) = [one for one in dialog.buttons() if one.text().replace("&", "") == "Recover"]
    press(user.qtbot, recover)
    user.wait(lambda: user.calls() == 1)
    assert user.control.state is CaptureState.UNSAVED
    assert "Recovered" in user.bar.headline.text()


def _state_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_an_arrow_is_on_the_screen_soon_after_its_packet(user: User, record_property: Callable[[str, object], None]) -> None:
    """Measured, and told in the report: the call whose ladder is shown gets another message each time."""
    user.begin()
    send_udp(5060, [invite(1)])
    view = user.window.page.ladder.view

    def drawn(arrows: int) -> bool:
        return view.picture is not None and len(view.picture.arrows) == arrows

    user.wait(partial(drawn, 1))
    delays = []
    for number in range(2, 12):
        began = time.monotonic()
        send_udp(5060, [invite(1).replace(b"INVITE", b"OPTIONS").replace(b"1 OPTIONS", b"%d OPTIONS" % number)])
        user.wait(partial(drawn, number))
        delays.append(time.monotonic() - began)
    record_property("milliseconds from packet to arrow", [round(1000 * delay) for delay in delays])
    print("milliseconds from packet to arrow:", sorted(round(1000 * delay) for delay in delays))
    user.stop()


def test_a_ring_shows_its_newest_packets_while_it_forgets_the_old(user: User) -> None:
    user.control.start(CaptureWish(("lo",), ("lo",), Choice("sip"), ring=Ring(2, size=SMALLEST_RING_FILE)))
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    for _ in range(30):
        send_udp(5060, [bytes(1400)] * 100)
    user.wait(
        lambda: user.control.following.paths and "00-000001.pcap" not in {path.name for path in user.control.following.paths}
    )
    user.send(2)
    page = user.window.page
    user.wait(lambda: [call.caller for call in page.loaded.snapshot.conversations.calls] == ["102"] if page.loaded else False)
    user.stop()
    user.wait(lambda: user.calls() == 1)  # the list is ordered off the main thread
