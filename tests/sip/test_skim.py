"""The facts of single messages, where the general comparison of the readers does not say what is right."""

import pytest

from sipview.sip import skim
from tests.support.sip_messages import message


@pytest.mark.parametrize(
    ("value", "uri", "tag"),
    [
        ('"Bob" <sip:101@pbx;transport=udp>;tag=1', "sip:101@pbx", "1"),
        ("sip:101@pbx;tag=1;x=y", "sip:101@pbx", "1"),
        ("<tel:+4930123;phone-context=x>;tag=1", "tel:+4930123", "1"),
        ("<SIPS:101:secret@pbx:05061?Subject=x> ; TAG = 1", "sips:101@pbx:5061", "1"),
        ('"a <sip:no@no>; , \\" b" <sip:101@[2001:db8::1]:5060>;x="tag=2;tag=3";tag=1', "sip:101@[2001:db8::1]:5060", "1"),
        ("<sip:101@pbx>", "sip:101@pbx", ""),
        ("<sip:user;par=u%40x@pbx;lr>;tag=1", "sip:user;par=u%40x@pbx", "1"),
        ("<sip:pbx?Replaces=a@b>;tag=1", "sip:pbx?Replaces=a@b", "1"),
        ("<urn:service:sos;x>;tag=1", "urn:service:sos;x", "1"),
        ('"open <sip:101@pbx>;tag=1', "sip:101@pbx", "1"),
        ("Zo\u00eb <sip:zo\u00eb@pbx>;tag=1", "sip:zo\u00eb@pbx", "1"),
    ],
)
def test_addresses_of_record(value: str, uri: str, tag: str) -> None:
    facts = skim(message(From=value))
    assert (facts.from_uri, facts.from_tag) == (uri, tag)


def test_the_topmost_via_counts_wherever_it_stands() -> None:
    facts = skim(message("Via: SIP/2.0/UDP c;branch=3", Via='SIP/2.0/UDP a:5061;x="b, c";branch=1, SIP/2.0/UDP b;branch=2'))
    assert (facts.via_sent_by, facts.branch) == ("a:5061", "1")


def test_the_first_of_two_counts_and_the_second_is_a_problem() -> None:
    facts = skim(message("From: <sip:2@b>;tag=2"))
    assert (facts.from_uri, facts.from_tag) == ("sip:101@pbx", "a1")
    assert facts.problems == ("The From header field is there 2 times; only one is allowed, and the first counts here.",)


def test_a_response_is_named_by_its_server() -> None:
    both = ("User-Agent: phone", "Server: pbx")
    assert skim(message(*both, start="SIP/2.0 200 OK")).user_agent == "pbx"
    assert skim(message(*both)).user_agent == "phone"
    assert skim(message("User-Agent: phone", start="SIP/2.0 200 OK")).user_agent == "phone"


def test_reasons_are_joined() -> None:
    assert skim(message("Reason: SIP;cause=200", "reason: Q.850;cause=16")).reason_header == "SIP;cause=200, Q.850;cause=16"


def test_the_worst_problem_stands_first() -> None:
    problems = skim(message("Expires: soon", Call_ID=None, CSeq="x")).problems
    assert [problem.split()[0:2] for problem in problems] == [["The", "Call-ID"], ["CSeq", "needs"], ["Expires", "says"]]


def test_other_bytes_are_no_sip_and_nothing_else_is_wrong_with_them() -> None:
    assert skim(b"").problems == skim(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").problems
    assert len(skim(b"\x80`\x00\x01").problems) == 1


def test_a_via_of_commas_is_none() -> None:
    assert skim(message(Via=", ,")).problems == skim(message(Via=None)).problems
    assert skim(message("Via: SIP/2.0/UDP b;branch=2", Via=", ,")).branch == "2"
