"""Hunting a rare fault in the window: the capture ends by itself after a failed call; one that was stopped goes on."""

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from sipview.gui.capture_control import CaptureState
from sipview.gui.save_capture import SaveDialog, What
from tests.support import tshark
from tests.support.capturing_user import User, folders, press
from tests.support.network import send_udp
from tests.support.spoken_calls import sdp, spoken

pytestmark = pytest.mark.usefixtures("network")


def hunt(user: User, statuses: str, after_s: int) -> None:
    """Set in the card that a failed call ends the capture, as a user does."""
    user.wait(user.card.start.isEnabled)
    press(user.qtbot, user.card.unfolding.button)
    fields = user.card.limits.trigger
    fields.box.setChecked(True)
    fields.statuses.setEditText(statuses)
    fields.after.setValue(after_s)


def test_a_failed_call_ends_the_capture_after_a_while(user: User) -> None:
    hunt(user, "4xx, not 487", 1)
    assert "stops 1 s after a call failed with 4xx, not 487" in user.card.unfolding.words.text()
    user.begin()
    user.wait(lambda: user.bar.hint.text() == "Waiting for a call that fails (4xx, not 487).")
    user.send(1)
    user.wait(lambda: "The call 101 → 102 failed with 486 Busy Here at " in user.bar.hint.text())
    assert ", stops in " in user.bar.hint.text()
    assert user.control.state is CaptureState.RUNNING
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    assert "failed with 486 Busy Here at " in user.bar.hint.text()
    assert "; the capture ended 1 s later. What you do not save is deleted" in user.bar.hint.text()


def test_other_failures_do_not_end_it(user: User) -> None:
    hunt(user, "5xx", 0)
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    assert user.bar.hint.text().startswith("Stopped. ")


def test_the_bar_says_that_sound_is_waited_for_too(user: User) -> None:
    hunt(user, "5xx", 0)
    user.card.limits.trigger.one_way.setChecked(True)
    user.begin()
    user.wait(lambda: user.bar.hint.text() == "Waiting for a call that fails (5xx) or has RTP one way only for 10 s.")
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.stop()


def test_sound_that_stops_amid_a_call_ends_the_capture(user: User, tmp_path: Path) -> None:
    """Both are heard for a while; then Bob, who sends to Ann's end, is silent."""
    hunt(user, "5xx", 1)
    fields = user.card.limits.trigger
    fields.box.setChecked(False)
    fields.one_way.setChecked(True)
    fields.silence.setValue(3)
    user.begin()
    user.wait(lambda: user.bar.hint.text() == "Waiting for a call that has RTP one way only for 3 s.")
    offer, answer = sdp("127.0.0.1/4000"), sdp("127.0.0.1/5000")
    send_udp(5060, [spoken("ann", "bob", "INVITE", 1, offer, "INVITE"), spoken("bob", "ann", "200 OK", 1, answer, "INVITE")])
    voice = b"\x80\0" + bytes(170)
    send_udp(4000, [voice] * 20)
    talking = QTimer()
    talking.setInterval(20)
    talking.timeout.connect(lambda: send_udp(5000, [voice]))
    talking.start()
    user.wait(lambda: user.control.state is CaptureState.UNSAVED)
    talking.stop()
    told = user.bar.hint.text()
    assert "In the call ann → bob, RTP from bob to ann stopped at " in told
    assert " s; the capture ended 1 s later." in told
    user.save(tmp_path / "silent.pcapng")
    user.wait(lambda: not user.window.live.there)
    wanted = "udp.length == 180 && !icmp"
    ports = [port for (port,) in tshark.fields(tmp_path / "silent.pcapng", "udp.dstport", display_filter=wanted)]
    assert ports[:20] == ["4000"] * 20
    assert set(ports[20:]) == {"5000"}
    assert len(ports) > 100


def test_no_capture_waits_for_sound_before_it_is_known_that_some_passes(user: User) -> None:
    user.wait(user.card.start.isEnabled)
    user.card.packets.preset.setCurrentText("Own capture filter")
    user.card.packets.expression.setText("udp")
    assert user.card.start.isEnabled()
    user.card.limits.trigger.one_way.setChecked(True)
    assert not user.card.start.isEnabled()
    assert user.card.state.text() == "Looking whether sound passes the filter…"
    user.wait(user.card.start.isEnabled)
    assert user.card.limits.trigger.trigger is not None
    user.card.packets.expression.setText("udp port 5060")
    assert not user.card.start.isEnabled()
    user.wait(user.card.start.isEnabled)
    assert user.card.limits.trigger.trigger is None


def test_statuses_that_are_none_are_told_before_the_start(user: User) -> None:
    hunt(user, "busy", 5)
    fields = user.card.limits.trigger
    assert "'busy' is no status" in fields.verdict.text()
    assert not user.card.start.isEnabled()
    fields.statuses.setEditText("486")
    assert not fields.verdict.isVisible()
    assert user.card.start.isEnabled()


def test_a_capture_that_was_stopped_goes_on_and_is_saved_as_one(user: User, tmp_path: Path) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    assert user.control.progress is not None
    before = user.control.progress.packets
    press(user.qtbot, user.bar.go_on)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.wait(lambda: user.calls() == 1)  # the list is ordered anew, off the main thread
    user.send(2)
    user.wait(lambda: user.calls() == 2)
    user.stop()
    assert user.control.progress.packets > before
    user.wait(lambda: user.calls() == 2)
    (folder,) = folders()
    assert len(list(folder.glob("*.pcap"))) == 2
    user.save(tmp_path / "both.pcapng")
    user.wait(lambda: not user.window.live.there)
    ids = tshark.fields(tmp_path / "both.pcapng", "sip.Call-ID", display_filter="sip.Method == INVITE && !icmp")
    assert ids == [("call-1@test",), ("call-2@test",)]
    user.wait(lambda: not folder.exists())


def test_the_menu_goes_on_too_and_restarting_asks_then(user: User) -> None:
    actions = user.window.actions_
    assert not actions["capture-continue"].isEnabled()
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    assert not actions["capture-continue"].isEnabled()
    user.stop()
    actions["capture-continue"].trigger()
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    actions["reload"].trigger()
    user.answer("Cancel")
    assert user.control.state is CaptureState.RUNNING
    user.wait(lambda: user.calls() == 1)
    actions["reload"].trigger()
    user.answer("Discard")
    user.wait(lambda: user.control.state is CaptureState.RUNNING and user.calls() == 0)
    assert user.control.before is None


def test_calls_are_saved_while_the_capture_runs_and_the_capture_stays(user: User, tmp_path: Path) -> None:
    user.begin()
    user.send(1, 2, 3)
    user.wait(lambda: user.calls() == 3)
    page, actions = user.window.page, user.window.actions_
    page.calls.step(1)
    user.wait(lambda: [call.caller for call in page.calls.selected] == ["102"])
    user.chooser.to_save = tmp_path / "running.pcapng"
    user.wait(actions["save-calls"].isEnabled)
    actions["save-calls"].trigger()
    user.wait(lambda: "saved as" in user.window.status.currentMessage())
    assert "The whole capture is not saved yet." in user.window.status.currentMessage()
    assert user.control.state is CaptureState.RUNNING
    seen = tshark.fields(tmp_path / "running.pcapng", "sip.Call-ID", "frame.interface_name", display_filter="!icmp")
    assert seen == [("call-2@test", "lo")] * 2
    actions["save-capture"].trigger()
    dialog = user.window.findChild(SaveDialog)
    assert isinstance(dialog, SaveDialog)
    assert not dialog.choices[What.ALL].isEnabled()
    assert dialog.choices[What.SELECTED].isChecked()
    dialog.reject()
    user.stop()
    user.chooser.to_save = tmp_path / "ended.pcap"
    actions["save-calls"].trigger()
    user.wait((tmp_path / "ended.pcap").exists)
    assert tshark.fields(tmp_path / "ended.pcap", "sip.Call-ID", display_filter="!icmp") == [("call-2@test",)] * 2
    assert user.control.unsaved
