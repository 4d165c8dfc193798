"""Facts in sections as plain text, for people and for ``grep``: a title, and under it a line for each fact."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sipview.values import visible

_LONGEST = 2000
_WIDEST_NAME = 28


class Fact(NamedTuple):
    """What is told, and what is to be told of it."""

    name: str
    value: str


class Section(NamedTuple):
    """Facts that belong together."""

    title: str
    facts: Sequence[Fact]


def fact_sheet(title: str, sections: Sequence[Section]) -> str:
    """All of it as text. No value acts on the text around it, and none is longer than a line of a few hundred words."""
    return "\n".join(_lines(title, sections)) + "\n"


def _lines(title: str, sections: Sequence[Section]) -> Iterator[str]:
    yield from (title, "=" * len(title))
    for section in sections:
        yield from ("", section.title, "-" * len(section.title))
        width = min(max((len(fact.name) for fact in section.facts), default=0), _WIDEST_NAME)
        for fact in section.facts:
            yield f"{visible(fact.name, _LONGEST):<{width}}  {visible(fact.value, _LONGEST)}".rstrip()
