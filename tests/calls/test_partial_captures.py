"""Calls of which a part was not captured: what can be said is said, what is missing is named."""

import pytest
from msgspec import structs

from sipview.calls import CallState, DialogState, Side
from sipview.sip import Facts
from tests.support.script_calls import BLANK, START_NS, Dialogue, Request, Script


@pytest.fixture
def script() -> Script:
    return Script()


def whole_call(script: Script) -> tuple[Dialogue, Request, Request, Request]:
    """A whole call: INVITE, 100, 180, 200, ACK, ten seconds, BYE, 200."""
    call = script.phone("anna").calls(script.phone("ben"))
    invite = call.invite().answered(100).answered(180).answered(200)
    ack = call.ack(invite)
    script.wait(10)
    bye = call.bye()
    bye.answered(200)
    return call, invite, ack, bye


def test_capture_begins_in_the_middle_of_a_call(script: Script) -> None:
    _call, invite, ack, _bye = whole_call(script)
    script.without(invite.hops[0], *invite.responses, ack.hops[0])

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by, seen.talk_time_ns) == (CallState.INCOMPLETE, None, None, None)
    assert seen.missing == "the beginning of the call"
    assert (seen.caller, seen.callee) == ("anna", "ben")
    assert [dialog.state for dialog in seen.legs[0].dialogs] == [DialogState.TERMINATED]


def test_capture_begins_before_a_reinvite(script: Script) -> None:
    call, invite, ack, bye = whole_call(script)
    script.without(invite.hops[0], *invite.responses, ack.hops[0], bye.hops[0], *bye.responses)
    again = call.reinvite().answered(200)
    call.ack(again)

    seen = script.call()
    assert (seen.state, seen.missing) == (CallState.INCOMPLETE, "the INVITE")
    assert [dialog.state for dialog in seen.legs[0].dialogs] == [DialogState.CONFIRMED]


def test_invite_lost_but_its_responses_seen(script: Script) -> None:
    call, invite, _ack, _bye = whole_call(script)
    script.without(invite.hops[0])

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by) == (CallState.COMPLETED, 200, Side.CALLER)
    assert seen.missing == "the INVITE"
    assert (seen.legs[0].source, seen.legs[0].destination) == (call.caller.at, call.callee.at)


def test_only_the_requests_were_captured(script: Script) -> None:
    _call, invite, _ack, bye = whole_call(script)
    script.without(*invite.responses, *bye.responses)

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by) == (CallState.COMPLETED, None, Side.CALLER), "the ACK proves the answer"
    assert seen.talk_time_ns is None
    assert seen.missing == "the answer to the INVITE"


def test_only_the_responses_were_captured(script: Script) -> None:
    _call, invite, ack, bye = whole_call(script)
    script.without(invite.hops[0], ack.hops[0], bye.hops[0])

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by) == (CallState.COMPLETED, 200, Side.CALLER)
    assert seen.missing == "the INVITE"


def test_only_the_responses_of_a_challenged_call_with_reinvite(script: Script) -> None:
    anna, ben = script.phone("anna"), script.phone("ben")
    call = anna.calls(ben)
    first = call.invite().answered(407)
    second = call.invite().answered(183).answered(200)
    again = call.reinvite().answered(488)
    script.without(first.hops[0], second.hops[0], again.hops[0])

    assert (script.call().state, script.call().status) == (CallState.ANSWERED, 200)


def test_only_the_responses_and_a_reinvite_of_the_callee(script: Script) -> None:
    call, invite, ack, bye = whole_call(script)
    again = call.reinvite(by=call.callee).answered(200)
    script.without(invite.hops[0], ack.hops[0], bye.hops[0], *bye.responses, again.hops[0])

    (dialog,) = script.call().legs[0].dialogs
    assert (dialog.from_tag, dialog.to_tag) == (call.from_tag, call.to_tag)


def test_only_the_requests_with_a_reinvite(script: Script) -> None:
    call = script.phone("anna").calls(script.phone("ben"))
    invite = call.invite().answered(200)
    call.ack(invite)
    call.reinvite()
    call.bye()
    script.without(*invite.responses)

    assert (script.call().state, script.call().hung_up_by) == (CallState.COMPLETED, Side.CALLER)


def test_answer_seen_on_the_far_hop_only(script: Script) -> None:
    anna, ben = script.phone("anna"), script.phone("ben")
    call = anna.calls(ben, through=[script.phone("proxy")])
    invite = call.invite().answered(200)
    call.ack(invite)
    script.wait(7)
    call.bye().answered(200)
    script.without(invite.responses[1])

    seen = script.call()
    assert (seen.state, seen.status, seen.missing) == (CallState.COMPLETED, 200, "")
    assert seen.talk_time_ns is not None


def test_refusal_lost_but_acknowledged(script: Script) -> None:
    call = script.phone("anna").calls(script.phone("ben"))
    invite = call.invite().answered(486)
    call.ack(invite)
    script.without(invite.responses[0])

    seen = script.call()
    assert (seen.state, seen.missing) == (CallState.INCOMPLETE, "the answer to the INVITE")


def test_refusal_seen_on_the_far_hop_only(script: Script) -> None:
    call = script.phone("anna").calls(script.phone("ben"), through=[script.phone("proxy")])
    invite = call.invite().answered(486)
    call.ack(invite)
    script.without(invite.responses[1])

    assert (script.call().state, script.call().status) == (CallState.BUSY, 486)


def test_answer_and_ack_lost_but_the_bye_seen(script: Script) -> None:
    _call, invite, ack, _bye = whole_call(script)
    script.without(*invite.responses, ack.hops[0])

    assert (script.call().state, script.call().missing) == (CallState.INCOMPLETE, "the answer to the INVITE")


@pytest.mark.parametrize("method", ["ACK", "CANCEL", "PRACK", "UPDATE", "INFO"])
def test_a_single_message_of_a_call(script: Script, method: str) -> None:
    script.phone("anna").calls(script.phone("ben")).request(method, to_tag="known")

    assert (script.call().state, script.call().missing) == (CallState.INCOMPLETE, "the INVITE")


def test_messages_without_call_id_are_kept_apart_from_calls(script: Script) -> None:
    anna, ben = script.phone("anna"), script.phone("ben")
    call = anna.calls(ben)
    call.call_id = ""
    call.invite().answered(400)
    ben.calls(script.phone("carla")).invite(call_id="")

    conversations = script.conversations()
    assert conversations.calls == ()
    assert [other.messages for other in conversations.others] == [(0, 1), (2,)]
    assert conversations.others[0].outcome == "without Call-ID; refused: 400 Bad Request"
    assert conversations.others[0].failed


def test_bytes_that_gave_no_facts_are_kept() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    unreadable: Facts = structs.replace(BLANK, problems=("This is no SIP message.",))
    script.see(anna.at, ben.at, unreadable)

    other = script.other()
    assert (other.messages, other.call_id, other.start_ns) == ((0,), "", START_NS)
    script.wait(60)
    assert (script.other().outcome, script.other().failed) == ("without Call-ID", False)


def test_call_id_that_registers_first_and_calls_later_is_a_call(script: Script) -> None:
    anna, ben = script.phone("anna"), script.phone("ben")
    call = anna.calls(ben)
    call.request("REGISTER").answered(200)
    invite = call.invite().answered(180)

    seen = script.call()
    assert (seen.state, seen.start_ns) == (CallState.RINGING, invite.hops[0].time_ns)
    assert seen.messages == (0, 1, 2, 3)
