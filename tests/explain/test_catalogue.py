"""The catalogue as data, and the code held against it: nobody asks for an entry or a value that is not there."""

import re
from pathlib import Path

import pytest

from sipview.environment import resource_path
from sipview.explain import Catalogue
from sipview.explain.catalogue import LONGEST_VALUE, joined
from tests.support.spoken import everything_asked

SECTIONS = Path(__file__).parent.parent / "data" / "explain" / "sections.tsv"
_SECTION = re.compile(r"RFC [1-9]\d{2,4} [1-9]\d*(\.\d+)*|ITU-T [A-Z]\.\d+ Annex [A-Z]")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(*(path.read_text(encoding="utf-8") for path in sorted(resource_path("explain").glob("*.toml"))))


def test_every_sentence_names_its_section(catalogue: Catalogue) -> None:
    for name in catalogue.names:
        values = dict.fromkeys(catalogue.placeholders(name), "x")
        assert _SECTION.fullmatch(catalogue.say(name, **values).reference), name


def test_every_section_is_one_that_was_read(catalogue: Catalogue) -> None:
    """``sections.tsv`` holds the sections that are named, with the titles that they have in the texts of the RFCs."""
    lines = SECTIONS.read_text(encoding="utf-8").splitlines()
    titles = dict(line.split("\t") for line in lines)
    assert all(titles.values())
    named = {catalogue.say(name, **dict.fromkeys(catalogue.placeholders(name), "x")).reference for name in catalogue.names}
    assert named == titles.keys()


def test_every_sentence_is_a_sentence(catalogue: Catalogue) -> None:
    for name in catalogue.names:
        text = catalogue.say(name, **dict.fromkeys(catalogue.placeholders(name), "x")).text
        assert text == text.strip(), name
        assert "  " not in text, name
        assert text[0].isupper() or text[0].isdigit() or re.match(r"[a-z+µ][\w.+-]*[:. ]|x ", text), name


def test_what_the_code_asks_for_is_there_with_its_values(catalogue: Catalogue) -> None:
    for asked in everything_asked():
        for entry in asked.entries:
            assert entry in catalogue.names, f"{asked.place} asks for {entry}"
            missing = catalogue.placeholders(entry) - asked.values
            assert not missing, f"{asked.place} gives {entry} no {missing}"
        for table in asked.tables:
            entries = [name for name in catalogue.names if name.startswith(f"{table}.")]
            assert entries, f"{asked.place} asks the table {table}"
            for entry in entries:
                missing = catalogue.placeholders(entry) - asked.values
                assert not missing, f"{asked.place} gives {entry} no {missing}"


def test_nothing_in_the_catalogue_is_never_said(catalogue: Catalogue) -> None:
    asked = everything_asked()
    entries = {entry for one in asked for entry in one.entries}
    tables = {table for one in asked for table in one.tables} | {"about"}
    assert {name for name in catalogue.names if name not in entries and name.partition(".")[0] not in tables} == set()


def test_a_value_is_put_in_and_never_looked_into() -> None:
    catalogue = Catalogue('[t]\ne = { text = "{a} and {b}", reference = "RFC 3261 20" }')
    assert catalogue.say("t.e", a="{b}", b="{a.__class__} {0} %s").text == "{b} and {a.__class__} {0} %s"


def test_a_long_value_is_cut_and_an_invisible_one_shown() -> None:
    catalogue = Catalogue('[t]\ne = { text = "<{a}>", reference = "RFC 3261 20" }')
    assert catalogue.say("t.e", a="x" * 1000).text == f"<{'x' * (LONGEST_VALUE - 1)}…>"
    assert catalogue.say("t.e", a="a\x00\r\n\u202eb").text == "<a␀␍␊<U+202E>b>"


def test_a_missing_value_or_entry_is_our_mistake() -> None:
    catalogue = Catalogue('[t]\ne = { text = "{a}", reference = "RFC 3261 20" }')
    with pytest.raises(KeyError):
        catalogue.say("t.e", b="x")
    with pytest.raises(KeyError):
        catalogue.say("t.other")


@pytest.mark.parametrize(
    "text",
    [
        "no toml =",
        'a = "outside of a table"',
        "[t]\ne = 1",
        '[t]\ne = "no reference"',
        '[t]\nreference = "RFC 3261"\ne = "no section"',
        '[t]\nreference = "RFC 3261 20"\ne = ""',
        '[t]\nreference = "RFC 3261 20"\ne = "{a.b}"',
        '[t]\nreference = "RFC 3261 20"\ne = "{0}"',
        '[t]\nreference = "RFC 3261 20"\ne = { text = "x", more = "y" }',
    ],
)
def test_a_wrong_catalogue_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match="catalogue"):
        Catalogue(text)


def test_an_entry_stands_once_in_all_texts() -> None:
    text = '[t]\ne = { text = "x", reference = "RFC 3261 20" }'
    with pytest.raises(ValueError, match="twice"):
        Catalogue(text, text)


def test_joined_sentences_name_each_section_once() -> None:
    catalogue = Catalogue('[t]\nreference = "RFC 3261 20"\na = "A."\nb = "B."\nc = { text = "C.", reference = "RFC 3581 4" }')
    said = joined([catalogue.say("t.a"), catalogue.say("t.b"), catalogue.say("t.c")])
    assert said == ("A. B. C.", "RFC 3261 20; RFC 3581 4")


def test_a_catalogue_read_by_and_by_says_the_same(catalogue: Catalogue) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(resource_path("explain").glob("*.toml"))]
    one_by_one = Catalogue.by_and_by(*texts)
    for name in sorted(catalogue.names):
        values = dict.fromkeys(catalogue.placeholders(name), "x")
        assert one_by_one.say(name, **values) == catalogue.say(name, **values)
    assert one_by_one.names == catalogue.names


def test_a_catalogue_read_by_and_by_knows_what_it_does_not_have() -> None:
    catalogue = Catalogue.by_and_by(
        '[t]\nreference = "RFC 3261 20"\na = "A."\n[u]\nb = { text = "B.", reference = "RFC 3581 4" }'
    )
    assert not catalogue.has("t", "b")
    assert catalogue.has("u", "b")
    assert not catalogue.has("v", "a")
    assert len(catalogue) == 2
