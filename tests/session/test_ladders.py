"""Several calls in one ladder, and nobody's number in an anonymous one; on the captures that come with sipview."""

from collections.abc import Iterator

import pytest

from sipview.export import FontTableMeasure
from sipview.ladder import LadderOptions, lay_out
from sipview.session import Analysis
from sipview.session.ladders import Ladders, legend_of, positions_of
from sipview.session.pseudonyms import Hidden
from sipview.values import CancelToken
from tests.support.needs import CHECKOUT

OFFICE = CHECKOUT / "resources" / "samples" / "small-office.pcap"


@pytest.fixture(scope="module")
def ladders() -> Iterator[Ladders]:
    analysis = Analysis([OFFICE])
    analysis.load(CancelToken())
    yield Ladders(analysis)
    analysis.close()


def test_each_leg_of_several_calls_has_a_colour_and_a_word(ladders: Ladders) -> None:
    calls = ladders.analysis.snapshot.conversations.calls[:3]
    events = ladders.events(positions_of(calls))
    legend = legend_of(calls, events)
    assert len(legend) == sum(len(call.legs) for call in calls)
    for number, call in enumerate(calls, start=1):
        assert any(words.startswith(f"call {call.number}") for words in legend.values()), number
    assert legend_of(calls[:1], events) == {}
    assert [event.time_ns for event in events] == sorted(event.time_ns for event in events)


def test_no_number_is_left_in_an_anonymous_drawing(ladders: Ladders) -> None:
    calls = ladders.analysis.snapshot.conversations.calls
    events = ladders.events(positions_of(calls))
    names = ladders.anonymous(calls, events, {Hidden.NUMBERS})
    title, subtitle = ladders.analysis.heading(calls)
    options = names.options(LadderOptions(title=title, subtitle=subtitle, legend=legend_of(calls, events)))
    picture = lay_out(names.events(events), options, FontTableMeasure())
    page = ladders.page(calls, names)
    texts = [text.text for text in picture.heading]
    texts += [f"{arrow.title} {arrow.detail} {arrow.tooltip}" for arrow in picture.arrows]
    texts += [f"{call.headline} {[said.value for said in call.facts if said.what != 'Call-ID']}" for call in page.calls]
    statuses = {str(event.status) for event in events}  # somebody has the number 100, and 100 Trying stays
    numbers = ({call.caller for call in calls} | {call.callee for call in calls}) - statuses
    assert len(numbers) > 4
    for text in texts:
        assert not numbers & set(text.replace("INVITE", "").split()), text
    assert any("INVITE callee" in text for text in texts)


def test_what_the_sdp_says_is_there_stream_by_stream(ladders: Ladders) -> None:
    call = ladders.analysis.snapshot.conversations.calls[0]
    events = ladders.events(call.messages)
    offer = next(event for event in events if event.method == "INVITE" and event.request)
    assert offer.media[0].startswith("audio ")
    assert "RTP/AVP" in offer.media[0]
