"""Which messages are worth comparing with which."""

from sipview.session.counterparts import Relation, counterparts
from tests.support.script_calls import Script


def test_a_retransmission_and_its_original_find_each_other() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    invite = anna.calls(ben).invite()
    script.wait(0.5)
    again = invite.again()
    conversations = script.conversations()
    call = conversations.calls[0]
    first = call.messages[0]
    assert counterparts(again.position, call, script.messages, conversations)[0] == (first, Relation.ORIGINAL)
    assert (again.position, Relation.RETRANSMISSION) in counterparts(first, call, script.messages, conversations)


def test_the_same_request_behind_a_proxy() -> None:
    script = Script()
    anna, proxy, ben = script.phone("anna"), script.phone("proxy"), script.phone("ben")
    anna.calls(ben, through=[proxy]).invite()
    conversations = script.conversations()
    call = conversations.calls[0]
    assert counterparts(0, call, script.messages, conversations)[0] == (1, Relation.OTHER_HOP)
    assert counterparts(1, call, script.messages, conversations)[0] == (0, Relation.OTHER_HOP)


def test_the_invite_before() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    call = anna.calls(ben)
    invite = call.invite()
    invite.answered(200)
    call.ack(invite)
    second = len(script.messages)
    call.reinvite()
    conversations = script.conversations()
    owner = conversations.calls[0]
    assert counterparts(second, owner, script.messages, conversations) == ((0, Relation.BEFORE),)
    assert counterparts(0, owner, script.messages, conversations) == ((second, Relation.AFTER),)


def test_nothing_to_compare_with() -> None:
    script = Script()
    script.phone("anna").calls(script.phone("ben")).invite()
    conversations = script.conversations()
    assert counterparts(0, conversations.calls[0], script.messages, conversations) == ()
    assert counterparts(0, None, script.messages, conversations) == ()
