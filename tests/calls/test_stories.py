"""How calls went, told in the protocol and asserted in the words that a person would use."""

import pytest
from msgspec import structs

from sipview.calls import CallState, DialogState, Side
from sipview.values import NANOSECONDS
from tests.support.script_calls import Dialogue, Phone, Request, Script


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def anna(script: Script) -> Phone:
    return script.phone("anna")


@pytest.fixture
def ben(script: Script) -> Phone:
    return script.phone("ben")


def seconds(duration_ns: int | None) -> float | None:
    return None if duration_ns is None else round(duration_ns / NANOSECONDS, 2)


def set_up(call: Dialogue) -> Request:
    """Ring for two seconds, answer, acknowledge."""
    invite = call.invite()
    invite.answered(100).answered(180)
    call.caller.script.wait(2)
    invite.answered(200)
    call.ack(invite)
    return invite


def test_answered_and_hung_up_by_the_caller(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    set_up(call)
    script.wait(10)
    call.bye().answered(200)

    seen = script.call()
    assert (seen.state, seen.status, seen.reason, seen.hung_up_by) == (CallState.COMPLETED, 200, "OK", Side.CALLER)
    assert (seen.caller, seen.callee, seen.number) == ("anna", "ben", 1)
    assert seconds(seen.ring_delay_ns) == 0.0
    assert seconds(seen.talk_time_ns) == 10.0
    assert seen.start_ns == script.messages[0].time_ns
    assert seen.end_ns == script.messages[-1].time_ns
    assert seen.messages == tuple(range(len(script.messages)))
    (leg,) = seen.legs
    assert (leg.call_id, leg.source, leg.destination) == (call.call_id, anna.at, ben.at)
    assert (leg.from_uri, leg.to_uri) == (anna.uri, ben.uri)
    assert [dialog.state for dialog in leg.dialogs] == [DialogState.TERMINATED]
    assert (seen.joined_by, seen.missing) == ((), "")


def test_answered_and_hung_up_by_the_callee(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    set_up(call)
    script.wait(10)
    call.bye(by=ben).answered(200)

    assert script.call().hung_up_by is Side.CALLEE


def test_still_up_when_the_capture_ends(script: Script, anna: Phone, ben: Phone) -> None:
    set_up(anna.calls(ben))
    script.wait(3600)

    seen = script.call()
    assert (seen.state, seen.hung_up_by, seen.talk_time_ns) == (CallState.ANSWERED, None, None)
    assert [dialog.state for dialog in seen.legs[0].dialogs] == [DialogState.CONFIRMED]


def test_challenged_invite_and_its_repetition_are_one_call(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    first = call.invite()
    first.answered(407)
    call.ack(first)
    script.wait(0.5)
    again = call.invite(has_credentials=True)
    again.answered(180)
    script.wait(1)
    again.answered(200)
    call.ack(again)
    script.wait(4)
    call.bye().answered(200)

    seen = script.call()
    assert (seen.state, seen.status) == (CallState.COMPLETED, 200)
    assert seconds(seen.ring_delay_ns) == 0.5, "counted from the first INVITE, before the challenge"
    assert seconds(seen.talk_time_ns) == 4.0


def test_asked_for_a_password_and_never_sent_one(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    invite.answered(401)
    call.ack(invite)

    assert (script.call().state, script.call().status) == (CallState.FAILED, 401)


def test_caller_gives_up_while_it_rings(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    invite.answered(180)
    script.wait(4)
    call.cancel(invite).answered(200)
    invite.answered(487)
    call.ack(invite)

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by) == (CallState.CANCELLED, 487, Side.CALLER)
    assert seen.talk_time_ns is None
    assert [dialog.state for dialog in seen.legs[0].dialogs] == [DialogState.TERMINATED]


def test_caller_gave_up_but_the_cancel_was_not_captured(script: Script, anna: Phone, ben: Phone) -> None:
    anna.calls(ben).invite().answered(180).answered(487)

    assert (script.call().state, script.call().hung_up_by) == (CallState.CANCELLED, None)


def test_caller_gave_up_and_the_capture_ends_before_487(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    call.cancel(call.invite().answered(180)).answered(200)

    assert (script.call().state, script.call().status) == (CallState.CANCELLED, None)


def test_cancel_crosses_with_the_answer(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    invite.answered(180)
    call.cancel(invite).answered(200)
    invite.answered(200)
    call.ack(invite)
    call.bye().answered(200)

    assert (script.call().state, script.call().status) == (CallState.COMPLETED, 200)


def test_callee_answers_a_cancel_with_another_refusal_than_487(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    invite.answered(180)
    call.cancel(invite).answered(200)
    invite.answered(480)

    assert (script.call().state, script.call().status) == (CallState.CANCELLED, 480)


def test_cancel_that_comes_too_late(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite().answered(503)
    call.cancel(invite).answered(481)

    assert (script.call().state, script.call().hung_up_by) == (CallState.FAILED, None)


@pytest.mark.parametrize("side", [Side.CALLER, Side.CALLEE])
def test_devices_older_than_rfc_3261_without_tags(script: Script, anna: Phone, ben: Phone, side: Side) -> None:
    call = anna.calls(ben)
    call.from_tag = ""
    invite = call.invite().answered(200, tag="")
    call.ack(invite)
    call.bye(by=anna if side is Side.CALLER else ben).answered(200)

    assert (script.call().state, script.call().hung_up_by) == (CallState.COMPLETED, side)


def test_caller_ends_an_early_dialog_with_bye(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    invite.answered(180)
    call.bye().answered(200)
    invite.answered(487)
    call.ack(invite)

    seen = script.call()
    assert (seen.state, seen.hung_up_by, seen.talk_time_ns) == (CallState.CANCELLED, Side.CALLER, None)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (486, CallState.BUSY),
        (600, CallState.BUSY),
        (603, CallState.DECLINED),
        (607, CallState.DECLINED),
        (408, CallState.NO_ANSWER),
        (302, CallState.REDIRECTED),
        (404, CallState.FAILED),
        (480, CallState.FAILED),
        (483, CallState.FAILED),
        (488, CallState.FAILED),
        (503, CallState.FAILED),
    ],
)
def test_refused(script: Script, anna: Phone, ben: Phone, status: int, state: CallState) -> None:
    call = anna.calls(ben)
    invite = call.invite().answered(status)
    call.ack(invite)

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by) == (state, status, None)
    assert seen.legs[0].state is state
    assert seen.legs[0].dialogs == ()


def test_rang_and_nobody_was_there(script: Script, anna: Phone, ben: Phone) -> None:
    anna.calls(ben).invite().answered(180).answered(480)

    assert script.call().state is CallState.NO_ANSWER


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("", CallState.DECLINED),
        ("Q.850;cause=21", CallState.DECLINED),
        ("Q.850;cause=16", CallState.NO_ANSWER),
        ('Q.850 ;cause=19;text="no answer"', CallState.NO_ANSWER),
        ("SIP;cause=603, q.850; cause = 17", CallState.BUSY),
        ("SIP;cause=16", CallState.DECLINED),
    ],
)
def test_a_switch_that_says_603_and_means_something_else(
    script: Script, anna: Phone, ben: Phone, reason: str, state: CallState
) -> None:
    anna.calls(ben).invite().answered(180).answered(603, reason_header=reason)

    assert script.call().state is state


def test_no_reaction_at_all(script: Script, anna: Phone, ben: Phone) -> None:
    invite = anna.calls(ben).invite()
    for gap in (0.5, 1, 2, 4, 8, 15.4):
        script.wait(gap)
        invite.again()
    assert script.call().state is CallState.NO_ANSWER, "timer B fires after the seventh INVITE, if nothing came"

    once = Script()
    once.phone("x").calls(once.phone("y")).invite()
    once.wait(31)
    assert once.call().state is CallState.RINGING
    once.wait(2)
    assert once.call().state is CallState.NO_ANSWER


def test_still_ringing_when_the_capture_ends(script: Script, anna: Phone, ben: Phone) -> None:
    anna.calls(ben).invite().answered(100).answered(180)
    script.wait(40)

    seen = script.call()
    assert (seen.state, seen.status) == (CallState.RINGING, None)
    assert [dialog.state for dialog in seen.legs[0].dialogs] == [DialogState.EARLY]
    script.wait(150)
    assert script.call().state is CallState.NO_ANSWER, "timer C: nothing rings for more than 3 minutes without a word"


def test_only_trying_and_then_silence(script: Script, anna: Phone, ben: Phone) -> None:
    anna.calls(ben).invite().answered(100)
    script.wait(33)

    assert script.call().state is CallState.NO_ANSWER


def test_redirected_and_followed_is_one_answered_call(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    first = call.invite()
    first.answered(302)
    call.ack(first)
    call.callee = script.phone("carla")
    second = call.invite(to_uri=ben.uri)
    second.answered(180).answered(200)
    call.ack(second)
    script.wait(5)
    call.bye(to_uri=ben.uri).answered(200)

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by, seen.callee) == (CallState.COMPLETED, 200, Side.CALLER, "ben")
    assert seconds(seen.talk_time_ns) == 5.0


def test_ack_never_comes_and_the_callee_hangs_up(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    invite.answered(200)
    for gap in (0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4):
        script.wait(gap - 0.001)
        invite.response_again()
    script.wait(0.5)
    call.bye(by=ben).answered(200)

    seen = script.call()
    assert (seen.state, seen.hung_up_by) == (CallState.COMPLETED, Side.CALLEE)
    assert seconds(seen.talk_time_ns) == 32.0
    assert sum(original >= 0 for original in script.conversations().retransmission_of) == 10


def test_bye_without_an_answer_still_ends_the_call(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    set_up(call)
    bye = call.bye()
    bye.again()

    assert script.call().state is CallState.COMPLETED


@pytest.mark.parametrize("status", [481, 401, 500])
def test_refused_bye_still_ends_the_call(script: Script, anna: Phone, ben: Phone, status: int) -> None:
    call = anna.calls(ben)
    set_up(call)
    call.bye().answered(status)

    assert script.call().state is CallState.COMPLETED


def test_refused_bye_of_another_dialog_ends_nothing(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    set_up(call)
    call.bye(from_tag="forged", to_tag="forged too").answered(481)

    assert script.call().state is CallState.ANSWERED


@pytest.mark.parametrize("status", [488, 491, 200])
def test_reinvite_changes_nothing_about_how_the_call_went(script: Script, anna: Phone, ben: Phone, status: int) -> None:
    call = anna.calls(ben)
    set_up(call)
    script.wait(3)
    again = call.reinvite(by=ben).answered(100).answered(status)
    call.ack(again)
    script.wait(3)
    call.bye().answered(200)

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by) == (CallState.COMPLETED, 200, Side.CALLER)
    assert seconds(seen.talk_time_ns) == pytest.approx(6.0, abs=0.02)


@pytest.mark.parametrize("method", ["UPDATE", "INFO", "PRACK", "REFER", "NOTIFY", "MESSAGE", "OPTIONS"])
def test_requests_within_the_dialog_belong_to_the_call(script: Script, anna: Phone, ben: Phone, method: str) -> None:
    call = anna.calls(ben)
    set_up(call)
    call.request(method, ben).answered(200)
    call.bye().answered(200)

    conversations = script.conversations()
    assert conversations.others == ()
    assert conversations.calls[0].messages == tuple(range(len(script.messages)))
    assert conversations.calls[0].status == 200


def test_invite_with_replaces_is_a_call_of_its_own(script: Script, anna: Phone, ben: Phone) -> None:
    first = anna.calls(ben)
    set_up(first)
    carla = script.phone("carla")
    second = carla.calls(ben)
    set_up(second)
    first.bye(by=ben).answered(200)
    second.bye().answered(200)

    assert [(call.number, call.caller, call.hung_up_by) for call in script.calls()] == [
        (1, "anna", Side.CALLEE),
        (2, "carla", Side.CALLER),
    ]


def test_calls_are_counted_in_order_of_start(script: Script, anna: Phone, ben: Phone) -> None:
    early, late = anna.calls(ben).invite().hops[0], ben.calls(anna).invite().hops[0]
    script.messages = [structs.replace(late, position=0), structs.replace(early, position=1)]

    assert [(call.number, call.caller) for call in script.calls()] == [(1, "anna"), (2, "ben")]


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("sip:101@pbx", "101"),
        ("SIPS:a%20b@pbx:5061", "a%20b"),
        ("tel:+49-30-1234", "+49-30-1234"),
        ("sip:pbx.example.org", "sip:pbx.example.org"),
        ("sip:@pbx", "sip:@pbx"),
        ("sip:user:secret@pbx", "user"),
        ("urn:service:sos", "urn:service:sos"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_caller_is_shown_by_user_part_else_by_uri(script: Script, anna: Phone, ben: Phone, uri: str, shown: str) -> None:
    anna.calls(ben).invite(from_uri=uri)

    assert script.call().caller == shown
