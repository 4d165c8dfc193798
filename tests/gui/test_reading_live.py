"""What the user knows of ports, said of a capture that runs, and of one that is not saved yet."""

import pytest

from sipview.gui.capture_control import CaptureState
from sipview.gui.decode_as import Rule
from sipview.index import Protocol
from tests.support.capturing_user import User
from tests.support.network import send_udp

pytestmark = pytest.mark.usefixtures("network")

PORT = 4003
MEDIA = bytes([0x80, 0x48]) + bytes(170)  # RTP of a payload type that does not show it


def media(user: User) -> int:
    """How many packets of RTP the list shows."""
    cells = user.window.page.packets.model.cells
    rows = range(user.window.page.packets.model.rowCount())
    return 0 if cells is None else sum(cells.protocol(row) is Protocol.RTP for row in rows)


def test_a_capture_that_is_not_saved_is_read_again_and_shown_as_before(user: User) -> None:
    user.begin()
    user.send(1, 2)
    user.wait(lambda: user.calls() == 2)
    send_udp(PORT, [MEDIA] * 5)
    user.stop()
    assert media(user) == 0
    user.window.page.calls.table.selectRow(1)
    user.wait(lambda: not user.window.page.jobs.busy)
    title = user.window.page.ladder.head.title.text()
    user.window.reading.turn_rule(Rule("udp", PORT, "rtp"))
    user.wait(lambda: media(user) == 5)
    user.wait(lambda: not user.window.page.on_the_way)
    assert user.control.state is CaptureState.UNSAVED
    assert user.bar.isVisible()
    assert user.window.page.ladder.head.title.text() == title
    assert user.calls() == 2


def test_a_capture_that_runs_goes_on(user: User) -> None:
    user.begin()
    user.send(1)
    user.wait(lambda: user.calls() == 1)
    user.window.reading.turn_rule(Rule("udp", PORT, "rtp"))
    send_udp(PORT, [MEDIA] * 5)
    user.send(2)
    user.wait(lambda: user.calls() == 2)
    assert user.control.state is CaptureState.RUNNING
    user.stop()
    user.wait(lambda: media(user) == 5)
