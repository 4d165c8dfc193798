"""Files that another program still writes: what comes is shown soon, at a bounded pace, and in the end all of it is there."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sipview.session import Analysis, Snapshot
from sipview.session import following as following_module
from sipview.session.following import Pace, wait_until_begun
from sipview.values import Cancelled, CancelToken
from tests.support.needs import CHECKOUT
from tests.support.patience import PATIENCE_S

BUSY = CHECKOUT / "tests" / "data" / "03_busy_486" / "03_busy_486.pcap"


class Follower:
    """An analysis that follows a file on a thread of its own; wait for what it shows."""

    def __init__(self, paths: Sequence[Path], spool: Path, every_s: float = 0.0) -> None:
        self.analysis = Analysis(paths, spool)
        self.ended, self.cancel = threading.Event(), CancelToken()
        self.shown: list[Snapshot] = []
        self.told: list[str] = []
        self.error: BaseException | None = None
        self._changed = threading.Condition()
        self._every_s = every_s
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.analysis.follow(self.cancel, self.ended, self._show, self._every_s, tell=self.told.append)
        except Cancelled as error:
            self.error = error

    def _show(self, snapshot: Snapshot) -> None:
        with self._changed:
            self.shown.append(snapshot)
            self._changed.notify_all()

    def packets(self, count: int) -> Snapshot:
        return self.until(lambda snapshot: snapshot.packets >= count)

    def until(self, condition: Callable[[Snapshot], bool]) -> Snapshot:
        with self._changed:
            assert self._changed.wait_for(lambda: self.shown and condition(self.shown[-1]), PATIENCE_S), self.shown
            return self.shown[-1]

    def end(self) -> Snapshot:
        self.ended.set()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        return self.analysis.snapshot


@contextmanager
def following(*paths: Path, spool: Path, every_s: float = 0.0) -> Iterator[Follower]:
    follower = Follower(paths, spool, every_s)
    try:
        yield follower
    finally:
        follower.cancel.cancel()
        follower.end()
        follower.analysis.close()


def records() -> list[bytes]:
    """The sample cut into its file header and its records."""
    data = BUSY.read_bytes()
    pieces, at = [data[:24]], 24
    while at < len(data):
        size = 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        pieces.append(data[at : at + size])
        at += size
    return pieces


def test_each_packet_is_shown_though_the_file_goes_on(tmp_path: Path) -> None:
    head, *rest = records()
    path = tmp_path / "growing.pcap"
    path.write_bytes(head)
    with following(path, spool=tmp_path) as follower, path.open("ab", buffering=0) as file:
        for count, record in enumerate(rest, 1):
            file.write(record[:20])
            file.write(record[20:])
            snapshot = follower.packets(count)
            assert not snapshot.complete
            assert not snapshot.problems
        last = follower.end()
    with_whole = Analysis([BUSY], tmp_path)
    whole = with_whole.load(CancelToken())
    assert last.complete
    assert (last.packets, list(last.messages), last.conversations) == (whole.packets, list(whole.messages), whole.conversations)
    with_whole.close()


def test_half_a_record_is_waited_for_and_a_problem_only_at_the_end(tmp_path: Path) -> None:
    pieces = records()
    path = tmp_path / "growing.pcap"
    path.write_bytes(b"".join(pieces[:4]) + pieces[4][:30])
    with following(path, spool=tmp_path) as follower:
        snapshot = follower.packets(3)
        assert not snapshot.problems
        last = follower.end()
    assert last.packets == 3
    assert [each.problem.kind for each in last.problems] == ["cut-record"]


def test_what_was_written_before_the_end_was_told_is_read(tmp_path: Path) -> None:
    head, *rest = records()
    path = tmp_path / "growing.pcap"
    path.write_bytes(head)
    with following(path, spool=tmp_path) as follower:
        with path.open("ab") as file:
            file.write(b"".join(rest))
        assert follower.end().packets == len(rest)


def test_a_file_that_becomes_shorter_ends_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "growing.pcap"
    path.write_bytes(b"".join(records()))
    with following(path, spool=tmp_path) as follower:
        follower.packets(1)
        path.write_bytes(records()[0])
        follower.thread.join(PATIENCE_S)  # nobody has to end it
        assert not follower.thread.is_alive()
        last = follower.end()
    assert last.complete
    assert [each.problem.kind for each in last.problems] == ["shrunk-file"]


def test_of_two_files_one_becomes_shorter_which_is_told_at_once_and_the_other_is_followed(tmp_path: Path) -> None:
    head, *rest = records()
    cut, growing = tmp_path / "cut.pcap", tmp_path / "growing.pcap"
    cut.write_bytes(head + rest[0])
    growing.write_bytes(head)
    with following(cut, growing, spool=tmp_path) as follower:
        follower.packets(1)
        cut.write_bytes(head)
        follower.until(lambda snapshot: [each.problem.kind for each in snapshot.problems] == ["shrunk-file"])
        with growing.open("ab") as file:
            file.write(rest[1])
        assert not follower.packets(2).complete


def test_a_wish_to_stop_is_heard_while_nothing_comes(tmp_path: Path) -> None:
    path = tmp_path / "growing.pcap"
    path.write_bytes(records()[0])
    with following(path, spool=tmp_path) as follower:
        follower.cancel.cancel()
        follower.thread.join(PATIENCE_S)
        assert isinstance(follower.error, Cancelled)
        assert not follower.analysis.snapshot.complete


def test_snapshots_take_no_more_than_a_quarter_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = Pace(0.1)
    assert pace.wait_s == 0
    pace.begin()
    now[0] += 0.01
    pace.made()
    assert pace.wait_s == pytest.approx(0.1)
    now[0] += 0.1
    pace.begin()
    now[0] += 2.0
    pace.made()
    assert pace.wait_s == pytest.approx(6.0)


def test_a_file_without_a_beginning_is_waited_for(tmp_path: Path) -> None:
    path, ended, cancel = tmp_path / "new.pcap", threading.Event(), CancelToken()
    ended.set()
    assert not wait_until_begun([path], ended, cancel)
    path.write_bytes(b"")
    assert not wait_until_begun([path], ended, cancel)
    path.write_bytes(records()[0])
    assert wait_until_begun([path], ended, cancel)
    cancel.cancel()
    with pytest.raises(Cancelled):
        wait_until_begun([tmp_path / "never.pcap"], threading.Event(), cancel)


def test_nothing_is_shown_before_all_is_read_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a capture is shown again of which something is shown already: it grows, and never shrinks."""
    monkeypatch.setattr("sipview.capture.chained.BATCH", 2)
    head, *rest = records()
    path = tmp_path / "growing.pcap"
    path.write_bytes(head + b"".join(rest[:-1]))
    shown: list[int] = []
    ended = threading.Event()

    def show(snapshot: Snapshot) -> None:
        shown.append(snapshot.packets)
        if len(shown) == 1:
            with path.open("ab") as file:
                file.write(rest[-1])
        else:
            ended.set()

    analysis = Analysis([path], tmp_path)
    analysis.follow(CancelToken(), ended, show, 0.0, catch_up=True)
    analysis.close()
    assert shown == [len(rest) - 1, len(rest)]


def test_a_file_is_followed_by_its_name_when_it_is_rotated(tmp_path: Path) -> None:
    """As logrotate does it: the file is renamed, its writer goes on for a moment, and begins another one then."""
    head, *rest = records()
    path, old = tmp_path / "growing.pcap", tmp_path / "growing.pcap.1"
    path.write_bytes(head + rest[0])
    with following(path, spool=tmp_path) as follower:
        follower.packets(1)
        path.rename(old)
        follower.until(lambda _: bool(follower.told))
        with old.open("ab") as file:
            file.write(rest[1])
        follower.packets(2)
        with path.open("wb", buffering=0) as file:
            file.write(head[:10])
            file.write(head[10:])
            for count, record in enumerate(rest[2:], 3):
                file.write(record)
                follower.packets(count)
        last = follower.end()
        assert follower.told == [
            "growing.pcap was renamed or deleted. What its writer still adds to it is read, and so is the next file of this "
            "name once there is one.",
            "Another file has taken the place of growing.pcap. It is read behind the one before.",
        ]
    with_whole = Analysis([BUSY], tmp_path)
    whole = with_whole.load(CancelToken())
    assert not last.problems
    assert (last.packets, list(last.messages), last.conversations) == (whole.packets, list(whole.messages), whole.conversations)
    with_whole.close()


def test_a_file_that_another_is_renamed_to_is_followed_again_and_again(tmp_path: Path) -> None:
    head, *rest = records()
    path, next_one = tmp_path / "growing.pcap", tmp_path / "next"
    path.write_bytes(head + rest[0])
    with following(path, spool=tmp_path) as follower:
        follower.packets(1)
        for count, record in enumerate(rest[1:5], 2):
            next_one.write_bytes(head + record)
            next_one.replace(path)
            follower.packets(count)
        index = follower.end().index
        assert follower.told == ["Another file has taken the place of growing.pcap. It is read behind the one before."] * 4
        assert index is not None
        assert [index.frame(row) for row in range(index.count)] == [record[16:] for record in rest[:5]]


def test_what_takes_the_place_of_a_file_may_be_no_capture(tmp_path: Path) -> None:
    head, *rest = records()
    path, other = tmp_path / "growing.pcap", tmp_path / "other"
    path.write_bytes(head + rest[0])
    other.write_text("no capture at all, but a text")
    with following(path, spool=tmp_path) as follower:
        follower.packets(1)
        path.rename(tmp_path / "old")
        other.rename(path)
        follower.until(lambda _: any("cannot be read" in text for text in follower.told))
        with (tmp_path / "old").open("ab") as file:
            file.write(rest[1])
        follower.packets(2)
    assert follower.told[-1].startswith(
        "Another file has taken the place of growing.pcap, which cannot be read: growing.pcap: "
    )


def test_files_under_one_name_are_bounded_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following_module, "MOST_SUCCESSORS", 2)
    head, *rest = records()
    path, next_one = tmp_path / "growing.pcap", tmp_path / "next"
    path.write_bytes(head + rest[0])
    with following(path, spool=tmp_path) as follower:
        for count, record in enumerate(rest[1:4], 2):
            follower.packets(min(count - 1, 3))
            next_one.write_bytes(head + record)
            next_one.replace(path)
        follower.until(lambda _: len(follower.told) == 3)
        assert follower.end().packets == 3
    assert follower.told[-1] == ("growing.pcap was replaced 2 times. Files that take its place now are not read any more.")


def test_a_compressed_file_is_not_taken_for_one_that_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "whole.pcap.gz"
    path.write_bytes(gzip.compress(BUSY.read_bytes()))
    with following(path, spool=tmp_path) as follower:
        follower.packets(len(records()) - 1)
        follower.end()
    assert follower.told == []
