"""Files that another program still writes: what comes is shown soon, at a bounded pace, and in the end all of it is there."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from sipview.session import Analysis, Snapshot
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
        self.error: BaseException | None = None
        self._changed = threading.Condition()
        self._every_s = every_s
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.analysis.follow(self.cancel, self.ended, self._show, self._every_s)
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
