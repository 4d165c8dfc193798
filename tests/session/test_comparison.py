"""Two messages side by side: what was added, removed and changed, by header field and by word."""

from hypothesis import given
from hypothesis import strategies as st

from sipview.session.comparison import START_LINE, Change, ComparedPart, compare
from sipview.sip import parse
from tests.support.sip_messages import Composed, composed_messages, message

SDP = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 10.0.0.1",
        "s=-",
        "c=IN IP4 10.0.0.1",
        "t=0 0",
        "m=audio 4000 RTP/AVP 0 8",
        "a=rtpmap:0 PCMU/8000",
        "",
    )
)


def changes(left: bytes, right: bytes) -> dict[str, Change]:
    return {part.name or part.left_text or part.right_text: part.change for part in compare(parse(left), parse(right)).parts}


def part_of(left: bytes, right: bytes, name: str) -> ComparedPart:
    return next(part for part in compare(parse(left), parse(right)).parts if part.name == name)


def marked(part: ComparedPart) -> tuple[list[str], list[str]]:
    return [f.text for f in part.left if f.differs], [f.text for f in part.right if f.differs]


def test_a_message_is_the_same_as_itself() -> None:
    data = message(body=SDP, Content_Type="application/sdp")
    assert set(changes(data, data).values()) == {Change.SAME}


def test_fields_are_added_removed_and_changed() -> None:
    found = changes(message(Subject="lunch", Expires="60"), message(Expires="120", User_Agent="pbx"))
    assert found["Subject"] is Change.REMOVED
    assert found["User-Agent"] is Change.ADDED
    assert found["Expires"] is Change.CHANGED
    assert found["Call-ID"] is Change.SAME


def test_the_words_that_differ_are_marked() -> None:
    part = part_of(message(From="<sip:101@pbx>;tag=a1"), message(From="<sip:102@pbx>;tag=a1"), "From")
    assert marked(part) == (["101"], ["102"])
    assert part.left_text == "<sip:101@pbx>;tag=a1"
    assert part.right_text == "<sip:102@pbx>;tag=a1"


def test_the_start_line_is_compared() -> None:
    part = part_of(message(start="INVITE sip:101@pbx SIP/2.0"), message(start="INVITE sip:101@10.0.0.9 SIP/2.0"), START_LINE)
    assert part.change is Change.CHANGED
    assert "pbx" in marked(part)[0]


def test_another_order_and_a_short_name_are_no_difference() -> None:
    ordinary = message()
    head, fields = ordinary.decode().split("\r\n")[0], ordinary.decode().strip().split("\r\n")[1:]
    turned = "\r\n".join([head, *reversed(fields)]).replace("Call-ID:", "i:").encode() + b"\r\n\r\n"
    assert set(changes(ordinary, turned).values()) == {Change.SAME}


def test_a_proxy_puts_a_via_on_top() -> None:
    below = "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1"
    left, right = message(below, Via=None), message("Via: SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK2", below, Via=None)
    vias = [(part.change, part.right_text) for part in compare(parse(left), parse(right)).parts if part.name == "Via"]
    assert vias == [(Change.ADDED, "SIP/2.0/UDP 10.0.0.5;branch=z9hG4bK2"), (Change.SAME, below[5:])]


def test_lines_of_the_sdp_are_compared_by_their_kind() -> None:
    other = SDP.replace("IN IP4 10.0.0.1", "IN IP4 10.0.0.9").replace("0 8", "0").replace("s=-\r\n", "s=-\r\nb=AS:80\r\n")
    left, right = (message(body=body, Content_Type="application/sdp", Content_Length=None) for body in (SDP, other))
    found = changes(left, right)
    assert found["c=IN IP4 10.0.0.1"] is Change.CHANGED
    assert found["m=audio 4000 RTP/AVP 0 8"] is Change.CHANGED
    assert found["b=AS:80"] is Change.ADDED
    assert found["a=rtpmap:0 PCMU/8000"] is Change.SAME


def test_controls_are_made_visible_and_long_values_have_an_end() -> None:
    part = part_of(message(Subject="a\u202eb"), message(Subject="x" * 60_000), "Subject")
    assert part.left_text == "a<U+202E>b"
    assert len(part.right_text) <= 4000


def test_it_can_be_copied_as_text() -> None:
    left, right = parse(message(Subject="lunch")), parse(message(CSeq="2 OPTIONS", Expires="5"))
    text = compare(left, right).as_text("frame 1", "frame 2").splitlines()
    assert text[:2] == ["--- frame 1", "+++ frame 2"]
    assert "-  Subject: lunch" in text
    assert "+  Expires: 5" in text
    assert text[text.index("~- CSeq: 1 OPTIONS") + 1] == "~+ CSeq: 2 OPTIONS"
    assert "   Call-ID: c1@10.0.0.1" in text


def test_a_message_of_thousands_of_fields_is_compared() -> None:
    many = message(*(f"X-{at % 7}: {'a b ' * 50}{at}" for at in range(3000)), body="l\r\n" * 9000)
    other = message(*(f"X-{at % 5}: {'b a ' * 50}{at}" for at in range(3000)), body="l\r\nk\r\n" * 4000)
    comparison = compare(parse(many), parse(other))
    assert comparison.count(Change.CHANGED) > 1000


@given(composed_messages(), composed_messages())
def test_every_field_of_both_sides_stands_once(one: Composed, other: Composed) -> None:
    left, right = parse(one.data), parse(other.data)
    parts = [part for part in compare(left, right).parts if part.name and part.name != START_LINE]
    assert sorted(part.name for part in parts if part.change is not Change.ADDED) == sorted(f.canonical for f in left.fields)
    assert sorted(part.name for part in parts if part.change is not Change.REMOVED) == sorted(f.canonical for f in right.fields)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_both_bodies_can_be_read_in_their_order(one: list[str], other: list[str]) -> None:
    left, right = (message(body="".join(f"{line}=x\r\n" for line in lines)) for lines in (one, other))
    parts = [part for part in compare(parse(left), parse(right)).parts if not part.name]
    assert [part.left_text[0] for part in parts if part.change is not Change.ADDED] == one
    assert [part.right_text[0] for part in parts if part.change is not Change.REMOVED] == other


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_can_be_compared(one: bytes, other: bytes) -> None:
    assert compare(parse(one), parse(other)).parts[0].name == START_LINE
