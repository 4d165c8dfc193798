"""Traffic over time: every packet is counted where it is, and no peak is lost by looking from afar."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.calls import Call, Conversations
from sipview.filter import parse
from sipview.index import Protocol
from sipview.session import Analysis, Snapshot
from sipview.session.traffic import CALLS_UP, MEDIA, PACKETS, RETRANSMISSIONS, SIP_CLASSES, TrafficSource, filter_between
from sipview.values import CancelToken

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "small-office.pcap"
SECOND = 1_000_000_000
ORIGIN = 1_700_000_000 * SECOND


@pytest.fixture(scope="module")
def analysis() -> Iterator[Analysis]:
    analysis = Analysis([SAMPLE])
    analysis.load(CancelToken())
    yield analysis
    analysis.close()


def source(times: Sequence[int], calls: Sequence[tuple[int, int]] = ()) -> TrafficSource:
    """A capture with packets (all media) and calls at these moments."""
    index = SimpleNamespace(
        time_ns=np.array(times, np.int64) + ORIGIN, protocol=np.full(len(times), Protocol.RTP, np.uint8), count=len(times)
    )
    up = [SimpleNamespace(start_ns=ORIGIN + begin, end_ns=ORIGIN + end) for begin, end in calls]
    conversations = Conversations(tuple(cast("list[Call]", up)), (), (), ())
    return TrafficSource(Snapshot(index, len(times), (), conversations, (), 1.0, complete=True))  # type: ignore[arg-type]


def test_a_peak_of_one_second_is_one_in_a_day_seen_from_afar() -> None:
    quiet = [second * SECOND for second in range(0, 86_400, 60)]
    burst = [40_000 * SECOND + at * 1_000_000 for at in range(900)]
    traffic = source(sorted(quiet + burst)).between(0, 86_400 * SECOND, 500)
    assert traffic.count <= 501
    assert traffic.step_ns == SECOND
    assert traffic.series[PACKETS].max() in {900, 901}
    place = int(traffic.series[PACKETS].argmax())
    assert traffic.begin_ns + place * traffic.width_ns <= 40_000 * SECOND < traffic.begin_ns + (place + 1) * traffic.width_ns


def test_all_packets_are_counted_where_a_point_is_a_step() -> None:
    traffic = source([0, 1, SECOND // 2, SECOND, 3 * SECOND]).between(0, 3 * SECOND, 4)
    assert traffic.width_ns == SECOND
    assert traffic.series[PACKETS].tolist() == [3, 1, 0, 1]
    assert traffic.series[MEDIA].tolist() == [3, 1, 0, 1]


def test_calls_up_at_the_same_time() -> None:
    calls = [(0, 10 * SECOND), (2 * SECOND, 4 * SECOND), (3 * SECOND + 5, 3 * SECOND + 9)]
    traffic = source([0, 12 * SECOND], calls).between(0, 12 * SECOND, 13)
    assert traffic.series[CALLS_UP].tolist() == [1, 1, 2, 3, 2, 1, 1, 1, 1, 1, 1, 0, 0]


def test_a_capture_that_claims_to_last_for_centuries() -> None:
    traffic = source([0, 250 * 365 * 86_400 * SECOND]).between(0, 250 * 365 * 86_400 * SECOND, 1000)
    assert traffic.count <= 1001
    assert traffic.series[PACKETS].sum() == 2


@given(
    st.lists(st.integers(0, 10**13), min_size=1, max_size=60),
    st.integers(1, 400),
    st.integers(0, 10**12),
    st.integers(0, 10**13),
)
def test_points_cover_what_was_asked_and_peaks_are_as_high_as_they_are(
    times: list[int], most: int, begin: int, length: int
) -> None:
    traffic = source([0, *sorted(times)]).between(begin, begin + length, most)
    assert traffic.begin_ns <= begin
    assert traffic.begin_ns + traffic.count * traffic.width_ns > begin + length
    assert traffic.count <= most + 1
    inside = [time for time in [0, *times] if 0 <= time - traffic.begin_ns < traffic.count * traffic.width_ns]
    steps = [(time - traffic.begin_ns) // traffic.step_ns for time in inside]
    highest = max((steps.count(step) for step in steps), default=0)
    assert traffic.series[PACKETS].max() == highest
    assert traffic.width_ns % traffic.step_ns == 0


def test_messages_by_class(analysis: Analysis) -> None:
    snapshot = analysis.snapshot
    traffic = TrafficSource(snapshot)
    begin, end = traffic.span
    whole = traffic.between(begin, end, 1)
    fine = traffic.between(begin, end, 100_000)
    methods = [seen.facts.method for seen in snapshot.messages]
    statuses = [seen.facts.status or 0 for seen in snapshot.messages]
    assert fine.series["INVITE"].sum() == methods.count("INVITE")
    assert fine.series["REGISTER"].sum() == methods.count("REGISTER")
    assert fine.series["4xx"].sum() == sum(400 <= status < 500 for status in statuses)
    assert sum(int(fine.series[name].sum()) for name in SIP_CLASSES) == len(snapshot.messages)
    assert fine.series[RETRANSMISSIONS].sum() == sum(of >= 0 for of in snapshot.conversations.retransmission_of)
    assert whole.count == 1


def test_the_filter_of_a_span_lets_its_packets_through(analysis: Analysis) -> None:
    times = analysis.fields().count
    begin, end = 1_500_000_000, 9_000_000_001
    words = filter_between(begin, end)
    assert words == "frame.time_relative >= 1.5 && frame.time_relative <= 9.000000001"
    index = analysis.snapshot.index
    assert index is not None
    since = index.time_ns[:times] - index.time_ns[0]
    assert (parse(words).evaluate(analysis.fields()) == ((since >= begin) & (since <= end))).all()
