"""What is said of a text that is no filter: where, what was found, what was expected, and what to write instead."""

import pytest

from sipview.filter import FilterError, parse

# The text with the faulty part between « and »; words that the sentence must have; what is suggested in its place.
FAULTS = [
    ("«sip.method» == 5", "Did you mean sip.Method?", "sip.Method"),
    ("«sip.Methd»", "Did you mean sip.Method?", "sip.Method"),
    ("«ip.adr» == 10.0.0.1", "Did you mean ip.addr?", "ip.addr"),
    ("sip && «call.stat» == failed", "Did you mean call.state?", "call.state"),
    ("«SIP»", "Did you mean sip?", "sip"),
    ("«sip.User-to-User»", "Did you mean sip.uui?", "sip.uui"),
    ("«qqqqqq»", "There is no field “qqqqqq”.", None),
    ("«1» == frame.number", "A test begins with one", None),
    ('«"INVITE"» == sip.Method', "begins with a field", None),
    ("frame.number == «abc»", "“abc” does not fit frame.number: expected a whole number such as 1.", None),
    ('frame.number == «"3"»', "are no texts", "3"),
    ("frame.number == «-1»", "never negative", None),
    ("udp.port == «70000»", "65535 is the most", "65535"),
    ("rtp.ssrc in {1, «0x1ffffffff»}", "too large", "4294967295"),
    ("rtp.marker == «maybe»", "expected True or False", None),
    ("frame.time_relative > «5s»", "expected a number of seconds such as 1.5", None),
    ("frame.time_relative > «999999999999»", "more than sipview can count", None),
    ('frame.time > «"2024-13-01"»', "is no moment", None),
    ('frame.time > «"2024-02-30 10:00:00 UTC"»', "is no moment", None),
    ('frame.time > «"0001-01-01 00:00:00 UTC"»', "is no moment", None),
    ("ip.addr == «10.0.0»", "expected an IPv4 address such as 10.0.0.1", None),
    ("ip.addr == 10.0.0.0/«33»", "from 0 to 32", None),
    ("ip.addr == 10.0.0.0/«»", "from 0 to 32", None),
    ("ipv6.addr == 2001:db8::/«129»", "from 0 to 128", None),
    ("ipv6.addr == «1.2.3.4»", "is an IPv4 address; ip.addr has those", None),
    ("ip.src == «::1»", "is an IPv6 address; ipv6.src has those", None),
    ('«ip.addr» contains "10"', "ip.addr is no text", None),
    ('«sip.Status-Code» matches "2.."', "is no text (whole number)", None),
    ("«sip» == 1", "is a protocol", None),
    ("«udp» > 1", "is a protocol", None),
    ("sip in {«1»}", "is a protocol", None),
    ("ip.src == «frame.number»", "cannot be compared", None),
    ("sip.from.user == «sip»", "cannot be compared", '"sip"'),
    ("sip.from.addr contains «sip.from.user»", "looks for texts in fields", '"sip.from.user"'),
    ("sip contains «INVITE»", "in double quotes", '"INVITE"'),
    ("sip.Method matches «INVITE»", "in double quotes", '"INVITE"'),
    ('sip.Method matches "«INV(»"', "a “(” is not closed", None),
    ('sip.Method matches "a«**»"', "two repetitions follow each other", None),
    ('sip.Method matches r"«(?=»a)"', "look-around", None),
    ('sip.Method matches r"(a)«\\1»"', "back-reference", None),
    ('sip.Method matches "^«\\w»+$"', "Write \\\\ for a backslash", "\\\\w"),
    ('sip.Method == "a«\\ud800»"', "is no escape", "\\\\ud800"),
    ('sip.Method == «"INVITE»', "closing quotation mark", None),
    ("sip.Method == «'»INVITE'", 'write "', '"'),
    ("sip.Method «=» INVITE", "write ==", "=="),
    ("sip «&» udp", "write &&", "&&"),
    ("sip «AND» udp", "small letters", "and"),
    ("sip«;»", "leave it out", ""),
    ("sip.from.user == «*86»", "in double quotes", '"*86"'),
    ("sip.from.user == «zoë» && sip", "in double quotes", '"zoë"'),
    ("sip.from.user == «a@b»", "in double quotes", '"a@b"'),
    ("frame.number«[»0:1] == 1", "slices", None),
    ("«len(»sip.Method) == 3", "functions", None),
    ("sip «udp»", "an operator such as == or contains, “&&”, “||” or the end was expected", None),
    ("(sip«»", "ends too soon; expected “)”", None),
    ("sip ==«»", "expected a value", None),
    ("sip &&«»", "a field such as sip.Method, “!” or “(”", None),
    ("any«»", "a field such as sip.Method", None),
    ("sip«)»", "was found where", None),
    ("«==» sip", "a field such as sip.Method", None),
    ("frame.number in «3»", "a set such as {1, 3..5}", None),
    ("frame.number in {1 «2»}", "“..”, “,” or “}” was expected", None),
    ("frame.number not «==» 3", "“in” was expected", None),
]


@pytest.mark.parametrize(("marked", "words", "suggestion"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_the_fault_is_located_and_named(marked: str, words: str, suggestion: str | None) -> None:
    before, _, rest = marked.partition("«")
    faulty, _, after = rest.partition("»")
    with pytest.raises(FilterError) as caught:
        parse(before + faulty + after)
    error = caught.value
    assert (error.start, error.end) == (len(before), len(before) + len(faulty))
    assert words in error.sentence
    assert error.sentence[-1] in ".?"
    assert error.suggestion == suggestion


@pytest.mark.parametrize(
    "text",
    ["sip.method", 'frame.number == "3"', "sip.from.user == a@b", "sip AND udp", "sip & udp", "sip contains INVITE", "sip;"],
)
def test_a_suggestion_put_in_place_makes_a_filter(text: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    error = caught.value
    parse(text[: error.start] + str(error.suggestion) + text[error.end :])


@pytest.mark.parametrize("text", ["(" * 101 + "sip" + ")" * 101, "!" * 101 + "sip", "(" * 5000, "!" * 9999 + "("])
def test_nesting_is_bounded(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)


def test_length_is_bounded() -> None:
    parse("sip" + " " * 9_997)
    with pytest.raises(FilterError, match="10,000 at most"):
        parse("sip" + " " * 9_998)


def test_a_long_filter_is_read() -> None:
    assert len(parse(" || ".join(f"frame.number == {number}" for number in range(400))).fields) == 1


def test_a_header_that_no_table_knows_is_a_field() -> None:
    (field,) = parse("sip.X-Tenant contains 'a'".replace("'", '"')).fields
    assert field.header == "X-Tenant"
    (field,) = parse("sip.Frobnicate").fields
    assert field.header == "Frobnicate"
