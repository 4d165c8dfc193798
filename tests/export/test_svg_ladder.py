"""The SVG, read back by an XML parser."""

import re
import xml.etree.ElementTree as ET

import pytest

from sipview.export.fonts import FontTableMeasure
from sipview.export.palette import DARK, LIGHT, Palette
from sipview.export.svg import svg
from sipview.ladder import LadderOptions, LadderPicture, Role, lay_out
from tests.support.ladders import Script, call_through_pbx

SVG = "{http://www.w3.org/2000/svg}"


def whole_call() -> LadderPicture:
    options = LadderOptions(title="1001 calls 1002", subtitle="call.pcap", lane_names={"10.1.1.1": "PBX"})
    return lay_out(call_through_pbx(), options, FontTableMeasure())


def texts(root: ET.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def test_it_is_svg_of_the_right_size_with_title_and_description() -> None:
    picture = whole_call()
    root = ET.fromstring(svg(picture))
    assert root.tag == f"{SVG}svg"
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert (width, height) == (picture.width, picture.heading_height + picture.height)
    assert root.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
    assert root.findtext(f"{SVG}title") == "1001 calls 1002"
    assert "19 messages between 10.1.1.11, PBX and 10.1.1.12" in (root.findtext(f"{SVG}desc") or "")


def test_every_message_is_there_as_text() -> None:
    root = ET.fromstring(svg(whole_call()))
    shown = texts(root)
    for event in call_through_pbx():
        assert f"{event.title}{event.detail}" in shown
    assert {"1001 calls 1002", "call.pcap", "PBX", "10.1.1.1:5060", "1.7 s", "6.3 s"} <= set(shown)


def test_responses_are_dashed_and_requests_are_not() -> None:
    root = ET.fromstring(svg(whole_call()))
    for group in root.iter(f"{SVG}g"):
        label = group.find(f"{SVG}text/{SVG}tspan")
        line = group.find(f"{SVG}polyline")
        if label is not None and line is not None:
            assert ("stroke-dasharray" in line.attrib) is (label.text or "")[0].isdigit()


def test_everything_is_inside_the_page() -> None:
    picture = whole_call()
    root = ET.fromstring(svg(picture))
    for element in root.iter():
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", element.attrib.get("points", "")):
            assert 0 <= float(x) <= picture.width
            assert 0 <= float(y) <= picture.height
        if element.tag == f"{SVG}text":
            assert 0 <= float(element.attrib["x"]) <= picture.width


def test_hostile_texts_are_text() -> None:
    evil = "</text><script>alert('1')</script>&lt;\x00\x1b\u202e\ufffe\ud800 \"quoted\""
    script = Script()
    script.request(0, "a", "b", f"INVITE {evil}", evil)
    root = ET.fromstring(
        svg(lay_out(script.events, LadderOptions(title=evil, subtitle=evil), FontTableMeasure())).encode("utf-8")
    )
    assert root.find(f".//{SVG}script") is None
    assert any("</text><script>alert('1')</script>&lt;␀␛<U+202E>�" in text for text in texts(root))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_the_palette_decides_the_colours(palette: Palette) -> None:
    written = svg(whole_call(), palette)
    assert f".fill-series-1 {{ fill: {palette[Role.SERIES_1]}; }}" in written
    assert f".fill-paper {{ fill: {palette[Role.PAPER]}; }}" in written


def test_an_empty_ladder_says_so() -> None:
    root = ET.fromstring(svg(lay_out([], LadderOptions(), FontTableMeasure())))
    assert texts(root) == ["No messages to draw."]
