"""Waiting for a failed call in files that grow, are rotated, and forgotten."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sipview.calls import Call
from sipview.calls.failing import ANY_FAILURE, NO_FAILURE, Statuses
from sipview.session import call_watch
from sipview.session.call_watch import CallWatch, Trigger, told
from sipview.session.one_way import OneWay
from sipview.values import Cancelled, CancelToken
from tests.support.captures import pcap
from tests.support.needs import CHECKOUT
from tests.support.patience import PATIENCE_S
from tests.support.spoken_calls import ANN, BOB, ann_says, bob_says, rtp, sdp, talk

BUSY = (CHECKOUT / "tests" / "data" / "03_busy_486" / "03_busy_486.pcap").read_bytes()
_HEADER, _RECORD = 24, 16


def records(capture: bytes) -> list[bytes]:
    """The records of a pcap file of this computer's byte order."""
    found, at = [], _HEADER
    while at < len(capture):
        end = at + _RECORD + int.from_bytes(capture[at + 8 : at + 12], "little")
        found.append(capture[at:end])
        at = end
    return found


class Watching:
    """A watch on a thread of its own, over files that the test writes."""

    def __init__(self, folder: Path, trigger: Trigger) -> None:
        self.folder = folder
        self.files: dict[str, int] = {}
        self.ended, self.cancel = threading.Event(), CancelToken()
        self.found: Call | OneWay | None = None
        self.error: BaseException | None = None
        self._watch = CallWatch(folder, lambda: self.files, trigger)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.found = self._watch.wait(self.ended, self.cancel)
        except Cancelled as error:
            self.error = error

    def write(self, name: str, content: bytes, *, source: int = 0) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(content)
        self.files = {**self.files, name: source}

    def call(self) -> Call:
        self.thread.join(PATIENCE_S)
        assert isinstance(self.found, Call)
        return self.found

    def one_way(self) -> OneWay:
        self.thread.join(PATIENCE_S)
        assert isinstance(self.found, OneWay)
        return self.found

    def nothing(self) -> None:
        self.ended.set()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        assert self.found is None


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the calls here is tried again."""
    monkeypatch.setattr(call_watch, "_GRACE_S", 0.05)


@contextmanager
def watching(
    folder: Path, statuses: Statuses = ANY_FAILURE, *, one_way: bool = False, silence_s: float = 10
) -> Iterator[Watching]:
    watch = Watching(folder, Trigger(statuses, one_way=one_way, silence_s=silence_s))
    try:
        yield watch
    finally:
        watch.ended.set()
        watch.thread.join(PATIENCE_S)


def test_a_call_that_fails_is_told(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        watch.write("00-000001.pcap", BUSY)
        call = watch.call()
    assert call.status == 486
    assert re.fullmatch(r"The call 1001 → 1002 failed with 486 Busy Here at \d\d:\d\d:\d\d", told(call))


def test_the_call_goes_on_in_another_file_of_the_ring(tmp_path: Path) -> None:
    packets = records(BUSY)
    with watching(tmp_path) as watch:
        for number, packet in enumerate(packets, 1):
            watch.write(f"00-{number:06d}.pcap", BUSY[:_HEADER] + packet)
        assert watch.call().status == 486


def test_a_file_that_the_ring_has_forgotten_is_done_without(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        watch.files = {"00-000001.pcap": 0}
        watch.write("00-000002.pcap", BUSY)
        assert watch.call().status == 486


def test_other_failures_are_let_pass(tmp_path: Path) -> None:
    with watching(tmp_path, Statuses.parse("5xx")) as watch:
        watch.write("00-000001.pcap", BUSY)
        watch.nothing()


def test_each_source_is_read(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        watch.write("00-000001.pcap", BUSY[:_HEADER])
        watch.write("01-000001.pcap", BUSY, source=1)
        assert watch.call().status == 486


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_watch, "_MOST_MESSAGES", 4)
    with watching(tmp_path) as watch:
        watch.write("00-000001.pcap", BUSY)
        assert watch.call().status == 486


def test_a_watch_that_is_not_wanted_ends(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        watch.cancel.cancel()
        watch.thread.join(PATIENCE_S)
    assert isinstance(watch.error, Cancelled)


def test_sound_that_goes_one_way_only_is_told_while_the_file_grows(tmp_path: Path) -> None:
    answered = [(0.0, ann_says("INVITE", 1, sdp(ANN))), (1.0, bob_says("200 OK", 1, sdp(BOB)))]
    whole = pcap(talk(answered + rtp(BOB, ANN, 1.1, 12)))
    packets = records(whole)
    with watching(tmp_path, NO_FAILURE, one_way=True) as watch:
        watch.write("00-000001.pcap", whole[:_HEADER])
        for first in range(0, len(packets), 100):
            watch.write("00-000001.pcap", b"".join(packets[first : first + 100]))
        one = watch.one_way()
    assert re.fullmatch(r"The call ann → bob had no RTP from ann to bob until \d\d:\d\d:\d\d", told(one))


def test_sound_that_stops_is_told_with_the_way_the_moment_and_the_time(tmp_path: Path) -> None:
    answered = [(0.0, ann_says("INVITE", 1, sdp(ANN))), (1.0, bob_says("200 OK", 1, sdp(BOB)))]
    with watching(tmp_path, NO_FAILURE, one_way=True, silence_s=5) as watch:
        watch.write("00-000001.pcap", pcap(talk(answered + rtp(BOB, ANN, 1.1, 15) + rtp(ANN, BOB, 1.1, 9))))
        one = watch.one_way()
    words = r"In the call ann → bob, RTP from ann to bob stopped at \d\d:\d\d:(\d\d) and did not come back within 6 s"
    match = re.fullmatch(words, told(one))
    assert match is not None
    assert one.stopped_ns is not None
    assert int(match[1]) == one.stopped_ns // 1_000_000_000 % 60


def test_sound_that_goes_one_way_is_no_failure_where_nobody_asks(tmp_path: Path) -> None:
    answered = [(0.0, ann_says("INVITE", 1, sdp(ANN))), (1.0, bob_says("200 OK", 1, sdp(BOB)))]
    with watching(tmp_path) as watch:
        watch.write("00-000001.pcap", pcap(talk(answered + rtp(BOB, ANN, 1.1, 12))))
        watch.nothing()


def test_both_are_waited_for_together(tmp_path: Path) -> None:
    with watching(tmp_path, one_way=True) as watch:
        watch.write("00-000001.pcap", BUSY)
        assert watch.call().status == 486


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (Trigger(), "fails (4xx, 5xx, 6xx)"),
        (Trigger(one_way=True), "fails (4xx, 5xx, 6xx) or has RTP one way only for 10 s"),
        (Trigger(NO_FAILURE, one_way=True, silence_s=20), "has RTP one way only for 20 s"),
    ],
)
def test_what_is_waited_for_in_words(trigger: Trigger, words: str) -> None:
    assert trigger.failure == words
