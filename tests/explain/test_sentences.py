"""What is said: decisive words and values, as the RFCs have them, of messages that real software sent and of made ones."""

import pytest

from sipview.explain import Setting
from sipview.values import Endpoint, Transport
from tests.support.explained import explained, message_bytes, part, request, response, said

PHONE = Endpoint("192.0.2.1", 5060)
SERVER = Endpoint("203.0.113.10", 5060)
_SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


def seen(source: Endpoint | None = None, destination: Endpoint | None = None, transport: Transport = Transport.UDP) -> Setting:
    return Setting(source, destination, transport if source or destination else None)


# Via: RFC 3261 8.1.1.7, 18.2.1, 18.2.2; RFC 3581 4


def test_one_via_means_no_proxy() -> None:
    text = said(explained(request()), "Via")
    assert "One Via" in text
    assert "no proxy" in text


def test_vias_are_counted_and_the_reply_goes_to_the_topmost_first() -> None:
    nodes = explained(message_bytes("invite_through_three_proxies"), seen(Endpoint("10.123.0.3", 5060)))
    vias = [node for node in nodes if node.field == "Via"]
    assert len(vias) == 4
    assert "passed through 3 proxies" in vias[0].explanation
    assert "put its own Via on top, and removes it from the reply on the way back" in vias[0].explanation
    assert "goes first to the last of them, 10.123.0.3. That is the address the packet came from." in vias[0].explanation
    assert "Via 2 of 4" in vias[1].explanation
    assert "lowest Via" in vias[3].explanation
    assert "10.123.0.11:5060" in vias[3].explanation


def test_vias_on_one_line_are_counted_alike() -> None:
    nodes = explained(request("Via: SIP/2.0/UDP p.example;branch=z9hG4bKb, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa"))
    assert "passed through 1 proxy, p.example: it put its own Via on top" in said(nodes, "Via", "Via 1")
    assert "lowest" in said(nodes, "Via", "Via 2")


@pytest.mark.parametrize(
    ("via", "source", "words"),
    [
        ("192.0.2.1:5060;rport", PHONE, ["no sign of a NAT", "rport"]),
        ("10.0.0.5:5060;rport", PHONE, ["192.0.2.1:5060", "10.0.0.5:5060", "NAT or a mismatch", "Because of rport"]),
        ("10.0.0.5:5060", PHONE, ["NAT or a mismatch", "to port 5060", "may drop"]),
        ("192.0.2.1:5062;rport", PHONE, ["port 5060 and not from 5062", "may be a NAT"]),
        ("192.0.2.1:5062", PHONE, ["goes to port 5062", "came from port 5060", "get lost"]),
        ("192.0.2.1", PHONE, ["The reply goes to 192.0.2.1, the address the packet came from"]),
        ("phone.example;rport", PHONE, ["name and not an address", "192.0.2.1:5060"]),
        ("phone.example", PHONE, ["notes the address that it sees (192.0.2.1)", "port 5060"]),
        ("[2001:db8::1]:5060;rport", Endpoint("2001:db8::1", 5060), ["no sign of a NAT"]),
    ],
)
def test_the_topmost_via_is_held_against_the_packet(via: str, source: Endpoint, words: list[str]) -> None:
    text = said(explained(request(f"Via: SIP/2.0/UDP {via};branch=z9hG4bKa"), seen(source)), "Via")
    assert all(word in text for word in words), text


def test_over_a_connection_the_reply_comes_back_on_it() -> None:
    text = said(explained(request("Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKa"), seen(PHONE, transport=Transport.TCP)), "Via")
    assert "same TCP connection" in text


def test_received_in_a_lower_via_shows_the_nat_in_front_of_the_phone() -> None:
    vias = [
        "Via: SIP/2.0/UDP p.example;branch=z9hG4bKb",
        "Via: SIP/2.0/UDP 10.0.0.5;received=192.0.2.9;rport=62000;branch=z9hG4bKa",
    ]
    lower = [node for node in explained(request(*vias)) if node.field == "Via"][1]
    assert "received it from 192.0.2.9:62000, another address than the one written here (10.0.0.5)" in lower.explanation


def test_a_reply_goes_to_received_and_rport() -> None:
    nodes = explained(
        response(200, "Via: SIP/2.0/UDP 10.0.0.5;received=192.0.2.9;rport=62000;branch=z9hG4bKa"),
        seen(SERVER, Endpoint("192.0.2.9", 62000)),
    )
    text = said(nodes, "Via")
    assert "goes to 192.0.2.9:62000" in text
    assert "came from 192.0.2.9 and not from 10.0.0.5" in text
    assert "But this packet went" not in text


def test_no_reply_to_an_ack_is_promised() -> None:
    nodes = explained(request(method="ACK"), seen(PHONE))
    assert "reply" not in said(nodes, "Via")
    assert "2xx" in said(nodes, "Via", "branch")
    two = request("Via: SIP/2.0/UDP p.example;branch=z9hG4bKb", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa", method="ACK")
    assert "passed through 1 proxy" in said(explained(two, seen(PHONE)), "Via")
    nat = request("Via: SIP/2.0/UDP 10.0.0.5;rport;branch=z9hG4bKa", method="ACK")
    assert "NAT or a mismatch" in said(explained(nat, seen(PHONE)), "Via")


def test_a_cancel_has_one_via_on_every_hop() -> None:
    nodes = explained(request("Max-Forwards: 68", method="CANCEL"), seen(PHONE))
    assert "from one server to the next" in said(nodes, "Via")
    assert "hidden" not in said(nodes, "Max-Forwards")
    assert "hidden" in said(explained(request("Max-Forwards: 68")), "Max-Forwards")


def test_another_port_in_a_lower_via_shows_a_nat_too() -> None:
    lower = "192.0.2.9;received=192.0.2.9;rport=62000;branch=z9hG4bKa"
    for transport, nat in (("UDP", True), ("TCP", False)):
        nodes = explained(request("Via: SIP/2.0/UDP p.example;branch=z9hG4bKb", f"Via: SIP/2.0/{transport} {lower}"))
        text = next(node for node in reversed(nodes) if node.field == "Via").explanation
        assert ("from port 62000 and not from 5060" in text) == nat


def test_a_proxy_that_recorded_itself_twice_is_one_proxy() -> None:
    lines = ["Record-Route: <sip:10.0.0.1;transport=tcp;lr;r2=on>", "Record-Route: <sip:10.0.0.1;lr;r2=on>"]
    routes = [node for node in explained(request(*lines)) if node.field == "Record-Route"]
    assert "10.0.0.1 put itself in" in routes[0].explanation
    assert "twice, once for each of its sides" in routes[1].explanation
    lines = ["Record-Route: <sip:b.example;lr>", "Record-Route: <sip:a.example;lr>"]
    routes = [node for node in explained(request(*lines)) if node.field == "Record-Route"]
    assert "2 proxies" in routes[0].explanation
    assert "Before it, a.example" in routes[1].explanation


def test_a_branch_without_the_cookie_is_old() -> None:
    assert "z9hG4bK" in said(explained(request("Via: SIP/2.0/UDP 192.0.2.1;branch=1")), "Via", "branch")
    assert "Names this transaction" in said(explained(request()), "Via", "branch")


# Max-Forwards: RFC 3261 8.1.1.6, 16.3


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("70", "no proxy has passed"),
        ("69", "passed 1 proxy"),
        ("68", "passed 2 proxies"),
        ("0", "483"),
        ("10", "loop"),
        ("x", "0 to 255"),
        ("256", "0 to 255"),
    ],
)
def test_max_forwards(value: str, words: str) -> None:
    assert words in said(explained(request(f"Max-Forwards: {value}")), "Max-Forwards")


# Request-URI and To: RFC 3261 8.1.1.1, 8.1.1.2


def test_who_it_is_for_now_and_who_it_was_meant_for() -> None:
    text = said(explained(request()), "Request-Line")
    assert "who it is for now; To is who it was meant for. Both say the same" in text
    moved = said(explained(request("To: <sip:bob@office.example>")), "Request-Line")
    assert "bob at example.com now" in moved
    assert "office.example" in moved
    other = said(explained(request("To: <sip:carol@example.com>")), "Request-Line")
    assert "for bob now, but was meant for carol" in other


def test_a_transfer_to_a_call_that_stands_is_an_attended_one() -> None:
    nodes = explained(request("Refer-To: <sip:carol@example.com?Replaces=12%40a%3Bto-tag%3D1%3Bfrom-tag%3D2>", method="REFER"))
    assert "Whom to contact: carol" in said(nodes, "Refer-To")
    assert "attended transfer" in said(nodes, "Refer-To")
    assert "12@a;to-tag=1;from-tag=2" in said(nodes, "Refer-To", "URI", "Replaces")
    blind = explained(request("Refer-To: <sip:carol@example.com>", method="REFER"))
    assert "attended" not in said(blind, "Refer-To")


def test_a_reinvite_changes_a_call() -> None:
    text = said(explained(message_bytes("reinvite_hold")), "Request-Line")
    assert "Changes a call that exists" in text
    assert "bring a call" not in text


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["Contact: <sip:a@192.0.2.1>;expires=60"], "remember"),
        (["Contact: *", "Expires: 0"], "forget"),
        (["Contact: <sip:a@192.0.2.1>;expires=0"], "forget"),
        ([], "without changing it"),
    ],
)
def test_a_registration_adds_removes_or_asks(lines: list[str], words: str) -> None:
    assert words in said(explained(request(*lines, method="REGISTER")), "Request-Line")


# From and To: RFC 3261 8.1.1.2, 8.1.1.3, 12.1.1


def test_a_caller_without_a_name_may_be_shown_as_anonymous() -> None:
    node = part(explained(request()), "From")
    assert 'may show "Anonymous"' in node.explanation
    assert "RFC 3261 8.1.1.3" in node.reference
    assert 'Shown to the other side as "Alice"' in said(explained(request('From: "Alice" <sip:a@b>;tag=1')), "From")
    assert "hidden" in said(explained(request('From: "Anonymous" <sip:c8@anonymous.invalid>;tag=1')), "From")


def test_the_tag_of_to_tells_of_a_dialog() -> None:
    assert "starts a new dialog" in said(explained(request()), "To")
    assert "need not be who gets the call" in said(explained(request()), "To")
    assert "conversation that exists" in said(explained(request("To: <sip:b@c>;tag=2", method="BYE")), "To")
    assert "early dialog" in said(explained(response(180, "To: <sip:b@c>;tag=2")), "To")
    assert "dialog is complete" in said(explained(response(200, "To: <sip:b@c>;tag=2")), "To")
    assert "no dialog" in said(explained(response(486, "To: <sip:b@c>;tag=2")), "To")
    assert "right for 100" in said(explained(response(100)), "To")
    assert "must have one" in said(explained(response(180)), "To")


# Contact: RFC 3261 8.1.1.8, 10.2, 8.1.3.4


def test_contact_is_held_against_the_packet() -> None:
    assert "came from: good" in said(explained(request("Contact: <sip:a@192.0.2.1:5060>"), seen(PHONE)), "Contact")
    assert "came from: good" in said(explained(request("Contact: <sip:a@192.0.2.1>"), seen(PHONE)), "Contact")
    private = part(explained(request("Contact: <sip:a@10.1.2.3>"), seen(Endpoint("8.8.8.8", 5060))), "Contact")
    assert "will not arrive at 10.1.2.3" in private.explanation
    assert "8.8.8.8" in private.explanation
    assert "RFC 1918 3" in private.reference


def test_contact_of_an_invite_is_exactly_one() -> None:
    node = part(explained(request("Contact: <sip:a@192.0.2.1>, <sip:b@192.0.2.1>")), "Contact")
    assert "exactly one" in node.explanation
    assert "RFC 3261 8.1.1.8" in node.reference
    text = said(explained(request("Contact: <sip:a@192.0.2.1>")), "Contact")
    assert "Exactly one address, as an INVITE must have" in text
    assert "go straight to 192.0.2.1, so it must be reachable" in text
    assert "Record-Route" not in text
    routed = said(explained(request("Contact: <sip:a@192.0.2.1>", "Record-Route: <sip:p.example;lr>")), "Contact")
    assert "proxies in Record-Route lie in between" in routed
    assert "BYE" not in said(explained(request("Contact: <sip:a@192.0.2.1>", method="SUBSCRIBE")), "Contact")


def test_contact_that_is_no_address_of_the_device() -> None:
    gruu = "Contact: <sip:a@example.com;gr=urn:uuid:f81d4fae>"
    assert "this very device" in said(explained(request(gruu), seen(PHONE)), "Contact")
    assert "NAT" not in said(explained(request(gruu), seen(PHONE)), "Contact")
    assert "Exactly one" in said(explained(request(gruu), seen(PHONE)), "Contact")
    web = request("Via: SIP/2.0/WS d7j.invalid;branch=z9hG4bKa", "Contact: <sip:a@d7j.invalid;transport=ws>")
    setting = seen(PHONE, transport=Transport.WS)
    assert "WebSocket connection" in said(explained(web, setting), "Contact")
    assert "WebSocket connection" in said(explained(web, setting), "Via", "sent-by")


def test_contact_of_a_registration_and_of_a_redirection() -> None:
    assert "Send calls to 10.2.0.11:5060 for the next 1 minute" in said(
        explained(message_bytes("register_with_credentials")), "Contact"
    )
    assert "Whom to try instead: 1003 at 10.162.0.13:5060" in said(explained(message_bytes("redirect_302")), "Contact")
    assert "all its registrations end" in said(explained(request("Contact: *", "Expires: 0", method="REGISTER")), "Contact")


def test_pasted_text_says_nothing_of_a_packet() -> None:
    for name in ("invite_from_behind_nat", "ok_through_three_proxies", "register_ok", "reinvite_hold"):
        for node in explained(message_bytes(name)):
            assert "packet came from" not in node.explanation
            assert "packet went" not in node.explanation


# Abilities


def test_allow_says_whether_the_device_can_be_transferred() -> None:
    assert "2 methods" in said(explained(request("Allow: INVITE, REFER")), "Allow")
    assert "REFER is among them" in said(explained(request("Allow: INVITE, REFER")), "Allow")
    text = said(explained(request("Allow: INVITE, BYE")), "Allow")
    assert "cannot transfer it" in text
    assert "ACK, CANCEL and OPTIONS" in text


def test_each_option_tag_is_explained() -> None:
    nodes = explained(request("Supported: 100rel, timer", "Require: x.example"))
    assert "PRACK" in said(nodes, "Supported", "100rel")
    assert "session timers" in said(nodes, "Supported", "timer")
    assert "does not know" in said(nodes, "Require", "x.example")
    assert "420" in said(nodes, "Require")
    assert "this response uses" in said(explained(response(200, "Require: timer")), "Require")
    assert "the request must offer" in said(explained(response(421, "Require: 100rel")), "Require")


# Authentication: RFC 3261 22, RFC 7616


def test_a_challenge_is_no_failure_and_never_carries_the_password() -> None:
    nodes = explained(message_bytes("register_401"))
    assert "normal first step" in said(nodes, "Status-Line")
    assert "realm 10.2.0.1" in said(nodes, "WWW-Authenticate")
    assert "never the password" in said(nodes, "WWW-Authenticate")


def test_credentials_name_the_user() -> None:
    nodes = explained(message_bytes("register_with_credentials"))
    assert "password of 1001 in the realm 10.2.0.1, without sending it" in said(nodes, "Authorization")
    assert "00000001" in said(nodes, "Authorization", "nc")


def test_basic_is_warned_of_and_stale_is_told_from_wrong() -> None:
    assert "readable" in said(explained(request("Authorization: Basic YTpi")), "Authorization")
    stale = response(401, 'WWW-Authenticate: Digest realm="r", nonce="n", stale=TRUE', method="REGISTER")
    assert "password was not wrong" in said(explained(stale), "WWW-Authenticate")


# Other header fields


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Session-Expires: 1800;refresher=uac", ["30 minutes", "15 minutes", "refresher=uac"]),
        ("Reason: Q.850;cause=16", ["cause 16", "normal"]),
        ("Reason: Q.850;cause=17", ["busy"]),
        ("Reason: Q.850;cause=126", ["126", "does not know"]),
        ('Reason: SIP;cause=200;text="Call completed elsewhere"', ["answered on another phone"]),
        ('Warning: 305 pbx.example "no codec"', ["305", "no codec fits", "In words: no codec."]),
        ('Warning: 399 pbx.example "ask John"', ["399", "In words: ask John."]),
        ("Retry-After: 120 (in a meeting)", ["2 minutes"]),
        ("RAck: 776656 1 INVITE", ["776656", "request 1 (INVITE)"]),
        ("Replaces: 12@a;to-tag=1;from-tag=2", ["12@a", "attended transfer"]),
        ("Subscription-State: terminated;reason=timeout", ["has ended", "not renewed in time"]),
        ("P-Asserted-Identity: <tel:+14085264000>", ["+14085264000", "network has checked"]),
        ("Privacy: id", ["P-Asserted-Identity", "CLIR"]),
        ("Diversion: <sip:carol@b>;reason=no-answer", ["diverted by carol", "nobody answered"]),
        ("Diversion: <sip:carol@b>;reason=full-moon", ["diverted by carol", "Why: full-moon."]),
        ("X-Asterisk-HangupCause: Normal", ["not standardised", "Asterisk"]),
        ("X-Anything: 1", ["not standardised", "X-Anything"]),
        ("Fancy-New-Field: 1", ["Fancy-New-Field", "does not know", "ignores"]),
        ("Content-Type: text/x-odd", ["text/x-odd", "no body"]),
        ("Content-Length: 5", ["5 bytes", "0 bytes", "5 are missing"]),
        ("Content-Length: 0", ["No body"]),
    ],
)
def test_header_fields(line: str, words: list[str]) -> None:
    text = said(explained(request(line)), line.partition(":")[0])
    assert all(word in text for word in words), text


# Bodies


def test_a_session_description_says_where_and_with_what() -> None:
    nodes = explained(message_bytes("invite_from_behind_nat"), seen(SERVER))
    assert "Wants audio at 192.168.178.20:5268" in said(nodes, "SDP")
    assert "7 codecs" in said(nodes, "SDP")
    assert "telephone-event" in said(nodes, "SDP")
    private = said(nodes, "SDP", "audio stream", "c=")
    assert "private address" in private
    assert "203.0.113.10" in private
    assert "one-way audio" in private
    assert "64 kbit/s" in said(nodes, "SDP", "audio stream", "a=rtpmap")
    assert "without encryption" in said(nodes, "SDP", "audio stream", "m=", "profile")


def test_the_kind_of_a_private_address_names_its_own_rfc() -> None:
    for host, reference in (("10.0.0.1", "RFC 1918 3"), ("[fd00::1]", "RFC 4193 3"), ("[fe80::1]", "RFC 4291 2.5.6")):
        assert part(explained(request(f"To: <sip:bob@{host}>")), "To", "URI", "host").reference == reference


def test_a_number_with_parameters_is_named_by_its_number() -> None:
    text = said(explained(request("To: <sip:1234;phone-context=ims.example@ims.example;user=phone>")), "To")
    assert "Who was dialled: 1234." in text


def test_an_answer_names_its_codec_and_who_is_held() -> None:
    held = explained(response(200, "Content-Type: application/sdp", body=_SDP + "a=recvonly\r\n"))
    assert "put on hold" in said(held, "SDP")
    assert "with the codec PCMU" in said(explained(response(200, "Content-Type: application/sdp", body=_SDP)), "SDP")


def test_hold_encryption_fax_and_refusal() -> None:
    hold = explained(message_bytes("reinvite_hold"))
    assert "wants none" in said(hold, "SDP")
    assert "hold" in said(hold, "SDP", "audio stream", "a=sendonly")
    srtp = explained(message_bytes("invite_srtp"))
    assert "with encryption" in said(srtp, "SDP", "audio stream", "m=", "profile")
    assert "encrypted (RTP/SAVP)" in said(srtp, "SDP")
    assert "AES_256_CM_HMAC_SHA1_80" in said(srtp, "SDP", "audio stream", "a=crypto")
    fax = explained(message_bytes("reinvite_fax"))
    assert "fax" in said(fax, "SDP")
    assert "14400 bit/s" in said(fax, "SDP", "image stream", "a=T38MaxBitRate")
    sdp = _SDP + "m=video 0 RTP/AVP 31\r\n"
    refused = explained(response(200, "Content-Type: application/sdp", body=sdp))
    assert "video stream is refused" in said(refused, "SDP", "video stream")


def test_other_bodies() -> None:
    assert "key 9 was pressed, for 160 ms" in said(explained(message_bytes("info_key")), "Body")
    assert "transfer succeeded" in said(explained(message_bytes("notify_transfer_done")), "Body")
    assert "messages waiting" in said(explained(message_bytes("notify_message_waiting")), "Body")
    assert "can be reached" in said(explained(message_bytes("notify_presence")), "Body")


def test_each_part_of_a_multipart_body_is_explained() -> None:
    second = "Content-Type: application/isup;version=itu\r\n\r\nabc"
    body = f"--x\r\nContent-Type: application/sdp\r\n\r\n{_SDP}\r\n--x\r\n{second}\r\n--x--\r\n"
    nodes = explained(request("Content-Type: multipart/mixed;boundary=x", body=body))
    assert "2 parts" in said(nodes, "Body")
    assert "192.0.2.1:4000" in said(nodes, "Body", "Part 1", "SDP")
    assert "ISUP" in said(nodes, "Body", "Part 2")


def test_every_common_status_has_its_own_sentence() -> None:
    common = [
        100,
        180,
        181,
        182,
        183,
        202,
        300,
        301,
        302,
        305,
        380,
        400,
        401,
        402,
        403,
        404,
        405,
        406,
        407,
        408,
        410,
        413,
        414,
        415,
    ]
    common += [416, 420, 421, 422, 423, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493]
    common += [500, 501, 502, 503, 504, 505, 513, 600, 603, 604, 606]
    texts = [said(explained(response(status)), "Status-Line") for status in common]
    assert len(set(texts)) == len(common)
    assert not any("does not know this code" in text for text in texts)
    assert "does not know this code" in said(explained(response(499)), "Status-Line")


def test_about_tells_what_a_header_field_is() -> None:
    assert "topmost" in part(explained(request()), "Via").more
    assert "straight to it" in part(explained(request("Contact: <sip:a@b>")), "Contact").more
