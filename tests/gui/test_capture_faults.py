"""What goes wrong with a capture, as the window tells it: a sentence each time, and what was captured is there."""

import errno
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sipview import environment
from sipview.gui import capture_requests
from sipview.gui.capture_control import CaptureState
from sipview.gui.capture_requests import CaptureWish
from sipview.gui.whereabouts import PlaceFinder
from sipview.live import Capture, Choice, Limits
from tests.support.captures import every_ms, pcap, udp
from tests.support.capturing_user import User, busy, folders, invite, press
from tests.support.network import send_udp
from tests.support.small_disk import small_disk

pytestmark = pytest.mark.usefixtures("network")

SIP = Choice("sip")
FREE = Limits(free_disk=0)


def refuse(*_: object) -> Capture:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def told(user: User) -> str:
    user.wait(lambda: user.window.notice.isVisible() and not user.control.jobs.busy)
    return user.window.notice.text


def test_a_full_disk_and_a_capture_that_cannot_go_on(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(tmp_path / "small") as disk:
        monkeypatch.setattr(environment, "spool_folder", lambda: disk)
        user.control.start(CaptureWish(("lo",), ("lo",), Choice(), FREE))
        user.wait(lambda: user.control.state is CaptureState.RUNNING)
        user.send(1)
        user.wait(lambda: user.calls() == 1)
        while user.control.state is CaptureState.RUNNING:
            send_udp(9, [bytes(1400)] * 40)
            user.qtbot.wait(5)
        user.wait(lambda: user.control.state is CaptureState.UNSAVED)
        assert told(user).startswith("The disk is full (")
        assert user.control.progress is not None
        captured = user.control.progress.packets
        user.wait(lambda: user.window.page.loaded is not None and user.window.page.loaded.snapshot.packets == captured)
        press(user.qtbot, user.bar.go_on)
        user.wait(lambda: "cannot go on" in user.window.notice.text)
        assert told(user).endswith(": No space left on device.")
        assert user.bar.hint.text().startswith("The disk is full (")
        assert user.calls() == 1
        user.control.discard()
        user.wait(lambda: not user.window.live.there and not user.control.jobs.busy)


def test_a_disk_with_too_little_room_from_the_start(user: User) -> None:
    user.control.start(CaptureWish(("lo",), ("lo",), SIP, Limits(free_disk=1 << 60)))
    assert "are free on the disk; the capture leaves " in told(user)
    assert user.window.notice.text.endswith("Nothing was captured: no packet came that was wanted.")
    assert user.control.state is CaptureState.NONE


def test_a_capture_of_nothing_says_so(user: User) -> None:
    user.begin()
    press(user.qtbot, user.bar.stop)
    assert told(user) == "Nothing was captured: no packet came that was wanted."


def test_a_filter_and_an_interface_that_do_not_work(user: User) -> None:
    user.control.start(CaptureWish(("lo",), ("lo",), Choice(expression="udp prot 5060")))
    assert told(user).startswith("The capture filter does not work: ")
    user.control.start(CaptureWish(("eth77",), ("eth77",), SIP))
    user.wait(lambda: user.window.notice.text.startswith("eth77: there is no such interface"))
    user.wait(lambda: user.control.state is CaptureState.NONE)


def test_a_folder_that_cannot_be_made_is_named(user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(environment, "spool_folder", lambda: tmp_path / "file")
    user.control.start(CaptureWish(("lo",), ("lo",), SIP))
    assert told(user) == f"The capture cannot begin: {tmp_path / 'file' / 'captures'}: Not a directory."
    monkeypatch.undo()


def test_a_capture_that_was_given_up_before_it_failed_to_begin_does_not_take_the_next_one_along(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        (tmp_path / "file").touch()
        patched.setattr(environment, "spool_folder", lambda: tmp_path / "file")
        user.control.start(CaptureWish(("lo",), ("lo",), SIP))
        user.control.discard()
        assert "The capture cannot begin" in told(user)
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    assert user.calls() == 1


def test_a_capture_that_is_given_up_while_it_fails_to_go_on_is_gone(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    with monkeypatch.context() as patched:
        patched.setattr(capture_requests, "Capture", refuse)
        user.control.go_on()
        user.control.discard()
        user.wait(lambda: not user.window.live.there)
    assert "The capture cannot go on: No space left on device." in told(user)
    user.wait(lambda: not folders())


def test_a_killed_engine_can_go_on_and_its_notice_goes(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    assert user.control.engine is not None
    os.kill(user.control.engine, signal.SIGKILL)
    assert "was ended by signal 9" in told(user)
    press(user.qtbot, user.bar.go_on)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    assert not user.window.notice.isVisible()
    user.send(2)
    user.wait(lambda: user.calls() == 2)
    user.stop()
    assert user.bar.hint.text().startswith("Stopped. ")


def test_a_clock_that_is_set_back_while_it_is_captured(user: User, tmp_path: Path) -> None:
    """Limits go by another clock; what was captured after the change is shown like the rest."""
    hour_ns = 3600 * 1_000_000_000
    ends = ("10.0.0.1/5060", "10.0.0.2/5060")
    before = every_ms([udp(*ends, invite(1)), udp(*ends[::-1], busy(1))])
    after = every_ms([udp(*ends, invite(2)), udp(*ends[::-1], busy(2))])
    path = tmp_path / "growing.pcap"
    path.write_bytes(pcap(before))
    user.window.follow_captures([path])
    user.wait(lambda: user.calls() == 1)
    with path.open("ab") as file:
        file.write(pcap([replace(packet, time_ns=packet.time_ns - hour_ns) for packet in after])[24:])
    user.wait(lambda: user.calls() == 2)
    user.wait(lambda: not user.window.page.jobs.busy)
    press(user.qtbot, user.window.status.stop)
    user.wait(lambda: not user.window.loading.busy)
    assert user.window.page.loaded is not None
    assert sorted(call.caller for call in user.window.page.loaded.snapshot.conversations.calls) == ["101", "102"]


def test_one_of_three_interfaces_cannot_be_opened_and_the_others_are_captured(user: User, tmp_path: Path) -> None:
    names = ("eth77", "lo", "any")
    user.control.start(CaptureWish(names, ("Ethernet 2", "lo", "any"), SIP, FREE))
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.wait(lambda: user.bar.headline.text() == "Capturing on 2 of 3 interfaces")
    assert user.window.notice.isVisible()
    assert user.window.notice.text.startswith("Captured without Ethernet 2: there is no such interface")
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    assert user.window.notice.isVisible()
    user.save(tmp_path / "two.pcapng")
    user.wait(lambda: not user.window.live.there)
    comments = subprocess.run(["capinfos", "-k", str(tmp_path / "two.pcapng")], capture_output=True, text=True, check=True)
    assert "Captured without Ethernet 2: there is no such interface" in comments.stdout


def test_what_was_told_of_a_capture_goes_with_it(user: User) -> None:
    user.control.start(CaptureWish(("eth77", "lo"), ("eth77", "lo"), SIP, FREE))
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.stop()
    assert user.window.notice.isVisible()
    press(user.qtbot, user.bar.discard)
    user.answer("Discard")
    user.wait(lambda: not user.window.live.there)
    user.wait(lambda: not user.window.notice.isVisible())


def test_a_file_that_is_begun_anew_while_it_is_followed_ends_in_a_sentence(user: User, tmp_path: Path) -> None:
    """Its messages are gone; to look at one ends nothing but in another sentence."""
    ends = ("10.0.0.1/5060", "10.0.0.2/5060")
    path = tmp_path / "growing.pcap"
    path.write_bytes(pcap(every_ms([udp(*ends, invite(number)) for number in range(1, 40)])))
    user.window.follow_captures([path])
    user.wait(lambda: user.calls() == 39)
    path.write_bytes(pcap([]))
    user.wait(user.window.notice.isVisible)
    assert user.window.notice.text.startswith("growing.pcap became shorter: whatever writes it has begun it anew, or cut it.")
    assert not user.window.notice.news
    assert user.calls() == 39
    user.window.page.calls.table.selectRow(38)
    user.wait(lambda: not user.window.page.jobs.busy)
    assert user.calls() == 39


def test_a_file_that_is_rotated_while_it_is_followed_is_told_and_followed_on(user: User, tmp_path: Path) -> None:
    ends = ("10.0.0.1/5060", "10.0.0.2/5060")
    path = tmp_path / "growing.pcap"
    path.write_bytes(pcap(every_ms([udp(*ends, invite(number)) for number in range(1, 4)])))
    user.window.follow_captures([path])
    user.wait(lambda: user.calls() == 3)
    path.rename(tmp_path / "growing.pcap.1")
    user.wait(user.window.notice.isVisible)
    assert user.window.notice.text.startswith("growing.pcap was renamed or deleted.")
    assert user.window.notice.news, "nothing went wrong"
    path.write_bytes(pcap(every_ms([udp(*ends, invite(number)) for number in range(4, 9)])))
    user.wait(lambda: user.calls() == 8)
    assert user.window.notice.text.startswith("Another file has taken the place of growing.pcap.")
    user.window.page.calls.table.selectRow(7)
    user.wait(lambda: not user.window.page.jobs.busy)
    assert user.calls() == 8
    loaded = user.window.page.loaded
    assert loaded is not None
    places = PlaceFinder(loaded)
    assert [places.row(places.place(row)) for row in range(8)] == list(range(8))
    user.window.actions_["reload"].trigger()  # reads what has the name now, and selects the same call in it
    user.wait(lambda: user.calls() == 5)
    user.wait(lambda: user.window.page.calls.table.currentIndex().row() == 4)
