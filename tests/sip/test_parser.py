"""What the full parser makes of single messages, as RFC 3261 has it; the faults are those that RFC 4475 describes."""

import pytest

from sipview.sip import Message, RequestLine, StatusLine, parse, skim
from sipview.sip.content import body_parts, media_type
from sipview.sip.cseq import read_rack
from sipview.sip.octets import Octets
from sipview.sip.parameterized import read_parameterized, read_warning
from sipview.sip.parser import authentications, cseq, fragment, name_addrs, session_description, split_values, vias
from sipview.sip.uri import parse_uri
from tests.support.sip_messages import message


def kinds(data: bytes) -> list[str]:
    return [problem.kind for problem in parse(data).problems]


def marked(data: bytes, kind: str) -> bytes:
    """The bytes that the problem of this kind points at."""
    problem = next(problem for problem in parse(data).problems if problem.kind == kind)
    return data[problem.start : problem.end]


def test_a_right_message_has_no_problem() -> None:
    assert parse(message()).problems == ()
    assert skim(message()).problems == ()


def test_a_request_line_is_cut_into_its_parts() -> None:
    line = parse(message(start="INVITE sip:bob@pbx:5070;transport=tcp SIP/2.0")).start_line
    assert isinstance(line, RequestLine)
    assert (line.method, line.version, line.uri.user, line.uri.host, line.uri.port) == ("INVITE", "SIP/2.0", "bob", "pbx", 5070)
    assert (line.start, line.method_span, line.uri_span, line.version_span) == (0, (0, 6), (7, 37), (38, 45))


def test_a_status_line_is_cut_into_its_parts() -> None:
    line = parse(message(start="SIP/2.0 486 Busy Here")).start_line
    assert isinstance(line, StatusLine)
    assert (line.version, line.status, line.reason) == ("SIP/2.0", 486, "Busy Here")
    assert (line.version_span, line.status_span, line.reason_span) == ((0, 7), (8, 11), (12, 21))


@pytest.mark.parametrize(
    ("data", "kind", "where"),
    [
        (message(start="OPTIONS  sip:102@pbx SIP/2.0"), "space-in-start-line", b"OPTIONS  sip:102@pbx SIP/2.0"),
        (message(start="OPTIONS sip:102@pbx SIP/2.0 "), "space-in-start-line", b"OPTIONS sip:102@pbx SIP/2.0 "),
        (message(start="OPTIONS <sip:102@pbx> SIP/2.0"), "bracketed-request-uri", b"<sip:102@pbx>"),
        (message(start="OPTIONS sip:102@pbx; lr SIP/2.0"), "space-in-uri", b"sip:102@pbx; lr"),
        (message(start="OPTIONS sip:102@pbx?Route=%3Ca%3E SIP/2.0"), "headers-in-request-uri", b"Route=%3Ca%3E"),
        (message(start="OPTIONS sip:102@pbx SIP/7.0"), "bad-version", b"SIP/7.0"),
        (message(start="SIP/2.0 4294967301 No"), "bad-status", b"4294967301"),
        (message(start="SIP/2.0 OK"), "bad-status", b"OK"),
        (message(start="GET / HTTP/1.1"), "not-sip", b"GET / HTTP/1.1"),
        (message(start="INVITE sip:102@pbx SIP/2.0"), "method-mismatch", b"1 OPTIONS"),
        (message(CSeq="36893488147419103232 OPTIONS"), "bad-cseq", b"36893488147419103232 OPTIONS"),
        (message(CSeq="OPTIONS"), "bad-cseq", b"OPTIONS"),
        (message(Max_Forwards="300"), "bad-max-forwards", b"300"),
        (message(Max_Forwards=None), "no-max-forwards", b""),
        (message(Content_Length="-999"), "bad-content-length", b"-999"),
        (message(Content_Length="9"), "body-cut", b"9"),
        (message(Expires="4294967296"), "bad-expires", b"4294967296"),
        (message(Contact="<sip:a@b>;expires=280297596632815"), "bad-contact-expires", b"expires=280297596632815"),
        (message(Contact="<sip:a@b>;q=1.5"), "bad-q", b"q=1.5"),
        (message(Contact="<sip:a@b>, "), "empty-value", b""),
        (message(Contact="sip:a@b?Route=%3Ca%3E"), "needs-angle-brackets", b"sip:a@b?Route=%3Ca%3E"),
        (message(Retry_After="949302838503028349304023988"), "bad-retry-after", b"949302838503028349304023988"),
        (message(Warning='1812 overture "In Progress"'), "bad-warning", b'1812 overture "In Progress"'),
        (message(Date="Fri, 01 Jan 2010 16:00:00 EST"), "bad-date", b"Fri, 01 Jan 2010 16:00:00 EST"),
        (message(To='"Mr. J. User <sip:102@pbx>'), "unterminated-quote", b'"'),
        (message(To='"W" < sip:102@pbx >'), "space-in-uri", b" sip:102@pbx "),
        (message(To="Bell, Alexander <sip:102@pbx>"), "bad-display-name", b"Bell, Alexander"),
        (message(To="<sip:102@pbx"), "no-closing-bracket", b"<sip:102@pbx"),
        (message(To="<sip:2001:db8::10>"), "bad-host", b"2001:db8::10"),
        (message(To="<sip:102@[2001:db8:::192.0.2.1]>"), "three-colons", b"[2001:db8:::192.0.2.1]"),
        (message(To="<sip:102@[2001:zz::1]>"), "bad-host", b"[2001:zz::1]"),
        (message(To="<sip:102@pbx:99999>"), "bad-port", b"99999"),
        (message(To="<sip:1%zz@pbx>"), "bad-escape", b"%"),
        (message(To="<sip:1#2@pbx>"), "bad-character", b"#"),
        (message(To="<sip:@>"), "no-host", b""),
        (message(To="102"), "no-scheme", b"102"),
        (message(To="<sip:102@pbx>;;x"), "empty-parameter", b""),
        (message(To="<sip:102@pbx> x;y"), "unexpected-text", b"x"),
        (message(To='<sip:102@pbx>;x="y'), "unterminated-quote", b'"y'),
        (message(To="<tel:one>"), "bad-number", b"one"),
        (message(From=None), "no-from", b""),
        (message(From="<sip:101@pbx>"), "no-from-tag", b""),
        (message(start="SIP/2.0 200 OK"), "no-to-tag", b""),
        (message(Call_ID="a b"), "bad-call-id", b"a b"),
        (message(Via="SIP/2.0/UDP a;branch=z9hG4bK"), "bad-branch", b"SIP/2.0/UDP a;branch=z9hG4bK"),
        (message(Via="SIP/7.0/UDP a;branch=z9hG4bK1"), "bad-via-version", b"SIP"),
        (message(Via="a;branch=z9hG4bK1"), "bad-via", b"a"),
        (message(Allow="INVITE ACK"), "bad-token", b"INVITE ACK"),
        (message(RSeq="0"), "bad-rseq", b"0"),
        (message(RAck="1 INVITE"), "bad-rack", b"1 INVITE"),
        (message(Content_Type="sdp"), "bad-content-type", b"sdp"),
        (message(body=b"x"), "no-content-type", b""),
        (message("To: <sip:x@y>"), "repeated-field", b"<sip:x@y>"),
        (message("no colon here"), "no-colon", b"no colon here"),
        (message("a b: c"), "bad-field-name", b"a b"),
        (message(Authorization='"Digest" x=y'), "bad-authentication", b'"Digest"'),
    ],
)
def test_a_fault_is_named_and_located(data: bytes, kind: str, where: bytes) -> None:
    assert marked(data, kind) == where


def test_an_invite_without_contact_is_incomplete() -> None:
    assert kinds(message(start="INVITE sip:a@b SIP/2.0", CSeq="1 INVITE")) == ["no-contact"]


def test_a_message_as_rfc_2543_had_it_is_right() -> None:
    old = message(start="INVITE sip:a@b SIP/2.0", CSeq="1 INVITE", Via="SIP/2.0/UDP a", From="<sip:1@b>", Max_Forwards=None)
    assert kinds(old) == []


def test_a_header_part_without_end_is_read_as_far_as_it_goes() -> None:
    data = message().removesuffix(b"\r\n")
    assert kinds(data) == ["no-empty-line"]
    assert parse(data).fields[-1].canonical == "Content-Length"
    assert parse(data).body == b""


@pytest.mark.parametrize("length", range(30, 190))
def test_a_cut_header_part_is_to_blame_for_nothing_but_the_cut(length: int) -> None:
    data = message()[:length]
    assert kinds(data) == ["no-empty-line"]
    assert skim(data).problems == tuple(problem.text for problem in parse(data).problems)


def test_leading_line_ends_are_passed_over() -> None:
    data = b"\r\n\r\n" + message()
    assert parse(data).problems == ()
    assert parse(data).start_line.start == 4


def test_names_are_canonical_whatever_their_form() -> None:
    fields = parse(message("s: x", "X-own: y", "MAX-forwards : 3", "k:100rel")).fields
    assert [field.canonical for field in fields[-4:]] == ["Subject", "X-own", "Max-Forwards", "Supported"]
    assert [field.name for field in fields[-4:]] == ["s", "X-own", "MAX-forwards", "k"]


def test_folds_become_one_space_and_spans_still_point_at_the_bytes() -> None:
    data = message("Subject: I know\r\n  you're\t\r\n\tthere")
    field = parse(data).fields[-1]
    assert field.value == "I know you're there"
    assert data[field.value_start : field.value_end] == b"I know\r\n  you're\t\r\n\tthere"


def test_bytes_behind_the_content_length_belong_to_no_message() -> None:
    data = message(body=b"v=0\r\n", Content_Type="application/sdp") + b"\r\nINVITE sip:a@b SIP/2.0\r\n"
    parsed = parse(data)
    assert parsed.body == b"v=0\r\n"
    assert data[parsed.trailing_start :] == b"\r\nINVITE sip:a@b SIP/2.0\r\n"


def test_a_cut_body_is_what_there_is() -> None:
    data = message(body=b"v=0\r\n", Content_Length="200", Content_Type="application/sdp")
    assert parse(data).body == b"v=0\r\n"
    assert kinds(data) == ["body-cut"]


def _values(data: bytes, name: str) -> list[str]:
    return [value.value for field in parse(data).named(name) for value in split_values(field)]


def test_commas_separate_values_only_where_they_are_bare() -> None:
    assert _values(message(Contact='"a, b" <sip:c,d@e>, sip:f@g, "\\", " <sip:h@i>'), "Contact") == [
        '"a, b" <sip:c,d@e>',
        "sip:f@g",
        '"\\", " <sip:h@i>',
    ]
    assert _values(message(Supported="100rel, timer,,replaces"), "Supported") == ["100rel", "timer", "replaces"]
    assert _values(message("X-Other: a (b, c), d"), "X-Other") == ["a (b, c)", "d"]
    assert _values(message(Contact="sip:a(b@c, sip:d@e"), "Contact") == ["sip:a(b@c", "sip:d@e"]


def test_values_are_found_at_their_bytes_also_behind_a_fold_and_beside_utf_8() -> None:
    data = message('Contact: "Gr\u00fc\u00dfe" <sip:a@b>,\r\n <sip:c@d>')
    values = split_values(parse(data).fields[-1])
    assert [data[value.start : value.end].decode() for value in values] == ['"Grüße" <sip:a@b>', "<sip:c@d>"]


def test_name_addrs_have_display_name_uri_and_parameters() -> None:
    (address,) = name_addrs(
        parse(message(From='"B \\"o\\" b" <sips:u;x=y:p%40w@h:5061;lr?Subject=a&Call-ID=b> ; tag = t1;k="v;,"')), "From"
    )
    uri = address.uri
    assert address.display_name == 'B "o" b'
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == ("sips", "u;x=y", "p%40w", "h", 5061)
    assert [parameter.name for parameter in uri.parameters] == ["lr"]
    assert [(header.name, header.value) for header in uri.headers] == [("Subject", "a"), ("Call-ID", "b")]
    assert [(parameter.name, parameter.value) for parameter in address.parameters] == [("tag", "t1"), ("k", "v;,")]
    assert address.tag == "t1"
    assert uri.address_of_record == "sips:u;x=y@h:5061"


def test_without_brackets_parameters_are_those_of_the_header_field() -> None:
    (address,) = name_addrs(parse(message(From="sip:101@pbx;tag=1;x")), "From")
    assert address.uri.text == "sip:101@pbx"
    assert address.uri.parameters == ()
    assert [parameter.name for parameter in address.parameters] == ["tag", "x"]


def test_a_star_is_the_wildcard_contact() -> None:
    (address,) = name_addrs(parse(message(Contact="*")), "Contact")
    assert address.wildcard
    assert kinds(message(Contact="*")) == []


def test_history_and_diversion_hold_addresses_too() -> None:
    data = message("History-Info: <sip:a@b>;index=1, <sip:c@d>;index=1.1", "Diversion: <tel:+491>;reason=unconditional")
    assert [address.uri.user for address in name_addrs(parse(data), "History-Info")] == ["a", "c"]
    assert name_addrs(parse(data), "Diversion")[0].uri.address_of_record == "tel:+491"


def test_tel_uris_have_a_number_and_parameters() -> None:
    uri = parse_uri(b"tel:863-1234;phone-context=+1-914-555")
    assert (uri.scheme, uri.user, uri.host) == ("tel", "863-1234", "")
    parameter = uri.parameter("phone-context")
    assert parameter is not None
    assert parameter.value == "+1-914-555"


def test_other_uris_are_opaque() -> None:
    uri = parse_uri(b"HTTP://www.example.com/a;b?c", 10)
    assert (uri.scheme, uri.host, uri.start) == ("http", "//www.example.com/a;b?c", 10)
    assert parse_uri(b"nothing").scheme == ""


def test_vias_stand_topmost_first() -> None:
    data = message(
        "v: SIP/2.0/TCP c", Via="SIP / 2.0 / UDP [::1] : 5061 ;branch=z9hG4bK1;rport, SIP/2.0/TLS b:5061;received=10.0.0.1"
    )
    found = vias(parse(data))
    assert [(via.protocol, via.transport, via.host, via.port) for via in found] == [
        ("SIP/2.0", "UDP", "[::1]", 5061),
        ("SIP/2.0", "TLS", "b", 5061),
        ("SIP/2.0", "TCP", "c", None),
    ]
    assert data[slice(*found[0].sent_by_span)] == b"[::1] : 5061"
    rport = found[0].parameter("rport")
    assert rport is not None
    assert rport.value is None


def test_cseq_has_number_and_method() -> None:
    number = cseq(parse(message(CSeq="0009\r\n  OPTIONS")))
    assert number is not None
    assert (number.number, number.method) == (9, "OPTIONS")
    assert cseq(parse(message(CSeq=None))) is None


def test_authentication_has_scheme_and_parameters() -> None:
    data = message(
        'WWW-Authenticate: Digest realm="a, b", nonce="x=", qop="auth,auth-int", stale=FALSE', start="SIP/2.0 401 No"
    )
    (challenge,) = authentications(parse(data), "WWW-Authenticate")
    assert challenge.scheme == "Digest"
    assert [(parameter.name, parameter.value) for parameter in challenge.parameters] == [
        ("realm", "a, b"),
        ("nonce", "x="),
        ("qop", "auth,auth-int"),
        ("stale", "FALSE"),
    ]


def test_values_with_parameters() -> None:
    retry = read_parameterized(Octets.of(b"120 (I'm in; a meeting) ;duration=3600"), [])
    assert (retry.value, [parameter.name for parameter in retry.parameters]) == ("120", ["duration"])
    why = read_parameterized(Octets.of(b'Q.850;cause=16;text="Normal (call); clearing"'), [])
    assert why.value == "Q.850"
    text = why.parameter("text")
    assert text is not None
    assert text.value == "Normal (call); clearing"


def test_warning_and_rack() -> None:
    warning = read_warning(Octets.of(b'304 isi.edu "Incompatible \\"media\\""'), [])
    assert (warning.code, warning.agent, warning.text) == (304, "isi.edu", 'Incompatible "media"')
    rack = read_rack(Octets.of(b"776656 1 INVITE", 5), [])
    assert (rack.rseq, rack.cseq, rack.method) == (776656, 1, "INVITE")


def test_text_is_utf_8_and_control_characters_stay() -> None:
    (address,) = name_addrs(parse(message(From='"Zoë\x00\x07" <sip:1@b>;tag=1')), "From")
    assert address.display_name == "Zoë\x00\x07"
    broken = parse(message().replace(b"Bob", b"B\xffb"))
    assert name_addrs(broken, "From")[0].display_name == "B\ufffdb"


MULTIPART = b"\r\n".join((
    b"preamble", b"--b1", b"Content-Type: text/plain", b"", b"--b1x", b"--b1 ",
    b"c: multipart/alternative;boundary=in", b"", b"--in", b"Content-Type: application/SDP", b"", b"v=0", b"s=x", b"--in--",
    b"", b"--b1", b"", b"last", b"--b1--", b"end",
))  # fmt: skip


def _multipart(body: bytes) -> Message:
    return parse(message(body=body, Content_Type='multipart/mixed; boundary="b1"'))


def test_a_multipart_body_is_cut_into_its_parts() -> None:
    parsed = _multipart(MULTIPART)
    parts = body_parts(parsed)
    assert [parsed.data[part.start : part.end] for part in parts] == [b"--b1x", b"v=0\r\ns=x", b"last"]
    assert [part.media_type.name if part.media_type else None for part in parts] == ["text/plain", "application/sdp", None]


def test_the_session_description_of_a_multipart_body_is_found_by_both_readers() -> None:
    parsed = _multipart(MULTIPART)
    description = session_description(parsed)
    assert description is not None
    assert description.session_name == "x"
    line = description.session_lines[1]
    assert parsed.data[line.start : line.end] == b"s=x"
    assert skim(parsed.data).sdp
    assert not skim(_multipart(b"--b1\r\n\r\nv=0\r\n--b1--").data).sdp


def test_a_multipart_body_that_is_cut_ends_with_its_last_part() -> None:
    parsed = _multipart(b"--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=")
    (part,) = body_parts(parsed)
    assert parsed.data[part.start : part.end] == b"v=0\r\ns="


def test_a_content_type_has_parameters() -> None:
    kind = media_type(_multipart(b""))
    assert kind is not None
    boundary = kind.parameter("boundary")
    assert boundary is not None
    assert (kind.name, boundary.value) == ("multipart/mixed", "b1")


def test_a_fragment_of_sip_is_read_in_its_place() -> None:
    data = message(body=b"SIP/2.0 486 Busy Here\r\nTo: <sip:a@b>\r\n", Content_Type="message/sipfrag;version=2.0")
    piece = fragment(parse(data))
    assert piece is not None
    assert piece.status == 486
    line = piece.start_line
    assert isinstance(line, StatusLine)
    assert data[slice(*line.reason_span)] == b"Busy Here"
    assert [field.canonical for field in piece.fields] == ["To"]
    assert piece.problems == ()


def test_a_fragment_may_lack_its_start_line() -> None:
    piece = fragment(parse(message(body=b"Call-ID: 7\r\n\r\nx", Content_Type="message/sipfrag")))
    assert piece is not None
    assert (piece.method, piece.body) == ("", b"x")
    assert piece.fields[0].value == "7"
    assert fragment(parse(message())) is None
