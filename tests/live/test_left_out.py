"""One source that refuses does not keep the others from being captured; who captures is told which one, and why."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sipview.live import Choice, Limits, Notice, Order, Source, begin
from sipview.live.library import Library, LibraryError
from sipview.live.opening import Refused, opened
from sipview.live.orders import Reason
from sipview.live.saving import save
from sipview.values import CancelToken
from tests.support import tshark
from tests.support.needs import require_tool
from tests.support.network import Watched, capturing, ip, private_network, send_udp, veth
from tests.support.typed_command import Running, sipview, through_own_sys

LO, GONE = Source("local", "lo"), Source("local", "eth77", label="Ethernet 2")


@pytest.fixture(autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


def order(folder: Path, *sources: Source, expression: str = "udp port 5060") -> Order:
    return Order(str(folder), sources, Choice(expression=expression), limits=Limits(free_disk=0))


def notices(watched: Watched) -> list[str]:
    return [event.sentence for event in watched.seen if isinstance(event, Notice)]


def test_the_others_are_captured_in_their_places(tmp_path: Path) -> None:
    copy = begin(tmp_path)
    wanted = order(copy.folder, GONE, LO)
    copy.describe(wanted, ("Intel I350", "loopback"))
    with capturing(wanted) as watched:
        watched.started()
        send_udp(5060, [b"x"] * 9)
        ended = watched.packets(9).stop()
    (notice,) = notices(watched)
    assert notice.startswith("Captured without Ethernet 2: there is no such interface (")
    assert ended.reason == "asked"
    gone, lo = ended.progress.taps
    assert (gone.by, gone.packets, gone.dropped) == ("", 0, 0)
    assert gone.lost.startswith("Ethernet 2: there is no such interface")
    assert (lo.by, lo.packets, lo.lost) == ("libpcap", 9, "")
    assert [path.name for path in copy.folder.glob("*.pcap")] == ["01-000001.pcap"]
    copy.ended(ended)
    saved = tmp_path / "saved.pcapng"
    assert save(copy, saved, CancelToken()).packets == 9
    assert tshark.fields(saved, "frame.interface_name", "frame.interface_description") == [("lo", "loopback")] * 9
    shown = subprocess.run([require_tool("capinfos"), "-k", str(saved)], capture_output=True, text=True, check=True).stdout
    assert "Captured without Ethernet 2: there is no such interface" in shown
    copy.delete()


def test_several_that_refuse_for_the_same_are_told_together(tmp_path: Path) -> None:
    with veth("pbx", "phone"):
        for name in ("pbx", "phone"):
            ip(f"link set {name} down")
        with capturing(order(tmp_path, Source("local", "pbx"), LO, Source("local", "phone"))) as watched:
            ended = watched.started().stop()
    (notice,) = notices(watched)
    assert notice.startswith("Captured without pbx, phone: the interface is switched off")
    assert [bool(tap.lost) for tap in ended.progress.taps] == [True, False, True]


@pytest.mark.parametrize(
    ("expression", "reason", "sentence"),
    [
        ("udp port 5060", "failed", "Ethernet 2, eth78: there is no such interface"),
        ("udp prot 5060", "filter", "The capture filter does not work: can't parse filter expression: syntax error."),
    ],
)
def test_it_is_an_error_only_where_none_opens(tmp_path: Path, expression: str, reason: Reason, sentence: str) -> None:
    other = LO if reason == "filter" else Source("local", "eth78")
    first = Source("local", "any") if reason == "filter" else GONE
    with capturing(order(tmp_path, first, other, expression=expression)) as watched:
        ended = watched.end()
    assert ended.reason == reason
    assert ended.sentence.startswith(sentence)
    assert not list(tmp_path.glob("*.pcap"))


def test_a_filter_that_does_not_fit_one_kind_of_interface_leaves_that_one_out(tmp_path: Path) -> None:
    ip("tuntap add dev tun0 mode tun")
    ip("link set tun0 up")
    with capturing(order(tmp_path, LO, Source("local", "tun0"), expression="udp or ether host 02:00:00:00:00:01")) as watched:
        watched.started()
        send_udp(5060, [b"x"] * 3)
        ended = watched.packets(3).stop()
    (notice,) = notices(watched)
    assert notice.startswith("Captured without tun0: the capture filter does not work: ")
    assert ended.reason == "asked"


@pytest.mark.parametrize(("interfaces", "each"), [(1, 64 << 20), (4, 64 << 20), (16, 16 << 20)])
def test_many_interfaces_share_the_memory_of_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interfaces: int, each: int
) -> None:
    asked = []

    def refuse(library: object, name: str, **wanted: int) -> int:
        asked.append((name, wanted["buffer_bytes"]))
        raise LibraryError("not now")

    monkeypatch.setattr(Library, "open", refuse)
    sources = [Source("local", f"eth{number}") for number in range(interfaces)]
    with pytest.raises(Refused, match="not now"):
        opened(order(tmp_path, *sources), lambda: False)
    assert asked == [(source.name, each) for source in sources]


def test_the_one_that_is_left_vanishes(tmp_path: Path) -> None:
    with veth("pbx", "phone"), capturing(order(tmp_path, GONE, Source("local", "pbx"))) as watched:
        watched.started()
        ip("link delete pbx")
        ended = watched.end()
    assert ended.reason == "source-lost"
    assert "pbx: the interface cannot be captured on any more" in ended.sentence


def test_all_without_those_that_cannot_be_captured_on(tmp_path: Path) -> None:
    with veth("pbx", "phone"):
        ip("link set phone down")
        running = Running("capture", "-i", "all", "-w", tmp_path / "out.pcapng", through=through_own_sys())
        running.until("capturing ")
        status, out, said = running.end(signal.SIGINT)
    assert status == 0
    assert "phone (It is switched off; switch it on with: ip link set phone up)" in said
    assert "lo" in running.said[-1]
    assert "out.pcapng" in out


def test_of_several_that_are_named_one_is_switched_off(tmp_path: Path) -> None:
    with veth("pbx", "phone"):
        ip("link set pbx down")
        path = tmp_path / "out.pcapng"
        own = through_own_sys()
        status, out, said = sipview("capture", "-i", "pbx", "-i", "lo", "-w", path, "--duration", "0.2s", through=own)
        assert (status, "left out: pbx (It is switched off" in said, "capturing lo;" in said) == (0, True, True)
        assert path.exists()
        assert out
        status, out, said = sipview("capture", "-i", "pbx", "-w", tmp_path / "none.pcapng", through=own)
    assert (status, out) == (1, "")
    assert "nothing can be captured on: pbx (It is switched off; switch it on with: ip link set pbx up)" in said
