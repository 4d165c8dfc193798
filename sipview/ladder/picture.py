"""The picture: shapes with positions in px, texts, roles; what screen, PNG, SVG, PDF and text all draw.

The origin is top left, y grows downward, 1 px is 1/96 inch. The band of lane headers begins at y = 0 and the rows follow;
the heading of an export has its own band above, with its own origin.
"""

from bisect import bisect_left, bisect_right
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

    PAPER = "paper"  # what everything is drawn on
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


SERIES = (Role.SERIES_1, Role.SERIES_2, Role.SERIES_3, Role.SERIES_4, Role.SERIES_5, Role.SERIES_6)


class Anchor(StrEnum):
    """Which point of a text stays where it is when a painter's font turns out wider or narrower than measured."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


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
    """A text set on one line; ``x`` is its left edge, ``baseline`` its base line, ``width`` its measured advance."""

    x: float
    baseline: float
    text: str
    style: TextStyle
    role: Role
    width: float = 0.0
    anchor: Anchor = Anchor.START


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

    ``top``/``bottom`` bound its row for hit tests and selection; ``texts`` are the label (title, detail, marker), ``ports``
    the port numbers at the ends. ``thin`` marks a repetition. ``tooltip`` is plain text in several lines. For painters
    that set their own lines: ``source_lane`` and ``destination_lane`` are positions in ``LadderPicture.lanes``;
    ``title``, ``detail`` and ``marker`` (a word such as ``repeated`` or "") are the label's parts, not shortened to fit.
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
    ports: tuple[Text, ...] = ()
    source_lane: int = 0
    destination_lane: int = 0
    title: str = ""
    detail: str = ""
    marker: str = ""


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

    ``height`` is from the top of the lane boxes to the end of the lifelines. Arrows and gaps are in order of ``y``.
    ``heading`` (title and subtitle lines) is drawn by exports above the header, in ``heading_height`` px, its base lines
    counted from the top of that band; ``header_texts`` stand in the header beside the lane boxes (what the time column
    counts). ``description`` says in one sentence what it shows, for screen readers and alt texts.
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
    header_texts: tuple[Text, ...] = ()

    def arrow_at(self, x: float, y: float) -> Arrow | None:
        """The arrow whose row covers that place, else None."""
        if not 0 <= x <= self.width:
            return None
        found = bisect_right(self.arrows, y, key=_arrow_top) - 1
        if found >= 0 and y < self.arrows[found].bottom:
            return self.arrows[found]
        return None

    def visible(self, top: float, bottom: float) -> tuple[Sequence[Arrow], Sequence[Gap]]:
        """The arrows and gaps whose rows reach into the strip from ``top`` to ``bottom``, found by bisection."""
        arrows, gaps = self.arrows, self.gaps
        return (
            arrows[bisect_right(arrows, top, key=_arrow_bottom) : bisect_left(arrows, bottom, key=_arrow_top)],
            gaps[bisect_right(gaps, top, key=_gap_bottom) : bisect_left(gaps, bottom, key=_gap_top)],
        )


def _arrow_top(arrow: Arrow) -> float:
    return arrow.top


def _arrow_bottom(arrow: Arrow) -> float:
    return arrow.bottom


def _gap_top(gap: Gap) -> float:
    return gap.top


def _gap_bottom(gap: Gap) -> float:
    return gap.bottom
