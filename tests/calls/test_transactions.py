"""Which messages are one transaction, and which are retransmissions (RFC 3261 17)."""

import pytest
from msgspec import structs

from tests.support.script_calls import Phone, Script


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def anna(script: Script) -> Phone:
    return script.phone("anna")


@pytest.fixture
def ben(script: Script) -> Phone:
    return script.phone("ben")


def test_request_and_all_its_responses(script: Script, anna: Phone, ben: Phone) -> None:
    anna.calls(ben).invite().answered(100).answered(180).answered(200)

    assert script.conversations().transactions == (0, 0, 0, 0)


def test_ack_to_a_refusal_is_in_its_invites_transaction(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    call.ack(call.invite().answered(486))

    assert script.conversations().transactions == (0, 0, 0)


def test_ack_to_a_2xx_is_its_own(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    call.ack(call.invite().answered(200))

    assert script.conversations().transactions == (0, 0, 1)


def test_ack_to_a_2xx_is_its_own_even_with_the_branch_of_the_invite(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite().answered(200)
    call.ack(invite, branch=invite.hops[0].facts.branch)

    assert script.conversations().transactions == (0, 0, 1)


def test_cancel_is_its_own_with_its_response(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    call.cancel(invite).answered(200)
    invite.answered(487)
    call.ack(invite)

    assert script.conversations().transactions == (0, 1, 1, 0, 0)


def test_each_hop_is_a_transaction(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben, through=[script.phone("proxy")])
    call.invite().answered(180)

    assert script.conversations().transactions == (0, 1, 1, 0)


def test_same_branch_between_other_addresses_is_another_hop(script: Script, anna: Phone, ben: Phone) -> None:
    invite = anna.calls(ben).invite()
    script.see(script.phone("nat").at, ben.at, invite.hops[0].facts)

    conversations = script.conversations()
    assert conversations.transactions == (0, 1)
    assert conversations.retransmission_of == (-1, -1)


def test_response_that_goes_to_another_port_belongs_to_its_request(script: Script, anna: Phone, ben: Phone) -> None:
    invite = anna.calls(ben).invite()
    wrong_port = anna.at._replace(port=5062)
    script.see(ben.at, wrong_port, structs.replace(invite.answered(180).responses[0].facts, status=200))

    assert script.conversations().transactions == (0, 0, 0)


@pytest.mark.parametrize("astray", ["source", "destination"])
def test_response_from_or_to_another_address_belongs_to_its_request(
    script: Script, anna: Phone, ben: Phone, astray: str
) -> None:
    invite = anna.calls(ben).invite()
    elsewhere = script.phone("elsewhere").at
    response = invite.answered(200).responses[0]
    source, destination = (elsewhere, anna.at) if astray == "source" else (ben.at, elsewhere)
    script.messages[-1] = structs.replace(response, source=source, destination=destination)

    assert script.conversations().transactions == (0, 0)


def test_retransmissions_point_to_their_original(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite()
    invite.again()
    invite.answered(100).answered(180)
    invite.again()
    invite.response_again(-1)
    invite.answered(486)
    invite.response_again(-1)
    ack = call.ack(invite)
    ack.again()

    assert script.conversations().retransmission_of == (-1, 0, -1, -1, 0, 3, -1, 6, -1, 8)


def test_answer_is_acknowledged_again(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    invite = call.invite().answered(200)
    ack = call.ack(invite)
    invite.response_again()
    ack.again()

    assert script.conversations().retransmission_of == (-1, -1, -1, 1, 2)


def test_datagram_captured_twice_counts_as_a_retransmission(script: Script, anna: Phone, ben: Phone) -> None:
    call = anna.calls(ben)
    bye = call.bye()
    script.now_ns -= 1_000_000
    bye.again()

    assert script.conversations().retransmission_of == (-1, 0)


def test_other_to_tag_or_status_is_another_response(script: Script, anna: Phone, ben: Phone) -> None:
    anna.calls(ben).invite().answered(180, "a").answered(180, "b").answered(183, "a").answered(200, "a").answered(200, "b")

    assert set(script.conversations().retransmission_of) == {-1}


def test_many_branches_of_a_fork_stay_apart(script: Script, anna: Phone, ben: Phone) -> None:
    invite = anna.calls(ben).invite()
    for number in range(30):
        invite.answered(180, f"tag-{number}")
    for response in range(30):
        invite.response_again(response)

    assert script.conversations().retransmission_of == (*(-1,) * 31, *range(1, 31))


def test_copies_on_other_ports_stay_apart(script: Script, anna: Phone, ben: Phone) -> None:
    invite = anna.calls(ben).invite()
    other = anna.at._replace(port=6000)
    for _ in range(2):
        script.see(other, ben.at, invite.hops[0].facts)
    invite.again()

    assert script.conversations().retransmission_of == (-1, -1, 1, 0)


@pytest.mark.parametrize("branch", ["badbranch", "z9hG4b", "1"])
def test_branch_older_than_rfc_3261(script: Script, anna: Phone, ben: Phone, branch: str) -> None:
    call = anna.calls(ben)
    first = call.invite(branch=branch)
    first.answered(407)
    call.ack(first)
    second = call.invite(branch=branch)
    second.again()
    second.answered(200)
    call.ack(second, branch=branch)
    call.bye(branch=branch).answered(200)

    conversations = script.conversations()
    assert conversations.transactions == (0, 0, 0, 1, 1, 1, 2, 3, 3)
    assert conversations.retransmission_of == (-1, -1, -1, -1, 3, -1, -1, -1, -1)


def test_no_branch_at_all_on_two_hops(script: Script, anna: Phone, ben: Phone) -> None:
    proxy = script.phone("proxy")
    facts = structs.replace(anna.calls(ben).invite().hops[0].facts, branch="")
    script.messages.clear()
    script.see(anna.at, proxy.at, facts)
    script.see(proxy.at, ben.at, structs.replace(facts, via_sent_by="proxy"))
    script.see(anna.at, proxy.at, facts)

    conversations = script.conversations()
    assert conversations.transactions == (0, 1, 0)
    assert conversations.retransmission_of == (-1, -1, 0)


def test_device_that_uses_one_branch_for_everything(script: Script, anna: Phone, ben: Phone) -> None:
    one = "z9hG4bK"
    call, other = anna.calls(ben), anna.calls(ben)
    call.invite(branch=one).answered(407)
    call.invite(branch=one).answered(200)
    other.invite(branch=one).answered(200)

    conversations = script.conversations()
    assert conversations.transactions == (0, 0, 1, 1, 2, 2)
    assert set(conversations.retransmission_of) == {-1}


def test_message_without_cseq_is_kept(script: Script, anna: Phone, ben: Phone) -> None:
    anna.calls(ben).invite(cseq_number=None, cseq_method="")

    assert script.conversations().transactions == (0,)
    assert script.call().messages == (0,)


def test_copies_of_the_request_do_not_hide_repeated_responses(script: Script, anna: Phone, ben: Phone) -> None:
    invite = anna.calls(ben).invite()
    script.see(anna.at._replace(port=6000), ben.at, invite.hops[0].facts)
    for number in range(12):
        invite.answered(180, f"tag-{number}")
    for response in range(12):
        invite.response_again(response)

    assert script.conversations().retransmission_of == (*(-1,) * 14, *range(2, 14))
