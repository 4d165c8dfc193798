"""What passes on interfaces is counted without capturing it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from sipview.live import Activity, Passed, activity
from sipview.live.activity import Counter
from sipview.live.library import Library
from tests.support.captures import udp
from tests.support.network import private_network, send_frames, send_udp, veth


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


def to_port(port: int) -> bytes:
    return udp("192.0.2.1/5060" if port == 5060 else "192.0.2.1/9", f"192.0.2.2/{port}", b"x")


@pytest.mark.parametrize("reads", [False, True])
@pytest.mark.parametrize("count", [3, 5000])
def test_sip_is_counted_where_the_kernel_counts_behind_the_filter_and_where_it_does_not(reads: bool, count: int) -> None:
    """With 5,000 the buffer of the handle is full; what had no room counts too."""
    with veth("pbx", "phone"), closing(Counter(Library(), "pbx", "port 5060", reads=reads)) as counter:
        assert counter.count() == 0
        send_frames("phone", [to_port(9)] * 50 + [to_port(5060)] * count)
        assert counts_to(counter, count)
        assert counter.count() == count


def counts_to(counter: Counter, count: int) -> bool:
    """Look until it has counted so many: the kernel hands packets over when it has gathered some. The test has a time limit."""
    while (now := counter.count()) is not None and now < count:
        pass
    return now == count


def test_an_interface_that_is_gone_is_not_counted() -> None:
    with veth("pbx", "phone"):
        counter = Counter(Library(), "pbx", "port 5060", reads=True)
        assert counter.count() == 0
    while counter.count() is not None:  # the kernel tells it once
        pass
    counter.close()


def test_the_process_reads_sip_where_its_kernel_counts_before_it_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "COUNTED_BEHIND_THE_FILTER", False)
    with veth("pbx", "phone"):
        counters = activity._counters(Library(), activity.Watched(("pbx",)))
        every, sip = counters["pbx"]
        send_frames("phone", [to_port(9)] * 4 + [to_port(5060)] * 7)
        assert counts_to(sip, 7)
        assert every.count() == 11
        every.close()
        sip.close()
        assert activity._counters(Library(), activity.Watched(("gone",))) == {}
