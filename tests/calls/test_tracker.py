"""The tracker while a capture grows, and under any input."""

from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sipview.calls import Call, CallState, Conversations, Observed, Tracker
from sipview.calls.legs import JudgedLeg, judge_leg
from sipview.calls.transactions import Exchange
from sipview.sip import Facts
from sipview.values import NANOSECONDS, Endpoint, Transport
from tests.support.script_calls import BLANK, START_NS, Script


def busy_office() -> Script:
    """Calls that begin, ring, are answered and refused, one after the other and at the same time."""
    script = Script()
    phones = [script.phone(f"phone-{number}") for number in range(6)]
    proxy = script.phone("proxy")
    for caller, callee in pairwise(phones):
        call = caller.calls(callee, through=[proxy])
        caller.asks(proxy).request("REGISTER").answered(200)
        first = call.invite().answered(407)
        call.ack(first)
        invite = call.invite().answered(180)
        script.wait(1)
        invite.answered(200)
        call.ack(invite)
        caller.calls(proxy).invite().answered(486)
        call.bye().answered(200)
    return script


def track(messages: list[Observed], now_ns: int) -> Conversations:
    tracker = Tracker()
    for observed in messages:
        tracker.add(observed)
    return tracker.conversations(now_ns)


def test_nothing_amounts_to_nothing() -> None:
    assert Tracker().conversations(START_NS) == Conversations((), (), (), ())


def test_positions_must_come_without_gaps() -> None:
    script = busy_office()
    with pytest.raises(AssertionError):
        Tracker().add(script.messages[1])


def test_every_snapshot_says_what_a_fresh_look_says() -> None:
    messages = busy_office().messages
    tracker = Tracker()
    for observed in messages:
        tracker.add(observed)
        so_far = messages[: observed.position + 1]
        assert tracker.conversations(observed.time_ns) == track(so_far, observed.time_ns)


def test_calls_judged_as_soon_as_they_look_over_are_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    script = busy_office()
    tracker, judged = Tracker(), []
    for observed in script.messages:
        tracker.add(observed)
        tracker.judge_ended([observed], observed.time_ns)

    def note(exchange: Exchange, now_ns: int) -> JudgedLeg:
        judged.append(exchange.call_id)
        return judge_leg(exchange, now_ns)

    with monkeypatch.context() as patch:
        patch.setattr("sipview.calls.tracker.judge_leg", note)
        found = tracker.conversations(script.now_ns)
    assert found == track(script.messages, script.now_ns)
    unacknowledged = {leg.call_id for call in found.calls if call.state == CallState.BUSY for leg in call.legs}
    assert set(judged) == unacknowledged, "all others were over"
    assert tracker.conversations(script.now_ns) is found


@pytest.mark.parametrize("repeats", [10, 1000])
def test_an_end_that_is_repeated_does_not_have_all_of_a_call_judged_each_time(
    repeats: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script()
    call = script.phone("anna").calls(script.phone("ben"))
    call.ack(call.invite().answered(200))
    call.bye().answered(200)
    *_, end = messages = list(script.messages)
    messages += [
        structs.replace(end, position=end.position + again, row=end.row + again, time_ns=end.time_ns + again)
        for again in range(1, repeats + 1)
    ]
    tracker, looked_at = Tracker(), 0

    def note(exchange: Exchange, now_ns: int) -> JudgedLeg:
        nonlocal looked_at
        looked_at += len(exchange.messages)
        return judge_leg(exchange, now_ns)

    monkeypatch.setattr("sipview.calls.tracker.judge_leg", note)
    for observed in messages:
        tracker.add(observed)
        tracker.judge_ended([observed], observed.time_ns)
    assert looked_at < 64 * 65
    assert looked_at >= len(script.messages), "it was judged once it was over"
    assert tracker.conversations(messages[-1].time_ns).calls[0].state == CallState.COMPLETED


def test_what_has_not_changed_is_the_same_object() -> None:
    script = busy_office()
    tracker = Tracker()
    for observed in script.messages:
        tracker.add(observed)
    before = tracker.conversations(script.now_ns).calls
    new = script.phone("late").calls(script.phone("one")).invite().hops[0]
    tracker.add(new)
    after = tracker.conversations(script.now_ns).calls

    assert all(one is other for one, other in zip(before, after[:-1], strict=True))
    assert len(after) == len(before) + 1


def test_silence_alone_changes_a_call_and_a_conversation() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    anna.calls(ben).invite()
    anna.asks(ben).request("OPTIONS")
    tracker = Tracker()
    for observed in script.messages:
        tracker.add(observed)

    soon = tracker.conversations(script.now_ns)
    assert (soon.calls[0].state, soon.others[0].outcome) == (CallState.RINGING, "no reply yet")
    later = tracker.conversations(script.now_ns + 40 * NANOSECONDS)
    assert (later.calls[0].state, later.others[0].outcome) == (CallState.NO_ANSWER, "no reply")


def test_conversation_that_turns_out_to_be_a_call_is_no_longer_another() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    call = anna.calls(ben)
    tracker = Tracker()
    tracker.add(call.request("OPTIONS").hops[0])
    assert len(tracker.conversations(script.now_ns).others) == 1
    tracker.add(call.invite().hops[0])
    conversations = tracker.conversations(script.now_ns)
    assert (len(conversations.calls), conversations.others) == (1, ())


def test_call_that_turns_out_to_be_earlier_takes_the_lower_number() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    early, late = anna.calls(ben).invite().hops[0], ben.calls(anna).invite().hops[0]
    tracker = Tracker()
    tracker.add(structs.replace(late, position=0))
    (only,) = tracker.conversations(script.now_ns).calls
    tracker.add(structs.replace(early, position=1))
    first, second = tracker.conversations(script.now_ns).calls
    assert (only.number, first.number, second.number) == (1, 1, 2)
    assert structs.replace(second, number=1) == only


def test_messages_out_of_order_in_the_file_give_the_same_story() -> None:
    messages = busy_office().messages
    shuffled = [*messages[1::2], *messages[::2]]
    told = track(
        [structs.replace(observed, position=position) for position, observed in enumerate(shuffled)], messages[-1].time_ns
    )

    def story(call: Call) -> tuple[object, ...]:
        return (
            call.number, call.caller, call.callee, call.state, call.status, call.hung_up_by, call.start_ns, call.end_ns,
            call.ring_delay_ns, call.talk_time_ns,
        )  # fmt: skip

    assert [story(call) for call in told.calls] == [story(call) for call in track(messages, messages[-1].time_ns).calls]
    first = told.calls[0]
    times = [shuffled[position].time_ns for position in first.messages]
    assert times == sorted(times)


class CountedText(str):
    """A text that counts how often it is compared."""

    __slots__ = ()
    comparisons = count()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        next(self.comparisons)
        return str.__eq__(self, other)


@pytest.mark.parametrize("kind", ["responses", "transactions", "hops", "dialogs", "attempts"])
def test_effort_grows_with_the_messages_of_one_call_id_and_not_with_their_square(kind: str) -> None:
    def comparisons(size: int) -> int:
        tag = CountedText("from")
        before = next(CountedText.comparisons)
        track([one_call_id(kind, position, tag) for position in range(size)], START_NS + size)
        return next(CountedText.comparisons) - before

    assert comparisons(4000) <= 4.5 * comparisons(1000) + 1000


def one_call_id(kind: str, position: int, tag: str) -> Observed:
    """One of many messages under one Call-ID, which differ in one respect."""
    invite = structs.replace(
        BLANK,
        method="INVITE",
        cseq_method="INVITE",
        cseq_number=1,
        call_id="one",
        from_tag=tag,
        branch="z9hG4bK1",
        via_sent_by="a",
    )
    source, destination = Endpoint("10.0.0.1", 5060), Endpoint("10.0.0.2", 5060)
    facts = invite
    if position and kind in {"responses", "dialogs"}:
        facts = structs.replace(invite, method=None, status=200 if kind == "dialogs" else 180, to_tag=CountedText(position))
    elif kind == "transactions":
        facts = structs.replace(invite, branch=CountedText(f"z9hG4bK{position}"))
    elif kind == "hops":
        source = Endpoint(CountedText(f"10.1.{position // 256}.{position % 256}"), 5060)
    elif kind == "attempts":
        facts = structs.replace(invite, cseq_number=position, branch=CountedText(f"z9hG4bK{position}"))
    if facts.method is None:
        source, destination = destination, source
    return Observed(position, position, START_NS + position, source, destination, Transport.UDP, facts)


def test_a_hundred_thousand_messages_of_one_call_id() -> None:
    tag = "from"
    conversations = track([one_call_id("transactions", position, tag) for position in range(100_000)], START_NS)
    assert len(conversations.calls[0].messages) == 100_000
    assert len(set(conversations.transactions)) == 100_000


STATUSES = [None, 0, 99, 100, 180, 200, 302, 401, 487, 603, 700]
METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "NOTIFY", "PRACK", "REFER", "", "x"]
TAGS = st.sampled_from(["", "a", "b", "c"])
ENDS = st.sampled_from([Endpoint("10.0.0.1", 5060), Endpoint("10.0.0.2", 5060), Endpoint("10.0.0.1", 0), Endpoint("::1", 5061)])


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    method = draw(st.one_of(st.none(), st.sampled_from(METHODS)))
    return structs.replace(
        BLANK,
        method=method,
        status=draw(st.sampled_from(STATUSES)) if method is None else None,
        reason=draw(st.sampled_from([None, "", "words"])),
        call_id=draw(st.sampled_from(["", "one", "two"])),
        cseq_number=draw(st.sampled_from([None, 0, 1, 2, 2**31])),
        cseq_method=draw(st.sampled_from(METHODS)),
        from_uri=draw(st.sampled_from(["", "sip:a@b", "tel:", "sip:", ":"])),
        from_tag=draw(TAGS),
        to_uri=draw(st.sampled_from(["", "sip:a@b", "sip:c@d"])),
        to_tag=draw(TAGS),
        branch=draw(st.sampled_from(["", "z9hG4bK", "z9hG4bK1", "bad"])),
        via_sent_by=draw(TAGS),
        has_credentials=draw(st.booleans()),
        expires=draw(st.sampled_from([None, 0, 60])),
        reason_header=draw(st.sampled_from(["", "Q.850;cause=16", "Q.850;cause=999999999"])),
    )


MESSAGES = st.lists(st.tuples(facts(), ENDS, ENDS, st.integers(-(10**9), 10**12)), max_size=25)


@given(MESSAGES, st.lists(st.integers(0, 25), max_size=3), st.integers(-(10**9), 10**12))
def test_any_messages_in_any_order_are_all_accounted_for(
    drawn: list[tuple[Facts, Endpoint, Endpoint, int]], snapshots: list[int], now_ns: int
) -> None:
    messages = [
        Observed(position, position, time_ns, source, destination, Transport.UDP, told)
        for position, (told, source, destination, time_ns) in enumerate(drawn)
    ]
    tracker = Tracker()
    for observed in messages:
        tracker.add(observed)
        if observed.position in snapshots:
            tracker.conversations(observed.time_ns)
    found = tracker.conversations(now_ns)

    parts = [call.messages for call in found.calls] + [other.messages for other in found.others]
    kept = sorted(position for messages_of_one in parts for position in messages_of_one)
    assert kept == list(range(len(messages))), "each message is in one conversation and in one only"
    assert len(found.transactions) == len(found.retransmission_of) == len(messages)
    for position, original in enumerate(found.retransmission_of):
        assert -1 <= original < position
        if original >= 0:
            assert found.retransmission_of[original] == -1, "an original is no retransmission itself"
            assert found.transactions[original] == found.transactions[position]
            first, second = messages[original], messages[position]
            assert (first.source, first.destination) == (second.source, second.destination)
            assert (first.facts.method, first.facts.status) == (second.facts.method, second.facts.status)
    assert [call.number for call in found.calls] == list(range(1, len(found.calls) + 1))
    assert [call.start_ns for call in found.calls] == sorted(call.start_ns for call in found.calls)
    for call in found.calls:
        assert call.talk_time_ns is None or call.talk_time_ns >= 0
        assert call.ring_delay_ns is None or call.ring_delay_ns >= 0
        assert call.end_ns >= call.start_ns
        assert (call.state is not CallState.INCOMPLETE) or call.missing
        times = [messages[position].time_ns for position in call.messages]
        assert times == sorted(times)
