"""The skim and the full parser give the same answers for the same bytes, right ones or not; spans point at their bytes."""

import hypothesis
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sipview.sip import Facts, Message, RequestLine, parse, skim
from sipview.sip.faults import RANK
from sipview.sip.octets import number, unfold
from sipview.sip.parser import authentications, cseq, fragment, name_addrs, session_description, split_values, vias
from sipview.sip.registry import LISTS, NAME_ADDRS
from sipview.sip.uri import NameAddr, Parameter, Uri
from sipview.values import Problem
from tests.support.sip_messages import Composed, composed_messages, message, mutated

SKIMMED = ("From", "To", "Call-ID", "CSeq", "User-Agent", "Server", "Expires", "Content-Type", "Content-Length")

RIGHT = [
    message(),
    message("c: multipart/mixed;boundary=b", body=b"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--"),
    message(
        'Reason: Q.850;cause=16, SIP;cause=200;text="a"', "Reason: X", "Server: s", "User-Agent: u", start="SIP/2.0 200 OK"
    ),
    message(
        'Authorization: Digest username="a", realm="b,c", nc=1', Contact='"a" <sip:b@c>;q=0.3, <sip:d@e>, sip:f@g;expires=7'
    ),
    message(
        From='"a\\"<b" <sip:u;p:w@[::1]:5080;x=y?h=i>;tag="q";z',
        Via="SIP/2.0/TCP [::1]:5060;branch=z9hG4bK2;received=[::2], SIP/2.0/UDP b",
    ),
    b"INVITE sip:a@b SIP/2.0\nv: SIP / 2.0 / UDP a : 5060 ; branch = x\nf:sip:a@b;tag=1\nt:tel:+1;x=y\ni:1\nCSeq:1\n INVITE\n\n"
    b"v=0\n",
    message("Content-Type: message/sipfrag", body=b"SIP/2.0 200 OK\r\nTo: <sip:a@b>\r\n"),
]
ANY_BYTES = st.one_of(mutated(st.one_of(composed_messages(), st.sampled_from(RIGHT))), st.binary(max_size=200))


def facts_of(data: bytes) -> Facts:
    """The facts as the full parser and its typed readers tell them."""
    parsed = parse(data)
    line = parsed.start_line
    topmost = next(iter(vias(parsed)), None)
    sender, target = (next(iter(name_addrs(parsed, name)), None) for name in ("From", "To"))
    sequence = cseq(parsed)
    expires = parsed.first("Expires")
    user_agent = _first_value(parsed, "User-Agent")
    if not parsed.is_request:
        user_agent = _first_value(parsed, "Server") or user_agent
    return Facts(
        method=parsed.method,
        request_uri=line.uri.text if isinstance(line, RequestLine) else "",
        status=parsed.status,
        reason=None if isinstance(line, RequestLine) else line.reason,
        call_id=_first_value(parsed, "Call-ID"),
        cseq_number=sequence.number if sequence else None,
        cseq_method=sequence.method if sequence else "",
        from_uri=sender.uri.address_of_record if sender else "",
        from_tag=(sender.tag or "") if sender else "",
        to_uri=target.uri.address_of_record if target else "",
        to_tag=(target.tag or "") if target else "",
        branch=(topmost.branch or "") if topmost else "",
        via_sent_by=topmost.host if topmost and topmost.port is None else f"{topmost.host}:{topmost.port}" if topmost else "",
        user_agent=user_agent,
        has_credentials=parsed.is_request and any(parsed.first(name) for name in ("Authorization", "Proxy-Authorization")),
        sdp=session_description(parsed) is not None,
        expires=number(expires.raw.decode("latin-1"), 2**32 - 1) if expires else None,
        reason_header=", ".join(field.value for field in parsed.named("Reason") if field.value),
        problems=tuple(sorted(problem.text for problem in parsed.problems if _skim_says(problem))),
    )


def _skim_says(problem: Problem) -> bool:
    """Whether the skim knows of this problem: it looks into a few header fields only."""
    if problem.kind == "repeated-field":
        return any(problem.text.startswith(f"The {name} header") for name in SKIMMED)
    return problem.kind in RANK


def _first_value(parsed: Message, name: str) -> str:
    field = parsed.first(name)
    return field.value if field is not None else ""


def _skimmed(data: bytes) -> Facts:
    facts = skim(data)
    return structs.replace(facts, problems=tuple(sorted(facts.problems)))


@given(composed_messages())
def test_both_readers_find_what_was_put_in(composed: Composed) -> None:
    assert skim(composed.data) == composed.facts
    assert structs.replace(facts_of(composed.data), problems=()) == composed.facts


@hypothesis.settings(max_examples=250)
@given(ANY_BYTES)
def test_both_readers_say_the_same_about_any_bytes(data: bytes) -> None:
    assert _skimmed(data) == facts_of(data)


@given(st.sampled_from(RIGHT), st.integers(0, 1000))
def test_both_readers_say_the_same_wherever_a_message_is_cut(data: bytes, length: int) -> None:
    assert _skimmed(data[:length]) == facts_of(data[:length])


@hypothesis.settings(max_examples=120)
@given(ANY_BYTES)
def test_spans_point_at_what_they_are_the_spans_of(data: bytes) -> None:
    parsed = parse(data)
    for problem in parsed.problems:
        assert 0 <= problem.start <= problem.end <= len(data)
        assert problem.text.endswith(".")
    assert 0 <= parsed.body_start <= parsed.trailing_start <= len(data)
    check_start_line(parsed)
    for field in parsed.fields:
        assert _text(data, field.value_start, field.value_end) == field.value
        assert field.start <= field.value_start <= field.value_end <= field.end
        assert data[field.start : field.end].decode("utf-8", "replace").strip(" \t\r\n").startswith(field.name)
        if field.canonical in LISTS:
            for value in split_values(field):
                assert _text(data, value.start, value.end) == value.value
    for name in NAME_ADDRS:
        for address in name_addrs(parsed, name):
            check_name_addr(data, address)
    for via in vias(parsed):
        assert _text(data, via.start, via.end)
        assert via.host in _text(data, *via.sent_by_span)
        check_parameters(data, via.parameters)
    for name in ("Authorization", "WWW-Authenticate"):
        for authentication in authentications(parsed, name):
            check_parameters(data, authentication.parameters)
    check_session_description(parsed)
    piece = fragment(parsed)
    if piece is not None:
        check_start_line(piece)
        assert parsed.body_start <= piece.body_start <= piece.trailing_start <= parsed.trailing_start


def check_start_line(parsed: Message) -> None:
    line = parsed.start_line
    if isinstance(line, RequestLine):
        assert _text(parsed.data, *line.method_span) == line.method
        assert _text(parsed.data, *line.uri_span) == line.uri.text
        check_uri(parsed.data, line.uri)
    else:
        assert _text(parsed.data, *line.reason_span) == line.reason
        written = _text(parsed.data, *line.status_span)
        assert line.status == -1 or int(written) == line.status
    assert _text(parsed.data, *line.version_span) == line.version


def check_session_description(parsed: Message) -> None:
    description = session_description(parsed)
    if description is None:
        return
    for line in (*description.session_lines, *(line for media in description.media for line in media.lines)):
        assert parsed.body_start <= line.start <= line.value_start <= line.end <= parsed.trailing_start
        assert _text(parsed.data, line.value_start, line.end) == line.value
        assert line.type in ("", parsed.data[line.start : line.start + 1].decode("latin-1"))
    for problem in description.problems:
        assert parsed.body_start <= problem.start <= problem.end <= parsed.trailing_start


def check_name_addr(data: bytes, address: NameAddr) -> None:
    assert address.start <= address.uri.start <= address.uri.end <= address.end
    if address.display_name is not None and "\\" not in address.display_name:
        shown = _text(data, *address.display_name_span)
        assert address.display_name in (shown, shown[1:-1]) or "\\" in shown or "\n" in shown
    check_uri(data, address.uri)
    check_parameters(data, address.parameters)


def check_uri(data: bytes, uri: Uri) -> None:
    assert _text(data, uri.start, uri.end) == uri.text
    assert _text(data, *uri.user_span) == (uri.user or "")
    assert uri.host in _text(data, *uri.host_span)
    check_parameters(data, uri.parameters)
    check_parameters(data, uri.headers)


def check_parameters(data: bytes, parameters: tuple[Parameter, ...]) -> None:
    for parameter in parameters:
        written = _text(data, parameter.start, parameter.end)
        assert written.startswith(parameter.name)
        value = parameter.value
        assert value is None or value in written or "\\" in written


def _text(data: bytes, start: int, end: int) -> str:
    return unfold(data[start:end].decode("utf-8", "replace"))
