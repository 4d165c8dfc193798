"""What is folded, what its pill says, and what unfolding brings back."""

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from sipview.ladder import FoldKind, LadderOptions, LadderPicture, count_foldable, lay_out
from tests.support.ladders import Script, SevenWide, call_through_pbx

ALL = frozenset({FoldKind.LOGIN, FoldKind.PROVISIONAL, FoldKind.RETRANSMISSION, FoldKind.KEEPALIVE})
OPTIONS = LadderOptions(zone=UTC)


def login() -> Script:
    script = Script()
    script.request(0.00, "phone", "pbx", "INVITE 2")
    script.response(0.01, "pbx", "phone", "401 Unauthorized", "password asked")
    script.request(0.02, "phone", "pbx", "ACK")
    script.request(0.03, "phone", "pbx", "INVITE 2", credentials=True)
    script.response(0.04, "pbx", "phone", "100 Trying")
    script.response(0.05, "pbx", "phone", "200 OK")
    return script


def draw(script: Script, *kinds: FoldKind, **more: Any) -> LadderPicture:
    return lay_out(script.events, replace(OPTIONS, fold=frozenset(kinds), **more), SevenWide())


def pills(picture: LadderPicture) -> list[str]:
    return [pill.text.text for pill in picture.pills]


def test_a_login_is_one_pill_between_its_two_ends() -> None:
    picture = draw(login(), FoldKind.LOGIN)
    assert pills(picture) == ["▸ login asked and given (401, 3 messages)"]
    assert [arrow.position for arrow in picture.arrows] == [0, 4, 5]
    (pill,) = picture.pills
    assert pill.positions == (1, 2, 3)
    phone, pbx = picture.lanes
    assert phone.x < (pill.left + pill.right) / 2 < pbx.x
    assert picture.arrows[0].bottom <= pill.top < pill.bottom <= picture.arrows[1].top
    assert pill.time.text == "0.010"


def test_a_challenge_that_nobody_answers_is_not_folded() -> None:
    script = Script()
    script.request(0, "phone", "pbx", "INVITE 2")
    script.response(0.1, "pbx", "phone", "401 Unauthorized")
    script.request(0.2, "phone", "pbx", "ACK")
    assert pills(draw(script, FoldKind.LOGIN)) == []


def test_repetitions_fold_until_something_else_is_shown() -> None:
    script = Script()
    script.request(0, "a", "b", "INVITE 2")
    for at in (0.5, 1.5, 3.5):
        script.request(at, "a", "b", "INVITE 2", repeated=True)
    script.response(4, "b", "a", "180 Ringing")
    script.response(4.5, "b", "a", "180 Ringing", repeated=True)
    picture = draw(script, FoldKind.RETRANSMISSION)
    assert pills(picture) == ["▸ INVITE 2 repeated 3 times in 3.0 s", "▸ 180 Ringing repeated once"]
    assert [arrow.position for arrow in picture.arrows] == [0, 4]
    # The pill lasts until 3.5 s, and half a second later the phone rings: there was no pause.
    assert picture.gaps == ()


def test_options_within_a_call_are_keep_alives_and_those_alone_are_not() -> None:
    script = Script()
    for number in range(4):
        script.request(number, "a", "b", "OPTIONS", leg=1)
    assert pills(draw(script, *ALL)) == []
    script.request(5, "a", "b", "INVITE 2", leg=0)
    script.request(6, "a", "b", "OPTIONS", leg=0)
    script.response(6.1, "b", "a", "200 OK", "for OPTIONS", leg=0)
    assert pills(draw(script, FoldKind.KEEPALIVE)) == ["▸ keep-alive (OPTIONS, 2 messages)"]


def test_an_unfolded_pill_stays_above_its_messages() -> None:
    folded = draw(login(), *ALL, min_lane_distance_px=400.0)
    assert pills(folded) == ["▸ login asked and given (401, 3 messages) · 100 Trying"]
    opened = draw(login(), *ALL, unfolded=frozenset(folded.pills[0].key.split(" ")))
    assert pills(opened) == ["▾ login asked and given (401, 3 messages)", "▾ 100 Trying"]
    assert opened.pills[0].open
    assert {1, 2, 3} <= {arrow.position for arrow in opened.arrows}
    assert opened.row(opened.row_of[2]) == opened.arrows[2]


def test_every_message_has_a_row() -> None:
    for kinds in ((), tuple(ALL)):
        picture = draw(login(), *kinds)
        assert set(picture.row_of) == set(range(6))
        for position, row in picture.row_of.items():
            shown = picture.row(row)
            assert position in getattr(shown, "positions", (getattr(shown, "position", None),))
        tops = [picture.row_top(row) for row in range(len(picture.rows))]
        assert tops == sorted(tops)


def test_what_is_said_of_a_fold_is_counted() -> None:
    counts = count_foldable(login().events)
    assert counts == {FoldKind.LOGIN: 3, FoldKind.PROVISIONAL: 1, FoldKind.RETRANSMISSION: 0, FoldKind.KEEPALIVE: 0}
    assert "4 of them folded" in draw(login(), *ALL).description


def test_a_hidden_lane_leaves_a_pill_that_says_what_is_gone() -> None:
    picture = lay_out(call_through_pbx(), replace(OPTIONS, hidden_lanes=frozenset({"10.1.1.12"})), SevenWide())
    assert [lane.key for lane in picture.lanes] == ["10.1.1.11", "10.1.1.1"]
    assert pills(picture) == ["▸ 7 messages with 10.1.1.12 hidden"]
    assert picture.hidden_lanes == {"10.1.1.12": "10.1.1.12"}
    assert picture.pills[0].lane == "10.1.1.12"
    assert len(picture.arrows) + 7 == len(call_through_pbx())
    assert picture.pill_at((picture.pills[0].left + picture.pills[0].right) / 2, picture.pills[0].y) is picture.pills[0]
    assert picture.pill_at(picture.pills[0].left - 5, picture.pills[0].y) is None


def test_hiding_all_lanes_hides_none() -> None:
    picture = lay_out(
        call_through_pbx(), replace(OPTIONS, hidden_lanes=frozenset({"10.1.1.11", "10.1.1.1", "10.1.1.12"})), SevenWide()
    )
    assert len(picture.lanes) == 3


def test_of_many_lanes_the_busiest_stay() -> None:
    script = Script()
    for number in range(50):
        script.request(number, f"10.0.0.{number + 1}", "192.0.2.1", "OPTIONS")
    script.request(60, "10.0.0.7", "192.0.2.1", "OPTIONS")
    picture = lay_out(script.events, replace(OPTIONS, most_lanes=3), SevenWide())
    assert {lane.key for lane in picture.lanes} == {"192.0.2.1", "10.0.0.7", "10.0.0.1"}
    assert pills(picture) == ["▸ 48 messages with 48 other hosts hidden"]


def test_lanes_stand_in_the_wanted_order() -> None:
    picture = lay_out(call_through_pbx(), replace(OPTIONS, lane_order=("10.1.1.12", "10.1.1.11")), SevenWide())
    assert [lane.key for lane in picture.lanes] == ["10.1.1.12", "10.1.1.1", "10.1.1.11"]


@pytest.mark.parametrize(("seconds", "least", "most"), [(1.5, 26, 32), (15, 45, 52), (150, 65, 72), (1e9, 90, 90)])
def test_a_longer_pause_is_taller_within_bounds(seconds: float, least: float, most: float) -> None:
    script = Script()
    script.request(0, "a", "b", "OPTIONS")
    script.request(seconds, "a", "b", "OPTIONS")
    (gap,) = draw(script).gaps
    assert least <= gap.bottom - gap.top <= most


def test_details_on_arrows() -> None:
    script = Script()
    script.request(0, "a", "b", "INVITE 2", "PCMU 10.0.0.1:4000", media=("audio 4000 PCMU PCMA", "video 4002 H264"))
    none, short, sdp = (draw(script, details=details).arrows[0] for details in ("none", "short", "sdp"))
    assert [text.text for text in none.texts] == ["INVITE 2"]
    assert [text.text for text in short.texts] == ["INVITE 2", "PCMU 10.0.0.1:4000"]
    assert [text.text for text in sdp.lines] == ["audio 4000 PCMU PCMA", "video 4002 H264"]
    assert sdp.lines[0].baseline > sdp.y
    assert sdp.lines[1].baseline < sdp.bottom
    assert sdp.bottom - sdp.top > none.bottom - none.top
    assert none.lines == short.lines == ()


def test_the_legend_says_what_colours_stand_for() -> None:
    picture = lay_out(call_through_pbx(), replace(OPTIONS, legend={0: "call 1, leg 1", 1: "call 1, leg 2"}), SevenWide())
    first, second = picture.legend
    assert (first.text.text, second.text.text) == ("call 1, leg 1", "call 1, leg 2")
    assert first.role == picture.arrows[0].role
    assert second.role == picture.arrows[5].role
    assert first.text.x + first.text.width < second.text.x
    assert first.text.baseline < picture.heading_height
