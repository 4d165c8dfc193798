"""Registrations, OPTIONS, subscriptions, messages: kept, named, and told in words."""

import pytest
from msgspec import structs

from sipview.calls import ConversationKind
from tests.support.script_calls import Phone, Script


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def phone(script: Script) -> Phone:
    return script.phone("anna")


@pytest.fixture
def pbx(script: Script) -> Phone:
    return script.phone("pbx")


def test_registered_after_a_challenge(script: Script, phone: Phone, pbx: Phone) -> None:
    talk = phone.asks(pbx)
    talk.request("REGISTER", expires=600).answered(401)
    talk.request("REGISTER", expires=600, has_credentials=True).answered(200, expires=300)

    other = script.other()
    assert (other.kind, other.outcome, other.failed) == (ConversationKind.REGISTRATION, "registered for 300 s", False)
    assert (other.status, other.source, other.destination) == (200, phone.at, pbx.at)
    assert (other.from_uri, other.to_uri) == (phone.uri, pbx.uri)
    assert other.messages == (0, 1, 2, 3)


def test_registered_and_only_the_wish_is_known(script: Script, phone: Phone, pbx: Phone) -> None:
    phone.asks(pbx).request("REGISTER", expires=600).answered(200)

    assert script.other().outcome == "registered, asked for 600 s"


def test_registered_and_unregistered(script: Script, phone: Phone, pbx: Phone) -> None:
    talk = phone.asks(pbx)
    talk.request("REGISTER", expires=600).answered(200)
    talk.request("REGISTER", expires=0).answered(200)

    assert script.other().outcome == "unregistered"


def test_wrong_password(script: Script, phone: Phone, pbx: Phone) -> None:
    talk = phone.asks(pbx)
    for _ in range(3):
        talk.request("REGISTER").answered(401)
        talk.request("REGISTER", has_credentials=True).answered(401)

    other = script.other()
    assert (other.outcome, other.failed, other.status) == ("wrong password", True, 401)


def test_stale_nonce_is_no_wrong_password(script: Script, phone: Phone, pbx: Phone) -> None:
    talk = phone.asks(pbx)
    talk.request("REGISTER", expires=60, has_credentials=True).answered(200)
    talk.request("REGISTER", expires=60, has_credentials=True).answered(401)
    assert script.other().outcome == "credentials refused: 401 Unauthorized"
    talk.request("REGISTER", expires=60, has_credentials=True).answered(200)
    assert (script.other().outcome, script.other().failed) == ("registered, asked for 60 s", False)


def test_asked_for_a_password_and_never_sent_one(script: Script, phone: Phone, pbx: Phone) -> None:
    phone.asks(pbx).request("REGISTER").answered(401)
    assert (script.other().outcome, script.other().failed) == ("asked for a password", False), "it may still come"
    script.wait(33)
    assert (script.other().outcome, script.other().failed) == ("asked for a password, never sent one", True)


def test_refused(script: Script, phone: Phone, pbx: Phone) -> None:
    phone.asks(pbx).request("REGISTER").answered(403)

    assert (script.other().outcome, script.other().failed) == ("refused: 403 Forbidden", True)


def test_no_reply(script: Script, phone: Phone, pbx: Phone) -> None:
    phone.asks(pbx).request("REGISTER").again()
    assert (script.other().outcome, script.other().failed, script.other().status) == ("no reply yet", False, None)
    script.wait(32)
    assert (script.other().outcome, script.other().failed, script.other().status) == ("no reply", True, None)


def test_refresh_on_its_way_does_not_undo_the_registration(script: Script, phone: Phone, pbx: Phone) -> None:
    talk = phone.asks(pbx)
    talk.request("REGISTER").answered(200, expires=90)
    talk.request("REGISTER")

    assert (script.other().outcome, script.other().failed) == ("registered for 90 s", False)


@pytest.mark.parametrize(
    ("status", "outcome", "failed"),
    [
        (200, "answered 200 OK", False),
        (404, "answered 404 Not Found", False),
        (503, "answered 503 Service Unavailable", True),
        (408, "answered 408 Request Timeout", True),
    ],
)
def test_options(script: Script, phone: Phone, pbx: Phone, status: int, outcome: str, failed: bool) -> None:
    phone.asks(pbx).request("OPTIONS").answered(status)

    other = script.other()
    assert (other.kind, other.outcome, other.failed) == (ConversationKind.KEEPALIVE, outcome, failed)


def test_subscription_with_its_notifications(script: Script, phone: Phone, pbx: Phone) -> None:
    talk = phone.asks(pbx)
    talk.request("SUBSCRIBE").answered(200, expires=3600)
    talk.request("NOTIFY", pbx).answered(200)
    assert (script.other().kind, script.other().outcome) == (ConversationKind.SUBSCRIPTION, "subscribed for 3600 s")
    talk.request("SUBSCRIBE", expires=0).answered(200, expires=0)
    talk.request("NOTIFY", pbx).answered(200)
    assert (script.other().outcome, len(script.other().messages)) == ("unsubscribed", 8)


@pytest.mark.parametrize(
    ("method", "kind", "status", "outcome"),
    [
        ("MESSAGE", ConversationKind.MESSAGE, 200, "delivered"),
        ("MESSAGE", ConversationKind.MESSAGE, 404, "not delivered: 404 Not Found"),
        ("PUBLISH", ConversationKind.PUBLICATION, 200, "published"),
        ("NOTIFY", ConversationKind.SUBSCRIPTION, 200, "notified"),
        ("NOTIFY", ConversationKind.SUBSCRIPTION, 481, "notification refused: 481 Call/Transaction Does Not Exist"),
        ("REFER", ConversationKind.OTHER, 202, "answered 202 Accepted"),
        ("INFO", ConversationKind.OTHER, 405, "refused: 405 Method Not Allowed"),
        ("WHATEVER", ConversationKind.OTHER, 200, "answered 200 OK"),
    ],
)
def test_other_methods(
    script: Script, phone: Phone, pbx: Phone, method: str, kind: ConversationKind, status: int, outcome: str
) -> None:
    phone.asks(pbx).request(method).answered(status)

    assert (script.other().kind, script.other().outcome) == (kind, outcome)


def test_message_delivered_through_a_proxy_is_one_conversation(script: Script, phone: Phone, pbx: Phone) -> None:
    phone.asks(script.phone("ben"), through=[pbx]).request("MESSAGE").answered(200)

    assert (script.other().outcome, len(script.other().messages)) == ("delivered", 4)


def test_only_the_response_was_captured(script: Script, phone: Phone, pbx: Phone) -> None:
    request = phone.asks(pbx).request("REGISTER").answered(200, expires=60)
    script.without(request.hops[0])

    other = script.other()
    assert (other.kind, other.outcome) == (ConversationKind.REGISTRATION, "registered for 60 s")
    assert (other.source, other.destination) == (phone.at, pbx.at)


def test_conversations_stand_in_order_of_start(script: Script, phone: Phone, pbx: Phone) -> None:
    first = phone.asks(pbx).request("OPTIONS").hops[0]
    second = phone.asks(pbx).request("MESSAGE").hops[0]
    script.messages = [structs.replace(second, position=0), structs.replace(first, position=1)]

    assert [other.kind for other in script.conversations().others] == [ConversationKind.KEEPALIVE, ConversationKind.MESSAGE]
