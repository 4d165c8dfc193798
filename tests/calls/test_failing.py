"""Which calls count as failed, as a user writes it."""

import pytest

from sipview.calls.failing import ANY_FAILURE, Statuses, failed_calls
from tests.support.script_calls import Script


@pytest.mark.parametrize(
    ("text", "fails", "does_not"),
    [
        ("4xx, 5xx, 6xx", {400, 404, 486, 487, 503, 603, 699}, {200, 302, 401, 407}),
        ("486", {486}, {487, 503}),
        ("5xx 480", {500, 599, 480}, {486, 600}),
        ("500-503", {500, 503}, {504}),
        ("4xx, not 486, !487", {404, 480}, {486, 487, 401, 503}),
        ("not 487", {404, 486, 503, 603}, {487, 401, 407}),
        ("  4XX,", {404}, {401}),
    ],
)
def test_statuses_are_written_as_people_do(text: str, fails: set[int], does_not: set[int]) -> None:
    statuses = Statuses.parse(text)
    assert {status for status in fails | does_not if status in statuses} == fails
    assert str(statuses) == text.strip()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write which statuses are a failure"),
        ("busy", "'busy' is no status"),
        ("4xxx", "'4xxx' is no status"),
        ("4xx;5xx", "'4xx;5xx' is no status"),
        ("200", "a call fails with a status from 400 to 699"),
        ("3xx", "a call fails with a status from 400 to 699"),
        ("503-500", "a call fails with a status from 400 to 699"),
        ("401, 407", "only ask for a password"),
        ("486 not 486", "none of these is a failure"),
        ("4" * 100_000, "is no status"),
    ],
)
def test_what_is_no_status_is_told(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Statuses.parse(text)


def test_a_challenge_is_no_failure_and_a_refusal_is_one() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    challenged, refused = anna.calls(ben), anna.calls(ben)
    challenged.invite().answered(401)
    refused.invite().answered(486)
    (failed,) = failed_calls(script.calls(), ANY_FAILURE)
    assert failed.status == 486
    assert failed_calls(script.calls(), Statuses.parse("5xx")) == []


def test_a_call_that_nobody_answers_failed_with_408() -> None:
    script = Script()
    script.phone("anna").calls(script.phone("ben")).invite()
    script.wait(33)
    (failed,) = failed_calls(script.calls(), Statuses.parse("408"))
    assert failed.status is None
    assert failed_calls(script.calls(), Statuses.parse("4xx, not 408")) == []
