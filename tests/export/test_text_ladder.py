"""The ladder as text, against drawings made by hand."""

from dataclasses import replace

from wcwidth import wcswidth

from sipview.export.fonts import FontTableMeasure
from sipview.export.text import text_ladder
from sipview.ladder import LadderOptions, LadderPicture, lay_out
from tests.support.ladders import Script


def short_call() -> Script:
    script = Script()
    script.request(0, "10.0.0.1", "10.0.0.2", "INVITE 1002", "PCMU")
    script.response(0.1, "10.0.0.2", "10.0.0.1", "180 Ringing")
    script.response(2.6, "10.0.0.2", "10.0.0.1", "486 Busy Here")
    script.response(3.1, "10.0.0.2", "10.0.0.1", "486 Busy Here", repeated=True)
    script.request(3.2, "10.0.0.1", "10.0.0.2", "ACK")
    return script


def picture(script: Script, **lane_names: str) -> LadderPicture:
    names = {address.replace("_", "."): name for address, name in lane_names.items()}
    return lay_out(script.events, LadderOptions(title="1001 calls 1002", lane_names=names), FontTableMeasure())


def test_a_call_of_five_messages() -> None:
    assert text_ladder(picture(short_call())) == (
        "1001 calls 1002\n"
        "\n"
        "       10.0.0.1                        10.0.0.2\n"
        "       port 5060                       port 5060\n"
        "           │                               │\n"
        "0.000      │────── INVITE 1002  PCMU ─────>│\n"
        "0.100      │<┄┄┄┄┄┄┄┄ 180 Ringing ┄┄┄┄┄┄┄┄┄│\n"
        "2.5 s      ┊                               ┊\n"
        "2.600      │<┄┄ 486 Busy Here (failed) ┄┄┄┄│\n"
        "3.100      │<┄ 486 Busy Here (repeated) ┄┄┄│\n"
        "3.200      │───────────── ACK ────────────>│\n"
        "           │                               │\n"
    )


def test_the_sdp_stands_between_the_lifelines_and_whole() -> None:
    stream = "audio 4716 RTP/AVP · PCMU speex iLBC GSM PCMA G722 · 10.1.1.11 · sendrecv"
    script = short_call()
    events = [replace(script.events[0], media=(stream,)), *script.events[1:]]
    drawn = text_ladder(lay_out(events, LadderOptions(details="sdp"), FontTableMeasure())).splitlines()
    left, right = (column for column, character in enumerate(drawn[-1]) if character == "│")
    below = [line for line in drawn[4:] if not line[:left].strip() and len(line) > right]
    assert all(line[left] == line[right] == "│" for line in below)
    assert " ".join(" ".join(line[left + 1 : right].strip() for line in below).split()) == stream


def test_ascii() -> None:
    drawn = text_ladder(picture(short_call(), **{"10_0_0_1": "Zoë"}), ascii_only=True)
    assert drawn.isascii()
    assert "Zo?" in drawn
    assert "|" in drawn


def test_lifelines_stay_in_their_columns_whatever_the_width_of_characters() -> None:
    script = short_call()
    script.request(4, "10.0.0.1", "10.0.0.2", "MESSAGE 日本語", "テキスト " * 20)
    script.request(5, "10.0.0.2", "10.0.0.2", "OPTIONS 自分")
    script.request(6, "10.0.0.1", "10.0.0.3", "BYE", "across e\u0301 a lane")
    lines = text_ladder(picture(script)).splitlines()
    start = next(number for number, line in enumerate(lines) if "│" in line)
    columns = {wcswidth(line[: line.index(mark)]) for line in lines[start:] for mark in "│┊" if mark in line}
    assert len(columns) == 1
    last = {wcswidth(line.rstrip()) for line in lines[start:] if line.endswith(("│", "┊"))}
    assert len(last) == 1


def test_a_long_detail_stands_below_its_arrow_and_whole() -> None:
    script = Script()
    detail = "PCMU PCMA speex iLBC GSM G722 opus telephone-event at 10.1.1.11:4016, with credentials of 1001"
    script.request(0, "a", "b", "INVITE 1002", detail)
    drawn = text_ladder(picture(script))
    words = [word for line in drawn.splitlines()[4:] for word in line.replace("│", " ").split()]
    assert " ".join(words[words.index("PCMU") :]) == detail
    assert max(map(len, drawn.splitlines())) < 80


def test_nothing_to_draw() -> None:
    assert text_ladder(lay_out([], LadderOptions(), FontTableMeasure())) == "No messages to draw.\n"
