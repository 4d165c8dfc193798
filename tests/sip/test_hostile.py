"""Big and evil messages: both readers come to an end, which a reader that looks at bytes again and again would not."""

import pytest

from sipview.sip import parse, skim
from sipview.sip.content import body_parts
from sipview.sip.parser import authentications, name_addrs, session_description, split_values, vias
from sipview.sip.registry import NAME_ADDRS
from tests.support.sip_messages import message

MANY = 100_000
MANY_LINES = 10_000


def read_everything(data: bytes) -> None:
    skim(data)
    parsed = parse(data)
    for name in NAME_ADDRS:
        name_addrs(parsed, name)
    vias(parsed)
    authentications(parsed, "Authorization")
    for field in parsed.fields:
        split_values(field)
    body_parts(parsed)
    session_description(parsed)


PATTERNS = [
    '"',
    '\\"',
    '"\\',
    "<",
    "<>",
    ">",
    ";",
    "; ",
    ",",
    ", ",
    "(",
    "()",
    "@",
    ":",
    "=",
    "/",
    "[",
    "?",
    "&",
    "%",
    " ",
    "\t",
    "a",
    "a ",
    '"a,',
]
PATTERNS += ["\r\n ", ";tag", ";branch=", "sip:", "a=b;", '"";', "\xe9", "\r", "<sip:a@b>,", "1 ", "--b\r\n ", "SIP/2.0/UDP a,"]


@pytest.mark.parametrize("name", ["From", "Via", "Contact", "Authorization", "CSeq", "Content-Type", "X-Unknown", "Warning"])
def test_a_header_field_of_one_pattern_over_and_over(name: str) -> None:
    for pattern in PATTERNS:
        for before in ("", '"', "<sip:a@b>;x="):
            read_everything(message(**{name: before + pattern * (MANY // 20 // len(pattern))}))


@pytest.mark.parametrize("pattern", [b"a:b\r\n", b"\r\n ", b"v:a\r\n", b"To:a\r\n", b" \n", b"\n", b":\r\n", b"\r", b" "])
def test_header_parts_of_one_line_over_and_over(pattern: bytes) -> None:
    start = b"OPTIONS sip:102@pbx SIP/2.0\r\n"
    for data in (start + pattern * MANY_LINES, start + pattern * MANY_LINES + b"\r\n\r\n", pattern * MANY):
        read_everything(data)


@pytest.mark.parametrize("name", ["Via", "Reason", "From", "Contact"])
def test_a_long_value_before_many_of_the_same_name(name: str) -> None:
    read_everything(message(*[f"{name}: a"] * MANY_LINES, **{name: "," * MANY + "a"}))


@pytest.mark.parametrize("pattern", [b"SIP/2.0 ", b"SIP/2.0", b"a ", b"sip:a@b ", b"\t", b"9"])
def test_a_long_start_line(pattern: bytes) -> None:
    for before in (b"", b"SIP/2.0 ", b"OPTIONS "):
        read_everything(before + pattern * (MANY // len(pattern)))


@pytest.mark.parametrize(
    "pattern", [b"--b\r\n", b"\r\n--b", b"--b\r\n\r\n--b", b"m=audio 1 RTP/AVP 0\n", b"a=rtpmap:0 a/1\n", b"c=IN IP4 a\n", b"x"]
)
def test_a_big_body(pattern: bytes) -> None:
    body = pattern * (MANY // len(pattern))
    read_everything(message(body=body, Content_Type="application/sdp"))
    read_everything(message(body=body, Content_Type="multipart/mixed;boundary=b"))


def test_many_formats_in_one_media_line() -> None:
    read_everything(message(body=b"m=audio 1 RTP/AVP" + b" 96" * MANY_LINES, Content_Type="application/sdp"))


def test_numbers_of_any_length() -> None:
    digits = "9" * 10_000
    data = message(
        CSeq=f"{digits} OPTIONS", Expires=digits, Max_Forwards=digits, Content_Length=digits, To=f"<sip:a@b:{digits}>"
    )
    read_everything(data)
    assert skim(data).cseq_number is None
    assert skim(message(CSeq="0" * 10_000 + "7 OPTIONS")).cseq_number == 7
    read_everything(message(start=f"SIP/2.0 {digits} x"))


def test_what_is_remembered_stays_small() -> None:
    for number in range(6_000):
        assert skim(message(f"X-{number}: y", From=f"<sip:{number}@pbx>;tag=1")).from_uri == f"sip:{number}@pbx"
