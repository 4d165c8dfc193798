"""A ladder as one page of HTML that needs nothing else: the drawing, the call in words, a table of the messages.

The template is handed in, as this room does not ask where sipview is installed. Everything is escaped by the template
engine; the page has no script, and loads nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from sipview.export.palette import LIGHT, Palette
from sipview.export.svg import svg
from sipview.ladder import Arrow, LadderPicture, Pill, Role


class Said(NamedTuple):
    """A fact about a call: ``Talk time``, ``6.3 s``."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class CallInWords:
    """A call for people who do not read ladders: a headline and facts."""

    headline: str
    facts: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class LadderPage:
    """What a page says besides the drawing. ``template`` is the text of a Jinja2 template, ``made_by`` names who made it."""

    template: str
    calls: tuple[CallInWords, ...]
    made_by: str


class MessageRow(NamedTuple):
    """A row of the table of messages; a folded group has only words."""

    number: int
    time: str
    source: str
    destination: str
    title: str
    detail: str
    marker: str
    colour: str


def html(picture: LadderPicture, page: LadderPage, palette: Palette = LIGHT) -> str:
    """The page. The drawing in it is the SVG that `svg.svg` writes, without its heading, which the page has itself."""
    drawing = svg(picture, palette, heading=False)
    return _template(page.template).render(
        title=picture.heading[0].text if picture.heading else picture.description,
        lines=[text.text for text in picture.heading[1:]],
        legend=[(entry.text.text, palette[entry.role]) for entry in picture.legend],
        description=picture.description,
        calls=page.calls,
        lanes=[lane.full_name.split("\n") for lane in picture.lanes],
        drawing=Markup(drawing.partition("\n")[2]),
        messages=list(_messages(picture, palette)),
        made_by=page.made_by,
        colour={role.value.replace("-", "_"): palette[role] for role in Role},
        scheme="dark" if palette.name == "dark" else "light",
    )


@lru_cache(maxsize=4)
def _template(text: str) -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(text)


def _messages(picture: LadderPicture, palette: Palette) -> Iterator[MessageRow]:
    names = [lane.name.text if not lane.full_name else lane.full_name.partition("\n")[0] for lane in picture.lanes]
    number = 0
    for row in range(len(picture.rows)):
        shown = picture.row(row)
        match shown:
            case Pill():
                if not shown.open:
                    yield MessageRow(0, shown.time.text, "", "", shown.text.text.lstrip("▸ "), "", "", palette[Role.MUTED])
            case Arrow():
                number += 1
                detail = " · ".join(text.text for text in shown.lines) or shown.detail
                yield MessageRow(
                    number, shown.time.text, names[shown.source_lane], names[shown.destination_lane], shown.title, detail,
                    shown.marker, palette[shown.role],
                )  # fmt: skip
