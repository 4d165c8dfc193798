"""The picture: shapes with positions in px, texts, roles; what screen, PNG, SVG, PDF and text all draw.

The origin is top left, y grows downward, 1 px is 1/96 inch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class TextStyle(StrEnum):
    """How a text is set; each painter has one font a style, and `TextMeasure` knows its widths."""

    TITLE = "title"  # the heading of the picture
    LANE = "lane"  # name in a lane header
    SMALL = "small"  # addresses, details, notes
    LABEL = "label"  # on an arrow
    LABEL_STRONG = "label-strong"  # method or status on an arrow
    TIME = "time"  # the time column, fixed-width digits


class Role(StrEnum):
    """What a shape means; a palette turns it into a colour for light, dark and print."""

    TEXT = "text"
    MUTED = "muted"
    LINE = "line"
    LANE_FILL = "lane-fill"
    GAP = "gap"
    WARNING = "warning"
    FAILURE = "failure"
    SUCCESS = "success"
    SELECTION = "selection"
    SERIES_1 = "series-1"
    SERIES_2 = "series-2"
    SERIES_3 = "series-3"
    SERIES_4 = "series-4"
    SERIES_5 = "series-5"
    SERIES_6 = "series-6"


class TextMeasure(Protocol):
    """Knows how wide a text is when a painter sets it."""

    def width_px(self, text: str, style: TextStyle) -> float:
        """The advance width of the text."""
        ...

    def height_px(self, style: TextStyle) -> float:
        """The line height of the style."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text set on one line; ``x`` is its left edge, ``baseline`` its base line."""

    x: float
    baseline: float
    text: str
    style: TextStyle
    role: Role


@dataclass(frozen=True, slots=True)
class Lane:
    """A lifeline with its header box: ``x`` is the line, the box spans ``left`` to ``right``."""

    x: float
    left: float
    right: float
    name: Text
    subtitle: Text
    full_name: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message: from ``x1`` to ``x2`` at ``y`` (a loop of ``loop_height`` where both are one lane).

    ``top``/``bottom`` bound its row for hit tests and selection; ``marker`` is a word such as ``repeated`` or "".
    """

    position: int
    x1: float
    x2: float
    y: float
    loop_height: float
    top: float
    bottom: float
    dashed: bool
    thin: bool
    role: Role
    texts: tuple[Text, ...]
    time: Text
    tooltip: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A pause long enough to show: a break across the lifelines with its length in words."""

    y: float
    top: float
    bottom: float
    text: Text


@dataclass(frozen=True, slots=True)
class LadderPicture:
    """A whole ladder. ``header_height`` is the part (lane boxes) that a window keeps in sight while scrolling.

    Arrows and gaps are in order of ``y``. ``heading`` (title and subtitle lines) is drawn by exports above the header,
    in ``heading_height`` px; ``description`` says in one sentence what it shows, for screen readers and alt texts.
    """

    width: float
    height: float
    heading_height: float
    header_height: float
    heading: tuple[Text, ...]
    lanes: tuple[Lane, ...]
    arrows: tuple[Arrow, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[Text, ...]
    description: str

    def arrow_at(self, x: float, y: float) -> Arrow | None:
        """The arrow whose row covers that place, else None."""
        raise NotImplementedError

    def visible(self, top: float, bottom: float) -> tuple[Sequence[Arrow], Sequence[Gap]]:
        """The arrows and gaps that touch the strip from ``top`` to ``bottom``, found by bisection."""
        raise NotImplementedError
