"""What a response is said to mean, and where the same field means something else in a request."""

import pytest

from tests.support.explained import explained, request, response, said

# What differs between a request and its response: RFC 3261 8.1.1.5, 12.2.2


def test_the_method_in_cseq_is_needed_in_a_response_only() -> None:
    assert said(explained(request()), "CSeq", "method") == "The method once more: it is the same as in the first line."
    assert "Another method than in the first line (INVITE)" in said(explained(request("CSeq: 1 BYE")), "CSeq", "method")
    assert "so this tells what it answers (INVITE)" in said(explained(response(200)), "CSeq", "method")


@pytest.mark.parametrize("method", ["BYE", "UPDATE", "PRACK", "INFO"])
def test_what_goes_within_a_dialog_is_answered_with_its_tag(method: str) -> None:
    nodes = explained(response(200, "To: <sip:bob@example.com>;tag=2", method=method))
    assert f"The tag was in the {method} already" in said(nodes, "To")


def test_a_refusal_of_a_call_makes_no_dialog_with_its_tag() -> None:
    assert "it makes no dialog here" in said(explained(response(486, "To: <sip:bob@example.com>;tag=2")), "To")


# A 603 that nobody said, and its cause: RFC 3261 21.6.2, RFC 3326, ITU-T Q.850


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Q.850;cause=16", "after ringing probably nobody answered"),
        ("SIP;cause=603, Q.850;cause=19", "(Q.850 cause 19) is not that of a refusal"),
        ("Q.850;cause=17", "But its Reason says busy"),
    ],
)
def test_a_603_is_held_against_its_reason(reason: str, words: str) -> None:
    assert words in said(explained(response(603, f"Reason: {reason}")), "Status-Line")


@pytest.mark.parametrize("lines", [(), ("Reason: Q.850;cause=21",), ("Reason: SIP;cause=16",)])
def test_a_603_without_doubt_is_a_refusal(lines: tuple[str, ...]) -> None:
    assert said(explained(response(603, *lines)), "Status-Line").endswith("does not want the call, on any phone.")


def test_nobody_has_hung_up_where_a_call_did_not_come_about() -> None:
    assert "Somebody hung up" in said(explained(request("Reason: Q.850;cause=16", method="BYE")), "Reason")
    assert "cleared in the normal way" in said(explained(response(480, "Reason: Q.850;cause=16")), "Reason")
