"""Any bytes give a tree with spans in order, and every problem of the parser is said somewhere in it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.explain import Explanation, Setting
from sipview.sip import parse
from sipview.sip.parser import session_description
from sipview.values import Endpoint, Transport, visible
from tests.support.explained import MESSAGES, every, explained, message_bytes, part, request

REAL = sorted(path.stem for path in MESSAGES.glob("*.sip"))
SETTINGS = [
    Setting(),
    Setting(Endpoint("192.0.2.1", 5060), Endpoint("10.0.0.1", 5061), Transport.UDP),
    Setting(Endpoint("2001:db8::1", 1024), Endpoint("2001:db8::2", 5060), Transport.TLS),
]


def holds(nodes: tuple[Explanation, ...], start: int, end: int) -> None:
    at = start
    for node in nodes:
        assert at <= node.start <= node.end <= end, node
        at = node.end
        holds(node.children, node.start, node.end)


def fits(data: bytes, setting: Setting) -> None:
    nodes = explained(data, setting)
    holds(nodes, 0, len(data))
    problems = Counter(problem for node in every(nodes) for problem in node.problems)
    message = parse(data)
    described = session_description(message)
    for problem in {*message.problems, *(described.problems if described is not None else ())}:
        assert problems[problem.text], problem
    for node in every(nodes):
        assert bool(node.explanation) == bool(node.reference)
        assert visible(node.explanation) == node.explanation


@given(st.binary(max_size=300), st.sampled_from(SETTINGS))
def test_any_bytes_give_a_tree(data: bytes, setting: Setting) -> None:
    fits(data, setting)


@given(st.sampled_from(REAL), st.data(), st.sampled_from(SETTINGS))
def test_a_damaged_message_gives_a_tree(name: str, data: st.DataObject, setting: Setting) -> None:
    whole = bytearray(message_bytes(name))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole)))
        cut = data.draw(st.integers(0, 12))
        whole[at : at + cut] = data.draw(
            st.sampled_from([b"", b";", b",", b"<", b">", b'"', b"\r\n", b" ", b"\x00", b"\xff", b"=", b":", b"{x}", b"-1"])
        )
    fits(bytes(whole), setting)


_KEYS = st.sampled_from(["other", "several", "value", "text", "reference", "__class__", "", "{value}", "about"])


_LINES = st.sampled_from(
    [
        "Warning: {} a b",
        "Reason: {};cause={}",
        "Event: {}",
        "Allow: {}",
        "Supported: {}",
        "Privacy: {}",
        "Via: SIP/2.0/{} a;{}",
        "Contact: <{}:a;{}={}>;{}",
        "Content-Type: {}",
        "Subscription-State: {};reason={}",
        "Session-Expires: 1;refresher={}",
        "{}: x",
        "X-{}: x",
        "WWW-Authenticate: {} qop={}, algorithm={}",
        "Content-Disposition: {}",
        "Replaces: {};{}",
    ]
)


@given(_LINES, _KEYS)
def test_words_of_the_catalogue_in_a_packet_do_no_harm(line: str, key: str) -> None:
    fits(request(line.replace("{}", key)), Setting())


@pytest.mark.parametrize("name", REAL)
def test_a_real_message_has_nothing_unsaid(name: str) -> None:
    data = message_bytes(name)
    nodes = explained(data)
    fits(data, Setting())
    assert all(node.explanation for node in every(nodes))
    assert not any(node.problems for node in every(nodes))
    assert [node.start for node in nodes] == sorted(node.start for node in nodes)
    assert all(
        data[node.start : node.end].decode() == node.value
        for node in every(nodes)
        if node.field in {"tag", "branch", "URI", "host", "port", "user"}
    )


def test_a_problem_is_said_at_the_smallest_part() -> None:
    nodes = explained(request("Content-Length: x"))
    assert any("Content-Length says x" in text for text in part(nodes, "Content-Length").problems)


def test_a_missing_header_field_is_said_of_the_start_line() -> None:
    nodes = explained(b"INVITE sip:a@b SIP/2.0\r\n\r\n")
    assert any("Call-ID" in text for text in nodes[0].problems)


def test_a_line_that_is_no_header_field_is_shown() -> None:
    nodes = explained(request("nonsense without a colon"))
    assert "no header field" in part(nodes, "Unreadable").explanation


def test_many_parts_take_time_in_proportion() -> None:
    """Counted in calls and not in time: twice the parts, twice the work."""

    def steps(count: int) -> int:
        lines = [f"Via: SIP/2.0/UDP h{n}.example;branch=z9hG4bK{n}" for n in range(count)]
        lines += [f"Route: <sip:p{n}.example;lr>" for n in range(count)] + [f"Contact: <sip:u{n}@h>" for n in range(count)]
        body = "v=0\r\n" + "".join(f"m=audio {n} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n" for n in range(count))
        data = request(*lines, "Content-Type: application/sdp", body=body)
        return _calls(data)

    assert steps(400) < 2.5 * steps(200)


def _calls(data: bytes) -> int:
    """How many steps of the interpreter an explanation takes, as far as generators and functions go."""
    import sys

    message = parse(data)
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    from sipview.explain import explain
    from tests.support.explained import catalogue

    spoken = catalogue()
    sys.setprofile(count)
    try:
        explain(message, Setting(), spoken)
    finally:
        sys.setprofile(None)
    return counted
