"""Some header fields of a message, picked out of it, are those that the full parser finds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipview.sip.parser import read_message
from sipview.sip.picking import HeaderPicker
from tests.support.sip_messages import composed_messages, message, mutated

STRANGE = [
    message("X-Own: 1", "x-own: 2", "X-Own : 3 ", "x-OWN\t:4"),
    message("Subject: folded\r\n over two lines", "s: short"),
    message("Subject: a\rb", "\rSubject: c", "Subject\r: d"),
    message("Subject:", "Subject", ": Subject", "A Subject: e", "Subject: f: g"),
    message("Subject: \u00e4\u20ac", body="\r\nSubject: in the body\r\n"),
    b"\r\n\r\n" + message("Subject: behind empty lines"),
    message("Subject: without an end").removesuffix(b"\r\n\r\n"),
    message("Subject: bare line feeds").replace(b"\r\n", b"\n"),
    b"Subject: the first line\r\nSubject: the second\r\n\r\n",
    b"Subject: all",
    b"",
]
ANY_BYTES = st.one_of(mutated(st.one_of(composed_messages(), st.sampled_from(STRANGE))), st.binary(max_size=200))
NAMES = ({"Subject"}, {"Via"}, {"X-Own"}, {"Call-ID", "Content-Length", "Content-Type"}, {"Contact", "From", "To"})


def check(data: bytes, names: set[str]) -> None:
    whole = read_message(data)
    there = tuple(field for field in whole.fields if field.canonical in names)
    picker = HeaderPicker(names, start_line=True)
    assert picker.values(data) == [field.value for field in there]
    picked = picker.pick(data)
    assert tuple(field for field in picked.fields if field.canonical in names) == there
    body_end = whole.trailing_start if "Content-Length" in names else picked.trailing_start
    assert replace(picked, fields=(), trailing_start=body_end) == replace(whole, fields=(), trailing_start=body_end)
    if "Content-Length" in names:
        assert picked.body == whole.body


@pytest.mark.parametrize("names", NAMES, ids=sorted)
@pytest.mark.parametrize("data", STRANGE, ids=range(len(STRANGE)))
def test_of_a_strange_message(data: bytes, names: set[str]) -> None:
    check(data, names)


@given(composed_messages().map(lambda composed: composed.data), st.sampled_from(NAMES))
def test_of_a_good_message(data: bytes, names: set[str]) -> None:
    check(data, names)


@given(ANY_BYTES, st.sampled_from(NAMES))
def test_of_any_bytes(data: bytes, names: set[str]) -> None:
    check(data, names)


def test_nothing_but_what_is_asked_for_is_read() -> None:
    picked = HeaderPicker({"Subject"}).pick(message("Subject: x", "Date: y"))
    assert [field.name for field in picked.fields] == ["Subject"]
    assert picked.method == ""
