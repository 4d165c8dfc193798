"""A long capture, whose messages are skimmed in a process beside, against the same capture read without one."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from sipview.calls import Observed
from sipview.index import PacketIndex
from sipview.session import Analysis, Snapshot, Taken
from sipview.skimming import Skimmer
from sipview.values import Cancelled, CancelToken
from tests.support.answered_paths import SAMPLES

CAPTURE = SAMPLES / "small-office.pcap"
UNANSWERED = (
    Path(__file__).parent.parent / "data/03_no_answer_timer_b_retransmissions/03_no_answer_timer_b_retransmissions.pcap"
)


class Ready(Skimmer):
    """Whose process is there from the beginning, however many processors there are."""

    def __init__(self, file: int | None = None, *, processors: int | None = None, behind: bool = False) -> None:
        assert processors is None, "a long capture is worth a process"
        super().__init__(file, processors=2, behind=behind)
        assert self.wait_until_ready(30)


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small captures are long ones, of many batches."""
    monkeypatch.setattr("sipview.session.analysis.WORTH_A_PROCESS", 0)
    monkeypatch.setattr("sipview.session.analysis.Skimmer", Ready)
    monkeypatch.setattr("sipview.skimming.skimmer._FEWEST", 1)
    monkeypatch.setattr("sipview.capture.chained.BATCH", 40)


def load(tmp_path: Path) -> tuple[Snapshot, list[Snapshot]]:
    shown: list[Snapshot] = []
    analysis = Analysis([CAPTURE], tmp_path)
    snapshot = analysis.load(CancelToken(), shown.append, every_s=0.0)
    assert [analysis.message_data(position) for position in range(len(snapshot.messages))]
    analysis.close()
    return snapshot, shown


def test_it_is_the_same(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    plain, _ = load(tmp_path)
    request.getfixturevalue("long")
    beside, shown = load(tmp_path)
    assert len(plain.messages) > 50
    assert beside.messages == plain.messages
    assert beside.conversations == plain.conversations
    assert beside.packets == plain.packets
    assert beside.complete
    assert shown


@pytest.mark.parametrize(("capture", "repeated"), [(CAPTURE, 0), (UNANSWERED, 6)])
def test_messages_are_told_while_others_are_still_read(
    long: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capture: Path, repeated: int
) -> None:
    monkeypatch.setattr("sipview.capture.chained.BATCH", 4)
    told: list[tuple[Observed, Observed | None]] = []
    packets: set[int] = set()

    def take(index: PacketIndex, messages: Iterable[Taken]) -> None:
        new = list(messages)
        assert all(observed.row < index.count for observed, _ in new)
        told.extend(new)
        packets.add(index.count)

    analysis = Analysis([capture], tmp_path)
    snapshot = analysis.load(CancelToken(), taken=take)
    analysis.close()
    assert len(packets) > 1, "some at a time"
    assert [observed for observed, _ in told] == list(snapshot.messages)
    originals = [-1 if original is None else original.position for _, original in told]
    assert originals == list(snapshot.conversations.retransmission_of)
    assert len([original for original in originals if original >= 0]) == repeated


def test_no_snapshot_has_packets_whose_messages_are_still_out(long: None, tmp_path: Path) -> None:
    whole, shown = load(tmp_path)
    rows = [observed.row for observed in whole.messages]
    for snapshot in shown:
        assert [observed.row for observed in snapshot.messages] == [row for row in rows if row < snapshot.packets]
    assert len({snapshot.packets for snapshot in shown}) > 3


def test_stopping_amid_leaves_what_was_taken_in(long: None, tmp_path: Path) -> None:
    cancel = CancelToken()
    analysis = Analysis([CAPTURE], tmp_path)

    def stop(snapshot: Snapshot) -> None:
        if snapshot.messages:
            cancel.cancel()

    with pytest.raises(Cancelled):
        analysis.load(cancel, stop, every_s=0.0)
    assert 0 < analysis.snapshot.packets < 1852
    assert all(observed.row < analysis.snapshot.packets for observed in analysis.snapshot.messages)
    assert not analysis.snapshot.complete
    analysis.close()
