"""Session descriptions as RFC 8866 and RFC 3264 have them, read and told in few words."""

import pytest

from sipview.sip.sdp import Media, RtpMap, SessionDescription, parse_sdp
from sipview.sip.sdp_summary import sdp_summary

SESSION = ("v=0", "o=bob 1 2 IN IP4 10.1.1.11", "s=call", "c=IN IP4 10.1.1.11", "t=0 0")


def description(*lines: str, session: tuple[str, ...] = SESSION) -> SessionDescription:
    return parse_sdp("\r\n".join((*session, *lines, "")).encode())


def kinds(found: SessionDescription) -> list[str]:
    return [problem.kind for problem in found.problems]


def media(*lines: str) -> Media:
    (found,) = description(*lines).media
    return found


def test_a_usual_offer() -> None:
    found = description("m=audio 4016 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=rtcp:4017")
    assert (found.origin, found.session_name, found.address) == ("bob 1 2 IN IP4 10.1.1.11", "call", "10.1.1.11")
    assert kinds(found) == []
    (audio,) = found.media
    assert (audio.kind, audio.port, audio.port_count, audio.profile) == ("audio", 4016, 1, "RTP/AVP")
    assert (audio.formats, audio.address, audio.direction) == (("0", "8", "101"), "10.1.1.11", "sendrecv")
    assert audio.codecs == (
        RtpMap(0, "PCMU", 8000, 1, True, ""),
        RtpMap(8, "PCMA", 8000, 1, True, ""),
        RtpMap(101, "telephone-event", 8000, 1, False, "0-16"),
    )
    assert audio.attribute("rtcp") == "4017"
    assert audio.attribute("ptime") is None


def test_a_mapping_goes_before_the_static_one_and_may_have_channels() -> None:
    audio = media("m=audio 1 RTP/AVP 96 9", "a=rtpmap:9 G722/8000", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1; x=2")
    assert audio.codecs == (RtpMap(96, "opus", 48000, 2, False, "useinbandfec=1; x=2"), RtpMap(9, "G722", 8000, 1, False, ""))


def test_media_inherit_address_and_direction_unless_they_have_their_own() -> None:
    found = description("a=sendonly", "m=audio 1 RTP/AVP 0", "m=video 3 RTP/AVP 31", "c=IN IP6 2001:db8::1", "a=inactive")
    assert [(each.address, each.direction) for each in found.media] == [("10.1.1.11", "sendonly"), ("2001:db8::1", "inactive")]


def test_the_address_is_without_time_to_live_and_the_port_without_count() -> None:
    audio = media("m=audio 49170/2 RTP/AVP 31", "c=IN IP4 224.2.1.1/127/3")
    assert (audio.port, audio.port_count, audio.address) == (49170, 2, "224.2.1.1")


def test_attributes_of_the_session_are_not_those_of_the_media() -> None:
    found = description(
        "a=ice-lite", "a=fingerprint:sha-256 AA:BB", "m=audio 1 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"
    )
    assert (found.attribute("ice-lite"), found.attribute("fingerprint")) == ("", "sha-256 AA:BB")
    assert found.media[0].attribute("fingerprint") is None
    assert found.media[0].attribute("crypto") == "1 AES_CM_128_HMAC_SHA1_80 inline:x"


def test_spans_count_from_the_beginning_of_the_message() -> None:
    data = b"....v=0\ns=Gr\xc3\xbc\xc3\x9fe\r\n\r\nm=audio 1 RTP/AVP 0\n"
    found = parse_sdp(data[4:], 4)
    lines = (*found.session_lines, *found.media[0].lines)
    assert [data[line.start : line.end] for line in lines] == [b"v=0", "s=Grüße".encode(), b"m=audio 1 RTP/AVP 0"]
    assert [data[line.value_start : line.end] for line in lines] == [b"0", "Grüße".encode(), b"audio 1 RTP/AVP 0"]


@pytest.mark.parametrize(
    ("lines", "kind", "where"),
    [
        (("m=audio x RTP/AVP 0",), "bad-sdp-media", b"m=audio x RTP/AVP 0"),
        (("m=audio 1 RTP/AVP",), "bad-sdp-media", b"m=audio 1 RTP/AVP"),
        (("m=audio 1/0 RTP/AVP 0",), "bad-sdp-media", b"m=audio 1/0 RTP/AVP 0"),
        (("m=audio 1 RTP/AVP 0 pcmu",), "bad-sdp-format", b"m=audio 1 RTP/AVP 0 pcmu"),
        (("m=audio 1 RTP/AVP 97",), "no-sdp-rtpmap", b"m=audio 1 RTP/AVP 97"),
        (("m=audio 1 RTP/AVP 31", "a=rtpmap:31 LPC"), "bad-sdp-rtpmap", b"a=rtpmap:31 LPC"),
        (("m =video 3227 RTP/AVP 31",), "bad-sdp-line", b"m =video 3227 RTP/AVP 31"),
        (("x=1",), "bad-sdp-line", b"x=1"),
        (("m=audio 1 RTP/AVP 0", "c=IN IP4"), "bad-sdp-address", b"c=IN IP4"),
    ],
)
def test_a_fault_is_named_and_located(lines: tuple[str, ...], kind: str, where: bytes) -> None:
    data = "\r\n".join((*SESSION, *lines)).encode()
    problem = next(problem for problem in parse_sdp(data).problems if problem.kind == kind)
    assert data[problem.start : problem.end] == where


def test_what_must_be_there_is_missed() -> None:
    assert kinds(description("m=audio 1 RTP/AVP 0", session=("v=1", "o=x"))) == [
        "no-sdp-s",
        "no-sdp-t",
        "bad-sdp-version",
        "bad-sdp-origin",
        "no-sdp-address",
    ]
    assert kinds(parse_sdp(b"")) == ["no-sdp-v", "no-sdp-o", "no-sdp-s", "no-sdp-t"]


def test_refused_media_need_no_mapping() -> None:
    assert kinds(description("m=audio 1 RTP/AVP 0", "m=video 0 RTP/AVP 97")) == []


@pytest.mark.parametrize(
    ("lines", "summary"),
    [
        (("m=audio 4016 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000"), "PCMU PCMA telephone-event 10.1.1.11:4016"),
        (("m=audio 4016 RTP/AVP 0", "a=sendonly"), "PCMU 10.1.1.11:4016 sendonly"),
        (("m=audio 4016 RTP/AVP 0", "a=inactive", "c=IN IP4 0.0.0.0"), "PCMU 0.0.0.0:4016 on hold inactive"),
        (("m=audio 4016 RTP/AVP 0", "c=IN IP6 2001:db8::1"), "PCMU [2001:db8::1]:4016"),
        (("m=audio 0 RTP/AVP 0",), "audio refused"),
        (("m=audio 1 RTP/AVP 0", "m=video 0 RTP/AVP 31"), "audio PCMU 10.1.1.11:1, video refused"),
        (("m=image 4022 udptl t38",), "image t38 10.1.1.11:4022"),
        (("m=audio 1 RTP/SAVP 0",), "SRTP PCMU 10.1.1.11:1"),
        (("m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2"), "DTLS-SRTP opus 10.1.1.11:9"),
        (
            ("m=audio 1 RTP/AVP 96 97", "a=rtpmap:96 telephone-event/8000", "a=rtpmap:97 telephone-event/16000"),
            "telephone-event 10.1.1.11:1",
        ),
        (("m=audio 1 RTP/AVP 99",), "99 10.1.1.11:1"),
        ((), ""),
    ],
)
def test_a_summary_is_a_label(lines: tuple[str, ...], summary: str) -> None:
    assert sdp_summary(description(*lines)) == summary
