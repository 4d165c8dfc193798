"""The filter made of a part of a message finds that message."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sipview.explain import Explanation, Setting, explain
from sipview.filter import parse as parse_filter
from sipview.session import Analysis, catalogue
from sipview.session.part_filter import filter_for
from sipview.sip import parse
from sipview.values import CancelToken
from tests.support.sip_messages import message

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "call-through-pbx.pcap"


@pytest.fixture(scope="module")
def analysis() -> Iterator[Analysis]:
    analysis = Analysis([SAMPLE])
    analysis.load(CancelToken())
    yield analysis
    analysis.close()


def paths(parts: tuple[Explanation, ...], above: tuple[Explanation, ...] = ()) -> Iterator[tuple[Explanation, ...]]:
    for part in parts:
        yield (*above, part)
        yield from paths(part.children, (*above, part))


def of(data: bytes, *names: str) -> str | None:
    wanted = tuple(name.lower() for name in names)
    everything = paths(explain(parse(data), Setting(), catalogue()))
    return next(filter_for(path) for path in everything if tuple(part.field.lower() for part in path) == wanted)


def test_every_filter_finds_the_message_that_it_was_made_from(analysis: Analysis) -> None:
    made = 0
    for seen in analysis.snapshot.messages[2:6]:
        for path in paths(analysis.explain(seen.position)):
            words = filter_for(path)
            if words is not None:
                made += 1
                rows = np.flatnonzero(parse_filter(words).evaluate(analysis.fields()))
                assert seen.row in rows, words
    assert made > 50


def test_texts_are_quoted_and_numbers_are_not() -> None:
    assert of(message(Subject='a "b" \\ c'), "Subject") == r'sip.Subject == "a \"b\" \\ c"'
    assert of(message(), "Max-Forwards") == "sip.Max-Forwards == 70"
    assert of(message(), "From", "tag") == 'sip.from.tag == "a1"'
    assert of(message(), "Via", "branch") == 'sip.Via.branch == "z9hG4bK1"'
    assert of(message(), "Request-Line", "Method") == 'sip.Method == "OPTIONS"'
    assert of(message(X_Trunk="berlin"), "X-Trunk") == 'sip.X-Trunk == "berlin"'


def test_what_no_filter_can_name_has_none() -> None:
    assert of(message(), "Via", "protocol") is None
    assert of(message(Subject="x" * 60_000), "Subject") is None
