"""A capture that a crash left behind is recovered and goes on, as it was ordered; or the window says why it cannot."""

import os
import signal
from pathlib import Path

import pytest
from msgspec import json
from PySide6.QtWidgets import QMessageBox

from sipview import environment
from sipview.calls.failing import Statuses
from sipview.gui.capture_control import CaptureState
from sipview.gui.capture_requests import CaptureWish
from sipview.live import Choice, Limits, Ring, begin
from sipview.session.call_watch import Trigger
from tests.support import tshark
from tests.support.capturing_user import User, busy, invite, press
from tests.support.network import capturing, send_udp

pytestmark = pytest.mark.usefixtures("network")

WISH = CaptureWish(
    ("lo",), ("lo",), Choice("sip", (5060, 5070)), Limits(1234, free_disk=0), Ring(3, size=1 << 20), snap_length=2000,
    trigger=Trigger(Statuses.parse("503"), 2.0),
)  # fmt: skip


def left_behind(number: int, *, engine_too: bool = False, wish: CaptureWish = WISH) -> Path:
    """What is there after the window was killed while it captured a call; ``engine_too``: and the engine with it."""
    copy = begin(environment.spool_folder())
    order = wish.order(copy.folder)
    copy.describe(order, wish.labels, trigger=json.encode(wish.trigger).decode())
    with capturing(order) as watched:
        watched.started()
        send_udp(5060, [invite(number), busy(number)])
        watched.packets(2)
        if engine_too:
            assert watched.capture.process is not None
            os.kill(watched.capture.process, signal.SIGKILL)
    copy.release()
    return copy.folder


def recover(user: User) -> None:
    user.control.recovery.look()
    user.wait(lambda: user.window.live.recovery is not None)
    dialog = user.window.live.recovery
    assert isinstance(dialog, QMessageBox)
    (wanted,) = [one for one in dialog.buttons() if one.text().replace("&", "") == "Recover"]
    press(user.qtbot, wanted)
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    user.wait(lambda: user.calls() == 1 and not user.control.jobs.busy)


@pytest.mark.parametrize("engine_too", [False, True], ids=["window killed", "power cut"])
def test_it_goes_on_with_the_settings_it_had_and_is_saved_as_one(user: User, tmp_path: Path, engine_too: bool) -> None:
    folder = left_behind(1, engine_too=engine_too)
    recover(user)
    assert user.bar.headline.text() == "Recovered, not saved"
    assert "continue it" in user.bar.hint.text()
    assert user.control.wish == WISH
    assert ("0 dropped" in user.bar.counters.text()) is not engine_too
    assert user.bar.go_on.isVisible()
    press(user.qtbot, user.bar.go_on)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    assert "Waiting for a call that fails (503)" in user.bar.hint.text()
    user.send(2)
    user.wait(lambda: user.calls() == 2)
    user.stop()
    assert user.bar.headline.text() == "Not saved"
    assert user.control.progress is not None
    (tap,) = user.control.progress.taps
    every = tshark.fields(folder / "00-000001.pcap", "frame.number") + tshark.fields(folder / "00-000002.pcap", "frame.number")
    assert tap.packets == len(every)
    assert tap.dropped == (None if engine_too else 0)
    user.save(tmp_path / "both.pcapng")
    user.wait(lambda: not user.window.live.there)
    ids = tshark.fields(tmp_path / "both.pcapng", "sip.Call-ID", display_filter="sip.Method == INVITE && !icmp")
    assert ids == [("call-1@test",), ("call-2@test",)]
    user.wait(lambda: not folder.exists())


def test_a_file_that_was_cut_inside_a_packet_goes_on_too(user: User, tmp_path: Path) -> None:
    folder = left_behind(1, engine_too=True)
    (path,) = folder.glob("*.pcap")
    with path.open("ab") as file:
        file.write(bytes(9))  # of a record that was not finished
    recover(user)
    press(user.qtbot, user.bar.go_on)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.send(2)
    user.wait(lambda: user.calls() == 2)
    user.stop()
    user.save(tmp_path / "both.pcapng")
    user.wait(lambda: not user.window.live.there)
    ids = tshark.fields(tmp_path / "both.pcapng", "sip.Call-ID", display_filter="sip.Method == INVITE && !icmp")
    assert ids == [("call-1@test",), ("call-2@test",)]


def test_where_the_settings_are_lost_it_says_so(user: User) -> None:
    folder = left_behind(1)
    (folder / "manifest.json").write_bytes(b"\0" * 100)
    recover(user)
    assert user.bar.hint.text().endswith("It cannot be continued: its settings are lost.")
    assert not user.bar.go_on.isVisible()
    assert not user.window.actions_["capture-continue"].isEnabled()
