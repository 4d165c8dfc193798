"""One analysis: what it shows while it reads, that it stops when asked, and that it leaves nothing behind."""

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sipview.capture import CaptureError, chained
from sipview.explain import Explanation
from sipview.export.fonts import FontTableMeasure
from sipview.export.text import text_ladder
from sipview.ladder import LadderOptions
from sipview.session import Analysis, Reading, Snapshot
from sipview.values import Cancelled, CancelToken
from tests.support.captures import every_ms, pcap, sip, udp, write
from tests.support.needs import CHECKOUT
from tests.support.traps import NAMES, trap, traps

DATA = CHECKOUT / "tests" / "data"
BUSY = DATA / "03_busy_486" / "03_busy_486.pcap"

Open = Callable[..., Analysis]
AS_IT_IS = Reading()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens analyses that are closed when the test ends."""
    analyses: list[Analysis] = []

    def open_(*paths: Path, reading: Reading = AS_IT_IS) -> Analysis:
        analyses.append(Analysis(paths, tmp_path / "spool", reading=reading))
        return analyses[-1]

    yield open_
    for analysis in analyses:
        analysis.close()


def test_snapshots_only_grow_and_end_as_one_that_was_read_at_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = opened(BUSY).load(CancelToken())
    monkeypatch.setattr(chained, "BATCH", 3)
    monkeypatch.setattr("sipview.session.analysis._WORK_TO_SHOW", 0)  # after each batch, however long the machine takes
    shown: list[Snapshot] = []
    last = opened(BUSY).load(CancelToken(), shown.append, every_s=0)
    assert len(shown) > 3
    for before, after in zip(shown, [*shown[1:], last], strict=True):
        assert before.packets <= after.packets
        assert len(before.messages) <= len(after.messages)
        assert list(after.messages[: len(before.messages)]) == list(before.messages)
        assert before.done <= after.done
    assert not any(snapshot.complete for snapshot in shown)
    assert last.complete
    assert last.done == 1
    assert (last.packets, list(last.messages), last.conversations) == (whole.packets, list(whole.messages), whole.conversations)


def test_a_wish_to_stop_leaves_what_was_read(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chained, "BATCH", 3)
    analysis, cancel = opened(BUSY), CancelToken()
    with pytest.raises(Cancelled):
        analysis.load(cancel, lambda _: cancel.cancel(), every_s=0)
    snapshot = analysis.snapshot
    assert 0 < snapshot.packets < 20
    assert not snapshot.complete
    for seen in snapshot.messages:
        assert analysis.message(seen.position).data == analysis.message_data(seen.position)


@pytest.mark.parametrize("name", NAMES)
def test_a_closed_analysis_is_gone_at_once(tmp_path: Path, name: str) -> None:
    """Its columns are large: they must not wait for the collector, which never looks at what it was told to keep."""
    path = write(tmp_path / "trap.pcapng", trap(name).pcapng)
    gc.collect()
    gc.disable()
    try:
        analysis = Analysis([path], tmp_path / "spool")
        snapshot = analysis.load(CancelToken())
        for call in snapshot.conversations.calls:
            analysis.ladder([call], LadderOptions(), FontTableMeasure())
        for seen in snapshot.messages:
            analysis.explain(seen.position)
        analysis.fields()
        assert snapshot.index is not None
        gone: list[weakref.ref[object]] = [weakref.ref(analysis), weakref.ref(snapshot.index)]
        analysis.close()
        del analysis, snapshot
        assert [reference() for reference in gone] == [None, None]
    finally:
        gc.enable()


def test_reading_leaves_the_collector_as_it_was(opened: Open) -> None:
    opened(BUSY).load(CancelToken())
    assert gc.isenabled()


@pytest.mark.parametrize("wrong", ["capture", "key log"])
def test_files_are_closed_where_one_cannot_be_read(tmp_path: Path, wrong: str) -> None:
    """An open file that nobody closes would be a warning, and so an error."""
    missing = tmp_path / "missing"
    paths, reading = ([BUSY, missing], AS_IT_IS) if wrong == "capture" else ([BUSY], Reading(key_log=missing))
    with pytest.raises((CaptureError, OSError), match=r"missing|No such file"):
        Analysis(paths, tmp_path / "spool", reading=reading)
    gc.collect()


def test_every_message_is_found_again_in_its_bytes(opened: Open, tmp_path: Path) -> None:
    for one in traps():
        analysis = opened(write(tmp_path / f"{one.messages}.pcapng", one.pcapng))
        for seen in analysis.load(CancelToken()).messages:
            message = analysis.message(seen.position)
            assert message.data == analysis.message_data(seen.position)


def test_an_explanation_knows_where_the_message_came_from(opened: Open, tmp_path: Path) -> None:
    """The Via of a phone behind NAT names another address than the packet's."""
    message = sip("INVITE").replace(b"SIP/2.0/UDP 10.0.0.1;", b"SIP/2.0/UDP 192.168.7.7;")
    analysis = opened(write(tmp_path / "nat.pcap", pcap(every_ms([udp("10.0.0.1/5060", "10.0.0.2/5060", message)]))))
    analysis.load(CancelToken())
    texts = list(_sentences(analysis.explain(0)))
    assert any("192.168.7.7" in text and "10.0.0.1" in text for text in texts)


def _sentences(explanations: tuple[Explanation, ...]) -> Iterator[str]:
    for explanation in explanations:
        yield explanation.explanation
        yield from _sentences(explanation.children)


def test_heading_and_ladder_tell_the_call(opened: Open) -> None:
    analysis = opened(BUSY)
    call = analysis.load(CancelToken()).conversations.calls[0]
    title, subtitle = analysis.heading([call])
    assert "1001" in title
    assert "1002" in title
    assert "busy" in title.lower()
    assert BUSY.name in subtitle
    assert "UTC" in subtitle
    text = text_ladder(analysis.ladder([call], LadderOptions(title=title, subtitle=subtitle), FontTableMeasure()))
    assert "INVITE" in text
    assert "486" in text


def test_the_heading_of_many_calls_is_no_novel(opened: Open, tmp_path: Path) -> None:
    frames = [udp("10.0.0.1/5060", "10.0.0.2/5060", sip("INVITE", f"{number}@host")) for number in range(9)]
    analysis = opened(write(tmp_path / "many.pcap", pcap(every_ms(frames))))
    calls = analysis.load(CancelToken()).conversations.calls
    assert len(calls) == 9
    title, subtitle = analysis.heading(calls)
    assert title.endswith(" · 9 calls")
    where, *lines = subtitle.splitlines()
    assert where.endswith("many.pcap")
    assert [line.partition(":")[0] for line in lines] == ["call 1", "call 2", "call 3", "and 6 more calls"]


def test_two_legs_of_one_call_are_headed_by_who_called_whom_once(opened: Open) -> None:
    analysis = opened(CHECKOUT / "resources" / "samples" / "call-through-pbx.pcap")
    calls = analysis.load(CancelToken()).conversations.calls
    assert len(calls) == 2
    title, subtitle = analysis.heading(calls)
    assert title == "1001 calls 1002 · 2 calls"
    assert [line.split(" · ")[:2] for line in subtitle.splitlines()[1:]] == [
        ["call 1: 1001 calls 1002", "completed"],
        ["call 2: 1001 calls 1002", "completed"],
    ]
