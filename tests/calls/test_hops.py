"""Calls that a capture shows on several hops: proxies, forks, NAT; the caller's view counts."""

import pytest
from msgspec import structs

from sipview.calls import CallState, DialogState, Side
from sipview.values import NANOSECONDS
from tests.support.script_calls import Dialogue, Request, Script


@pytest.fixture
def script() -> Script:
    return Script()


def through_three_proxies(script: Script) -> Dialogue:
    anna, ben = script.phone("anna"), script.phone("ben")
    return anna.calls(ben, through=[script.phone("p1"), script.phone("p2"), script.phone("p3")])


def test_a_chain_of_proxies_is_one_call_and_no_retransmission(script: Script) -> None:
    call = through_three_proxies(script)
    invite = call.invite()
    invite.answered(180).answered(200)
    call.ack(invite)
    script.wait(5)
    call.bye().answered(200)

    conversations = script.conversations()
    (seen,) = conversations.calls
    assert (seen.state, seen.hung_up_by) == (CallState.COMPLETED, Side.CALLER)
    assert (seen.legs[0].source, seen.legs[0].destination) == (call.caller.at, call.through[0].at)
    assert set(conversations.retransmission_of) == {-1}
    assert seen.ring_delay_ns == invite.responses[3].time_ns - invite.hops[0].time_ns, "when 180 reached the caller"
    assert len(seen.legs[0].dialogs) == 1


def test_the_callers_hop_decides_about_status(script: Script) -> None:
    call = through_three_proxies(script)
    invite = call.invite().answered(503)
    last = invite.responses[-1]
    script.messages[-1] = structs.replace(last, facts=structs.replace(last.facts, status=500, reason="Server Internal Error"))

    assert (script.call().status, script.call().reason) == (500, "Server Internal Error")


def test_answer_that_never_reaches_the_caller(script: Script) -> None:
    call = through_three_proxies(script)
    invite = call.invite().answered(180).answered(200)
    script.without(invite.responses[-1], invite.responses[-2])
    call.cancel(invite)

    assert script.call().state is CallState.CANCELLED


def fork(script: Script, *, captured_at_caller: bool = True) -> tuple[Dialogue, Request, Request, Request]:
    """Anna calls; a proxy rings Ben and Carla. Requests: on the caller's hop, to Ben, to Carla."""
    anna, proxy = script.phone("anna"), script.phone("proxy")
    call = anna.calls(proxy)
    invite = call.invite()
    branches = []
    for phone in (script.phone("ben"), script.phone("carla")):
        told = structs.replace(invite.hops[0].facts, branch=f"z9hG4bK-{phone.name}", via_sent_by=str(proxy.at))
        branches.append(Request(call, anna, [script.see(proxy.at, phone.at, told)]))
    if not captured_at_caller:
        script.without(invite.hops[0])
    return call, invite, branches[0], branches[1]


def test_forked_call_answered_by_one_and_cancelled_at_the_other(script: Script) -> None:
    call, invite, ben, carla = fork(script)
    carla.answered(180, "tag-carla")
    invite.answered(180, "tag-carla")
    ben.answered(180, "tag-ben")
    invite.answered(180, "tag-ben")
    script.wait(3)
    ben.answered(200, "tag-ben")
    invite.answered(200, "tag-ben")
    call.cancel(carla).answered(200)
    carla.answered(487, "tag-carla")
    call.ack(invite)
    script.wait(6)
    call.bye(by=call.callee).answered(200)

    seen = script.call()
    assert (seen.state, seen.status, seen.hung_up_by) == (CallState.COMPLETED, 200, Side.CALLEE)
    assert {dialog.to_tag: dialog.state for dialog in seen.legs[0].dialogs} == {
        "tag-carla": DialogState.TERMINATED,
        "tag-ben": DialogState.TERMINATED,
    }
    assert seen.talk_time_ns is not None
    assert seen.talk_time_ns // NANOSECONDS == 6


def test_forked_call_captured_behind_the_proxy_only(script: Script) -> None:
    _call, _invite, ben, carla = fork(script, captured_at_caller=False)
    ben.answered(180, "tag-ben")
    carla.answered(486, "tag-carla")
    assert script.call().state is CallState.RINGING, "one phone is busy, the other one rings"
    ben.answered(200, "tag-ben")
    assert (script.call().state, script.call().status) == (CallState.ANSWERED, 200)


def test_forked_call_that_nobody_takes(script: Script) -> None:
    call, _invite, ben, carla = fork(script, captured_at_caller=False)
    ben.answered(180, "tag-ben")
    call.cancel(ben).answered(200)
    ben.answered(487, "tag-ben")
    carla.answered(486, "tag-carla")
    assert script.call().state is CallState.BUSY


def test_forked_call_declined_for_everybody(script: Script) -> None:
    _call, _invite, ben, carla = fork(script, captured_at_caller=False)
    ben.answered(603, "tag-ben")
    carla.answered(486, "tag-carla")
    assert script.call().state is CallState.DECLINED


def test_caller_cancels_a_forked_call_captured_behind_the_proxy(script: Script) -> None:
    call, _invite, ben, carla = fork(script, captured_at_caller=False)
    call.cancel(ben)
    assert script.call().state is CallState.RINGING, "one branch alone is cancelled by the proxy"
    call.cancel(carla)
    assert script.call().state is CallState.CANCELLED


def test_two_phones_answer_and_the_call_lasts_as_long_as_the_second(script: Script) -> None:
    call, invite, _ben, _carla = fork(script)
    invite.answered(200, "tag-ben")
    invite.answered(200, "tag-carla")
    call.ack(invite, to_tag="tag-ben")
    call.ack(invite, to_tag="tag-carla")
    call.bye(to_tag="tag-carla").answered(200)
    assert script.call().state is CallState.ANSWERED
    assert [dialog.state for dialog in script.call().legs[0].dialogs] == [DialogState.CONFIRMED, DialogState.TERMINATED]
    script.wait(5)
    call.bye(to_tag="tag-ben").answered(200)
    seen = script.call()
    assert seen.state is CallState.COMPLETED
    assert seen.talk_time_ns is not None
    assert seen.talk_time_ns // NANOSECONDS == 5


def test_proxy_that_answers_the_challenge_of_the_carrier_itself(script: Script) -> None:
    """The proxy repeats the INVITE with a CSeq of its own while the caller waits: nothing that the caller did."""
    anna, proxy, carrier = script.phone("anna"), script.phone("proxy"), script.phone("carrier")
    call = anna.calls(carrier, through=[proxy])
    invite = call.invite()
    outside = Request(call, anna, [invite.hops[1]])
    inside = Request(call, anna, [invite.hops[0]])
    outside.answered(407)
    told = structs.replace(invite.hops[1].facts, branch="z9hG4bK-second", cseq_number=101 + 1, has_credentials=True)
    second = Request(call, anna, [script.see(proxy.at, carrier.at, told)])
    second.answered(180)
    second.answered(486)
    inside.answered(603)

    seen = script.call()
    assert (seen.state, seen.status) == (CallState.DECLINED, 603)
    assert seen.legs[0].source == anna.at


def test_b2bua_that_keeps_the_call_id_is_not_the_caller(script: Script) -> None:
    anna, pbx, ben = script.phone("anna"), script.phone("pbx"), script.phone("ben")
    call = anna.calls(pbx)
    invite = call.invite()
    other = pbx.calls(ben, call_id=call.call_id)
    second = other.invite()
    second.answered(486)
    other.ack(second)
    invite.answered(600)
    call.ack(invite)

    seen = script.call()
    assert (seen.state, seen.status, len(seen.legs)) == (CallState.BUSY, 600, 1)


def test_both_sides_of_a_nat_in_one_capture(script: Script) -> None:
    """The router keeps the SIP as it is: every message is seen twice, between other addresses."""
    inside, outside, server = script.phone("anna"), script.phone("nat"), script.phone("pbx")
    call = inside.calls(server)

    def repeat_outside(message_at: int) -> None:
        seen = script.messages[message_at]
        source = outside.at if seen.source == inside.at else seen.source
        destination = outside.at if seen.destination == inside.at else seen.destination
        script.see(source, destination, seen.facts)

    invite = call.invite()
    repeat_outside(-1)
    for status in (100, 200):
        invite.answered(status)
        repeat_outside(-1)
    call.ack(invite)
    repeat_outside(-1)
    call.bye().answered(200)
    repeat_outside(-2)
    repeat_outside(-2)

    conversations = script.conversations()
    assert len(conversations.calls) == 1
    assert set(conversations.retransmission_of) == {-1}
    assert conversations.calls[0].state is CallState.COMPLETED
    assert conversations.calls[0].legs[0].source == inside.at


def test_refusal_seen_on_the_inner_side_of_a_nat_only(script: Script) -> None:
    inside, outside, server = script.phone("anna"), script.phone("nat"), script.phone("pbx")
    invite = inside.calls(server).invite()
    script.see(outside.at, server.at, invite.hops[0].facts)
    invite.answered(486)

    assert script.call().state is CallState.BUSY


def test_refusal_seen_on_the_callers_hop_only_on_one_machine(script: Script) -> None:
    anna, ben = script.phone("anna", "127.0.0.1", 5070), script.phone("ben", "127.0.0.1", 5080)
    invite = anna.calls(ben, through=[script.phone("proxy", "127.0.0.1", 5060)]).invite()
    invite.answered(486)
    script.without(invite.responses[0])

    assert script.call().state is CallState.BUSY


def test_phones_and_proxy_on_one_machine(script: Script) -> None:
    anna = script.phone("anna", "127.0.0.1", 5070)
    proxy = script.phone("proxy", "127.0.0.1", 5060)
    ben = script.phone("ben", "127.0.0.1", 5080)
    call = anna.calls(ben, through=[proxy])
    invite = call.invite()
    invite.answered(180)
    call.cancel(invite).answered(200)
    invite.answered(487)

    seen = script.call()
    assert (seen.state, seen.legs[0].source, seen.legs[0].destination) == (CallState.CANCELLED, anna.at, proxy.at)
