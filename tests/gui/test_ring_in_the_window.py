"""A ring that forgets while somebody looks: what they chose and where they scrolled stays; two interfaces at once."""

from functools import partial
from pathlib import Path

import pytest

from sipview.gui import capture_requests
from sipview.gui.capture_control import CaptureState
from sipview.gui.capture_requests import CaptureWish
from sipview.gui.list_tabs import PACKETS
from sipview.live import CaptureInterface, Choice, InterfaceList, Ring
from sipview.live.orders import SMALLEST_RING_FILE
from tests.support import tshark
from tests.support.capturing_user import User, busy, invite, press
from tests.support.network import ip, send_frames, send_udp, veth

pytestmark = pytest.mark.usefixtures("network")

FILLING = [bytes(1400)] * 40


def names(user: User) -> set[str]:
    return {path.name for path in user.control.following.paths}


def fill_until(user: User, name: str) -> None:
    """Send until the ring has begun this file, and the window shows it."""
    while name not in {path.name for path in user.control.following.paths}:
        send_udp(5060, FILLING)
        user.qtbot.wait(25)  # so that the files are told of before the next one is full
    user.wait(lambda: user.window.page.analysis is not None and user.window.page.analysis.paths == user.control.following.paths)
    user.wait(lambda: not user.window.page.on_the_way and not user.window.page.jobs.busy)


def test_what_is_chosen_stays_when_the_ring_forgets(user: User) -> None:
    user.window.resize(1000, 620)
    page = user.window.page
    user.control.start(CaptureWish(("lo",), ("lo",), Choice("sip"), ring=Ring(3, size=SMALLEST_RING_FILE)))
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.send(*range(1, 6))
    fill_until(user, "00-000002.pcap")
    user.send(*range(6, 40))
    user.wait(lambda: user.calls() == 39)
    page.calls.table.selectRow(20)
    user.wait(lambda: page.ladder.view.selected == page.calls.selected[0].messages[0] and not page.jobs.busy)
    page.ladder.view.step(1)
    user.wait(lambda: "486" in page.message.line.text() and not page.jobs.busy)
    page.calls.table.verticalScrollBar().setValue(12)
    page.tabs.setCurrentIndex(PACKETS)
    packet = page.packets.table.currentIndex().row()
    page.packets.table.verticalScrollBar().setSliderPosition(packet - 3)  # as the wheel does
    page.packets.turn_mark()
    fill_until(user, "00-000004.pcap")
    assert "00-000001.pcap" not in names(user)
    assert user.calls() == 34
    assert [call.caller for call in page.calls.selected] == ["121"]
    assert page.calls.model.item(page.calls.table.verticalScrollBar().value()).caller == "113"
    assert page.ladder.subject is not None
    assert page.ladder.subject == page.calls.selected[0]
    assert page.opened is not None
    assert page.loaded is not None
    opened = page.loaded.snapshot.messages[page.opened]
    assert (opened.facts.call_id, opened.facts.status) == ("call-21@test", 486)
    assert page.ladder.view.selected == page.opened
    current = page.packets.table.currentIndex().row()
    assert current < packet
    assert page.packets.model.row_of(current) == opened.row
    assert page.packets.model.is_marked(opened.row)
    assert page.packets.table.verticalScrollBar().value() == current - 3
    assert page.tabs.currentIndex() == PACKETS
    user.stop()


def test_a_call_that_the_ring_has_forgotten_is_told_to_be_gone(user: User) -> None:
    page = user.window.page
    user.control.start(CaptureWish(("lo",), ("lo",), Choice("sip"), ring=Ring(2, size=SMALLEST_RING_FILE)))
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.send(1, 2)
    user.wait(lambda: user.calls() == 2)
    page.calls.table.selectRow(1)
    user.wait(lambda: page.ladder.view.picture is not None)
    fill_until(user, "00-000002.pcap")
    assert [call.caller for call in page.calls.selected] == ["102"]
    user.send(3)
    fill_until(user, "00-000003.pcap")
    user.wait(lambda: user.calls() == 1)
    assert page.ladder.note.headline.text() == "This call is gone"
    assert page.calls.selected == ()
    user.stop()


def test_what_is_chosen_stays_when_a_capture_goes_on(user: User) -> None:
    page = user.window.page
    user.begin()
    user.send(1, 2, 3)
    user.wait(lambda: user.calls() == 3)
    page.calls.table.selectRow(1)
    user.wait(lambda: page.ladder.view.picture is not None and not page.jobs.busy)
    user.stop()
    press(user.qtbot, user.bar.go_on)
    user.wait(lambda: user.control.state is CaptureState.RUNNING)
    user.send(4)
    user.wait(lambda: user.calls() == 4)
    user.wait(lambda: not page.on_the_way)
    assert [call.caller for call in page.calls.selected] == ["102"]
    user.stop()
    user.wait(lambda: not page.on_the_way)
    assert [call.caller for call in page.calls.selected] == ["102"]


def test_two_interfaces_are_captured_at_once_and_merged_by_time(
    user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's list of interfaces (/sys) is not that of the test's network, so it is told here; all else is real."""
    interfaces = (CaptureInterface("lo", "lo", "loopback"), CaptureInterface("pbx", "pbx", "virtual"))
    monkeypatch.setattr(capture_requests, "list_interfaces", lambda: InterfaceList(interfaces))
    with veth("pbx", "phone"):
        ip("address add 10.9.0.1/24 dev pbx")
        ip("neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev pbx")
        user.card.look()
        user.wait(lambda: {"lo", "pbx"} <= {row.interface.name for row in user.card.interfaces.rows})
        for row in user.card.interfaces.rows:
            row.box.setChecked(row.interface.name in {"lo", "pbx"})
        press(user.qtbot, user.card.start)
        user.wait(lambda: user.control.state is CaptureState.RUNNING)
        assert user.bar.headline.text() == "Capturing on 2 interfaces"
        for number in (1, 2, 3):
            user.send(number)
            send_udp(5060, [invite(10 + number), busy(10 + number)], "10.9.0.2")
            user.wait(partial(_shows, user, 2 * number))
        user.stop()
        user.wait(lambda: user.calls() == 6 and not user.window.page.on_the_way)
        callers = [user.window.page.calls.model.item(row).caller for row in range(6)]
        assert callers == ["101", "111", "102", "112", "103", "113"]
        user.save(tmp_path / "both.pcapng")
        user.wait(lambda: not user.window.live.there)
    seen = tshark.fields(
        tmp_path / "both.pcapng", "frame.interface_name", "sip.Call-ID", display_filter="sip.Method == INVITE && !icmp"
    )
    assert seen == [(where, f"call-{number + 10 * (where == 'pbx')}@test") for number in (1, 2, 3) for where in ("lo", "pbx")]


def _shows(user: User, calls: int) -> bool:
    return user.calls() == calls


def test_one_of_two_interfaces_vanishes_and_the_window_says_so(user: User) -> None:
    with veth("pbx", "phone"):
        wish = CaptureWish(("lo", "pbx"), ("lo", "pbx"), Choice("sip"), ring=Ring(3, size=SMALLEST_RING_FILE))
        user.control.start(wish)
        user.wait(lambda: user.control.state is CaptureState.RUNNING)
        send_frames("pbx", [bytes(60)])
        ip("link delete pbx")
        user.wait(user.window.notice.isVisible)
        assert user.window.notice.text.startswith("pbx: the interface cannot be captured on any more (")
        assert user.window.notice.text.endswith("The other sources go on.")
        assert user.control.state is CaptureState.RUNNING
        fill_until(user, "00-000002.pcap")
        user.send(1)
        user.wait(lambda: user.calls() == 1)
        user.stop()
