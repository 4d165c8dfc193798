"""Calls in words: what the call list, the ladder's heading and every export say of how it went."""

import pytest

from sipview.session import describe_call, state_words
from tests.support.script_calls import Dialogue, Script


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def call(script: Script) -> Dialogue:
    return script.phone("anna").calls(script.phone("ben"))


def test_a_call_that_nobody_has_answered_rings_only_where_somebody_said_so(script: Script, call: Dialogue) -> None:
    invite = call.invite()
    assert state_words(script.call()) == "not ringing yet"
    invite.answered(100)
    assert state_words(script.call()) == "not ringing yet"
    invite.answered(180)
    assert state_words(script.call()) == "still ringing"


def test_an_answered_call_is_told_with_its_times_and_who_hung_up(script: Script, call: Dialogue) -> None:
    invite = call.invite()
    invite.answered(180)
    script.wait(3)
    invite.answered(200)
    call.ack(invite)
    script.wait(65)
    call.bye(by=call.callee).answered(200)
    assert describe_call(script.call()) == "anna calls ben · completed · rang after 1 ms · talked 1 min 05 s · callee hung up"


@pytest.mark.parametrize(
    ("status", "words"),
    [(486, "busy"), (603, "declined"), (488, "failed: 488 Not Acceptable Here"), (302, "redirected: 302 Moved Temporarily")],
)
def test_a_refusal_has_its_status_where_that_tells_more(script: Script, call: Dialogue, status: int, words: str) -> None:
    call.invite().answered(status)
    assert state_words(script.call()) == words


def test_what_is_incomplete_says_what_is_missing(script: Script, call: Dialogue) -> None:
    call.invite()
    call.to_tag = "ben"
    script.messages.pop()
    call.bye().answered(200)
    assert state_words(script.call()) == "incomplete: the beginning of the call was not captured"
