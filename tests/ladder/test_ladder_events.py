"""What each message's arrow says."""

from typing import Any

import pytest
from msgspec import structs

from sipview.calls import Conversations, Observed
from sipview.ladder import LadderEvent, events_of
from sipview.ladder.events import user_of
from sipview.sip import Facts
from tests.support.script_calls import BLANK, REASONS, Script


def events(script: Script, details: dict[int, str] | None = None) -> tuple[LadderEvent, ...]:
    messages = script.messages
    return events_of(range(len(messages)), messages, script.conversations(), details or {})


def only_event(facts: Facts, detail: str = "") -> LadderEvent:
    """The event of one message, whatever a tracker would make of it."""
    script = Script()
    seen: Observed = script.see(script.phone("anna").at, script.phone("ben").at, facts)
    conversations = Conversations(calls=(), others=(), transactions=(7,), retransmission_of=(-1,))
    (event,) = events_of([0], [seen], conversations, {0: detail} if detail else {})
    return event


def request(method: str, **facts: Any) -> Facts:
    return structs.replace(BLANK, method=method, cseq_method=method, cseq_number=1, **facts)


def response(status: int, method: str, **facts: Any) -> Facts:
    return structs.replace(BLANK, status=status, reason=REASONS.get(status, "OK"), cseq_method=method, cseq_number=1, **facts)


@pytest.mark.parametrize(
    ("facts", "title", "detail"),
    [
        (request("INVITE", request_uri="sip:1002@10.1.1.1;user=phone"), "INVITE 1002", ""),
        (request("INVITE", request_uri="sip:1002@10.1.1.1", to_tag="b"), "re-INVITE", ""),
        (request("INVITE", request_uri="sip:1002@a", sdp=True, has_credentials=True), "INVITE 1002", "with credentials · SDP"),
        (request("REGISTER", request_uri="sip:pbx", to_uri="sip:1001@pbx"), "REGISTER 1001", ""),
        (request("MESSAGE", request_uri="tel:+49301234;phone-context=x"), "MESSAGE +49301234", ""),
        (request("ACK", request_uri="sip:1002@10.1.1.1"), "ACK", ""),
        (request("BYE", request_uri="sip:1002@a", reason_header='Q.850;cause=16;text="Bye, now"'), "BYE", "Bye, now"),
        (request("CANCEL", request_uri="sip:a@b", reason_header="Q.850 ;cause=26"), "CANCEL", "answered elsewhere"),
        (response(180, "INVITE"), "180 Ringing", ""),
        (response(407, "INVITE"), "407 Proxy Authentication Required", "password asked"),
        (response(200, "BYE"), "200 OK", "for BYE"),
        (response(200, "INVITE", sdp=True), "200 OK", "SDP"),
        (structs.replace(BLANK, reason="Ringing"), "? Ringing", ""),
    ],
)
def test_title_and_detail(facts: Facts, title: str, detail: str) -> None:
    event = only_event(facts)
    assert (event.title, event.detail) == (title, detail)


def test_the_given_text_stands_for_the_sdp() -> None:
    assert only_event(request("INVITE", request_uri="sip:a@b", sdp=True), "PCMU 10.1.1.1:4000").detail == "PCMU 10.1.1.1:4000"


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("sip:alice@example.org", "alice"),
        ("sips:alice:secret@example.org", "alice"),
        ("sip:+49;isub=1@example.org", "+49"),
        ("sip:example.org", ""),
        ("TEL:+49-30-1", "+49-30-1"),
        ("", ""),
        ("@@@", ""),
    ],
)
def test_user_of_a_uri(uri: str, user: str) -> None:
    assert user_of(uri) == user


def test_hops_of_a_request_are_one_transaction_and_the_ack_belongs_to_its_invite() -> None:
    script = Script()
    anna, proxy, ben = script.phone("anna"), script.phone("proxy"), script.phone("ben")
    call = anna.calls(ben, through=[proxy])
    invite = call.invite()
    invite.answered(180)
    invite.answered(200)
    call.ack(invite)
    call.bye(by=ben).answered(200)
    drawn = events(script)
    assert {event.leg for event in drawn} == {0}
    bye = [event for event in drawn if event.method == "BYE"]
    assert len(bye) == 4
    assert {event.transaction for event in drawn if event.method in {"INVITE", "ACK"}} == {0}
    assert {event.transaction for event in bye} == {1}


def test_a_request_repeated_with_the_password_is_the_one_that_was_challenged() -> None:
    def seen(
        number: int, method: str | None, status: int | None = None, *, credentials: bool = False, kind: str = "INVITE"
    ) -> Facts:
        return structs.replace(
            BLANK, method=method, status=status, cseq_method=kind, cseq_number=number, from_tag="a", call_id="one",
            has_credentials=credentials,
        )  # fmt: skip

    script = Script()
    anna, ben = script.phone("anna").at, script.phone("ben").at
    for facts in (
        seen(1, "INVITE"), seen(1, None, 407), seen(1, "ACK", kind="ACK"),
        seen(2, "INVITE", credentials=True), seen(2, None, 200), seen(2, "ACK", kind="ACK"),
        seen(3, "INVITE", credentials=True), seen(3, None, 200), seen(4, "BYE", kind="BYE"),
    ):  # fmt: skip
        script.see(anna, ben, facts)
    transactions = [event.transaction for event in events(script)]
    assert transactions[:6] == [0] * 6
    assert transactions[6:] == [1, 1, 2]  # nobody asked for a password before this re-INVITE


def test_legs_count_call_ids_in_order_of_time() -> None:
    script = Script()
    anna, pbx, ben = script.phone("anna"), script.phone("pbx"), script.phone("ben")
    anna.calls(pbx).invite()
    pbx.calls(ben).invite()
    assert [event.leg for event in events(script)] == [0, 1]
    # Whoever asks for the later message first gets them in order of time all the same.
    reversed_order = events_of([1, 0], script.messages, script.conversations(), {})
    assert [event.position for event in reversed_order] == [0, 1]


def test_a_message_that_came_again_is_a_repetition() -> None:
    script = Script()
    anna, ben = script.phone("anna"), script.phone("ben")
    anna.calls(ben).invite()
    first = script.messages[0]
    script.wait(0.5)
    script.see(first.source, first.destination, first.facts)
    assert [event.retransmission for event in events(script)] == [False, True]
