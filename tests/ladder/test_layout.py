"""The picture by numbers."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sipview.ladder import Arrow, LadderEvent, LadderOptions, LadderPicture, Role, Text, TextStyle, lay_out
from sipview.values import NANOSECONDS, Endpoint
from tests.support.ladders import Script, SevenWide, call_through_pbx

OPTIONS = LadderOptions(zone=UTC)


def draw(script: Script, options: LadderOptions = OPTIONS) -> LadderPicture:
    return lay_out(script.events, options, SevenWide())


def ping_pong(count: int) -> Script:
    script = Script()
    for number in range(count):
        if number % 2:
            script.response(number * 0.01, "b", "a", "200 OK", "for OPTIONS")
        else:
            script.request(number * 0.01, "a", "b", "OPTIONS")
    return script


def label(arrow: Arrow) -> str:
    return " ".join(text.text for text in arrow.texts)


def test_arrows_run_between_their_lifelines() -> None:
    picture = lay_out(call_through_pbx(), OPTIONS, SevenWide())
    phone, pbx, other = (lane.x for lane in picture.lanes)
    assert phone < pbx < other
    assert [(arrow.x1, arrow.x2) for arrow in picture.arrows[:2]] == [(phone, pbx), (pbx, phone)]
    assert (picture.arrows[5].x1, picture.arrows[5].x2) == (pbx, other)
    assert [arrow.dashed for arrow in picture.arrows[:3]] == [False, True, False]
    assert picture.arrows[-1].y < picture.height
    assert other < picture.width


def test_no_label_of_a_usual_call_is_shortened() -> None:
    picture = lay_out(call_through_pbx(), OPTIONS, SevenWide())
    for arrow, event in zip(picture.arrows, call_through_pbx(), strict=True):
        assert label(arrow) == f"{event.title} {event.detail}".rstrip()
        assert min(arrow.x1, arrow.x2) < arrow.texts[0].x
        assert arrow.texts[-1].x + arrow.texts[-1].width < max(arrow.x1, arrow.x2)
        assert arrow.texts[0].baseline < arrow.y


def test_labels_are_centred_on_their_arrows() -> None:
    for arrow in draw(ping_pong(4)).arrows:
        middle = (arrow.texts[0].x + arrow.texts[-1].x + arrow.texts[-1].width) / 2
        assert middle == pytest.approx((arrow.x1 + arrow.x2) / 2)


def test_lanes_give_way_to_a_long_label_and_one_too_long_is_shortened_with_its_text_in_the_tooltip() -> None:
    def picture(detail: str) -> LadderPicture:
        script = Script()
        script.request(0, "a", "b", "INVITE 1", detail)
        return draw(script)

    short, long, endless = picture("x"), picture("x" * 50), picture("x" * 150)
    distance = [drawn.lanes[1].x - drawn.lanes[0].x for drawn in (short, long, endless)]
    assert distance[0] < distance[1] < distance[2] < 600
    assert long.arrows[0].texts[1].text == "x" * 50
    assert endless.arrows[0].texts[1].text.endswith("x…")
    assert picture("PCMU " * 20 + "10.0.0.1:4000 sendonly").arrows[0].texts[1].text.endswith("… 10.0.0.1:4000 sendonly")
    assert endless.arrows[0].texts[-1].x + endless.arrows[0].texts[-1].width <= endless.lanes[1].x
    assert "x" * 150 in endless.arrows[0].tooltip
    assert endless.arrows[0].detail == "x" * 150


def test_a_label_across_lanes_has_their_whole_width() -> None:
    script = Script()
    script.request(0, "a", "b", "INVITE 1")
    script.request(1, "b", "c", "INVITE 1")
    script.request(2, "a", "c", "ACK", "y" * 50)
    picture = draw(script)
    assert picture.lanes[1].x - picture.lanes[0].x == 220
    assert picture.arrows[2].texts[1].text == "y" * 50


def test_nearly_equal_distances_become_equal() -> None:
    script = Script()
    script.request(0, "a", "b", "INVITE 1", "y" * 30)
    script.request(1, "b", "c", "INVITE 1")
    first, second, third = (lane.x for lane in draw(script).lanes)
    assert second - first == third - second


def test_rows_follow_each_other_without_overlap() -> None:
    script = ping_pong(10)
    script.request(100, "a", "a", "INVITE 1")
    script.request(200, "a", "b", "INVITE 1")
    picture = draw(script)
    rows = sorted([(gap.top, gap.bottom) for gap in picture.gaps] + [(arrow.top, arrow.bottom) for arrow in picture.arrows])
    assert rows[0][0] >= picture.header_height
    assert all(upper[1] <= lower[0] for upper, lower in pairwise(rows))
    assert rows[-1][1] <= picture.height


def test_pauses_are_those_that_stand_out() -> None:
    picture = lay_out(call_through_pbx(), OPTIONS, SevenWide())
    assert [gap.text.text for gap in picture.gaps] == ["1.7 s", "6.3 s"]
    assert picture.arrows[8].bottom <= picture.gaps[0].top < picture.gaps[0].bottom <= picture.arrows[9].top
    steady = Script()
    for number in range(20):
        steady.request(2.0 * number, "a", "b", "OPTIONS")
    assert draw(steady).gaps == ()
    quick = ping_pong(20)
    quick.request(1.1, "a", "b", "BYE")
    assert draw(quick).gaps == ()
    assert [gap.text.text for gap in draw(quick, replace(OPTIONS, pause_s=0.5)).gaps] == ["0.9 s"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1.66, "1.7 s"), (9.96, "10 s"), (32.4, "32 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (12_000, "3 h 20 min"),
     (187_200, "2 d 4 h")],
)  # fmt: skip
def test_pauses_in_words(seconds: float, words: str) -> None:
    script = Script()
    script.request(0, "a", "b", "OPTIONS")
    script.request(seconds, "a", "b", "OPTIONS")
    (gap,) = draw(script).gaps
    assert gap.text.text == words
    assert gap.text.x >= 0


def test_time_columns() -> None:
    start = 1_714_738_402_685_798_000  # 2024-05-03 12:13:22.685798 UTC, by `date -u -d @1714738402`
    script = Script(start)
    for at in (0.0, 0.0015, 1.5, 1.4):
        script.request(at, "a", "b", "OPTIONS")

    def column(**options: Any) -> list[str]:
        return [arrow.time.text for arrow in draw(script, replace(OPTIONS, **options)).arrows]

    assert column() == ["0.000", "0.002", "1.500", "1.400"]
    assert column(time="delta") == ["+0.000", "+0.002", "+1.498", "-0.100"]
    assert column(time="absolute") == ["12:13:22.685", "12:13:22.687", "12:13:24.185", "12:13:24.085"]
    assert column(time="absolute", digits=6)[0] == "12:13:22.685798"
    assert column(time="absolute", zone=timezone(timedelta(hours=2)))[0] == "14:13:22.685"
    right = {arrow.time.x + arrow.time.width for arrow in draw(script).arrows}
    assert len(right) == 1
    with pytest.raises(ValueError, match="time is absolute, start or delta"):
        column(time="yesterday")


def test_moments_outside_of_the_calendar_are_drawn_too() -> None:
    for start_ns in (2**63 * 1000, -(2**62)):
        picture = draw_at(start_ns)
        assert picture.arrows[0].time.text
        assert "…" not in picture.arrows[0].time.text


def draw_at(start_ns: int) -> LadderPicture:
    script = Script(start_ns)
    script.request(0, "a", "b", "OPTIONS")
    return draw(script, replace(OPTIONS, time="absolute"))


def test_transactions_of_one_leg_have_colours_of_their_own() -> None:
    script = Script()
    for number in range(8):
        script.request(number, "a", "b", "OPTIONS", transaction=number)
        script.response(number + 0.1, "b", "a", "200 OK", "for OPTIONS", transaction=number)
    roles = [arrow.role for arrow in draw(script).arrows]
    assert roles[0::2] == roles[1::2]
    assert len(set(roles)) == 6
    assert roles[0] == roles[12] == Role.SERIES_1


def test_several_legs_are_told_apart_by_colour() -> None:
    picture = lay_out(call_through_pbx(), OPTIONS, SevenWide())
    by_pair = {frozenset((arrow.source_lane, arrow.destination_lane)): arrow.role for arrow in picture.arrows}
    assert by_pair == {frozenset((0, 1)): Role.SERIES_1, frozenset((1, 2)): Role.SERIES_2}
    by_transaction = lay_out(call_through_pbx(), replace(OPTIONS, colours="transaction"), SevenWide())
    assert len({arrow.role for arrow in by_transaction.arrows}) == 4


def test_failures_and_repetitions_say_so_in_a_word() -> None:
    script = Script()
    script.request(0, "a", "b", "INVITE 1")
    script.request(0.5, "a", "b", "INVITE 1", repeated=True)
    for number, status in enumerate(
        ("180 Ringing", "302 Moved", "401 No", "407 No", "487 Cancelled", "486 Busy", "603 Decline")
    ):
        script.response(1 + number, "b", "a", status)
    arrows = draw(script).arrows
    assert [arrow.marker for arrow in arrows] == ["", "repeated", "", "", "", "", "", "failed", "failed"]
    repeated, busy = arrows[1], arrows[7]
    assert repeated.thin
    assert repeated.role is Role.MUTED
    assert "repeated" in label(repeated)
    assert busy.role is Role.FAILURE
    assert busy.texts[0].style is TextStyle.LABEL_STRONG
    assert "failed" in label(busy)
    assert not busy.thin


def test_a_message_to_oneself_is_a_loop_with_its_label_beside_it() -> None:
    script = Script()
    script.request(0, "a", "b", "INVITE 1")
    script.request(1, "a", "a", "INVITE 2", "first lane")
    script.request(2, "b", "b", "INVITE 3", "last lane, with much to say about it")
    picture = draw(script)
    first, last = picture.arrows[1:]
    for loop in (first, last):
        assert loop.x1 == loop.x2
        assert loop.loop_height > 0
        assert loop.y + loop.loop_height < loop.bottom
        assert loop.texts[0].x > loop.x1
    assert first.texts[-1].x + first.texts[-1].width < picture.lanes[1].x
    assert last.texts[-1].x + last.texts[-1].width < picture.width
    assert last.texts[1].text == "last lane, with much to say about it"


def test_the_heading_is_above_everything() -> None:
    picture = draw(ping_pong(2), replace(OPTIONS, title="1001 calls 1002", subtitle="one\ntwo"))
    assert [text.text for text in picture.heading] == ["1001 calls 1002", "one", "two"]
    baselines = [text.baseline for text in picture.heading]
    assert baselines == sorted(baselines)
    assert baselines[-1] < picture.heading_height
    assert picture.description == "1001 calls 1002: ladder of 2 messages between a and b in 0.010 s."
    without = draw(ping_pong(2))
    assert (without.heading, without.heading_height) == ((), 0.0)


def test_nothing_to_draw_says_so() -> None:
    picture = lay_out([], replace(OPTIONS, title="Empty"), SevenWide())
    assert [note.text for note in picture.notes] == ["No messages to draw."]
    assert (tuple(picture.arrows), picture.lanes, picture.gaps) == ((), (), ())
    assert picture.arrow_at(10, 10) is None
    assert picture.visible(0, 100) == ((), ())


def test_the_same_events_give_the_same_picture() -> None:
    assert lay_out(call_through_pbx(), OPTIONS, SevenWide()) == lay_out(call_through_pbx(), OPTIONS, SevenWide())


def test_hostile_texts_stay_in_their_places() -> None:
    evil = "\u202e\x00<b>" + "A" * 60_000
    script = Script()
    script.request(0, "a", "b", f"INVITE {evil}", evil)
    picture = draw(script, replace(OPTIONS, title=evil, subtitle=evil, lane_names={"a": evil}, lane_subtitles={"b": evil}))
    texts = [
        *picture.heading,
        *picture.arrows[0].texts,
        *(text for lane in picture.lanes for text in (lane.name, lane.subtitle)),
    ]
    for text in texts:
        assert 0 <= text.x <= text.x + text.width <= picture.width
        assert not {"\u202e", "\x00"} & set(text.text)
    assert picture.width < 1200
    assert len(picture.arrows[0].tooltip) < 1000
    for lane in picture.lanes:
        assert lane.left < lane.name.x
        assert lane.name.x + lane.name.width < lane.right


def test_five_hundred_lanes() -> None:
    script = Script()
    for number in range(500):
        script.request(number, f"10.0.{number // 250}.{number % 250}", "192.0.2.1", "OPTIONS")
    picture = draw(script)
    assert len(picture.lanes) == 501
    assert all(left.right < right.left for left, right in pairwise(picture.lanes))


def test_bisection_finds_what_a_walk_finds() -> None:
    script = ping_pong(200)
    script.request(100, "a", "a", "INVITE 1")
    for number in range(10):
        script.request(200 + 20 * number, "a", "b", "INVITE 1")
    picture = draw(script)
    for step in range(0, int(picture.height) + 100, 7):
        top, bottom = step - 20.0, step + 63.0
        arrows, gaps = picture.visible(top, bottom)
        assert list(arrows) == [arrow for arrow in picture.arrows if arrow.bottom > top and arrow.top < bottom]
        assert list(gaps) == [gap for gap in picture.gaps if gap.bottom > top and gap.top < bottom]
        hit = [arrow for arrow in picture.arrows if arrow.top <= step < arrow.bottom]
        assert picture.arrow_at(30, step) == (hit[0] if hit else None)
    assert picture.arrow_at(-1, picture.arrows[0].y) is None
    assert picture.arrow_at(picture.width + 1, picture.arrows[0].y) is None


class Counting(SevenWide):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def width_px(self, text: str, style: TextStyle) -> float:
        self.asked += 1
        return super().width_px(text, style)


def test_long_ladders_ask_for_the_width_of_a_text_once() -> None:
    counting = Counting()
    lay_out(ping_pong(20_000).events, replace(OPTIONS, time="delta"), counting)
    assert counting.asked < 100


_ENDS = st.builds(Endpoint, st.sampled_from(["a", "b", "c", "10.0.0.1", "2001:db8::1"]), st.integers(0, 65535))
_EVENTS = st.lists(
    st.builds(
        LadderEvent,
        position=st.integers(0, 100),
        time_ns=st.integers(0, 2**40),
        source=_ENDS,
        destination=_ENDS,
        title=st.text(max_size=200),
        detail=st.text(max_size=300),
        leg=st.integers(0, 9),
        transaction=st.integers(0, 9),
        request=st.booleans(),
        retransmission=st.booleans(),
        status=st.one_of(st.none(), st.integers(100, 699)),
        method=st.sampled_from(["INVITE", "BYE", ""]),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(_EVENTS, st.sampled_from(["absolute", "start", "delta"]), st.booleans(), st.sampled_from([1.0, 220.0, 500.0]))
def test_whatever_comes_every_text_is_inside_and_rows_do_not_overlap(
    events: list[LadderEvent], time: str, ports_apart: bool, distance: float
) -> None:
    options = replace(OPTIONS, time=time, ports_apart=ports_apart, min_lane_distance_px=distance)
    picture = lay_out(sorted(events, key=lambda event: event.time_ns), options, SevenWide())
    everything: list[Text] = [gap.text for gap in picture.gaps]
    for arrow in picture.arrows:
        everything += [*arrow.texts, *arrow.ports, arrow.time]
        for left, right in pairwise(arrow.texts):
            assert left.x + left.width <= right.x
        if arrow.texts and not arrow.loop_height:
            assert arrow.texts[0].x >= min(arrow.x1, arrow.x2)
            assert arrow.texts[-1].x + arrow.texts[-1].width <= max(arrow.x1, arrow.x2)
    for text in everything:
        assert text.x >= 0
        assert text.x + text.width <= picture.width
    assert all(upper.bottom <= lower.top for upper, lower in pairwise(picture.arrows))


def test_a_nanosecond_is_not_lost_in_the_tooltip() -> None:
    script = Script(1_714_738_402 * NANOSECONDS + 1)
    script.request(0, "a", "b", "OPTIONS")
    assert "2024-05-03 12:13:22.000000001 +00:00" in draw(script).arrows[0].tooltip


def test_lanes_stand_as_far_apart_as_the_sdp_below_an_arrow_needs() -> None:
    stream = "audio 4000 RTP/AVP · PCMU PCMA telephone-event · 10.0.0.1"  # 56 characters of 7 px
    script = Script()
    script.request(0, "a", "b", "INVITE 2", "PCMU", media=(stream,))
    near = draw(script)
    far = draw(script, replace(OPTIONS, details="sdp"))
    assert [text.text for text in far.arrows[0].lines] == [stream]
    assert far.lanes[1].x - far.lanes[0].x >= 7 * len(stream) > near.lanes[1].x - near.lanes[0].x
