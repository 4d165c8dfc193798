"""Calls whose sound goes one way only, in captures that are made packet by packet."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from sipview.calls import Observed
from sipview.index.reading import Reading
from sipview.session import one_way
from sipview.session.one_way import OneWay, OneWayWatch
from sipview.session.wanted_sound import wanted_sound
from sipview.sip import skim
from sipview.values import CancelToken
from tests.support.captures import START_NS, Packet, open_file, pcap, udp, write
from tests.support.spoken_calls import ANN, BOB, ann_says, bob_says, rtp, sdp, talk

_FILE_HEADER = len(pcap([]))
_PACKETS_AT_ONCE = 150


def found(path: Path, *captures: Iterable[tuple[float, bytes]], silence_s: float = one_way.SILENCE_S) -> list[OneWay]:
    """What is found in these captures: each is a file of its own, which grows while it is read."""
    watch = OneWayWatch(silence_s)
    for number, frames in enumerate(captures):
        file = open_file(write(path / f"{number}.pcap", pcap([])))
        reading, packets = Reading([file]), talk(frames)
        for begin in range(0, len(packets), _PACKETS_AT_ONCE):
            with (path / f"{number}.pcap").open("ab") as growing:
                growing.write(pcap(packets[begin : begin + _PACKETS_AT_ONCE])[_FILE_HEADER:])
            assert file.has_grown()
            take(watch, reading)
    return watch.found()


def take(watch: OneWayWatch, reading: Reading) -> None:
    """Give the watch what is new."""
    first = reading.index.count
    for step in reading.steps(CancelToken()):
        for each in step.candidates:
            observed = Observed(
                0, each.row, each.time_ns, each.source, each.destination, each.transport, skim(each.data)
            )  # fmt: skip
            watch.take_message(observed, each.data)
        watch.take_rows(step.index, first, step.index.count)
        first = step.index.count


def call(*, offer: str = "", answer: str = "") -> list[tuple[float, bytes]]:
    """Ann calls Bob, who answers at 2 s."""
    return [
        (0, ann_says("INVITE", 1, offer or sdp(ANN))),
        (1, bob_says("180 Ringing", 1)),
        (2, bob_says("200 OK", 1, answer or sdp(BOB))),
        (2.1, ann_says("ACK", 1)),
    ]


def test_rtp_one_way_is_a_failure_and_the_silent_side_is_told(tmp_path: Path) -> None:
    (one,) = found(tmp_path, call() + rtp(ANN, BOB, 2.2, 13))
    assert (one.caller, one.callee, one.silent, one.unhearing) == ("ann", "bob", "bob", "ann")
    (other,) = found(tmp_path, call() + rtp(BOB, ANN, 2.2, 13))
    assert (other.silent, other.unhearing) == ("ann", "bob")


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(rtp(ANN, BOB, 2.2, 13) + rtp(BOB, ANN, 2.2, 13), id="both ways"),
        pytest.param([(30.0, bob_says("180 Ringing", 9))], id="no RTP at all"),
        pytest.param(rtp(ANN, BOB, 2.2, 11), id="not for ten seconds"),
        pytest.param(rtp(ANN, BOB, 2.2, 5) + rtp("10.0.0.7/9000", "10.0.0.8/9000", 5, 20), id="too few"),
        pytest.param(rtp(ANN, BOB, 2.2, 20) + rtp(BOB, ANN, 11, 11.01), id="a single packet, not long ago"),
        pytest.param(rtp("10.0.0.7/9000", "10.0.0.8/9000", 2.2, 20), id="of somebody else"),
        pytest.param(rtp(ANN, BOB, 2.2, 20, first=b"\x80\xc8"), id="RTCP"),
    ],
)
def test_what_is_none(media: list[tuple[float, bytes]], tmp_path: Path) -> None:
    assert found(tmp_path, call() + media) == []


def test_rtp_before_the_answer_does_not_count(tmp_path: Path) -> None:
    early = [(0.1, bob_says("183 Session Progress", 1, sdp(BOB)))]
    assert found(tmp_path, call()[:1] + early + rtp(BOB, ANN, 0.2, 1.9) + call()[1:] + rtp(ANN, BOB, 2.2, 13))
    assert not found(tmp_path, call()[:1] + early + rtp(BOB, ANN, 0.2, 20))


def test_nat_on_one_side_does_no_harm(tmp_path: Path) -> None:
    outside = "203.0.113.9/31000"  # where Ann's 10.0.0.1 is seen from
    assert not found(tmp_path, call() + rtp(outside, BOB, 2.2, 13) + rtp(BOB, outside, 2.2, 13))
    (one,) = found(tmp_path, call() + rtp(outside, BOB, 2.2, 13))
    assert one.silent == "bob"
    (other,) = found(tmp_path, call() + rtp(BOB, outside, 2.2, 13))
    assert other.silent == "ann"


def test_a_proxy_that_puts_itself_between(tmp_path: Path) -> None:
    """Both sides of a media proxy are captured: the same offer and answer, each with other ends."""
    to_bob, to_ann = "10.0.0.3/7000", "10.0.0.3/7002"
    before = [
        (0, ann_says("INVITE", 1, sdp(ANN))),
        (0.01, ann_says("INVITE", 1, sdp(to_bob))),
        (2, bob_says("200 OK", 1, sdp(BOB))),
        (2.01, bob_says("200 OK", 1, sdp(to_ann))),
    ]
    from_ann = rtp(ANN, to_ann, 2.2, 13) + rtp(to_bob, BOB, 2.2, 13)
    from_bob = rtp(BOB, to_bob, 2.2, 13) + rtp(to_ann, ANN, 2.2, 13)
    assert not found(tmp_path, before + from_ann + from_bob)
    assert [one.silent for one in found(tmp_path, before + from_ann)] == ["bob"]


def test_between_two_proxies(tmp_path: Path) -> None:
    """Neither the first nor the last offer and answer name the ends that the captured RTP goes between."""
    to_ann, to_bob = "10.0.0.3/7000", "10.0.0.4/7002"
    offers = [(0.01 * hop, ann_says("INVITE", 1, sdp(end))) for hop, end in enumerate((ANN, to_ann, "10.0.0.4/7004"))]
    answers = [(2 + 0.01 * hop, bob_says("200 OK", 1, sdp(end))) for hop, end in enumerate((BOB, to_bob, "10.0.0.3/7006"))]
    there, back = rtp(to_ann, to_bob, 2.2, 13), rtp(to_bob, to_ann, 2.2, 13)
    assert not found(tmp_path, offers + answers + there + back)
    assert [one.silent for one in found(tmp_path, offers + answers + there)] == ["bob"]


@pytest.mark.parametrize(
    "answer",
    [
        sdp(BOB, "a=recvonly"),
        sdp(BOB, "a=sendonly"),
        sdp(BOB, "a=inactive"),
        sdp(BOB).replace("t=0 0", "t=0 0\r\na=inactive"),
        sdp("0.0.0.0/5000"),
        sdp("10.0.0.2/0"),
        "v=0\r\nc=IN IP4 10.0.0.2\r\nm=video 5000 RTP/AVP 96",
    ],
)
def test_a_side_on_hold_or_without_sound_is_no_failure(answer: str, tmp_path: Path) -> None:
    assert found(tmp_path, call(answer=answer) + rtp(ANN, BOB, 2.2, 20)) == []


def test_sound_of_its_own_direction_is_not_on_hold(tmp_path: Path) -> None:
    answer = sdp(BOB, "a=sendrecv").replace("t=0 0", "t=0 0\r\na=inactive")
    assert found(tmp_path, call(answer=answer) + rtp(ANN, BOB, 2.2, 13))


def test_hold_and_its_end_begin_anew(tmp_path: Path) -> None:
    talking = rtp(ANN, BOB, 2.2, 5) + rtp(BOB, ANN, 2.2, 5)
    hold = [(5.0, bob_says("INVITE", 7, sdp(BOB, "a=sendonly"))), (5.1, ann_says("200 OK", 7, sdp(ANN, "a=recvonly")))]
    music = rtp(BOB, ANN, 5.2, 18)
    back = [(18.0, bob_says("INVITE", 8, sdp(BOB))), (18.1, ann_says("200 OK", 8, sdp(ANN)))]
    assert not found(tmp_path, call() + talking + hold + music)
    assert not found(tmp_path, call() + talking + hold + music + back + rtp(BOB, ANN, 18.2, 28))
    (one,) = found(tmp_path, call() + talking + hold + music + back + rtp(BOB, ANN, 18.2, 29))
    assert one.silent == "ann"


def test_an_offer_in_the_answer_of_the_invite(tmp_path: Path) -> None:
    late = [(0.0, ann_says("INVITE", 1)), (2.0, bob_says("200 OK", 1, sdp(BOB))), (2.1, ann_says("ACK", 1, sdp(ANN)))]
    assert [one.silent for one in found(tmp_path, late + rtp(ANN, BOB, 2.2, 13))] == ["bob"]


@pytest.mark.parametrize(("bye_s", "calls"), [(9.0, 0), (12.5, 1)])
def test_a_call_that_ends_has_been_one_way_for_ten_seconds_or_not(bye_s: float, calls: int, tmp_path: Path) -> None:
    bye = [(bye_s, ann_says("BYE", 2)), (bye_s + 0.1, bob_says("200 OK", 2, method="BYE"))]
    next_call = rtp(BOB, ANN, 13, 30)  # between the same ends
    assert len(found(tmp_path, call() + rtp(ANN, BOB, 2.2, bye_s) + bye + next_call)) == calls


def test_each_way_in_the_file_of_another_interface(tmp_path: Path) -> None:
    one = call() + rtp(ANN, BOB, 2.2, 13)
    assert found(tmp_path, one, rtp("10.9.9.9/4000", "10.9.9.8/4000", 2.2, 3) + rtp(BOB, ANN, 2.2, 13)) == []
    assert len(found(tmp_path, one, rtp("10.9.9.9/4000", "10.9.9.8/4000", 2.2, 13))) == 1


def test_an_end_that_many_calls_name_tells_nothing(tmp_path: Path) -> None:
    def calls(count: int) -> list[tuple[float, bytes]]:
        """Calls of Ann's, who wants the sound of all at the same end."""
        return [
            (when, data.replace(b"one@test", b"n%02d@test" % number).replace(b"audio 5000", b"audio %d" % (5000 + 2 * number)))
            for number in range(count)
            for when, data in call()
        ]

    assert [one.call_id for one in found(tmp_path, calls(1) + rtp(ANN, BOB, 2.2, 13))] == ["n00@test"]
    assert found(tmp_path, calls(12) + rtp(ANN, BOB, 2.2, 13)) == []


def test_ends_whose_addresses_are_seen_late(tmp_path: Path) -> None:
    far = call(offer=sdp("10.5.0.1/4000"), answer=sdp("10.5.0.2/5000"))
    others = rtp("10.0.0.7/9000", "10.0.0.8/9000", 2, 13)
    assert [one.silent for one in found(tmp_path, far + others + rtp("10.5.0.1/4000", "10.5.0.2/5000", 6, 13))] == ["bob"]


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_way, "_MOST_CALLS", 1)
    other = [(when + 0.01, data.replace(b"one@test", b"two@test").replace(b"4000", b"4444")) for when, data in call()]
    assert [one.call_id for one in found(tmp_path, call() + other + rtp(ANN, BOB, 2.2, 13))] == ["two@test"]


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_any_description_gives_a_result(cut: int, tmp_path: Path) -> None:
    broken = sdp(BOB)[:cut] + "\r\nm=audio " * 50 + "m=audio 70000 RTP/AVP 0\r\nc=IN IP4 999.0.0.1"
    assert found(tmp_path, call(answer=broken) + rtp(ANN, BOB, 2.2, 13)) == []


def stopping(*, at_s: float = 8.0, end_s: float = 20.0, first: bytes = b"\x80\x00") -> list[tuple[float, bytes]]:
    """Both are heard; Bob falls silent, Ann goes on."""
    return rtp(ANN, BOB, 2.2, end_s, first) + rtp(BOB, ANN, 2.2, at_s, first)


def test_sound_that_stops_amid_a_call_is_told_with_its_moment(tmp_path: Path) -> None:
    (one,) = found(tmp_path, call() + stopping())
    assert (one.caller, one.callee, one.silent, one.unhearing) == ("ann", "bob", "bob", "ann")
    assert one.stopped_ns is not None
    assert (one.stopped_ns - START_NS) / 1e9 == pytest.approx(8.0, abs=0.03)
    assert (one.at_ns - START_NS) / 1e9 == pytest.approx(20.0, abs=0.03)
    (other,) = found(tmp_path, call() + rtp(ANN, BOB, 2.2, 8) + rtp(BOB, ANN, 2.2, 20))
    assert (other.silent, other.unhearing) == ("ann", "bob")


def test_a_packet_that_came_once_and_no_sound_behind_it(tmp_path: Path) -> None:
    (one,) = found(tmp_path, call() + rtp(ANN, BOB, 2.2, 14) + rtp(BOB, ANN, 3, 3.01))
    assert one.stopped_ns == START_NS + 3_000_000_000


def test_how_long_it_takes_is_the_users_choice(tmp_path: Path) -> None:
    assert found(tmp_path, call() + stopping(end_s=12), silence_s=3)
    assert not found(tmp_path, call() + stopping(), silence_s=15)
    assert not found(tmp_path, call() + rtp(ANN, BOB, 2.2, 14), silence_s=15)


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(stopping(end_s=17), id="not for ten seconds"),
        pytest.param(stopping() + rtp(BOB, ANN, 17, 20), id="it comes back"),
        pytest.param(rtp(ANN, BOB, 2.2, 8) + rtp(BOB, ANN, 2.2, 8) + rtp("10.0.0.7/9", "10.0.0.8/9", 2, 30), id="both stop"),
        pytest.param(stopping(end_s=8) + rtp(ANN, BOB, 19, 19.5), id="the other way stops too, but for a few packets"),
        pytest.param([*stopping(end_s=19), (15.0, ann_says("BYE", 2))], id="the call is over"),
        pytest.param([*stopping(), (15.0, bob_says("BYE", 2)), *rtp(BOB, ANN, 30, 31)], id="the other side ends it"),
        pytest.param([(5.0, frame) for _, frame in stopping()], id="the time stands still"),
    ],
)
def test_what_is_no_stop(media: list[tuple[float, bytes]], tmp_path: Path) -> None:
    assert found(tmp_path, call() + media) == []


def test_a_stop_behind_an_address_translation_and_at_a_proxy(tmp_path: Path) -> None:
    outside = "203.0.113.9/31000"
    (one,) = found(tmp_path, call() + rtp(outside, BOB, 2.2, 20) + rtp(BOB, outside, 2.2, 8))
    assert one.silent == "bob"
    # the other end moves behind the same translation, and is heard all the same
    assert not found(
        tmp_path, call() + rtp(BOB, outside, 2.2, 20) + rtp(outside, BOB, 2.2, 8) + rtp("203.0.113.9/31007", BOB, 8, 20)
    )


@pytest.mark.parametrize("hold", ["a=sendonly", "a=inactive"])
def test_hold_is_no_stop(hold: str, tmp_path: Path) -> None:
    """Ann puts Bob on hold, who falls silent, and hears music of hers."""
    hold_at_8 = [(7.9, ann_says("INVITE", 7, sdp(ANN, hold))), (8.0, bob_says("200 OK", 7, sdp(BOB, "a=recvonly")))]
    assert not found(tmp_path, call() + hold_at_8 + stopping(end_s=40))


def test_media_that_are_sent_elsewhere_are_no_stop(tmp_path: Path) -> None:
    """Bob wants his sound elsewhere, and sends from there."""
    elsewhere = "10.0.0.9/6000"
    moved = [(8.0, bob_says("INVITE", 7, sdp(elsewhere))), (8.1, ann_says("200 OK", 7, sdp(ANN)))]
    before = rtp(ANN, BOB, 2.2, 8.2) + rtp(BOB, ANN, 2.2, 8.2)
    assert not found(tmp_path, call() + moved + before + rtp(ANN, elsewhere, 8.2, 30) + rtp(elsewhere, ANN, 8.2, 30))
    (one,) = found(tmp_path, call() + moved + before + rtp(ANN, elsewhere, 8.2, 30))
    assert one.silent == "bob"


def test_an_offer_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    """Bob would have a fax, Ann does not: the call goes on with sound, which then stops."""
    fax = "v=0\r\nc=IN IP4 10.0.0.2\r\nm=image 6000 udptl t38"
    refused = [(4.0, bob_says("INVITE", 7, fax)), (4.1, ann_says("488 Not Acceptable Here", 7))]
    assert [one.silent for one in found(tmp_path, call() + refused + stopping())] == ["bob"]
    taken = [(4.0, bob_says("INVITE", 7, fax)), (4.1, ann_says("200 OK", 7, fax.replace(".2", ".1")))]
    assert not found(tmp_path, call() + taken + stopping())


def with_types(end: str, types: str, *lines: str) -> str:
    return sdp(end, *lines).replace("RTP/AVP 0", f"RTP/AVP {types}")


def noise(at_s: float) -> list[tuple[float, bytes]]:
    return rtp(BOB, ANN, at_s, at_s + 0.02, b"\x80\x0d")


def test_after_comfort_noise_nothing_is_expected(tmp_path: Path) -> None:
    offer, answer = with_types(ANN, "0 13"), with_types(BOB, "0 13")
    assert not found(tmp_path, call(offer=offer, answer=answer) + stopping(end_s=100) + noise(8.1))
    assert not found(tmp_path, call() + stopping(end_s=100) + noise(8.1))
    again = rtp(BOB, ANN, 20, 25)  # he speaks again, and stops without noise
    assert found(tmp_path, call() + stopping(end_s=100) + noise(8.1) + again)


def test_comfort_noise_of_a_number_of_its_own(tmp_path: Path) -> None:
    offer = with_types(ANN, "9 97", "a=rtpmap:97 CN/16000")
    wideband = rtp(BOB, ANN, 8.1, 8.12, b"\x80\x61")
    assert not found(tmp_path, call(offer=offer) + stopping(end_s=100) + wideband)
    assert found(tmp_path, call() + stopping(end_s=100) + wideband)


def test_a_frame_of_g729_that_describes_noise_is_comfort_noise(tmp_path: Path) -> None:
    last = [(8.1, udp(BOB, ANN, b"\x80\x12" + bytes(10) + bytes(12)))]
    assert not found(tmp_path, call() + stopping(end_s=100, first=b"\x80\x12") + last)


@pytest.mark.parametrize(("last_bytes", "calls"), [(12, 0), (20, 1)])
def test_of_sound_that_is_kept_in_part_all_is_known(last_bytes: int, calls: int, tmp_path: Path) -> None:
    """No more than two bytes of RTP are kept; that the last packet had a frame of noise is told by its size."""
    last = [(8.1, udp(BOB, ANN, b"\x80\x12" + bytes(10) + bytes(last_bytes)))]
    kept = 14 + 20 + 8 + 2
    packets = [
        one if b"SIP/2.0" in one.frame else Packet(one.time_ns, one.frame[:kept], len(one.frame))
        for one in talk(call() + stopping(end_s=80, first=b"\x80\x12") + last)
    ]
    reading, watch = Reading([open_file(write(tmp_path / "cut.pcap", pcap(packets)))]), OneWayWatch()
    take(watch, reading)
    assert len(watch.found()) == calls


@pytest.mark.parametrize(
    ("offer", "answer", "payload_type", "seconds"),
    [
        pytest.param("0 13", "0 13", 0, 60, id="comfort noise agreed"),
        pytest.param("0 13", "0", 0, 10, id="comfort noise not taken"),
        pytest.param("18", "18", 18, 60, id="G.729, which pauses unless told not to"),
        pytest.param("18|a=fmtp:18 annexb=no", "18", 18, 10, id="G.729 that does not pause"),
        pytest.param("18", "18|a=fmtp:18 annexb=no", 18, 10, id="nor this one"),
        pytest.param("18 0", "18 0", 0, 10, id="G.729 that is not used"),
        pytest.param("0|a=silenceSupp:on - - - -", "0|a=silenceSupp:on - - - -", 0, 60, id="silence suppression"),
        pytest.param("0|a=silenceSupp:off - - - -", "0|a=silenceSupp:off - - - -", 0, 10, id="none"),
        pytest.param(
            "96|a=rtpmap:96 opus/48000/2|a=fmtp:96 usedtx=1", "111|a=rtpmap:111 opus/48000/2", 96, 60, id="Opus that pauses"
        ),
        pytest.param("96|a=rtpmap:96 opus/48000/2", "96|a=rtpmap:96 opus/48000/2", 96, 10, id="Opus that does not"),
    ],
)
def test_who_may_pause_is_given_a_minute(offer: str, answer: str, payload_type: int, seconds: int, tmp_path: Path) -> None:
    descriptions = {
        "offer": with_types(ANN, *offer.split("|")),
        "answer": with_types(BOB, *answer.split("|")),
    }
    first = bytes([0x80, payload_type])
    for end_s, calls in ((8 + seconds - 1, 0), (8 + seconds + 1, 1)):
        assert len(found(tmp_path, call(**descriptions) + stopping(end_s=end_s, first=first))) == calls


def test_a_clock_that_was_set_back_begins_anew(tmp_path: Path) -> None:
    one = call() + rtp(ANN, BOB, 2.2, 6) + rtp(BOB, ANN, 2.2, 6)
    file = open_file(write(tmp_path / "back.pcap", pcap(talk(one))))
    reading, watch = Reading([file]), OneWayWatch()
    take(watch, reading)
    for frames, calls in ((rtp(ANN, BOB, -3600, -3592), 0), (rtp(ANN, BOB, -3592, -3588), 1)):
        with (tmp_path / "back.pcap").open("ab") as growing:
            growing.write(pcap(talk(frames))[_FILE_HEADER:])
        assert file.has_grown()
        take(watch, reading)
        assert len(watch.found()) == calls


def test_what_a_description_says_of_pauses_is_bounded() -> None:
    many = "\r\n".join(["m=audio 4000 RTP/AVP" + " 1" * 5000, *(f"a=rtpmap:{n % 128} CN/8000" for n in range(5000))])
    assert wanted_sound(("a", 1), f"\r\n\r\nv=0\r\nc=IN IP4 10.0.0.1\r\n{many}".encode()).noises == {1}
    assert wanted_sound(("a", 1), b"\r\n\r\nm=audio 999999999999999999 RTP/AVP 999 1000").ends == frozenset()
