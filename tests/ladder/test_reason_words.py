"""RFC 3326 in few words."""

import pytest

from sipview.ladder.reason import reason_in_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        # The examples of RFC 3326 section 2 and of 4.1.
        ('SIP ;cause=200 ;text="Call completed elsewhere"', "Call completed elsewhere"),
        ('Q.850 ;cause=16 ;text="Terminated"', "Terminated"),
        ('SIP ;cause=600 ;text="Busy Everywhere"', "Busy Everywhere"),
        ('SIP ;cause=580 ;text="Precondition Failure"', "Precondition Failure"),
        # Names of ITU-T Q.850 where there is no text.
        ("Q.850;cause=16", "normal call clearing"),
        ("q.850; cause = 17", "user busy"),
        ("Q.850;location=x;cause=102", "recovery on timer expiry"),
        ("SIP;cause=487", "SIP cause 487"),
        ("Q.850;cause=99", "Q.850 cause 99"),
        (r'Q.850;cause=16;text="say \"bye\""', 'say "bye"'),
        ("Q.850;cause=16;text=Terminated", "Terminated"),
        ('Q.850;cause=16;text=""', "normal call clearing"),
        ("preemption", "preemption"),
        ("", ""),
    ],
)
def test_reason(value: str, words: str) -> None:
    assert reason_in_words(value) == words


def test_a_huge_value_is_looked_at_only_in_part() -> None:
    assert len(reason_in_words(";" * 1_000_000 + "text=" + '"' * 1_000_000)) <= 1000
    assert reason_in_words('Q.850;cause=16;text="' + "\\" * 100_000) == "normal call clearing"
