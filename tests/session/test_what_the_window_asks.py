"""Values that a field has, and searches, on messages that mean no good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sipview.filter import fields
from sipview.session import Analysis
from sipview.session.known_values import known_values
from sipview.session.message_search import Search, SearchError, SearchKind, search_messages
from sipview.values import Cancelled, CancelToken
from tests.support.needs import CHECKOUT

OFFICE = CHECKOUT / "resources" / "samples" / "small-office.pcap"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Analysis]:
    analysis = Analysis([OFFICE], tmp_path)
    analysis.load(CancelToken())
    yield analysis
    analysis.close()


def test_every_value_that_is_offered_is_a_filter_that_a_packet_passes(office: Analysis) -> None:
    from sipview.filter import parse

    columns = office.fields()
    for field in fields().values():
        for value in known_values(columns, field, most=3):
            assert parse(f"{field.name} == {value}").evaluate(columns).any(), (field.name, value)


def test_the_most_frequent_value_comes_first(office: Analysis) -> None:
    messages = office.snapshot.messages
    counts: dict[str, int] = {}
    for seen in messages:
        if seen.facts.method:
            counts[seen.facts.method] = counts.get(seen.facts.method, 0) + 1
    offered = known_values(office.fields(), fields()["sip.Method"])
    assert [counts[value.strip('"')] for value in offered] == sorted(counts.values(), reverse=True)


def test_times_and_protocols_have_nothing_to_offer(office: Analysis) -> None:
    for name in ("frame.time", "frame.time_relative", "sip", "udp", "rtp.marker"):
        assert known_values(office.fields(), fields()[name]) == ()


@pytest.mark.parametrize("text", ["", "(", "[", "a{1000000}", "(?<=x)y", "\\1", "*"])
def test_what_is_no_pattern_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(SearchError, match=r"\.$"):
        Search(text, SearchKind.PATTERN)


def test_a_text_is_no_pattern() -> None:
    assert list(Search("(a.b*").hits_in(b"x(A.B*y")) == [(1, 6)]
    assert list(Search("ä").hits_in("xÄy".encode())) == [(1, 3)]
    assert list(Search("x*", SearchKind.PATTERN).hits_in(b"aaxxa")) == [(2, 4)], "an empty hit is none"


def test_a_pattern_that_others_choke_on_ends(office: Analysis) -> None:
    assert list(Search("(a+)+$", SearchKind.PATTERN).hits_in(b"a" * 50_000 + b"!")) == []


def test_a_search_is_stopped(office: Analysis) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        search_messages(office, office.snapshot, Search("sip"), token)


def test_a_filter_that_reads_messages_is_stopped(office: Analysis) -> None:
    from sipview.filter import parse

    token = CancelToken()
    token.cancel()
    for text in ('sip.User-Agent == "x"', 'sip contains "x"', 'sdp contains "x"'):
        with pytest.raises(Cancelled):
            parse(text).evaluate(office.fields().stoppable(token))
