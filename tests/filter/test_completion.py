"""What is offered while a filter is being typed; ``|`` marks the cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.filter import Completion, CompletionKind, Field, complete, parse


def completions(marked: str) -> list[Completion]:
    """Completions where the mark stands."""
    before, _, after = marked.partition("|")
    return complete(before + after, len(before))


def texts(marked: str) -> list[str]:
    """Only their texts."""
    return [completion.text for completion in completions(marked)]


def test_fields_are_offered_where_a_test_begins() -> None:
    for beginning in ("|", "sip && |", "(|", "!|", "sip or not |", "sip.Method == INVITE and |"):
        assert {"sip", "sip.Method", "ip.addr", "call.state", "not"} <= set(texts(beginning)), beginning


def test_fields_are_offered_by_prefix_then_by_part_whatever_the_case() -> None:
    assert texts("sip.me|") == ["sip.Method"]
    assert texts("call.s|") == ["call.state", "call.status"]
    assert texts("method|") == ["sip.Method", "sip.CSeq.method"]
    assert texts("sip && ssrc|") == ["rtp.ssrc"]


def test_a_completion_replaces_the_word_at_the_cursor() -> None:
    (completion,) = completions("arp or sip.Me|thd == 5")
    assert (completion.text, completion.start, completion.end) == ("sip.Method", 7, 16)
    assert completion.kind is CompletionKind.FIELD
    assert completion.description == "Method of a request"


def test_operators_are_those_of_the_fields_type() -> None:
    assert texts("sip.Method |")[:9] == ["==", "!=", ">", "<", ">=", "<=", "in", "contains", "matches"]
    assert "contains" not in texts("frame.number |")
    assert texts("sip |") == ["contains", "matches", "&&", "and", "||", "or"]
    assert texts("udp |") == ["&&", "and", "||", "or"]
    assert texts("sip.Method con|") == ["contains"]
    assert texts("sip.Method =|") == ["=="]
    assert texts("sip.Method not |") == ["in"]
    assert texts("sip.Method in |") == ["{"]
    assert texts("sip &|") == ["&&"]


def test_values_are_those_of_the_field() -> None:
    assert texts("call.state == |")[:2] == ['"ringing"', '"answered"']
    assert texts("sip.Method == IN|") == ['"INVITE"', '"INFO"']
    assert texts('sip.Method == "IN|') == ['"INVITE"', '"INFO"']
    assert texts("sip.Status-Code in {486, 5|") == ["500", "503"]
    assert texts("sip.Status-Code not in {486, 5|") == ["500", "503"]
    assert texts("rtp.marker == |") == ["True", "False"]
    assert texts('sip.from.user == "1001" |') == ["&&", "and", "||", "or"]


def test_the_capture_may_add_values() -> None:
    def known(field: Field) -> list[str]:
        return ['"7777"'] if field.name == "sip.to.user" else []

    assert [c.text for c in complete("sip.to.user == ", 15, known)] == ['"7777"', '"1001"']


@pytest.mark.parametrize("text", ["sip sip |", "== |", "sip ) |", "@@ |", "sip.from.user == ë |", "nothing == |"])
def test_nothing_is_offered_after_what_is_no_beginning_of_a_filter(text: str) -> None:
    assert texts(text) == []


def test_every_example_of_every_field_is_a_value_of_it() -> None:
    for completion in completions("|"):
        if completion.kind is CompletionKind.FIELD:
            for value in completions(f"{completion.text} == |"):
                parse(f"{completion.text} == {value.text}")


@given(text=st.text() | st.text(alphabet='sip.Methodfarnu={}()!&|"<>~ 1,'), cursor=st.integers(-5, 50))
def test_completions_are_given_for_any_text(text: str, cursor: int) -> None:
    for completion in complete(text, cursor):
        assert 0 <= completion.start <= completion.end <= len(text)


@pytest.mark.parametrize("text", ["sip.", "udp && sip.", "!sip.", "(sip."])
def test_the_fields_of_a_protocol_are_offered_after_its_dot(text: str) -> None:
    found = complete(text, len(text))
    assert "sip.Method" in [one.text for one in found]
    assert all(one.text.startswith("sip.") for one in found)
    assert {(one.start, one.end) for one in found} == {(len(text) - 4, len(text))}


@pytest.mark.parametrize("text", [".", "sip..", 'sip.Method == "INVITE".', "sip .", "== ."])
def test_a_dot_that_follows_no_name_has_nothing_to_offer(text: str) -> None:
    assert complete(text, len(text)) == []
