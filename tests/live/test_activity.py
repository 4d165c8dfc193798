"""What passes on interfaces is counted without capturing it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from sipview.live import Activity, Passed
from tests.support.network import private_network, send_udp, veth


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


class Told(threading.Event):
    """Set whenever there are new counts."""

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self.clear()
            assert self.wait(20), "no news"


def test_packets_and_sip_are_counted_for_each_interface() -> None:
    told = Told()
    with veth("pbx", "phone"), closing(Activity(["lo", "pbx", "eth77"], (5060, 5080), told.set)) as activity:
        told.until(lambda: set(activity.passed) == {"lo", "pbx"})
        before = activity.passed["lo"]
        for port, count in ((5060, 20), (5080, 10), (9, 3000)):
            send_udp(port, [b"x"] * count, "127.0.0.1")
        told.until(lambda: activity.passed["lo"].packets >= before.packets + 3030)
        told.until(lambda: activity.passed["lo"].sip >= 30)
        assert activity.passed["lo"].sip == 30
        assert activity.passed["lo"].packets < 2 * 3030 + 1000  # nobody listened, so there is an ICMP answer to each at most
        assert activity.passed["pbx"] == Passed(0, 0)


def test_it_ends_when_it_is_closed() -> None:
    activity = Activity(["lo"])
    activity.close()
    activity.close()
    assert activity.passed.keys() <= {"lo"}
