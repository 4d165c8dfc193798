"""The page: complete in itself, everything in it escaped, the same messages as the drawing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sipview import environment
from sipview.export import DARK, CallInWords, ExportError, FontTableMeasure, LadderPage, Said, html, save_ladder
from sipview.ladder import FoldKind, LadderOptions, lay_out
from tests.support.ladders import Script, call_through_pbx

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=y>\u202e"
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Reader(HTMLParser):
    """Collects tags, attributes and texts, and sees that each tag is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page(*calls: CallInWords) -> LadderPage:
    return LadderPage(environment.resource_text("export/ladder.html.jinja"), calls, "sipview 1")


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_has_the_call_in_words_the_drawing_and_every_message() -> None:
    picture = lay_out(call_through_pbx(), LadderOptions(title="1001 calls 1002", subtitle="call.pcap"), FontTableMeasure())
    reader = read(html(picture, page(CallInWords("1001 calls 1002", (Said("Talk time", "6.3 s"),)))))
    texts = [text.strip() for text in reader.texts if text.strip()]
    assert {"1001 calls 1002", "call.pcap", "Talk time", "6.3 s", "The call in words"} <= set(texts)
    assert reader.tags.count("svg") == 1
    assert reader.tags.count("tr") == 1 + len(call_through_pbx())
    assert "10.1.1.11" in texts


def test_it_needs_and_runs_nothing_else() -> None:
    picture = lay_out(call_through_pbx(), LadderOptions(), FontTableMeasure())
    text = html(picture, page(), DARK)
    reader = read(text)
    assert not {"script", "link", "iframe", "img", "object"} & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name in {"src", "href"}]
    assert not re.search(r"url\(|@import", text)


def test_text_is_text() -> None:
    script = Script()
    script.request(0, "a", "b", f"INVITE {EVIL}", EVIL)
    options = LadderOptions(title=EVIL, subtitle=EVIL, lane_names={"a": EVIL}, legend={0: EVIL})
    picture = lay_out(script.events, options, FontTableMeasure())
    reader = read(html(picture, page(CallInWords(EVIL, (Said(EVIL, EVIL),)))))
    assert not {"script", "img"} & set(reader.tags)
    assert "\u202e" not in "".join(text for text in reader.texts if "INVITE" in text)


def test_what_is_folded_in_the_drawing_is_a_row_of_words() -> None:
    script = Script()
    script.request(0, "a", "b", "INVITE 1")
    script.response(0.1, "b", "a", "100 Trying")
    picture = lay_out(script.events, LadderOptions(fold=frozenset({FoldKind.PROVISIONAL})), FontTableMeasure())
    reader = read(html(picture, page()))
    assert ("class", "folded") in reader.attributes
    assert "100 Trying" in reader.texts


def test_a_page_is_saved_by_its_name(tmp_path: Path) -> None:
    picture = lay_out(call_through_pbx(), LadderOptions(), FontTableMeasure())
    save_ladder(picture, tmp_path / "call.html", page=page())
    assert (tmp_path / "call.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(ExportError, match="needs the words"):
        save_ladder(picture, tmp_path / "other.html")
