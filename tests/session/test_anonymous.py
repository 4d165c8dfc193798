"""What is taken away without telling who it was: everything is looked for everywhere."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sipview.calls import Call, Conversation
from sipview.export import FontTableMeasure, LadderPage, html, svg, text_ladder
from sipview.ladder import LadderOptions, LadderPicture, lay_out
from sipview.session import Analysis
from sipview.session.ladders import Ladders, positions_of
from sipview.session.naming import name_hosts
from sipview.session.pseudonyms import EVERYTHING, Hidden
from sipview.values import CancelToken
from tests.support.telling import CALL_IDS, HOSTS, PEOPLE, telling_capture


@pytest.fixture
def ladders(tmp_path: Path) -> Iterator[Ladders]:
    analysis = Analysis([telling_capture(tmp_path)])
    analysis.load(CancelToken())
    yield Ladders(analysis)
    analysis.close()


def drawn(
    ladders: Ladders, subjects: tuple[Call | Conversation, ...], hidden: frozenset[Hidden], **options: Any
) -> tuple[LadderPicture, LadderPage]:
    snapshot = ladders.analysis.snapshot
    events = ladders.events(positions_of(subjects))
    hosts = name_hosts(snapshot.messages, snapshot.conversations)
    names = ladders.anonymous(subjects, events, hidden, hosts)
    calls = [one for one in subjects if isinstance(one, Call)]
    title, subtitle = ladders.analysis.heading(calls, with_source=not hidden) if calls else ("Registration", "")
    plain = LadderOptions(title=title, subtitle=subtitle, lane_names=hosts.names, lane_subtitles=hosts.subtitles, details="sdp")
    wanted = names.options(replace(plain, **options))
    return lay_out(names.events(events), wanted, FontTableMeasure()), ladders.page(subjects, names)


def everything_said(picture: LadderPicture, page: LadderPage) -> str:
    arrows = "\n".join(f"{arrow.title} {arrow.detail} {arrow.tooltip}" for arrow in picture.arrows)
    return "\n".join((svg(picture), html(picture, page), text_ladder(picture), arrows, picture.description)).lower()


def all_of(ladders: Ladders) -> tuple[Call | Conversation, ...]:
    conversations = ladders.analysis.snapshot.conversations
    return (*conversations.calls, *conversations.others)


def test_it_would_tell_everything(ladders: Ladders) -> None:
    said = everything_said(*drawn(ladders, all_of(ladders), frozenset()))
    for secret in ("0049304711", "8842", "weeps", "Feierabend", *HOSTS, *CALL_IDS):
        assert secret.lower() in said, secret


@pytest.mark.parametrize("alone", [False, True])
def test_nothing_tells_who_it_was(ladders: Ladders, alone: bool) -> None:
    for subjects in [(one,) for one in all_of(ladders)] if alone else [all_of(ladders)]:
        said = everything_said(*drawn(ladders, subjects, EVERYTHING))
        for secret in (*PEOPLE, *HOSTS, *CALL_IDS):
            assert secret.lower() not in said, secret
        assert "host 1" in said
        assert "host 2" in said
        assert "id 1" in said


@pytest.mark.parametrize(
    ("hidden", "gone", "kept"),
    [
        (Hidden.NUMBERS, PEOPLE, ("198.51.100.23", "c4ll-9f3a")),
        (Hidden.ADDRESSES, HOSTS[:5], ("0049304711", "8842", "c4ll-9f3a")),
        (Hidden.CALL_IDS, CALL_IDS, ("0049304711", "203.0.113.9")),
    ],
)
def test_one_thing_is_hidden_and_the_others_stay(
    ladders: Ladders, hidden: Hidden, gone: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    said = everything_said(*drawn(ladders, all_of(ladders), frozenset({hidden})))
    for secret in gone:
        if secret not in {"Anna", "Brandt"}:  # a part of host names
            assert secret.lower() not in said, secret
    for text in kept:
        assert text.lower() in said, text


def test_lanes_keep_their_order_and_hiding(ladders: Ladders) -> None:
    (call,) = ladders.analysis.snapshot.conversations.calls
    first, second = "198.51.100.23", "203.0.113.9"
    picture, _ = drawn(ladders, (call,), EVERYTHING, lane_order=(second, first))
    assert [lane.key for lane in picture.lanes] == ["host 2", "host 1"]
    apart, _ = drawn(ladders, (call,), EVERYTHING, ports_apart=True, lane_order=(f"{second}:5060", f"{first}:5060"))
    assert [lane.key for lane in apart.lanes] == ["host 2:5060", "host 1:5060"]
    hidden, _ = drawn(ladders, (call,), EVERYTHING, hidden_lanes=frozenset({second}))
    assert list(hidden.hidden_lanes) == ["host 2"]
    assert [pill.open for pill in hidden.pills] == [False]


def test_a_name_that_the_user_gave_goes_with_the_people_only(ladders: Ladders) -> None:
    (call,) = ladders.analysis.snapshot.conversations.calls
    given = {"198.51.100.23": "Optik Brandt"}
    without_people, _ = drawn(ladders, (call,), EVERYTHING, lane_names=given)
    assert "Optik" not in without_people.lanes[0].full_name
    with_people, _ = drawn(ladders, (call,), frozenset({Hidden.ADDRESSES}), lane_names=given)
    assert with_people.lanes[0].full_name.startswith("Optik Brandt")


def test_status_and_cause_are_told_in_standard_words(ladders: Ladders) -> None:
    (call,) = ladders.analysis.snapshot.conversations.calls
    picture, _ = drawn(ladders, (call,), EVERYTHING, details="short")
    assert [arrow.title for arrow in picture.arrows] == ["INVITE callee", "180 Ringing", "486 Busy Here", "ACK"]
    assert picture.arrows[2].detail == "user busy"
    assert picture.heading[0].text.startswith("caller calls callee · busy")
