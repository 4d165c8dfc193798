"""No text out of a packet gets into a drawing as it is."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sipview.ladder.cleaning import clean

_ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=[]), max_size=300)


def test_what_is_visible_stays() -> None:
    for text in ("INVITE 1002", "Zoë, «naïve»", "日本語", "שלום", "مرحبا", "→ · …"):
        assert clean(text, 100) == text


def test_controls_are_shown_and_directions_do_nothing() -> None:
    shown = clean("a\r\n\x00\x1b[31m\u202eb\u200b\ud800\ufffe\U0001ffff", 100)
    assert shown.startswith("a␍␊␀␛[31m")
    assert not {"\u202e", "\u200b", "\ud800", "\ufffe", "\U0001ffff"} & set(shown)


def test_accents_do_not_pile_up() -> None:
    assert clean("e" + "\u0301" * 300 + "x", 100) == "e\u0301\u0301x"


def test_long_texts_end_in_an_ellipsis() -> None:
    assert clean("A" * 60_000, 10) == "A" * 9 + "…"
    assert clean("\u202e" * 60_000, 10).endswith("…")
    assert clean("\u0301" * 60_000 + "A", 10).endswith("…")


@given(_ANY_TEXT, st.integers(2, 60))
def test_any_text_becomes_short_and_visible(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert len(shown) <= limit
    shown.encode("utf-8")
    for character in shown:
        assert unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
